//! A graph lowered to the steps that kernels take.
//!
//! Batch norm, the addition of a residual and the activation after them are one pass over memory, so they become one
//! [`Step::Norm`]. Less than that remains where convolutions are neighbours: the one before a norm finds its statistics and
//! takes the gradient back through it, and a depthwise or pointwise one after it applies it as it reads. Everything else is
//! a step of its own.

use std::ops::Range;

use foliar_kernels::tokens::Insertion;
use foliar_kernels::{Activation, Curve, Nhwc, Window, attention::Attention};
use foliar_kernels::{
    conv::Conv, conv::grouped::Grouped, depthwise::Depthwise, pointwise::Pointwise, pool::Pool,
};

use crate::error::GraphError;
use crate::fusion::{FusedNorm, Fusions, Place};
use crate::graph::{Graph, NodeId, Op};
use crate::learned::{Kind, Learned};
use crate::parameters::{Parameters, Role};
use crate::shapes;

/// The place of a value in [`Program::values`].
pub(crate) type ValueId = usize;

/// A batch norm and the activation after it. In the step before a norm the activation is what the gradient still has to
/// pass.
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

/// A convolution between two batch norms, perhaps. What the first returns is stored nowhere.
#[derive(Clone, Debug)]
pub(crate) struct Fused {
    pub(crate) x: ValueId,
    pub(crate) y: ValueId,
    pub(crate) weight: Range<usize>,
    pub(crate) before: Option<Norm>,
    pub(crate) after: Option<Norm>,
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
        after: Option<Norm>,
    },
    Grouped {
        x: ValueId,
        y: ValueId,
        conv: Grouped,
        weight: Range<usize>,
        after: Option<Norm>,
    },
    /// Windows of one pixel between batch norms.
    Pointwise {
        layer: Pointwise,
        fused: Fused,
    },
    Depthwise {
        depthwise: Depthwise,
        fused: Fused,
    },
    Norm {
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        norm: Norm,
        /// Whether the step that returned x finds the statistics and takes the gradient on.
        joined: bool,
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
    Curve {
        x: ValueId,
        y: ValueId,
        curve: Curve,
    },
    Dropout {
        x: ValueId,
        y: ValueId,
        rate: f32,
        node: NodeId,
    },
    StochasticDepth {
        x: ValueId,
        y: ValueId,
        rate: f32,
        node: NodeId,
    },
    Learned(Learned),
    Attention {
        x: ValueId,
        y: ValueId,
        attention: Attention,
    },
    PickToken {
        x: ValueId,
        y: ValueId,
        place: usize,
    },
    Hellinger {
        x: ValueId,
        y: ValueId,
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
    /// The values that its backward pass reads.
    pub(crate) fn backward_inputs(&self) -> Vec<ValueId> {
        match *self {
            Self::Conv { .. } | Self::Grouped { .. } | Self::Pointwise { .. } | Self::Depthwise { .. } => {
                self.inputs().chain(self.after().map(|_| self.output())).collect()
            }
            Self::Norm { x, residual: Some(_), y, ref norm, .. }
                if norm.activation != Activation::Identity =>
            {
                vec![x, y]
            }
            Self::Norm { x, .. } => vec![x],
            Self::Activate { y, .. } => vec![y],
            Self::Curve { x, y, curve } => vec![if curve.keeps_output() { y } else { x }],
            Self::Attention { x, .. } | Self::Hellinger { x, .. } => vec![x],
            Self::Learned(ref learned) if learned.reads_input() => vec![learned.x],
            Self::Scale { x, factor, .. } => vec![x, factor],
            Self::MaxPool { .. }
            | Self::AveragePool { .. }
            | Self::AdaptivePool { .. }
            | Self::GlobalPool { .. }
            | Self::Dropout { .. }
            | Self::Learned(_)
            | Self::PickToken { .. }
            | Self::StochasticDepth { .. }
            | Self::Add { .. }
            | Self::Concat { .. } => Vec::new(),
        }
    }

    /// The values that it reads.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = ValueId> {
        let (first, second) = match *self {
            Step::Pointwise { fused: Fused { x, .. }, .. }
            | Step::Depthwise { fused: Fused { x, .. }, .. }
            | Step::Conv { x, .. }
            | Step::Activate { x, .. }
            | Step::MaxPool { x, .. }
            | Step::AveragePool { x, .. }
            | Step::AdaptivePool { x, .. }
            | Step::GlobalPool { x, .. }
            | Step::Curve { x, .. }
            | Step::Grouped { x, .. }
            | Step::StochasticDepth { x, .. }
            | Step::Learned(Learned { x, .. })
            | Step::Attention { x, .. }
            | Step::PickToken { x, .. }
            | Step::Hellinger { x, .. }
            | Step::Dropout { x, .. } => (x, None),
            Step::Norm { x, residual, .. } => (x, residual),
            Step::Add { a, b, .. } | Step::Concat { a, b, .. } => (a, Some(b)),
            Step::Scale { x, factor, .. } => (x, Some(factor)),
        };
        std::iter::once(first).chain(second)
    }

    /// The norm after it whose statistics it finds.
    pub(crate) fn after(&self) -> Option<&Norm> {
        match self {
            Step::Pointwise { fused, .. } | Step::Depthwise { fused, .. } => fused.after.as_ref(),
            Step::Conv { after, .. } | Step::Grouped { after, .. } => after.as_ref(),
            _ => None,
        }
    }

    /// Whether it has weights.
    pub(crate) fn is_trained(&self) -> bool {
        matches!(
            self,
            Step::Conv { .. }
                | Step::Grouped { .. }
                | Step::Pointwise { .. }
                | Step::Depthwise { .. }
                | Step::Norm { .. }
                | Step::Learned(_)
        )
    }

    /// The value that it writes.
    pub(crate) fn output(&self) -> ValueId {
        match *self {
            Step::Pointwise { fused: Fused { y, .. }, .. }
            | Step::Depthwise { fused: Fused { y, .. }, .. }
            | Step::Conv { y, .. }
            | Step::Norm { y, .. }
            | Step::Activate { y, .. }
            | Step::MaxPool { y, .. }
            | Step::AveragePool { y, .. }
            | Step::AdaptivePool { y, .. }
            | Step::GlobalPool { y, .. }
            | Step::Curve { y, .. }
            | Step::Grouped { y, .. }
            | Step::StochasticDepth { y, .. }
            | Step::Dropout { y, .. }
            | Step::Learned(Learned { y, .. })
            | Step::Attention { y, .. }
            | Step::PickToken { y, .. }
            | Step::Hellinger { y, .. }
            | Step::Add { y, .. }
            | Step::Concat { y, .. }
            | Step::Scale { y, .. } => y,
        }
    }
}

/// What a step is called.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// Name of its node; of fused nodes, that of the convolution or the batch norm.
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
        let parameters = Parameters::new(graph, &shapes)?;
        let mut lowering = Lowering {
            graph,
            shapes: &shapes,
            fusions: Fusions::new(graph),
            tensors: vec![None; graph.nodes.len()],
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

struct Lowering<'a> {
    graph: &'a Graph,
    shapes: &'a [Nhwc],
    fusions: Fusions,
    /// Of each batch norm that was met.
    tensors: Vec<Option<NormTensors>>,
    program: Program,
    value_of: Vec<Option<ValueId>>,
}

impl Lowering<'_> {
    fn lower(&mut self, id: NodeId) -> Result<(), GraphError> {
        let node = &self.graph.nodes[id];
        let place = self.fusions.places[id];
        if let Place::Absorbed = place {
            return Ok(());
        }
        let y = self.new_value(id);
        let (step, named) = match place {
            Place::Norm(fused) => (Some(self.norm_step(fused, y)?), &self.graph.nodes[fused.norm]),
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

    fn too_large(&self, id: NodeId) -> GraphError {
        GraphError::TooLarge { node: self.graph.nodes[id].name.clone() }
    }

    fn norm_step(&mut self, fused: FusedNorm, y: ValueId) -> Result<Step, GraphError> {
        let residual = fused.residual.map(|id| self.value(id)).transpose()?;
        let x = self.value(self.graph.nodes[fused.norm].inputs[0])?;
        Ok(Step::Norm { x, residual, y, norm: self.norm(fused)?, joined: fused.joined })
    }

    /// A convolution with the norms around it.
    fn fused(&mut self, id: NodeId, y: ValueId, weight: Role) -> Result<(Nhwc, Fused), GraphError> {
        let before = self.fusions.before[id];
        let input = self.graph.nodes[before.map_or(id, |norm| norm.norm)].inputs[0];
        let fused = Fused {
            x: self.value(input)?,
            y,
            weight: self.tensor(id, weight)?,
            before: before.map(|norm| self.norm(norm)).transpose()?,
            after: self.after(id)?,
        };
        Ok((self.shapes[input], fused))
    }

    fn after(&mut self, id: NodeId) -> Result<Option<Norm>, GraphError> {
        self.fusions.after[id].map(|norm| self.norm(norm)).transpose()
    }

    fn norm(&mut self, fused: FusedNorm) -> Result<Norm, GraphError> {
        let tensors = match self.tensors[fused.norm].take() {
            Some(tensors) => tensors,
            None => self.norm_tensors(fused.norm)?,
        };
        self.tensors[fused.norm] = Some(tensors.clone());
        Ok(Norm { activation: fused.activation, tensors })
    }

    fn norm_tensors(&mut self, id: NodeId) -> Result<NormTensors, GraphError> {
        let Op::BatchNorm { epsilon, momentum } = self.graph.nodes[id].op else {
            return Err(self.malformed(id, "it is no batch norm"));
        };
        let saved = self.program.saved_len..self.program.saved_len + 4 * self.shapes[id].c();
        self.program.saved_len = saved.end;
        Ok(NormTensors {
            scale: self.tensor(id, Role::NormScale)?,
            shift: self.tensor(id, Role::NormShift)?,
            mean: self.tensor(id, Role::RunningMean)?,
            variance: self.tensor(id, Role::RunningVariance)?,
            saved,
            epsilon,
            momentum,
        })
    }

    /// A step whose tensors are `first` and `shift`.
    fn learned(
        &self,
        id: NodeId,
        [x, y]: [ValueId; 2],
        kind: Kind,
        first: Role,
        shift: Range<usize>,
    ) -> Result<Step, GraphError> {
        Ok(Step::Learned(Learned { x, y, kind, weight: self.tensor(id, first)?, shift }))
    }

    fn plain(&mut self, id: NodeId, y: ValueId) -> Result<Option<Step>, GraphError> {
        let node = &self.graph.nodes[id];
        match node.op {
            Op::Depthwise { window } => {
                let (input, fused) = self.fused(id, y, Role::DepthwiseWeight)?;
                let depthwise = window.depthwise(input).ok_or_else(|| self.too_large(id))?;
                return Ok(Some(Step::Depthwise { depthwise, fused }));
            }
            Op::Conv { channels: outputs, .. }
                if node.op.is_pointwise()
                    && (self.fusions.before[id].is_some() || self.fusions.after[id].is_some()) =>
            {
                let (input, fused) = self.fused(id, y, Role::ConvWeight)?;
                let layer =
                    Pointwise::new(input.rows(), input.c(), outputs).ok_or_else(|| self.too_large(id))?;
                return Ok(Some(Step::Pointwise { layer, fused }));
            }
            _ => {}
        }
        let inputs = node.inputs.iter().map(|&input| self.value(input)).collect::<Result<Vec<_>, _>>()?;
        let shape = node.inputs.first().map(|&input| self.shapes[input]);
        let (Some(&x), Some(shape)) = (inputs.first(), shape) else { return Ok(None) };
        Ok(Some(match node.op {
            Op::Conv { channels, window, bias } => Step::Conv {
                x,
                y,
                conv: window.conv(shape, channels).ok_or_else(|| self.too_large(id))?,
                weight: self.tensor(id, Role::ConvWeight)?,
                bias: bias.then(|| self.tensor(id, Role::Bias)).transpose()?,
                after: self.after(id)?,
            },
            Op::MaxPool { window, ceil } => {
                let indices = self.program.indices_len..self.program.indices_len + self.shapes[id].len();
                self.program.indices_len = indices.end;
                let pool = window.pool(shape, ceil).ok_or_else(|| self.too_large(id))?;
                Step::MaxPool { x, y, pool, indices }
            }
            Op::AveragePool { window } => {
                Step::AveragePool { x, y, pool: window.pool(shape, false).ok_or_else(|| self.too_large(id))? }
            }
            Op::AdaptiveAveragePool { .. } => Step::AdaptivePool { x, y },
            Op::GroupedConv { channels, groups, window } => Step::Grouped {
                x,
                y,
                conv: window.grouped(shape, channels, groups).ok_or_else(|| self.too_large(id))?,
                weight: self.tensor(id, Role::ConvWeight)?,
                after: self.after(id)?,
            },
            Op::Silu => Step::Curve { x, y, curve: Curve::Silu },
            Op::Sigmoid => Step::Curve { x, y, curve: Curve::Sigmoid },
            Op::HardSigmoid => Step::Curve { x, y, curve: Curve::HardSigmoid },
            Op::HardSwish => Step::Curve { x, y, curve: Curve::HardSwish },
            Op::Gelu => Step::Curve { x, y, curve: Curve::Gelu },
            Op::StochasticDepth { rate } => Step::StochasticDepth { x, y, rate, node: id },
            Op::Dropout { rate } => Step::Dropout { x, y, rate, node: id },
            Op::Relu => Step::Activate { x, y, activation: Activation::Relu },
            Op::Relu6 => Step::Activate { x, y, activation: Activation::Relu6 },
            Op::GlobalAveragePool => Step::GlobalPool { x, y },
            // A window over all of an image that is one pixel.
            Op::Linear { features } => Step::Conv {
                x,
                y,
                conv: Nhwc::new(shape.n(), 1, 1, shape.image_len())
                    .and_then(|image| Conv::new(image, features, Window::PIXEL))
                    .ok_or_else(|| self.too_large(id))?,
                weight: self.tensor(id, Role::LinearWeight)?,
                bias: Some(self.tensor(id, Role::Bias)?),
                after: None,
            },
            Op::PixelLinear { features } => Step::Conv {
                x,
                y,
                conv: Conv::new(shape, features, Window::PIXEL).ok_or_else(|| self.too_large(id))?,
                weight: self.tensor(id, Role::LinearWeight)?,
                bias: Some(self.tensor(id, Role::Bias)?),
                after: None,
            },
            Op::LayerNorm { epsilon } => {
                let shift = self.tensor(id, Role::NormShift)?;
                self.learned(id, [x, y], Kind::LayerNorm { epsilon }, Role::NormScale, shift)?
            }
            Op::ChannelScale { .. } => {
                self.learned(id, [x, y], Kind::ChannelScale, Role::ChannelScale, 0..0)?
            }
            Op::ChannelShift => self.learned(id, [x, y], Kind::ChannelShift, Role::ChannelShift, 0..0)?,
            Op::Token { count, after } => {
                let (channels, tokens) = (shape.c(), shape.h() * shape.w());
                let insertion = Insertion { channels, tokens, after, count };
                self.learned(id, [x, y], Kind::Token(insertion), Role::Token, 0..0)?
            }
            Op::PositionEmbedding { .. } => {
                self.learned(id, [x, y], Kind::Positions, Role::Position, 0..0)?
            }
            Op::Attention { heads } => {
                let attention = Attention::new(shape, heads).ok_or_else(|| self.too_large(id))?;
                Step::Attention { x, y, attention }
            }
            Op::PickToken { place } => Step::PickToken { x, y, place },
            Op::Hellinger => Step::Hellinger { x, y },
            Op::Add => Step::Add { a: x, b: inputs[1], y },
            Op::Concat => Step::Concat { a: x, b: inputs[1], y },
            Op::Scale => Step::Scale { x, factor: inputs[1], y },
            Op::BatchNorm { .. } | Op::Depthwise { .. } | Op::Input | Op::Features { .. } => {
                return Err(self.malformed(id, "this op is not allowed here"));
            }
        }))
    }
}
