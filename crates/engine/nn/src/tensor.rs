//! Named tensors: the form in which weights leave and enter an engine.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::StateError;

/// Numbers with a shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of the dimensions, outermost first.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values.
    pub data: Vec<f32>,
}

/// Everything that an engine changes while it trains.
///
/// Weights bear the graph's names (`layer1.0.conv1.weight`, torchvision's for the ResNets) and PyTorch's shapes:
/// convolutions (out, in, kh, kw), classifiers (out, in). Running statistics end in `running_mean` and `running_var`.
/// Slots of the optimiser are `optimizer.SLOT.NAME` and moving averages `average.NAME`, of the shape of the tensor that they
/// belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict {
    /// The tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// Optimiser steps taken so far.
    pub steps: u64,
}

/// What the names of the optimiser's tensors begin with.
pub const OPTIMIZER_PREFIX: &str = "optimizer.";
/// What the names of the moving averages of weights and running statistics begin with.
pub const AVERAGE_PREFIX: &str = "average.";

/// The bytes of `values` as files hold them, little-endian, four each.
#[must_use]
pub fn little_endian(values: &[f32]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(bytemuck::cast_slice(values));
    }
    Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// The values whose little-endian `bytes` these are; what is left at the end of fewer than four bytes is not one.
#[must_use]
pub fn from_little_endian(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

impl StateDict {
    /// The weights and running statistics alone, averaged where averages are kept: what prediction needs.
    pub fn outcome(self) -> StateDict {
        let mut tensors = BTreeMap::new();
        let mut averages = Vec::new();
        for (name, tensor) in self.tensors {
            match name.strip_prefix(AVERAGE_PREFIX) {
                Some(averaged) => averages.push((averaged.to_owned(), tensor)),
                None if name.starts_with(OPTIMIZER_PREFIX) => {}
                None => drop(tensors.insert(name, tensor)),
            }
        }
        tensors.extend(averages);
        StateDict { tensors, steps: self.steps }
    }

    /// The tensors whose names `known` does not have, and those whose names it has: the frozen part of a network and the part
    /// that an engine in state `known` runs.
    pub fn divide(self, known: &StateDict) -> (StateDict, StateDict) {
        let steps = self.steps;
        let (ours, rest) = self.tensors.into_iter().partition(|(name, _)| known.tensors.contains_key(name));
        (StateDict { tensors: rest, steps }, StateDict { tensors: ours, steps })
    }

    /// Checks that there is a tensor of this name and shape.
    ///
    /// # Errors
    /// [`StateError::Missing`] or [`StateError::Shape`].
    pub fn require(&self, name: &str, shape: &[usize]) -> Result<(), StateError> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(StateError::Missing { name: name.to_owned(), shape: shape.to_vec() });
        };
        if tensor.shape != shape || tensor.data.len() != shape.iter().product::<usize>() {
            let (got, expected) = (tensor.shape.clone(), shape.to_vec());
            return Err(StateError::Shape { name: name.to_owned(), got, expected });
        }
        Ok(())
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.tensors.values().all(|tensor| tensor.data.iter().all(|value| value.is_finite()))
    }
}
