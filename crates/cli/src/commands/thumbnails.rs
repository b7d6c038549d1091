//! Small copies of photographs for a page.

use std::path::Path;

use foliar_model::decode_reduced;
use foliar_report::Thumbnail;
use foliar_vision::{Limits, Resizer, Rgb, reduce};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// Shorter side in pixels.
const SIDE: u32 = 192;
/// JPEG quality, of 100.
const QUALITY: u8 = 78;

/// A small copy of the photograph at `path` below `root`; `None` if it cannot be read.
pub(crate) fn of_file(root: &Path, path: &str) -> Option<Thumbnail> {
    let picture = decode_reduced(&root.join(path), SIDE, &Limits::default()).ok()?;
    encoded(&picture)
}

/// The same of the photograph at `path`.
pub(crate) fn of_path(path: &Path) -> Option<Thumbnail> {
    encoded(&decode_reduced(path, SIDE, &Limits::default()).ok()?)
}

/// A small copy of a picture; `None` if the encoder refuses it.
pub(crate) fn of_picture(picture: &Rgb) -> Option<Thumbnail> {
    encoded(&reduce(picture, SIDE, &mut Resizer::default()))
}

fn encoded(picture: &Rgb) -> Option<Thumbnail> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&picture.pixels, picture.width, picture.height, ExtendedColorType::Rgb8)
        .ok()?;
    Thumbnail::new(bytes, picture.width, picture.height)
}
