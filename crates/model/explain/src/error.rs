//! What can go wrong in this crate.

use foliar_nn::{EngineError, GraphError, ProbeError};
use thiserror::Error;

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The network cannot be looked into.
    #[error("the network cannot be explained: {0}")]
    Probe(#[from] ProbeError),
    /// The network's graph has no place to look at.
    #[error("the network cannot be explained: {0}")]
    Graph(#[from] GraphError),
    /// A pass through the network failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A network of several that end in images of different sizes, or in none.
    #[error(
        "heat maps of gradients need one image late in the network, and this one has none: it was merged from several networks; use \
         --method occlusion"
    )]
    NoImage,
    /// A class that the network does not have.
    #[error("class {class} was asked for; the network tells {classes} classes apart, counted from 0")]
    Class {
        /// What was asked for.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// The network's outputs or gradients are no numbers.
    #[error("the network's outputs are not finite numbers; train again")]
    NotFinite,
}
