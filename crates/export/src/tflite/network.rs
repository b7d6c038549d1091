//! A network as TFLite operators. Images are (1, h, w, c), filters (outputs, kernel, kernel, inputs).
//!
//! An activation behind a layer whose value nothing else takes becomes part of that layer. TFLite knows two borders, none and
//! TensorFlow's `SAME`; any other one is added before the layer. Every value keeps four dimensions; logits and features lose two.

use foliar_nn::{NodeId, Op, Sliding};

use super::builder::{Builder, Value};
use super::model::{Activation, Element, Kind};
use crate::answer::Outputs;
use crate::error::ExportError;
use crate::flatbuffer::{Field, Table};
use crate::ops::{Binary, Ops as _, hellinger};
use crate::weights::{Weights, means};

/// The border of a window, as its options name it.
const SAME: u8 = 0;
const VALID: u8 = 1;

/// Appends the operators of the network for `input`, (1, size, size, 3), and those of what stands before the classifier, if these
/// `features` are asked for.
///
/// # Errors
/// Weights that are no finite numbers, or not within half precision.
pub(super) fn network(
    b: &mut Builder,
    weights: &Weights<'_>,
    input: Value,
    features: bool,
) -> Result<Outputs<Value>, ExportError> {
    let graph = weights.graph;
    let mut lowering = Lowering { b, weights, fused: fused(weights) };
    let mut values: Vec<Value> = Vec::with_capacity(graph.nodes.len());
    for id in 0..graph.nodes.len() {
        lowering.b.enter(&graph.nodes[id].name);
        let value = lowering.node(id, input, &values)?;
        values.push(value);
    }
    let features = features.then(|| lowering.pooled(&values, graph.backbone()));
    let logits = lowering.pooled(&values, graph.nodes.len() - 1);
    Ok(Outputs { logits, features })
}

/// For each layer, the activation that becomes part of it, by its node.
fn fused(weights: &Weights<'_>) -> Vec<Option<NodeId>> {
    let graph = weights.graph;
    let uses = graph.uses();
    let mut fused = vec![None; graph.nodes.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (Op::Relu | Op::Relu6, &[source]) = (&node.op, &node.inputs[..]) else { continue };
        // Features are taken before the activation.
        if uses[source] != 1 || source == graph.backbone() {
            continue;
        }
        let layer = if weights.is_folded(source) { graph.nodes[source].inputs[0] } else { source };
        let op = &graph.nodes[layer].op;
        if matches!(
            op,
            Op::Conv { .. }
                | Op::GroupedConv { .. }
                | Op::Depthwise { .. }
                | Op::Linear { .. }
                | Op::Add
                | Op::BatchNorm { .. }
        ) {
            fused[layer] = Some(id);
        }
    }
    fused
}

struct Lowering<'a, 'w> {
    b: &'a mut Builder,
    weights: &'a Weights<'w>,
    fused: Vec<Option<NodeId>>,
}

impl Lowering<'_, '_> {
    /// The value of one node.
    fn node(&mut self, id: NodeId, input: Value, values: &[Value]) -> Result<Value, ExportError> {
        let weights = self.weights;
        let node = &weights.graph.nodes[id];
        let of = |place: usize| node.inputs.get(place).map_or(input, |&id| values[id]);
        let x = of(0);
        Ok(match node.op {
            // A graph that begins with features is no classifier of photos, which `Graph::validate` refuses.
            Op::Input | Op::Features { .. } | Op::Dropout { .. } | Op::StochasticDepth { .. } => x,
            Op::Conv { channels, window, bias } => self.convolution(id, x, window, channels, bias)?,
            // A convolution whose filters see fewer channels than there are is one of groups.
            Op::GroupedConv { channels, window, .. } => self.convolution(id, x, window, channels, false)?,
            Op::Depthwise { window } => self.depthwise(id, x, window)?,
            Op::BatchNorm { .. } if weights.is_folded(id) => x,
            Op::BatchNorm { .. } => self.batch_norm(id, x)?,
            Op::Relu | Op::Relu6 if self.fused.contains(&Some(id)) => x,
            Op::Relu => self.b.each(Kind::Relu, x),
            Op::Relu6 => self.b.each(Kind::Relu6, x),
            Op::Silu => {
                let gate = self.b.each(Kind::Logistic, x);
                self.b.binary(Binary::Mul, &x, &gate)
            }
            Op::Sigmoid => self.b.each(Kind::Logistic, x),
            Op::HardSigmoid => {
                let (three, sixth) = (self.b.float(3.0), self.b.float(1.0 / 6.0));
                let x = self.b.pair(Kind::Add, x, three, Activation::Relu6);
                self.b.binary(Binary::Mul, &x, &sixth)
            }
            Op::HardSwish => self.b.each(Kind::HardSwish, x),
            Op::MaxPool { window, .. } => {
                // What a border of zeros never wins against needs no lower one, which fewer runtimes know.
                let lowest = if self.is_positive(node.inputs[0]) { 0.0 } else { f32::MIN };
                self.pool(Kind::MaxPool, id, x, window, lowest)
            }
            Op::AveragePool { window } => self.pool(Kind::AveragePool, id, x, window, 0.0),
            Op::AdaptiveAveragePool { size } => self.adaptive(x, size),
            Op::GlobalAveragePool => self.b.reduce(Kind::Mean, x, &[1, 2], true),
            Op::Linear { features } => self.linear(id, x, features)?,
            Op::Hellinger => hellinger(self.b, &x, 3, weights.shapes[id].c()),
            Op::Add => self.b.pair(Kind::Add, x, of(1), self.activation(id)),
            Op::Concat => {
                let mut shape = self.b.shape(x).to_vec();
                shape[3] += self.b.shape(of(1))[3];
                let options = Table::new().int(0, 3);
                self.b.op(Kind::Concatenation, &[x, of(1)], options, Element::Float, &shape)
            }
            Op::Scale => self.b.binary(Binary::Mul, &x, &of(1)),
            Op::PixelLinear { .. }
            | Op::LayerNorm { .. }
            | Op::Gelu
            | Op::ChannelScale { .. }
            | Op::ChannelShift
            | Op::Attention { .. }
            | Op::Token { .. }
            | Op::PositionEmbedding { .. }
            | Op::PickToken { .. } => {
                return Err(ExportError::Unsupported { node: node.name.clone(), op: node.op.label() });
            }
        })
    }

    /// What becomes part of layer `id`.
    fn activation(&self, id: NodeId) -> Activation {
        match self.fused[id].map(|id| &self.weights.graph.nodes[id].op) {
            Some(Op::Relu) => Activation::Relu,
            Some(Op::Relu6) => Activation::Relu6,
            _ => Activation::None,
        }
    }

    /// Whether no number of the value can be below zero.
    fn is_positive(&self, id: NodeId) -> bool {
        let node = &self.weights.graph.nodes[id];
        match node.op {
            Op::Relu | Op::Relu6 | Op::Sigmoid | Op::HardSigmoid => true,
            Op::MaxPool { .. }
            | Op::AveragePool { .. }
            | Op::Dropout { .. }
            | Op::StochasticDepth { .. }
            | Op::Concat => node.inputs.iter().all(|&input| self.is_positive(input)),
            _ => false,
        }
    }

    fn convolution(
        &mut self,
        id: NodeId,
        x: Value,
        window: Sliding,
        channels: usize,
        bias: bool,
    ) -> Result<Value, ExportError> {
        let Sliding { kernel, stride, .. } = window;
        let (filters, mut shift) = self.weights.convolution(id, channels, bias)?;
        let inputs = match self.weights.graph.nodes[id].op {
            Op::GroupedConv { groups, .. } => self.b.shape(x)[3] / groups.max(1),
            _ => self.b.shape(x)[3],
        };
        let filters = channels_last(&filters, inputs, kernel * kernel);
        shift.resize(channels, 0.0);
        let filters = self.named(id, "weight", &[channels, kernel, kernel, inputs], &filters)?;
        let shift = self.named(id, "bias", &[channels], &shift)?;
        let (x, border) = self.bordered(id, x, window, 0.0);
        let options = Table::new()
            .with(0, Field::Byte(border))
            .int(1, stride)
            .int(2, stride)
            .with(3, Field::Byte(self.activation(id) as u8));
        let shape = self.shape(id);
        Ok(self.b.op(Kind::Conv, &[x, filters, shift], options, Element::Float, &shape))
    }

    fn depthwise(&mut self, id: NodeId, x: Value, window: Sliding) -> Result<Value, ExportError> {
        let Sliding { kernel, stride, .. } = window;
        let channels = self.b.shape(x)[3];
        let (filters, mut shift) = self.weights.convolution(id, channels, false)?;
        let filters = channels_last(&filters, channels, kernel * kernel);
        shift.resize(channels, 0.0);
        let filters = self.named(id, "weight", &[1, kernel, kernel, channels], &filters)?;
        let shift = self.named(id, "bias", &[channels], &shift)?;
        let (x, border) = self.bordered(id, x, window, 0.0);
        let options = Table::new()
            .with(0, Field::Byte(border))
            .int(1, stride)
            .int(2, stride)
            .int(3, 1)
            .with(4, Field::Byte(self.activation(id) as u8));
        let shape = self.shape(id);
        Ok(self.b.op(Kind::DepthwiseConv, &[x, filters, shift], options, Element::Float, &shape))
    }

    fn batch_norm(&mut self, id: NodeId, x: Value) -> Result<Value, ExportError> {
        let (scales, shifts) = self.weights.scale_and_shift(id)?;
        let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
        let scales = self.named(id, "scale", &[scales.len()], &single(scales))?;
        let shifts = self.named(id, "shift", &[shifts.len()], &single(shifts))?;
        let x = self.b.binary(Binary::Mul, &x, &scales);
        Ok(self.b.pair(Kind::Add, x, shifts, self.activation(id)))
    }

    /// (1, h, w, c) to (1, 1, 1, features).
    fn linear(&mut self, id: NodeId, x: Value, features: usize) -> Result<Value, ExportError> {
        let (area, channels) = match *self.b.shape(x) {
            [_, height, width, channels] => (height * width, channels),
            _ => return Ok(x),
        };
        let matrix = channels_last(self.weights.tensor(id, "weight")?, channels, area);
        let matrix = self.named(id, "weight", &[features, area * channels], &matrix)?;
        let shift = self.weights.tensor(id, "bias")?;
        let shift = self.named(id, "bias", &[features], shift)?;
        let flat = self.b.reshape(x, &[1, area * channels]);
        let options = Table::new().with(0, Field::Byte(self.activation(id) as u8));
        let inputs = [flat, matrix, shift];
        let product = self.b.op(Kind::FullyConnected, &inputs, options, Element::Float, &[1, features]);
        Ok(self.b.reshape(product, &[1, 1, 1, features]))
    }

    fn pool(&mut self, kind: Kind, id: NodeId, x: Value, window: Sliding, border: f32) -> Value {
        let Sliding { kernel, stride, .. } = window;
        let (x, padding) = match self.bordered(id, x, window, border) {
            // A mean over `SAME` leaves the border out, and it counts as zeros.
            (x, SAME) if kind == Kind::AveragePool => {
                (self.b.pad(x, self.weights.border(id, window), 0.0), VALID)
            }
            bordered => bordered,
        };
        let options = Table::new()
            .with(0, Field::Byte(padding))
            .int(1, stride)
            .int(2, stride)
            .int(3, kernel)
            .int(4, kernel);
        let shape = self.shape(id);
        self.b.op(kind, &[x], options, Element::Float, &shape)
    }

    /// PyTorch's adaptive pooling as a product with a matrix for each side.
    fn adaptive(&mut self, x: Value, size: usize) -> Value {
        let (height, width, channels) = match *self.b.shape(x) {
            [_, height, width, channels] => (height, width, channels),
            _ => return x,
        };
        let mut value = x;
        if height != size {
            let rows = self.b.floats(&[size, height], &means(height, size));
            value = self.b.reshape(value, &[height, width * channels]);
            value = self.b.matmul(&rows, &value, false);
        }
        if width != size {
            let columns = self.b.floats(&[size, width], &means(width, size));
            value = self.b.reshape(value, &[size, width, channels]);
            value = self.b.matmul(&columns, &value, false);
        }
        self.b.reshape(value, &[1, size, size, channels])
    }

    /// The value of a node averaged over the picture, (1, c).
    fn pooled(&mut self, values: &[Value], id: NodeId) -> Value {
        let shape = self.weights.shapes[id];
        self.b.enter("pooled");
        if shape.h() * shape.w() > 1 {
            return self.b.reduce(Kind::Mean, values[id], &[1, 2], false);
        }
        self.b.reshape(values[id], &[1, shape.c()])
    }

    /// `x` with the border that the window of `id` needs beyond what the options of its operator give, and these.
    fn bordered(&mut self, id: NodeId, x: Value, window: Sliding, value: f32) -> (Value, u8) {
        let border = self.weights.border(id, window);
        if border == [[0; 2]; 2] {
            return (x, VALID);
        }
        let from = self.weights.shapes[self.weights.graph.nodes[id].inputs[0]];
        let to = self.weights.shapes[id];
        let same = [(from.h(), to.h()), (from.w(), to.w())].map(|(input, output)| {
            let needed = (input.div_ceil(window.stride) - 1) * window.stride + window.kernel;
            let all = needed.saturating_sub(input);
            (output == input.div_ceil(window.stride)).then_some([all / 2, all - all / 2])
        });
        if same == border.map(Some) { (x, SAME) } else { (self.b.pad(x, border, value), VALID) }
    }

    fn shape(&self, id: NodeId) -> [usize; 4] {
        let shape = self.weights.shapes[id];
        [1, shape.h(), shape.w(), shape.c()]
    }

    fn named(
        &mut self,
        id: NodeId,
        suffix: &str,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Value, ExportError> {
        let name = format!("{}.{suffix}", self.weights.graph.nodes[id].name);
        self.b.weights(&name, shape, values)
    }
}

/// (n, channels, area) to (n, area, channels).
fn channels_last(values: &[f32], channels: usize, area: usize) -> Vec<f32> {
    let blocks = values.chunks_exact((channels * area).max(1));
    let turned = |block| (0..area).flat_map(move |at| channel_values(block, at, area));
    blocks.flat_map(turned).collect()
}

fn channel_values(block: &[f32], at: usize, area: usize) -> impl Iterator<Item = f32> {
    block.iter().skip(at).step_by(area).copied()
}
