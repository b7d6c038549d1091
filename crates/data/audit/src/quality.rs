//! What can be wrong with a single photograph that can be read: too small, dark, pale, blurred, empty, of odd shape.
//!
//! Each is a measured value beside a threshold. What blur is depends on what is photographed, so a photograph counts as
//! blurred only if it is both below an absolute threshold and far below the others of its data set.

use foliar_vision::Rgb;
use serde::{Deserialize, Serialize};

use crate::thumbnail::luminance;

/// Least side of a photograph, in pixels.
pub const SMALLEST_SIDE: f64 = 64.0;
/// Least luminance of the brightest twentieth, 0 to 1: a leaf before a black ground is not underexposed.
pub const DARKEST: f64 = 0.2;
/// Share of pixels that are the brightest.
const BRIGHTEST: f64 = 0.05;
/// Most pixels that may have reached the end of the scale, as a share.
pub const MOST_CLIPPED: f64 = 0.4;
/// Mean luminance from which on clipped pixels count: a leaf on white paper is not overexposed.
const PALEST: f64 = 0.8;
/// Sharpness below which a photograph may be called blurred.
pub const LEAST_SHARPNESS: f64 = 40.0;
/// How many times the median of a data set is sharper than a photograph that is called blurred.
const BLUR_FACTOR: f64 = 6.0;
/// Entropy of the greys in bits below which a photograph without edges is nearly empty.
const SMOOTH_ENTROPY: f64 = 4.5;
/// Least entropy of the greys, in bits, whatever the edges.
pub const LEAST_ENTROPY: f64 = 1.0;
/// Least share of pixels that differ from a neighbour by a tenth of the scale or more.
pub const FEWEST_EDGES: f64 = 0.002;
/// Longest side over shortest.
pub const LONGEST_ASPECT: f64 = 3.0;
/// Luminance from which on a pixel is clipped.
const CLIPPED: u8 = 250;
/// Difference of neighbours that is an edge, of 255.
const EDGE: i32 = 25;

/// What is measured on one photograph.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Shorter side of the file's picture, in pixels.
    pub shorter_side: f64,
    /// Longer side over shorter, 1 or more.
    pub aspect: f64,
    /// Mean luminance, 0 to 1.
    pub brightness: f64,
    /// Luminance that a twentieth of the pixels exceed, 0 to 1.
    pub brightest: f64,
    /// Share of pixels whose luminance is 250 of 255 or more.
    pub clipped: f64,
    /// Variance of the Laplacian of the luminance (0 to 255) at a shorter side of at most 256 pixels (Pech-Pacheco 2000).
    pub sharpness: f64,
    /// Shannon entropy of the histogram of luminance, 0 to 8 bits.
    pub entropy: f64,
    /// Share of pixels that differ from the next to the right or below by a tenth of the scale or more.
    pub edges: f64,
}

/// What is wrong with a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// Of too few pixels.
    Tiny,
    /// Underexposed.
    Dark,
    /// Overexposed.
    Overexposed,
    /// Out of focus, or shaken.
    Blurred,
    /// Hardly anything on it.
    NearlyEmpty,
    /// Far longer than high, or the other way round.
    OddShape,
}

impl Flaw {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Tiny, Self::Dark, Self::Overexposed, Self::Blurred, Self::NearlyEmpty, Self::OddShape];

    /// The name in files, such as `nearly-empty`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Dark => "dark",
            Self::Overexposed => "overexposed",
            Self::Blurred => "blurred",
            Self::NearlyEmpty => "nearly-empty",
            Self::OddShape => "odd-shape",
        }
    }

    /// What is so, in words that follow "is".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Tiny => "smaller than 64 pixels",
            Self::Dark => "very dark",
            Self::Overexposed => "overexposed",
            Self::Blurred => "blurred",
            Self::NearlyEmpty => "nearly empty",
            Self::OddShape => "three times as long as wide, or more",
        }
    }
}

/// A flaw of a photograph, with what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flawed {
    /// Place of the photograph.
    pub photograph: usize,
    /// What is wrong.
    pub flaw: Flaw,
    /// What was measured.
    pub value: f64,
    /// What it was compared with.
    pub threshold: f64,
}

impl Measures {
    /// The measures of a photograph that was reduced to a shorter side of at most 256 pixels; `width` and `height` are those
    /// of the file.
    #[must_use]
    pub fn of(photo: &Rgb, width: u32, height: u32) -> Self {
        let grey: Vec<u8> =
            photo.pixels.chunks_exact(3).map(|pixel| luminance([pixel[0], pixel[1], pixel[2]])).collect();
        let count = grey.len() as f64;
        let mut histogram = [0_u32; 256];
        grey.iter().for_each(|&value| histogram[usize::from(value)] += 1);
        let shares = histogram.map(|pixels| f64::from(pixels) / count);
        let mut above = 0.0;
        let exceeded = |value: &usize| {
            above += shares[*value];
            above >= BRIGHTEST
        };
        let brightest = (0..=255).rev().find(exceeded).unwrap_or(0);
        let (sharpness, edges) = sharpness_and_edges(&grey, photo.width as usize);
        let (shorter, longer) = (f64::from(width.min(height)), f64::from(width.max(height)));
        Self {
            shorter_side: shorter,
            aspect: longer / shorter.max(1.0),
            brightness: shares.iter().enumerate().map(|(value, share)| value as f64 * share).sum::<f64>()
                / 255.0,
            brightest: brightest as f64 / 255.0,
            clipped: shares[usize::from(CLIPPED)..].iter().sum(),
            sharpness,
            entropy: -shares
                .iter()
                .filter(|&&share| share > 0.0)
                .map(|share| share * share.log2())
                .sum::<f64>(),
            edges,
        }
    }
}

/// Variance of the Laplacian with four neighbours, and the share of pixels at an edge; both over pixels that have all
/// neighbours. Nothing is known of pictures below three pixels: they have neither.
fn sharpness_and_edges(grey: &[u8], width: usize) -> (f64, f64) {
    let height = grey.len() / width.max(1);
    if width < 3 || height < 3 {
        return (0.0, 0.0);
    }
    let (mut sum, mut squares, mut edges) = (0_i64, 0_i64, 0_u64);
    for y in 1..height - 1 {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| &grey[y * width..(y + 1) * width]);
        for x in 1..width - 1 {
            let [own, left, right, up, down] =
                [row[x], row[x - 1], row[x + 1], above[x], below[x]].map(i32::from);
            let laplacian = i64::from(left + right + up + down - 4 * own);
            sum += laplacian;
            squares += laplacian * laplacian;
            edges += u64::from((right - own).abs().max((down - own).abs()) >= EDGE);
        }
    }
    let count = ((width - 2) * (height - 2)) as f64;
    let mean = sum as f64 / count;
    (squares as f64 / count - mean * mean, edges as f64 / count)
}

/// What is wrong with each of the photographs, in their order.
#[must_use]
pub fn flaws(measures: &[Measures]) -> Vec<Flawed> {
    let mut sharpness: Vec<f64> = measures.iter().map(|measures| measures.sharpness).collect();
    sharpness.sort_by(f64::total_cmp);
    let median = sharpness.get(sharpness.len() / 2).copied().unwrap_or(0.0);
    let blurred = LEAST_SHARPNESS.min(median / BLUR_FACTOR);
    let of_one = |(photograph, own): (usize, &Measures)| {
        let empty = if own.entropy < LEAST_ENTROPY {
            (true, own.entropy, LEAST_ENTROPY)
        } else {
            (own.edges < FEWEST_EDGES && own.entropy < SMOOTH_ENTROPY, own.edges, FEWEST_EDGES)
        };
        let judged = [
            (Flaw::Tiny, (own.shorter_side < SMALLEST_SIDE, own.shorter_side, SMALLEST_SIDE)),
            (Flaw::Dark, (own.brightest < DARKEST, own.brightest, DARKEST)),
            (
                Flaw::Overexposed,
                (own.clipped > MOST_CLIPPED && own.brightness > PALEST, own.clipped, MOST_CLIPPED),
            ),
            (Flaw::Blurred, (own.sharpness < blurred, own.sharpness, blurred)),
            (Flaw::NearlyEmpty, empty),
            (Flaw::OddShape, (own.aspect > LONGEST_ASPECT, own.aspect, LONGEST_ASPECT)),
        ];
        judged
            .into_iter()
            .filter(|(_, (is_so, ..))| *is_so)
            .map(|(flaw, (_, value, threshold))| Flawed { photograph, flaw, value, threshold })
            .collect::<Vec<_>>()
    };
    measures.iter().enumerate().flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use foliar_vision::procedural;

    use super::*;

    fn leaf(size: u32) -> Rgb {
        let picture = procedural::draw(1, 3, 0, size);
        Rgb::new(size, size, picture.into_raw())
    }

    fn changed(photo: &Rgb, change: impl Fn(u8) -> u8) -> Rgb {
        Rgb { pixels: photo.pixels.iter().map(|&value| change(value)).collect(), ..photo.clone() }
    }

    fn found(odd: &Rgb, width: u32, height: u32) -> Vec<Flaw> {
        let usual = Measures::of(&leaf(128), 128, 128);
        let all = [usual, usual, usual, Measures::of(odd, width, height)];
        let flaws = flaws(&all);
        assert!(flaws.iter().all(|flawed| flawed.photograph == 3), "{flaws:?}");
        flaws.into_iter().map(|flawed| flawed.flaw).collect()
    }

    #[test]
    fn each_flaw_is_found_and_no_other() {
        let leaf = leaf(128);
        assert_eq!(found(&leaf, 128, 128), []);
        assert_eq!(found(&leaf, 128, 40), [Flaw::Tiny, Flaw::OddShape]);
        assert_eq!(found(&leaf, 1280, 400), [Flaw::OddShape]);
        assert!(found(&changed(&leaf, |value| value / 16), 128, 128).contains(&Flaw::Dark));
        assert_eq!(
            found(&changed(&leaf, |value| value.saturating_add(200)), 128, 128)
                .into_iter()
                .filter(|flaw| *flaw == Flaw::Overexposed)
                .count(),
            1
        );
        let empty = changed(&leaf, |value| 120 + value / 128);
        assert!(found(&empty, 128, 128).contains(&Flaw::NearlyEmpty));
        let mut blurred = leaf.clone();
        for _ in 0..40 {
            let before = blurred.pixels.clone();
            for place in 128 * 3 + 3..before.len() - 128 * 3 - 3 {
                let near = [place - 3, place + 3, place - 128 * 3, place + 128 * 3, place];
                let sum: u32 = near.iter().map(|&near| u32::from(before[near])).sum();
                blurred.pixels[place] = (sum / 5) as u8;
            }
        }
        assert_eq!(found(&blurred, 128, 128), [Flaw::Blurred]);
    }

    #[test]
    fn the_smallest_picture_has_measures() {
        let dot = Rgb::new(1, 1, vec![9, 9, 9]);
        let measures = Measures::of(&dot, 1, 1);
        assert_eq!((measures.sharpness, measures.edges, measures.entropy), (0.0, 0.0, 0.0));
    }
}
