//! Weights that other programs trained: their files, and how their names fit a graph of ours.
//!
//! [`read`] turns the bytes of a safetensors or PyTorch file into named `f32` tensors, and [`fit`] gives them the names and
//! the order of a [`crate::Graph`]. Files are untrusted: nothing in them is executed, every size they declare is held
//! against the bytes that are there before anything is allocated, and nothing recurses on their structure.

mod archive;
mod element;
mod error;
mod fit;
mod layout;
mod location;
mod naming;
mod opcode;
mod pickle;
mod positions;
mod safetensors;
mod torch;

use std::collections::{BTreeMap, BTreeSet};

use crate::tensor::Tensor;

pub use error::{Conclusion, FitError, Mismatch, WeightsError, grouped};
pub use fit::{Fitted, ReplacedClassifier, Share, fit, nearest_network, network_of};
pub use naming::{InputConvention, Naming};
pub use positions::{Resampled, fit_positions};

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's safetensors.
    Safetensors,
    /// What `torch.save` has written since PyTorch 1.6: a zip archive of a pickle and one record a storage.
    Torch,
    /// What `torch.save` wrote before: pickles one after another, then the storages.
    TorchLegacy,
}

/// Named tensors as they stand in a file: names and shapes are the file's own.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightFile {
    /// What the file is.
    pub format: Format,
    /// All tensors of float32, float16, bfloat16 or float64, as float32. In PyTorch's files those within dicts have the keys
    /// of these before their own: `state_dict.conv1.weight`. Words that PyTorch's wrappers put into names (`module`,
    /// `_orig_mod` and others) are taken out.
    pub tensors: BTreeMap<String, Tensor>,
    /// Names of the integer and boolean tensors, such as `num_batches_tracked`; no network here has any.
    pub integers: Vec<String>,
    /// What safetensors calls its metadata; empty for PyTorch's files.
    pub metadata: BTreeMap<String, String>,
}

/// Reads a weight file.
///
/// A PyTorch file holds a state dict, alone or within other dicts, or a whole model. Settings, optimisers and other objects
/// in it are passed over; none is built. Whatever the bytes are, memory stays below eight times what the file unpacks to, which is at most sixteen times its size, plus
/// 256 MiB.
///
/// # Errors
/// A format that is not read, with what the file seems to be; damage; a pickle that asks for what harms, with the name of
/// the opcode and of what it asked for; tensors of other types.
pub fn read(bytes: &[u8]) -> Result<WeightFile, WeightsError> {
    let mut file = if archive::is_archive(bytes) {
        torch::read_archive(bytes)
    } else if torch::is_legacy(bytes) {
        torch::read_legacy(bytes)
    } else if bytes.get(8) == Some(&b'{') {
        safetensors::read(bytes)
    } else {
        Err(WeightsError::Format { found: recognise(bytes) })
    }?;
    file.check_names()?;
    file.unwrap_names();
    Ok(file)
}

/// A guess at what a file that is not read is, with what to do about it.
fn recognise(bytes: &[u8]) -> &'static str {
    let begins: [(&[u8], &str); 6] = [
        (b"\x89HDF", "an HDF5 file, as Keras writes; save its weights as safetensors"),
        (b"version https://git-lfs", "a pointer of git-lfs; fetch the file itself with `git lfs pull`"),
        (b"\x1f\x8b", "gzip; unpack it"),
        (b"<", "a web page or XML; download the file itself"),
        (
            b"\x80",
            "a pickle without tensor data; save the weights with `torch.save(model.state_dict(), FILE)`",
        ),
        (b"\x08", "ONNX, perhaps; save the weights as safetensors"),
    ];
    if bytes.is_empty() {
        return "an empty file";
    }
    begins.iter().find(|(magic, _)| bytes.starts_with(magic)).map_or("of an unknown kind", |(_, what)| what)
}

/// A name without the words of wrappers.
fn unwrapped(name: &str) -> String {
    const WRAPPERS: [&str; 4] = ["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];
    let words: Vec<&str> = name.split('.').filter(|word| !WRAPPERS.contains(word)).collect();
    words.join(".")
}

impl WeightFile {
    /// Refuses names that could not be shown on a terminal.
    fn check_names(&self) -> Result<(), WeightsError> {
        const LONGEST: usize = 512;
        let strange = |name: &&String| name.len() > LONGEST || name.chars().any(char::is_control);
        match self.tensors.keys().chain(&self.integers).find(strange) {
            Some(name) => Err(WeightsError::Tensor {
                name: name.chars().take(LONGEST).collect(),
                what: "this is no name of a tensor".into(),
            }),
            None => Ok(()),
        }
    }

    /// Takes out what `DataParallel`, `torch.compile` and their like put into names, unless that would make two of them equal.
    fn unwrap_names(&mut self) {
        let bare = |name: &String| unwrapped(name);
        let mut seen = BTreeSet::new();
        if !self.tensors.keys().chain(&self.integers).all(|name| seen.insert(bare(name))) {
            return;
        }
        self.tensors = std::mem::take(&mut self.tensors)
            .into_iter()
            .map(|(name, tensor)| (bare(&name), tensor))
            .collect();
        self.integers = self.integers.iter().map(bare).collect();
    }

    /// Keeps only the tensors before whose names `key` stands, one word or several with points between: `ema` keeps
    /// `state.ema.conv1.weight`.
    ///
    /// # Errors
    /// There are none. The error says what there is.
    pub fn keep_under(&mut self, key: &str) -> Result<(), WeightsError> {
        let known = grouped(self.tensors.keys().map(String::as_str));
        let words = unwrapped(key);
        self.tensors.retain(|name, _| location::lies_under(name, &words));
        self.integers.retain(|name| location::lies_under(name, &words));
        if self.tensors.is_empty() {
            return Err(WeightsError::NoKey { key: key.to_owned(), known });
        }
        Ok(())
    }
}
