//! Turns pictures upright, as the EXIF orientation says.

use foliar_picture::Rgb;
use image::metadata::Orientation;
use image::{RgbImage, imageops};

use crate::problem::Reason;

/// Whether width and height change places.
pub(super) fn turns_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// The orientation in an EXIF block, with or without the prefix `Exif\0\0` that some writers keep.
pub(super) fn of_exif(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

/// The picture of stored pixels, turned as `orientation` says.
pub(super) fn upright(
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    orientation: Orientation,
) -> Result<Rgb, Reason> {
    let stored =
        RgbImage::from_raw(width, height, pixels).ok_or_else(|| Reason::damaged("pixels are missing"))?;
    let mut picture = match orientation {
        Orientation::Rotate90 | Orientation::Rotate90FlipH => imageops::rotate90(&stored),
        Orientation::Rotate270 | Orientation::Rotate270FlipH => imageops::rotate270(&stored),
        _ => stored,
    };
    match orientation {
        Orientation::Rotate180 => imageops::rotate180_in_place(&mut picture),
        Orientation::FlipVertical => imageops::flip_vertical_in_place(&mut picture),
        Orientation::FlipHorizontal | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            imageops::flip_horizontal_in_place(&mut picture);
        }
        _ => {}
    }
    Ok(Rgb::new(picture.width(), picture.height(), picture.into_raw()))
}
