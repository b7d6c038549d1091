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
    /// Some tensors are missing, of another shape or broken.
    #[error("the file's weights ({naming} names) do not fit `{model}`, {} of {wanted} tensors:{}", mismatches.len(), Lines(mismatches))]
    Mismatch {
        /// Name of the graph.
        model: String,
        /// Whose names the file was taken to have.
        naming: Naming,
        /// Number of tensors that the graph has.
        wanted: usize,
        /// All that are at fault, in the order of the graph.
        mismatches: Vec<Mismatch>,
    },
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

/// One mismatch a line.
struct Lines<'a>(&'a [Mismatch]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|mismatch| write!(formatter, "\n  {mismatch}"))
    }
}
