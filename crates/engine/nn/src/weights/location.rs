//! Where in a file the tensors of a network lie: whose names they have, and what stands before each.
//!
//! Wrappers and training scripts put their own words before every name (`module.`, `model.backbone.`, `0.`), and a file may
//! hold several sets of weights under several words (`model.`, `ema.`), or a head and a projector beside the network. No
//! list of such words is complete, so the network's own names are looked for at the end of the file's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::layout::Layout;
use super::naming::Naming;
use super::positions;
use crate::graph::{Graph, NodeId};
use crate::parameters::Parameter;
use crate::tensor::Tensor;

/// Most words before a name that are taken for a prefix.
const MOST_WORDS: usize = 16;
/// Words for weights that are an average of others: what their authors measured with, and better ones mostly.
const AVERAGES: [&str; 4] = ["ema", "teacher", "swa", "averaged"];
/// Words for copies that follow a network in contrastive training and are not what is kept of it.
const FOLLOWERS: [&str; 4] = ["k", "key", "target", "momentum"];

/// A set of tensors that may be a network's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) naming: Naming,
    /// What stands before each name, with its last `.` or `/`; often nothing.
    pub(super) prefix: String,
    /// How many parameters of the network, but for the classifier, are there with their shape.
    pub(super) held: usize,
    /// How many are there by name.
    named: usize,
}

impl Location {
    /// Where a file is that has no name of the network.
    pub(super) fn nowhere() -> Self {
        Self { naming: Naming::Torchvision, prefix: String::new(), held: 0, named: 0 }
    }

    /// What the file may call a parameter of the node `node`, the likeliest first, and its layout there.
    pub(super) fn names(&self, node: &str, parameter: &Parameter) -> (Vec<String>, Layout) {
        let (names, layout) = self.naming.foreign(node, parameter);
        (names.into_iter().map(|name| format!("{}{name}", self.prefix)).collect(), layout)
    }
}

/// All sets of tensors that have names of `graph`, the best one first: that which holds the most parameters; of equal ones
/// an average, and a copy that follows another last; then that with the fewest words before its names.
pub(super) fn locations(
    graph: &Graph,
    parameters: &[Parameter],
    classifier: NodeId,
    tensors: &BTreeMap<String, Tensor>,
) -> Vec<Location> {
    let mut found = Vec::new();
    for naming in Naming::ALL {
        let mut wanted: HashMap<String, (usize, Layout)> = HashMap::new();
        for (index, parameter) in parameters.iter().enumerate() {
            let (names, layout) = naming.foreign(&graph.nodes[parameter.node].name, parameter);
            let is_wanted = parameter.node != classifier;
            wanted.extend(names.into_iter().filter(|_| is_wanted).map(|name| (name, (index, layout))));
        }
        let mut places: BTreeMap<&str, (BTreeSet<usize>, BTreeSet<usize>)> = BTreeMap::new();
        for (name, tensor) in tensors {
            for (prefix, rest) in splits(name) {
                let Some(&(index, layout)) = wanted.get(rest) else { continue };
                let (held, named) = places.entry(prefix).or_default();
                named.insert(index);
                let parameter = &parameters[index];
                if positions::fits(&graph.nodes[parameter.node], parameter, &layout.ours(&tensor.shape)) {
                    held.insert(index);
                }
            }
        }
        found.extend(places.into_iter().map(|(prefix, (held, named))| Location {
            naming,
            prefix: prefix.to_owned(),
            held: held.len(),
            named: named.len(),
        }));
    }
    found.sort_by_cached_key(|location| {
        let words = words(&location.prefix);
        let is_any = |known: &[&str]| words.iter().any(|word| known.contains(word));
        let rank = if is_any(&AVERAGES) {
            0
        } else if is_any(&FOLLOWERS) {
            2
        } else {
            1
        };
        let depth = location.prefix.matches(['.', '/']).count();
        (Reverse(location.held), Reverse(location.named), rank, depth, location.prefix.clone())
    });
    found
}

/// The ways to read a name as a prefix and a name of a network.
fn splits(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends = name.match_indices(['.', '/']).map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).take(MOST_WORDS).map(|at| name.split_at(at))
}

/// Words of a prefix: `state_dict_ema.` has the three `state`, `dict` and `ema`.
fn words(prefix: &str) -> Vec<&str> {
    prefix.split(['.', '/', '_']).filter(|word| !word.is_empty()).collect()
}

/// Whether `key`, one word or several with points between, stands before the name of a tensor.
pub(super) fn lies_under(name: &str, key: &str) -> bool {
    format!(".{name}").contains(&format!(".{}.", key.trim_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_every_word() {
        let found: Vec<_> = splits("a.b_c/d").collect();
        assert_eq!(found, [("", "a.b_c/d"), ("a.", "b_c/d"), ("a.b_c/", "d")]);
        assert_eq!(splits(&"a.".repeat(400)).count(), MOST_WORDS);
    }

    #[test]
    fn keys_are_whole_words() {
        for (name, key, expected) in [
            ("ema.conv1.weight", "ema", true),
            ("state.ema.conv1.weight", "ema", true),
            ("state.ema.conv1.weight", "state.ema", true),
            ("state.ema.conv1.weight", "ema.", true),
            ("schema.conv1.weight", "ema", false),
            ("ema_state.conv1.weight", "ema", false),
            ("conv1.ema", "ema", false),
        ] {
            assert_eq!(lies_under(name, key), expected, "{name} {key}");
        }
    }
}
