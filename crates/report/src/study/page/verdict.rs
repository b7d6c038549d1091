//! The gain in words, and the key figures.

use maud::{Markup, html};

use super::super::view::{Comparison, Measure, StudyView};
use super::super::words;
use crate::layout::number::{Number, fixed};
use crate::page::parts::{KeyFigure, finding_cards, findings, key_figures, prose, rating};
use foliar_results::{ComparisonOutcome, Estimate, PairedDifference, Verdict};

/// `4.2 points`, or `0.135`.
fn amount(number: Number, value: f64) -> String {
    match number {
        Number::Percent => format!("{}\u{a0}points", fixed(value * 100.0, 1)),
        number => number.shown(value),
    }
}

/// `2.6 to 5.8 points`.
pub(super) fn span(number: Number, estimate: Estimate) -> String {
    let low = amount(number, estimate.low);
    format!("{} to {}", low.trim_end_matches("\u{a0}points"), amount(number, estimate.high))
}

pub(super) fn gain(view: &StudyView) -> Markup {
    let outcome =
        view.comparison.as_ref().map(|comparison| ComparisonOutcome::of(&comparison.scores.difference));
    let colour = match outcome {
        Some(ComparisonOutcome::FirstBetter) => "healthy",
        Some(ComparisonOutcome::SecondBetter) => "warning",
        Some(ComparisonOutcome::NotSignificant) | None => "note",
    };
    html! {
        section class={ "verdict " (colour) } aria-labelledby="study-gain" {
            h2 #study-gain { "Gain from tuning" }
            p.lead { (lead(view)) }
            (key_figures(&figures(view)))
        }
    }
}

/// How far the tuned classifier can be relied on: what `foliar evaluate` says of it.
pub(super) fn classifier(verdict: &Verdict) -> Markup {
    html! {
        section class={ "verdict " (rating(verdict.rating)) } aria-labelledby="study-verdict" {
            h2 #study-verdict { "The tuned classifier" }
            p.lead { (prose(&verdict.summary)) }
            @if !verdict.findings.is_empty() { (findings(finding_cards(&verdict.findings))) }
        }
    }
}

fn lead(view: &StudyView) -> String {
    if let Some(comparison) = &view.comparison {
        return compared(comparison, "untuned");
    }
    match view.best_trial().and_then(|trial| Some((trial.number, trial.value?))) {
        Some((number, value)) => format!(
            "Trial {number} has the best {} so far, {}. The gain over untuned parameters has not been measured on test photos.",
            view.objective.name,
            words::objective(view, value)
        ),
        None => "No trial has finished yet.".to_owned(),
    }
}

/// What came of a comparison with the classifier that is called `other`.
pub(super) fn compared(comparison: &Comparison, other: &str) -> String {
    let [Measure { number, tuned, untuned, difference, .. }, ..] = comparison.measures();
    let PairedDifference { photographs, groups, accuracy_p_value, .. } = comparison.scores.difference;
    let count = |number: usize| Number::Count.shown(number as f64);
    let on = format!("{} test photos of {} groups", count(photographs), count(groups));
    let (tuned, untuned) = (number.shown(tuned.value), number.shown(untuned.value));
    let interval = format!(
        "The 95\u{a0}% interval of the difference, by group (leaf), is {}; p\u{a0}=\u{a0}{accuracy_p_value:.3}.",
        span(number, difference)
    );
    match ComparisonOutcome::of(&comparison.scores.difference) {
        ComparisonOutcome::FirstBetter => format!(
            "Tuning improved the accuracy by {} on {on}: {tuned} instead of {untuned}. {interval}",
            amount(number, difference.value)
        ),
        ComparisonOutcome::SecondBetter => format!(
            "The tuned classifier is worse than the {other} one on {on}: accuracy {tuned} instead of {untuned}. {interval} \
             Use the {other} parameters."
        ),
        ComparisonOutcome::NotSignificant => format!(
            "No significant difference in accuracy on {on}: {tuned} tuned, {untuned} {other}. {interval}"
        ),
    }
}

fn figures(view: &StudyView) -> Vec<KeyFigure> {
    let best = view.best_trial();
    let tuned = view.comparison.as_ref().map(|comparison| &comparison.tuned);
    let params = tuned.or(best.map(|trial| &trial.params));
    let params = params.into_iter().flat_map(|params| words::ordered(view, params));
    let params = params.map(|(name, value)| KeyFigure {
        name: words::capitalised(name),
        value: words::value(value),
        note: String::new(),
    });
    let reached = best.and_then(|trial| Some((trial, trial.value?))).map(|(trial, value)| KeyFigure {
        name: words::capitalised(&view.objective.name),
        value: words::objective(view, value),
        note: format!("in the best trial, {}", trial.number),
    });
    let trials = KeyFigure {
        name: "Trials".to_owned(),
        value: view.trials.len().to_string(),
        note: words::census(view).split_once(": ").map_or_else(String::new, |(_, states)| states.to_owned()),
    };
    params.chain(reached).chain(repeated(view)).chain([trials]).collect()
}

/// Mean and standard deviation of the best parameters over other seeds.
fn repeated(view: &StudyView) -> Option<KeyFigure> {
    let finite: Vec<f64> = view.repeats.iter().copied().filter(|value| value.is_finite()).collect();
    let count = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / count;
    let squares: f64 = finite.iter().map(|value| (value - mean).powi(2)).sum();
    let seeds = match finite.len() {
        0 => return None,
        1 => "another seed".to_owned(),
        more => format!("{more} other seeds"),
    };
    let spread = (finite.len() > 1).then(|| amount(view.objective.number, (squares / (count - 1.0)).sqrt()));
    Some(KeyFigure {
        name: "Other seeds".to_owned(),
        value: words::objective(view, mean),
        note: spread.map_or_else(
            || seeds.clone(),
            |spread| format!("mean over {seeds}, standard deviation {spread}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use foliar_bayes::Params;
    use foliar_results::{PairedComparison, TestScores};

    use super::*;

    fn text(difference: (f64, f64, f64), accuracy_p_value: f64) -> String {
        let estimate = |(value, low, high)| Estimate { value, low, high };
        let scores = |value| TestScores {
            loss: Estimate::point(0.3),
            accuracy: Estimate::point(value),
            macro_f1: Estimate::point(value),
        };
        let difference = PairedDifference {
            photographs: 1204,
            groups: 151,
            accuracy: estimate(difference),
            accuracy_p_value,
            loss: Estimate::point(0.0),
            loss_p_value: 1.0,
            macro_f1: Estimate::point(0.0),
            only_first: 3,
            only_second: 2,
        };
        let scores = PairedComparison { tuned: scores(0.9), untuned: scores(0.86), difference };
        let comparison = Comparison { scores, tuned: Params::default(), untuned: Params::default() };
        lead(&StudyView { comparison: Some(comparison), ..StudyView::default() }).replace('\u{a0}', " ")
    }

    #[test]
    fn a_gain_has_its_interval_and_p_value() {
        let text = text((0.042, 0.026, 0.058), 0.004);
        assert!(
            text.contains("by 4.2 points on 1,204 test photos of 151 groups: ")
                && text.contains("by group (leaf), is 2.6 to 5.8 points; p = 0.004."),
            "{text}"
        );
    }

    #[test]
    fn a_loss_is_no_gain() {
        let text = text((-0.04, -0.06, -0.02), 0.002);
        assert!(text.contains("is worse than") && text.contains("Use the untuned parameters"), "{text}");
    }

    #[test]
    fn a_difference_that_may_be_chance_is_not_called_a_gain() {
        let text = text((0.004, -0.006, 0.012), 0.6);
        assert!(text.contains("No significant difference") && text.contains("−0.6 to 1.2 points"), "{text}");
    }
}
