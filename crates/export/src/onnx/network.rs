//! A network as ONNX nodes. Images are (n, c, h, w) there, with weights in PyTorch's shapes and order.
//!
//! A batch norm behind a convolution whose value nothing else takes becomes part of that convolution; any other one stays a node.
//! Every value keeps four dimensions, so that each operation can follow each other; logits and features lose the last two.

use foliar_nn::{Graph, Nhwc, NodeId, Op, Padding, Parameters, Sliding, StateDict, infer};

use super::builder::{Builder, Value};
use super::proto::Attribute;
use crate::error::ExportError;

/// What a network gives.
pub(super) struct Outputs {
    /// (n, classes).
    pub(super) logits: Value,
    /// What stands before the classifier, averaged over the picture, (n, width), where it is asked for.
    pub(super) features: Option<Value>,
}

/// Appends the nodes of `graph` with the weights of `state` for `input`, (n, 3, size, size), and those of what
/// stands before the classifier, where a `width` is expected of them.
///
/// # Errors
/// A malformed graph, weights that do not fit it or are no finite numbers, features of another width.
pub(super) fn network(
    b: &mut Builder,
    graph: &Graph,
    state: &StateDict,
    input: &Value,
    size: usize,
    width: Option<usize>,
) -> Result<Outputs, ExportError> {
    graph.validate()?;
    let shapes = infer(graph, 1, size, size)?;
    for parameter in Parameters::new(graph, &shapes)?.list {
        state.require(&parameter.name, &parameter.shape)?;
    }
    let mut lowering = Lowering { b, graph, state, shapes, folded: folded(graph) };
    let mut values: Vec<Value> = Vec::with_capacity(graph.nodes.len());
    for id in 0..graph.nodes.len() {
        lowering.b.enter(&graph.nodes[id].name);
        let value = lowering.node(id, input, &values)?;
        values.push(value);
    }
    let found = lowering.shapes[graph.backbone()].c();
    if let Some(expected) = width.filter(|&expected| expected != found) {
        return Err(ExportError::Features { found, expected });
    }
    let features = width.map(|_| lowering.pooled(&values, graph.backbone()));
    let logits = lowering.pooled(&values, graph.nodes.len() - 1);
    Ok(Outputs { logits, features })
}

/// For each convolution, the batch norm that becomes part of it.
fn folded(graph: &Graph) -> Vec<Option<NodeId>> {
    let uses = graph.uses();
    let mut folded = vec![None; graph.nodes.len()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (Op::BatchNorm { .. }, &[source]) = (&node.op, &node.inputs[..]) else { continue };
        if uses[source] == 1 && matches!(graph.nodes[source].op, Op::Conv { .. } | Op::Depthwise { .. }) {
            folded[source] = Some(id);
        }
    }
    folded
}

struct Lowering<'a> {
    b: &'a mut Builder,
    graph: &'a Graph,
    state: &'a StateDict,
    shapes: Vec<Nhwc>,
    folded: Vec<Option<NodeId>>,
}

impl Lowering<'_> {
    /// The value of one node.
    fn node(&mut self, id: NodeId, input: &Value, values: &[Value]) -> Result<Value, ExportError> {
        let node = &self.graph.nodes[id];
        let of = |place: usize| node.inputs.get(place).map_or(input, |&id| &values[id]).clone();
        let x = of(0);
        Ok(match node.op {
            // A graph that begins with features is no classifier of photos, which `Graph::validate` refuses.
            Op::Input | Op::Features { .. } | Op::Dropout { .. } => x,
            Op::Conv { channels, window, bias } => {
                let inputs = self.shapes[node.inputs[0]].c();
                let shape = [channels, inputs, window.kernel, window.kernel];
                self.convolution(id, &x, window, 1, &shape, bias)?
            }
            Op::Depthwise { window } => {
                let channels = self.shapes[id].c();
                let shape = [channels, 1, window.kernel, window.kernel];
                self.convolution(id, &x, window, channels, &shape, false)?
            }
            Op::BatchNorm { epsilon, .. } => {
                if self.folded[node.inputs[0]] == Some(id) {
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
            Op::Add => self.b.op("Add", &[&x, &of(1)]),
            Op::Concat => self.b.concat(&[&x, &of(1)], 1),
            Op::Scale => self.b.op("Mul", &[&x, &of(1)]),
        })
    }

    /// The tensor `NODE.SUFFIX`, whose shape was checked.
    fn tensor(&self, id: NodeId, suffix: &str) -> Result<&[f32], ExportError> {
        let name = format!("{}.{suffix}", self.graph.nodes[id].name);
        match self.state.tensors.get(&name) {
            Some(tensor) => Ok(&tensor.data),
            None => Err(foliar_nn::StateError::Missing { name, shape: Vec::new() }.into()),
        }
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
        let name = self.graph.nodes[id].name.clone();
        let mut weight = self.tensor(id, "weight")?.to_vec();
        let mut shift = if bias { self.tensor(id, "bias")?.to_vec() } else { Vec::new() };
        if let Some(norm) = self.folded[id] {
            let (scales, shifts) = self.scale_and_shift(norm)?;
            let filter = (weight.len() / shape[0].max(1)).max(1);
            for (values, &scale) in weight.chunks_exact_mut(filter).zip(&scales) {
                values.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
            }
            shift.resize(shape[0], 0.0);
            for ((shift, scale), norm) in shift.iter_mut().zip(scales).zip(shifts) {
                *shift = (f64::from(*shift) * scale + norm) as f32;
            }
        }
        let weight = self.b.weights(&format!("{name}.weight"), shape, &weight)?;
        let mut inputs = vec![x.clone(), weight];
        if !shift.is_empty() {
            inputs.push(self.b.weights(&format!("{name}.bias"), &[shape[0]], &shift)?);
        }
        let mut attributes = self.sliding(id, window);
        attributes.push(("group", Attribute::Int(groups as i64)));
        Ok(self.b.node("Conv", &inputs.iter().collect::<Vec<_>>(), attributes))
    }

    /// What a batch norm multiplies each channel by and then adds to it.
    fn scale_and_shift(&self, norm: NodeId) -> Result<(Vec<f64>, Vec<f64>), ExportError> {
        let Op::BatchNorm { epsilon, .. } = self.graph.nodes[norm].op else { return Ok(Default::default()) };
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
        let [weight, bias] = [self.tensor(norm, "weight")?, self.tensor(norm, "bias")?].map(wide);
        let [mean, variance] =
            [self.tensor(norm, "running_mean")?, self.tensor(norm, "running_var")?].map(wide);
        let scales: Vec<f64> = weight
            .iter()
            .zip(&variance)
            .map(|(weight, variance)| weight / (variance + f64::from(epsilon)).sqrt())
            .collect();
        let shifts = bias.iter().zip(&mean).zip(&scales).map(|((bias, mean), scale)| bias - mean * scale);
        let shifts = shifts.collect();
        Ok((scales, shifts))
    }

    fn batch_norm(&mut self, id: NodeId, x: &Value, epsilon: f32) -> Result<Value, ExportError> {
        let name = self.graph.nodes[id].name.clone();
        let mut inputs = vec![x.clone()];
        for suffix in ["weight", "bias", "running_mean", "running_var"] {
            let values = self.tensor(id, suffix)?.to_vec();
            inputs.push(self.b.weights(&format!("{name}.{suffix}"), &[values.len()], &values)?);
        }
        let epsilon = vec![("epsilon", Attribute::Float(epsilon))];
        Ok(self.b.node("BatchNormalization", &inputs.iter().collect::<Vec<_>>(), epsilon))
    }

    /// (n, c, h, w) to (n, features, 1, 1).
    fn linear(&mut self, id: NodeId, x: &Value, features: usize) -> Result<Value, ExportError> {
        let name = self.graph.nodes[id].name.clone();
        let flat = self.b.node("Flatten", &[x], vec![("axis", Attribute::Int(1))]);
        let weight = self.tensor(id, "weight")?.to_vec();
        let shape = [features, weight.len() / features.max(1)];
        let weight = self.b.weights(&format!("{name}.weight"), &shape, &weight)?;
        let bias = self.tensor(id, "bias")?.to_vec();
        let bias = self.b.weights(&format!("{name}.bias"), &[features], &bias)?;
        let product = self.b.node("Gemm", &[&flat, &weight, &bias], vec![("transB", Attribute::Int(1))]);
        Ok(self.b.unsqueeze(&product, &[2, 3]))
    }

    /// PyTorch's adaptive pooling as a product with a matrix for each side.
    fn adaptive(&mut self, from: NodeId, x: &Value, size: usize) -> Value {
        let (height, width) = (self.shapes[from].h(), self.shapes[from].w());
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
        let shape = self.shapes[id];
        let mut value = values[id].clone();
        self.b.enter("pooled");
        if shape.h() * shape.w() > 1 {
            value = self.b.op("GlobalAveragePool", &[&value]);
        }
        self.b.node("Flatten", &[&value], vec![("axis", Attribute::Int(1))])
    }

    /// Kernel, stride and the border on all four sides, worked out for the size of the input: as much below and to the right as
    /// the last window needs.
    fn sliding(&self, id: NodeId, window: Sliding) -> Vec<(&'static str, Attribute)> {
        let from = self.shapes[self.graph.nodes[id].inputs[0]];
        let to = self.shapes[id];
        let Sliding { kernel, stride, padding } = window;
        let border = |input: usize, output: usize| {
            let needed = (output.max(1) - 1) * stride + kernel;
            let before = match padding {
                Padding::Explicit(border) => border,
                Padding::Same => needed.saturating_sub(input) / 2,
            };
            [before, needed.saturating_sub(input + before)]
        };
        let ([top, bottom], [left, right]) = (border(from.h(), to.h()), border(from.w(), to.w()));
        let ints = |values: &[usize]| Attribute::Ints(values.iter().map(|&value| value as i64).collect());
        vec![
            ("kernel_shape", ints(&[kernel, kernel])),
            ("strides", ints(&[stride, stride])),
            ("pads", ints(&[top, left, bottom, right])),
        ]
    }
}

/// The matrix (size, length) whose row i is the mean of `floor(i length / size)` to `ceil((i + 1) length / size)`.
fn means(length: usize, size: usize) -> Vec<f32> {
    let mut matrix = vec![0.0; size * length];
    for (result, row) in matrix.chunks_exact_mut(length).enumerate() {
        let (begin, end) = (result * length / size, ((result + 1) * length).div_ceil(size));
        row[begin..end].fill(1.0 / (end - begin) as f32);
    }
    matrix
}
