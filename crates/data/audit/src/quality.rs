//! What can be wrong with a single readable photo: too small, dark, overexposed, blurred, empty or of an odd shape.
//!
//! Each check compares a measured value with a threshold. Sharpness depends on the subject, so a photo counts as blurred
//! only if it is both below an absolute threshold and far below the other photos of its data set.

use foliar_results::audit::{MeasuredIssue, Measures, QualityIssue};
use foliar_vision::Rgb;

use crate::luminance::luminance;

/// Smallest side of a photo, in pixels.
pub const SMALLEST_SIDE: f64 = 64.0;
/// Least luminance of the brightest twentieth, 0 to 1. So a leaf on a black background does not count as underexposed.
pub const DARKEST: f64 = 0.2;
/// Proportion of pixels that are the brightest.
const BRIGHTEST: f64 = 0.05;
/// Largest proportion of clipped pixels.
pub const MOST_CLIPPED: f64 = 0.4;
/// Mean luminance above which clipped pixels count. So a leaf on white paper does not count as overexposed.
const PALEST: f64 = 0.8;
/// Sharpness below which a photo may count as blurred.
pub const LEAST_SHARPNESS: f64 = 40.0;
/// A blurred photo is less sharp than the median of its data set by at least this factor.
const BLUR_FACTOR: f64 = 6.0;
/// Entropy of the greys, in bits, below which a photo without edges is nearly empty.
const SMOOTH_ENTROPY: f64 = 4.5;
/// Entropy of the greys, in bits, below which a photo is nearly empty, whatever its edges.
pub const LEAST_ENTROPY: f64 = 1.0;
/// Least proportion of pixels that differ from a neighbour by a tenth of the scale or more.
pub const FEWEST_EDGES: f64 = 0.002;
/// Largest ratio of the longer side to the shorter.
pub const LONGEST_ASPECT: f64 = 3.0;
/// Luminance from which a pixel is clipped.
const CLIPPED: u8 = 250;
/// Difference between neighbours that counts as an edge, of 255.
const EDGE: i32 = 25;

/// The measures of a photo that was reduced to a shorter side of at most 256 pixels. `width` and `height` are those of the
/// file.
#[must_use]
pub fn measure(photo: &Rgb, width: u32, height: u32) -> Measures {
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
    Measures {
        shorter_side: shorter,
        aspect: longer / shorter.max(1.0),
        brightness: shares.iter().enumerate().map(|(value, share)| value as f64 * share).sum::<f64>() / 255.0,
        brightest: brightest as f64 / 255.0,
        clipped: shares[usize::from(CLIPPED)..].iter().sum(),
        sharpness,
        entropy: -shares.iter().filter(|&&share| share > 0.0).map(|share| share * share.log2()).sum::<f64>(),
        edges,
    }
}

/// Variance of the Laplacian with four neighbours, and the proportion of pixels at an edge, both over pixels that have all
/// neighbours. Both are 0 for pictures below three pixels a side.
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

/// The issues of each photo, in the order of `measures`.
#[must_use]
pub fn quality_issues(measures: &[Measures]) -> Vec<Vec<MeasuredIssue>> {
    let mut sharpness: Vec<f64> = measures.iter().map(|measures| measures.sharpness).collect();
    sharpness.sort_by(f64::total_cmp);
    let median = sharpness.get(sharpness.len() / 2).copied().unwrap_or(0.0);
    let blurred = LEAST_SHARPNESS.min(median / BLUR_FACTOR);
    measures.iter().map(|own| issues_of(own, blurred)).collect()
}

/// The issues of one photo, which counts as blurred below a sharpness of `blurred`.
fn issues_of(own: &Measures, blurred: f64) -> Vec<MeasuredIssue> {
    let (empty, content, least_content) = if own.entropy < LEAST_ENTROPY {
        (true, own.entropy, LEAST_ENTROPY)
    } else {
        (own.edges < FEWEST_EDGES && own.entropy < SMOOTH_ENTROPY, own.edges, FEWEST_EDGES)
    };
    let overexposed = own.clipped > MOST_CLIPPED && own.brightness > PALEST;
    let checks = [
        (QualityIssue::Tiny, own.shorter_side < SMALLEST_SIDE, own.shorter_side, SMALLEST_SIDE),
        (QualityIssue::Dark, own.brightest < DARKEST, own.brightest, DARKEST),
        (QualityIssue::Overexposed, overexposed, own.clipped, MOST_CLIPPED),
        (QualityIssue::Blurred, own.sharpness < blurred, own.sharpness, blurred),
        (QualityIssue::NearlyEmpty, empty, content, least_content),
        (QualityIssue::OddShape, own.aspect > LONGEST_ASPECT, own.aspect, LONGEST_ASPECT),
    ];
    let found = checks.into_iter().filter(|(_, is_so, ..)| *is_so);
    found.map(|(issue, _, value, threshold)| MeasuredIssue { issue, value, threshold }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(size: u32) -> Rgb {
        let picture = foliar_synth::draw(1, 3, 0, size);
        Rgb::new(size, size, picture.into_raw())
    }

    fn changed(photo: &Rgb, change: impl Fn(u8) -> u8) -> Rgb {
        Rgb { pixels: photo.pixels.iter().map(|&value| change(value)).collect(), ..photo.clone() }
    }

    fn found(odd: &Rgb, width: u32, height: u32) -> Vec<QualityIssue> {
        let usual = measure(&leaf(128), 128, 128);
        let all = [usual, usual, usual, measure(odd, width, height)];
        let mut issues = quality_issues(&all);
        let of_odd = issues.split_off(3);
        assert!(issues.iter().all(Vec::is_empty), "{issues:?}");
        of_odd[0].iter().map(|found| found.issue).collect()
    }

    #[test]
    fn each_issue_is_found_and_no_other() {
        let leaf = leaf(128);
        assert_eq!(found(&leaf, 128, 128), []);
        assert_eq!(found(&leaf, 128, 40), [QualityIssue::Tiny, QualityIssue::OddShape]);
        assert_eq!(found(&leaf, 1280, 400), [QualityIssue::OddShape]);
        assert!(found(&changed(&leaf, |value| value / 16), 128, 128).contains(&QualityIssue::Dark));
        assert_eq!(
            found(&changed(&leaf, |value| value.saturating_add(200)), 128, 128)
                .into_iter()
                .filter(|issue| *issue == QualityIssue::Overexposed)
                .count(),
            1
        );
        let empty = changed(&leaf, |value| 120 + value / 128);
        assert!(found(&empty, 128, 128).contains(&QualityIssue::NearlyEmpty));
        let mut blurred = leaf.clone();
        for _ in 0..40 {
            let before = blurred.pixels.clone();
            for place in 128 * 3 + 3..before.len() - 128 * 3 - 3 {
                let near = [place - 3, place + 3, place - 128 * 3, place + 128 * 3, place];
                let sum: u32 = near.iter().map(|&near| u32::from(before[near])).sum();
                blurred.pixels[place] = (sum / 5) as u8;
            }
        }
        assert_eq!(found(&blurred, 128, 128), [QualityIssue::Blurred]);
    }

    #[test]
    fn the_smallest_picture_has_measures() {
        let dot = Rgb::new(1, 1, vec![9, 9, 9]);
        let measures = measure(&dot, 1, 1);
        assert_eq!((measures.sharpness, measures.edges, measures.entropy), (0.0, 0.0, 0.0));
    }
}
