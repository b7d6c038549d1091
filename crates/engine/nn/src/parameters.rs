//! The named tensors of a graph and where they lie in flat storage.
//!
//! All weights of a network stand in one flat slice, in the order of the nodes, so that an optimiser is one loop. Inside
//! it convolution weights are (out, kh, kw, in) and depthwise weights (kh, kw, channels), the order in which kernels read
//! them, and linear weights over images (out, h, w, in); outside, in a [`crate::StateDict`], every tensor has PyTorch's shape.

use std::ops::Range;

use foliar_kernels::Nhwc;
use foliar_kernels::shape::MOST_VALUES;

use crate::error::GraphError;
use crate::graph::{Graph, NodeId, Op};

/// What a tensor is for; initialisation and weight decay depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weight of a dense or a grouped convolution.
    ConvWeight,
    /// Weight of a depthwise convolution.
    DepthwiseWeight,
    /// Weight of a linear layer.
    LinearWeight,
    /// Bias of a convolution or linear layer.
    Bias,
    /// Scale of a batch norm or layer norm.
    NormScale,
    /// Shift of a batch norm or layer norm.
    NormShift,
    /// Factors of channels.
    ChannelScale,
    /// What is added to channels, alone.
    ChannelShift,
    /// Learned tokens.
    Token,
    /// What is added to the places of a list of tokens.
    Position,
    /// Running mean of a batch norm; not trained.
    RunningMean,
    /// Running variance of a batch norm; not trained.
    RunningVariance,
}

impl Role {
    /// Whether gradients are computed for it.
    pub fn is_trained(self) -> bool {
        !matches!(self, Role::RunningMean | Role::RunningVariance)
    }
}

/// Name of a tensor of the node `node`: `NODE.SUFFIX`, or the node's own where there is no suffix. PyTorch's attention writes
/// `in_proj_weight` where others would have `in_proj.weight`, and so is it here.
#[must_use]
pub fn tensor_name(node: &str, suffix: &str) -> String {
    match suffix {
        "" => node.to_owned(),
        _ if node.ends_with(".in_proj") => format!("{node}_{suffix}"),
        _ => format!("{node}.{suffix}"),
    }
}

/// One named tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name in a [`crate::StateDict`].
    pub name: String,
    /// The node that it belongs to.
    pub node: NodeId,
    /// What it is for.
    pub role: Role,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// Pixels of the photograph that a linear weight takes whole, (c, h w) in PyTorch's order; 1 for all other tensors.
    pub pixels: usize,
    /// Where it lies: in the flat weights if it is trained, else in the flat buffers.
    pub range: Range<usize>,
}

/// Every tensor of a network.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// In the order of the nodes.
    pub list: Vec<Parameter>,
    /// Number of trained values.
    pub trained_len: usize,
    /// Number of values of running statistics.
    pub buffers_len: usize,
}

impl Parameters {
    /// Lists the tensors of `graph`, whose values have the given `shapes`.
    ///
    /// # Errors
    /// [`GraphError::TooLarge`] if they hold more numbers than can be counted.
    pub fn new(graph: &Graph, shapes: &[Nhwc]) -> Result<Self, GraphError> {
        let mut all = Self::default();
        for (id, node) in graph.nodes.iter().enumerate() {
            let input = node.inputs.first().map(|&input| shapes[input]);
            let inputs = input.map_or(0, |shape| shape.c());
            match node.op {
                Op::Conv { channels, window, bias } => {
                    let shape = vec![channels, inputs, window.kernel, window.kernel];
                    all.push(&node.name, "weight", id, Role::ConvWeight, shape)?;
                    if bias {
                        all.push(&node.name, "bias", id, Role::Bias, vec![channels])?;
                    }
                }
                Op::GroupedConv { channels, groups, window } => {
                    let shape = vec![channels, inputs / groups.max(1), window.kernel, window.kernel];
                    all.push(&node.name, "weight", id, Role::ConvWeight, shape)?;
                }
                Op::Depthwise { window } => {
                    let shape = vec![inputs, 1, window.kernel, window.kernel];
                    all.push(&node.name, "weight", id, Role::DepthwiseWeight, shape)?;
                }
                Op::BatchNorm { .. } => {
                    all.push(&node.name, "weight", id, Role::NormScale, vec![inputs])?;
                    all.push(&node.name, "bias", id, Role::NormShift, vec![inputs])?;
                    all.push(&node.name, "running_mean", id, Role::RunningMean, vec![inputs])?;
                    all.push(&node.name, "running_var", id, Role::RunningVariance, vec![inputs])?;
                }
                Op::Linear { features } => {
                    let pixels = input.map_or(1, |shape| shape.h() * shape.w());
                    let shape = vec![features, inputs * pixels];
                    all.push(&node.name, "weight", id, Role::LinearWeight, shape)?;
                    if let Some(weight) = all.list.last_mut() {
                        weight.pixels = pixels;
                    }
                    all.push(&node.name, "bias", id, Role::Bias, vec![features])?;
                }
                Op::PixelLinear { features } => {
                    all.push(&node.name, "weight", id, Role::LinearWeight, vec![features, inputs])?;
                    all.push(&node.name, "bias", id, Role::Bias, vec![features])?;
                }
                Op::LayerNorm { .. } => {
                    all.push(&node.name, "weight", id, Role::NormScale, vec![inputs])?;
                    all.push(&node.name, "bias", id, Role::NormShift, vec![inputs])?;
                }
                // torchvision's have two dimensions more, which say nothing.
                Op::ChannelScale { .. } if node.name.ends_with(".layer_scale") => {
                    all.push(&node.name, "", id, Role::ChannelScale, vec![inputs, 1, 1])?;
                }
                Op::ChannelScale { .. } => {
                    all.push(&node.name, "", id, Role::ChannelScale, vec![inputs])?;
                }
                Op::ChannelShift => all.push(&node.name, "", id, Role::ChannelShift, vec![inputs])?,
                Op::Token { count, .. } => {
                    all.push(&node.name, "", id, Role::Token, vec![1, count, inputs])?;
                }
                Op::PositionEmbedding { .. } => {
                    let places = input.map_or(0, |shape| shape.h() * shape.w());
                    all.push(&node.name, "", id, Role::Position, vec![1, places, inputs])?;
                }
                _ => {}
            }
        }
        Ok(all)
    }

    fn push(
        &mut self,
        node: &str,
        suffix: &str,
        id: NodeId,
        role: Role,
        shape: Vec<usize>,
    ) -> Result<(), GraphError> {
        let end = if role.is_trained() { &mut self.trained_len } else { &mut self.buffers_len };
        let len = shape.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent));
        let sum = len.and_then(|len| end.checked_add(len)).filter(|&sum| sum <= MOST_VALUES);
        let Some(sum) = sum else { return Err(GraphError::TooLarge { node: node.to_owned() }) };
        let range = *end..sum;
        *end = sum;
        self.list.push(Parameter {
            name: tensor_name(node, suffix),
            node: id,
            role,
            shape,
            pixels: 1,
            range,
        });
        Ok(())
    }

    /// The range of the tensor of `node` in this role, if there is one.
    pub fn range(&self, node: NodeId, role: Role) -> Option<Range<usize>> {
        self.list.iter().find(|p| p.node == node && p.role == role).map(|p| p.range.clone())
    }
}

impl Parameter {
    /// Copies `outside`, in PyTorch's order, to `inside`, in the order of the kernels.
    ///
    /// # Panics
    /// If either slice is not of the parameter's length.
    pub fn pack(&self, outside: &[f32], inside: &mut [f32]) {
        self.permute(|out, within| inside[within] = outside[out]);
    }

    /// The inverse of [`Parameter::pack`].
    ///
    /// # Panics
    /// If `inside` is not of the parameter's length.
    pub fn unpack(&self, inside: &[f32]) -> Vec<f32> {
        let mut outside = vec![0.0; inside.len()];
        self.permute(|out, within| outside[out] = inside[within]);
        outside
    }

    /// Calls `visit(index in PyTorch's order, index in the order of the kernels)` for each value.
    fn permute(&self, mut visit: impl FnMut(usize, usize)) {
        match (self.role, &self.shape[..]) {
            (Role::ConvWeight, &[channels, inputs, height, width]) => {
                let mut outside = 0;
                for channel in 0..channels {
                    for input in 0..inputs {
                        for pixel in 0..height * width {
                            visit(outside, (pixel * inputs + input) * channels + channel);
                            outside += 1;
                        }
                    }
                }
            }
            (Role::DepthwiseWeight, &[channels, 1, height, width]) => {
                for channel in 0..channels {
                    for pixel in 0..height * width {
                        visit(channel * height * width + pixel, pixel * channels + channel);
                    }
                }
            }
            (Role::LinearWeight, &[features, inputs]) => {
                let channels = inputs / self.pixels;
                let mut outside = 0;
                for feature in 0..features {
                    for channel in 0..channels {
                        for pixel in 0..self.pixels {
                            visit(outside, (pixel * channels + channel) * features + feature);
                            outside += 1;
                        }
                    }
                }
            }
            _ => (0..self.range.len()).for_each(|index| visit(index, index)),
        }
    }
}
