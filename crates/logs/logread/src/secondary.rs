//! Numbers whose meaning lies in the number before them or in the words after them.

use std::rc::Rc;

use crate::assemble::Flavour;
use crate::label::{Label, Tail};
use crate::meaning::{Cadence, Meaning, Quantity};
use crate::measurement_name::Named;
use crate::number::Number;
use crate::role::{Role, plain};
use crate::token::Tokens;

/// Takes the names that follow their numbers, in a line where none precedes.
pub(crate) fn take_postfixes(numbers: &[Number], labels: &[Rc<Label>], roles: &mut [Role]) {
    take_running_mean(numbers, labels, roles);
    for (index, role) in roles.iter_mut().enumerate() {
        match (&*role, &labels[index + 1].postfix) {
            (Role::Ignore, Some(named)) if numbers[index].measures() => *role = plain(named),
            _ => {}
        }
    }
}

/// `7, 0.01: 2.31, 2.28 avg, 0.10 rate, 0.4 seconds, 896 images`: darknet names nothing but what follows. The first number is
/// the step, the one before `avg` the running mean of the loss.
fn take_running_mean(numbers: &[Number], labels: &[Rc<Label>], roles: &mut [Role]) {
    let Some(mean) = (2..numbers.len()).find(|&index| labels[index + 1].averages) else { return };
    let batch = mean - 1;
    let bare = |index: usize| labels[index].tail == Tail::Bare;
    if !(numbers[0].counts()
        && bare(batch)
        && bare(mean)
        && numbers[batch].measures()
        && numbers[mean].measures())
    {
        return;
    }
    let meaning = Meaning {
        quantity: Quantity::Loss,
        split: None,
        percent: false,
        cadence: Cadence::Unsaid,
        extras: 0,
    };
    let named = Named { text: "avg".to_owned(), meaning, loose: false };
    roles[0] = Role::Step;
    roles[batch] = Role::Value { named: named.clone(), split: None, own: false, flavour: Flavour::Instant };
    roles[mean] = Role::Value { named, split: None, own: false, flavour: Flavour::Running };
}

/// `acc (0.52, 2.70)`: shares of the likeliest class and of several. What is beside it, with as many decimals, is above 1, so both are
/// percentages.
pub(crate) fn mark_shared_units(numbers: &[Number], labels: &[Rc<Label>], roles: &mut [Role]) {
    const WHOLE: f64 = 100.0;
    const COARSEST: f64 = 0.05;
    for index in 1..roles.len() {
        let (before, number) = (numbers[index - 1], numbers[index]);
        let pair = labels[index - 1].marks.ends_with('(')
            && labels[index].tail == Tail::Bare
            && labels[index].marks == ","
            && labels[index + 1].marks.starts_with(')')
            && roles[index] == Role::Ignore;
        let alike = number.resolution == before.resolution && (0.0..COARSEST).contains(&number.resolution);
        let percentages = alike && (0.0..=1.0).contains(&before.value) && number.value > 1.0;
        if let Role::Value { named, .. } = &mut roles[index - 1]
            && named.meaning.quantity == Quantity::Accuracy
            && pair
            && percentages
            && number.value <= WHOLE
        {
            named.meaning.percent = true;
        }
    }
}

/// `0.5 (0.6)`: a batch's value and its running mean.
pub(crate) fn mark_running_means(tokens: &Tokens, labels: &[Rc<Label>], roles: &mut [Role]) {
    for index in 1..roles.len() {
        let alone = labels[index].marks.trim_start_matches('%') == "("
            && labels[index].tail == Tail::Bare
            && labels[index + 1].marks.trim_start_matches('%').starts_with(')');
        let (before, number) = (tokens.numbers[index - 1], tokens.numbers[index]);
        if !alone
            || number.percent != before.percent
            || !number.measures()
            // A change since the epoch before, as `+0.02` and `-0.02` say.
            || tokens.plus.contains(&(index as u32))
            || number.value < 0.0 && before.value >= 0.0
        {
            continue;
        }
        let Role::Value { named, split, flavour, .. } = &mut roles[index - 1] else { continue };
        if *flavour == Flavour::Plain && named.meaning.quantity != Quantity::Seconds {
            *flavour = Flavour::Instant;
            roles[index] =
                Role::Value { named: named.clone(), split: *split, own: false, flavour: Flavour::Running };
        }
    }
}
