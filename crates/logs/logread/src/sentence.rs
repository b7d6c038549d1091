//! Lines in which names stand beside their numbers.
//!
//! What a line's numbers mean follows from the text between them and is the same for every line with the same
//! skeleton, so it is worked out once per skeleton. See [`crate::roles`] for how.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::rc::Rc;

use crate::aside::Aside;
use crate::assemble::Assembler;
use crate::hash::{self, AsIs};
use crate::label::{self, Label};
use crate::number::Form;
use crate::run_log::Split;
use crate::template::{Taken, Template, Use};
use crate::token::{Kind, Tokens};

/// Places for skeletons that came once.
const SEEN: usize = 1 << 16;
/// Skeletons and labels that are remembered; a log has tens, a text that is none has many.
const MOST_REMEMBERED: usize = 4096;
/// A line with more numbers is several records and does not come again.
const LONGEST_REPEATED: usize = 96;

/// Reads lines of names and numbers.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    templates: HashMap<u64, Template, BuildHasherDefault<AsIs>>,
    labels: HashMap<(u64, bool), Rc<Label>>,
    /// Lines of new skeletons so far.
    learned: usize,
    /// Skeletons that came once, each at its own place.
    seen: Vec<u64>,
    /// From a line that is a heading, until the next epoch.
    heading: Option<Split>,
    /// Whether that line is a progress bar, beside which another may stand.
    heading_is_bar: bool,
    /// The step that the heading is about, where the line below it has the number of the line above it.
    pinned: Option<f64>,
    /// Whether no step was numbered since the heading.
    fresh: bool,
    /// The newest step.
    step: Option<f64>,
    /// From the last line that named a split.
    leading: Option<Split>,
    /// Whether a line named photos that are held out.
    held_out: bool,
    /// From a line that is a name.
    dangling: Option<Use>,
    /// What the next lines repeat.
    aside: Option<Aside>,
}

/// Distinguishes the templates of repetitions.
const ASIDE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Sentences {
    /// Forgets what headings said, as where a table begins.
    pub(crate) fn restart(&mut self) {
        self.heading = None;
        self.leading = None;
        self.aside = None;
    }

    /// The key of the template of a line.
    fn key(&self, tokens: &Tokens) -> u64 {
        tokens.skeleton ^ if self.aside.is_some() { ASIDE } else { 0 }
    }

    /// The split that a record without one of its own was measured on, as the lines before it say.
    pub(crate) fn around(&self) -> Option<Split> {
        self.leading.or(self.heading)
    }

    /// Reads one line if one of its skeleton was read before.
    pub(crate) fn known(&mut self, tokens: &Tokens, line: usize, into: &mut Assembler) -> Option<Taken> {
        if tokens.numbers.is_empty() {
            self.aside = None;
        }
        let key = self.key(tokens);
        let template = self.templates.get_mut(&key)?;
        if template.uses.len() != tokens.numbers.len() {
            return None;
        }
        if let (true, Some(Use::Value { name, split, shared }), [number]) =
            (template.lone, self.dangling.take(), &tokens.numbers[..])
        {
            let split = if shared { split.or(self.heading) } else { split };
            into.value(name, split, *number, line);
            return Some(Taken { values: 1, ..Taken::default() });
        }
        self.dangling = template.dangling;
        if let Some(step) = template.step(tokens) {
            // `Evaluation:` between two lines of step 100 is of that step alone.
            if self.pinned.is_some_and(|pinned| pinned != step) {
                (self.heading, self.pinned) = (None, None);
            } else if self.fresh && self.step == Some(step) {
                self.pinned = self.step;
            }
            (self.fresh, self.step) = (false, Some(step));
        }
        let heading = self.heading.filter(|_| !(self.heading_is_bar && template.names_epoch));
        let inherited = if template.concludes {
            heading.or(self.leading)
        } else if template.counts {
            let held_out = self.leading.filter(|split| *split != Split::Train);
            heading.or_else(|| held_out.filter(|_| template.sums_up(tokens, into)))
        } else {
            heading.or_else(|| *template.inherited.get_or_insert(self.leading))
        };
        let held_out = |split: Option<Split>| matches!(split, Some(Split::Validation | Split::Test));
        self.held_out |= held_out(template.heading) || held_out(template.leading) || held_out(inherited);
        let inherited = if template.starred && !self.held_out { Some(Split::Validation) } else { inherited };
        self.aside = template.announces.or(self.aside.filter(|aside| *aside == Aside::Block));
        let taken = template.apply(tokens, inherited, line, into);
        if template.names_epoch {
            self.heading = None;
        }
        if template.values == 0 || template.heading.is_some() {
            if template.heading.is_some() {
                self.heading = template.heading;
                self.heading_is_bar = template.redrawn;
                (self.pinned, self.fresh) = (None, true);
            }
        } else if template.leading.is_some() || template.mixed {
            self.heading = None;
        }
        if template.counts || template.leading.is_some() || template.mixed {
            self.leading = template.leading;
        }
        Some(taken)
    }

    /// Whether a line of a new skeleton is worth the work. Once many skeletons have been seen, only one that
    /// comes again is: a log repeats itself.
    pub(crate) fn is_worth_learning(&mut self, tokens: &Tokens) -> bool {
        if tokens.numbers.len() > LONGEST_REPEATED {
            return true;
        }
        self.learned += 1;
        if self.learned < MOST_REMEMBERED {
            return true;
        }
        self.seen.resize(SEEN, 0);
        let place = &mut self.seen[tokens.skeleton as usize % SEEN];
        std::mem::replace(place, tokens.skeleton) == tokens.skeleton
    }

    /// Reads one line of a new skeleton.
    pub(crate) fn learn(&mut self, text: &str, tokens: &Tokens, line: usize, into: &mut Assembler) -> Taken {
        let labels = self.labels(text, tokens);
        let key = self.key(tokens);
        let template = Template::new(text, tokens, &labels, self.aside.is_some(), into);
        if self.templates.len() >= MOST_REMEMBERED {
            self.templates.clear();
        }
        self.templates.insert(key, template);
        let taken = self.known(tokens, line, into).unwrap_or_default();
        if tokens.numbers.len() > LONGEST_REPEATED {
            self.templates.remove(&key);
        }
        taken
    }

    /// The text before each number, and that after the last, understood.
    fn labels(&mut self, text: &str, tokens: &Tokens) -> Vec<Rc<Label>> {
        let mut labels = Vec::with_capacity(tokens.numbers.len() + 1);
        let mut start = 0;
        let ends = tokens.all.iter().filter(|token| matches!(token.kind, Kind::Number(_)));
        // Whether the first word after a number is its unit; a time of day has none.
        let mut unit = false;
        for (token, number) in ends.zip(&tokens.numbers) {
            labels.push(self.label(text, start, token.start as usize, unit));
            start = token.end as usize;
            unit = number.form != Form::Clock;
        }
        labels.push(self.label(text, start, text.len(), unit));
        labels
    }

    fn label(&mut self, text: &str, from: usize, to: usize, glued: bool) -> Rc<Label> {
        let slice = text.get(from..to).unwrap_or_default();
        let key = (hash::mix(hash::EMPTY, slice.as_bytes()), glued);
        if let Some(label) = self.labels.get(&key) {
            return Rc::clone(label);
        }
        if self.labels.len() >= MOST_REMEMBERED {
            self.labels.clear();
        }
        let label = Rc::new(label::understand(slice, glued));
        self.labels.insert(key, Rc::clone(&label));
        label
    }
}
