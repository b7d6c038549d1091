//! Strong JPEG compression.

use foliar_picture::Rgb;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::decode::decode_bytes;
use crate::limits::Limits;

/// Encodes with `quality`, 1 to 100, and decodes. A picture that is too large for the format is unchanged.
pub(super) fn compressed(photo: &Rgb, quality: u8) -> Rgb {
    let mut bytes = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode(
        &photo.pixels,
        photo.width,
        photo.height,
        ExtendedColorType::Rgb8,
    );
    let decoded = encoded.ok().and_then(|()| decode_bytes(&bytes, &Limits::default()).ok());
    decoded.unwrap_or_else(|| photo.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_quality_keeps_less_and_a_flat_picture_has_nothing_to_lose() {
        let pixels = (0..64 * 64 * 3_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let photo = Rgb::new(64, 64, pixels);
        let lost = |quality| -> u64 {
            let worse = compressed(&photo, quality);
            worse.pixels.iter().zip(&photo.pixels).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
        };
        assert!(lost(90) < lost(25) && lost(25) < lost(7));
        let flat = compressed(&Rgb::new(9, 5, vec![100; 9 * 5 * 3]), 7);
        assert!(flat.pixels.iter().all(|value| value.abs_diff(100) < 12), "{:?}", flat.pixels);
    }
}
