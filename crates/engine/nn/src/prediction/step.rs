//! The steps of a prediction, with their weights.

use foliar_kernels::conv::grouped;
use foliar_kernels::separable::Separable;
use foliar_kernels::{conv, depthwise, norm};

use super::folding::{FixedNorm, Tensors};
use super::layers::{self, Convolution, Kind, Layer};
use crate::learned::Learned;
use crate::memory::disjoint;
use crate::program::{self, Label, Program, ValueId};
use crate::tensor::StateDict;
use crate::weightless::Memory;

/// One pass over memory.
pub(super) struct Step {
    pub(super) label: Label,
    pub(super) work: Work,
}

pub(super) enum Work {
    Dense {
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        layer: conv::Prepared,
    },
    Grouped {
        x: ValueId,
        y: ValueId,
        layer: grouped::Prepared,
    },
    Depthwise {
        x: ValueId,
        y: ValueId,
        layer: depthwise::Prepared,
    },
    Separable {
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        layer: Separable,
    },
    Norm {
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        norm: FixedNorm,
    },
    /// With its two tensors.
    Learned {
        learned: Learned,
        tensors: [Vec<f32>; 2],
    },
    Other(program::Step),
}

/// The steps of the layers of a program, with the tensors of `state`, which has all of them.
pub(super) fn all(layers: Vec<Layer>, program: &Program, state: &StateDict) -> Vec<Step> {
    let mut readers = vec![0_usize; program.values.len()];
    layers.iter().flat_map(inputs_of_layer).for_each(|x| readers[x] += 1);
    let tensors = Tensors::new(program, state);
    let mut steps: Vec<Step> = Vec::new();
    for Layer { label, work } in layers {
        let work = match work {
            layers::Work::Convolution(layer) => prepared(&layer, &tensors),
            layers::Work::Other(program::Step::Norm { x, residual, y, norm, .. }) => {
                Work::Norm { x, residual, y, norm: tensors.fixed(&norm.tensors, norm.activation) }
            }
            layers::Work::Other(program::Step::Learned(learned)) => {
                let tensors = [&learned.weight, &learned.shift].map(|range| tensors.part(range));
                Work::Learned { learned, tensors }
            }
            layers::Work::Other(step) => Work::Other(step),
        };
        match (steps.pop(), work) {
            (
                Some(Step { label: first, work: Work::Depthwise { x, y: between, layer: depthwise } }),
                Work::Dense { x: seen, residual, y, layer },
            ) if seen == between && readers[between] == 1 => match Separable::join(depthwise, layer) {
                Ok(layer) => {
                    let label = Label { op: "separable", ..label };
                    steps.push(Step { label, work: Work::Separable { x, residual, y, layer } });
                }
                Err(apart) => {
                    let (depthwise, layer) = *apart;
                    steps.push(Step {
                        label: first,
                        work: Work::Depthwise { x, y: between, layer: depthwise },
                    });
                    steps.push(Step { label, work: Work::Dense { x: seen, residual, y, layer } });
                }
            },
            (last, work) => {
                steps.extend(last);
                steps.push(Step { label, work });
            }
        }
    }
    steps
}

fn inputs_of_layer(layer: &Layer) -> Vec<ValueId> {
    match &layer.work {
        layers::Work::Convolution(Convolution { x, residual, .. }) => {
            [Some(*x), *residual].into_iter().flatten().collect()
        }
        layers::Work::Other(step) => step.inputs().collect(),
    }
}

fn prepared(layer: &Convolution, tensors: &Tensors) -> Work {
    let Convolution { x, y, kind, residual, activation, .. } = *layer;
    match kind {
        Kind::Dense(conv) => {
            let (weight, bias) = tensors.folded(layer, conv.channels());
            Work::Dense { x, residual, y, layer: conv::Prepared::new(conv, weight, bias, activation) }
        }
        Kind::Grouped(conv) => {
            let (weight, bias) = tensors.folded(layer, conv.channels());
            Work::Grouped { x, y, layer: grouped::Prepared::new(conv, &weight, bias, activation) }
        }
        Kind::Depthwise(conv) => {
            let (weight, bias) = tensors.folded(layer, conv.output().c());
            Work::Depthwise { x, y, layer: depthwise::Prepared::new(conv, weight, bias, activation) }
        }
    }
}

impl Step {
    pub(super) fn run(&self, memory: &mut Memory<'_>) {
        let count = memory.count;
        match &self.work {
            Work::Dense { x, residual, y, layer } => {
                on(memory, *x, *residual, *y, |x, residual, y| layer.forward(count, x, residual, y));
            }
            Work::Separable { x, residual, y, layer } => {
                on(memory, *x, *residual, *y, |x, residual, y| layer.forward(count, x, residual, y));
            }
            Work::Grouped { x, y, layer } => {
                on(memory, *x, None, *y, |x, _, y| layer.forward(count, x, y));
            }
            Work::Depthwise { x, y, layer } => {
                on(memory, *x, None, *y, |x, _, y| layer.forward(count, x, y));
            }
            Work::Norm { x, residual, y, norm } => {
                on(memory, *x, *residual, *y, |x, residual, y| {
                    norm::apply(x, norm.scale_shift(), residual, y)
                });
            }
            Work::Learned { learned, tensors: [weight, shift] } => learned.forward(memory, weight, shift),
            Work::Other(step) => memory.run(step, None),
        }
    }
}

impl Work {
    /// The values that it reads.
    pub(super) fn inputs(&self) -> Vec<ValueId> {
        match self {
            Self::Dense { x, residual, .. }
            | Self::Separable { x, residual, .. }
            | Self::Norm { x, residual, .. } => [Some(*x), *residual].into_iter().flatten().collect(),
            Self::Grouped { x, .. } | Self::Depthwise { x, .. } => vec![*x],
            Self::Learned { learned, .. } => vec![learned.x],
            Self::Other(step) => step.inputs().collect(),
        }
    }

    /// The value that it writes.
    pub(super) fn output(&self) -> ValueId {
        match self {
            Self::Dense { y, .. }
            | Self::Separable { y, .. }
            | Self::Norm { y, .. }
            | Self::Grouped { y, .. }
            | Self::Depthwise { y, .. } => *y,
            Self::Learned { learned, .. } => learned.y,
            Self::Other(step) => step.output(),
        }
    }

    /// Multiply-adds of one photograph.
    pub(super) fn multiply_adds(&self) -> usize {
        let dense = |layer: &conv::Prepared| layer.conv().output().len() * layer.conv().patch_len();
        let depthwise =
            |layer: &depthwise::Prepared| layer.conv().output().len() * layer.conv().window().area();
        match self {
            Self::Dense { layer, .. } => dense(layer),
            Self::Grouped { layer, .. } => layer.conv().output().len() * layer.conv().patch_len(),
            Self::Depthwise { layer, .. } => depthwise(layer),
            Self::Separable { layer, .. } => depthwise(layer.depthwise()) + dense(layer.pointwise()),
            Self::Other(program::Step::Attention { attention, .. }) => attention.multiply_adds(),
            Self::Norm { .. } | Self::Learned { .. } | Self::Other(_) => 0,
        }
    }
}

/// Calls `work` with two values to read, which may be one, and one to write.
fn on(
    memory: &mut Memory<'_>,
    x: ValueId,
    residual: Option<ValueId>,
    y: ValueId,
    work: impl FnOnce(&[f32], Option<&[f32]>, &mut [f32]),
) {
    let [from, to] = [x, y].map(|value| memory.place(value));
    match residual {
        Some(residual) if residual != x => {
            let residual = memory.place(residual);
            let [x, residual, y] = disjoint(memory.arena, [from, residual, to]);
            work(x, Some(residual), y);
        }
        _ => {
            let [x, y] = disjoint(memory.arena, [from, to]);
            work(x, residual.is_some().then_some(x), y);
        }
    }
}
