//! What can go wrong in this crate.

use thiserror::Error;

/// A graph that cannot be run.
#[derive(Debug, Error, PartialEq)]
pub enum GraphError {
    /// No network of this name.
    #[error("there is no model `{name}`; known are {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// All that there are, separated by commas.
        known: String,
    },
    /// Fewer than two classes.
    #[error("a classifier needs at least 2 classes, not {0}")]
    TooFewClasses(usize),
    /// A node that breaks a rule of the graph.
    #[error("node `{node}`: {what}")]
    Malformed {
        /// Name of the node.
        node: String,
        /// The rule.
        what: String,
    },
    /// The image is too small for the node's window, or too large to count.
    #[error(
        "node `{node}`: an input of {height} x {width} does not fit; use larger images (32 pixels or more)"
    )]
    Size {
        /// Name of the node.
        node: String,
        /// Rows that reach the node.
        height: usize,
        /// Columns that reach the node.
        width: usize,
    },
    /// More values or weights than can be counted.
    #[error("node `{node}`: with it the network has more numbers than can be counted")]
    TooLarge {
        /// Name of the node.
        node: String,
    },
    /// More memory than there is.
    #[error(
        "the network takes {mib} MiB of memory, which the machine does not have; use smaller images or batches"
    )]
    Memory {
        /// What it takes, in MiB.
        mib: usize,
    },
}

/// A step that could not be done.
#[derive(Debug, Error, PartialEq)]
pub enum EngineError {
    /// More photographs than the engine was planned for, or none.
    #[error("a batch of {got} photographs does not fit an engine planned for 1 to {planned}")]
    BatchSize {
        /// Photographs in the batch.
        got: usize,
        /// The largest batch that was planned.
        planned: usize,
    },
    /// The number of values is not batch x size x size x 3.
    #[error("the images hold {got} values where {expected} were expected")]
    ImageLength {
        /// Values given.
        got: usize,
        /// Values needed.
        expected: usize,
    },
    /// A label outside of the classes.
    #[error("label {label} of photograph {index} of the batch is not below the number of classes, {classes}")]
    Label {
        /// Position in the batch.
        index: usize,
        /// The label.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// Class weights of the wrong number.
    #[error("{got} class weights were given for {classes} classes")]
    ClassWeights {
        /// Weights given.
        got: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Sets of classes of the wrong number of values, or with weights of classes.
    #[error("sets of classes hold {got} values for {classes} classes, and take no class weights")]
    Sets {
        /// Values given.
        got: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Other halves of mixed photographs of the wrong number.
    #[error("{got} labels were given of what {photographs} photographs are mixed with")]
    Mixture {
        /// Labels given.
        got: usize,
        /// Photographs in the batch.
        photographs: usize,
    },
    /// Mixed photographs of which a teacher speaks.
    #[error("a teacher speaks of photographs as they are, and these are mixed")]
    TaughtMixture,
    /// Weights of the outputs of the wrong number.
    #[error("{got} weights were given for {expected} outputs")]
    OutputWeights {
        /// Weights given.
        got: usize,
        /// Photographs x outputs.
        expected: usize,
    },
    /// The engine was planned for prediction only.
    #[error("this engine was planned for prediction, not for training")]
    NotTrainable,
}

/// A network that cannot be looked into.
#[derive(Debug, Error, PartialEq)]
pub enum ProbeError {
    /// It cannot be cut there, or the photographs do not fit.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The weights are not those of the network.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A network that cannot be made ready to predict.
#[derive(Debug, Error, PartialEq)]
pub enum PredictionError {
    /// It is malformed, or the photographs do not fit.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The weights are not those of the network.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Named tensors that do not fit the network.
#[derive(Debug, Error, PartialEq)]
pub enum StateError {
    /// A tensor that the network needs is not there.
    #[error("tensor `{name}` of shape {shape:?} is missing")]
    Missing {
        /// Name of the tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A tensor that the network does not know.
    #[error("tensor `{name}` belongs to no part of the network")]
    Unexpected {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor of another shape.
    #[error("tensor `{name}` has shape {got:?} where the network has {expected:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the state.
        got: Vec<usize>,
        /// Shape in the network.
        expected: Vec<usize>,
    },
}
