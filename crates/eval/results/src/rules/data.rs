//! Which photos the classifier was tested on, and how they relate to its training.

use super::{Circumstances, FindingId, Judged, finding};
use crate::evaluation::{Evaluation, Origin};
use crate::finding::Severity;
use crate::limits::{FAIR, FEW_GROUPS, LEAKED, WIDE};
use crate::words::{count, list, of_a_hundred, percent, points};

/// Whether the photos are one side of a split of the run.
fn is_split(evaluation: &Evaluation) -> bool {
    matches!(evaluation.data.origin, Origin::Test | Origin::Validation)
}

pub(super) fn trained_on(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let included = evaluation.data.training_included;
    (included > 0).then(|| {
        finding(
            FindingId::TestedOnTrainingData,
            Severity::Error,
            "It was tested on photos that it was trained on",
            format!(
                "{} of {}: results on them measure memorisation, not generalisation.",
                count(included, "photo", "photos"),
                count(evaluation.photographs, "photo", "photos")
            ),
            "Remove --include-training, or test on photos that it has not seen.",
        )
    })
}

pub(super) fn left_out(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let left_out = &evaluation.data.training_left_out;
    (!left_out.is_empty()).then(|| {
        finding(
            FindingId::TrainingDataLeftOut,
            Severity::Note,
            "Training photos were left out",
            format!(
                "The classifier was trained, tuned or calibrated on {} of this folder: {}.",
                count(left_out.len(), "photo", "photos"),
                list(left_out)
            ),
            "The results are for the other photos.",
        )
    })
}

pub(super) fn validation(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    (evaluation.data.origin == Origin::Validation).then(|| {
        finding(
            FindingId::ValidationData,
            Severity::Note,
            "It was tested on its validation photos",
            "Epoch, temperature and thresholds were tuned on this data, so these results are optimistic.",
            "Set photos aside before training (--test 0.2), or test on other photos (--data FOLDER).",
        )
    })
}

pub(super) fn leakage(evaluation: &Evaluation, besides: &Circumstances<'_>) -> Option<Judged> {
    let pairs = besides.audit?.copies_across_splits().filter(|&pairs| pairs > 0 && is_split(evaluation))?;
    let share = pairs as f64 / evaluation.photographs.max(1) as f64;
    Some(finding(
        FindingId::SplitLeakage,
        if share > LEAKED { Severity::Error } else { Severity::Warning },
        "Photos leak across the split",
        format!(
            "{} in two splits, so the test rewards memorisation.",
            count(
                pairs,
                "pair of equal or nearly equal photos is",
                "pairs of equal or nearly equal photos are"
            )
        ),
        "Train again with a split that keeps copies together.",
    ))
}

pub(super) fn split(evaluation: &Evaluation, besides: &Circumstances<'_>) -> Option<Judged> {
    let check = besides.audit?.split_check.as_ref().filter(|check| check.is_optimistic())?;
    (is_split(evaluation) && evaluation.data.split_by_group == Some(false)).then(|| {
        finding(
            FindingId::OptimisticSplit,
            Severity::Error,
            "The split makes results optimistic",
            format!(
                "Photos of one group were split at random, which adds {} of accuracy: {} instead of {} where groups stay in one split.",
                points(check.optimism.value),
                percent(check.random.value),
                percent(check.grouped.value)
            ),
            "Train again with a grouped split.",
        )
    })
}

pub(super) fn ungrouped(evaluation: &Evaluation, besides: &Circumstances<'_>) -> Option<Judged> {
    let is_unknown = evaluation.data.split_by_group == Some(false) && split(evaluation, besides).is_none();
    (is_split(evaluation) && is_unknown).then(|| {
        finding(
            FindingId::UngroupedSplit,
            Severity::Note,
            "Photos of one leaf may be in two splits",
            "It is not known which photos show the same leaf or plant. If some do, these results are optimistic.",
            "Tell foliar which photos belong together (--group-by, --groups), or test on photos from another place.",
        )
    })
}

pub(super) fn few_photographs(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let groups = evaluation.data.groups;
    let photographs = count(evaluation.photographs, "photo", "photos");
    let on = if groups < evaluation.photographs {
        format!("{photographs} in {}", count(groups, "group", "groups"))
    } else {
        photographs
    };
    let accuracy = evaluation.scores.accuracy;
    let half = (accuracy.high - accuracy.low) / 2.0;
    let advice = "Test on more photos, of more leaves.";
    if accuracy.is_anything() {
        let evidence = format!("On {on}, the accuracy could be anything.");
        let claim = "Too few groups to say how good it is";
        return Some(finding(FindingId::FewPhotographs, Severity::Warning, claim, evidence, advice));
    }
    if accuracy.low < FAIR && accuracy.high >= FAIR {
        let evidence =
            format!("On {on}, the accuracy is {}, which may be weak or better.", of_a_hundred(accuracy));
        let claim = "Too few groups to tell whether it is often wrong";
        return Some(finding(FindingId::FewPhotographs, Severity::Warning, claim, evidence, advice));
    }
    if half > WIDE {
        let evidence = format!(
            "On {on}, the accuracy is known only to about ± {}. Smaller differences mean nothing.",
            points(half)
        );
        let claim = "Too few photos to be sure";
        return Some(finding(FindingId::FewPhotographs, Severity::Warning, claim, evidence, advice));
    }
    (groups < FEW_GROUPS).then(|| {
        let evidence = format!("{on}: with so few groups, even the intervals are uncertain.");
        finding(FindingId::FewPhotographs, Severity::Note, "There are few groups", evidence, advice)
    })
}
