//! When to stop a running trial early.
//!
//! A trial is compared only with other trials' reports at exactly the same step: the same epoch of the same fold. Each fold
//! starts with fresh weights, so an epoch of a later fold is not a later epoch.
//!
//! | rule | at a step, the trial is stopped if | source |
//! | --- | --- | --- |
//! | median | its best value of this fold so far is worse than the median of the other trials' reports at this step | Golovin et al., "Google Vizier" (2017) |
//! | halving | this is a rung, `first · factorᵏ` epochs, and the trial is not among the best `1 / factor` of those that reached it | Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), algorithm 2 |

use serde::{Deserialize, Serialize};

use crate::{Direction, Record, Report, Step, TrialId};

/// A rule for stopping trials early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Pruner {
    /// Every trial runs to its end.
    Never,
    /// Stops trials that are worse than the median.
    Median {
        /// No trial is stopped before this many others have reported at the step. A usual value is 5.
        trials: u32,
        /// No trial is stopped before this epoch of a fold. 1 compares from the first epoch.
        epoch: u32,
    },
    /// Asynchronous successive halving.
    Halving {
        /// Epochs to the first rung, at least 1.
        first: u32,
        /// From one rung to the next the epochs grow and the trials shrink by this factor; at least 2, usually 3.
        factor: u32,
    },
}

/// A pruner's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Continue.
    Continue,
    /// Stop; tell [`crate::Outcome::Pruned`].
    Prune,
    /// Stop: the value is not finite; tell [`crate::Outcome::Infeasible`].
    Diverged,
}

impl Pruner {
    /// Whether trial `id` should continue after its last report, given all `records`. A trial that is not among them or has
    /// not reported continues.
    pub fn judge(self, id: TrialId, records: &[Record], direction: Direction) -> Verdict {
        let Some(record) = records.iter().find(|record| record.id == id) else { return Verdict::Continue };
        let Some(last) = record.reports.last() else { return Verdict::Continue };
        if !last.value.is_finite() {
            return Verdict::Diverged;
        }
        let others = || records.iter().filter(|other| other.id != id);
        let prune = match self {
            Pruner::Never => false,
            Pruner::Median { trials, epoch } => {
                let mut costs = costs_at(last.step, others(), direction);
                let enough = costs.len() >= (trials as usize).max(1);
                last.step.epoch >= epoch
                    && enough
                    && best_of_fold(record, last, direction) > median(&mut costs)
            }
            Pruner::Halving { first, factor } => {
                let costs = costs_at(last.step, others(), direction);
                let cost = direction.cost(last.value);
                let better = costs.iter().filter(|&&other| other < cost).count();
                let kept = ((costs.len() + 1) / factor.max(2) as usize).max(1);
                is_rung(last.step.epoch, first, factor) && better >= kept
            }
        };
        if prune { Verdict::Prune } else { Verdict::Continue }
    }
}

/// Whether `epoch` is `first · factorᵏ` for some `k` of 0 or more.
fn is_rung(epoch: u32, first: u32, factor: u32) -> bool {
    let mut rung = u64::from(first.max(1));
    while rung < u64::from(epoch) {
        rung *= u64::from(factor.max(2));
    }
    rung == u64::from(epoch)
}

/// The finite costs that `records` report at exactly `step`.
fn costs_at<'a>(step: Step, records: impl Iterator<Item = &'a Record>, direction: Direction) -> Vec<f64> {
    let values = records.filter_map(|record| record.reported(step));
    values.filter(|value| value.is_finite()).map(|value| direction.cost(value)).collect()
}

fn best_of_fold(record: &Record, last: &Report, direction: Direction) -> f64 {
    let fold = record.reports.iter().filter(|report| report.step.fold == last.step.fold);
    fold.map(|report| direction.cost(report.value)).fold(f64::INFINITY, f64::min)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { 0.5 * (values[middle - 1] + values[middle]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Params;

    fn record(id: u64, reports: &[(u32, u32, f64)]) -> Record {
        let report = |&(fold, epoch, value)| Report { step: Step { fold, epoch }, value };
        let reports = reports.iter().map(report).collect();
        Record { id: TrialId(id), params: Params::default(), reports, outcome: None }
    }

    fn judge(pruner: Pruner, own: &[(u32, u32, f64)], others: &[&[(u32, u32, f64)]]) -> Verdict {
        let mut records: Vec<Record> =
            others.iter().zip(1..).map(|(reports, id)| record(id, reports)).collect();
        records.push(record(0, own));
        pruner.judge(TrialId(0), &records, Direction::Minimise)
    }

    const MEDIAN: Pruner = Pruner::Median { trials: 2, epoch: 2 };
    const HALVING: Pruner = Pruner::Halving { first: 1, factor: 3 };

    #[test]
    fn median_compares_the_best_so_far_at_the_same_epoch() {
        let others: &[&[_]] = &[&[(0, 2, 1.0)], &[(0, 2, 2.0)], &[(0, 2, 3.0)]];
        assert_eq!(judge(MEDIAN, &[(0, 2, 2.5)], others), Verdict::Prune);
        assert_eq!(judge(MEDIAN, &[(0, 1, 1.9), (0, 2, 2.5)], others), Verdict::Continue);
        assert_eq!(judge(MEDIAN, &[(0, 2, 2.0)], others), Verdict::Continue);
    }

    #[test]
    fn median_waits_for_trials_and_epochs() {
        assert_eq!(judge(MEDIAN, &[(0, 2, 9.0)], &[&[(0, 2, 1.0)]]), Verdict::Continue);
        assert_eq!(judge(MEDIAN, &[(0, 1, 9.0)], &[&[(0, 1, 1.0)], &[(0, 1, 1.0)]]), Verdict::Continue);
        assert_eq!(judge(MEDIAN, &[(0, 3, 9.0)], &[&[(0, 2, 1.0)], &[(0, 2, 1.0)]]), Verdict::Continue);
    }

    #[test]
    fn a_later_fold_is_not_a_later_epoch() {
        // The others stand well at the end of their first fold; this trial has just begun its second one.
        let others: &[&[_]] = &[&[(0, 2, 1.0), (0, 3, 0.5)], &[(0, 2, 1.1), (0, 3, 0.6)]];
        for pruner in [MEDIAN, Pruner::Halving { first: 2, factor: 2 }] {
            assert_eq!(judge(pruner, &[(0, 3, 0.4), (1, 2, 3.0)], others), Verdict::Continue, "{pruner:?}");
        }
        // Compared with others of its own fold it is stopped, however good its first fold was.
        let others: &[&[_]] = &[&[(1, 2, 1.0)], &[(1, 2, 1.1)]];
        for pruner in [MEDIAN, Pruner::Halving { first: 2, factor: 2 }] {
            assert_eq!(judge(pruner, &[(0, 3, 0.4), (1, 2, 3.0)], others), Verdict::Prune, "{pruner:?}");
        }
    }

    #[test]
    fn halving_keeps_the_best_third_at_rungs() {
        let others: Vec<Vec<_>> = (1..=5).map(|rank| vec![(0, 3, f64::from(rank))]).collect();
        let others: Vec<&[_]> = others.iter().map(Vec::as_slice).collect();
        assert_eq!(judge(HALVING, &[(0, 3, 1.5)], &others), Verdict::Continue);
        assert_eq!(judge(HALVING, &[(0, 3, 2.5)], &others), Verdict::Prune);
        let between: Vec<Vec<_>> = (1..=5).map(|rank| vec![(0, 2, f64::from(rank))]).collect();
        let between: Vec<&[_]> = between.iter().map(Vec::as_slice).collect();
        assert_eq!(judge(HALVING, &[(0, 2, 9.0)], &between), Verdict::Continue);
    }

    #[test]
    fn the_first_to_reach_a_rung_goes_on() {
        assert_eq!(judge(HALVING, &[(0, 9, 5.0)], &[&[(0, 3, 1.0)]]), Verdict::Continue);
    }

    #[test]
    fn larger_is_better_when_maximising() {
        let records = [record(0, &[(0, 1, 0.2)]), record(1, &[(0, 1, 0.9)]), record(2, &[(0, 1, 0.8)])];
        assert_eq!(HALVING.judge(TrialId(0), &records, Direction::Maximise), Verdict::Prune);
        assert_eq!(HALVING.judge(TrialId(1), &records, Direction::Maximise), Verdict::Continue);
    }

    #[test]
    fn a_value_that_is_not_finite_has_diverged() {
        assert_eq!(judge(Pruner::Never, &[(0, 1, f64::NAN)], &[]), Verdict::Diverged);
        let others: &[&[_]] = &[&[(0, 2, f64::NAN)], &[(0, 2, f64::INFINITY)], &[(0, 2, 1.0)]];
        assert_eq!(judge(MEDIAN, &[(0, 2, 5.0)], others), Verdict::Continue);
    }

    #[test]
    fn rungs() {
        let rungs: Vec<u32> = (1..=60).filter(|&epoch| is_rung(epoch, 2, 3)).collect();
        assert_eq!(rungs, [2, 6, 18, 54]);
    }
}
