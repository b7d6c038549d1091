//! What can go wrong with weight files.

use std::fmt;

use thiserror::Error;

use super::naming::Naming;
use crate::error::GraphError;

/// A weight file that cannot be read.
#[derive(Debug, Error, PartialEq)]
pub enum WeightsError {
    /// Neither safetensors nor PyTorch.
    #[error("this file is {found}; weights are read from safetensors and from PyTorch's .pth and .pt files")]
    Format {
        /// What it seems to be.
        found: &'static str,
    },
    /// The bytes contradict themselves, or some are missing.
    #[error("damaged {part}: {what}; copy or download the file again")]
    Damaged {
        /// Which part of the file.
        part: &'static str,
        /// The contradiction.
        what: String,
    },
    /// A pickle that asks for more than tensors and containers. It was not obeyed.
    #[error(
        "refused: at byte {position} of its pickle the file asks for {asked} (opcode {opcode}). Only tensors and containers \
         are read and nothing is executed; in PyTorch, save `model.state_dict()` alone, or write safetensors"
    )]
    Refused {
        /// Name of the opcode, as Python's `pickletools` has it.
        opcode: &'static str,
        /// What it asked for, such as the global `os.system`.
        asked: String,
        /// Where in the pickle.
        position: usize,
    },
    /// Nothing lies under the key that was asked for.
    #[error("no tensor of the file lies under `{}`; there are {known}", key.escape_debug())]
    NoKey {
        /// The key.
        key: String,
        /// What lies in the file.
        known: String,
    },
    /// More than is sensible in a weight file.
    #[error("refused: {what} is more than the {limit} that is accepted")]
    TooMuch {
        /// What there is, and how much of it.
        what: String,
        /// The bound, with its unit.
        limit: String,
    },
    /// One tensor at fault.
    #[error("tensor `{}`: {what}", name.escape_debug())]
    Tensor {
        /// Its name in the file.
        name: String,
        /// The fault.
        what: String,
    },
    /// Sound, but not a state dict.
    #[error("no state dict was found: {found}; in PyTorch, save `model.state_dict()`")]
    NoWeights {
        /// What there is instead.
        found: String,
    },
}

/// Weights that do not fit a graph: every tensor at fault.
#[derive(Debug, Error, PartialEq)]
pub enum FitError {
    /// The graph itself cannot be laid out.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Some tensors are missing, of another shape or broken. Shown in at most five lines, of which the last one says what
    /// follows.
    #[error(
        "the weights do not fit `{model}`: {fitting} of {wanted} tensors fit ({naming} names{}){}\n{conclusion}",
        Under(prefix),
        Lines(mismatches)
    )]
    Mismatch {
        /// Name of the graph.
        model: String,
        /// Whose names the file was taken to have.
        naming: Naming,
        /// What was taken to stand before each name.
        prefix: String,
        /// Number of tensors that fit.
        fitting: usize,
        /// Number of tensors that the graph has.
        wanted: usize,
        /// All that are at fault, in the order of the graph.
        mismatches: Vec<Mismatch>,
        /// What follows.
        conclusion: Conclusion,
    },
}

/// What follows from weights that do not fit.
#[derive(Clone, Debug, PartialEq)]
pub enum Conclusion {
    /// They are another network's, of this name.
    Network(&'static str),
    /// None has a name that the network knows; some of the file's names.
    Foreign(Vec<String>),
    /// All that are there fit.
    Incomplete,
    /// Some are there with another shape.
    Variant,
    /// Some are not numbers.
    Broken,
}

impl Conclusion {
    /// What follows if `fitting` tensors fit and `mismatches` do not; `other` is the network that the file fills, `few` are some
    /// of its names.
    pub(super) fn of(
        other: Option<&'static str>,
        fitting: usize,
        mismatches: &[Mismatch],
        few: Vec<String>,
    ) -> Self {
        let missing = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Missing { .. });
        let shape = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Shape { .. });
        match other {
            Some(name) => Self::Network(name),
            None if fitting == 0 && mismatches.iter().all(missing) => Self::Foreign(few),
            None if mismatches.iter().any(shape) => Self::Variant,
            None if mismatches.iter().any(missing) => Self::Incomplete,
            None => Self::Broken,
        }
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(name) => write!(formatter, "these are weights of {name}; use --model {name}"),
            Self::Foreign(names) if names.is_empty() => formatter.write_str("the file holds no weights"),
            Self::Foreign(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    formatter,
                    "the names in the file are of another kind ({}, ...); save the network with the names of torchvision",
                    names.join(", ")
                )
            }
            Self::Incomplete => formatter.write_str(
                "the file holds a part of this network, or a variant that foliar does not have; save all of it",
            ),
            Self::Variant => formatter.write_str(
                "these are weights of a network with other layers, which foliar does not have; see `foliar train --help` for those that it has",
            ),
            Self::Broken => formatter.write_str("the training that made the file diverged; take an earlier checkpoint"),
        }
    }
}

/// One tensor that does not fit.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Mismatch {
    /// The file does not hold it.
    #[error("`{name}` {expected:?} is missing; the file would call it `{foreign}`")]
    Missing {
        /// Name in the graph.
        name: String,
        /// Name that was looked for in the file.
        foreign: String,
        /// Shape in the graph.
        expected: Vec<usize>,
    },
    /// It has another shape.
    #[error("`{name}` is {expected:?} in the network; `{foreign}` is {found:?} in the file")]
    Shape {
        /// Name in the graph.
        name: String,
        /// Name in the file.
        foreign: String,
        /// Shape in the graph.
        expected: Vec<usize>,
        /// Shape in the file, as it stands there.
        found: Vec<usize>,
    },
    /// Some of its numbers are not numbers, or infinite.
    #[error("`{name}` has {count} values in the file (`{foreign}`) that are not finite")]
    NotFinite {
        /// Name in the graph.
        name: String,
        /// Name in the file.
        foreign: String,
        /// How many values.
        count: usize,
    },
}

/// What stands before each name, if anything does.
struct Under<'a>(&'a str);

impl fmt::Display for Under<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(formatter, " under `{}`", self.0) }
    }
}

/// A line for each kind of mismatch.
struct Lines<'a>(&'a [Mismatch]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.0.iter().filter_map(|mismatch| match mismatch {
            Mismatch::Missing { name, .. } => Some(name.as_str()),
            _ => None,
        });
        let missing = grouped(missing);
        if !missing.is_empty() {
            write!(formatter, "\n  missing: {missing}")?;
        }
        let kinds: [fn(&&Mismatch) -> bool; 2] = [
            |mismatch| matches!(mismatch, Mismatch::Shape { .. }),
            |mismatch| matches!(mismatch, Mismatch::NotFinite { .. }),
        ];
        for kind in kinds {
            let mut of_kind = self.0.iter().filter(kind);
            if let Some(first) = of_kind.next() {
                write!(formatter, "\n  {first}")?;
                match of_kind.count() {
                    0 => {}
                    more => write!(formatter, "; {more} more are like that")?,
                }
            }
        }
        Ok(())
    }
}

/// Groups that are named; the others are counted.
const GROUPS: usize = 4;

/// Names by the module that they belong to: `layer3.* (12), fc.bias`.
pub fn grouped<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let module = |name: &'a str| {
        // The layers of many networks all lie in one module of this name.
        let within = if name.starts_with("features.") { "features.".len() } else { 0 };
        name[within..].find('.').map_or(name, |end| &name[..within + end])
    };
    let mut groups: Vec<(&str, &str, usize)> = Vec::new();
    for name in names {
        match groups.iter_mut().find(|(group, ..)| *group == module(name)) {
            Some((.., count)) => *count += 1,
            None => groups.push((module(name), name, 1)),
        }
    }
    let words = groups.iter().take(GROUPS).map(|(group, name, count)| match count {
        1 => (*name).to_owned(),
        _ => format!("{group}.* ({count})"),
    });
    let mut words: Vec<String> = words.collect();
    let more: usize = groups.iter().skip(GROUPS).map(|(.., count)| count).sum();
    if more > 0 {
        words.push(format!("{more} more"));
    }
    words.join(", ")
}
