//! Whether a paired difference is more than chance, by group: the sign-flip permutation test (Fisher 1935, "The Design of
//! Experiments", section 21; for whole blocks of dependent observations: Winkler et al. 2014, "Permutation inference for the
//! general linear model", section on exchangeability blocks).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | d_i | first minus second classifier on photograph i: of the losses, or of 1 for right and 0 for wrong |
//! | G | groups whose sum of d_i is not 0 |
//! | D_g | that sum for group g |
//! | s_g | sign, 1 or -1 |
//! | T(s) | Σ_g s_g D_g |
//! | R | 9,999, random flips where 2^G are too many |
//!
//! If the two classifiers were equally good they could be exchanged in any group, all photographs of the group together: every
//! T(s) would be as likely as the one that was found. p is the proportion of the 2^G signs with |T(s)| ≥ |T(1)|, exactly where G
//! is at most 20; else (1 + those among R random flips) / (1 + R), which keeps the promise as well (Phipson and Smyth 2010,
//! "Permutation P-values should never be zero"). Photographs of one leaf err together, so that McNemar's test, which takes each
//! photograph for a throw of its own, finds differences where there are none.
//!
//! G groups cannot give a p below 2 / 2^G: five groups never reach 0.05.

use crate::groups::Groups;
use crate::random::Purpose;

/// Most groups for which all signs are tried.
const ENUMERATED: usize = 20;
/// R.
const FLIPS: usize = 9_999;

/// Probability of a mean difference at least as large, to either side, if the two were equally good: above 0, up to 1; 1 where
/// nothing differs. From d, one number a photograph, its groups and a seed of the random flips.
///
/// # Panics
/// If there are fewer or more numbers than photographs.
pub fn sign_flip_test(differences: &[f64], groups: &Groups, seed: u64) -> f64 {
    assert_eq!(differences.len(), groups.photographs(), "a difference for each photo");
    let mut sums = groups.sums(differences);
    let size = sums.iter().map(|sum| sum.abs()).sum::<f64>();
    sums.retain(|sum| sum.abs() > 1e-12 * size);
    // What is as large but for rounding counts as as large.
    let found = sums.iter().sum::<f64>().abs() - 1e-9 * size;
    if sums.len() <= ENUMERATED { exact(&sums, found) } else { sampled(&sums, found, seed) }
}

fn exact(sums: &[f64], found: f64) -> f64 {
    let Some((_, free)) = sums.split_first() else { return 1.0 };
    // The first sign may stay as it is: all signs reversed give the same |T|. Gray's code flips one sign at a time.
    let count = 1_usize << free.len();
    let mut signs = vec![1.0; free.len()];
    let (mut total, mut as_large) = (sums.iter().sum::<f64>(), 0);
    for number in 1..=count {
        as_large += usize::from(total.abs() >= found);
        let place = number.trailing_zeros() as usize;
        if place < free.len() {
            total -= 2.0 * signs[place] * free[place];
            signs[place] = -signs[place];
        }
    }
    as_large as f64 / count as f64
}

fn sampled(sums: &[f64], found: f64, seed: u64) -> f64 {
    let mut as_large = 1;
    for flip in 0..FLIPS {
        let mut stream = Purpose::SignFlips.stream(seed, flip as u64);
        let mut total = 0.0;
        for block in sums.chunks(64) {
            let mut bits = stream.bits64();
            for sum in block {
                total += if bits & 1 == 1 { *sum } else { -sum };
                bits >>= 1;
            }
        }
        as_large += usize::from(total.abs() >= found);
    }
    as_large as f64 / (FLIPS + 1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn probabilities_by_hand() {
        let independent = |d: &[f64]| sign_flip_test(d, &Groups::independent(d.len()), 0);
        // Of the 8 signs of 1, 2, 3, two give 6; of 1, 2, -3, |T| = 0 is reached by all.
        assert_eq!(independent(&[1.0, 2.0, 3.0]), 0.25);
        assert_eq!(independent(&[1.0, 2.0, -3.0]), 1.0);
        assert_eq!(independent(&[2.0, 2.0, -1.0, 0.0]), 0.5);
        assert_eq!(independent(&[]), 1.0);
        assert_eq!(independent(&[0.0; 9]), 1.0);
        // Two groups of three are two observations.
        assert_eq!(sign_flip_test(&[1.0; 6], &Groups::new(&[0, 0, 0, 1, 1, 1]), 0), 0.5);
    }

    #[test]
    fn enumeration_and_random_flips_agree() {
        let mut stream = Purpose::Calibrated.stream(9, 0);
        for _ in 0..20 {
            let sums: Vec<f64> = (0..14).map(|_| stream.normal() + 0.4).collect();
            let found = sums.iter().sum::<f64>().abs() - 1e-9;
            let (exact, sampled) = (exact(&sums, found), sampled(&sums, found, 3));
            assert!((exact - sampled).abs() < 0.02, "{exact} {sampled}");
        }
    }

    /// Two classifiers that are equally good, on leaves of 8 photographs on which they mostly err together.
    fn equally_good(trial: u64, leaves: u64) -> (Vec<f64>, Groups) {
        let mut stream = Purpose::Calibrated.stream(17, trial);
        let (mut d, mut ids) = (Vec::new(), Vec::new());
        for leaf in 0..leaves {
            // On three leaves of ten one of the two errs throughout, whichever.
            let in_step = if stream.chance(0.3) { if stream.chance(0.5) { 1.0 } else { -1.0 } } else { 0.0 };
            for _ in 0..8 {
                let own =
                    if stream.chance(0.1) { if stream.chance(0.5) { 1.0 } else { -1.0 } } else { in_step };
                d.push(own);
                ids.push(leaf);
            }
        }
        (d, Groups::new(&ids))
    }

    #[test]
    fn equally_good_classifiers_differ_as_seldom_as_promised_by_group_and_not_by_photograph() {
        for leaves in [12, 60] {
            let (mut by_group, mut by_photograph) = (0, 0);
            for trial in 0..400 {
                let (d, groups) = equally_good(trial, leaves);
                by_group += usize::from(sign_flip_test(&d, &groups, trial) <= 0.05);
                let independent = Groups::independent(d.len());
                by_photograph += usize::from(sign_flip_test(&d, &independent, trial) <= 0.05);
            }
            assert!(by_group <= 28, "{leaves} leaves: {by_group} of 400 by group");
            assert!(by_photograph >= 100, "{leaves} leaves: {by_photograph} of 400 by photograph");
        }
    }

    #[test]
    fn a_better_classifier_is_found() {
        let mut found = 0;
        for trial in 0..200 {
            let (mut d, groups) = equally_good(trial, 60);
            // On every third leaf the first is better.
            d.iter_mut().zip(groups.of()).filter(|(_, group)| *group % 3 == 0).for_each(|(d, _)| *d = 1.0);
            found += usize::from(sign_flip_test(&d, &groups, 0) <= 0.05);
        }
        assert!(found >= 180, "{found} of 200");
    }

    proptest! {
        #[test]
        fn order_sides_and_scale_change_nothing(
            cases in prop::collection::vec((-3_i32..4, 0_u64..7), 1..30), turn in 0_usize..30,
        ) {
            let of = |cases: &[(i32, u64)], scale: f64| {
                let d: Vec<f64> = cases.iter().map(|case| scale * f64::from(case.0)).collect();
                let ids: Vec<u64> = cases.iter().map(|case| case.1).collect();
                sign_flip_test(&d, &Groups::new(&ids), 0)
            };
            let mut turned = cases.clone();
            turned.rotate_left(turn % cases.len());
            let p = of(&cases, 1.0);
            prop_assert!(p > 0.0 && p <= 1.0);
            for (other, scale) in [(&turned, 1.0), (&cases, -1.0), (&cases, 1e-3)] {
                prop_assert!((of(other, scale) - p).abs() < 1e-12);
            }
        }
    }
}
