//! Why a classifier cannot be exported.

use foliar_nn::{GraphError, StateError};
use thiserror::Error;

/// Why a classifier cannot be exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The network is malformed, or does not fit the size of its input.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The weights do not fit the network.
    #[error("the weights do not fit the network: {0}")]
    State(#[from] StateError),
    /// The detector of photos unlike the training photos was fitted to other features than the network has.
    #[error(
        "the out-of-distribution detector takes {expected} features, the network has {found}; train again"
    )]
    Features {
        /// Channels before the classifier.
        found: usize,
        /// What the detector was fitted to.
        expected: usize,
    },
    /// The format has no operation for a layer.
    #[error("TFLite files of networks with {op} (layer {node}) are not written; export with --format onnx")]
    Unsupported {
        /// The layer.
        node: String,
        /// What it does.
        op: &'static str,
    },
    /// A weight is not a finite number, or is none once batch norm is folded into it.
    #[error("{tensor} holds a weight that is not a finite number; train again")]
    NotFinite {
        /// The tensor.
        tensor: String,
    },
    /// A weight is beyond the range of half precision.
    #[error("{tensor} holds {value}, and half precision ends at 65504; export with --weights f32")]
    Half {
        /// The tensor.
        tensor: String,
        /// The weight.
        value: f32,
    },
    /// A file of more than 2 GiB, which no reader of the format takes.
    #[error("the file would have {bytes} bytes; readers take at most 2147483647; export with --weights f16")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// A page that is too large for browsers.
    #[error(
        "the page would have {} MB, and browsers open at most {} MB; export with --weights f16, or train a smaller network",
        bytes / 1_000_000, limit / 1_000_000
    )]
    LargePage {
        /// Its bytes.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A bundle, a picture or a part of the page that cannot be written; no classifier causes this.
    #[error("the page cannot be written: {0}")]
    Page(String),
    /// A document that cannot be written; no classifier causes this.
    #[error("the description cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// Tensors that cannot be written; no classifier causes this.
    #[error("the tensors cannot be written: {0}")]
    Tensors(#[from] safetensors::SafeTensorError),
}
