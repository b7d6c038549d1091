//! Which epoch of a training to keep.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | ℓ_ei | loss of epoch e on photograph i, the same photographs in every epoch |
//! | b | the best epoch: that of the lowest mean loss, of equals the first |
//! | d_i | ℓ_ei - ℓ_bi, which differs far less between photographs than the losses do |
//! | D_g | Σ (d_i - mean of d) over the photographs of group g |
//! | s_e | standard error of the mean of d: √(G / (G - 1) Σ D_g²) / n |
//!
//! Epochs are compared on the same photographs, so that what makes photographs hard cancels, and by group, since photographs of
//! one leaf change together (the variance of a mean over clusters: Liang and Zeger 1986; Cameron and Miller 2015, equation 11).
//! An epoch ties with the best one where its mean difference is at most one standard error. Among epochs that tie the best one is
//! kept, not the last: if all of them are equally good, noise picks any one of them as often as any other, and where they are not
//! the better one is more likely to be better. A shorter training may end at the first of those that tie.

use crate::groups::Groups;

/// Which of several epochs is the best, and which are not worse by more than noise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochComparison {
    /// Place of the epoch of the lowest mean loss.
    pub epoch: usize,
    /// Places of the epochs that tie with it, itself included, ascending.
    pub tied: Vec<usize>,
}

/// The best of several epochs from their `losses`, a list a photograph each, and the groups of the photographs; `None` without
/// any epoch or photograph, or where no epoch has finite losses.
///
/// # Panics
/// If an epoch has more or fewer losses than there are photographs.
pub fn best_epoch(losses: &[Vec<f64>], groups: &Groups) -> Option<EpochComparison> {
    let mean = |losses: &Vec<f64>| losses.iter().sum::<f64>() / losses.len() as f64;
    let finite = losses.iter().map(mean).enumerate().filter(|(_, mean)| mean.is_finite());
    let (epoch, _) = finite.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let ties = |other: &usize| {
        let (mean, error) = paired_difference(&losses[*other], &losses[epoch], groups);
        mean <= error
    };
    Some(EpochComparison { epoch, tied: (0..losses.len()).filter(ties).collect() })
}

/// Mean of `first` - `second`, one number a photograph each, and its standard error by group: 0 where all differences are equal,
/// infinite where fewer than two groups leave it open.
///
/// # Panics
/// If there are fewer or more numbers than photographs.
pub fn paired_difference(first: &[f64], second: &[f64], groups: &Groups) -> (f64, f64) {
    assert_eq!(first.len(), groups.photographs(), "a loss for each photo");
    assert_eq!(second.len(), groups.photographs(), "a loss for each photo");
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let n = differences.len().max(1) as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let residuals: Vec<f64> = differences.iter().map(|d| d - mean).collect();
    if residuals.iter().all(|&residual| residual == 0.0) {
        return (mean, 0.0);
    }
    let (count, sums) = (groups.count() as f64, groups.sums(&residuals));
    let square: f64 = sums.iter().map(|sum| sum * sum).sum();
    (mean, if count < 2.0 { f64::INFINITY } else { (count / (count - 1.0) * square).sqrt() / n })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Purpose;

    /// Losses of epochs with the given means on 40 leaves of 3 photographs: hard and easy leaves, noise of the epoch by leaf.
    fn drawn(seed: u64, means: &[f64], noise: f64) -> (Vec<Vec<f64>>, Groups) {
        let mut stream = Purpose::Calibrated.stream(59, seed);
        let hard: Vec<f64> = (0..40).map(|_| 2.0 * stream.uniform()).collect();
        let losses = means.iter().map(|mean| {
            let of_leaf = |leaf: usize| mean + hard[leaf] + noise * stream.normal();
            (0..40).map(of_leaf).flat_map(|loss| [loss, loss + 0.01, loss - 0.01]).collect()
        });
        (losses.collect(), Groups::new(&(0..120).map(|place| place / 3).collect::<Vec<u64>>()))
    }

    #[test]
    fn a_clearly_better_epoch_always_wins() {
        for seed in 0..200 {
            for place in [0, 3, 9] {
                let mut means = [1.0; 10];
                means[place] = 0.5;
                let (losses, groups) = drawn(seed, &means, 0.3);
                let best = best_epoch(&losses, &groups).unwrap();
                assert_eq!((best.epoch, best.tied), (place, vec![place]), "seed {seed}");
            }
        }
    }

    #[test]
    fn noise_does_not_drift_to_the_last() {
        let mut counts = [0; 10];
        for seed in 0..1000 {
            let (losses, groups) = drawn(seed, &[1.0; 10], 0.3);
            counts[best_epoch(&losses, &groups).unwrap().epoch] += 1;
        }
        assert!(counts.iter().all(|count| (60..150).contains(count)), "{counts:?}");
    }

    #[test]
    fn hard_photographs_do_not_make_epochs_tie() {
        // Losses vary by 0.6 between leaves, differences of epochs by 0.1: unpaired, one standard error would be 0.09.
        let mut tied = 0;
        for seed in 0..100 {
            let (losses, groups) = drawn(seed, &[1.0, 1.08], 0.07);
            tied += usize::from(best_epoch(&losses, &groups).unwrap().tied.len() == 2);
        }
        assert!(tied <= 5, "{tied} of 100");
    }

    #[test]
    fn the_standard_error_is_that_of_repeated_draws() {
        let differences: Vec<(f64, f64)> = (0..600)
            .map(|seed| {
                let (losses, groups) = drawn(seed, &[1.0, 1.0], 0.3);
                paired_difference(&losses[0], &losses[1], &groups)
            })
            .collect();
        let deviation = (differences.iter().map(|(mean, _)| mean * mean).sum::<f64>() / 600.0).sqrt();
        let error = differences.iter().map(|(_, error)| error).sum::<f64>() / 600.0;
        assert!((error / deviation - 1.0).abs() < 0.08, "{error} {deviation}");
    }

    #[test]
    fn what_is_missing_or_no_number_does_no_harm() {
        let groups = Groups::independent(2);
        assert_eq!(best_epoch(&[], &groups), None);
        assert_eq!(best_epoch(&[vec![]], &Groups::independent(0)), None);
        assert_eq!(best_epoch(&[vec![f64::NAN, 1.0]], &groups), None);
        let best = best_epoch(&[vec![f64::NAN, 1.0], vec![2.0, 2.0], vec![2.0, 2.0]], &groups).unwrap();
        assert_eq!((best.epoch, best.tied), (1, vec![1, 2]));
        let one = Groups::new(&[3, 3]);
        assert_eq!(best_epoch(&[vec![0.0, 1.0], vec![5.0, 1.0]], &one).unwrap().tied, [0, 1]);
    }

    proptest! {
        #[test]
        fn the_order_of_photographs_and_names_of_groups_change_nothing(seed in 0_u64..1000, turn in 0_usize..120) {
            let (losses, groups) = drawn(seed, &[1.0, 0.95, 0.97, 1.2], 0.2);
            let turned: Vec<Vec<f64>> = losses
                .iter()
                .map(|losses| [&losses[turn..], &losses[..turn]].concat())
                .collect();
            let ids: Vec<u64> = groups.of().iter().map(|&group| 1000 - u64::from(group)).collect();
            let moved = Groups::new(&[&ids[turn..], &ids[..turn]].concat());
            prop_assert_eq!(best_epoch(&turned, &moved), best_epoch(&losses, &groups));
        }
    }
}
