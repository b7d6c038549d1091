//! Moving means, which blur.

/// Rows of `width` pixels of `channels` values each, blurred twice by the mean of the square of `2 radius + 1` pixels around each, as
/// far as that lies in the picture.
pub(super) fn blurred(values: &[f32], width: usize, channels: usize, radius: usize) -> Vec<f32> {
    let line = (width * channels).max(1);
    let mut values = values.to_vec();
    let mut between = values.clone();
    for _ in 0..2 {
        for (row, out) in values.chunks_exact(line).zip(between.chunks_exact_mut(line)) {
            mean_along(row, out, channels, radius);
        }
        // Whole rows are the elements of the columns.
        mean_along(&between, &mut values, line, radius);
    }
    values
}

/// The moving mean of elements of `size` values each.
fn mean_along(values: &[f32], out: &mut [f32], size: usize, radius: usize) {
    let count = values.len() / size;
    let element = |place: usize| &values[place * size..(place + 1) * size];
    let mut sums = vec![0.0; size];
    let add = |sums: &mut [f32], place: usize, sign: f32| {
        sums.iter_mut().zip(element(place)).for_each(|(sum, value)| *sum += sign * value);
    };
    (0..radius.min(count)).for_each(|place| add(&mut sums, place, 1.0));
    for (place, out) in out.chunks_exact_mut(size).enumerate() {
        if place + radius < count {
            add(&mut sums, place + radius, 1.0);
        }
        if place > radius {
            add(&mut sums, place - radius - 1, -1.0);
        }
        let inside = (place + radius).min(count - 1) + 1 - place.saturating_sub(radius);
        let factor = 1.0 / inside as f32;
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = sum * factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_stays_flat_and_light_is_kept() {
        let flat = blurred(&[3.0; 60], 5, 3, 2);
        assert!(flat.iter().all(|value| (value - 3.0).abs() < 1e-5), "{flat:?}");
        let mut point = vec![0.0; 21 * 21];
        point[10 * 21 + 10] = 1.0;
        let blurred = blurred(&point, 21, 1, 2);
        assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!((blurred[10 * 21 + 10] - 0.04).abs() < 1e-6 && blurred[10 * 21 + 5].abs() < 1e-6);
        assert_eq!(blurred[9 * 21 + 12].to_bits(), blurred[9 * 21 + 8].to_bits());
    }

    #[test]
    fn a_radius_beyond_the_picture_is_borne() {
        assert_eq!(blurred(&[1.0, 3.0], 2, 1, 9), [2.0, 2.0]);
        assert_eq!(blurred(&[5.0], 1, 1, 1), [5.0]);
    }
}
