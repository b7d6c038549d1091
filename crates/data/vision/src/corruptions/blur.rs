//! Gaussian blur.

use foliar_picture::Rgb;

/// The kernel is cut off after this many standard deviations.
const REACH: f64 = 4.0;

/// Every channel convolved with a Gaussian of standard deviation `deviation`, in pixels, along rows and then along columns.
/// Beyond the border its pixels are repeated.
pub(super) fn blurred(photo: &Rgb, deviation: f64) -> Rgb {
    let weights = gaussian(deviation);
    let (width, height) = (photo.width as usize, photo.height as usize);
    let values: Vec<f32> = photo.pixels.iter().map(|&value| f32::from(value)).collect();
    // Neighbours in a row are 3 values apart, those in a column a whole row.
    let rows = along(&values, &weights, (height, 3 * width), (width, 3));
    let columns = along(&rows, &weights, (width, 3), (height, 3 * width));
    let pixels = columns.into_iter().map(|value| (value + 0.5).clamp(0.0, 255.0) as u8).collect();
    Rgb::new(photo.width, photo.height, pixels)
}

/// Weights of the middle pixel and of those 1, 2, ... to each side; over both sides they add up to 1.
fn gaussian(deviation: f64) -> Vec<f32> {
    let reach = (REACH * deviation).ceil().max(1.0) as usize;
    let height = |offset: usize| (-(offset as f64 / deviation.max(1e-3)).powi(2) / 2.0).exp();
    let total = height(0) + 2.0 * (1..=reach).map(height).sum::<f64>();
    (0..=reach).map(|offset| (height(offset) / total) as f32).collect()
}

/// Convolves `lines.0` lines that begin `lines.1` values apart; each has `places.0` places that are `places.1` values apart,
/// of three channels.
fn along(values: &[f32], weights: &[f32], lines: (usize, usize), places: (usize, usize)) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    for line in 0..lines.0 {
        for place in 0..places.0 {
            let index = |place: usize| line * lines.1 + place * places.1;
            for channel in 0..3 {
                let at = |place: usize| values[index(place) + channel];
                let sides = weights.iter().enumerate().skip(1).map(|(offset, weight)| {
                    let (before, after) = (place.saturating_sub(offset), (place + offset).min(places.0 - 1));
                    weight * (at(before) + at(after))
                });
                out[index(place) + channel] = weights[0] * at(place) + sides.sum::<f32>();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_gaussian_of_the_given_deviation() {
        let (side, middle) = (41, 20);
        let mut pixels = vec![0_u8; side * side * 3];
        (0..3).for_each(|channel| pixels[(middle * side + middle) * 3 + channel] = 255);
        let values: Vec<f32> = pixels.iter().map(|&value| f32::from(value)).collect();
        let row = along(&values, &gaussian(3.0), (side, 3 * side), (side, 3));
        let (mut sum, mut square) = (0.0, 0.0);
        for place in 0..side {
            let value = f64::from(row[(middle * side + place) * 3 + 1]);
            sum += value;
            square += value * (place as f64 - middle as f64).powi(2);
        }
        assert!((sum - 255.0).abs() < 1e-3, "{sum}");
        assert!(((square / sum).sqrt() - 3.0).abs() < 0.01, "{}", (square / sum).sqrt());
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let photo = Rgb::new(9, 5, vec![77; 9 * 5 * 3]);
        assert_eq!(blurred(&photo, 6.0), photo);
        assert_eq!(blurred(&photo, 0.0), photo);
    }
}
