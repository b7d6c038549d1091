//! Divides scores in two (Otsu, *A Threshold Selection Method from Gray-Level Histograms*, 1979).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `t` | the threshold: the cut of the histogram with the largest variance between its two sides |
//! | `m0`, `m1` | mean of the scores below and above `t` |
//! | undecided | proportion of the scores within `BAND (m1 - m0)` of `t` |

/// Bins of the histogram.
const BINS: usize = 128;
/// Half the width of the band around the threshold in which scores are undecided, as a fraction of the distance of the means.
const BAND: f64 = 0.15;

/// A threshold and how well it separates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Scores above it are leaf.
    pub(super) threshold: f32,
    /// Proportion of the scores near the threshold, 0 to 1: small for two groups with a valley between them; 0.19 for scores of
    /// one normal distribution, 0.15 for evenly spread ones.
    pub(super) undecided: f64,
}

/// Otsu's threshold of `scores`, but at least `least` and at most `most`.
pub(super) fn otsu(scores: &[f32], least: f32, most: f32) -> Cut {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let bottom = scores.iter().copied().fold(f32::INFINITY, f32::min);
    let width = (top - bottom) / BINS as f32;
    if width.is_nan() || width <= 0.0 {
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
    // The best cuts: all within a valley that is empty are equally good, and its middle is the safest.
    let (mut best, mut first, mut last) = (0.0, 0, 0);
    for (bin, n) in histogram[..BINS - 1].iter().enumerate() {
        below += n;
        sum_below += n * centre(bin);
        let above = count - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let distance = (sum - sum_below) / above - sum_below / below;
        let between = below * above * distance * distance;
        if between > best {
            (best, first) = (between, bin);
        }
        if between >= best {
            last = bin;
        }
    }
    let middle = (first + last + 2) as f32 / 2.0;
    let threshold = (bottom + middle * width).clamp(least, most);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `groups` of (scores, mean), each evenly spread over 2 around its mean.
    fn spread(groups: &[(usize, f32)]) -> Vec<f32> {
        let group = |&(count, mean): &(usize, f32)| {
            (0..count).map(move |place| mean - 1.0 + 2.0 * (place as f32 + 0.5) / count as f32)
        };
        groups.iter().flat_map(group).collect()
    }

    #[test]
    fn two_groups_are_cut_between_them() {
        let cut = otsu(&spread(&[(700, 2.0), (300, 12.0)]), 0.0, 100.0);
        assert!((3.0..=11.0).contains(&cut.threshold) && cut.undecided == 0.0, "{cut:?}");
    }

    #[test]
    fn one_group_leaves_many_undecided() {
        let cut = otsu(&spread(&[(1000, 5.0)]), 0.0, 100.0);
        assert!((cut.threshold - 5.0).abs() < 0.05 && (cut.undecided - 0.15).abs() < 0.01, "{cut:?}");
        assert_eq!(otsu(&[3.0; 10], 0.0, 100.0).undecided, 1.0);
    }

    #[test]
    fn a_threshold_stays_within_its_bounds() {
        let scores = spread(&[(500, 2.0), (500, 42.0)]);
        assert!(otsu(&scores, 0.0, 2.5).threshold <= 2.5);
        assert_eq!(otsu(&scores, 30.0, 35.0).threshold, 30.0);
    }
}
