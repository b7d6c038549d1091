//! A graph lowered to the steps that kernels take.
//!
//! Batch norm, the addition of a residual and the activation after them are one pass over memory, so they become one
//! [`Step::Norm`]; but what surrounds a depthwise convolution is computed within its [`Step::Depthwise`]. Everything else
//! is a step of its own.

use std::ops::Range;

use foliar_kernels::{Activation, Nhwc, Window, conv::Conv, depthwise::Depthwise, pool::Pool};

use crate::error::GraphError;
use crate::graph::{Graph, NodeId, Op};
use crate::parameters::{Parameters, Role};
use crate::shapes;

/// The place of a value in [`Program::values`].
pub(crate) type ValueId = usize;

/// A batch norm and the activation after it.
#[derive(Clone, Debug)]
pub(crate) struct Norm {
    pub(crate) activation: Activation,
    pub(crate) tensors: NormTensors,
}

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
    /// What the forward pass did, in the saved statistics: center, scale, shift and 1 / standard deviation, 4 x channels
    /// values.
    pub(crate) saved: Range<usize>,
    pub(crate) epsilon: f32,
    pub(crate) momentum: f32,
}

/// One pass over memory.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Conv {
        x: ValueId,
        y: ValueId,
        conv: Conv,
        weight: Range<usize>,
        bias: Option<Range<usize>>,
    },
    /// Between two batch norms, perhaps. What the first returns is stored nowhere.
    Depthwise {
        x: ValueId,
        y: ValueId,
        depthwise: Depthwise,
        weight: Range<usize>,
        before: Option<Norm>,
        /// With the value that the convolution returns and only the backward pass needs.
        after: Option<(ValueId, Norm)>,
    },
    Norm {
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        norm: Norm,
    },
    Activate {
        x: ValueId,
        y: ValueId,
        activation: Activation,
    },
    MaxPool {
        x: ValueId,
        y: ValueId,
        pool: Pool,
        indices: Range<usize>,
    },
    AveragePool {
        x: ValueId,
        y: ValueId,
        pool: Pool,
    },
    AdaptivePool {
        x: ValueId,
        y: ValueId,
    },
    GlobalPool {
        x: ValueId,
        y: ValueId,
    },
    Silu {
        x: ValueId,
        y: ValueId,
    },
    Sigmoid {
        x: ValueId,
        y: ValueId,
    },
    Dropout {
        x: ValueId,
        y: ValueId,
        rate: f32,
        node: NodeId,
    },
    Add {
        a: ValueId,
        b: ValueId,
        y: ValueId,
    },
    Concat {
        a: ValueId,
        b: ValueId,
        y: ValueId,
    },
    Scale {
        x: ValueId,
        factor: ValueId,
        y: ValueId,
    },
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

    /// A value that it writes for its own backward pass.
    pub(crate) fn kept(&self) -> Option<ValueId> {
        match *self {
            Step::Depthwise { after: Some((kept, _)), .. } => Some(kept),
            _ => None,
        }
    }

    /// The value that it writes for others.
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
    /// Name of its node; of fused nodes, that of the depthwise convolution or the batch norm.
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
            places: find_fusions(graph),
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
struct FusedNorm {
    norm: NodeId,
    residual: Option<NodeId>,
    activation: Activation,
}

/// A depthwise convolution with the batch norms around it.
#[derive(Clone, Copy)]
struct FusedDepthwise {
    depthwise: NodeId,
    before: Option<FusedNorm>,
    after: Option<FusedNorm>,
}

/// For each node, the fused pass that ends in it; `Absorbed` nodes are computed within a later one.
#[derive(Clone, Copy)]
enum Place {
    Plain,
    Absorbed,
    Norm(FusedNorm),
    Depthwise(FusedDepthwise),
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
        let mut fused = FusedNorm { norm, residual: None, activation: Activation::Identity };
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
        places[end] = Place::Norm(fused);
    }
    for (depthwise, node) in graph.nodes.iter().enumerate() {
        if !matches!(node.op, Op::Depthwise { .. }) {
            continue;
        }
        let mut fused = FusedDepthwise { depthwise, before: None, after: None };
        let input = node.inputs[0];
        // Behind a convolution there is a gradient to be had, as the sums of the norm need.
        if let Place::Norm(before @ FusedNorm { norm, residual: None, .. }) = places[input]
            && let &[source] = &graph.nodes[norm].inputs[..]
            && matches!(graph.nodes[source].op, Op::Conv { .. })
            && uses[input] == 1
            && uses[source] == 1
        {
            fused.before = Some(before);
            places[input] = Place::Absorbed;
        }
        let mut end = depthwise;
        let user = only_user(depthwise);
        let follows = |place: &Place| match *place {
            Place::Norm(after) if Some(after.norm) == user && after.residual.is_none() => Some(after),
            _ => None,
        };
        if let Some((last, after)) =
            places.iter().enumerate().find_map(|(id, place)| Some((id, follows(place)?)))
        {
            fused.after = Some(after);
            places[depthwise] = Place::Absorbed;
            end = last;
        }
        places[end] = Place::Depthwise(fused);
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
    places: Vec<Place>,
    program: Program,
    value_of: Vec<Option<ValueId>>,
}

impl Lowering<'_> {
    fn lower(&mut self, id: NodeId) -> Result<(), GraphError> {
        let node = &self.graph.nodes[id];
        if let Place::Absorbed = self.places[id] {
            return Ok(());
        }
        let y = self.new_value(id);
        let (step, named) = match self.places[id] {
            Place::Norm(fused) => (Some(self.norm_step(fused, y)?), &self.graph.nodes[fused.norm]),
            Place::Depthwise(fused) => {
                (Some(self.depthwise_step(fused, y)?), &self.graph.nodes[fused.depthwise])
            }
            Place::Plain | Place::Absorbed => (self.plain(id, y)?, node),
        };
        self.value_of[id] = Some(y);
        self.program.logits = y;
        debug_assert!(step.is_some() || node.op.arity() == 0);
        let label = step.is_some().then(|| Label { name: named.name.clone(), op: named.op.label() });
        self.program.labels.extend(label);
        self.program.steps.extend(step);
        Ok(())
    }

    /// Room for a value of the shape of a node's.
    fn new_value(&mut self, id: NodeId) -> ValueId {
        self.program.values.push(self.shapes[id]);
        self.program.values.len() - 1
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

    fn norm_step(&mut self, fused: FusedNorm, y: ValueId) -> Result<Step, GraphError> {
        let residual = fused.residual.map(|id| self.value(id)).transpose()?;
        let x = self.value(self.graph.nodes[fused.norm].inputs[0])?;
        Ok(Step::Norm { x, residual, y, norm: self.norm(fused)? })
    }

    fn depthwise_step(&mut self, fused: FusedDepthwise, y: ValueId) -> Result<Step, GraphError> {
        let FusedDepthwise { depthwise: id, before, after } = fused;
        let Op::Depthwise { window } = self.graph.nodes[id].op else {
            return Err(self.malformed(id, "it is no depthwise convolution"));
        };
        let first = before.map_or(id, |norm| norm.norm);
        let input = self.graph.nodes[first].inputs[0];
        let shape = self.shapes[input];
        let kept = after.map(|_| self.new_value(id));
        let after = after.map(|norm| self.norm(norm)).transpose()?;
        Ok(Step::Depthwise {
            x: self.value(input)?,
            y,
            depthwise: Depthwise { input: shape, window: window.window(shape.h, shape.w) },
            weight: self.tensor(id, Role::DepthwiseWeight)?,
            before: before.map(|norm| self.norm(norm)).transpose()?,
            after: kept.zip(after),
        })
    }

    fn norm(&mut self, fused: FusedNorm) -> Result<Norm, GraphError> {
        let node = &self.graph.nodes[fused.norm];
        let Op::BatchNorm { epsilon, momentum } = node.op else {
            return Err(self.malformed(fused.norm, "it is no batch norm"));
        };
        let channels = self.shapes[fused.norm].c;
        let saved = self.program.saved_len..self.program.saved_len + 4 * channels;
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
        Ok(Norm { activation: fused.activation, tensors })
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
            Op::BatchNorm { .. } | Op::Depthwise { .. } | Op::Input | Op::Features { .. } => {
                return Err(self.malformed(id, "it can not stand here"));
            }
        }))
    }
}
