//! Photos of an audit as small JPEG files.

use std::path::Path;

use foliar_vision::decode::read_file;
use foliar_vision::{Digest, Limits, Resizer, photo_of_bytes};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// JPEG quality, of 100.
const QUALITY: u8 = 85;

/// How large a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// To look at: at most 900 pixels on the shorter side.
    Large,
    /// Beside others: at most 260.
    Small,
}

impl Size {
    /// The size that `large` or `small` names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "large" => Some(Self::Large),
            "small" => Some(Self::Small),
            _ => None,
        }
    }

    /// Longest shorter side, in pixels.
    fn side(self) -> u32 {
        match self {
            Self::Large => 900,
            Self::Small => 260,
        }
    }
}

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPicture {
    /// The file is another one than was audited.
    Changed,
    /// It cannot be read, or is no picture.
    Unreadable,
}

/// The photo at `path` as JPEG, upright and reduced; only if its file has the digest `known`, where one is known.
///
/// # Errors
/// [`NoPicture`].
pub fn picture(path: &Path, known: Option<&Digest>, size: Size) -> Result<Vec<u8>, NoPicture> {
    let limits = Limits::default();
    let bytes = read_file(path, &limits).map_err(|_| NoPicture::Unreadable)?;
    if known.is_some_and(|known| Digest::of(&bytes) != *known) {
        return Err(NoPicture::Changed);
    }
    let photo = photo_of_bytes(Some(path), &bytes, size.side(), &limits, &mut Resizer::default())
        .map_err(|_| NoPicture::Unreadable)?;
    let picture = &photo.picture;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(&picture.pixels, picture.width, picture.height, ExtendedColorType::Rgb8)
        .map_err(|_| NoPicture::Unreadable)?;
    Ok(jpeg)
}

/// The digest of the file at `path` as it is now; `None` if it cannot be read.
pub(crate) fn digest(path: &Path) -> Option<Digest> {
    read_file(path, &Limits::default()).ok().map(|bytes| Digest::of(&bytes))
}
