//! A network as data: named nodes over a closed set of operations.
//!
//! A [`Graph`] holds no weights and no input size. It is what the model zoo builds, what a bundle stores, and what an
//! engine turns into a plan once the size of the photographs is known.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

use crate::error::GraphError;

/// The place of a node in [`Graph::nodes`].
pub type NodeId = usize;

/// How much zero border a window gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// The same number of pixels on all four sides, as PyTorch does.
    Explicit(usize),
    /// TensorFlow's `SAME`: as much as makes the output `ceil(input / stride)`, the smaller half first.
    Same,
}

/// A square window that slides over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sliding {
    /// Side of the window in pixels, at least 1.
    pub kernel: usize,
    /// Step in pixels, at least 1.
    pub stride: usize,
    /// Border.
    pub padding: Padding,
}

impl Sliding {
    /// A window with the same explicit padding on all sides.
    pub const fn new(kernel: usize, stride: usize, padding: usize) -> Self {
        Self { kernel, stride, padding: Padding::Explicit(padding) }
    }

    /// A window with TensorFlow's `SAME` padding.
    pub const fn same(kernel: usize, stride: usize) -> Self {
        Self { kernel, stride, padding: Padding::Same }
    }
}

/// What a node computes. Images are (n, h, w, c); a node's parameters are named after the node (`NAME.weight`, ...).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// The photographs, (n, h, w, 3). Always the first node and only there.
    Input,
    /// Dense 2-D convolution. `weight` (channels, input channels, kernel, kernel), `bias` (channels).
    Conv {
        /// Output channels.
        channels: usize,
        /// The window.
        window: Sliding,
        /// Whether there is a bias.
        bias: bool,
    },
    /// One filter a channel. `weight` (channels, 1, kernel, kernel).
    Depthwise {
        /// The window.
        window: Sliding,
    },
    /// Batch normalisation over (n, h, w) (Ioffe and Szegedy 2015). `weight`, `bias`, `running_mean`, `running_var`.
    BatchNorm {
        /// Added to the variance.
        epsilon: f32,
        /// Share of the new batch in the running statistics, as PyTorch counts it.
        momentum: f32,
    },
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// Maximum over a window; the border never wins.
    MaxPool {
        /// The window.
        window: Sliding,
    },
    /// Mean over (h, w).
    GlobalAveragePool,
    /// y = x Wᵀ + b over (n, c) with h = w = 1. `weight` (features, c), `bias` (features).
    Linear {
        /// Output features.
        features: usize,
    },
    /// Sum of two values of equal shape.
    Add,
}

impl Op {
    /// How many inputs the operation takes.
    pub fn arity(&self) -> usize {
        match self {
            Op::Input => 0,
            Op::Add => 2,
            _ => 1,
        }
    }

    /// A short word for tables.
    pub fn label(&self) -> &'static str {
        match self {
            Op::Input => "input",
            Op::Conv { .. } => "conv",
            Op::Depthwise { .. } => "depthwise",
            Op::BatchNorm { .. } => "batch norm",
            Op::Relu => "relu",
            Op::Relu6 => "relu6",
            Op::MaxPool { .. } => "max pool",
            Op::GlobalAveragePool => "global average pool",
            Op::Linear { .. } => "linear",
            Op::Add => "add",
        }
    }
}

/// One named operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique within the graph; parameters are named after it.
    pub name: String,
    /// What it computes.
    #[serde(flatten)]
    pub op: Op,
    /// The nodes whose values it takes; all of them stand before it.
    pub inputs: Vec<NodeId>,
}

/// A network without weights: nodes in topological order, the input first and the logits last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The name it is asked for by, such as `resnet50`.
    pub name: String,
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Graph {
    /// Checks what every other function relies on: names are unique, inputs stand before their users and are as many as
    /// the operation takes and distinct, the input is first, every value is used, the last node is the classifier.
    ///
    /// # Errors
    /// The first node at fault, by name. A graph read from a file is checked with this before it is used.
    pub fn validate(&self) -> Result<(), GraphError> {
        let fault = |node: &str, what: String| Err(GraphError::Malformed { node: node.to_owned(), what });
        let mut names = HashSet::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if !names.insert(node.name.as_str()) {
                return fault(&node.name, "the name occurs twice".into());
            }
            if (id == 0) != (node.op == Op::Input) {
                return fault(&node.name, "the input must be the first node and only that".into());
            }
            if node.inputs.len() != node.op.arity() {
                return fault(
                    &node.name,
                    format!("takes {} inputs, has {}", node.op.arity(), node.inputs.len()),
                );
            }
            if node.inputs.iter().any(|&input| input >= id) {
                return fault(&node.name, "an input does not stand before it".into());
            }
            if node.inputs.len() == 2 && node.inputs[0] == node.inputs[1] {
                return fault(&node.name, "both inputs are the same value".into());
            }
        }
        let uses = self.uses();
        if let Some(unused) = (0..self.nodes.len().saturating_sub(1)).find(|&id| uses[id] == 0) {
            return fault(&self.nodes[unused].name, "nothing uses its value".into());
        }
        match self.nodes.last() {
            Some(Node { op: Op::Linear { features }, .. }) if *features >= 2 => Ok(()),
            Some(last) => {
                fault(&last.name, "the last node must be a linear classifier of at least 2 classes".into())
            }
            None => fault("", "the graph is empty".into()),
        }
    }

    /// Width of the last node: the number of classes. 0 for an empty graph.
    pub fn classes(&self) -> usize {
        match self.nodes.last().map(|node| node.op) {
            Some(Op::Linear { features }) => features,
            _ => 0,
        }
    }

    /// For each node, how many others take its value.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len()];
        for input in self.nodes.iter().flat_map(|node| &node.inputs) {
            uses[*input] += 1;
        }
        uses
    }
}
