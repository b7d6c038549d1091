//! How good the classifier is, over all and by class, and on corrupted photos.

use super::{Circumstances, FindingId, Judged, finding};
use crate::evaluation::{ClassResult, Evaluation};
use crate::finding::Severity;
use crate::limits::{FAIR, FEW_OF_A_CLASS, FRAGILE, WEAK_RECALL};
use crate::verdict::beside_majority;
use crate::words::{count, list, of_a_hundred, percent, points, within};

pub(super) fn accuracy(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let accuracy = evaluation.scores.accuracy;
    if accuracy.is_anything() {
        // `data::few_photographs` says so.
        return None;
    }
    if let Some(words) = beside_majority(accuracy, evaluation.majority_share()) {
        let is_shown = accuracy.high <= evaluation.majority_share();
        return Some(finding(
            FindingId::NoBetterThanMajority,
            Severity::Error,
            format!("It is {}", within(words)),
            format!(
                "Always predicting the most frequent class would be correct on {}; the interval of the accuracy begins at {}.",
                percent(evaluation.majority_share()),
                percent(accuracy.low)
            ),
            if is_shown {
                "Give more photos, train longer, or try other weights (--weights)."
            } else {
                "Test on more photos, of more leaves; or give more photos, train longer, or try other weights (--weights)."
            },
        ));
    }
    (accuracy.high < FAIR).then(|| {
        finding(
            FindingId::LowAccuracy,
            Severity::Warning,
            "It is often wrong",
            format!("{} of its predictions are wrong.", percent(1.0 - accuracy.value)),
            "More photos help most; fewer classes or a larger network (--model, --weights) may help too.",
        )
    })
}

pub(super) fn weak_classes(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let is_weak = |class: &&ClassResult| class.recall().is_some_and(|recall| recall.high < WEAK_RECALL);
    let weak: Vec<&ClassResult> = evaluation.classes.iter().filter(is_weak).collect();
    let first = weak.first()?;
    let told = weak.iter().map(|class| {
        let recall = class.scores.recall;
        let span = of_a_hundred(recall);
        let span = if span.is_empty() { span } else { format!(", {span}") };
        format!("{} ({}{span})", class.class, percent(recall.value))
    });
    let claim = match weak.len() {
        1 => format!("It fails on {}", first.class),
        more => format!("It fails on {more} classes"),
    };
    Some(finding(
        FindingId::WeakClasses,
        Severity::Warning,
        claim,
        format!(
            "Recall, the share of photos of the class that it recognises: {}.",
            list(&told.collect::<Vec<_>>())
        ),
        "Look at its mistakes (`foliar report`). More photos of these classes help most.",
    ))
}

pub(super) fn rare_classes(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let rare = evaluation.classes.iter().filter(|class| class.photographs < FEW_OF_A_CLASS);
    let rare: Vec<&str> = rare.map(|class| class.class.as_str()).collect();
    let claim = match rare.as_slice() {
        [] => return None,
        [only] => format!("Too few photos of {only}"),
        more => format!("Too few photos of {} classes", more.len()),
    };
    Some(finding(
        FindingId::RareClasses,
        Severity::Warning,
        claim,
        format!(
            "With fewer than {FEW_OF_A_CLASS} in the test, it is not known how good it is on {}.",
            list(&rare)
        ),
        "Test on more photos of them.",
    ))
}

pub(super) fn robustness(evaluation: &Evaluation, _: &Circumstances<'_>) -> Option<Judged> {
    let robustness = evaluation.robustness.as_ref()?;
    let clean = robustness.clean()?.value;
    let mut fragile: Vec<(&str, f64)> = robustness
        .corruptions()
        .iter()
        .filter_map(|row| Some((row.corruption.as_str(), row.middle()?)))
        .filter(|(_, accuracy)| clean - accuracy.value > FRAGILE && accuracy.high < clean)
        .map(|(name, accuracy)| (name, clean - accuracy.value))
        .collect();
    if fragile.is_empty() {
        return None;
    }
    fragile.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names: Vec<&str> = fragile.iter().map(|(name, _)| *name).collect();
    let told: Vec<String> =
        fragile.iter().map(|(name, lost)| format!("{name} ({})", points(*lost))).collect();
    Some(finding(
        FindingId::CorruptionSensitive,
        Severity::Warning,
        format!("It is sensitive to corruptions: {}", list(&names)),
        format!(
            "Of its accuracy of {}, a corruption of medium severity costs: {} ({}).",
            percent(clean),
            list(&told),
            count(robustness.photographs, "photo", "photos")
        ),
        "Avoid such photos, or train with augmentation like them (--augment all).",
    ))
}
