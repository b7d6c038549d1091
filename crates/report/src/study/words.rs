//! Parameter values and counts as text.

use super::view::{Params, State, StudyView, Value};
use crate::layout::number::{Number, fixed};

/// The value of a parameter: `0.0123`, `32`, `cosine`.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Float(number) => parameter_number(*number),
        Value::Integer(number) => parameter_number(*number as f64),
        Value::Choice(option) => option.clone(),
    }
}

/// A number with three significant digits and no trailing zeros; whole numbers in full.
fn parameter_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e6 {
        return fixed(number, 0);
    }
    let rounded = format!("{number:.2e}").parse::<f64>().unwrap_or(number);
    if (1e-5..1e6).contains(&rounded.abs()) {
        rounded.to_string().replace('-', "−")
    } else {
        Number::Plain.shown(number)
    }
}

/// `learning rate 0.0123, momentum 0.912`, in the order of the study's parameters and then of names.
pub(crate) fn params(view: &StudyView, params: &Params) -> String {
    let pairs = ordered(view, params).map(|(name, told)| format!("{name} {}", value(told)));
    pairs.collect::<Vec<_>>().join(", ")
}

/// Names and values in the order of the study's parameters, and then the others.
pub(crate) fn ordered<'a>(
    view: &'a StudyView,
    params: &'a Params,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let names = view.parameters.iter().map(|parameter| parameter.name.as_str());
    let searched = names.filter_map(|name| params.get(name).map(|value| (name, value)));
    let others = params.iter().filter(|(name, _)| view.parameter(name).is_none());
    searched.chain(others)
}

/// The objective's value.
pub(crate) fn objective(view: &StudyView, value: f64) -> String {
    view.objective.number.shown(value)
}

/// `40 trials: 31 finished, 7 pruned, 2 infeasible`.
pub(crate) fn census(view: &StudyView) -> String {
    let counted =
        State::ALL.map(|state| (view.trials.iter().filter(|t| t.state == state).count(), state.name()));
    let parts: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    match parts.as_slice() {
        [only] if !view.trials.is_empty() => {
            only.clone() + if view.trials.len() == 1 { " trial" } else { " trials" }
        }
        parts => format!("{} trials: {}", view.trials.len(), parts.join(", ")),
    }
}

/// The text with a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::view::Trial;

    #[test]
    fn parameter_numbers_have_no_trailing_zeros() {
        for (number, text) in [
            (0.001, "0.001"),
            (1.3449e-4, "0.000134"),
            (0.98765, "0.988"),
            (32.0, "32"),
            (-0.5, "−0.5"),
            (1e-6, "10⁻⁶"),
        ] {
            assert_eq!(value(&Value::Float(number)), text);
        }
    }

    #[test]
    fn states_are_counted_where_they_occur() {
        let trial = |number, state| Trial { number, state, ..Trial::default() };
        let mut view = StudyView { trials: vec![trial(0, State::Finished)], ..StudyView::default() };
        assert_eq!(census(&view), "1 finished trial");
        view.trials.push(trial(1, State::Pruned));
        assert_eq!(census(&view), "2 trials: 1 finished, 1 pruned");
    }
}
