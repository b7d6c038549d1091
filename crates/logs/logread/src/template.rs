//! What all lines of one skeleton mean.

use std::rc::Rc;

use crate::aside::{self, Aside};
use crate::assemble::{Assembler, Flavour, Trust};
use crate::clean::without_bar;
use crate::label::{Label, Tail};
use crate::meaning::{Fact, Quantity};
use crate::name_id::NameId;
use crate::number::{Form, Number};
use crate::role::Role;
use crate::roles;
use crate::run_log::Split;
use crate::source::is_source;
use crate::token::{Kind, Tokens};
use crate::{closing, context, table};

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
    /// Whether it measures on photos of several splits, so that it says nothing for the lines after it.
    pub(crate) mixed: bool,
    /// Whether it numbers an epoch, step or batch.
    pub(crate) counts: bool,
    pub(crate) names_epoch: bool,
    /// Whether it begins with the star that ends a pass over photos: ` * Finished epoch # 1  top1: 25.3`.
    pub(crate) concludes: bool,
    /// Whether it sums an evaluation up, as `* Acc@1 71.2 Acc@5 90.1` does in programs that copied PyTorch's of ImageNet.
    pub(crate) starred: bool,
    /// Whether it tells nothing but scores of an epoch.
    sums_up: bool,
    /// Whether it numbers an epoch and measures nothing on photos.
    heads: bool,
    /// Whether it says that the epoch is over.
    over: bool,
    /// Whether it numbers a step and no epoch.
    names_step_alone: bool,
    pub(crate) has_batch: bool,
    /// Whether more than one epoch may be in it.
    pub(crate) sequence: bool,
    pub(crate) values: usize,
    pub(crate) bar: bool,
    /// Whether it is drawn again and again, as the lines of a progress bar are.
    pub(crate) redrawn: bool,
    pub(crate) may_be_header: bool,
    /// A name without a number, of which the next line may be.
    pub(crate) dangling: Option<Use>,
    /// Whether it is prose, whose counters are of what it says itself.
    wordy: bool,
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
        let mut roles = roles::assign(text, tokens, labels);
        let source = is_source(text);
        if source {
            roles.fill(Role::Ignore);
        }
        // CNTK writes a line for some batches, and names the epoch after them.
        let of_batches = text.trim_start().starts_with("Minibatch[");
        let wordy = is_wordy(text, tokens);
        let counted =
            |role: &Role| matches!(role, Role::Epoch | Role::Step | Role::Batch { .. } | Role::Share { .. });
        let prose = aside || repeats(text, tokens, &roles) || (wordy && !roles.iter().any(counted));
        let mut template = Self {
            uses: Vec::with_capacity(roles.len()),
            heading: None,
            leading: leading(labels, &roles).filter(|_| !source),
            mixed: is_mixed(&roles),
            heads: false,
            over: closing::says_over(text),
            counts: false,
            names_epoch: false,
            concludes: text.trim_start().starts_with("* Finished"),
            starred: is_starred(text),
            sums_up: false,
            names_step_alone: false,
            has_batch: false,
            sequence: roles.iter().filter(|role| matches!(role, Role::Epoch)).count() > 1,
            values: 0,
            bar: holds_bar(tokens),
            redrawn: holds_bar(tokens) || ["it/s", "s/it", "%|"].iter().any(|mark| text.contains(mark)),
            may_be_header: false,
            dangling: None,
            wordy,
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
                    let flavour = if of_batches { Flavour::Instant } else { flavour };
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
        template.heads = template.names_epoch && !template.sequence && template.values == times;
        // `Epoch 1 - Evaluation time (seconds): 3.12 - Train metrics:`
        if template.values == times && times > 0 && text.trim_end().ends_with(':') {
            template.heading = labels.last().and_then(|label| label.split);
            template.leading = template.leading.filter(|_| template.heading.is_none());
        }
        let scores = |one: &Use| match one {
            Use::Value { name, .. } => into.meaning(*name).quantity.is_share(),
            Use::Batch { .. } => false,
            _ => true,
        };
        template.sums_up = template.names_epoch && template.uses.iter().all(scores);
        template.names_step_alone = !template.names_epoch && template.uses.contains(&Use::Step);
        if template.values == 0 && !source {
            // `Best validation accuracy: 10.00 %` repeats a score and announces nothing.
            // So does one that names a quantity beside a number that is no value of it, such as a bound.
            let repeats = !template.redrawn
                && (tokens.numbers.iter().any(|number| number.percent)
                    || labels[..tokens.numbers.len()]
                        .iter()
                        .any(|label| matches!(&label.tail, Tail::Value(named) if named.meaning.quantity.has_split())));
            template.heading = context::heading(text, labels).filter(|_| !repeats);
            template.may_be_header = table::may_be_header(without_bar(text));
            template.dangling = dangling(text, tokens, labels, into);
        }
        template
    }

    /// Whether the line tells the scores of the epoch that the lines before were of.
    pub(crate) fn sums_up(&self, tokens: &Tokens, into: &Assembler) -> bool {
        let known = |(one, number): (&Use, &Number)| *one != Use::Epoch || into.is_in_epoch(number.value);
        self.sums_up && self.uses.iter().zip(&tokens.numbers).all(known)
    }

    /// The step that a line numbers, if it numbers no epoch.
    pub(crate) fn step(&self, tokens: &Tokens) -> Option<f64> {
        let index = self.uses.iter().position(|one| *one == Use::Step).filter(|_| !self.names_epoch)?;
        tokens.numbers.get(index).map(|number| number.value)
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
        let measured = |index, into: &Assembler| self.measured(index, numbers, inherited, into.pass());
        let before = (self.wordy && self.counts).then(|| into.place());
        if self.names_epoch && into.holds() {
            let values: Vec<Measured> =
                (0..numbers.len()).filter_map(|index| measured(index, into)).collect();
            into.drop_held(|name, split, value| {
                values.iter().any(|&(other, of, number)| {
                    (other, number.value) == (name, value) && (of == split || of.is_none() || split.is_none())
                })
            });
        }
        if self.values > 0 && !self.has_batch {
            into.leave_batch();
        }
        // Of one record the counters hold for all its numbers, wherever they stand.
        if (self.names_epoch || self.has_batch) && !self.sequence {
            (0..numbers.len()).for_each(|index| self.count(index, numbers, into));
            if self.heads {
                into.head_epoch(self.values == 0, self.over);
            }
        }
        (into.redrawn, into.names_epoch) = (self.redrawn, self.names_epoch && !self.sequence);
        let mut copy = false;
        for (index, one) in self.uses.iter().enumerate() {
            match *one {
                Use::Ignore => {}
                Use::Epoch | Use::Batch { .. } => {
                    if self.sequence {
                        self.count(index, numbers, into);
                    }
                    taken.counters += 1;
                }
                Use::Step => {
                    into.step(numbers[index].value);
                    taken.counters += 1;
                }
                Use::Fact(fact) => {
                    into.fact(fact, numbers[index].value);
                    taken.counters += 1;
                }
                Use::Value { .. } | Use::Share { .. } => {
                    let Some((name, split, number)) = measured(index, into) else { continue };
                    if taken.values == 0 && !self.sequence && !self.uses[index..].contains(&Use::Step) {
                        let rest = || (index..numbers.len()).filter_map(|index| measured(index, into));
                        let on_photos = |value: &Measured| into.meaning(value.0).quantity.has_split();
                        // Durations and speeds differ between copies.
                        let any = rest().any(|value| on_photos(&value));
                        let mut told = rest().filter(|value| on_photos(value) == any);
                        copy = into.is_stale()
                            || told.all(|(name, split, number)| into.was_said(name, split, number));
                    }
                    taken.values += 1;
                    if copy {
                        continue;
                    }
                    if self.names_step_alone {
                        into.hold(name, split, number, line);
                    } else {
                        into.value(name, split, number, line);
                    }
                    if let (Use::Share { of, .. }, Some(whole)) = (one, numbers.get(index + 1))
                        && let Some(of) = of.or(inherited)
                    {
                        into.fact(Fact::Size(Some(of)), whole.value);
                    }
                }
            }
        }
        (into.redrawn, into.names_epoch) = (false, false);
        if let Some(place) = before {
            into.return_to(place);
        }
        taken
    }

    /// Hands on the epoch or the batch that a number counts.
    fn count(&self, index: usize, numbers: &[Number], into: &mut Assembler) {
        match self.uses[index] {
            Use::Epoch => into.epoch(numbers[index].value),
            Use::Batch { counted, split, trust } => {
                let total = numbers.get(index + 1).filter(|_| counted).map(|next| (next.value, trust));
                into.bars |= self.bar;
                into.batch(numbers[index].value, total, split);
            }
            _ => {}
        }
    }

    /// What a number measures, and on which photos.
    fn measured(
        &self,
        index: usize,
        numbers: &[Number],
        inherited: Option<Split>,
        pass: Option<Split>,
    ) -> Option<Measured> {
        let number = numbers[index];
        match self.uses[index] {
            Use::Value { name, split, shared: true } => Some((name, split.or(inherited).or(pass), number)),
            Use::Value { name, split, shared: false } => Some((name, split, number)),
            Use::Share { name, split, .. } => {
                let whole = numbers.get(index + 1).filter(|whole| whole.value > 0.0)?;
                let value = number.value / whole.value;
                let share = Number { value, resolution: 0.0, form: Form::Decimal, ..number };
                Some((name, split.or(inherited), share))
            }
            _ => None,
        }
    }
}

/// A name, the photos and the value.
type Measured = (NameId, Option<Split>, Number);

/// Whether a line measures on photos of several splits.
fn is_mixed(roles: &[Role]) -> bool {
    let mut splits = roles.iter().filter_map(|role| match role {
        Role::Value { split, .. } | Role::Share { split, .. } => *split,
        _ => None,
    });
    let first = splits.next();
    splits.any(|split| Some(split) != first)
}

/// The split that a line is about as a whole: one named no later than its first measurement.
fn leading(labels: &[Rc<Label>], roles: &[Role]) -> Option<Split> {
    if is_mixed(roles) {
        return None;
    }
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
/// three where a sentence ends with the line).
fn is_wordy(text: &str, tokens: &Tokens) -> bool {
    let words = tokens.all.iter().filter(|token| token.kind == Kind::Word).count();
    let ends = text.trim_end().ends_with(['.', '?', '!']);
    let (least, each) = if ends { (5, 3) } else { (8, 4) };
    words >= least && words >= each * tokens.numbers.len()
}

fn is_starred(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix('*').unwrap_or_default().trim_start();
    ["Acc@1", "Prec@1", "acc@1", "prec@1"].iter().any(|name| rest.starts_with(name))
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
