//! A network as ONNX nodes. Images are (n, c, h, w) there, with weights in PyTorch's shapes and order.
//!
//! Every value keeps four dimensions, so that each operation can follow each other; logits and features lose the last two.

use foliar_nn::{NodeId, Op, Padding, Sliding, tensor_name};

use super::builder::{Builder, Value};
use super::proto::Attribute;
use super::tokens;
use crate::answer::Outputs;
use crate::error::ExportError;
use crate::ops::hellinger;
use crate::weights::{Weights, means};

/// Appends the nodes of the network for `input`, (n, 3, size, size), and those of what stands before the classifier, if these
/// `features` are asked for.
///
/// # Errors
/// Weights that are no finite numbers, or not within half precision.
pub(super) fn network(
    b: &mut Builder,
    weights: &Weights<'_>,
    input: &Value,
    features: bool,
) -> Result<Outputs<Value>, ExportError> {
    let graph = weights.graph;
    let mut lowering = Lowering { b, weights };
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

struct Lowering<'a, 'w> {
    b: &'a mut Builder,
    weights: &'a Weights<'w>,
}

impl Lowering<'_, '_> {
    /// The value of one node.
    fn node(&mut self, id: NodeId, input: &Value, values: &[Value]) -> Result<Value, ExportError> {
        let weights = self.weights;
        let node = &weights.graph.nodes[id];
        let of = |place: usize| node.inputs.get(place).map_or(input, |&id| &values[id]).clone();
        let x = of(0);
        Ok(match node.op {
            // A graph that begins with features is no classifier of photos, which `Graph::validate` refuses.
            Op::Input | Op::Features { .. } | Op::Dropout { .. } | Op::StochasticDepth { .. } => x,
            Op::Conv { channels, window, bias } => {
                let inputs = weights.shapes[node.inputs[0]].c();
                let shape = [channels, inputs, window.kernel, window.kernel];
                self.convolution(id, &x, window, 1, &shape, bias)?
            }
            Op::GroupedConv { channels, groups, window } => {
                let inputs = weights.shapes[node.inputs[0]].c() / groups;
                let shape = [channels, inputs, window.kernel, window.kernel];
                self.convolution(id, &x, window, groups, &shape, false)?
            }
            Op::Depthwise { window } => {
                let channels = weights.shapes[id].c();
                let shape = [channels, 1, window.kernel, window.kernel];
                self.convolution(id, &x, window, channels, &shape, false)?
            }
            Op::BatchNorm { epsilon, .. } => {
                if weights.is_folded(id) {
                    x
                } else {
                    self.batch_norm(id, &x, epsilon)?
                }
            }
            Op::Relu => self.b.op("Relu", &[&x]),
            Op::Relu6 => {
                let (low, high) = (self.b.float(0.0), self.b.float(6.0));
                self.b.op("Clip", &[&x, &low, &high])
            }
            Op::Silu => {
                let gate = self.b.op("Sigmoid", &[&x]);
                self.b.op("Mul", &[&x, &gate])
            }
            Op::Sigmoid => self.b.op("Sigmoid", &[&x]),
            Op::HardSigmoid => self.b.node("HardSigmoid", &[&x], hard()),
            Op::HardSwish => self.b.op("HardSwish", &[&x]),
            Op::MaxPool { window, .. } => {
                let sliding = self.sliding(id, window);
                self.b.node("MaxPool", &[&x], sliding)
            }
            Op::AveragePool { window } => {
                let mut attributes = self.sliding(id, window);
                attributes.push(("count_include_pad", Attribute::Int(1)));
                self.b.node("AveragePool", &[&x], attributes)
            }
            Op::AdaptiveAveragePool { size } => self.adaptive(node.inputs[0], &x, size),
            Op::GlobalAveragePool => self.b.op("GlobalAveragePool", &[&x]),
            Op::Linear { features } => self.linear(id, &x, features)?,
            Op::PixelLinear { features } => {
                let inputs = weights.shapes[node.inputs[0]].c();
                let window = Sliding { kernel: 1, stride: 1, padding: Padding::Explicit(0) };
                self.convolution(id, &x, window, 1, &[features, inputs, 1, 1], true)?
            }
            Op::LayerNorm { epsilon } => tokens::layer_norm(self.b, weights, id, &x, epsilon)?,
            Op::Gelu => tokens::gelu(self.b, &x),
            Op::ChannelScale { .. } => tokens::by_channel(self.b, weights, id, &x, "Mul")?,
            Op::ChannelShift => tokens::by_channel(self.b, weights, id, &x, "Add")?,
            Op::Attention { heads } => tokens::attention(self.b, weights, id, &x, heads),
            Op::Token { count, after } => tokens::insert(self.b, weights, id, &x, [count, after])?,
            Op::PositionEmbedding { .. } => tokens::positions(self.b, weights, id, &x)?,
            Op::PickToken { place } => tokens::pick(self.b, weights, id, &x, place),
            Op::Hellinger => hellinger(self.b, &x, 1, weights.shapes[id].c()),
            Op::Add => self.b.op("Add", &[&x, &of(1)]),
            Op::Concat => self.b.concat(&[&x, &of(1)], 1),
            Op::Scale => self.b.op("Mul", &[&x, &of(1)]),
        })
    }

    fn convolution(
        &mut self,
        id: NodeId,
        x: &Value,
        window: Sliding,
        groups: usize,
        shape: &[usize; 4],
        bias: bool,
    ) -> Result<Value, ExportError> {
        let name = &self.weights.graph.nodes[id].name;
        let (weight, shift) = self.weights.convolution(id, shape[0], bias)?;
        let weight = self.b.weights(&tensor_name(name, "weight"), shape, &weight)?;
        let mut inputs = vec![x.clone(), weight];
        if !shift.is_empty() {
            inputs.push(self.b.weights(&tensor_name(name, "bias"), &[shape[0]], &shift)?);
        }
        let mut attributes = self.sliding(id, window);
        attributes.push(("group", Attribute::Int(groups as i64)));
        Ok(self.b.node("Conv", &inputs.iter().collect::<Vec<_>>(), attributes))
    }

    fn batch_norm(&mut self, id: NodeId, x: &Value, epsilon: f32) -> Result<Value, ExportError> {
        let name = &self.weights.graph.nodes[id].name;
        let mut inputs = vec![x.clone()];
        for suffix in ["weight", "bias", "running_mean", "running_var"] {
            let values = self.weights.tensor(id, suffix)?;
            inputs.push(self.b.weights(&format!("{name}.{suffix}"), &[values.len()], values)?);
        }
        let epsilon = vec![("epsilon", Attribute::Float(epsilon))];
        Ok(self.b.node("BatchNormalization", &inputs.iter().collect::<Vec<_>>(), epsilon))
    }

    /// (n, c, h, w) to (n, features, 1, 1).
    fn linear(&mut self, id: NodeId, x: &Value, features: usize) -> Result<Value, ExportError> {
        let name = &self.weights.graph.nodes[id].name;
        let flat = self.b.node("Flatten", &[x], vec![("axis", Attribute::Int(1))]);
        let weight = self.weights.tensor(id, "weight")?;
        let shape = [features, weight.len() / features.max(1)];
        let weight = self.b.weights(&format!("{name}.weight"), &shape, weight)?;
        let bias = self.weights.tensor(id, "bias")?;
        let bias = self.b.weights(&format!("{name}.bias"), &[features], bias)?;
        let product = self.b.node("Gemm", &[&flat, &weight, &bias], vec![("transB", Attribute::Int(1))]);
        Ok(self.b.unsqueeze(&product, &[2, 3]))
    }

    /// PyTorch's adaptive pooling as a product with a matrix for each side.
    fn adaptive(&mut self, from: NodeId, x: &Value, size: usize) -> Value {
        let (height, width) = (self.weights.shapes[from].h(), self.weights.shapes[from].w());
        let mut value = x.clone();
        if width != size {
            let columns = self.b.floats(&[size, width], &means(width, size));
            let columns = self.b.transpose(&columns, &[1, 0]);
            value = self.b.op("MatMul", &[&value, &columns]);
        }
        if height != size {
            let rows = self.b.floats(&[size, height], &means(height, size));
            value = self.b.op("MatMul", &[&rows, &value]);
        }
        value
    }

    /// The value of a node averaged over the picture, (n, c).
    fn pooled(&mut self, values: &[Value], id: NodeId) -> Value {
        let shape = self.weights.shapes[id];
        let mut value = values[id].clone();
        self.b.enter("pooled");
        if shape.h() * shape.w() > 1 {
            value = self.b.op("GlobalAveragePool", &[&value]);
        }
        self.b.node("Flatten", &[&value], vec![("axis", Attribute::Int(1))])
    }

    /// Kernel, stride and the border on all four sides.
    fn sliding(&self, id: NodeId, window: Sliding) -> Vec<(&'static str, Attribute)> {
        let Sliding { kernel, stride, .. } = window;
        let [[top, bottom], [left, right]] = self.weights.border(id, window);
        let ints = |values: &[usize]| Attribute::Ints(values.iter().map(|&value| value as i64).collect());
        vec![
            ("kernel_shape", ints(&[kernel, kernel])),
            ("strides", ints(&[stride, stride])),
            ("pads", ints(&[top, left, bottom, right])),
        ]
    }
}

/// What makes ONNX's hard sigmoid, max(0, min(1, alpha x + beta)), the one of MobileNetV3.
fn hard() -> Vec<(&'static str, Attribute)> {
    vec![("alpha", Attribute::Float(1.0 / 6.0)), ("beta", Attribute::Float(0.5))]
}
