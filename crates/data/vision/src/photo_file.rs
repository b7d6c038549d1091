//! Which files are photos: one rule for data sets and for predictions.
//!
//! A file is taken for a photo by its name, or by its content where the name does not tell. The content decides how it is read; a
//! name that says something else is a remark.

use std::path::Path;

use foliar_picture::{Resizer, Rgb};

use crate::decode::{decode_reduced, inspect, read_file};
use crate::format::{ExtensionHint, Format, RAW, sniff_unsupported};
use crate::limits::Limits;
use crate::problem::Reason;

/// Whether the file at `path` is taken for a photo, which may still turn out to be broken or of a format that is not read.
#[must_use]
pub fn is_photo_file(path: &Path) -> bool {
    ExtensionHint::of(path).is_picture() || holds_picture(path)
}

/// Whether the content of a file begins as that of a picture; `false` if it cannot be read.
#[must_use]
pub fn holds_picture(path: &Path) -> bool {
    // Two bytes alone, as of a JPEG XL stream, are met in files of all kinds.
    let is_sure = |start: &[u8]| {
        Format::sniff(start).is_some()
            || (!start.starts_with(&[0xFF, 0x0A]) && sniff_unsupported(start).is_some())
    };
    foliar_archive::start(path, 64).is_ok_and(|start| is_sure(&start))
}

/// What the name of a file says beside its content: nothing, a remark, or that it is not read at all.
///
/// # Errors
/// [`Reason::Unsupported`] for a name of a format that is not read, unless the content is another.
pub fn check_name(path: &Path, bytes: &[u8]) -> Result<Option<Reason>, Reason> {
    let unsupported = |what: &str| Err(Reason::Unsupported { what: what.to_owned() });
    match (ExtensionHint::of(path), Format::sniff(bytes)) {
        // The small picture with which a raw file begins is not the photo.
        (ExtensionHint::Unsupported(RAW), None | Some(Format::Tiff)) => unsupported(RAW),
        (ExtensionHint::Unsupported(what), None) => unsupported(what),
        (ExtensionHint::Picture(named), Some(found)) if named != found => {
            Ok(Some(Reason::WrongExtension { found }))
        }
        (ExtensionHint::Unsupported(_) | ExtensionHint::Trailed(_) | ExtensionHint::Other, Some(found)) => {
            Ok(Some(Reason::OddName { found }))
        }
        _ => Ok(None),
    }
}

/// A decoded photo, and what a reader should know of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedPhoto {
    /// The picture, its shorter side reduced as was asked.
    pub picture: Rgb,
    /// Reasons that do not [exclude](Reason::excludes) it.
    pub remarks: Vec<Reason>,
}

/// Where the bytes of a photo are: a path, or something that has them from elsewhere.
pub trait PhotoSource {
    /// The name, whose end says which format the photo claims to have.
    fn name(&self) -> &Path;

    /// The bytes, at most [`Limits::bytes`] of them.
    ///
    /// # Errors
    /// As those of a file: [`Reason::TooLarge`], [`Reason::Empty`], [`Reason::NoMemory`], [`Reason::Unreadable`] and others.
    fn read(&self, limits: &Limits) -> Result<Vec<u8>, Reason>;
}

impl<P: AsRef<Path> + ?Sized> PhotoSource for P {
    fn name(&self) -> &Path {
        self.as_ref()
    }

    fn read(&self, limits: &Limits) -> Result<Vec<u8>, Reason> {
        read_file(self.as_ref(), limits)
    }
}

/// Reads, checks and decodes a photo, such as the one at a path, and reduces it until its shorter side is at most `side` pixels: with the result
/// that a file of a data set has in the end.
///
/// # Errors
/// Any [`Reason`] about a single file.
///
/// # Panics
/// If `side` is zero.
pub fn load_photo(
    photo: &(impl PhotoSource + ?Sized),
    side: u32,
    limits: &Limits,
    resizer: &mut Resizer,
) -> Result<LoadedPhoto, Reason> {
    photo_of_bytes(Some(photo.name()), &photo.read(limits)?, side, limits, resizer)
}

/// The same for a file whose `bytes` are in memory already, with its `name` where it has one.
///
/// # Errors
/// Any [`Reason`] about a single file.
///
/// # Panics
/// If `side` is zero.
pub fn photo_of_bytes(
    name: Option<&Path>,
    bytes: &[u8],
    side: u32,
    limits: &Limits,
    resizer: &mut Resizer,
) -> Result<LoadedPhoto, Reason> {
    limits.check_bytes(bytes.len() as u64)?;
    let mut remarks: Vec<Reason> = match name {
        Some(name) => check_name(name, bytes)?.into_iter().collect(),
        None => Vec::new(),
    };
    remarks.extend(inspect(bytes, limits)?.remarks);
    Ok(LoadedPhoto { picture: decode_reduced(bytes, side, limits, resizer)?, remarks })
}
