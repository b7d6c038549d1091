//! What a reader should know before relying on a classifier: one rule a reservation.

use foliar_doctor::{Id, Severity};

use super::view::{ClassScore, Origin, RunView, Scores};
use super::words::{count, list, of_a_hundred, percent, points};
use crate::doctor_page::words::title;
use crate::layout::number::Number;
use crate::remark::Remark;

/// Lower end of the accuracy's interval below which a classifier is weak.
pub(super) const FAIR: f64 = 0.7;
/// Fewer photographs of a class than this can not tell how good it is on the class.
const FEW_OF_A_CLASS: u64 = 10;
/// Half the accuracy's interval beyond which it is called wide.
const WIDE: f64 = 0.05;
/// A class of which the recall's interval lies wholly below this fails.
const FAILS: f64 = 0.7;
/// A class of which less than this is found fails, however few photographs there are.
const FAILS_SURELY: f64 = 0.5;
/// Excess of the calibration error that matters to a reader.
const MISCALIBRATED: f64 = 0.02;
/// Area under the curve, stranger against leaf, below which strangers pass too often.
const STRANGE: f64 = 0.95;
/// And below which the score is next to useless.
const BLIND: f64 = 0.8;
/// Loss of accuracy on worse photographs that is called a weakness.
const FRAGILE: f64 = 0.15;
/// Share of suspected labels that matters.
const SUSPECT: f64 = 0.02;
/// By how much a random split may flatter.
const FLATTERED: f64 = 0.03;

/// All of them, errors before warnings before notes.
pub(super) fn reservations(view: &RunView) -> Vec<Remark> {
    let rules: [fn(&RunView) -> Vec<Remark>; 11] = [
        accuracy,
        leakage,
        background,
        strangers,
        classes,
        calibration,
        conformal,
        size,
        robustness,
        labels,
        doctor,
    ];
    let mut found: Vec<Remark> = rules.iter().flat_map(|rule| rule(view)).collect();
    found.sort_by_key(|remark| std::cmp::Reverse(remark.severity));
    found
}

fn warning(title: impl Into<String>, text: String) -> Remark {
    Remark::new(Severity::Warning, title, text)
}

/// Accuracies that are little use.
fn accuracy(view: &RunView) -> Vec<Remark> {
    let Some(scores) = &view.scores else { return Vec::new() };
    if is_no_better_than_guessing(scores) {
        let text = format!(
            "Always naming the commonest class would be right on {}; the accuracy's interval begins at {}.",
            percent(scores.commonest),
            percent(scores.accuracy.low)
        );
        return vec![Remark::new(Severity::Error, "It may know nothing", text)];
    }
    if scores.accuracy.low < FAIR {
        let text = format!(
            "{} of its answers are wrong. More photographs, pretrained weights or fewer classes may help.",
            percent(1.0 - scores.accuracy.value)
        );
        return vec![warning("It is often wrong", text)];
    }
    Vec::new()
}

/// Photographs on both sides of the split, and splits that let them be there.
fn leakage(view: &RunView) -> Vec<Remark> {
    let mut found = Vec::new();
    let audit = view.audit.as_ref();
    if view.scores.is_none() || matches!(view.test.origin, Origin::Other | Origin::Trained) {
        return found;
    }
    if let Some(crossing) = audit.and_then(|audit| audit.crossing).filter(|&crossing| crossing > 0) {
        let share = crossing as f64 / view.test.photographs.max(1) as f64;
        let severity = if share > 0.01 { Severity::Error } else { Severity::Warning };
        let text = format!(
            "{} equal or nearly equal stand on both sides of the split, so that the test asks what was learnt by heart. \
             Train again with the split grouped.",
            count(crossing, "pair of photographs that are", "pairs of photographs that are")
        );
        found.push(Remark::new(severity, "Photographs leak across the split", text));
    }
    let flattery = audit.and_then(|audit| audit.split_check.as_ref());
    let flattery = flattery.map(|check| (check, check.random.value - check.grouped.value));
    match (view.test.grouped, flattery.filter(|(_, flattery)| *flattery > FLATTERED)) {
        (false, Some((check, flattery))) => found.push(Remark::new(
            Severity::Error,
            "The split flatters",
            format!(
                "Photographs that belong together were split at random, which adds {}: {} against {} where they stay on one \
                 side. Train again with the split grouped.",
                points(flattery),
                percent(check.random.value),
                percent(check.grouped.value)
            ),
        )),
        (false, None) => found.push(Remark::new(
            Severity::Note,
            "Leaves may be on both sides of the split",
            "Nothing tells which photographs show the same leaf or plant. If some do, the figures are too good; name the \
             groups, or test on photographs from elsewhere.",
        )),
        (true, _) => {}
    }
    found
}

/// What can be told without the leaf, and whether the network does.
fn background(view: &RunView) -> Vec<Remark> {
    let mut found = Vec::new();
    let probes = view.audit.iter().flat_map(|audit| &audit.probes).filter(|probe| probe.alarming);
    if let Some(probe) = probes.max_by(|a, b| a.accuracy.value.total_cmp(&b.accuracy.value)) {
        found.push(warning(
            "The background gives the class away",
            format!(
                "From {} alone the class can be told on {} of these photographs, where guessing reaches {}. A classifier \
                 can be right here without looking at the leaf, and will not be elsewhere: test it on photographs from \
                 another place.",
                probe.name,
                percent(probe.accuracy.value),
                percent(probe.chance)
            ),
        ));
    }
    if let Some(evidence) = view.evidence.as_ref().filter(|evidence| evidence.beside_the_leaf) {
        found.push(warning(
            "It looks beside the leaf",
            format!(
                "{} of the evidence lies on the background, which makes up {} of the pictures ({}, {}).",
                percent(evidence.background),
                percent(evidence.area),
                evidence.method,
                count(evidence.photographs, "photograph", "photographs")
            ),
        ));
        return found;
    }
    let classes = view.scores.iter().flat_map(|scores| &scores.classes).filter(|class| class.beside_the_leaf);
    let told: Vec<String> = classes
        .map(|class| format!("{} ({})", class.name, percent(class.background.unwrap_or(0.0))))
        .collect();
    if !told.is_empty() {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        found.push(warning(
            "It looks beside the leaf for some classes",
            format!("More of the evidence lies on the background than chance explains for {}.", list(&told)),
        ));
    }
    found
}

/// Pictures that show none of the classes and are named all the same.
fn strangers(view: &RunView) -> Vec<Remark> {
    let weak = view.strangers.iter().filter(|set| set.area() < STRANGE);
    let Some(worst) = weak.min_by(|a, b| a.area().total_cmp(&b.area())) else { return Vec::new() };
    let text = format!(
        "Of {}, which show none of its classes, {} are turned away and {} get the name of one (area under the curve {}; 1 is \
         perfect, 0.5 guessing). Show it leaves of its crops only.",
        worst.name,
        percent(worst.rejected),
        percent(worst.named),
        Number::Plain.shown(worst.area())
    );
    let severity = if worst.area() < BLIND { Severity::Error } else { Severity::Warning };
    vec![Remark::new(severity, "It names what it does not know", text)]
}

/// Classes that are missed, and classes of which too little is known.
fn classes(view: &RunView) -> Vec<Remark> {
    let Some(scores) = &view.scores else { return Vec::new() };
    let fails = |class: &&ClassScore| {
        let enough = class.photographs >= FEW_OF_A_CLASS;
        class.recall.is_some_and(|recall| recall.high < FAILS || enough && recall.value < FAILS_SURELY)
    };
    let failing: Vec<&ClassScore> = scores.classes.iter().filter(fails).collect();
    let rare: Vec<&str> = scores
        .classes
        .iter()
        .filter(|class| class.photographs < FEW_OF_A_CLASS)
        .map(|class| class.name.as_str())
        .collect();
    let mut found = Vec::new();
    if let [first, ..] = failing.as_slice() {
        let told: Vec<String> = failing
            .iter()
            .map(|class| {
                format!("{} ({})", class.name, percent(class.recall.map_or(0.0, |recall| recall.value)))
            })
            .collect();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let title = match failing.len() {
            1 => format!("It fails on {}", first.name),
            more => format!("It fails on {more} classes"),
        };
        found.push(warning(
            title,
            format!(
                "Found are, of the photographs of the class: {}. Look at its mistakes below.",
                list(&told)
            ),
        ));
    }
    if !rare.is_empty() {
        let (title, text) = match rare.as_slice() {
            [only] => (
                format!("Too few photographs of {only}"),
                format!(
                    "With fewer than {FEW_OF_A_CLASS} of it in the test, how good it is on {only} is not known."
                ),
            ),
            _ => (
                format!("Too few photographs of {} classes", rare.len()),
                format!(
                    "With fewer than {FEW_OF_A_CLASS} in the test, how good it is on {} is not known.",
                    list(&rare)
                ),
            ),
        };
        found.push(warning(title, text));
    }
    found
}

fn calibration(view: &RunView) -> Vec<Remark> {
    let Some(calibration) = &view.calibration else { return Vec::new() };
    let Some(excess) = calibration.excess.filter(|excess| excess.low > 0.0 && excess.value > MISCALIBRATED)
    else {
        return Vec::new();
    };
    let text = format!(
        "Confidence and accuracy lie {} apart on average, {} more than chance explains ({}). Take its percentages as an \
         order, not as probabilities.",
        points(calibration.error.value),
        points(excess.value),
        excess.span(Number::Percent)
    );
    vec![warning("Its probabilities do not mean what they say", text)]
}

fn conformal(view: &RunView) -> Vec<Remark> {
    let Some(conformal) = view.conformal.as_ref().filter(|sets| sets.found.high < sets.promised) else {
        return Vec::new();
    };
    let text = format!(
        "Its sets of classes should contain the true one on {} of the photographs, and do on {} ({}). These photographs are \
         not like those that the sets were made for.",
        percent(conformal.promised),
        percent(conformal.found.value),
        of_a_hundred(conformal.found)
    );
    vec![warning("Its sets of classes promise too much", text)]
}

/// How sure the figures are, and what the photographs were used for before.
fn size(view: &RunView) -> Vec<Remark> {
    let Some(scores) = &view.scores else { return Vec::new() };
    let mut found = Vec::new();
    let half = (scores.accuracy.high - scores.accuracy.low) / 2.0;
    if half > WIDE {
        let text = format!(
            "On {}{} the accuracy is known to about ± {} only. Differences smaller than that mean nothing.",
            count(view.test.photographs, "photograph", "photographs"),
            view.test
                .groups
                .map_or_else(String::new, |groups| format!(" in {}", count(groups, "group", "groups"))),
            points(half)
        );
        found.push(warning("Too few photographs to be sure", text));
    }
    if view.test.origin == Origin::Validation {
        let text = "The photographs of this test also chose the epoch and calibrated the probabilities, which flatters a \
                    little. Train with --test 0.2 to hold some back from everything, or report on others with --data.";
        found.push(Remark::new(Severity::Note, "Tested on the validation photographs", text));
    }
    if view.test.origin == Origin::Trained {
        let text = "These figures say how well it learnt by heart, and nothing of other photographs. Leave --data out, or give \
                    photographs that it has not seen.";
        found.push(Remark::new(Severity::Error, "Tested on what it was trained on", text));
    }
    found
}

fn robustness(view: &RunView) -> Vec<Remark> {
    let Some(robustness) = &view.robustness else { return Vec::new() };
    let middle = |cells: &[Option<f64>]| {
        let known: Vec<f64> = cells.iter().copied().flatten().collect();
        known.get(known.len().saturating_sub(1) / 2).copied()
    };
    let mut weak: Vec<(&str, f64)> = robustness
        .rows
        .iter()
        .filter_map(|(name, cells)| Some((name.as_str(), robustness.clean - middle(cells)?)))
        .filter(|(_, lost)| *lost > FRAGILE)
        .collect();
    weak.sort_by(|a, b| b.1.total_cmp(&a.1));
    if weak.is_empty() {
        return Vec::new();
    }
    let told: Vec<String> = weak.iter().map(|(name, lost)| format!("{name} ({})", points(*lost))).collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let text = format!("Of its {}, a medium amount costs: {}.", percent(robustness.clean), list(&told));
    let title = format!("It does not bear {}", list(&weak.iter().map(|(name, _)| *name).collect::<Vec<_>>()));
    vec![warning(title, text)]
}

/// Labels that may be wrong, and photographs with two labels.
fn labels(view: &RunView) -> Vec<Remark> {
    let Some(audit) = &view.audit else { return Vec::new() };
    let mut found = Vec::new();
    if audit.conflicting > 0 {
        let pairs =
            count(audit.conflicting, "pair of equal photographs stands", "pairs of equal photographs stand");
        found.push(warning(
            "Photographs with two labels",
            format!("{pairs} in two classes: one of the labels is wrong."),
        ));
    }
    let share = audit.suspects.total as f64 / audit.photographs.max(1) as f64;
    if share > SUSPECT {
        let text = format!(
            "{} ({}) look like another class than their folder says. Where the labels are wrong, so are these figures; \
             look through them below.",
            count(audit.suspects.total, "photograph", "photographs"),
            percent(share)
        );
        found.push(warning("Labels may be wrong", text));
    }
    found
}

/// What the doctor warns of, as far as this test does not know better.
fn doctor(view: &RunView) -> Vec<Remark> {
    let findings = view.diagnosis.iter().flat_map(|diagnosis| &diagnosis.findings);
    let weighty = findings.filter(|finding| match finding.id {
        // How far the figures of this test can be off is told by their intervals.
        Id::ValidationTooSmall => false,
        // A log that shows one number can come from a network that names several classes.
        Id::DegenerateMetric => !names_several(view),
        _ => finding.severity >= Severity::Warning,
    });
    weighty.map(|finding| Remark::new(finding.severity, title(finding.id), finding.claim.clone())).collect()
}

/// Whether the classifier calls photographs of the test by more than one name.
fn names_several(view: &RunView) -> bool {
    let Some(scores) = &view.scores else { return false };
    let classes = view.model.classes.len().max(1);
    let called =
        |class: &usize| scores.confusion.iter().skip(*class).step_by(classes).any(|&count| count > 0);
    (0..classes).filter(called).count() > 1
}

/// Whether the interval of the accuracy reaches down to what naming one class always would reach.
pub(super) fn is_no_better_than_guessing(scores: &Scores) -> bool {
    scores.accuracy.low <= scores.commonest
}
