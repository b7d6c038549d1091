//! What the classifier says of its own limits: probabilities, prediction sets, abstention, out-of-distribution detection.

use foliar_metrics::{Calibrated, wilson};

use super::{Circumstances, FindingId, Judged, finding};
use crate::evaluation::{Evaluation, OodSet};
use crate::finding::Severity;
use crate::limits::{ANSWERED, EMPTY_SETS, GOOD_AUROC, MISCALIBRATED, OOD_ANSWERED, OOD_FLAGGED, POOR_AUROC};
use crate::words::{count, fixed, list, of_a_hundred, percent, points};

/// What measures what is not guaranteed.
const TEST_IT: &str = "Test on photos that were used for nothing before (--test 0.2, --data FOLDER).";

pub(super) fn calibration(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let calibration = &evaluation.calibration;
    let (excess, gap) = (calibration.excess, calibration.overconfidence);
    let is_over = gap.low > 0.0 && gap.value > MISCALIBRATED;
    let is_under = gap.high < 0.0 && gap.value < -MISCALIBRATED;
    let is_off = excess.low > 0.0 && excess.value > MISCALIBRATED;
    let claim = match (is_over, is_under, is_off) {
        (true, ..) => "It is overconfident",
        (_, true, _) => "It is underconfident",
        (.., true) => "Its probabilities are miscalibrated",
        _ => return None,
    };
    let mut judged = finding(
        FindingId::Miscalibrated,
        Severity::Warning,
        claim,
        format!(
            "Confidence and accuracy differ by {} on average, {} more than by chance ({} to {}).",
            points(calibration.error),
            points(excess.value),
            fixed(100.0 * excess.low, 1),
            fixed(100.0 * excess.high, 1)
        ),
        "Use its probabilities to rank photos, not as probabilities.",
    );
    if is_over || is_under {
        let side = if is_over { "above" } else { "below" };
        judged.evidence.push(format!(
            "Its mean confidence is {} {side} its accuracy ({} to {}).",
            points(gap.value.abs()),
            fixed(100.0 * gap.low, 1),
            fixed(100.0 * gap.high, 1)
        ));
    }
    Some(judged)
}

pub(super) fn coverage(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let sets = evaluation.prediction_sets.as_ref()?;
    (sets.coverage.high < 1.0 - sets.alpha).then(|| {
        finding(
            FindingId::UnderCoverage,
            Severity::Warning,
            "Its prediction sets have too low a coverage",
            format!(
                "They should hold the true class of {} of the photos, and they hold that of {} ({}).",
                percent(1.0 - sets.alpha),
                percent(sets.coverage.value),
                of_a_hundred(sets.coverage)
            ),
            "These photos are unlike those that the sets were calibrated on; train with photos like these.",
        )
    })
}

pub(super) fn class_coverage(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let sets = evaluation.prediction_sets.as_ref()?;
    let short: Vec<String> = evaluation
        .classes
        .iter()
        .zip(&sets.classes)
        .filter_map(|(class, coverage)| {
            let coverage = coverage.filter(|coverage| coverage.coverage.high < 1.0 - sets.alpha)?;
            Some(format!("{} ({})", class.class, percent(coverage.coverage.value)))
        })
        .collect();
    (!short.is_empty()).then(|| {
        finding(
            FindingId::ClassUnderCoverage,
            Severity::Note,
            "Its prediction sets have too low a coverage for some classes",
            format!("Below the target of {}: {}.", percent(1.0 - sets.alpha), list(&short)),
            "The target is the coverage on average over all photos, not for each class.",
        )
    })
}

pub(super) fn empty_sets(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let sets = evaluation.prediction_sets.as_ref()?;
    let empty = *sets.sizes.first()? as f64 / evaluation.photographs.max(1) as f64;
    (empty > EMPTY_SETS).then(|| {
        let advice = if evaluation.scores.accuracy.value > 1.0 - sets.alpha {
            format!(
                "The classifier is wrong less often than the target of {}; choose a lower target (--risk).",
                percent(sets.alpha)
            )
        } else {
            "No class fits these photos as well as the true class fits the photos that the sets were calibrated on."
                .to_owned()
        };
        let evidence = format!("{} of the sets hold no class.", percent(empty));
        finding(FindingId::EmptySets, Severity::Note, "Some prediction sets are empty", evidence, advice)
    })
}

pub(super) fn risk(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let target = evaluation.prediction_sets.as_ref()?.alpha;
    let error = evaluation.selective.error.filter(|error| error.low > target)?;
    Some(finding(
        FindingId::RiskAboveTarget,
        Severity::Warning,
        "More answers are wrong than the target",
        format!(
            "{} of the answers are wrong ({}); the target is {}.",
            percent(error.value),
            of_a_hundred(error),
            percent(target)
        ),
        "Choose a lower target (--risk), or train with photos like these.",
    ))
}

pub(super) fn guarantee(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let selective = &evaluation.selective;
    let threshold = selective.threshold.filter(|_| !selective.guaranteed)?;
    let (whose, but) = match selective.calibrated {
        Some(Calibrated::Refitted) => (
            "for the models of cross-validation",
            "this one was trained again on all photos, and nothing is proven of it",
        ),
        _ => (
            "on its validation photos",
            "they also chose the epoch or the temperature, so that it would be no guarantee",
        ),
    };
    let (why, advice) = match (selective.proven, selective.more_groups) {
        (true, _) => (format!("An error rate is proven {whose} only: {but}"), TEST_IT.to_owned()),
        (false, Some(more)) => (
            "There were too few groups to prove an error rate".to_owned(),
            format!(
                "About {} in training would be enough to prove one {whose}; {but}. {TEST_IT}",
                count(more, "more group", "more groups")
            ),
        ),
        (false, None) => (
            "Even its most confident predictions are wrong more often than the target, and more groups would not help"
                .to_owned(),
            "Choose a higher target (--risk), or improve the classifier.".to_owned(),
        ),
    };
    Some(finding(
        FindingId::NoThresholdGuarantee,
        Severity::Note,
        "The confidence threshold is not guaranteed",
        format!("{why}. The threshold is {}.", fixed(threshold, 2)),
        advice,
    ))
}

pub(super) fn set_guarantee(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let sets = evaluation.prediction_sets.as_ref().filter(|sets| sets.guaranteed_coverage.is_none())?;
    let how = match sets.calibrated {
        Calibrated::Refitted => {
            "They were calibrated by cross-validation, and are used with a model that was trained again on all photos"
        }
        Calibrated::Reused => {
            "They were calibrated on photos that were also used to choose the epoch or to fit the temperature"
        }
        Calibrated::HeldOut => return None,
    };
    Some(finding(
        FindingId::NoSetGuarantee,
        Severity::Note,
        "The coverage of the prediction sets is not guaranteed",
        format!(
            "{how}. The target coverage is {}; the measured one is {}.",
            percent(1.0 - sets.alpha),
            percent(sets.coverage.value)
        ),
        TEST_IT,
    ))
}

pub(super) fn abstention(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let answered = evaluation.selective.answered.filter(|answered| answered.high < ANSWERED)?;
    Some(finding(
        FindingId::AbstainsOften,
        Severity::Warning,
        "It abstains on most photos",
        format!("It answers {} of the photos ({}).", percent(answered.value), of_a_hundred(answered)),
        "Choose a higher target (--risk), or train with more photos.",
    ))
}

/// Whether more photos of other things are answered than may be, beyond chance.
fn answers(set: &OodSet) -> bool {
    let answered = (set.answered * set.photographs as f64).round() as usize;
    wilson(answered.min(set.photographs), set.photographs)[0] > OOD_ANSWERED
}

pub(super) fn ood_detection(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let sets = &evaluation.ood.as_ref()?.sets;
    let weak = sets.iter().filter(|set| set.auroc().high < GOOD_AUROC || answers(set));
    let worst = weak.min_by(|a, b| a.auroc().value.total_cmp(&b.auroc().value))?;
    let auroc = worst.auroc();
    Some(finding(
        FindingId::WeakOodDetection,
        if auroc.high < POOR_AUROC { Severity::Error } else { Severity::Warning },
        "It does not recognise photos of other things",
        format!(
            "Of {}, which show none of its classes, {} are flagged as out-of-distribution and {} are answered with a class \
             (AUROC {}; 1 is perfect, 0.5 is chance).",
            worst.short_name(),
            percent(worst.flagged),
            percent(worst.answered),
            fixed(auroc.value, 2)
        ),
        "Give it photos of leaves of its crops only.",
    ))
}

pub(super) fn ood_false_alarms(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let flagged = evaluation.ood.as_ref()?.flagged_inside.filter(|flagged| flagged.low > OOD_FLAGGED)?;
    Some(finding(
        FindingId::OodFalseAlarms,
        Severity::Warning,
        "It flags many photos of its own classes",
        format!(
            "{} of these photos are flagged as out-of-distribution ({}): they look unlike the training photos.",
            percent(flagged.value),
            of_a_hundred(flagged)
        ),
        "Train with photos like these.",
    ))
}
