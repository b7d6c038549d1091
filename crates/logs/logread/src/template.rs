//! What all lines of one skeleton mean.

use std::rc::Rc;

use crate::aside::{self, Aside};
use crate::assemble::{Assembler, Flavour, NameId, Trust};
use crate::clean::without_bar;
use crate::label::{Label, Tail};
use crate::meaning::{Fact, Quantity};
use crate::number::Form;
use crate::role::Role;
use crate::roles;
use crate::run_log::Split;
use crate::token::{Kind, Tokens};
use crate::{context, table};

/// What one number of a line is, with names looked up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Use {
    Ignore,
    Epoch,
    Step,
    Batch { counted: bool, split: Option<Split>, trust: Trust },
    Value { name: NameId, split: Option<Split>, shared: bool },
    Share { name: NameId, split: Option<Split>, of: Option<Split> },
    Fact(Fact),
}

/// What all lines of one skeleton mean.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) uses: Vec<Use>,
    /// The photos that the lines after it are about, if it has no measurement of its own.
    pub(crate) heading: Option<Split>,
    /// Split of the line's first named split, for the lines after it that name none.
    pub(crate) leading: Option<Split>,
    /// Whether it numbers an epoch, step or batch.
    pub(crate) counts: bool,
    pub(crate) names_epoch: bool,
    /// Whether it begins with the star that ends a pass over photos: ` * Finished epoch # 1  top1: 25.3`.
    pub(crate) concludes: bool,
    pub(crate) has_batch: bool,
    /// Whether more than one epoch may be in it.
    pub(crate) sequence: bool,
    pub(crate) values: usize,
    pub(crate) bar: bool,
    pub(crate) may_be_header: bool,
    /// A name without a number, of which the next line may be.
    pub(crate) dangling: Option<Use>,
    /// Whether the line is one number and nothing else.
    pub(crate) lone: bool,
    /// What a line without split and counter took from the line before when this skeleton was first seen.
    pub(crate) inherited: Option<Option<Split>>,
    /// What the lines after it repeat.
    pub(crate) announces: Option<Aside>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Measurements.
    pub(crate) values: usize,
    /// Numbers of epochs, steps, batches and facts.
    pub(crate) counters: usize,
    /// Whether a progress bar stands in the line.
    pub(crate) bar: bool,
    /// Whether it may hold the names of a table.
    pub(crate) may_be_header: bool,
}

impl Template {
    /// Works out what `text` means; `labels` holds the text before each number and that after the last. Of an `aside` that
    /// repeats what was said elsewhere, the counters do not count.
    pub(crate) fn new(
        text: &str,
        tokens: &Tokens,
        labels: &[Rc<Label>],
        aside: bool,
        into: &mut Assembler,
    ) -> Self {
        let roles = roles::assign(text, tokens, labels);
        let prose = aside || is_prose(text, tokens, &roles) || repeats(text, tokens, &roles);
        let mut template = Self {
            uses: Vec::with_capacity(roles.len()),
            heading: None,
            leading: leading(labels, &roles),
            counts: false,
            names_epoch: false,
            concludes: text.trim_start().starts_with("* Finished"),
            has_batch: false,
            sequence: roles.iter().filter(|role| matches!(role, Role::Epoch)).count() > 1,
            values: 0,
            bar: holds_bar(tokens),
            may_be_header: false,
            dangling: None,
            lone: tokens.all.len() == 1
                || tokens.all.len() == 2 && tokens.numbers.iter().all(|number| number.percent),
            inherited: None,
            announces: aside::announced(text, tokens),
        };
        for (index, role) in roles.into_iter().enumerate() {
            let one = match role {
                Role::Ignore => Use::Ignore,
                Role::Epoch | Role::Step | Role::Batch { .. } if aside => Use::Ignore,
                Role::Epoch => Use::Epoch,
                Role::Step => Use::Step,
                Role::Batch { counted } => {
                    let split = labels[..=index].iter().rev().find_map(|label| label.split);
                    Use::Batch { counted, split, trust: trust(text, tokens) }
                }
                Role::Fact(fact) => Use::Fact(fact),
                Role::Value { named, split, own, flavour } => {
                    let shared = split.is_none() && !own && named.meaning.quantity.has_split();
                    match into.name(&named.text, named.meaning, flavour, named.loose || prose) {
                        Some(name) => Use::Value { name, split, shared },
                        None => Use::Ignore,
                    }
                }
                Role::Share { named, split } => {
                    match into.name(&named.text, named.meaning, Flavour::Plain, named.loose || prose) {
                        Some(name) => Use::Share { name, split, of: split },
                        None => Use::Ignore,
                    }
                }
            };
            template.values += usize::from(matches!(one, Use::Value { .. } | Use::Share { .. }));
            template.counts |= matches!(one, Use::Epoch | Use::Step | Use::Batch { .. });
            template.names_epoch |= one == Use::Epoch;
            template.has_batch |= matches!(one, Use::Batch { .. });
            template.uses.push(one);
        }
        let timed = |one: &Use| match one {
            Use::Value { name, .. } => into.meaning(*name).quantity == Quantity::Seconds,
            _ => false,
        };
        let times = template.uses.iter().filter(|one| timed(one)).count();
        // `Epoch 1 - Evaluation time (seconds): 3.12 - Train metrics:`
        if template.values == times && times > 0 && text.trim_end().ends_with(':') {
            template.heading = labels.last().and_then(|label| label.split);
            template.leading = template.leading.filter(|_| template.heading.is_none());
        }
        if template.values == 0 {
            template.heading = context::heading(text, labels);
            template.may_be_header = table::may_be_header(without_bar(text));
            template.dangling = dangling(text, tokens, labels, into);
        }
        template
    }

    /// Hands a line's numbers on as its template says.
    pub(crate) fn apply(
        &self,
        tokens: &Tokens,
        inherited: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> Taken {
        let mut taken = Taken { bar: self.bar, may_be_header: self.may_be_header, ..Taken::default() };
        let numbers = &tokens.numbers;
        if self.values > 0 && !self.has_batch {
            into.leave_batch();
        }
        // Of one record the counters hold for all its numbers, wherever they stand.
        if (self.names_epoch || self.has_batch) && !self.sequence {
            for (index, one) in self.uses.iter().enumerate() {
                match *one {
                    Use::Epoch => into.epoch(numbers[index].value),
                    Use::Batch { counted, split, trust } => {
                        let total =
                            numbers.get(index + 1).filter(|_| counted).map(|next| (next.value, trust));
                        into.batch(numbers[index].value, total, split);
                    }
                    _ => {}
                }
            }
        }
        for (index, one) in self.uses.iter().enumerate() {
            let number = numbers[index];
            match *one {
                Use::Ignore => continue,
                Use::Epoch => {
                    if self.sequence {
                        into.epoch(number.value);
                    }
                    taken.counters += 1;
                }
                Use::Step => {
                    into.step(number.value);
                    taken.counters += 1;
                }
                Use::Batch { counted, split, trust } => {
                    if self.sequence {
                        let total =
                            numbers.get(index + 1).filter(|_| counted).map(|next| (next.value, trust));
                        into.batch(number.value, total, split);
                    }
                    taken.counters += 1;
                }
                Use::Fact(fact) => {
                    into.fact(fact, number.value);
                    taken.counters += 1;
                }
                Use::Value { name, split, shared } => {
                    let split = if shared { split.or(inherited).or(into.pass()) } else { split };
                    into.value(name, split, number, line);
                    taken.values += 1;
                }
                Use::Share { name, split, of } => {
                    let Some(whole) = numbers.get(index + 1).filter(|whole| whole.value > 0.0) else {
                        continue;
                    };
                    let split = split.or(inherited);
                    let mut share = number;
                    share.value /= whole.value;
                    share.resolution = 0.0;
                    share.form = Form::Decimal;
                    into.value(name, split, share, line);
                    if let Some(of) = of.or(inherited) {
                        into.fact(Fact::Size(Some(of)), whole.value);
                    }
                    taken.values += 1;
                }
            }
        }
        taken
    }
}

/// The split that a line is about as a whole: one named no later than its first measurement.
fn leading(labels: &[Rc<Label>], roles: &[Role]) -> Option<Split> {
    let measured = |role: &Role| matches!(role, Role::Value { .. } | Role::Share { .. });
    let first = roles.iter().position(measured).unwrap_or(roles.len());
    labels[..=first].iter().find_map(|label| label.split)
}

/// What the count beside a batch's number is worth: the bars of old Keras count photos and not batches, and
/// so does `[640/60000 (1%)]`.
fn trust(text: &str, tokens: &Tokens) -> Trust {
    let bar = tokens.all.iter().any(|token| token.kind == Kind::Bar && token.end - token.start > 3);
    let steps = text.contains("it/s")
        || text.contains("s/it")
        || text.contains("s/step") && !text.contains("us/step");
    let share = tokens.numbers.iter().any(|number| number.percent) && text.contains("%)");
    match (bar, steps) {
        (true, true) => Trust::IfReached,
        (true, false) => Trust::Never,
        (false, _) if share => Trust::IfReached,
        (false, _) => Trust::Said,
    }
}

/// Whether a line is prose, in which a number or two is mentioned: eight words and more, four and more for each number (five and
/// three where a sentence ends with the line), and nothing that is counted.
fn is_prose(text: &str, tokens: &Tokens, roles: &[Role]) -> bool {
    let words = tokens.all.iter().filter(|token| token.kind == Kind::Word).count();
    let counted =
        |role: &Role| matches!(role, Role::Epoch | Role::Step | Role::Batch { .. } | Role::Share { .. });
    let ends = text.trim_end().ends_with(['.', '?', '!']);
    let (least, each) = if ends { (5, 3) } else { (8, 4) };
    words >= least && words >= each * tokens.numbers.len() && !roles.iter().any(counted)
}

/// Whether the best epoch is announced before the first number that counts or measures.
fn repeats(text: &str, tokens: &Tokens, roles: &[Role]) -> bool {
    let first = roles.iter().position(|role| !matches!(role, Role::Ignore | Role::Fact(_)));
    let mut numbers = tokens.all.iter().filter(|token| matches!(token.kind, Kind::Number(_)));
    let start = first.and_then(|first| numbers.nth(first)).map_or(0, |token| token.start as usize);
    text.get(..start).is_some_and(aside::names_the_best)
}

/// The name that a short line without numbers consists of.
fn dangling(text: &str, tokens: &Tokens, labels: &[Rc<Label>], into: &mut Assembler) -> Option<Use> {
    const LONGEST: usize = 40;
    let label = labels.first().filter(|_| tokens.numbers.is_empty() && text.len() <= LONGEST)?;
    let Tail::Value(named) = &label.tail else { return None };
    let name = into.name(&named.text, named.meaning, Flavour::Plain, named.loose)?;
    let split = named.meaning.split;
    Some(Use::Value { name, split, shared: split.is_none() && named.meaning.quantity.has_split() })
}

fn holds_bar(tokens: &Tokens) -> bool {
    tokens.all.windows(2).any(|pair| pair[0].kind == Kind::Mark(b'[') && pair[1].kind == Kind::Bar)
}
