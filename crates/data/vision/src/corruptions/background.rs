//! Another background: a classifier that looks at the leaf still gives the same answer.

use foliar_picture::Rgb;

use crate::leaf_mask::leaf_mask;

/// Mid-grey.
const GREY: u8 = 128;

/// Flat grey instead of the background.
pub(super) fn grey(photo: &Rgb) -> Rgb {
    replaced(photo, |_, _| [GREY; 3])
}

/// The square picture `ground` instead of the background, stretched to cover the longer side.
pub(super) fn ground(photo: &Rgb, ground: &Rgb) -> Rgb {
    let side = u64::from(photo.width.max(photo.height));
    let scaled = |place: u32, length: u32| (u64::from(place) * u64::from(length) / side) as usize;
    replaced(photo, |x, y| {
        let pixel = scaled(y, ground.height) * ground.width as usize + scaled(x, ground.width);
        [0, 1, 2].map(|channel| ground.pixels[3 * pixel + channel])
    })
}

/// The photo with another colour wherever there is no leaf; unchanged if the mask cannot be trusted.
fn replaced(photo: &Rgb, colour: impl Fn(u32, u32) -> [u8; 3]) -> Rgb {
    let mask = leaf_mask(photo);
    let mut pixels = photo.pixels.clone();
    if mask.is_trusted() {
        for (place, pixel) in pixels.chunks_exact_mut(3).enumerate() {
            let (x, y) = (place as u32 % photo.width, place as u32 / photo.width);
            if !mask.contains(x, y) {
                pixel.copy_from_slice(&colour(x, y));
            }
        }
    }
    Rgb::new(photo.width, photo.height, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_stays_and_the_rest_goes() {
        let side = 64_u32;
        let inside = |index: u32| {
            let (x, y) = (f64::from(index % side) - 32.0, f64::from(index / side) - 32.0);
            x.hypot(y) < 20.0
        };
        let pixel = |index| if inside(index) { [40, 120, 30] } else { [230, 228, 226] };
        let photo = Rgb::new(side, side, (0..side * side).flat_map(pixel).collect());
        let blue = Rgb::new(16, 16, [20, 40, 200].repeat(256));
        for worse in [grey(&photo), ground(&photo, &blue)] {
            let changed = |index: u32| {
                let place = index as usize * 3;
                worse.pixels[place..place + 3] != photo.pixels[place..place + 3]
            };
            let wrong = (0..side * side).filter(|&index| changed(index) == inside(index)).count();
            assert!(wrong < 200, "{wrong} of {}", side * side);
        }
        assert_eq!(grey(&photo).pixels[..3], [GREY; 3]);
        assert_eq!(ground(&photo, &blue).pixels[..3], [20, 40, 200]);
    }

    #[test]
    fn a_photo_without_a_leaf_is_unchanged() {
        let photo = Rgb::new(40, 30, vec![90; 40 * 30 * 3]);
        assert_eq!(grey(&photo), photo);
        assert_eq!(ground(&photo, &Rgb::new(1, 1, vec![0; 3])), photo);
    }
}
