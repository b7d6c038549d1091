//! What audit, explanations and training log say against relying on the classifier.

use super::{Circumstances, FindingId, Judged, finding};
use crate::evaluation::Evaluation;
use crate::finding::Severity;
use crate::limits::WRONG_LABELS;
use crate::words::{count, list, percent, within};

pub(super) fn background(besides: &Circumstances<'_>) -> Option<Judged> {
    let shortcuts = besides.audit?.background.probes.iter().filter(|probe| probe.is_shortcut());
    let probe = shortcuts.max_by(|a, b| a.accuracy.value.total_cmp(&b.accuracy.value))?;
    let told = format!(
        "From {} alone a simple classifier is correct on {} of these photos; always predicting the most frequent class is \
         correct on {}.",
        probe.cue.words(),
        percent(probe.accuracy.value),
        percent(probe.most_frequent)
    );
    let advice = "Test it on photos from another place.";
    let trained = besides.border.filter(|_| probe.cue.is_border()).map(|border| {
        format!(
            "On views such as training makes, {} of {} of them with another background, it is correct on {} from the outer border.",
            border.changed,
            border.photographs,
            percent(border.as_trained.accuracy.value)
        )
    });
    // What could be used need not be: where this network looks decides.
    if besides.evidence.is_some_and(|evidence| evidence.overall.beside_the_leaf) {
        let claim = "It may judge by the background";
        let mut judged = finding(FindingId::BackgroundShortcut, Severity::Warning, claim, told, advice);
        judged.evidence.extend(trained);
        judged
            .evidence
            .push("Its heat maps agree: they show more of the background than chance explains.".to_owned());
        return Some(judged);
    }
    let claim = "The background alone would tell the classes apart";
    let mut judged = finding(FindingId::BackgroundShortcut, Severity::Note, claim, told, advice);
    judged.evidence.extend(trained);
    judged.evidence.push(
        match besides.evidence {
            Some(_) => "That is a hint, no proof: its heat maps do not show that it looks there.",
            None => "That is a hint, no proof: where it looks was not measured.",
        }
        .to_owned(),
    );
    Some(judged)
}

pub(super) fn watermark(besides: &Circumstances<'_>) -> Option<Judged> {
    let watermarks = &besides.audit?.background.watermarks;
    let told = watermarks.iter().map(|mark| format!("{} ({})", mark.class, mark.region));
    (!watermarks.is_empty()).then(|| {
        finding(
            FindingId::Watermark,
            Severity::Warning,
            "A mark at the border predicts the class",
            format!(
                "Most photos of these classes have it, and almost no other: {}.",
                list(&told.collect::<Vec<_>>())
            ),
            "Crop the border off all photos and train again.",
        )
    })
}

pub(super) fn evidence(besides: &Circumstances<'_>) -> Option<Judged> {
    let evidence = besides.evidence?;
    let advice = "Look at where it looks (`foliar explain`), and test it on photos from another place.";
    let all = &evidence.overall;
    if all.beside_the_leaf {
        let told = format!(
            "{} of the evidence is on the background, which is {} of the image ({}, {}).",
            percent(all.background),
            percent(all.area),
            evidence.method,
            count(all.measured, "photo", "photos")
        );
        let claim = "It looks at the background";
        return Some(finding(FindingId::BackgroundEvidence, Severity::Warning, claim, told, advice));
    }
    let classes = evidence.classes.iter().filter(|class| class.share.beside_the_leaf);
    let told: Vec<String> =
        classes.map(|class| format!("{} ({})", class.class, percent(class.share.background))).collect();
    (!told.is_empty()).then(|| {
        finding(
            FindingId::BackgroundEvidence,
            Severity::Note,
            "It looks at the background for some classes",
            format!("More of the evidence is on the background than chance explains for {}.", list(&told)),
            advice,
        )
    })
}

pub(super) fn conflicting_labels(besides: &Circumstances<'_>) -> Option<Judged> {
    let pairs = besides.audit?.copies.iter().filter(|pair| pair.across_classes).count();
    (pairs > 0).then(|| {
        finding(
            FindingId::ConflictingLabels,
            Severity::Warning,
            "Some photos have two labels",
            format!(
                "{} in two classes, so one label is wrong.",
                count(pairs, "pair of equal photos is", "pairs of equal photos are")
            ),
            "Remove the wrong ones and train again.",
        )
    })
}

pub(super) fn wrong_labels(besides: &Circumstances<'_>) -> Option<Judged> {
    let audit = besides.audit?;
    let issues = audit.strong_label_issues().count();
    let share = issues as f64 / audit.photographs.len().max(1) as f64;
    (share > WRONG_LABELS).then(|| {
        finding(
            FindingId::WrongLabels,
            Severity::Warning,
            "Labels may be wrong",
            format!(
                "{} ({}) look like another class than their label. Where labels are wrong, so are these results.",
                count(issues, "photo", "photos"),
                percent(share)
            ),
            "Look through them (labels.csv of `foliar audit`), the first ones first.",
        )
    })
}

/// What the doctor warns of, unless the evaluation knows better.
pub(super) fn training_log(evaluation: Option<&Evaluation>, besides: &Circumstances<'_>) -> Vec<Judged> {
    let predicts_several = evaluation
        .is_some_and(|evaluation| evaluation.classes.iter().filter(|class| class.predicted > 0).count() > 1);
    let found = besides.diagnosis.iter().flat_map(|diagnosis| &diagnosis.findings);
    let found = found.filter(|found| match found.id {
        // How uncertain the results are is told by their intervals.
        foliar_doctor::Id::ValidationTooSmall => false,
        // A log that shows one number can come from a network that predicts several classes.
        foliar_doctor::Id::DegenerateMetric => !predicts_several,
        _ => found.severity >= Severity::Warning,
    });
    let judged = found.map(|found| match evaluation {
        // The log tells how training went, to its last epoch. How good the kept one is was measured, and decides.
        Some(_) if is_of_the_course(found.id) => finding(
            FindingId::TrainingLog,
            Severity::Note,
            format!("In training: {}", within(found.id.title())),
            format!("{} The results here are those of the epoch that was kept.", found.claim),
            found.advice.clone(),
        ),
        _ => {
            let (claim, evidence) = (found.id.title(), found.claim.clone());
            finding(FindingId::TrainingLog, found.severity, claim, evidence, found.advice.clone())
        }
    });
    judged.collect()
}

/// Whether a finding of the doctor tells how training went, and not what was wrong with the photos or with what was measured.
fn is_of_the_course(id: foliar_doctor::Id) -> bool {
    use foliar_doctor::Id;
    matches!(
        id,
        Id::Nan
            | Id::Diverged
            | Id::WorseThanChance
            | Id::AtChance
            | Id::Frozen
            | Id::Overfit
            | Id::Underfit
            | Id::LrTooHigh
            | Id::UnstableValidation
            | Id::HotStart
            | Id::ValSpikes
            | Id::Overconfident
            | Id::Plateau
            | Id::TrainEvalMismatch
    )
}
