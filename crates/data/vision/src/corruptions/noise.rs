//! Gaussian noise.

use foliar_picture::Rgb;
use foliar_random::Random;

/// Adds a normal random number to every value; its standard deviation is `deviation` times 255.
pub(super) fn noisy(photo: &Rgb, deviation: f64, random: &mut Random) -> Rgb {
    let mut pixels = photo.pixels.clone();
    for pair in pixels.chunks_mut(2) {
        for (value, normal) in pair.iter_mut().zip(random.normal_pair()) {
            let noisy = f64::from(*value) + 255.0 * deviation * normal;
            *value = (noisy + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
    Rgb::new(photo.width, photo.height, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    #[test]
    fn the_deviation_is_the_one_that_was_asked_for() {
        let photo = Rgb::new(100, 100, vec![128; 30_000]);
        let noisy = noisy(&photo, 0.08, &mut Domain::Corruption.stream([1, 2, 3]));
        let differences = noisy.pixels.iter().map(|&value| f64::from(value) - 128.0);
        let mean = differences.clone().sum::<f64>() / 30_000.0;
        let deviation = (differences.map(|d| d * d).sum::<f64>() / 30_000.0).sqrt();
        assert!(mean.abs() < 0.5 && (deviation / 255.0 - 0.08).abs() < 0.001, "{mean} {deviation}");
    }
}
