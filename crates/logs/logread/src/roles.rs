//! What each number of a line is, from the text around it.
//!
//! | text                                   | roles                                        |
//! | -------------------------------------- | -------------------------------------------- |
//! | `Epoch: [3][ 10/5005] Loss 0.5 (0.6)`  | epoch, batch, its count, value, running mean |
//! | `#3/30 - loss: 0.5`                    | batch (perhaps an epoch), its count, value   |
//! | `Accuracy: 9834/10000 (98%)`           | share, its whole, nothing                    |
//! | `Accuracy on 10000 test images: 53 %`  | fact, value                                  |
//! | `train/val loss: 0.5/0.6`              | value, value                                 |
//! | `loss, acc: 0.5, 0.8`                  | value, value                                 |
//! | `95 % accuracy`                        | value                                        |
//! | `loss 2.3 -> 2.1`                      | nothing, value                               |

mod idioms;
mod listed;
mod named;
mod unnamed;

use std::ops::Range;
use std::rc::Rc;

use crate::assemble::Flavour;
use crate::label::{Label, Tail};
use crate::meaning::{Fact, Quantity};
use crate::measurement_name::Named;
use crate::name_list::Listed;
use crate::number::{Form, Number};
use crate::role::{Role, plain};
use crate::run_log::Split;
use crate::token::{Kind, Tokens};
use crate::{context, namesakes, secondary, strangers};

/// Numbers of one record; a line with more holds several.
const MOST_OF_RECORD: usize = 64;
/// A longer line holds many records.
const LONGEST_RECORD: usize = 4096;

/// The roles of a line's numbers. `labels` holds the text before each number and that after the last.
pub(crate) fn assign(text: &str, tokens: &Tokens, labels: &[Rc<Label>]) -> Vec<Role> {
    let mut line = Line {
        short: text.len() < LONGEST_RECORD,
        bar: tokens.all.iter().any(|token| token.kind == Kind::Bar && token.end - token.start > 8),
        numbers: &tokens.numbers,
        labels,
        roles: Vec::with_capacity(labels.len()),
        aside: false,
        inside: None,
        epoch: false,
        measured: false,
        taken: None,
        named: false,
        announced: None,
        list: 0..0,
        listed: Vec::new(),
    };
    for index in 0..tokens.numbers.len() {
        let role = line.role(index);
        line.push(index, role);
    }
    let mut roles = line.roles;
    if !roles.iter().any(|role| matches!(role, Role::Value { .. } | Role::Share { .. })) {
        secondary::take_postfixes(&tokens.numbers, labels, &mut roles);
    }
    if tokens.numbers.len() <= MOST_OF_RECORD {
        idioms::take(text, &tokens.numbers, labels, &mut roles);
        namesakes::tell_apart(text, tokens, &mut roles);
    }
    take_strangers(&tokens.numbers, labels, &mut roles);
    secondary::mark_running_means(tokens, labels, &mut roles);
    secondary::mark_shared_units(&tokens.numbers, labels, &mut roles);
    context::settle_best(text, labels, &mut roles);
    context::settle_splits(labels, &mut roles);
    roles
}

/// Keeps what stands under unknown names beside measurements, so that it is known that they are there.
fn take_strangers(numbers: &[Number], labels: &[Rc<Label>], roles: &mut [Role]) {
    let on_photos = |role: &Role| match role {
        Role::Value { named, .. } | Role::Share { named, .. } => named.meaning.quantity.has_split(),
        _ => false,
    };
    if numbers.len() > MOST_OF_RECORD || !roles.iter().any(on_photos) {
        return;
    }
    // `subject 1 test accuracy 0.7`
    let counted = roles.iter().any(|role| matches!(role, Role::Epoch | Role::Step | Role::Batch { .. }));
    if let (Some(Role::Ignore), Some(number), Tail::Words, Some(named)) =
        (roles.first(), numbers.first(), &labels[0].tail, &labels[0].stranger)
        && number.counts()
        && !counted
    {
        roles[0] = plain(named);
    }
    for (index, role) in roles.iter_mut().enumerate().filter(|(_, role)| **role == Role::Ignore) {
        let duration = labels[index + 1].begins_with_seconds;
        if let (Tail::Words, Some(named)) = (&labels[index].tail, &labels[index].stranger)
            && strangers::may_measure(&numbers[index])
            && !duration
        {
            *role = plain(named);
        }
    }
}

struct Line<'a> {
    /// Whether it may be a record by itself.
    short: bool,
    /// Whether it holds a progress bar.
    bar: bool,
    numbers: &'a [Number],
    labels: &'a [Rc<Label>],
    roles: Vec<Role>,
    /// Within a parenthesis about something else, such as chance.
    aside: bool,
    /// Within a parenthesis after this loss.
    inside: Option<Named>,
    /// Whether an epoch was numbered.
    epoch: bool,
    /// Whether anything but epochs was taken since the last epoch.
    measured: bool,
    /// The last number that was taken.
    taken: Option<usize>,
    /// Whether any label so far had words.
    named: bool,
    /// The name of the value after the counter that was just taken, and the place of that value.
    announced: Option<(Named, usize)>,
    /// The numbers around that only marks stand between.
    list: Range<usize>,
    /// Names of the last such list.
    listed: Vec<Listed>,
}

impl Line<'_> {
    fn push(&mut self, index: usize, role: Role) {
        match role {
            Role::Ignore => {}
            Role::Epoch => {
                self.epoch = true;
                self.measured = false;
                self.taken = Some(index);
            }
            _ => {
                self.measured |= !matches!(role, Role::Fact(_));
                self.taken = Some(index);
            }
        }
        self.named |= self.labels[index].tail != Tail::Bare;
        self.roles.push(role);
    }

    fn role(&mut self, index: usize) -> Role {
        let (number, label) = (self.numbers[index], Rc::clone(&self.labels[index]));
        self.track_parentheses(index, &label);
        if label.explains_bracket {
            return self.bracketed(index);
        }
        if let Some(role) = self.of_list(index).filter(|_| !self.aside) {
            return role;
        }
        if number.form == Form::Date || self.measures_progress(index) {
            return Role::Ignore;
        }
        match self.labels[index + 1].counts.filter(|_| number.counts()) {
            Some(Fact::Size(None)) => return Role::Fact(Fact::Size(label.split)),
            Some(fact) => return Role::Fact(fact),
            None => {}
        }
        if label.on && self.labels[index + 1].noun && number.counts() && matches!(label.tail, Tail::Value(_))
        {
            return Role::Fact(Fact::Size(label.split));
        }
        if self.labels[index + 1].begins_with_epoch && number.counts() && self.nothing_taken() {
            return Role::Epoch;
        }
        if let (Some(named), Tail::Bare | Tail::Words | Tail::Split(_)) =
            (&self.labels[index + 1].enclosed, &label.tail)
            && number.measures()
        {
            let mut named = named.clone();
            named.meaning.split = named.meaning.split.or(label.split);
            return plain(&named);
        }
        if let Some(role) = self.of_ratio(index, &label) {
            return role;
        }
        if let Some(role) = self.of_change(index, &label) {
            return role;
        }
        if let Some(role) = self.of_joint(index, &label) {
            return role;
        }
        if let Some((named, place)) = self.announced.take_if(|(_, place)| *place <= index)
            && place == index
            && matches!(label.tail, Tail::Bare | Tail::Words)
        {
            return plain(&named);
        }
        if self.announced.is_some() {
            return Role::Ignore;
        }
        if let Some(role) = self.of_call(index, &label) {
            return role;
        }
        if let Some(role) = self.of_index(index, &label).or_else(|| self.of_argument(index, &label)) {
            return role;
        }
        if let Some(named) = self.counted_on(index).filter(|_| label.noun && number.measures()) {
            return plain(&named);
        }
        // A bound that a sentence sets: `we stop at a val accuracy > 99 %`.
        if label.bounds && matches!(label.tail, Tail::Value(_)) && self.counts_nothing() {
            return Role::Ignore;
        }
        let role = match &label.tail {
            Tail::StepOf(named) if number.counts() => {
                self.announced = Some((of_counter(named), index + 1));
                Role::Step
            }
            Tail::StepOf(named) => self.value(index, named),
            Tail::Bare | Tail::Words => self.bare(index, &label),
            Tail::Epoch(None) if number.form == Form::Decimal && number.percent => Role::Ignore,
            Tail::Epoch(None) if number.measures() => Role::Epoch,
            Tail::Epoch(Some(named)) if !number.counts() => plain(named),
            Tail::Epoch(Some(named)) => {
                // `Cost after epoch 5: 0.31`
                let value = self.labels.get(index + 1).filter(|next| {
                    next.tail == Tail::Bare && matches!(next.marks.as_str(), ":" | "=" | "-" | "->" | "=>")
                });
                self.announced = value.map(|_| (of_counter(named), index + 1));
                Role::Epoch
            }
            Tail::Step if number.counts() && self.after_epoch() => {
                Role::Batch { counted: self.is_ratio(index) }
            }
            Tail::Step if number.counts() => Role::Step,
            Tail::Epoch(None) | Tail::Step => Role::Ignore,
            Tail::Split(split) => self.of_split(index, *split, &label),
            Tail::Fact(fact) if number.counts() && !self.is_ratio(index) => Role::Fact(*fact),
            Tail::Fact(_) => self.carried(index, label.split),
            // `loss: 50%-rate = 0.003`: a part of a name.
            Tail::Value(named)
                if number.percent
                    && named.meaning.quantity == Quantity::Loss
                    && self.labels[index + 1].begins_with_word =>
            {
                Role::Ignore
            }
            Tail::Value(named) => self.value(index, named),
            Tail::Part(named) => self.part(named),
        };
        if self.aside { Role::Ignore } else { role }
    }

    fn track_parentheses(&mut self, index: usize, label: &Label) {
        if label.marks.contains(')') {
            self.aside = false;
            self.inside = None;
        }
        if label.marks.ends_with('(') || label.marks.ends_with("(:") || label.marks.ends_with("(=") {
            self.inside = match index.checked_sub(1).and_then(|before| self.roles.get(before)) {
                Some(Role::Value { named, .. }) if named.meaning.quantity == Quantity::Loss => {
                    Some(named.clone())
                }
                _ => None,
            };
        }
        self.aside |= label.opens_aside;
    }

    /// A number in a share, after an epoch's slash, or before `]`.
    fn of_ratio(&mut self, index: usize, label: &Label) -> Option<Role> {
        if label.marks == "/" && label.tail == Tail::Bare && index > 0 {
            let before = self.numbers[index - 1];
            if before.form == Form::Integer && self.numbers[index].form == Form::Integer {
                return Some(Role::Ignore);
            }
        }
        if index > 0
            && self.roles[index - 1] == Role::Epoch
            && label.tail == Tail::Words
            && label.split.is_none()
        {
            // `epoch 3 of 30`
            return (label.marks.is_empty() && self.numbers[index].counts()).then_some(Role::Ignore);
        }
        None
    }

    /// `loss 2.3 -> 2.1`: what came of a value takes its place.
    fn of_change(&mut self, index: usize, label: &Label) -> Option<Role> {
        let before = index.checked_sub(1)?;
        let arrow = matches!(label.marks.trim_start_matches('%'), "->" | "-->" | "=>" | "==>");
        let changes = label.tail == Tail::Bare && arrow && self.numbers[index].measures();
        let is_value = changes
            && matches!(&self.roles[before], Role::Value { named, .. } if named.meaning.quantity.has_split());
        is_value.then(|| std::mem::replace(&mut self.roles[before], Role::Ignore))
    }

    /// Numbers after `train/val loss: `.
    fn of_joint(&mut self, index: usize, label: &Label) -> Option<Role> {
        if let (Some((first, _)), Tail::Value(named)) = (label.joint, &label.tail) {
            return Some(split_value(named, first));
        }
        let before = index.checked_sub(1)?;
        let (_, second) = self.labels[before].joint?;
        let Tail::Value(named) = &self.labels[before].tail else { return None };
        (label.tail == Tail::Bare).then(|| split_value(named, second))
    }

    /// `accuracy(x, y, 0:9) = `: a value whose name stands before numbers in a call.
    fn of_call(&self, index: usize, label: &Label) -> Option<Role> {
        const FARTHEST: usize = 4;
        let closes = label.tail == Tail::Bare && label.marks == ")=";
        let before = self.labels[index.saturating_sub(FARTHEST)..index].iter().rev();
        let called = closes.then(|| before.filter_map(|label| label.called.as_ref()).next()).flatten()?;
        Some(plain(called))
    }

    /// `loss [30]: 0.5` and `loss [30] : (0.2, 2.3)`: how many values there were, in the second of which only the range is told.
    fn of_index(&mut self, index: usize, label: &Label) -> Option<Role> {
        let (Tail::Value(named), Some(next)) = (&label.tail, self.labels.get(index + 1)) else { return None };
        let bracketed = label.marks.ends_with('[') && self.numbers[index].counts() && next.tail == Tail::Bare;
        let of_one = matches!(next.marks.as_str(), "]:" | "]=");
        let of_range = matches!(next.marks.as_str(), "]:(" | "]=(");
        if of_one {
            self.announced = Some((named.clone(), index + 1)).filter(|_| bracketed);
        }
        (bracketed && (of_one || of_range)).then_some(Role::Ignore)
    }

    /// `loss(data[1]...) = 0.5` and `(i, loss(data[1]...)) = (7, 0.5)`: the place of what is measured, not a value.
    fn of_argument(&mut self, index: usize, label: &Label) -> Option<Role> {
        let (called, next) = (label.called.as_ref()?, self.labels.get(index + 1)?);
        let place = label.marks.ends_with("([") && self.numbers[index].counts() && next.tail == Tail::Bare;
        let closed = next.marks.strip_prefix(']').map(|marks| marks.trim_start_matches('.'))?;
        // So many names stand before it in a list, and so many values before its own.
        let before = match closed {
            ")=" => 0,
            "))=(" => label.marks.matches(',').count(),
            _ => return None,
        };
        place.then(|| {
            self.announced = Some((called.clone(), index + 1 + before));
            Role::Ignore
        })
    }

    /// Whether no epoch, step or batch was numbered so far.
    fn counts_nothing(&self) -> bool {
        !self.roles.iter().any(|role| matches!(role, Role::Epoch | Role::Step | Role::Batch { .. }))
    }

    /// A value whose name stands before an amount: `accuracy on 10000 test images: `.
    fn counted_on(&self, index: usize) -> Option<Named> {
        let before = index.checked_sub(1)?;
        let Role::Fact(fact) = self.roles[before] else { return None };
        let (Tail::Value(named), Fact::Size(split)) = (&self.labels[before].tail, fact) else { return None };
        let mut named = named.clone();
        named.meaning.split = named.meaning.split.or(split);
        Some(named)
    }

    fn is_ratio(&self, index: usize) -> bool {
        let (Some(next), Some(label)) = (self.numbers.get(index + 1), self.labels.get(index + 1)) else {
            return false;
        };
        let shares = label.marks == "/" && label.tail == Tail::Bare || label.of;
        shares && next.counts() && self.numbers[index].counts()
    }

    /// Whether a share at `index` is that of a bar, as a time in a bracket follows: `10/10 [00:01<00:00`.
    fn is_timed(&self, index: usize) -> bool {
        self.numbers.get(index + 2).is_some_and(|next| next.form == Form::Clock)
            && self.labels[index + 2].marks == "["
    }

    /// Whether the number at `index` opens a bracket right after the one before it.
    fn bracket_follows(&self, index: usize) -> bool {
        let Some(number) = self.numbers.get(index) else { return false };
        let label = &self.labels[index];
        number.counts() && label.tail == Tail::Bare && matches!(label.marks.as_str(), "[" | "][")
    }

    /// Whether it is the percentage before a progress bar, or a day without a year before a time.
    fn measures_progress(&self, index: usize) -> bool {
        let day = self.is_ratio(index)
            && self.numbers.get(index + 2).is_some_and(|next| next.form == Form::Clock)
            && self.labels[index + 2].marks.is_empty();
        day || self.numbers[index].percent && self.labels[index + 1].begins_with_bar
    }

    fn after_epoch(&self) -> bool {
        self.epoch
    }

    fn nothing_measured(&self) -> bool {
        !self.measured
    }

    fn nothing_taken(&self) -> bool {
        self.taken.is_none() && self.short
    }
}

/// `Score at iteration 20 is 0.5`: what DL4J calls a score is the loss.
fn of_counter(named: &Named) -> Named {
    let mut named = named.clone();
    if named.meaning.quantity == Quantity::Score && named.text.eq_ignore_ascii_case("score") {
        named.meaning.quantity = Quantity::Loss;
    }
    named
}

fn split_value(named: &Named, split: Split) -> Role {
    let mut named = named.clone();
    named.meaning.split = Some(split);
    Role::Value { split: Some(split), named, own: false, flavour: Flavour::Plain }
}
