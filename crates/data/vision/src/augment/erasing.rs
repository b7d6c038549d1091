//! Erasing a random rectangle, so that the network does not rely on a single spot.
//!
//! Source: Zhong et al., *Random Erasing Data Augmentation* (2017), algorithm 1.

use serde::{Deserialize, Serialize};

use foliar_random::Random;

/// What an erased rectangle shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Random bytes.
    #[default]
    Noise,
    /// The mean colour, which is 0 after normalisation.
    Mean,
}

/// Erasing of one rectangle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Erasing {
    /// Probability. Default 0.25.
    pub probability: f64,
    /// Smallest and largest proportion of the area, in `(0, 1]`. Default 0.02 to 0.2.
    pub area: [f64; 2],
    /// Least and greatest ratio of width to height, drawn on a logarithmic scale. Default 0.3 to 1 / 0.3.
    pub ratio: [f64; 2],
    /// What replaces it. Default noise.
    pub fill: Fill,
}

impl Default for Erasing {
    fn default() -> Self {
        Self { probability: 0.25, area: [0.02, 0.2], ratio: [0.3, 1.0 / 0.3], fill: Fill::Noise }
    }
}

impl Erasing {
    /// Erases a drawn rectangle of `out`, a normalised picture of `side x side x 3` numbers; `table` holds the normalised
    /// value of each byte by channel. Nothing is erased if ten drawn rectangles do not fit.
    pub(super) fn apply(&self, side: usize, table: &[[f32; 256]; 3], random: &mut Random, out: &mut [f32]) {
        if !random.chance(self.probability) {
            return;
        }
        let Some((x, y, width, height)) = self.rectangle(side, random) else {
            return;
        };
        let mut noise = vec![0; width * 3];
        for row in out.chunks_exact_mut(side * 3).skip(y).take(height) {
            let row = &mut row[x * 3..(x + width) * 3];
            match self.fill {
                Fill::Mean => row.fill(0.0),
                Fill::Noise => {
                    random.fill(&mut noise);
                    for (pixel, bytes) in row.chunks_exact_mut(3).zip(noise.chunks_exact(3)) {
                        for channel in 0..3 {
                            pixel[channel] = table[channel][usize::from(bytes[channel])];
                        }
                    }
                }
            }
        }
    }

    /// Left, top, width and height in pixels.
    fn rectangle(&self, side: usize, random: &mut Random) -> Option<(usize, usize, usize, usize)> {
        for _ in 0..10 {
            let area = random.between(self.area[0], self.area[1]) * (side * side) as f64;
            let ratio = random.between(self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let (width, height) =
                ((area * ratio).sqrt().round() as usize, (area / ratio).sqrt().round() as usize);
            if (1..=side).contains(&width) && (1..=side).contains(&height) {
                let x = random.below(side - width + 1);
                let y = random.below(side - height + 1);
                return Some((x, y, width, height));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    #[test]
    fn one_rectangle_of_the_promised_area_changes() {
        let table = [[9.0; 256]; 3];
        let erasing = Erasing { probability: 1.0, ..Erasing::default() };
        for item in 0..200 {
            let mut out = vec![1.0; 64 * 64 * 3];
            erasing.apply(64, &table, &mut Domain::Erasing.stream([0, 0, item]), &mut out);
            let erased = out.iter().filter(|value| **value == 9.0).count() / 3;
            let share = erased as f64 / 4096.0;
            assert!((0.017..0.21).contains(&share), "{share}");
        }
    }

    #[test]
    fn mean_is_zero() {
        let mut out = vec![1.0; 16 * 16 * 3];
        let erasing = Erasing { probability: 1.0, fill: Fill::Mean, ..Erasing::default() };
        erasing.apply(16, &[[9.0; 256]; 3], &mut Domain::Erasing.stream([0; 3]), &mut out);
        assert!(out.contains(&0.0) && out.contains(&1.0) && !out.contains(&9.0));
    }
}
