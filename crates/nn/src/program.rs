//! A graph lowered to the steps that kernels take.
//!
//! Batch norm, the addition of a residual and the activation after them are one pass over memory, so they become one
//! [`Step::Norm`]. Everything else is a step of its own.

use std::ops::Range;

use foliar_kernels::{Activation, Nhwc, Window, conv::Conv, depthwise::Depthwise, pool::Pool};

use crate::error::GraphError;
use crate::graph::{Graph, NodeId, Op};
use crate::parameters::{Parameters, Role};
use crate::shapes;

/// The place of a value in [`Program::values`].
pub(crate) type ValueId = usize;

/// The tensors of a batch norm.
#[derive(Clone, Debug)]
pub(crate) struct NormTensors {
    /// Scale, in the weights.
    pub(crate) scale: Range<usize>,
    /// Shift, in the weights.
    pub(crate) shift: Range<usize>,
    /// Running mean, in the buffers.
    pub(crate) mean: Range<usize>,
    /// Running variance, in the buffers.
    pub(crate) variance: Range<usize>,
    /// Mean and 1 / standard deviation of the batch, in the saved statistics: 2 x channels values.
    pub(crate) saved: Range<usize>,
    pub(crate) epsilon: f32,
    pub(crate) momentum: f32,
}

/// One pass over memory.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Conv { x: ValueId, y: ValueId, conv: Conv, weight: Range<usize>, bias: Option<Range<usize>> },
    Depthwise { x: ValueId, y: ValueId, depthwise: Depthwise, weight: Range<usize> },
    Norm { x: ValueId, residual: Option<ValueId>, y: ValueId, activation: Activation, tensors: NormTensors },
    Activate { x: ValueId, y: ValueId, activation: Activation },
    MaxPool { x: ValueId, y: ValueId, pool: Pool, indices: Range<usize> },
    AveragePool { x: ValueId, y: ValueId, pool: Pool },
    AdaptivePool { x: ValueId, y: ValueId },
    GlobalPool { x: ValueId, y: ValueId },
    Silu { x: ValueId, y: ValueId },
    Sigmoid { x: ValueId, y: ValueId },
    Dropout { x: ValueId, y: ValueId, rate: f32, node: NodeId },
    Add { a: ValueId, b: ValueId, y: ValueId },
    Concat { a: ValueId, b: ValueId, y: ValueId },
    Scale { x: ValueId, factor: ValueId, y: ValueId },
}

impl Step {
    /// The values that it reads.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = ValueId> {
        let (first, second) = match *self {
            Step::Conv { x, .. }
            | Step::Depthwise { x, .. }
            | Step::Activate { x, .. }
            | Step::MaxPool { x, .. }
            | Step::AveragePool { x, .. }
            | Step::AdaptivePool { x, .. }
            | Step::GlobalPool { x, .. }
            | Step::Silu { x, .. }
            | Step::Sigmoid { x, .. }
            | Step::Dropout { x, .. } => (x, None),
            Step::Norm { x, residual, .. } => (x, residual),
            Step::Add { a, b, .. } | Step::Concat { a, b, .. } => (a, Some(b)),
            Step::Scale { x, factor, .. } => (x, Some(factor)),
        };
        std::iter::once(first).chain(second)
    }

    /// The value that it writes.
    pub(crate) fn output(&self) -> ValueId {
        match *self {
            Step::Conv { y, .. }
            | Step::Depthwise { y, .. }
            | Step::Norm { y, .. }
            | Step::Activate { y, .. }
            | Step::MaxPool { y, .. }
            | Step::AveragePool { y, .. }
            | Step::AdaptivePool { y, .. }
            | Step::GlobalPool { y, .. }
            | Step::Silu { y, .. }
            | Step::Sigmoid { y, .. }
            | Step::Dropout { y, .. }
            | Step::Add { y, .. }
            | Step::Concat { y, .. }
            | Step::Scale { y, .. } => y,
        }
    }
}

/// What a step is called.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// Name of its node; of a fused batch norm, that of the batch norm.
    pub(crate) name: String,
    /// The node's [`Op::label`].
    pub(crate) op: &'static str,
}

/// A lowered graph for batches of at most `batch` photographs.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) batch: usize,
    /// Shapes of the values; the first is the input.
    pub(crate) values: Vec<Nhwc>,
    pub(crate) steps: Vec<Step>,
    /// For each step.
    pub(crate) labels: Vec<Label>,
    pub(crate) logits: ValueId,
    pub(crate) parameters: Parameters,
    /// Bytes for the positions that maximum pooling remembers.
    pub(crate) indices_len: usize,
    /// Values for the batch statistics that the backward pass needs.
    pub(crate) saved_len: usize,
}

impl Program {
    /// Lowers `graph` for `batch` photographs of `size` x `size` pixels.
    ///
    /// # Errors
    /// A malformed graph, or one that the size does not fit.
    pub(crate) fn new(graph: &Graph, batch: usize, size: usize) -> Result<Self, GraphError> {
        graph.check_structure()?;
        let shapes = shapes::infer(graph, batch, size, size)?;
        let parameters = Parameters::new(graph, &shapes);
        let mut lowering = Lowering {
            graph,
            shapes: &shapes,
            fused: find_fusions(graph),
            program: Program {
                batch,
                values: Vec::new(),
                steps: Vec::new(),
                labels: Vec::new(),
                logits: 0,
                parameters,
                indices_len: 0,
                saved_len: 0,
            },
            value_of: vec![None; graph.nodes.len()],
        };
        for id in 0..graph.nodes.len() {
            lowering.lower(id)?;
        }
        Ok(lowering.program)
    }
}

/// A batch norm with what is done in the same pass.
#[derive(Clone, Copy)]
struct Fused {
    norm: NodeId,
    residual: Option<NodeId>,
    activation: Activation,
}

/// For each node, the fused pass that ends in it; `Absorbed` nodes are computed within a later one.
#[derive(Clone, Copy)]
enum Place {
    Plain,
    Absorbed,
    Ends(Fused),
}

fn find_fusions(graph: &Graph) -> Vec<Place> {
    let uses = graph.uses();
    let only_user = |id: NodeId| {
        (uses[id] == 1).then(|| graph.nodes.iter().position(|node| node.inputs.contains(&id))).flatten()
    };
    let mut places = vec![Place::Plain; graph.nodes.len()];
    for (norm, node) in graph.nodes.iter().enumerate() {
        if !matches!(node.op, Op::BatchNorm { .. }) {
            continue;
        }
        let mut end = norm;
        let mut fused = Fused { norm, residual: None, activation: Activation::Identity };
        if let Some(add) = only_user(end).filter(|&user| graph.nodes[user].op == Op::Add)
            && matches!(places[add], Place::Plain)
        {
            fused.residual = graph.nodes[add].inputs.iter().copied().find(|&input| input != norm);
            end = add;
        }
        if let Some(user) = only_user(end)
            && let Some(activation) = activation(&graph.nodes[user].op)
        {
            fused.activation = activation;
            places[end] = Place::Absorbed;
            end = user;
        }
        places[norm] = Place::Absorbed;
        places[end] = Place::Ends(fused);
    }
    places
}

fn activation(op: &Op) -> Option<Activation> {
    match op {
        Op::Relu => Some(Activation::Relu),
        Op::Relu6 => Some(Activation::Relu6),
        _ => None,
    }
}

struct Lowering<'a> {
    graph: &'a Graph,
    shapes: &'a [Nhwc],
    fused: Vec<Place>,
    program: Program,
    value_of: Vec<Option<ValueId>>,
}

impl Lowering<'_> {
    fn lower(&mut self, id: NodeId) -> Result<(), GraphError> {
        let node = &self.graph.nodes[id];
        let y = self.program.values.len();
        let step = match self.fused[id] {
            Place::Absorbed => return Ok(()),
            Place::Ends(fused) => Some(self.norm(fused, y)?),
            Place::Plain => self.plain(id, y)?,
        };
        self.program.values.push(self.shapes[id]);
        self.value_of[id] = Some(y);
        self.program.logits = y;
        debug_assert!(step.is_some() || node.op.arity() == 0);
        let named = match self.fused[id] {
            Place::Ends(fused) => &self.graph.nodes[fused.norm],
            _ => node,
        };
        let label = step.is_some().then(|| Label { name: named.name.clone(), op: named.op.label() });
        self.program.labels.extend(label);
        self.program.steps.extend(step);
        Ok(())
    }

    /// The value of a node that an earlier step has computed.
    fn value(&self, id: NodeId) -> Result<ValueId, GraphError> {
        self.value_of[id].ok_or_else(|| self.malformed(id, "its value is used before it is computed"))
    }

    fn tensor(&self, id: NodeId, role: Role) -> Result<Range<usize>, GraphError> {
        self.program.parameters.range(id, role).ok_or_else(|| self.malformed(id, "it lacks a tensor"))
    }

    fn malformed(&self, id: NodeId, what: &str) -> GraphError {
        GraphError::Malformed { node: self.graph.nodes[id].name.clone(), what: what.to_owned() }
    }

    fn norm(&mut self, fused: Fused, y: ValueId) -> Result<Step, GraphError> {
        let node = &self.graph.nodes[fused.norm];
        let Op::BatchNorm { epsilon, momentum } = node.op else {
            return Err(self.malformed(fused.norm, "it is no batch norm"));
        };
        let channels = self.shapes[fused.norm].c;
        let saved = self.program.saved_len..self.program.saved_len + 2 * channels;
        self.program.saved_len = saved.end;
        let tensors = NormTensors {
            scale: self.tensor(fused.norm, Role::NormScale)?,
            shift: self.tensor(fused.norm, Role::NormShift)?,
            mean: self.tensor(fused.norm, Role::RunningMean)?,
            variance: self.tensor(fused.norm, Role::RunningVariance)?,
            saved,
            epsilon,
            momentum,
        };
        let residual = fused.residual.map(|id| self.value(id)).transpose()?;
        Ok(Step::Norm { x: self.value(node.inputs[0])?, residual, y, activation: fused.activation, tensors })
    }

    fn plain(&mut self, id: NodeId, y: ValueId) -> Result<Option<Step>, GraphError> {
        let node = &self.graph.nodes[id];
        let inputs = node.inputs.iter().map(|&input| self.value(input)).collect::<Result<Vec<_>, _>>()?;
        let shape = node.inputs.first().map(|&input| self.shapes[input]);
        let (Some(&x), Some(shape)) = (inputs.first(), shape) else { return Ok(None) };
        Ok(Some(match node.op {
            Op::Conv { channels, window, bias } => Step::Conv {
                x,
                y,
                conv: Conv { input: shape, channels, window: window.window(shape.h, shape.w) },
                weight: self.tensor(id, Role::ConvWeight)?,
                bias: bias.then(|| self.tensor(id, Role::Bias)).transpose()?,
            },
            Op::Depthwise { window } => Step::Depthwise {
                x,
                y,
                depthwise: Depthwise { input: shape, window: window.window(shape.h, shape.w) },
                weight: self.tensor(id, Role::DepthwiseWeight)?,
            },
            Op::MaxPool { window, ceil } => {
                let indices = self.program.indices_len..self.program.indices_len + self.shapes[id].len();
                self.program.indices_len = indices.end;
                let pool = Pool { input: shape, window: window.pooling(shape.h, shape.w, ceil) };
                Step::MaxPool { x, y, pool, indices }
            }
            Op::AveragePool { window } => Step::AveragePool {
                x,
                y,
                pool: Pool { input: shape, window: window.window(shape.h, shape.w) },
            },
            Op::AdaptiveAveragePool { .. } => Step::AdaptivePool { x, y },
            Op::Silu => Step::Silu { x, y },
            Op::Sigmoid => Step::Sigmoid { x, y },
            Op::Dropout { rate } => Step::Dropout { x, y, rate, node: id },
            Op::Relu => Step::Activate { x, y, activation: Activation::Relu },
            Op::Relu6 => Step::Activate { x, y, activation: Activation::Relu6 },
            Op::GlobalAveragePool => Step::GlobalPool { x, y },
            // A window over all of an image that is one pixel.
            Op::Linear { features } => Step::Conv {
                x,
                y,
                conv: Conv {
                    input: Nhwc::new(shape.n, 1, 1, shape.image_len()),
                    channels: features,
                    window: Window::same([1, 1], [1, 1], 1, 1),
                },
                weight: self.tensor(id, Role::LinearWeight)?,
                bias: Some(self.tensor(id, Role::Bias)?),
            },
            Op::Add => Step::Add { a: x, b: inputs[1], y },
            Op::Concat => Step::Concat { a: x, b: inputs[1], y },
            Op::Scale => Step::Scale { x, factor: inputs[1], y },
            Op::BatchNorm { .. } | Op::Input | Op::Features { .. } => {
                return Err(self.malformed(id, "it can not stand here"));
            }
        }))
    }
}
