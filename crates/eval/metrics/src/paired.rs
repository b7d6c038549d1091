//! Two classifiers on the same photographs.
//!
//! Intervals come from resamples of groups on which both are judged, p-values from exchanging the two in whole groups. Neither
//! takes photographs of one leaf for independent.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::error::MetricsError;
use crate::estimate::Estimate;
use crate::predictions::Predictions;
use crate::probability::cross_entropy;
use crate::proportion::wilson;
use crate::scores::Scores;
use crate::sign_flip::sign_flip_test;

/// The first classifier minus the second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Photographs.
    pub photographs: usize,
    /// Groups of photographs that belong together: the number of independent observations.
    pub groups: usize,
    /// Of the accuracies; above 0, the first is better.
    pub accuracy: Estimate,
    /// Probability of a difference in accuracy at least as large if the two were equally good; see [`sign_flip_test`].
    pub accuracy_p_value: f64,
    /// Of the mean losses, in nats; below 0, the first is better.
    pub loss: Estimate,
    /// Probability of a difference in loss at least as large if the two were equally good.
    pub loss_p_value: f64,
    /// Of the mean F1 over the classes; above 0, the first is better.
    pub macro_f1: Estimate,
    /// Photographs on which the first alone is right.
    pub only_first: usize,
    /// Photographs on which the second alone is right.
    pub only_second: usize,
}

impl PairedDifference {
    /// Of what two classifiers predict for the same photographs, in one order.
    ///
    /// # Errors
    /// Predictions for other photographs: other labels, groups or numbers of classes.
    pub fn of(
        first: &Predictions,
        second: &Predictions,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        let scores = Scores::of_difference(first, second, bootstrap)?;
        let groups = first.groups();
        let (right, other) = (first.correct(), second.correct());
        let verdicts: Vec<f64> =
            right.iter().zip(&other).map(|(&a, &b)| f64::from(i8::from(a) - i8::from(b))).collect();
        let losses: Vec<f64> = losses(first).zip(losses(second)).map(|(a, b)| a - b).collect();
        let alone = |sign: f64| verdicts.iter().filter(|&&verdict| verdict == sign).count();
        Ok(Self {
            photographs: first.len(),
            groups: groups.count(),
            accuracy: accuracy_difference(scores.accuracy, &verdicts, first, second),
            accuracy_p_value: sign_flip_test(&verdicts, groups, bootstrap.seed),
            loss: scores.loss,
            loss_p_value: sign_flip_test(&losses, groups, bootstrap.seed),
            macro_f1: scores.macro_f1,
            only_first: alone(1.0),
            only_second: alone(-1.0),
        })
    }
}

/// Where two different classifiers are right on the same photographs all resamples agree on 0, although so few groups cannot
/// tell that from a small difference: then the interval is as wide as Wilson's upper bound of the proportion of groups on which
/// they might differ.
fn accuracy_difference(
    found: Estimate,
    verdicts: &[f64],
    first: &Predictions,
    second: &Predictions,
) -> Estimate {
    let agree = verdicts.iter().all(|&verdict| verdict == 0.0);
    if !agree || first.rows().eq(second.rows()) {
        return found;
    }
    let [_, most] = wilson(0, first.groups().count());
    Estimate::new(0.0, [-most, most])
}

fn losses(predictions: &Predictions) -> impl Iterator<Item = f64> {
    predictions.rows().zip(predictions.labels()).map(|(row, &label)| cross_entropy(row, label as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Groups;
    use crate::random::Purpose;

    /// Leaves of 1 to 5 photographs on which each of two classifiers errs with a chance that the leaf fixes: 0.3 and 0.2 on
    /// average.
    fn pair(trial: u64) -> [Predictions; 2] {
        let mut stream = Purpose::Calibrated.stream(23, trial);
        let (mut logits, mut ids) = ([Vec::new(), Vec::new()], Vec::new());
        for leaf in 0..50 {
            let hard = 2.0 * stream.uniform();
            for _ in 0..=leaf % 5 {
                for (logits, rate) in logits.iter_mut().zip([0.3, 0.2]) {
                    logits.extend(if stream.chance(rate * hard) { [0.0, 1.0] } else { [1.0, 0.0] });
                }
                ids.push(leaf);
            }
        }
        logits.map(|logits| Predictions::new(logits, vec![0; ids.len()], Groups::new(&ids), 2).unwrap())
    }

    #[test]
    fn agreement_on_few_groups_is_not_certain() {
        let bootstrap = Bootstrap { resamples: 100, ..Bootstrap::default() };
        let made = |logits: [f32; 6]| {
            Predictions::new(logits.to_vec(), vec![0; 3], Groups::new(&[0, 1, 2]), 2).unwrap()
        };
        let (sure, less_sure) = (made([9.0, 0.0, 9.0, 0.0, 0.0, 9.0]), made([1.0, 0.0, 1.0, 0.0, 0.0, 1.0]));
        let found = PairedDifference::of(&sure, &less_sure, &bootstrap).unwrap().accuracy;
        assert_eq!((found.value, found.high, found.low), (0.0, wilson(0, 3)[1], -wilson(0, 3)[1]));
        assert_eq!(PairedDifference::of(&sure, &sure, &bootstrap).unwrap().accuracy.interval(), [0.0, 0.0]);
    }

    #[test]
    fn intervals_hold_the_true_difference_as_often_as_promised() {
        let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
        let (mut accuracy, mut loss) = (0, 0);
        // Each error costs 1 nat more than a right answer.
        for trial in 0..300 {
            let [first, second] = pair(trial);
            let found = PairedDifference::of(&first, &second, &bootstrap).unwrap();
            accuracy += usize::from(found.accuracy.contains(-0.1));
            loss += usize::from(found.loss.contains(0.1));
        }
        assert!((273..=297).contains(&accuracy), "{accuracy} of 300");
        assert!((273..=297).contains(&loss), "{loss} of 300");
    }

    #[test]
    fn equals_do_not_differ_and_exchange_turns_the_signs() {
        let bootstrap = Bootstrap { resamples: 100, ..Bootstrap::default() };
        let [first, second] = pair(1);
        let same = PairedDifference::of(&first, &first, &bootstrap).unwrap();
        assert_eq!((same.accuracy, same.loss), (Estimate::default(), Estimate::default()));
        assert_eq!((same.accuracy_p_value, same.loss_p_value, same.only_first), (1.0, 1.0, 0));
        let there = PairedDifference::of(&first, &second, &bootstrap).unwrap();
        let back = PairedDifference::of(&second, &first, &bootstrap).unwrap();
        assert_eq!((there.only_first, there.only_second), (back.only_second, back.only_first));
        assert_eq!((there.accuracy.value, there.loss.value), (-back.accuracy.value, -back.loss.value));
        assert_eq!(there.accuracy_p_value, back.accuracy_p_value);
        let other = Predictions::new(vec![0.0; 4], vec![0; 2], Groups::independent(2), 2).unwrap();
        assert!(PairedDifference::of(&first, &other, &bootstrap).is_err());
    }
}
