//! Where every value and gradient of a program lies in the arena, and who overwrites or adds.
//!
//! Time runs 0 .. S through the forward steps, S is the loss, and the backward pass of step i is at 2 S - i. A buffer
//! lives from the first moment at which it is written to the last at which it is read.

use std::ops::Range;

use foliar_kernels::{Accumulate, Activation};

use crate::memory::{self, Request};
use crate::program::{Program, Step, ValueId};

/// What the arena is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The forward pass alone: a value's place is free again after its last reader.
    Predict,
    /// Forward and backward: values wait for their backward readers.
    Train,
    /// As training, with the gradient of the input as well.
    Differentiate,
}

/// How the backward pass of one step treats the gradients of its inputs, in the order of [`Step::inputs`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backward {
    /// First input; `None` where no gradient is needed.
    pub(crate) first: Option<Accumulate>,
    /// Second input.
    pub(crate) second: Option<Accumulate>,
    /// The gradient of the first input takes the place of the output's.
    pub(crate) in_place: bool,
}

/// The layout of one arena.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Place of each value.
    pub(crate) values: Vec<Range<usize>>,
    /// Place of each value's gradient; empty where there is none.
    pub(crate) gradients: Vec<Range<usize>>,
    /// For each step.
    pub(crate) backward: Vec<Backward>,
    /// Values of the whole arena.
    pub(crate) len: usize,
}

impl Plan {
    /// Lays `program` out.
    pub(crate) fn new(program: &Program, purpose: Purpose) -> Self {
        let steps = program.steps.len();
        let mut requests: Vec<Request> =
            program.values.iter().map(|shape| Request { len: shape.len(), life: 0..=0 }).collect();
        for (time, step) in program.steps.iter().enumerate() {
            requests[step.output()].life = time..=time;
            if let Some(kept) = step.kept() {
                requests[kept].life = time..=time;
                if purpose == Purpose::Predict {
                    requests[kept].len = 0;
                }
            }
            for x in step.inputs() {
                extend(&mut requests[x], time);
            }
        }
        extend(&mut requests[program.logits], steps);
        if purpose == Purpose::Predict {
            let layout = memory::lay_out(&requests);
            return Self {
                values: layout.places,
                gradients: Vec::new(),
                backward: Vec::new(),
                len: layout.len,
            };
        }
        for (index, step) in program.steps.iter().enumerate() {
            for value in backward_reads(step) {
                extend(&mut requests[value], 2 * steps - index);
            }
        }
        let gradients = Gradients::new(program, purpose == Purpose::Differentiate);
        let first_gradient = requests.len();
        requests.extend(gradients.requests(program));
        let layout = memory::lay_out(&requests);
        let place = |value: ValueId| match gradients.buffer[value] {
            Some(buffer) => layout.places[first_gradient + buffer].clone(),
            None => 0..0,
        };
        Self {
            values: layout.places[..first_gradient].to_vec(),
            gradients: (0..program.values.len()).map(place).collect(),
            backward: gradients.backward,
            len: layout.len,
        }
    }
}

fn extend(request: &mut Request, time: usize) {
    let (start, end) = (*request.life.start(), *request.life.end());
    request.life = start..=end.max(time);
}

/// The values that the backward pass of a step reads.
fn backward_reads(step: &Step) -> Vec<ValueId> {
    match *step {
        Step::Conv { x, .. } => vec![x],
        Step::Depthwise { x, .. } => std::iter::once(x).chain(step.kept()).collect(),
        Step::Norm { x, residual: Some(_), y, ref norm } if norm.activation != Activation::Identity => {
            vec![x, y]
        }
        Step::Norm { x, .. } => vec![x],
        Step::Activate { y, .. } | Step::Sigmoid { y, .. } => vec![y],
        Step::Silu { x, .. } => vec![x],
        Step::Scale { x, factor, .. } => vec![x, factor],
        Step::MaxPool { .. }
        | Step::AveragePool { .. }
        | Step::AdaptivePool { .. }
        | Step::GlobalPool { .. }
        | Step::Dropout { .. }
        | Step::Add { .. }
        | Step::Concat { .. } => Vec::new(),
    }
}

/// Which values have gradients, which of these share a buffer, and in what order they are written.
struct Gradients {
    /// Buffer of each value's gradient.
    buffer: Vec<Option<usize>>,
    /// The value whose shape each buffer has.
    owner: Vec<ValueId>,
    backward: Vec<Backward>,
}

impl Gradients {
    fn new(program: &Program, of_input: bool) -> Self {
        let mut readers = vec![0; program.values.len()];
        program.steps.iter().flat_map(Step::inputs).for_each(|x| readers[x] += 1);
        let mut gradients = Self {
            buffer: vec![None; program.values.len()],
            owner: vec![program.logits],
            backward: vec![Backward::default(); program.steps.len()],
        };
        gradients.buffer[program.logits] = Some(0);
        let mut needed = vec![false; program.values.len()];
        needed[0] = of_input;
        for step in &program.steps {
            let trained = matches!(step, Step::Conv { .. } | Step::Depthwise { .. } | Step::Norm { .. });
            needed[step.output()] = trained || step.inputs().any(|x| needed[x]);
        }
        for (index, step) in program.steps.iter().enumerate().rev() {
            let mut inputs = step.inputs();
            let (first, second) = (inputs.next(), inputs.next());
            let shares = matches!(
                step,
                Step::Norm { .. }
                    | Step::Activate { .. }
                    | Step::Silu { .. }
                    | Step::Sigmoid { .. }
                    | Step::Dropout { .. }
            );
            let in_place = shares && first.is_some_and(|x| needed[x] && readers[x] == 1);
            let mut write = |value: Option<ValueId>, shared: Option<usize>| {
                value.filter(|&x| needed[x]).map(|x| gradients.write(x, shared))
            };
            let second = write(second, None);
            let shared = if in_place { gradients.buffer[step.output()] } else { None };
            let first = first.filter(|&x| needed[x]).map(|x| gradients.write(x, shared));
            gradients.backward[index] = Backward { first, second, in_place };
        }
        gradients
    }

    /// Notes a writer of the gradient of `value`: the first overwrites, the others add.
    fn write(&mut self, value: ValueId, shared: Option<usize>) -> Accumulate {
        if self.buffer[value].is_some() {
            return Accumulate::Add;
        }
        let buffer = shared.unwrap_or_else(|| {
            self.owner.push(value);
            self.owner.len() - 1
        });
        self.buffer[value] = Some(buffer);
        Accumulate::Overwrite
    }

    /// A buffer lives from its first writer's backward moment to that of the earliest step whose output's gradient it is.
    fn requests(&self, program: &Program) -> Vec<Request> {
        let last = program.steps.len();
        let mut lives: Vec<Option<(usize, usize)>> = vec![None; self.owner.len()];
        let mut touch = |buffer: Option<usize>, time: usize| {
            if let Some(buffer) = buffer {
                let (start, end) = lives[buffer].unwrap_or((time, time));
                lives[buffer] = Some((start.min(time), end.max(time)));
            }
        };
        touch(self.buffer[program.logits], last);
        for (index, step) in program.steps.iter().enumerate() {
            let time = 2 * last - index;
            touch(self.buffer[step.output()], time);
            step.inputs().for_each(|x| touch(self.buffer[x], time));
        }
        let request = |(&owner, life): (&ValueId, Option<(usize, usize)>)| {
            let (start, end) = life.unwrap_or((last, last));
            Request { len: program.values[owner].len(), life: start..=end }
        };
        self.owner.iter().zip(lives).map(request).collect()
    }
}
