//! Training that begins with weights from a file instead of random ones.

use std::fs;
use std::path::{Path, PathBuf};

use foliar_nn::weights::{self, Fitted, WeightFile};
use foliar_nn::{Graph, StateDict, zoo};
use serde::{Deserialize, Serialize};

use foliar_model::{FileError, is_uncertainty};

use crate::error::TrainError;

/// A file of weights that a run begins with. Its digest stands in the recipe: other weights are another run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialWeights {
    /// The file, safetensors or PyTorch's.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal digits.
    pub digest: String,
}

/// How the photographs were prepared that the weights were trained on: (RGB / 255 - mean) / std.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// Mean of red, green and blue.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue.
    pub std: [f32; 3],
    /// Side of the photographs in pixels, where the file says so.
    pub size: Option<usize>,
}

impl InitialWeights {
    /// The network whose weights `file` holds; `None` if it is none that is known.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn network(file: &Path) -> Result<Option<&'static str>, TrainError> {
        Ok(weights::network_of(&parsed(file, &read(file)?)?))
    }

    /// Reads `file`, makes sure that it holds weights of `model`, and tells how its photographs were prepared.
    ///
    /// # Errors
    /// A file that cannot be read or that holds other weights, with every tensor that does not fit.
    pub fn examine(file: &Path, model: &str) -> Result<(Self, Convention), TrainError> {
        let bytes = read(file)?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let fitted = fit(file, &bytes, &zoo::build(model, 2)?)?;
        let input = fitted.input;
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        Ok((Self { file, digest }, Convention { mean: input.mean, std: input.std, size: input.size }))
    }

    /// The weights for `graph`. What the file does not hold, such as a classifier of other width, is left out. Also returns
    /// what there is to say: whether a fresh classifier is needed, and which tensors of the file are not used.
    ///
    /// # Errors
    /// As [`InitialWeights::examine`], and a file that is not the one that the recipe names.
    pub fn load(&self, graph: &Graph) -> Result<(StateDict, Vec<String>), TrainError> {
        let bytes = read(&self.file)?;
        if blake3::hash(&bytes).to_hex().as_str() != self.digest {
            let what = "these are not the weights that the run began with; put the old file back".to_owned();
            return Err(FileError::Damaged { path: self.file.clone(), what }.into());
        }
        let fitted = fit(&self.file, &bytes, graph)?;
        let mut notes = Vec::new();
        if let Some(replaced) = fitted.replaced_classifier {
            let before = replaced.classes_in_file.map_or("no".to_owned(), |classes| classes.to_string());
            notes.push(format!(
                "the classifier `{}` starts from random weights for {} classes; that of the file has {before} classes",
                replaced.node, replaced.classes
            ));
        }
        let unused = fitted.unused.iter().filter(|name| !is_uncertainty(name)).count();
        if unused > 0 {
            notes.push(format!("{unused} tensors of the file are not used"));
        }
        Ok((fitted.state, notes))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, FileError> {
    foliar_files::read(file).map_err(|source| FileError::Io { path: file.to_owned(), source })
}

fn parsed(file: &Path, bytes: &[u8]) -> Result<WeightFile, FileError> {
    weights::read(bytes).map_err(|error| damaged(file, error.to_string()))
}

fn fit(file: &Path, bytes: &[u8], graph: &Graph) -> Result<Fitted, TrainError> {
    let tensors = parsed(file, bytes)?;
    Ok(weights::fit(graph, tensors).map_err(|error| damaged(file, error.to_string()))?)
}

fn damaged(file: &Path, what: String) -> FileError {
    FileError::Damaged { path: file.to_owned(), what }
}
