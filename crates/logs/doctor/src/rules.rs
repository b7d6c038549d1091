//! The rules, one a file, and which finding explains which.
//!
//! A rule reads the [`Context`] and makes one finding or none; it knows neither the other rules nor their
//! findings. Where one cause triggers several rules, [`EXPLAINS`] keeps the cause; what explains the same in another way is weighed
//! by [`crate::explanations`].

mod at_chance;
mod cut_values;
mod degenerate_metric;
mod diverged;
mod double_softmax;
mod frozen;
mod healthy;
mod hot_start;
mod impossible_value;
mod label_smoothing;
mod loss_scaled;
mod lr_too_high;
mod nan;
pub(crate) mod not_a_log;
mod overconfident;
pub(crate) mod overfit;
mod penalty_in_loss;
mod plateau;
mod saturated_loss;
mod several_runs;
mod still_improving;
pub(crate) mod too_good;
mod too_little_to_tell;
mod train_eval_mismatch;
mod underfit;
mod unstable_validation;
mod val_better_than_train;
mod val_spikes;
mod validation_too_small;
mod worse_than_chance;

use crate::context::Context;
use crate::explanations::{self, Explanation};
use crate::learned::late;
use crate::own;
use crate::rows::Column;
use crate::{Finding, Id, Severity};

type Rule = fn(&Context<'_>) -> Option<Finding>;

const RULES: [Rule; 28] = [
    nan::find,
    impossible_value::find,
    diverged::find,
    saturated_loss::find,
    train_eval_mismatch::find,
    worse_than_chance::find,
    at_chance::find,
    frozen::find,
    too_good::find,
    double_softmax::find,
    loss_scaled::find,
    penalty_in_loss::find,
    degenerate_metric::find,
    overfit::find,
    underfit::find,
    lr_too_high::find,
    unstable_validation::find,
    hot_start::find,
    val_spikes::find,
    overconfident::find,
    validation_too_small::find,
    plateau::find,
    several_runs::find,
    label_smoothing::find,
    val_better_than_train::find,
    still_improving::find,
    cut_values::find,
    not_a_log::find,
];

/// If the first is found, the others are its consequences and are not reported.
const EXPLAINS: [(Id, &[Id]); 16] = [
    (Id::SaturatedLoss, &[Id::LossScaled, Id::Overconfident, Id::HotStart]),
    (
        Id::ImpossibleValue,
        &[Id::LossScaled, Id::Overconfident, Id::StillImproving, Id::ValBetterThanTrain, Id::HotStart],
    ),
    (
        Id::TooGood,
        &[Id::Frozen, Id::Plateau, Id::StillImproving, Id::ValBetterThanTrain, Id::TrainEvalMismatch],
    ),
    (
        Id::Frozen,
        &[Id::Underfit, Id::Plateau, Id::StillImproving, Id::Overfit, Id::LossScaled, Id::Overconfident],
    ),
    (Id::UnstableValidation, &[Id::ValSpikes, Id::Plateau]),
    (
        Id::Nan,
        &[
            Id::Plateau,
            Id::LrTooHigh,
            Id::DegenerateMetric,
            Id::StillImproving,
            Id::Overfit,
            Id::AtChance,
            Id::LossScaled,
            Id::TrainEvalMismatch,
        ],
    ),
    (
        Id::Diverged,
        &[
            Id::LrTooHigh,
            Id::Frozen,
            Id::StillImproving,
            Id::Plateau,
            Id::ValSpikes,
            Id::DegenerateMetric,
            Id::HotStart,
            Id::LossScaled,
            Id::ValBetterThanTrain,
            Id::WorseThanChance,
            Id::AtChance,
        ],
    ),
    (
        Id::PenaltyInLoss,
        &[Id::LossScaled, Id::Overconfident, Id::HotStart, Id::WorseThanChance, Id::Diverged, Id::LrTooHigh],
    ),
    (
        Id::DoubleSoftmax,
        &[Id::Frozen, Id::LossScaled, Id::Overconfident, Id::AtChance, Id::PenaltyInLoss, Id::Overfit],
    ),
    (
        Id::WorseThanChance,
        &[Id::Overfit, Id::Overconfident, Id::ValSpikes, Id::Plateau, Id::DegenerateMetric, Id::LossScaled],
    ),
    (
        Id::TrainEvalMismatch,
        &[Id::Overfit, Id::Overconfident, Id::ValSpikes, Id::AtChance, Id::Plateau, Id::LossScaled],
    ),
    (
        Id::AtChance,
        &[Id::DegenerateMetric, Id::Frozen, Id::Plateau, Id::StillImproving, Id::LrTooHigh, Id::Underfit],
    ),
    (Id::LossScaled, &[Id::HotStart, Id::Overconfident, Id::WorseThanChance]),
    (
        Id::DegenerateMetric,
        &[
            Id::Underfit,
            Id::ValSpikes,
            Id::LossScaled,
            Id::AtChance,
            Id::WorseThanChance,
            Id::Plateau,
            Id::StillImproving,
        ],
    ),
    (Id::LabelSmoothing, &[Id::Overconfident]),
    (Id::Overfit, &[Id::Plateau]),
];

/// What is said of a log.
pub(crate) struct Judgement {
    /// By importance.
    pub(crate) findings: Vec<Finding>,
    /// What else explains each of them, in the same order.
    pub(crate) explanations: Vec<Explanation>,
}

/// All findings, by importance, weighed against what else explains the same. Where none is above a note, one says whether the log
/// proves that the network learned ([`Id::Healthy`]) or what is missing for that ([`Id::TooLittleToTell`]). A note that names a
/// fault is no health.
pub(crate) fn judge(context: &Context<'_>) -> Judgement {
    // Of what is no course nothing else is said.
    if let Some(finding) = not_a_log::of_runs(context) {
        let mut findings = vec![finding];
        let explanations = explanations::weigh(&mut findings, &[]);
        return Judgement { findings, explanations };
    }
    let mut found: Vec<Finding> = RULES.iter().filter_map(|rule| rule(context)).collect();
    // Training photos that are learned are no standstill, however near to guessing the others stay.
    let memorises =
        found.iter().any(|finding| finding.id == Id::Overfit && finding.severity > Severity::Note);
    if memorises && has_learned_training(context) {
        found.retain(|finding| finding.id != Id::AtChance);
    }
    if context.is_own {
        own::translate(context, &mut found);
    }
    let mut explained = Vec::new();
    for (cause, consequences) in EXPLAINS {
        // A remark explains no fault.
        if let Some(weight) = found.iter().find(|finding| finding.id == cause).map(|finding| finding.severity)
        {
            let (gone, stay) = found.into_iter().partition(|finding| {
                consequences.contains(&finding.id)
                    && (finding.severity <= weight || weight > Severity::Note || cause == Id::LabelSmoothing)
            });
            found = stay;
            explained.extend(Vec::<Finding>::into_iter(gone).map(|finding| finding.id));
        }
    }
    let mut doubtful = false;
    if found.iter().all(|finding| finding.severity == Severity::Note) {
        doubtful = found.iter().any(|finding| match finding.id {
            Id::Overfit => overfit::has_risen(context) || overfit::in_one_of_several(context).is_some(),
            Id::ValidationTooSmall => validation_too_small::proves_nothing(context),
            Id::Plateau => plateau::is_still(context),
            id => id.is_fault(),
        });
        let learned = || (!doubtful).then(|| healthy::find(context));
        found.extend(too_little_to_tell::find(context).or_else(learned));
    }
    let unproved = found.iter().any(|finding| finding.id == Id::TooLittleToTell);
    found.sort_by_key(|finding| {
        // A score that is not defined says nothing of what was learned.
        let doubt = doubtful && finding.id.is_fault() && finding.id != Id::Nan;
        // What is wrong with the numbers, or stands still, is more than that nothing proves it.
        let commits = unproved && finding.id.commits();
        let place = match finding.id {
            _ if finding.severity > Severity::Note => 0,
            _ if doubt || commits => 0,
            Id::Healthy | Id::TooLittleToTell => 1,
            _ => 2,
        };
        (std::cmp::Reverse(finding.severity), place, finding.id)
    });
    let mut explanations = explanations::weigh(&mut found, &explained);
    if context.is_own {
        own::advise(context, &mut found);
        // What else explains numbers of other programs is known not to be so.
        explanations.iter_mut().for_each(|explanation| explanation.alternatives.clear());
    }
    Judgement { findings: found, explanations }
}

/// Whether the training accuracy rose by a tenth of the photos and more.
fn has_learned_training(context: &Context<'_>) -> bool {
    const RISE: f64 = 0.1;
    let curve = context.column(Column::TrainAccuracy);
    curve.first().zip(late(&curve)).is_some_and(|((_, first), end)| end > first.value + RISE)
}
