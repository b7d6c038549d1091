//! The file form of checkpoints and bundles: a safetensors file that proves its own integrity.
//!
//! Any program that reads safetensors opens it. Its metadata has one entry, `foliar`: a JSON document that begins with
//! the BLAKE3 digest, in 64 hexadecimal digits, of the whole file with those digits replaced by zeros. One flipped or
//! missing byte anywhere is found.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::path::Path;

use foliar_nn::{StateDict, Tensor, from_little_endian, little_endian};
use half::f16;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::FileError;

/// Key of the one metadata entry.
const KEY: &str = "foliar";
/// How the digest's field begins, within a JSON string within JSON.
const MARK: &[u8] = br#"{\"blake3\":\""#;
/// Hexadecimal digits of the digest.
const DIGITS: usize = 64;
/// The tensors begin at a multiple of this many bytes.
const ALIGNMENT: usize = 8;
/// Values that are turned into bytes at a time.
const PIECE: usize = 1 << 14;
/// Bytes of the longest header, as for any reader of safetensors.
const LONGEST_HEADER: u64 = 100_000_000;
/// Layout of the document of bundles; a reader refuses others.
pub const FORMAT: u32 = 2;
/// Layout of the document of bundles of labels, which a program that knows only bundles of classes must not take for one.
pub const LABEL_FORMAT: u32 = 3;
/// Layout of the document of checkpoints.
const CHECKPOINT_FORMAT: u32 = 3;

#[derive(Serialize, Deserialize)]
struct Document<T> {
    blake3: String,
    format: u32,
    kind: String,
    steps: u64,
    content: T,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run at one moment.
    Checkpoint,
    /// A trained classifier of classes.
    Bundle,
    /// A trained classifier of labels.
    LabelBundle,
}

impl Kind {
    /// What to do about a damaged one.
    fn remedy(self) -> &'static str {
        match self {
            Kind::Checkpoint => "delete it to begin the run again",
            Kind::Bundle | Kind::LabelBundle => "copy it again, or take it from the run folder",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Checkpoint => "checkpoint",
            Kind::Bundle | Kind::LabelBundle => "bundle",
        }
    }

    fn format(self) -> u32 {
        match self {
            Kind::Checkpoint => CHECKPOINT_FORMAT,
            Kind::Bundle => FORMAT,
            Kind::LabelBundle => LABEL_FORMAT,
        }
    }
}

/// Writes `content`, `state` and `more` tensors, whose names the state does not have, to `path`: beside it first, then renamed.
/// The tensors are streamed: saving takes little memory. `content` stands in the header, which readers of safetensors take up to
/// 100 MB of: tables that grow with the photographs are tensors.
///
/// # Errors
/// What the operating system says; a header that is too long, which is written nowhere.
pub fn write<T: Serialize>(
    path: &Path,
    kind: Kind,
    content: &T,
    state: &StateDict,
    more: &BTreeMap<String, Tensor>,
) -> Result<(), FileError> {
    let damaged = |what| FileError::Damaged { path: path.to_owned(), what };
    let tensors: Vec<Stored<'_>> = state.tensors.iter().chain(more).map(Stored::whole).collect();
    let header = sealed_header(kind, content, state.steps, &tensors).map_err(damaged)?;
    foliar_files::write_atomically(path, |file| {
        file.write_all(&header)?;
        stream(&tensors, |bytes| file.write_all(bytes))
    })
    .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

/// How the filters and matrices of a network are stored. Other tensors are in single precision, and so is arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision.
    #[default]
    Single,
    /// Half precision: half the size. Numbers beyond 65504 become infinite, which no reader takes.
    Half,
}

/// What [`write()`] writes, where there is no file.
///
/// # Errors
/// Content that cannot be written, in words.
pub(crate) fn to_bytes<T: Serialize>(
    kind: Kind,
    content: &T,
    state: &StateDict,
    more: &BTreeMap<String, Tensor>,
    precision: Precision,
) -> Result<Vec<u8>, String> {
    let weights = state.tensors.iter().map(|stored| Stored {
        half: precision == Precision::Half && stored.1.shape.len() > 1,
        ..Stored::whole(stored)
    });
    let tensors: Vec<Stored<'_>> = weights.chain(more.iter().map(Stored::whole)).collect();
    let mut bytes = sealed_header(kind, content, state.steps, &tensors)?;
    let take = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    stream(&tensors, take).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A tensor, and how it is written.
#[derive(Clone, Copy)]
struct Stored<'a> {
    name: &'a String,
    tensor: &'a Tensor,
    /// In half precision.
    half: bool,
}

impl<'a> Stored<'a> {
    /// In single precision.
    fn whole((name, tensor): (&'a String, &'a Tensor)) -> Self {
        Self { name, tensor, half: false }
    }
}

/// Reads what [`write()`] wrote: the content, and all tensors.
///
/// # Errors
/// A file that is missing, truncated, altered, or of another kind or format.
pub fn read<T: DeserializeOwned>(path: &Path, kind: Kind) -> Result<(T, StateDict), FileError> {
    decode(read_bytes(path, kind)?, kind).map_err(|what| FileError::Damaged { path: path.to_owned(), what })
}

/// The bytes of a file that begins as one of `kind` does and is as long as it says. Of another only the beginning is read, and
/// memory is taken for what is there alone.
///
/// # Errors
/// A file that is missing, no file, of another kind or length, or larger than memory.
pub(crate) fn read_bytes(path: &Path, kind: Kind) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::Io { path: path.to_owned(), source };
    let damaged = |what| FileError::Damaged { path: path.to_owned(), what };
    let mut file = foliar_files::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(8).read_to_end(&mut bytes).map_err(failed)?;
    let header = bytes.as_slice().try_into().map_or(u64::MAX, u64::from_le_bytes);
    if header > LONGEST_HEADER.min(length) {
        return Err(damaged(foreign(kind)));
    }
    Read::by_ref(&mut file).take(header).read_to_end(&mut bytes).map_err(failed)?;
    if digest_place(&bytes).is_none() {
        return Err(damaged(foreign(kind)));
    }
    let content: Metadata = serde_json::from_slice(&bytes[8..]).map_err(|_| damaged(truncated(kind)))?;
    if length != 8 + header + content.data_len() as u64 {
        return Err(damaged(truncated(kind)));
    }
    bytes.try_reserve_exact(content.data_len()).map_err(|error| failed(error.into()))?;
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn foreign(kind: Kind) -> String {
    format!("this is not a {} of foliar, or only the beginning of one; {}", kind.name(), kind.remedy())
}

fn truncated(kind: Kind) -> String {
    format!("the file is truncated or was altered; {}", kind.remedy())
}

/// Reads the bytes of a file that [`write()`] wrote.
///
/// # Errors
/// What is wrong with them, in words.
pub fn from_bytes<T: DeserializeOwned>(bytes: Vec<u8>, kind: Kind) -> Result<(T, StateDict), String> {
    decode(bytes, kind)
}

/// Puts the right digest into the bytes of a file, whatever they say: for tests that alter files and want to get past it.
/// `None`, and nothing changes, if there is no place for a digest.
pub fn reseal(bytes: &mut [u8]) -> Option<()> {
    let place = digest_place(bytes)?;
    bytes[place.clone()].fill(b'0');
    let digest = blake3::hash(bytes).to_hex();
    bytes[place].copy_from_slice(digest.as_bytes());
    Some(())
}

/// Everything before the tensors, with the digest of it and of them.
fn sealed_header<T: Serialize>(
    kind: Kind,
    content: &T,
    steps: u64,
    tensors: &[Stored<'_>],
) -> Result<Vec<u8>, String> {
    let mut header = header(kind, content, steps, tensors)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&header);
    stream(tensors, |bytes| {
        hasher.update(bytes);
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    let place = digest_place(&header).ok_or("no place for the digest")?;
    header[place].copy_from_slice(hasher.finalize().to_hex().as_bytes());
    Ok(header)
}

/// Everything before the tensors: the length of the header, and the header with zeros for the digest.
fn header<T: Serialize>(
    kind: Kind,
    content: &T,
    steps: u64,
    tensors: &[Stored<'_>],
) -> Result<Vec<u8>, String> {
    let document = Document {
        blake3: "0".repeat(DIGITS),
        format: kind.format(),
        kind: kind.name().to_owned(),
        steps,
        content,
    };
    let text = serde_json::to_string(&document).map_err(|error| error.to_string())?;
    let mut end = 0;
    let infos = tensors.iter().map(|&Stored { name, tensor, half }| {
        let begin = end;
        let (dtype, size) =
            if half { (Dtype::F16, size_of::<f16>()) } else { (Dtype::F32, size_of::<f32>()) };
        end += size * tensor.data.len();
        let info = TensorInfo { dtype, shape: tensor.shape.clone(), data_offsets: (begin, end) };
        (name.clone(), info)
    });
    let metadata = Metadata::new(Some(HashMap::from([(KEY.to_owned(), text)])), infos.collect())
        .map_err(|error| error.to_string())?;
    let mut json = serde_json::to_vec(&metadata).map_err(|error| error.to_string())?;
    json.resize(json.len().next_multiple_of(ALIGNMENT), b' ');
    if json.len() as u64 > LONGEST_HEADER {
        return Err(format!(
            "what stands before its tensors takes {} bytes, and readers take {LONGEST_HEADER} at most; nothing was written",
            json.len()
        ));
    }
    Ok([&(json.len() as u64).to_le_bytes()[..], &json].concat())
}

/// Hands the bytes of all tensors to `take`, piece by piece, in the order of the header.
fn stream(tensors: &[Stored<'_>], mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    for Stored { tensor, half, .. } in tensors {
        for piece in tensor.data.chunks(PIECE) {
            if *half {
                let halves = piece.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes());
                take(&halves.collect::<Vec<u8>>())?;
            } else {
                take(&little_endian(piece))?;
            }
        }
    }
    Ok(())
}

/// Which kind of bundle the bytes of a file are, by their format; that of classes where they do not say.
pub(crate) fn kind_of_bundle(bytes: &[u8]) -> Kind {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let format = || {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let text = header.metadata().as_ref()?.get(KEY)?;
        Some(serde_json::from_str::<Head>(text).ok()?.format)
    };
    if format() == Some(LABEL_FORMAT) { Kind::LabelBundle } else { Kind::Bundle }
}

fn digest_place(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let header_len = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    let header = bytes.get(8..)?.get(..usize::try_from(header_len).ok()?)?;
    let start = 8 + header.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    (start + DIGITS <= bytes.len()).then_some(start..start + DIGITS)
}

fn decode<T: DeserializeOwned>(mut bytes: Vec<u8>, kind: Kind) -> Result<(T, StateDict), String> {
    let place = digest_place(&bytes).ok_or_else(|| foreign(kind))?;
    let digest = bytes[place.clone()].to_vec();
    bytes[place].fill(b'0');
    if blake3::hash(&bytes).to_hex().as_bytes() != digest {
        return Err(truncated(kind));
    }
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| error.to_string())?;
    let text =
        header.metadata().as_ref().and_then(|entries| entries.get(KEY)).ok_or_else(|| truncated(kind))?;
    let raw: Document<serde_json::Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if raw.kind != kind.name() {
        return Err(format!("this is a {}, not a {}", raw.kind, kind.name()));
    }
    if raw.format != kind.format() {
        let (found, known) = (raw.format, kind.format());
        return Err(format!("its format is {found}, this build reads {known}; use a matching foliar"));
    }
    let content = serde_json::from_value(raw.content).map_err(|error| error.to_string())?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| error.to_string())?;
    let mut state = StateDict { steps: raw.steps, ..StateDict::default() };
    for (name, view) in tensors.tensors() {
        let data = match view.dtype() {
            Dtype::F32 => from_little_endian(view.data()),
            Dtype::F16 => view
                .data()
                .chunks_exact(size_of::<f16>())
                .map(|half| f16::from_le_bytes([half[0], half[1]]).to_f32())
                .collect(),
            other => return Err(format!("tensor `{name}` is {other:?}, not F32 or F16")),
        };
        state.tensors.insert(name, Tensor { shape: view.shape().to_vec(), data });
    }
    Ok((content, state))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sample() -> StateDict {
        let tensor = |shape: &[usize], first: f32| Tensor {
            shape: shape.to_vec(),
            data: (0..shape.iter().product()).map(|i| first + i as f32).collect(),
        };
        let tensors = [("fc.weight", tensor(&[2, 3], 0.5)), ("fc.bias", tensor(&[2], f32::MIN_POSITIVE))];
        StateDict { tensors: tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into(), steps: 7 }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let content = vec!["leaf \"quoted\"".to_owned(), "ø".to_owned()];
        write(&path, Kind::Bundle, &content, &sample(), &BTreeMap::new()).unwrap();
        let (read_content, read_state): (Vec<String>, StateDict) = read(&path, Kind::Bundle).unwrap();
        assert_eq!((read_content, read_state), (content.clone(), sample()));
        let first = fs::read(&path).unwrap();
        write(&path, Kind::Bundle, &content, &sample(), &BTreeMap::new()).unwrap();
        assert_eq!(first, fs::read(&path).unwrap(), "equal contents give equal bytes");
    }

    #[test]
    fn what_no_reader_would_take_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        write(&path, Kind::Bundle, &"content", &sample(), &BTreeMap::new()).unwrap();
        let before = fs::read(&path).unwrap();
        let long = "a".repeat(LONGEST_HEADER as usize);
        let error = write(&path, Kind::Bundle, &long, &sample(), &BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("nothing was written"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn filters_and_matrices_are_halved() {
        let mut state = sample();
        let Some(matrix) = state.tensors.get_mut("fc.weight") else { panic!("there is a matrix") };
        matrix.data = vec![0.1, -2.0, 65504.0, 6e-8, 1e-9, 1.0 / 3.0];
        let more =
            BTreeMap::from([("uncertainty.means".to_owned(), Tensor { shape: vec![1, 1], data: vec![0.1] })]);
        let bytes = to_bytes(Kind::Bundle, &"content", &state, &more, Precision::Half).unwrap();
        let (_, read): (String, StateDict) = decode(bytes.clone(), Kind::Bundle).unwrap();
        let halved = [0.099_975_586, -2.0, 65504.0, 5.960_464_5e-8, 0.0, 0.333_251_95];
        assert_eq!(read.tensors["fc.weight"].data, halved);
        assert_eq!(read.tensors["fc.bias"], state.tensors["fc.bias"], "vectors are whole");
        assert_eq!(read.tensors["uncertainty.means"], more["uncertainty.means"]);
        let again = to_bytes(Kind::Bundle, &"content", &read, &BTreeMap::new(), Precision::Half).unwrap();
        let (_, read_again): (String, StateDict) = decode(again, Kind::Bundle).unwrap();
        assert_eq!(
            read_again.tensors["fc.weight"], read.tensors["fc.weight"],
            "a second time changes nothing"
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_none_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let refused = |path: &Path| read::<String>(path, Kind::Bundle).unwrap_err().to_string();
        assert!(refused(Path::new("/dev/zero")).contains("device"));
        write(&path, Kind::Bundle, &"content", &sample(), &BTreeMap::new()).unwrap();
        // Files with a hole, of ten terabytes.
        let lengthen = || fs::File::options().write(true).open(&path).unwrap().set_len(10 << 40).unwrap();
        lengthen();
        assert!(refused(&path).contains("altered"));
        fs::write(&path, "").unwrap();
        lengthen();
        assert!(refused(&path).contains("not a bundle"));
        fs::write(&path, 99_999_999_u64.to_le_bytes()).unwrap();
        assert!(refused(&path).contains("not a bundle"));
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        write(&path, Kind::Bundle, &"content", &sample(), &BTreeMap::new()).unwrap();
        let bytes = fs::read(&path).unwrap();
        for index in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[index] ^= 1;
            assert!(decode::<String>(altered, Kind::Bundle).is_err(), "byte {index}");
            assert!(decode::<String>(bytes[..index].to_vec(), Kind::Bundle).is_err(), "cut at {index}");
        }
        assert!(decode::<String>(bytes.clone(), Kind::Checkpoint).is_err());
        assert!(decode::<String>(bytes, Kind::Bundle).is_ok());
    }
}
