//! Exposure: shifts the value of (hue, saturation, value).

use foliar_picture::Rgb;

/// Shifts the largest channel of each pixel by `shift` within 0..=255 and scales the other two with it, which keeps hue and
/// saturation. Black has neither and becomes grey.
pub(super) fn shifted(photo: &Rgb, shift: i32) -> Rgb {
    let mut pixels = photo.pixels.clone();
    for pixel in pixels.chunks_exact_mut(3) {
        let largest = i32::from(pixel.iter().copied().max().unwrap_or(0));
        let target = (largest + shift).clamp(0, 255);
        for value in pixel {
            let scaled = match largest {
                0 => target,
                _ => (i32::from(*value) * target + largest / 2) / largest,
            };
            *value = scaled.clamp(0, 255) as u8;
        }
    }
    Rgb::new(photo.width, photo.height, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hue_and_saturation_stay() {
        let photo = Rgb::new(3, 1, vec![100, 50, 25, 0, 0, 0, 250, 125, 0]);
        assert_eq!(shifted(&photo, 100).pixels, [200, 100, 50, 100, 100, 100, 255, 128, 0]);
        assert_eq!(shifted(&photo, -50).pixels, [50, 25, 13, 0, 0, 0, 200, 100, 0]);
    }
}
