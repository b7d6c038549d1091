//! A network as data: named nodes over a closed set of operations.
//!
//! A [`Graph`] holds no weights and no input size. It is what the model zoo builds, what a bundle stores, and what an
//! engine turns into a plan once the size of the photographs is known.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

use crate::error::GraphError;

/// Most nodes of a graph.
const MOST_NODES: usize = 1 << 14;
/// Most channels or features of a node.
const MOST_CHANNELS: usize = 1 << 16;
/// Largest side of a window, stride or pooled image, in pixels.
const MOST_PIXELS: usize = 1 << 10;
/// Most tokens of a photograph.
const MOST_TOKENS: usize = 1 << 14;
/// Largest side of a window of maximum pooling, in pixels.
const MOST_POOLED: usize = 15;

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

    /// What is wrong with the window, if anything is; its side may be `most` pixels.
    fn fault(&self, most: usize) -> Option<String> {
        if !(1..=most).contains(&self.kernel) || !(1..=MOST_PIXELS).contains(&self.stride) {
            return Some(format!("a window's kernel must be 1 to {most} and its stride 1 to {MOST_PIXELS}"));
        }
        match self.padding {
            Padding::Explicit(border) if border >= self.kernel => {
                Some(format!("a padding of {border} is not below the kernel of {}", self.kernel))
            }
            _ => None,
        }
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
    /// What another graph has computed, (n, height, width, channels), in the place of photographs.
    Features {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels.
        channels: usize,
    },
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
    /// A convolution of which each group of neighbouring outputs sees one group of inputs. `weight` (channels, input channels /
    /// groups, kernel, kernel).
    GroupedConv {
        /// Output channels.
        channels: usize,
        /// Groups, which divide the channels of input and output.
        groups: usize,
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
    /// x σ(x) with the logistic function σ.
    Silu,
    /// σ(x) = 1 / (1 + exp(-x)).
    Sigmoid,
    /// min(max(x + 3, 0), 6) / 6.
    HardSigmoid,
    /// x min(max(x + 3, 0), 6) / 6.
    HardSwish,
    /// While training, 0 with the probability `rate`, else x / (1 - rate); otherwise x. Which ones are 0 depends on the
    /// engine's seed, the step, the node and the place of the number alone.
    Dropout {
        /// In [0, 1).
        rate: f32,
    },
    /// While training, 0 for all of a photograph with the probability `rate`, else x / (1 - rate); otherwise x. Which ones are 0
    /// depends on the engine's seed, the step, the node and the place of the photograph in the batch alone.
    StochasticDepth {
        /// In [0, 1).
        rate: f32,
    },
    /// Maximum over a window; the border never wins.
    MaxPool {
        /// The window.
        window: Sliding,
        /// Whether windows that reach beyond the border below and to the right are taken too.
        #[serde(default)]
        ceil: bool,
    },
    /// Mean over a window, in which a border counts as zeros.
    AveragePool {
        /// The window.
        window: Sliding,
    },
    /// Mean over windows that make (n, size, size, c) of any image, as PyTorch's `AdaptiveAvgPool2d` cuts them.
    AdaptiveAveragePool {
        /// Rows and columns of the value, at least 1.
        size: usize,
    },
    /// Mean over (h, w).
    GlobalAveragePool,
    /// y = x Wᵀ + b over all numbers of a photograph, whose order in `weight` is PyTorch's, (c, h, w).
    /// `weight` (features, c h w), `bias` (features).
    Linear {
        /// Output features.
        features: usize,
    },
    /// y = x Wᵀ + b over the channels of each place. `weight` (features, channels), `bias` (features).
    PixelLinear {
        /// Output channels.
        features: usize,
    },
    /// Layer normalisation over the channels of each place (Ba, Kiros and Hinton 2016). `weight`, `bias`.
    LayerNorm {
        /// Added to the variance.
        epsilon: f32,
    },
    /// x Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016), exactly.
    Gelu,
    /// A factor for each channel (layer scale, Touvron et al. 2021). Its tensor, (channels), bears the node's name.
    ChannelScale {
        /// What the factors begin with.
        initial: f32,
    },
    /// A number that is added to each channel. Its tensor, (channels), bears the node's name.
    ChannelShift,
    /// Attention of all places to all (Vaswani et al. 2017) over the channels of queries, keys and values, side by side; each
    /// head has neighbouring channels. The value has a third of the channels.
    Attention {
        /// Number of heads.
        heads: usize,
    },
    /// The places of an image as a list of tokens, (n, 1, places, c), with learned ones put in. Their tensor, (1, count, c),
    /// bears the node's name.
    Token {
        /// How many are put in, at least 1.
        count: usize,
        /// How many tokens stay before them.
        after: usize,
    },
    /// A number for each channel of each place is added. The tensor, (1, places, c), bears the node's name.
    PositionEmbedding {
        /// The first tokens that are no places of the picture.
        extra: usize,
    },
    /// One token of a list: (n, 1, 1, c).
    PickToken {
        /// Its place, from 0.
        place: usize,
    },
    /// √(max(x, 0) / m) with the mean m of a place's max(x, 0) over the channels: the square root of each channel's share, times √c
    /// (Arandjelović and Zisserman 2012, section 2).
    Hellinger,
    /// Sum of two values of equal shape.
    Add,
    /// The channels of the first input, then those of the second.
    Concat,
    /// The first input times the second, which has one number for each photograph and channel: (n, 1, 1, c).
    Scale,
}

impl Op {
    /// How many inputs the operation takes.
    pub fn arity(&self) -> usize {
        match self {
            Op::Input | Op::Features { .. } => 0,
            Op::Add | Op::Concat | Op::Scale => 2,
            _ => 1,
        }
    }

    /// Whether it is a convolution that multiplies each pixel by a matrix and does nothing else.
    pub(crate) fn is_pointwise(&self) -> bool {
        let Op::Conv { window, bias: false, .. } = self else { return false };
        let padded = !matches!(window.padding, Padding::Same | Padding::Explicit(0));
        window.kernel == 1 && window.stride == 1 && !padded
    }

    /// What is wrong with the operation's own numbers, if anything is. The bounds are far above what any network needs and
    /// keep sizes within `usize`.
    fn fault(&self) -> Option<String> {
        let checks: &[(&str, usize, std::ops::RangeInclusive<usize>)] = match self {
            Op::Conv { channels, .. } => &[("channels", *channels, 1..=MOST_CHANNELS)],
            Op::GroupedConv { channels, groups, .. } => {
                &[("channels", *channels, 1..=MOST_CHANNELS), ("groups", *groups, 1..=*channels)]
            }
            Op::Linear { features } => &[("features", *features, 1..=MOST_CHANNELS)],
            Op::PixelLinear { features } => &[("features", *features, 1..=MOST_CHANNELS)],
            Op::Attention { heads } => &[("heads", *heads, 1..=MOST_CHANNELS)],
            Op::Token { count, after } => {
                &[("count", *count, 1..=MOST_PIXELS), ("after", *after, 0..=MOST_PIXELS)]
            }
            Op::PositionEmbedding { extra } => &[("extra", *extra, 0..=MOST_PIXELS)],
            Op::PickToken { place } => &[("place", *place, 0..=MOST_TOKENS)],
            Op::AdaptiveAveragePool { size } => &[("size", *size, 1..=MOST_PIXELS)],
            Op::Features { height, width, channels } => &[
                ("height", *height, 1..=MOST_PIXELS),
                ("width", *width, 1..=MOST_TOKENS),
                ("channels", *channels, 1..=MOST_CHANNELS),
            ],
            _ => &[],
        };
        if let Some((name, value, range)) = checks.iter().find(|(_, value, range)| !range.contains(value)) {
            return Some(format!("{name} must be {} to {}, not {value}", range.start(), range.end()));
        }
        match *self {
            Op::Conv { window, .. }
            | Op::GroupedConv { window, .. }
            | Op::Depthwise { window }
            | Op::AveragePool { window } => window.fault(MOST_PIXELS),
            // The kernels remember a position within the window in one byte.
            Op::MaxPool { window, .. } => window.fault(MOST_POOLED),
            Op::BatchNorm { epsilon, momentum } => {
                let good = epsilon.is_finite() && epsilon > 0.0 && (0.0..=1.0).contains(&momentum);
                (!good).then(|| "epsilon must be above 0 and momentum 0 to 1".to_owned())
            }
            Op::LayerNorm { epsilon } => {
                let good = epsilon.is_finite() && epsilon > 0.0;
                (!good).then(|| "epsilon must be above 0".to_owned())
            }
            Op::ChannelScale { initial } => {
                (!initial.is_finite()).then(|| "what factors begin with must be a finite number".to_owned())
            }
            Op::Dropout { rate } => {
                let good = (0.0..1.0).contains(&rate);
                (!good).then(|| format!("a rate of dropout is in [0, 1), not {rate}"))
            }
            Op::StochasticDepth { rate } => {
                let good = (0.0..1.0).contains(&rate);
                (!good).then(|| format!("a rate of stochastic depth is in [0, 1), not {rate}"))
            }
            _ => None,
        }
    }

    /// A short word for tables.
    pub fn label(&self) -> &'static str {
        match self {
            Op::Input => "input",
            Op::Features { .. } => "features",
            Op::Conv { .. } => "conv",
            Op::Depthwise { .. } => "depthwise",
            Op::GroupedConv { .. } => "grouped conv",
            Op::BatchNorm { .. } => "batch norm",
            Op::Relu => "relu",
            Op::Relu6 => "relu6",
            Op::Silu => "silu",
            Op::Sigmoid => "sigmoid",
            Op::HardSigmoid => "hard sigmoid",
            Op::HardSwish => "hard swish",
            Op::Dropout { .. } => "dropout",
            Op::StochasticDepth { .. } => "stochastic depth",
            Op::MaxPool { .. } => "max pool",
            Op::AveragePool { .. } => "average pool",
            Op::AdaptiveAveragePool { .. } => "adaptive average pool",
            Op::GlobalAveragePool => "global average pool",
            Op::Linear { .. } => "linear",
            Op::PixelLinear { .. } => "pixel linear",
            Op::LayerNorm { .. } => "layer norm",
            Op::Gelu => "gelu",
            Op::ChannelScale { .. } => "channel scale",
            Op::ChannelShift => "channel shift",
            Op::Attention { .. } => "attention",
            Op::Token { .. } => "token",
            Op::PositionEmbedding { .. } => "position embedding",
            Op::PickToken { .. } => "pick token",
            Op::Hellinger => "hellinger",
            Op::Add => "add",
            Op::Concat => "concat",
            Op::Scale => "scale",
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
    /// Checks that the graph is a classifier of photographs: what [`Graph::check_structure`] checks, that it begins with
    /// photographs, and that the logits come from a linear layer or from a convolution whose value is averaged.
    ///
    /// # Errors
    /// The first node at fault, by name. A graph read from a file is checked with this before it is used.
    pub fn validate(&self) -> Result<(), GraphError> {
        self.check_structure()?;
        let fault = |node: &Node, what: &str| {
            Err(GraphError::Malformed { node: node.name.clone(), what: what.to_owned() })
        };
        match &self.nodes[..] {
            [first, ..] if first.op != Op::Input => fault(first, "a classifier begins with photographs"),
            [.., last] if self.head().is_none_or(|(_, classes)| classes < 2) => fault(
                last,
                "the graph must end in a linear layer, or in the mean of a convolution, of at least 2 classes",
            ),
            _ => Ok(()),
        }
    }

    /// Checks what every other function relies on: names are unique, inputs stand before their users and are as many as
    /// the operation takes and distinct, the input is first, every value is used, and numbers lie within their ranges.
    ///
    /// # Errors
    /// The first node at fault, by name.
    pub fn check_structure(&self) -> Result<(), GraphError> {
        let fault = |node: &str, what: String| Err(GraphError::Malformed { node: node.to_owned(), what });
        if self.nodes.len() > MOST_NODES {
            return fault(&self.nodes[MOST_NODES].name, format!("a graph has at most {MOST_NODES} nodes"));
        }
        let mut names = HashSet::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if !names.insert(node.name.as_str()) {
                return fault(&node.name, "the name occurs twice".into());
            }
            if (id == 0) != (node.op.arity() == 0) {
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
            if let Some(what) = node.op.fault() {
                return fault(&node.name, what);
            }
        }
        let uses = self.uses();
        if let Some(unused) = (0..self.nodes.len().saturating_sub(1)).find(|&id| uses[id] == 0) {
            return fault(&self.nodes[unused].name, "nothing uses its value".into());
        }
        if self.nodes.is_empty() { fault("", "the graph is empty".into()) } else { Ok(()) }
    }

    /// Number of classes. 0 for a graph that [`Graph::validate`] refuses for want of a classifier.
    pub fn classes(&self) -> usize {
        self.head().map_or(0, |(_, classes)| classes)
    }

    /// The node whose parameters are the classifier: the last linear layer, or the last convolution where the logits are
    /// its mean. 0, the input, for a graph that [`Graph::validate`] refuses for want of a classifier.
    pub fn classifier(&self) -> NodeId {
        self.head().map_or(0, |(id, _)| id)
    }

    /// The classifier and its width, if the graph ends in one.
    fn head(&self) -> Option<(NodeId, usize)> {
        let last = self.nodes.len().checked_sub(1)?;
        if let Op::Linear { features } = self.nodes[last].op {
            return Some((last, features));
        }
        if self.nodes[last].op != Op::GlobalAveragePool {
            return None;
        }
        let mut id = last;
        loop {
            let node = &self.nodes[id];
            match node.op {
                Op::Conv { channels, .. } => return Some((id, channels)),
                Op::GlobalAveragePool | Op::Relu | Op::Relu6 | Op::Dropout { .. } => {
                    id = node.inputs.first().copied().filter(|&input| input < id)?;
                }
                _ => return None,
            }
        }
    }

    /// Whether there is a batch norm, whose statistics are those of photographs.
    pub fn has_batch_norm(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.op, Op::BatchNorm { .. }))
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
