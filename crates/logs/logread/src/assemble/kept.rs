//! Measurements that say themselves what they are of, kept until all of a part are put in order.
//!
//! Rows of `run, key, step, value` come in any order. What they measured is handed on run by run and step by step, as if it had been
//! printed so.

use super::{Assembler, Flavour, Key, MOST_COLUMNS};
use crate::meaning::{self, Field};
use crate::name_id::NameId;
use crate::number::Number;
use crate::run_log::Split;
use crate::scalars::{Place, RunId, Scalar};
use crate::title::Title;

impl Assembler {
    /// One measurement that says itself what it is of, `key`, where the file's name does not, and of which run and
    /// where; returns whether it is kept.
    pub(crate) fn scalar(
        &mut self,
        key: Option<&str>,
        split: Option<Split>,
        run: &str,
        place: Place,
        number: Number,
        line: usize,
    ) -> bool {
        let meant = match (key, &self.title.name) {
            (Some(key), _) => self.key(key),
            (None, Some(title)) => {
                let title = title.clone();
                self.key(&title)
            }
            (None, None) => {
                self.untitled = true;
                return false;
            }
        };
        match meant {
            Key::Value(name, named) => {
                let titled = self.title.split.filter(|_| key.is_none() || self.collects);
                self.keep(name, named.or(split).or(titled), run, place, number, line)
            }
            Key::Epoch => {
                let run = self.run(run);
                self.scalars.epoch(run, place.step, number.value);
                false
            }
            Key::Nothing => false,
        }
    }

    fn key(&mut self, key: &str) -> Key {
        if let Some(&known) = self.keys.get(key) {
            return known;
        }
        let meant = match meaning::field(key) {
            Field::Epoch => Key::Epoch,
            Field::Value(meaning) => self
                .name(key, meaning, Flavour::Plain, false)
                .map_or(Key::Nothing, |name| Key::Value(name, meaning.split)),
            Field::Step | Field::Fact(_) => Key::Nothing,
        };
        if self.keys.len() < MOST_COLUMNS {
            self.keys.insert(key.to_owned(), meant);
        }
        meant
    }

    /// Keeps a measurement until all are put in order; where its run is not named, its place must be known.
    pub(crate) fn keep(
        &mut self,
        name: NameId,
        split: Option<Split>,
        run: &str,
        place: Place,
        number: Number,
        line: usize,
    ) -> bool {
        let fits = place.is_known() || !run.is_empty();
        if fits {
            let run = self.run(run);
            self.scalars.push(Scalar::new(run, place, name, split, number, line));
        }
        fits
    }

    fn run(&mut self, run: &str) -> RunId {
        match self.title.run.as_str() {
            "" => self.scalars.run(run),
            file => self.scalars.run(&format!("{file}/{run}")),
        }
    }

    /// What follows is the next part of one run, in a file of this name.
    pub(crate) fn next_part(&mut self, title: Title) {
        self.restart();
        self.title = title;
        self.collects = true;
        self.scalars.next_part();
    }

    /// Whether what was kept is a list of results and no course.
    pub(crate) fn lists(&self) -> bool {
        self.scalars.is_list()
    }

    /// Hands on what was kept.
    pub(crate) fn place_scalars(&mut self) {
        self.collects = false;
        for run in std::mem::take(&mut self.scalars).in_order() {
            if self.values() > 0 {
                self.restart();
            }
            for scalar in run {
                self.epoch(scalar.place.epoch);
                self.step(scalar.place.step);
                self.value(scalar.name, scalar.split, scalar.number, scalar.line);
            }
        }
    }
}
