//! Where the state dict is in what was pickled.

use std::collections::BTreeMap;

use crate::weights::error::WeightsError;
use crate::weights::pickle::{Id, Pickle, Value, View};

/// Under which keys checkpoints keep their state dict, the more explicit first.
const WRAPPERS: [&str; 3] = ["state_dict", "model_state_dict", "model"];
/// How many keys an error lists.
const LISTED: usize = 8;

/// The tensors of a pickle by name.
pub(super) fn find<'p, 'a>(pickle: &'p Pickle<'a>) -> Result<BTreeMap<&'a str, &'p View<'a>>, WeightsError> {
    let Value::Dict(root) = pickle.root() else {
        return Err(WeightsError::NoWeights { found: "the file holds no dict but another object".into() });
    };
    let wrapped = WRAPPERS.iter().find_map(|&wrapper| match pickle.last(root, wrapper)? {
        Value::Dict(inner) => Some(views(pickle, inner)).filter(|views| !views.is_empty()),
        _ => None,
    });
    let views = wrapped.unwrap_or_else(|| views(pickle, root));
    if views.is_empty() {
        return Err(WeightsError::NoWeights { found: describe(pickle, root) });
    }
    Ok(views)
}

impl<'a> Pickle<'a> {
    /// The entries of a dict whose keys are strings.
    fn entries<'p>(&'p self, dict: &'p [(Id, Id)]) -> impl Iterator<Item = (&'a str, &'p Value<'a>)> {
        dict.iter().filter_map(|&(key, value)| match *self.get(key) {
            Value::Text(key) => Some((key, self.get(value))),
            _ => None,
        })
    }

    fn last<'p>(&'p self, dict: &'p [(Id, Id)], wanted: &str) -> Option<&'p Value<'a>> {
        self.entries(dict).filter(|(key, _)| *key == wanted).last().map(|(_, value)| value)
    }
}

fn views<'p, 'a>(pickle: &'p Pickle<'a>, dict: &'p [(Id, Id)]) -> BTreeMap<&'a str, &'p View<'a>> {
    let tensors = pickle.entries(dict).filter_map(|(key, value)| match value {
        Value::Tensor(view) => Some((key, &**view)),
        _ => None,
    });
    tensors.collect()
}

fn describe(pickle: &Pickle<'_>, dict: &[(Id, Id)]) -> String {
    let short = |key: &str| key.chars().take(40).collect::<String>().escape_debug().to_string();
    let keys: Vec<String> = pickle.entries(dict).take(LISTED).map(|(key, _)| short(key)).collect();
    format!("the file holds a dict of {} entries without tensors: {}", dict.len(), keys.join(", "))
}
