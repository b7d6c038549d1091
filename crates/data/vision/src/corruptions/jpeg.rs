//! Strong JPEG compression.

use foliar_picture::Rgb;
use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress};

use crate::decode::decode_bytes;
use crate::limits::Limits;

/// Encodes with `quality`, 1 to 100, and a quarter of the colour samples, and decodes. A picture that is too large for the format is unchanged.
pub(super) fn compressed(photo: &Rgb, quality: u8) -> Rgb {
    let sides = [photo.width, photo.height].map(|side| side as usize);
    let encoded = compress(&photo.pixels, sides[0], sides[1], PixelFormat::Rgb, quality, Subsampling::S420);
    let decoded = encoded.ok().and_then(|bytes| decode_bytes(&bytes, &Limits::default()).ok());
    decoded.unwrap_or_else(|| photo.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_quality_keeps_less_and_a_flat_picture_has_nothing_to_lose() {
        let grey = |i: u32| [(i.wrapping_mul(2_654_435_761) >> 24) as u8; 3];
        let pixels = (0..64 * 64).flat_map(grey).collect();
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
