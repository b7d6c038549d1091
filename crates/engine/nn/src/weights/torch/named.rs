//! The tensors of what was pickled, by name.
//!
//! Scripts save a state dict, or a dict with one or several under names of their own beside settings and an optimiser, or
//! a whole model. So every dict within dicts is looked through, and the attributes of objects too. A tensor is named by the
//! keys on the way to it: `state_dict.conv1.weight`. Which of them are the network's is for [`crate::weights::fit`] to say.

use std::collections::{BTreeMap, VecDeque};

use crate::weights::error::WeightsError;
use crate::weights::pickle::{Id, Object, Pickle, Value, View};

/// Most dicts within dicts; a layer within a model that was saved whole is four deep for each name.
const DEEPEST: usize = 48;
/// Most bytes of all names together, those of dicts too: a hundred times what a large network has.
const LONGEST_NAMES: usize = 16 << 20;
/// Where a module of PyTorch keeps what its state dict names without these words.
const WITHIN_MODULES: [&str; 3] = ["_modules", "_parameters", "_buffers"];
/// How many keys an error lists.
const LISTED: usize = 8;

/// The tensors of a pickle by name.
pub(super) fn find<'p, 'a>(pickle: &'p Pickle<'a>) -> Result<BTreeMap<String, &'p View<'a>>, WeightsError> {
    let mut search = Search {
        pickle,
        seen: vec![false; pickle.len()],
        names: 0,
        tensors: BTreeMap::new(),
        open: VecDeque::new(),
    };
    search.open.push_back((pickle.root(), String::new(), 0));
    while let Some((id, name, depth)) = search.open.pop_front() {
        search.look_into(id, &name, depth)?;
    }
    if search.tensors.is_empty() {
        return Err(WeightsError::NoWeights { found: describe(pickle) });
    }
    Ok(search.tensors)
}

/// A walk from the outside inward, so that of two names of one dict the shorter counts.
struct Search<'p, 'a> {
    pickle: &'p Pickle<'a>,
    seen: Vec<bool>,
    /// Bytes of all names so far.
    names: usize,
    tensors: BTreeMap<String, &'p View<'a>>,
    /// What is still to be looked into, its name and how deep it lies.
    open: VecDeque<(Id, String, usize)>,
}

impl<'p, 'a> Search<'p, 'a> {
    fn look_into(&mut self, id: Id, name: &str, depth: usize) -> Result<(), WeightsError> {
        if std::mem::replace(&mut self.seen[id.index()], true) || depth > DEEPEST {
            return Ok(());
        }
        match self.pickle.get(id) {
            Value::Dict(items) => self.entries(items, name, depth)?,
            Value::Object(Object { items, attributes, .. }) => {
                self.entries(items, name, depth)?;
                if let Some(attributes) = attributes {
                    self.enter(*attributes, name.to_owned(), depth + 1)?;
                }
            }
            // Attributes that lie in slots stand beside the others; some scripts save a tuple of state dicts.
            Value::Tuple(items) | Value::List(items) => {
                for (place, &item) in items.iter().enumerate() {
                    let inner = self.pickle.get(item);
                    if matches!(inner, Value::Dict(_) | Value::Object(_)) {
                        self.enter(item, joined(name, &place.to_string()), depth + 1)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn entries(&mut self, items: &'p [(Id, Id)], name: &str, depth: usize) -> Result<(), WeightsError> {
        for &(key, value) in items {
            let Value::Text(key) = *self.pickle.get(key) else { continue };
            match self.pickle.get(value) {
                Value::Tensor(view) => {
                    let name = within(name, key);
                    self.count(&name)?;
                    // Of equal keys the last one counts.
                    self.tensors.insert(name, view);
                }
                Value::Dict(_) | Value::Object(_) | Value::Tuple(_) | Value::List(_)
                    if !self.seen[value.index()] =>
                {
                    self.enter(value, within(name, key), depth + 1)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn enter(&mut self, id: Id, name: String, depth: usize) -> Result<(), WeightsError> {
        self.count(&name)?;
        self.open.push_back((id, name, depth));
        Ok(())
    }

    fn count(&mut self, name: &str) -> Result<(), WeightsError> {
        self.names += name.len();
        if self.names <= LONGEST_NAMES {
            return Ok(());
        }
        Err(WeightsError::TooMuch {
            what: "the length of all names in the pickle".into(),
            limit: format!("{LONGEST_NAMES} bytes"),
        })
    }
}

/// The name of what lies under `key`.
fn within(name: &str, key: &str) -> String {
    if WITHIN_MODULES.contains(&key) { name.to_owned() } else { joined(name, key) }
}

fn joined(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

/// What a pickle without tensors holds.
fn describe(pickle: &Pickle<'_>) -> String {
    let short = |key: &str| key.chars().take(40).collect::<String>().escape_debug().to_string();
    match pickle.get(pickle.root()) {
        Value::Dict(dict) => {
            let keys = dict.iter().filter_map(|(key, _)| match *pickle.get(*key) {
                Value::Text(key) => Some(short(key)),
                _ => None,
            });
            let keys: Vec<String> = keys.take(LISTED).collect();
            let entries = if dict.len() == 1 { "entry" } else { "entries" };
            format!("the file holds a dict of {} {entries} without tensors: {}", dict.len(), keys.join(", "))
        }
        Value::Object(Object { class, .. }) => {
            format!("the file holds no dict but an object of `{}.{}`", short(class.module), short(class.name))
        }
        _ => "the file holds no dict but another object".into(),
    }
}
