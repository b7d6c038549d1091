//! Cutting scores in two (Otsu, *A Threshold Selection Method from Gray-Level Histograms*, 1979).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `t` | the threshold: the cut of the histogram with the largest variance between its two sides |
//! | `m0`, `m1` | mean of the scores below and above `t` |
//! | undecided | share of the scores within `BAND (m1 - m0)` of `t` |

/// Bins of the histogram.
const BINS: usize = 128;
/// Half the width of the band around the threshold in which a score says nothing, as a share of the means' distance.
const BAND: f64 = 0.15;

/// A threshold and how well it divides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Scores above it are on the far side.
    pub(super) threshold: f32,
    /// Share of the scores near the threshold, 0 to 1: small for two groups with a valley between them; 0.19 for scores of
    /// one normal distribution, 0.15 for evenly spread ones.
    pub(super) undecided: f64,
}

/// Otsu's threshold of `scores`, but at least `least` and at most `most`.
pub(super) fn otsu(scores: &[f32], least: f32, most: f32) -> Cut {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bottom = scores.iter().copied().fold(f32::INFINITY, f32::min);
    let width = (top - bottom) / BINS as f32;
    if !(width > 0.0) {
        return Cut { threshold: least, undecided: 1.0 };
    }
    let mut histogram = [0.0_f64; BINS];
    for score in scores {
        histogram[(((score - bottom) / width) as usize).min(BINS - 1)] += 1.0;
    }
    let centre = |bin: usize| f64::from(bottom) + (bin as f64 + 0.5) * f64::from(width);
    let count = scores.len() as f64;
    let sum: f64 = histogram.iter().enumerate().map(|(bin, n)| n * centre(bin)).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut threshold) = (0.0, bottom);
    for bin in 0..BINS - 1 {
        below += histogram[bin];
        sum_below += histogram[bin] * centre(bin);
        let above = count - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let distance = (sum - sum_below) / above - sum_below / below;
        let between = below * above * distance * distance;
        if between > best {
            (best, threshold) = (between, bottom + (bin + 1) as f32 * width);
        }
    }
    let threshold = threshold.clamp(least, most);
    Cut { threshold, undecided: undecided(scores, threshold) }
}

fn undecided(scores: &[f32], threshold: f32) -> f64 {
    let mean = |above: bool| {
        let side = scores.iter().filter(|&&score| (score > threshold) == above);
        let (count, sum) = side.fold((0.0, 0.0), |(n, sum), &score| (n + 1.0, sum + f64::from(score)));
        if count > 0.0 { Some(sum / count) } else { None }
    };
    let (Some(m0), Some(m1)) = (mean(false), mean(true)) else { return 1.0 };
    let half = BAND * (m1 - m0);
    let near = scores.iter().filter(|&&score| (f64::from(score) - f64::from(threshold)).abs() < half).count();
    near as f64 / scores.len() as f64
}
