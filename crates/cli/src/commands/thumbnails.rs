//! Small copies of photographs for a page.

use std::path::{Path, PathBuf};

use foliar_model::decode_reduced;
use foliar_report::{Photo, Thumbnail};
use foliar_vision::{Limits, Rgb};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// Shorter side in pixels.
pub(crate) const SIDE: u32 = 192;
/// JPEG quality, of 100.
const QUALITY: u8 = 78;

/// Makes small copies of the photographs of a folder.
pub(crate) struct Thumbnails {
    root: PathBuf,
    limits: Limits,
}

impl Thumbnails {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), limits: Limits::default() }
    }

    /// The photograph at `name` below the folder, reduced to a shorter side of `side` pixels; `None` if it can not be read.
    pub(crate) fn read(&self, name: &str, side: u32) -> Option<Rgb> {
        decode_reduced(&self.root.join(name), side, &self.limits).ok()
    }

    /// The photograph as a page shows it.
    pub(crate) fn photo(&self, name: &str, class: &str, split: &str) -> Photo {
        Photo {
            name: name.to_owned(),
            class: class.to_owned(),
            split: split.to_owned(),
            thumbnail: self.read(name, SIDE).and_then(|picture| encoded(&picture)),
        }
    }
}

/// The picture as JPEG; `None` if the encoder refuses it.
pub(crate) fn encoded(picture: &Rgb) -> Option<Thumbnail> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&picture.pixels, picture.width, picture.height, ExtendedColorType::Rgb8)
        .ok()?;
    Thumbnail::new(bytes, picture.width, picture.height)
}
