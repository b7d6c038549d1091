//! What a network costs: parameters, multiply-adds and memory.

use foliar_kernels::{Nhwc, attention::Attention};

use crate::cpu::partials_len;
use crate::error::GraphError;
use crate::graph::{Graph, Op};
use crate::optimizer::Optimizer;
use crate::plan::{Plan, Purpose};
use crate::program::Program;
use crate::shapes;

/// One node of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name of the node.
    pub name: String,
    /// What it does, as [`Op::label`] says.
    pub op: &'static str,
    /// Shape of its value for one photograph: rows, columns, channels.
    pub shape: [usize; 3],
    /// Trained values.
    pub parameters: usize,
    /// Multiply-adds for one photograph, of convolutions, linear layers and attention.
    pub multiply_adds: usize,
}

/// Bytes that training holds at once, but for photographs waiting their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Values and gradients of the layers.
    pub activations: usize,
    /// Weights, their gradients, the optimiser's slots and running statistics.
    pub weights: usize,
    /// Private sums of the kernels and positions of pooling.
    pub work: usize,
    /// The copy of weights and optimiser that a checkpoint is written from; nothing while predicting.
    pub checkpoint: usize,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> usize {
        self.activations + self.weights + self.work + self.checkpoint
    }
}

/// A network's nodes and totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// In the order of the graph.
    pub rows: Vec<Row>,
    /// Trained values of the whole network.
    pub parameters: usize,
    /// Multiply-adds of one photograph's forward pass.
    pub multiply_adds: usize,
    /// While training.
    pub training: Memory,
    /// While training on [`crate::LowMemoryCpu`].
    pub low_memory: Memory,
    /// While predicting.
    pub prediction: Memory,
}

/// Works out the costs of `graph` on photographs of `size` x `size` pixels in batches of `batch`.
///
/// # Errors
/// A malformed graph, or one that images of this size do not fit.
pub fn summarise(
    graph: &Graph,
    batch: usize,
    size: usize,
    optimizer: Optimizer,
) -> Result<Summary, GraphError> {
    let program = Program::new(graph, batch, size)?;
    let shapes = shapes::infer(graph, 1, size, size)?;
    let rows: Vec<Row> = (0..graph.nodes.len()).map(|id| row(graph, &shapes, &program, id)).collect();
    let trained = program.parameters.trained_len;
    let slots = optimizer.slots().len();
    let (partials, norm_partials) = partials_len(&program);
    let values = |count: usize| count * size_of::<f32>();
    let prediction = Memory {
        activations: values(Plan::new(&program, Purpose::Predict).len),
        weights: values(trained + program.parameters.buffers_len),
        work: program.indices_len,
        checkpoint: 0,
    };
    let training = |plan: Plan| Memory {
        activations: values(plan.len).max(prediction.activations),
        weights: values((2 + slots) * trained + program.parameters.buffers_len),
        work: program.indices_len + values(partials) + norm_partials * size_of::<f64>(),
        checkpoint: values((1 + slots) * trained + program.parameters.buffers_len),
    };
    Ok(Summary {
        parameters: trained,
        multiply_adds: rows.iter().fold(0, |sum, row| sum.saturating_add(row.multiply_adds)),
        rows,
        training: training(Plan::new(&program, Purpose::Train)),
        low_memory: training(Plan::recomputing(&program)),
        prediction,
    })
}

fn row(graph: &Graph, shapes: &[Nhwc], program: &Program, id: usize) -> Row {
    let node = &graph.nodes[id];
    let shape = shapes[id];
    let input = node.inputs.first().map(|&input| shapes[input]);
    let inputs = input.map_or(0, |shape| shape.c());
    let list = program.parameters.list.iter();
    let multiply_adds = match node.op {
        Op::Conv { window, .. } => shape.len().saturating_mul(window.kernel * window.kernel * inputs),
        Op::GroupedConv { groups, window, .. } => {
            shape.len().saturating_mul(window.kernel * window.kernel * (inputs / groups.max(1)))
        }
        Op::Depthwise { window } => shape.len().saturating_mul(window.kernel * window.kernel),
        Op::Linear { .. } => shape.len().saturating_mul(input.map_or(0, Nhwc::image_len)),
        Op::PixelLinear { .. } => shape.len().saturating_mul(inputs),
        Op::Attention { heads } => input
            .and_then(|input| Attention::new(input, heads))
            .map_or(0, |attention| attention.multiply_adds()),
        _ => 0,
    };
    Row {
        name: node.name.clone(),
        op: node.op.label(),
        shape: [shape.h(), shape.w(), shape.c()],
        parameters: list.filter(|p| p.node == id && p.role.is_trained()).map(|p| p.range.len()).sum(),
        multiply_adds,
    }
}
