//! How far a classifier can be trusted, in plain words.
//!
//! A pure function of the values: a sentence that says how good it is on what, and every reservation that they give reason
//! for. Where a value has an interval, a reservation needs the interval to say so, not the value alone.

use foliar_doctor::Severity;

use super::reservations::{FAIR, is_no_better_than_guessing, reservations};
use super::view::{Origin, RunView, Scores};
use super::words::{of_a_hundred, percent};
use crate::remark::Remark;

/// Lower ends of the accuracy's interval from which it is called very good and good; see [`FAIR`].
const VERY_GOOD: f64 = 0.95;
const GOOD: f64 = 0.85;

/// How far a classifier can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What stands above everything.
    pub standing: Standing,
    /// How good it is on what, and what there is against it, in two or three sentences.
    pub lead: String,
    /// What a reader should know before relying on it, the most important first.
    pub reservations: Vec<Remark>,
}

/// What a verdict comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing was found against it.
    Sound,
    /// It was not measured.
    Unknown,
    /// It may be relied on within limits.
    Limited,
    /// It should not be relied on as it is.
    Unsound,
}

/// The verdict on a classifier.
pub fn verdict(view: &RunView) -> Verdict {
    let reservations = reservations(view);
    let heaviest = reservations.iter().map(|remark| remark.severity).max();
    let standing = match (&view.scores, heaviest) {
        (_, Some(Severity::Error)) => Standing::Unsound,
        (Some(scores), _) if is_no_better_than_guessing(scores) => Standing::Unsound,
        (None, _) => Standing::Unknown,
        (_, Some(Severity::Warning)) => Standing::Limited,
        _ => Standing::Sound,
    };
    let lead = match &view.scores {
        None => "How good this classifier is was not measured: there were no photographs to test it on."
            .to_owned(),
        Some(scores) => format!("{}{}", measured(view, scores), consequence(standing, &reservations)),
    };
    Verdict { standing, lead, reservations }
}

/// `Good on leaves it has not seen: 90 % right (87 to 93 of 100).`
fn measured(view: &RunView, scores: &Scores) -> String {
    let accuracy = scores.accuracy;
    let word = match accuracy.low {
        _ if is_no_better_than_guessing(scores) => "No better than always naming the commonest class",
        low if low >= VERY_GOOD => "Very good",
        low if low >= GOOD => "Good",
        low if low >= FAIR => "Fair",
        _ => "Weak",
    };
    let on = match (view.test.origin, view.test.grouped) {
        (Origin::Test, true) => "leaves it has not seen",
        (Origin::Validation, true) => "leaves it was not trained on",
        (Origin::Validation, false) => "photographs it was not trained on",
        (Origin::Test, false) => "photographs it has not seen",
        (Origin::Other, _) => "photographs from elsewhere",
        (Origin::Trained, _) => "photographs it was trained on",
    };
    let span = of_a_hundred(accuracy);
    let span = if span.is_empty() { span } else { format!(" ({span})") };
    format!("{word} on {on}: {} right{span}.", percent(accuracy.value))
}

fn consequence(standing: Standing, reservations: &[Remark]) -> String {
    let titles = |least: Severity| {
        let heavy = reservations.iter().filter(|remark| remark.severity >= least);
        let titles: Vec<String> = heavy.map(Remark::title_within).collect();
        titles.join("; ")
    };
    let errors = titles(Severity::Error);
    match standing {
        Standing::Sound if reservations.is_empty() => " Nothing was found against it.".to_owned(),
        Standing::Sound | Standing::Unknown => " Nothing weighty was found against it.".to_owned(),
        Standing::Limited => format!(" Mind its limits: {}.", titles(Severity::Warning)),
        Standing::Unsound if errors.is_empty() => " Do not rely on it.".to_owned(),
        Standing::Unsound => format!(" Do not rely on it yet: {errors}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{AuditView, Probe, SplitCheck};
    use crate::estimate::Estimate;
    use crate::photo::Gallery;
    use crate::run::view::{Calibration, ClassScore, Conformal, Evidence, Robustness, Strangers, TestSet};

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    fn class(name: &str, photographs: u64, recall: Estimate) -> ClassScore {
        ClassScore { name: name.into(), photographs, recall: Some(recall), ..ClassScore::default() }
    }

    /// 90 % right on 400 photographs of two classes that nothing is to be said against.
    fn sound() -> RunView {
        RunView {
            test: TestSet {
                name: "photos".into(),
                origin: Origin::Test,
                photographs: 400,
                groups: Some(150),
                grouped: true,
            },
            scores: Some(Scores {
                accuracy: estimate(0.9, 0.87, 0.93),
                commonest: 0.5,
                classes: vec![
                    class("rust", 200, estimate(0.91, 0.86, 0.95)),
                    class("healthy", 200, estimate(0.89, 0.84, 0.93)),
                ],
                ..Scores::default()
            }),
            audit: Some(AuditView { photographs: 2000, crossing: Some(0), ..AuditView::default() }),
            ..RunView::default()
        }
    }

    fn scores(change: impl Fn(&mut Scores)) -> RunView {
        let mut view = sound();
        view.scores.as_mut().map(change);
        view
    }

    fn audited(change: impl Fn(&mut AuditView)) -> RunView {
        let mut view = sound();
        view.audit.as_mut().map(change);
        view
    }

    fn tested(change: impl Fn(&mut TestSet)) -> RunView {
        let mut view = sound();
        change(&mut view.test);
        view
    }

    fn accuracy(value: f64, low: f64, high: f64) -> RunView {
        scores(|scores| scores.accuracy = estimate(value, low, high))
    }

    fn strange(area: f64) -> RunView {
        let auroc = vec![("energy".to_owned(), Estimate::point(area))];
        let set =
            Strangers { name: "shoes".into(), auroc, rejected: 0.6, named: 0.3, ..Strangers::default() };
        RunView { strangers: vec![set], ..sound() }
    }

    fn calibrated(excess: Estimate) -> RunView {
        let calibration =
            Calibration { error: Estimate::point(0.08), excess: Some(excess), ..Calibration::default() };
        RunView { calibration: Some(calibration), ..sound() }
    }

    fn explained(background: f64, area: f64, beside_the_leaf: bool) -> RunView {
        let evidence =
            Evidence { method: "Grad-CAM".into(), photographs: 80, background, area, beside_the_leaf };
        RunView { evidence: Some(evidence), ..sound() }
    }

    fn sets(found: Estimate) -> RunView {
        RunView { conformal: Some(Conformal { promised: 0.9, found, sizes: Vec::new() }), ..sound() }
    }

    fn blurred(accuracies: [Option<f64>; 3]) -> RunView {
        let rows = vec![("blur".to_owned(), accuracies.to_vec())];
        RunView { robustness: Some(Robustness { clean: 0.9, rows, ..Robustness::default() }), ..sound() }
    }

    fn flattered(grouped: bool) -> RunView {
        let check = SplitCheck { random: Estimate::point(0.92), grouped: Estimate::point(0.79) };
        let view = audited(|audit| audit.split_check = Some(check.clone()));
        RunView { test: TestSet { grouped, ..view.test }, ..view }
    }

    /// Everything said: the lead, and titles and texts of the reservations, with plain spaces.
    fn said(view: &RunView) -> (Standing, String) {
        let Verdict { standing, lead, reservations } = verdict(view);
        let told = reservations.iter().map(|remark| format!("\n{}: {}", remark.title, remark.text));
        (standing, (lead + &told.collect::<String>()).replace('\u{a0}', " "))
    }

    #[test]
    fn each_value_has_its_words() {
        use Standing::{Limited, Sound, Unknown, Unsound};
        let probe = Probe {
            name: "the border".into(),
            accuracy: Estimate::point(0.49),
            chance: 0.11,
            alarming: true,
        };
        let cases: Vec<(RunView, Standing, &str)> = vec![
            (
                sound(),
                Sound,
                "Good on leaves it has not seen: 90 % right (87 to 93 of 100). Nothing was found against it.",
            ),
            (accuracy(0.97, 0.96, 0.98), Sound, "Very good on leaves"),
            (accuracy(0.8, 0.76, 0.84), Sound, "Fair on leaves"),
            (
                accuracy(0.62, 0.58, 0.66),
                Limited,
                "Weak on leaves it has not seen: 62 % right (58 to 66 of 100). Mind its limits: it is often wrong.",
            ),
            (accuracy(0.55, 0.49, 0.6), Unsound, "No better than always naming the commonest class on"),
            (
                accuracy(0.55, 0.49, 0.6),
                Unsound,
                "It may know nothing: Always naming the commonest class would be right on 50 %",
            ),
            (accuracy(0.8, 0.7, 0.9), Limited, "known to about ± 10 points only"),
            (tested(|test| test.origin = Origin::Validation), Sound, "leaves it was not trained on"),
            (tested(|test| test.origin = Origin::Validation), Sound, "Tested on the validation photographs"),
            (tested(|test| test.grouped = false), Sound, "photographs it has not seen: 90 %"),
            (tested(|test| test.grouped = false), Sound, "Leaves may be on both sides of the split"),
            (tested(|test| test.origin = Origin::Other), Sound, "photographs from elsewhere"),
            (
                tested(|test| test.origin = Origin::Trained),
                Unsound,
                "Do not rely on it yet: tested on what it was trained on",
            ),
            (RunView::default(), Unknown, "was not measured"),
            (
                audited(|audit| audit.crossing = Some(14)),
                Unsound,
                "Do not rely on it yet: photographs leak across the split",
            ),
            (
                audited(|audit| audit.crossing = Some(1)),
                Limited,
                "Mind its limits: photographs leak across the split",
            ),
            (flattered(false), Unsound, "which adds 13 points: 92 % against 79 %"),
            (flattered(true), Sound, "Nothing was found against it."),
            (
                audited(|audit| audit.probes = vec![probe.clone()]),
                Limited,
                "From the border alone the class can be told on 49 %",
            ),
            (
                explained(0.6, 0.5, true),
                Limited,
                "60 % of the evidence lies on the background, which makes up 50 %",
            ),
            (explained(0.6, 0.9, false), Sound, "Nothing was found against it."),
            (
                scores(|scores| {
                    (scores.classes[0].background, scores.classes[0].beside_the_leaf) = (Some(0.7), true)
                }),
                Limited,
                "than chance explains for rust (70 %)",
            ),
            (
                strange(0.9),
                Limited,
                "Of shoes, which show none of its classes, 60 % are turned away and 30 % get the name",
            ),
            (strange(0.7), Unsound, "it names what it does not know"),
            (strange(0.98), Sound, "Nothing was found against it."),
            (
                scores(|scores| scores.classes[0].recall = Some(estimate(0.4, 0.3, 0.5))),
                Limited,
                "It fails on rust: ",
            ),
            (scores(|scores| scores.classes[1].photographs = 4), Limited, "Too few photographs of healthy"),
            (
                calibrated(estimate(0.06, 0.04, 0.08)),
                Limited,
                "lie 8.0 points apart on average, 6.0 points more than chance",
            ),
            (calibrated(estimate(0.06, -0.01, 0.13)), Sound, "Nothing was found against it."),
            (
                sets(estimate(0.8, 0.76, 0.84)),
                Limited,
                "contain the true one on 90 % of the photographs, and do on 80 %",
            ),
            (sets(estimate(0.88, 0.84, 0.92)), Sound, "Nothing was found against it."),
            (
                blurred([Some(0.85), Some(0.6), Some(0.3)]),
                Limited,
                "It does not bear blur: Of its 90 %, a medium amount costs: blur (30 points)",
            ),
            (blurred([Some(0.6), None, None]), Limited, "It does not bear blur"),
            (blurred([Some(0.88), Some(0.8), Some(0.3)]), Sound, "Nothing was found against it."),
            (
                audited(|audit| audit.conflicting = 2),
                Limited,
                "2 pairs of equal photographs stand in two classes",
            ),
            (
                audited(|audit| audit.suspects = Gallery { total: 100, ..Gallery::default() }),
                Limited,
                "100 photographs (5 %) look like another class",
            ),
        ];
        for (view, standing, words) in cases {
            let (found, told) = said(&view);
            assert!(told.contains(words), "{words:?} is not in {told}");
            assert_eq!(found, standing, "{told}");
        }
    }

    #[test]
    fn what_weighs_most_is_said_first() {
        let view = RunView { audit: audited(|audit| audit.crossing = Some(90)).audit, ..strange(0.9) };
        let severities: Vec<Severity> =
            verdict(&view).reservations.iter().map(|remark| remark.severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning]);
    }
}
