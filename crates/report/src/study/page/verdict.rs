//! The gain in words, and the key figures.

use maud::{Markup, html};

use super::super::view::{Comparison, Direction, Measure, StudyView};
use super::super::words;
use crate::layout::number::{Number, fixed};
use crate::page::parts::{KeyFigure, key_figures};
use foliar_results::Estimate;

/// The result of the comparison.
enum Outcome {
    Better,
    Worse,
    /// The interval of the difference contains 0.
    Same,
}

impl Outcome {
    fn of(measure: &Measure) -> Self {
        let gain = gain(measure);
        if gain.low > 0.0 {
            Outcome::Better
        } else if gain.high < 0.0 {
            Outcome::Worse
        } else {
            Outcome::Same
        }
    }
}

/// By how much the tuned classifier is better.
fn gain(measure: &Measure) -> Estimate {
    let Estimate { value, low, high } = measure.difference;
    match measure.direction {
        Direction::Maximise => measure.difference,
        Direction::Minimise => Estimate { value: -value, low: -high, high: -low },
    }
}

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

pub(super) fn verdict(view: &StudyView) -> Markup {
    let outcome = view.comparison.as_ref().and_then(|c| c.measures.first()).map(Outcome::of);
    let colour = match outcome {
        Some(Outcome::Better) => "healthy",
        Some(Outcome::Worse) => "warning",
        Some(Outcome::Same) | None => "note",
    };
    html! {
        section class={ "verdict " (colour) } aria-labelledby="study-verdict" {
            h2 #study-verdict { "Verdict" }
            p.lead { (lead(view)) }
            (key_figures(&figures(view)))
        }
    }
}

fn lead(view: &StudyView) -> String {
    if let Some(comparison) = &view.comparison
        && let Some(measure) = comparison.measures.first()
    {
        return compared(comparison, measure);
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

fn compared(comparison: &Comparison, measure: &Measure) -> String {
    let Measure { name, number, .. } = measure;
    let gain = gain(measure);
    let photographs = Number::Count.shown(comparison.photographs as f64);
    let (tuned, untuned) = (number.shown(measure.tuned.value), number.shown(measure.untuned.value));
    let by_group = match comparison.groups {
        0 => String::new(),
        groups => format!(" of {} groups", Number::Count.shown(groups as f64)),
    };
    let p_value = comparison.p_value.map_or_else(String::new, |p| format!("; p\u{a0}=\u{a0}{p:.3}"));
    match Outcome::of(measure) {
        Outcome::Better => format!(
            "Tuning improved the {name} by {} on {photographs} test photos{by_group}: {tuned} instead of {untuned}. \
             The 95\u{a0}% interval of the gain, by group (leaf), is {}{p_value}.",
            amount(*number, gain.value),
            span(*number, gain)
        ),
        Outcome::Worse => {
            let loss = Estimate { value: -gain.value, low: -gain.high, high: -gain.low };
            format!(
                "The tuned classifier is worse than the untuned one on {photographs} test photos{by_group}: {name} {tuned} \
                 instead of {untuned}, a loss of {} (95\u{a0}% interval by group (leaf): {}{p_value}). Use the untuned parameters.",
                amount(*number, loss.value),
                span(*number, loss)
            )
        }
        Outcome::Same => format!(
            "No significant difference in {name} on {photographs} test photos{by_group}: {tuned} tuned, {untuned} untuned. \
             The 95\u{a0}% interval of the gain, by group (leaf), is {}{p_value}.",
            span(*number, gain)
        ),
    }
}

fn figures(view: &StudyView) -> Vec<KeyFigure> {
    let best = view.best_trial();
    let tuned = view.comparison.as_ref().map(|comparison| &comparison.tuned);
    let setting = tuned.or(best.map(|trial| &trial.setting));
    let settings =
        setting.into_iter().flat_map(|setting| words::ordered(view, setting)).map(|(name, value)| {
            KeyFigure { name: words::capitalised(name), value: words::value(value), note: String::new() }
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
    settings.chain(reached).chain(repeated(view)).chain([trials]).collect()
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
    use super::*;

    fn measure(direction: Direction, difference: (f64, f64, f64)) -> Comparison {
        let estimate = |(value, low, high)| Estimate { value, low, high };
        let percent = direction == Direction::Maximise;
        let measure = Measure {
            name: if percent { "accuracy" } else { "loss" }.into(),
            number: if percent { Number::Percent } else { Number::Plain },
            direction,
            tuned: estimate((0.9, 0.88, 0.92)),
            untuned: estimate((0.86, 0.84, 0.88)),
            difference: estimate(difference),
        };
        Comparison {
            photographs: 1204,
            groups: 151,
            p_value: Some(0.004),
            measures: vec![measure],
            ..Comparison::default()
        }
    }

    fn text(direction: Direction, difference: (f64, f64, f64)) -> String {
        let view = StudyView { comparison: Some(measure(direction, difference)), ..StudyView::default() };
        lead(&view).replace('\u{a0}', " ")
    }

    #[test]
    fn a_gain_has_its_interval_and_p_value() {
        let text = text(Direction::Maximise, (0.042, 0.026, 0.058));
        assert!(
            text.contains("by 4.2 points on 1,204 test photos of 151 groups: ")
                && text.contains("by group (leaf), is 2.6 to 5.8 points; p = 0.004."),
            "{text}"
        );
    }

    #[test]
    fn a_lower_loss_is_a_gain_and_a_higher_one_is_not() {
        let better = text(Direction::Minimise, (-0.135, -0.168, -0.103));
        assert!(better.contains("by 0.135") && better.contains("0.103 to 0.168"), "{better}");
        let worse = text(Direction::Minimise, (0.1, 0.05, 0.15));
        assert!(worse.contains("a loss of 0.100") && worse.contains("Use the untuned parameters"), "{worse}");
    }

    #[test]
    fn a_difference_that_may_be_chance_is_not_called_a_gain() {
        let text = text(Direction::Maximise, (0.004, -0.006, 0.012));
        assert!(text.contains("No significant difference") && text.contains("−0.6 to 1.2 points"), "{text}");
    }
}
