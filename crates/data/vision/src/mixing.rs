//! Mixing of the photographs of a batch: each is blended with another one of it, or gets a rectangle of it, and counts as both.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | x, y | a photograph of the batch as the network sees it, and its label |
//! | x', y' | its partner: the photograph at its place in a random permutation of the batch |
//! | α | strength, above 0: 1 draws all shares alike, less mostly mixes a little or nearly everything |
//! | λ | drawn from Beta(α, α), once a batch |
//! | m | share of the partner |
//!
//! - Mixup (Zhang et al. 2018, "mixup: beyond empirical risk minimization"): `(1 - m) x + m x'`. As partners are permuted at random,
//!   λ and 1 - λ give the same batches; m is the smaller of both.
//! - CutMix (Yun et al. 2019, "CutMix: regularization strategy to train strong classifiers with localizable features"): a rectangle of
//!   the shape of the photograph whose sides are `sqrt(1 - λ)` of its sides, with a middle anywhere in the photograph, is that of the
//!   partner. What lies beyond the border is cut off; m is the share of the area that is left.
//!
//! Both are targets of m for y' and of 1 - m for y.

use foliar_random::Random;
use serde::{Deserialize, Serialize};

use crate::random::Domain;

/// Least strength: below it shares are 0 or 1, or no numbers.
const WEAKEST: f64 = 1e-3;
/// Largest strength: beyond it all batches are mixed half and half.
const STRONGEST: f64 = 100.0;

/// How batches are mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixing {
    /// α of mixup, 0.001 to 100; `None` does not blend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixup: Option<f64>,
    /// α of CutMix, in the same range; `None` cuts nothing. With both, each batch is mixed in one of the two ways, at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutmix: Option<f64>,
}

/// Why a [`Mixing`] is impossible.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {value}; it must be 0.001 to 100")]
pub struct MixingError {
    /// The field.
    pub field: &'static str,
    /// What was given.
    pub value: f64,
}

/// What the photographs of a batch were mixed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// The label of the partner of each.
    pub labels: Vec<u32>,
    /// How much of each is its partner, in [0, 1].
    pub share: f32,
}

impl Mixing {
    /// Whether nothing is mixed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.mixup.is_none() && self.cutmix.is_none()
    }

    /// Refuses impossible strengths.
    ///
    /// # Errors
    /// [`MixingError`] naming the field.
    pub fn check(&self) -> Result<(), MixingError> {
        for (field, strength) in [("mixup", self.mixup), ("cutmix", self.cutmix)] {
            if let Some(value) = strength.filter(|value| !(WEAKEST..=STRONGEST).contains(value)) {
                return Err(MixingError { field, value });
            }
        }
        Ok(())
    }

    /// Mixes `images`, (n, side, side, channels), of these n `labels`: batch number `batch` of epoch `epoch` of a run with `seed`, of
    /// which all random choices are a function. `None` where nothing is to be mixed.
    ///
    /// # Panics
    /// If `images` is not of n square photographs of `side`.
    #[must_use]
    pub fn apply(
        &self,
        [seed, epoch, batch]: [u64; 3],
        side: usize,
        labels: &[u32],
        images: &mut [f32],
    ) -> Option<Mixed> {
        let mut random = Domain::Mixing.stream([seed, epoch, batch]);
        let cuts = random.chance(0.5);
        let (strength, cuts) = match (self.mixup, self.cutmix) {
            (Some(_), Some(strength)) if cuts => (strength, true),
            (Some(strength), _) => (strength, false),
            (None, Some(strength)) => (strength, true),
            (None, None) => return None,
        };
        let length = images.len().checked_div(labels.len())?;
        assert!(length > 0 && length.is_multiple_of(side * side), "square photographs of {side} pixels");
        let partners = random.permutation(labels.len());
        let own = symmetric_beta(strength, &mut random);
        let before = images.to_vec();
        let pairs = images.chunks_exact_mut(length).zip(&partners);
        let pairs = pairs.map(|(image, &partner)| (image, &before[partner * length..][..length]));
        let share = if cuts {
            let [left, top, right, bottom] = rectangle(side, (1.0 - own).sqrt(), &mut random);
            let channels = length / (side * side);
            for (image, partner) in pairs {
                for row in top..bottom {
                    let place = (row * side + left) * channels..(row * side + right) * channels;
                    image[place.clone()].copy_from_slice(&partner[place]);
                }
            }
            ((right - left) * (bottom - top)) as f64 / (side * side) as f64
        } else {
            let share = own.min(1.0 - own);
            for (image, partner) in pairs {
                for (value, &other) in image.iter_mut().zip(partner) {
                    *value += share as f32 * (other - *value);
                }
            }
            share
        };
        let labels = partners.iter().map(|&partner| labels[partner]).collect();
        Some(Mixed { labels, share: share as f32 })
    }
}

/// Left, top, right and bottom, the last two exclusive, of a square whose side is `part` of `side`, where it lies in the photograph.
fn rectangle(side: usize, part: f64, random: &mut Random) -> [usize; 4] {
    let half = part * side as f64 / 2.0;
    let mut span = || {
        let middle = random.between(0.0, side as f64);
        let edge = |place: f64| place.round().clamp(0.0, side as f64) as usize;
        (edge(middle - half), edge(middle + half))
    };
    let ((left, right), (top, bottom)) = (span(), span());
    [left, top, right, bottom]
}

/// A number of Beta(α, α): the share of one of two numbers of the gamma distribution of shape α, whose logarithms are compared, since
/// both may be too small for a float.
fn symmetric_beta(strength: f64, random: &mut Random) -> f64 {
    let [one, two] = [ln_gamma_variate(strength, random), ln_gamma_variate(strength, random)];
    1.0 / (1.0 + (two - one).exp())
}

/// The logarithm of a number of the gamma distribution of this shape, above 0. Marsaglia and Tsang 2000, "A simple method for generating
/// gamma variables", with their section 6 for shapes below 1.
fn ln_gamma_variate(shape: f64, random: &mut Random) -> f64 {
    // In (0, 1], of which the logarithm is finite.
    let uniform = |random: &mut Random| 1.0 - random.uniform();
    let boost = if shape < 1.0 { uniform(random).ln() / shape } else { 0.0 };
    let d = shape + if shape < 1.0 { 1.0 } else { 0.0 } - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = random.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && uniform(random).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln() + boost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 8;
    const LABELS: [u32; 5] = [4, 0, 2, 0, 1];

    /// Photographs of one value each, in three channels: 0, 1, 2 and so on.
    fn batch() -> Vec<f32> {
        (0..LABELS.len()).flat_map(|photo| vec![photo as f32; SIDE * SIDE * 3]).collect()
    }

    fn mixed(mixing: Mixing, batch_number: u64) -> (Vec<f32>, Mixed) {
        let mut images = batch();
        let mixed = mixing.apply([7, 3, batch_number], SIDE, &LABELS, &mut images).unwrap();
        (images, mixed)
    }

    #[test]
    fn nothing_to_mix_changes_nothing() {
        let mut images = batch();
        assert_eq!(Mixing::default().apply([1; 3], SIDE, &LABELS, &mut images), None);
        assert_eq!(images, batch());
    }

    #[test]
    fn blends_have_the_share_that_they_are_said_to_have() {
        for number in 0..20 {
            let (images, mixed) = mixed(Mixing { mixup: Some(0.8), cutmix: None }, number);
            assert!((0.0..=0.5).contains(&mixed.share));
            for (own, (image, &other)) in images.chunks(SIDE * SIDE * 3).zip(&mixed.labels).enumerate() {
                assert!(image.iter().all(|&value| value == image[0]), "a blend is the same everywhere");
                let fits = |partner: usize| {
                    let expected = own as f32 + mixed.share * (partner as f32 - own as f32);
                    LABELS[partner] == other && (image[0] - expected).abs() < 1e-5
                };
                assert!((0..LABELS.len()).any(fits), "{number} {own}: {}", image[0]);
            }
        }
    }

    #[test]
    fn cuts_are_one_rectangle_of_the_partner() {
        let mut shares = Vec::new();
        for number in 0..40 {
            let (images, mixed) = mixed(Mixing { mixup: None, cutmix: Some(1.0) }, number);
            shares.push(mixed.share);
            for (own, (image, &other)) in images.chunks(SIDE * SIDE * 3).zip(&mixed.labels).enumerate() {
                let foreign: Vec<usize> =
                    (0..SIDE * SIDE).filter(|place| image[3 * place] != own as f32).collect();
                if foreign.is_empty() {
                    // The partner is the photograph itself, or the rectangle is empty.
                    assert!(mixed.share == 0.0 || other == LABELS[own]);
                    continue;
                }
                let value = image[3 * foreign[0]];
                assert!(foreign.iter().all(|place| image[3 * place..][..3] == [value; 3]));
                assert_eq!(other, LABELS[value as usize]);
                assert_eq!(mixed.share, foreign.len() as f32 / (SIDE * SIDE) as f32);
                let rows =
                    foreign.iter().map(|place| place / SIDE).collect::<std::collections::BTreeSet<_>>();
                let columns =
                    foreign.iter().map(|place| place % SIDE).collect::<std::collections::BTreeSet<_>>();
                assert_eq!(rows.len() * columns.len(), foreign.len());
            }
        }
        assert!(
            shares.iter().any(|&share| share < 0.2) && shares.iter().any(|&share| share > 0.5),
            "{shares:?}"
        );
    }

    #[test]
    fn with_both_each_batch_is_mixed_in_one_way() {
        let is_blend = |number| {
            let (images, _) = mixed(Mixing { mixup: Some(1.0), cutmix: Some(1.0) }, number);
            images.iter().any(|value| value.fract() != 0.0)
        };
        let blends = (0..40).filter(|&number| is_blend(number)).count();
        assert!((10..=30).contains(&blends), "{blends}");
    }

    #[test]
    fn all_is_a_function_of_seed_epoch_and_batch() {
        let mixing = Mixing { mixup: Some(0.4), cutmix: Some(1.0) };
        assert_eq!(mixed(mixing, 2), mixed(mixing, 2));
        assert_ne!(mixed(mixing, 2), mixed(mixing, 3));
    }

    /// Mean 1/2 and variance 1 / (4 (2 α + 1)).
    #[test]
    fn shares_have_the_moments_of_their_distribution() {
        for strength in [0.001, 0.2, 1.0, 4.0, 100.0] {
            let mut random = Domain::Mixing.stream([1, 2, 3]);
            let count = 20_000;
            let drawn: Vec<f64> = (0..count).map(|_| symmetric_beta(strength, &mut random)).collect();
            assert!(drawn.iter().all(|share| (0.0..=1.0).contains(share)));
            let mean = drawn.iter().sum::<f64>() / f64::from(count);
            let variance = drawn.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / f64::from(count);
            let expected = 1.0 / (4.0 * (2.0 * strength + 1.0));
            assert!((mean - 0.5).abs() < 0.015, "{strength}: {mean}");
            assert!((variance / expected - 1.0).abs() < 0.05, "{strength}: {variance} {expected}");
        }
    }

    #[test]
    fn impossible_strengths_are_named() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 101.0] {
            let error = Mixing { mixup: None, cutmix: Some(value) }.check().unwrap_err().to_string();
            assert!(error.starts_with("cutmix is"), "{error}");
        }
        assert_eq!(Mixing { mixup: Some(0.2), cutmix: Some(1.0) }.check(), Ok(()));
    }
}
