//! Rotation, as of a camera that was not held upright.

use foliar_picture::Rgb;

/// The picture rotated by `angle` radians about its middle, interpolated from the four nearest pixels; beyond its border it is
/// mirrored.
pub(super) fn turned(photo: &Rgb, angle: f64) -> Rgb {
    let (sin, cos) = angle.sin_cos();
    let (width, height) = (photo.width as usize, photo.height as usize);
    let middle = [width, height].map(|side| (side as f64 - 1.0) / 2.0);
    let at = |column: i64, row: i64, channel: usize| {
        let (column, row) = (mirrored(column, width), mirrored(row, height));
        f64::from(photo.pixels[(row * width + column) * 3 + channel])
    };
    let mut pixels = Vec::with_capacity(photo.pixels.len());
    for row in 0..height {
        for column in 0..width {
            let (dx, dy) = (column as f64 - middle[0], row as f64 - middle[1]);
            let (x, y) = (middle[0] + cos * dx + sin * dy, middle[1] - sin * dx + cos * dy);
            let (left, top) = (x.floor(), y.floor());
            let (across, down) = (x - left, y - top);
            let (left, top) = (left as i64, top as i64);
            for channel in 0..3 {
                let line =
                    |row| (1.0 - across) * at(left, row, channel) + across * at(left + 1, row, channel);
                let value = (1.0 - down) * line(top) + down * line(top + 1);
                pixels.push((value + 0.5).clamp(0.0, 255.0) as u8);
            }
        }
    }
    Rgb::new(photo.width, photo.height, pixels)
}

/// A position on an axis of `length` pixels, mirrored at the first and the last pixel.
fn mirrored(place: i64, length: usize) -> usize {
    let last = length as i64 - 1;
    if last == 0 {
        return 0;
    }
    let folded = place.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_quarter_turns_are_none() {
        let pixels = (0..9 * 9 * 3_u32).map(|i| (i * 7 % 256) as u8).collect();
        let photo = Rgb::new(9, 9, pixels);
        let quarter = |photo: &Rgb| turned(photo, std::f64::consts::FRAC_PI_2);
        let once = quarter(&photo);
        assert_ne!(once, photo);
        assert_eq!(quarter(&quarter(&quarter(&once))), photo);
    }

    #[test]
    fn borders_mirror() {
        let places: Vec<usize> = (-4..8).map(|place| mirrored(place, 4)).collect();
        assert_eq!(places, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(mirrored(-5, 1), 0);
    }
}
