//! PyTorch's files: a pickle that says what the tensors are, and storages with their numbers.
//!
//! Since version 1.6 a file is a zip archive with `data.pkl` and one record `data/KEY` a storage. Before, and in several of
//! torchvision's official files to this day, it is five pickles (a magic number, the version, facts about the machine, the
//! object, the sorted keys of the storages) and then, for each key, the number of elements in 8 bytes and the elements.

mod named;
mod view;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::archive::Archive;
use super::element::Element;
use super::error::WeightsError;
use super::pickle::{Pickle, Storage, Value};
use super::{Format, WeightFile};
use view::Budget;

/// How a file from before version 1.6 begins: 0x1950a86a20f9469cfc6c and 1001, each pickled.
const LEGACY: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";

/// Whether the bytes begin as PyTorch's files did before version 1.6.
pub(super) fn is_legacy(bytes: &[u8]) -> bool {
    bytes.starts_with(LEGACY)
}

/// Reads a zip archive that `torch.save` wrote.
pub(super) fn read_archive(bytes: &[u8]) -> Result<WeightFile, WeightsError> {
    let archive = Archive::open(bytes)?;
    let folder = archive.names().find_map(|name| match name.strip_suffix("data.pkl")? {
        "" => Some(""),
        folder => folder.ends_with('/').then_some(folder),
    });
    let folder = folder.ok_or(WeightsError::Format { found: "a zip archive that PyTorch did not write" })?;
    let has = |name: &str| archive.names().any(|found| found.strip_prefix(folder) == Some(name));
    if has("constants.pkl") {
        return Err(WeightsError::Format { found: "a TorchScript program; save its `state_dict()` instead" });
    }
    if has("byteorder") && *archive.read(&format!("{folder}byteorder"))? != *b"little" {
        return Err(WeightsError::Format { found: "of a big-endian machine; save it anew on another" });
    }
    let pickle = archive.read(&format!("{folder}data.pkl"))?;
    let stored_len = archive.unpacked_len() - pickle.len();
    let (pickle, _) = Pickle::read(&pickle)?;
    let load = |storage: &Storage<'_>| archive.read(&format!("{folder}data/{}", storage.key));
    assemble(Format::Torch, &pickle, stored_len, load)
}

/// Reads what `torch.save` wrote before version 1.6.
pub(super) fn read_legacy(bytes: &[u8]) -> Result<WeightFile, WeightsError> {
    let mut at = LEGACY.len();
    let mut next = || {
        let (pickle, len) = Pickle::read(&bytes[at..])?;
        at += len;
        Ok::<_, WeightsError>(pickle)
    };
    let (_machine, object, keys) = (next()?, next()?, next()?);
    let elements: BTreeMap<&str, Element> = object.storages().map(|s| (s.key, s.element)).collect();
    let storages = legacy_storages(&bytes[at..], &keys, &elements)?;
    let load = |storage: &Storage<'_>| {
        let bytes = storages.get(storage.key).copied();
        bytes
            .map(Cow::Borrowed)
            .ok_or_else(|| damaged(format!("`{}` is missing", storage.key.escape_debug())))
    };
    assemble(Format::TorchLegacy, &object, bytes.len() - at, load)
}

/// The storages that follow the pickles of an old file.
fn legacy_storages<'a>(
    mut bytes: &'a [u8],
    keys: &Pickle<'a>,
    elements: &BTreeMap<&str, Element>,
) -> Result<BTreeMap<&'a str, &'a [u8]>, WeightsError> {
    let Value::List(ids) = keys.get(keys.root()) else {
        return Err(damaged("the list of their keys is missing".into()));
    };
    let mut storages = BTreeMap::new();
    for &id in ids {
        let Value::Text(key) = *keys.get(id) else {
            return Err(damaged("a key is no string".into()));
        };
        let fault = |what: &str| damaged(format!("`{}` {what}", key.escape_debug()));
        let element = elements.get(key).ok_or_else(|| fault("belongs to no tensor"))?;
        let (len, rest) = bytes.split_first_chunk().ok_or_else(|| fault("is cut off"))?;
        let len = usize::try_from(i64::from_le_bytes(*len)).ok();
        let len = len.and_then(|len| len.checked_mul(element.size())).filter(|&len| len <= rest.len());
        let (values, rest) = rest.split_at(len.ok_or_else(|| fault("is cut off"))?);
        storages.insert(key, values);
        bytes = rest;
    }
    Ok(storages)
}

/// Reads every tensor in `pickle`; `load` gives the bytes of a storage. Each storage is loaded once.
fn assemble<'a>(
    format: Format,
    pickle: &Pickle<'_>,
    stored_len: usize,
    load: impl Fn(&Storage<'_>) -> Result<Cow<'a, [u8]>, WeightsError>,
) -> Result<WeightFile, WeightsError> {
    let views = named::find(pickle)?;
    let (tensors, metadata) = (BTreeMap::new(), BTreeMap::new());
    let mut file = WeightFile { format, tensors, integers: Vec::new(), metadata };
    let mut by_storage: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, view) in views {
        match view.storage.element {
            Element::Integer(_) => file.integers.push(name),
            _ => by_storage.entry(view.storage.key).or_default().push((name, view)),
        }
    }
    let mut budget = Budget::new(stored_len);
    for users in by_storage.values() {
        let bytes = load(&users[0].1.storage)?;
        for (name, view) in users {
            let tensor = view::read(view, &bytes, &mut budget)
                .map_err(|what| WeightsError::Tensor { name: name.clone(), what })?;
            file.tensors.insert(name.clone(), tensor);
        }
    }
    Ok(file)
}

fn damaged(what: String) -> WeightsError {
    WeightsError::Damaged { part: "storages", what }
}
