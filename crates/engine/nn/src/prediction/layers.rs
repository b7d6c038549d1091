//! The layers of a network that only predicts.
//!
//! A convolution stands where the batch norm after it stood, and takes the norm, the residual and the activation in.

use std::collections::HashMap;
use std::ops::Range;

use foliar_kernels::conv::Conv;
use foliar_kernels::conv::grouped::Grouped;
use foliar_kernels::depthwise::Depthwise;
use foliar_kernels::{Activation, Window};

use crate::learned::{self, Learned};
use crate::program::{Fused, Label, Norm, NormTensors, Program, Step, ValueId};

/// What is computed at once.
pub(super) struct Layer {
    pub(super) label: Label,
    pub(super) work: Work,
}

pub(super) enum Work {
    Convolution(Convolution),
    Other(Step),
}

/// A convolution and what follows it: `y = activation(norm(convolution(x)) + residual)`.
pub(super) struct Convolution {
    pub(super) x: ValueId,
    pub(super) y: ValueId,
    pub(super) kind: Kind,
    pub(super) weight: Range<usize>,
    pub(super) bias: Option<Range<usize>>,
    pub(super) norm: Option<NormTensors>,
    /// Factors of the channels, where there is no norm.
    pub(super) scale: Option<Range<usize>>,
    pub(super) residual: Option<ValueId>,
    pub(super) activation: Activation,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Dense(Conv),
    Grouped(Grouped),
    Depthwise(Depthwise),
}

/// The layers of a program in order.
pub(super) fn of(program: &Program) -> Vec<Layer> {
    let mut readers = vec![0_usize; program.values.len()];
    program.steps.iter().flat_map(Step::inputs).for_each(|x| readers[x] += 1);
    let mut making = Making { program, readers, layers: Vec::new(), waiting: HashMap::new() };
    for (step, label) in program.steps.iter().zip(&program.labels) {
        making.take(step, label);
    }
    making.layers
}

struct Making<'a> {
    program: &'a Program,
    /// How many steps read each value.
    readers: Vec<usize>,
    layers: Vec<Layer>,
    /// Convolutions by their output, whose norm is still to come.
    waiting: HashMap<ValueId, (Convolution, Label)>,
}

impl Making<'_> {
    fn take(&mut self, step: &Step, label: &Label) {
        let shape = |value: ValueId| self.program.values[value];
        match *step {
            Step::Conv { x, y, conv, ref weight, ref bias, ref after } => {
                let (weight, bias) = (weight.clone(), bias.clone());
                let layer = Convolution { bias, ..convolution(x, y, Kind::Dense(conv), weight) };
                self.convolve(layer, label, after.is_some());
            }
            Step::Grouped { x, y, conv, ref weight, ref after } => {
                let layer = convolution(x, y, Kind::Grouped(conv), weight.clone());
                self.convolve(layer, label, after.is_some());
            }
            Step::Pointwise { layer, ref fused } => {
                // The same number of weights, and so no more values than were counted already.
                let Some(conv) = Conv::new(shape(fused.x), layer.outputs(), Window::PIXEL) else {
                    unreachable!("a product that was planned")
                };
                self.fused(Kind::Dense(conv), fused, label);
            }
            Step::Depthwise { depthwise, ref fused } => self.fused(Kind::Depthwise(depthwise), fused, label),
            Step::Norm { x, residual, y, ref norm, .. } => match self.waiting.remove(&x) {
                // Nothing is added to other convolutions than dense ones on their way out.
                Some((layer, named)) if residual.is_some() && !matches!(layer.kind, Kind::Dense(_)) => {
                    self.push(Work::Convolution(layer), &named);
                    self.push(Work::Other(step.clone()), label);
                }
                Some(layer) => self.normalise(layer, norm, residual, y),
                None => self.push(Work::Other(step.clone()), label),
            },
            Step::Activate { x, y, activation } if self.readers[x] == 1 && self.may_activate(x) => {
                if let Some(Layer { work: Work::Convolution(layer), .. }) = self.layers.last_mut() {
                    (layer.activation, layer.y) = (activation, y);
                }
            }
            Step::Learned(Learned { x, y, kind: learned::Kind::ChannelShift, ref weight, .. })
                if self.last_bare(x).is_some_and(|layer| layer.bias.is_none() && layer.scale.is_none()) =>
            {
                if let Some(layer) = self.last_bare(x) {
                    (layer.bias, layer.y) = (Some(weight.clone()), y);
                }
            }
            Step::Learned(Learned { x, y, kind: learned::Kind::ChannelScale, ref weight, .. })
                if self.last_bare(x).is_some_and(|layer| layer.scale.is_none()) =>
            {
                if let Some(layer) = self.last_bare(x) {
                    (layer.scale, layer.y) = (Some(weight.clone()), y);
                }
            }
            Step::Add { a, b, y } if self.takes_residual(a) || self.takes_residual(b) => {
                let (made, residual) = if self.takes_residual(b) { (b, a) } else { (a, b) };
                if let Some(layer) = self.last_bare(made) {
                    (layer.residual, layer.y) = (Some(residual), y);
                }
            }
            ref other => self.push(Work::Other(other.clone()), label),
        }
    }

    /// The last layer, if it makes `x` for one reader and is a convolution that neither a norm, a residual nor an activation
    /// follows.
    fn last_bare(&mut self, x: ValueId) -> Option<&mut Convolution> {
        let sole = self.readers[x] == 1 && self.may_activate(x);
        let Some(Layer { work: Work::Convolution(layer), .. }) = self.layers.last_mut() else { return None };
        (sole && layer.norm.is_none() && layer.residual.is_none()).then_some(layer)
    }

    /// Whether something may be added to `x` in the last layer. Dense convolutions with a bias and without a norm alone, as in
    /// blocks of transformers.
    fn takes_residual(&mut self, x: ValueId) -> bool {
        self.last_bare(x).is_some_and(|layer| layer.bias.is_some() && matches!(layer.kind, Kind::Dense(_)))
    }

    fn push(&mut self, work: Work, label: &Label) {
        self.layers.push(Layer { label: label.clone(), work });
    }

    fn fused(&mut self, kind: Kind, fused: &Fused, label: &Label) {
        let Fused { x, y, ref weight, ref before, ref after } = *fused;
        if let Some(norm) = before {
            let Some(layer) = self.waiting.remove(&x) else {
                unreachable!("a norm joins a convolution that knows of it")
            };
            self.normalise(layer, norm, None, x);
        }
        self.convolve(convolution(x, y, kind, weight.clone()), label, after.is_some());
    }

    /// A convolution, which waits for its norm if it has one.
    fn convolve(&mut self, layer: Convolution, label: &Label, normalised: bool) {
        if normalised {
            self.waiting.insert(layer.y, (layer, label.clone()));
        } else {
            self.push(Work::Convolution(layer), label);
        }
    }

    /// A convolution that waited for its norm.
    fn normalise(
        &mut self,
        (layer, label): (Convolution, Label),
        norm: &Norm,
        residual: Option<ValueId>,
        y: ValueId,
    ) {
        let Norm { activation, tensors } = norm.clone();
        let layer = Convolution { y, norm: Some(tensors), residual, activation, ..layer };
        self.push(Work::Convolution(layer), &label);
    }

    /// Whether the last layer makes `x` and has no activation yet.
    fn may_activate(&self, x: ValueId) -> bool {
        self.layers.last().is_some_and(|layer| match &layer.work {
            Work::Convolution(layer) => layer.y == x && layer.activation == Activation::Identity,
            Work::Other(_) => false,
        })
    }
}

/// A convolution that nothing follows.
fn convolution(x: ValueId, y: ValueId, kind: Kind, weight: Range<usize>) -> Convolution {
    let activation = Activation::Identity;
    Convolution { x, y, kind, weight, bias: None, norm: None, scale: None, residual: None, activation }
}
