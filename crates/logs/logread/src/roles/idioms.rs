//! Numbers that single programs name in their own way.

use std::rc::Rc;

use crate::idiom::Idiom;
use crate::label::{Label, Tail};
use crate::meaning::{Cadence, Meaning, Quantity};
use crate::measurement_name::Named;
use crate::number::{Form, Number};
use crate::role::{Role, plain};
use crate::run_log::Split;

/// Gives such numbers of a line their roles.
pub(super) fn take(text: &str, numbers: &[Number], labels: &[Rc<Label>], roles: &mut [Role]) {
    if let Some((step, loss)) =
        of_tutorial(text, numbers).filter(|_| roles.iter().all(|role| !is_value(role)))
    {
        roles.fill(Role::Ignore);
        roles[step] = Role::Step;
        roles[loss] = named("loss", Quantity::Loss, None);
        return;
    }
    // BigDL computes it on validation photos alone.
    if text.contains("Accuracy is Accuracy(correct:") || text.contains("Loss is (Loss:") {
        for role in roles.iter_mut() {
            if let Role::Value { split: split @ None, named, .. } = role
                && named.meaning.quantity.has_split()
            {
                *split = Some(Split::Validation);
            }
        }
    }
    for index in 0..numbers.len() {
        let measures = matches!(numbers[index].form, Form::Decimal | Form::NotFinite);
        let on_photos = |role: &Role| match role {
            Role::Value { named, .. } | Role::Share { named, .. } => named.meaning.quantity.has_split(),
            _ => false,
        };
        let measured = || roles.iter().any(on_photos);
        match labels[index].idiom {
            Some(Idiom::InitialValue) if measures && numbers.len() == 1 => {
                roles[index] = named("value", Quantity::Loss, None);
            }
            Some(Idiom::ValueOfStep) if measures && roles[..index].contains(&Role::Step) && !measured() => {
                roles[index] = named("value", Quantity::Loss, None);
            }
            Some(Idiom::Epochs)
                if index == 0
                    && numbers[0].measures()
                    && numbers[0].value >= 0.0
                    && numbers[0].value.fract() == 0.0
                    && matches!(labels[1].tail, Tail::Value(_))
                    && !roles.contains(&Role::Epoch) =>
            {
                roles[0] = Role::Epoch;
            }
            Some(Idiom::Metric) if measures && is_of_cntk(text) => {
                let evaluates = text.trim_start().starts_with("Finished Evaluation");
                let split = if evaluates { Split::Validation } else { Split::Train };
                roles[index] = named("metric", Quantity::ErrorRate, Some(split));
            }
            Some(Idiom::Performance) if measures && text.contains("Gradient ") && !measured() => {
                roles[index] = named("performance", Quantity::Loss, Some(Split::Train));
            }
            Some(Idiom::AccuracyReport)
                if numbers[index].counts() && numbers.get(index + 1).is_some_and(Number::measures) =>
            {
                roles.fill(Role::Ignore);
                roles[index] = Role::Epoch;
                roles[index + 1] = named("accuracy", Quantity::Accuracy, Some(Split::Validation));
                return;
            }
            _ => {}
        }
    }
}

fn is_value(role: &Role) -> bool {
    matches!(role, Role::Value { .. } | Role::Share { .. })
}

/// Step and loss of a line of PyTorch's tutorials on recurrent networks, which stand beside the share of all steps and the time.
fn of_tutorial(text: &str, numbers: &[Number]) -> Option<(usize, usize)> {
    const LEAST: usize = 5;
    let share = numbers.iter().position(|number| number.percent && number.form == Form::Integer)?;
    let step = share.checked_sub(1).filter(|&step| numbers[step].counts())?;
    let loss = numbers.iter().rposition(|number| matches!(number.form, Form::Decimal | Form::NotFinite))?;
    let timed = text.contains("m ") && (text.contains("s)") || text.contains("s ("));
    let whole = numbers[..loss].iter().all(|number| number.form == Form::Integer);
    (numbers.len() >= LEAST && loss > share && timed && whole).then_some((step, loss))
}

fn is_of_cntk(text: &str) -> bool {
    let text = text.trim_start();
    ["Finished Epoch[", "Finished Evaluation [", "Minibatch["].iter().any(|start| text.starts_with(start))
}

fn named(text: &str, quantity: Quantity, split: Option<Split>) -> Role {
    let meaning = Meaning { quantity, split, percent: false, cadence: Cadence::Unsaid, extras: 0 };
    plain(&Named { text: text.to_owned(), meaning, loose: false })
}
