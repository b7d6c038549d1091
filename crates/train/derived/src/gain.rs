//! Whether the merged classifier is better than the best of the runs.

use std::path::PathBuf;

use foliar_metrics::{Bootstrap, Estimate, PairedDifference, Predictions, Scores};
use foliar_results::ComparisonOutcome;
use foliar_results::limits::SIGNIFICANT;
use serde::Serialize;

use crate::error::DerivedError;

/// A classifier on the common photographs, with calibrated probabilities.
#[derive(Clone, Debug, Serialize)]
pub struct MemberScores {
    /// The run folder; `None` for what they are merged into.
    #[serde(serialize_with = "path")]
    pub run: Option<PathBuf>,
    /// Share of correct predictions, with its 95 % interval by group.
    pub accuracy: Estimate,
    /// Mean cross-entropy in nats.
    pub loss: Estimate,
}

/// What the paired test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeOutcome {
    /// More of its answers are right, or its loss is lower, by more than chance gives, and neither is worse so.
    Better,
    /// No difference is proven, or the two figures disagree.
    NotProven,
    /// Fewer of its answers are right, or its loss is higher, by more than chance gives.
    Worse,
}

/// The merged classifier and the runs on photographs that none of them had learned from.
#[derive(Clone, Debug, Serialize)]
pub struct MergeGain {
    /// Photographs.
    pub photographs: usize,
    /// Groups of photographs that belong together.
    pub groups: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<MemberScores>,
    /// What they are merged into. Its temperature was fitted on these photographs, as were those of the runs on theirs.
    pub merged: MemberScores,
    /// Place of the run with the lowest loss.
    pub best: usize,
    /// The merged classifier minus that run.
    pub difference: PairedDifference,
    /// What follows from it.
    pub outcome: MergeOutcome,
}

impl MergeGain {
    /// From predictions for the same photographs in one order.
    pub(crate) fn of(runs: Vec<(PathBuf, Predictions)>, merged: &Predictions) -> Result<Self, DerivedError> {
        let bootstrap = Bootstrap::default();
        let scores = |run: Option<PathBuf>, predictions: &Predictions| {
            let Scores { accuracy, loss, .. } = Scores::with_intervals(predictions, &bootstrap);
            MemberScores { run, accuracy, loss }
        };
        let of_runs: Vec<MemberScores> =
            runs.iter().map(|(run, predictions)| scores(Some(run.clone()), predictions)).collect();
        let loss = |place: &usize| of_runs[*place].loss.value;
        let best =
            (0..of_runs.len()).min_by(|a, b| loss(a).total_cmp(&loss(b))).ok_or(DerivedError::Alone)?;
        let difference = PairedDifference::of(merged, &runs[best].1, &bootstrap)?;
        Ok(Self {
            photographs: merged.len(),
            groups: merged.groups().count(),
            merged: scores(None, merged),
            runs: of_runs,
            best,
            difference,
            outcome: outcome(&difference),
        })
    }
}

fn outcome(difference: &PairedDifference) -> MergeOutcome {
    let accuracy = ComparisonOutcome::of(difference);
    let loss = difference.loss_p_value < SIGNIFICANT;
    let (less, more) = (loss && difference.loss.value < 0.0, loss && difference.loss.value > 0.0);
    match (accuracy, less, more) {
        (ComparisonOutcome::FirstBetter, _, false) | (ComparisonOutcome::NotSignificant, true, _) => {
            MergeOutcome::Better
        }
        (ComparisonOutcome::SecondBetter, false, _) | (ComparisonOutcome::NotSignificant, _, true) => {
            MergeOutcome::Worse
        }
        _ => MergeOutcome::NotProven,
    }
}

fn path<S: serde::Serializer>(run: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    match run {
        Some(run) => foliar_files::any_path::serialize(run, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_what_is_better_in_one_figure_and_worse_in_none() {
        let difference =
            |accuracy: f64, accuracy_p_value: f64, loss: f64, loss_p_value: f64| PairedDifference {
                photographs: 90,
                groups: 30,
                accuracy: Estimate::point(accuracy),
                accuracy_p_value,
                loss: Estimate::point(loss),
                loss_p_value,
                macro_f1: Estimate::point(accuracy),
                only_first: 1,
                only_second: 1,
            };
        for (accuracy, accuracy_p, loss, loss_p, expected) in [
            (0.1, 0.01, -0.1, 0.01, MergeOutcome::Better),
            (0.1, 0.01, 0.1, 0.9, MergeOutcome::Better),
            (0.0, 1.0, -0.1, 0.01, MergeOutcome::Better),
            (0.1, 0.3, -0.1, 0.2, MergeOutcome::NotProven),
            (0.1, 0.01, 0.1, 0.01, MergeOutcome::NotProven),
            (-0.1, 0.01, -0.1, 0.01, MergeOutcome::NotProven),
            (0.1, 0.3, 0.1, 0.01, MergeOutcome::Worse),
            (-0.1, 0.01, 0.1, 0.5, MergeOutcome::Worse),
        ] {
            let found = outcome(&difference(accuracy, accuracy_p, loss, loss_p));
            assert_eq!(found, expected, "{accuracy} {accuracy_p} {loss} {loss_p}");
        }
    }
}
