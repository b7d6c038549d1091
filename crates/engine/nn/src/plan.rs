//! Where every value and gradient of a program lies in the arena, and who overwrites or adds.
//!
//! Time runs 0 .. S through the forward steps, S is the loss, and then come the operations of the backward pass in order
//! ([`crate::recompute`]). A buffer lives from the first moment at which it is written to the last at which it is read. A
//! value that is computed again for the backward pass lives twice, each time in a place of its own.

use std::ops::Range;

use foliar_kernels::Accumulate;

use crate::memory::{self, Request};
use crate::program::{Program, Step, ValueId};
use crate::recompute::{BackwardOp, Segments};

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
    /// Place of each value in the forward pass.
    pub(crate) values: Vec<Range<usize>>,
    /// Place of each value in the backward pass.
    pub(crate) again: Vec<Range<usize>>,
    /// The backward pass.
    pub(crate) backward_ops: Vec<BackwardOp>,
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
        match purpose {
            Purpose::Predict => Self::of_prediction(program),
            Purpose::Train | Purpose::Differentiate => {
                Self::of_training(program, &Segments::whole(program), purpose)
            }
        }
    }

    /// The smallest of several layouts for training in which values are computed again.
    pub(crate) fn recomputing(program: &Program) -> Self {
        let plans =
            Segments::choices(program).map(|segments| Self::of_training(program, &segments, Purpose::Train));
        let whole = Self::new(program, Purpose::Train);
        plans.fold(whole, |best, plan| if plan.len < best.len { plan } else { best })
    }

    fn of_prediction(program: &Program) -> Self {
        let mut requests = forward_requests(program);
        extend(&mut requests[program.logits], program.steps.len());
        let layout = memory::lay_out(&requests);
        Self {
            values: layout.places,
            again: Vec::new(),
            backward_ops: Vec::new(),
            gradients: Vec::new(),
            backward: Vec::new(),
            len: layout.len,
        }
    }

    fn of_training(program: &Program, segments: &Segments, purpose: Purpose) -> Self {
        let (values, loss) = (program.values.len(), program.steps.len());
        let backward_ops = segments.backward_ops(program);
        let mut requests = forward_requests(program);
        extend(&mut requests[program.logits], loss);
        // The second lives, of no length unless they are needed.
        let second: Vec<Option<usize>> = (0..values)
            .scan(values, |next, value| {
                let place = *next;
                let lives = segments.is_recomputed(value);
                *next += usize::from(lives);
                Some(lives.then_some(place))
            })
            .collect();
        let lives = second.iter().enumerate().filter(|(_, second)| second.is_some());
        requests.extend(lives.map(|_| Request { len: 0, life: 0..=0 }));
        let request_of = |value: ValueId| second[value].unwrap_or(value);
        let mut backward_time = vec![0; loss];
        for (index, &step) in backward_ops.iter().enumerate() {
            let time = loss + 1 + index;
            match step {
                BackwardOp::Recompute(step) => {
                    let step = &program.steps[step];
                    step.inputs().for_each(|x| extend(&mut requests[request_of(x)], time));
                    let len = program.values[step.output()].len();
                    requests[request_of(step.output())] = Request { len, life: time..=time };
                }
                BackwardOp::Gradients(step) => {
                    backward_time[step] = time;
                    for value in program.steps[step].backward_inputs() {
                        extend(&mut requests[request_of(value)], time);
                    }
                }
            }
        }
        let gradients = Gradients::new(program, purpose == Purpose::Differentiate);
        let first_gradient = requests.len();
        requests.extend(gradients.requests(program, &backward_time));
        let layout = memory::lay_out(&requests);
        let place = |value: ValueId| match gradients.buffer[value] {
            Some(buffer) => layout.places[first_gradient + buffer].clone(),
            None => 0..0,
        };
        Self {
            values: layout.places[..values].to_vec(),
            again: (0..values).map(|value| layout.places[request_of(value)].clone()).collect(),
            backward_ops,
            gradients: (0..values).map(place).collect(),
            backward: gradients.backward,
            len: layout.len,
        }
    }
}

/// The values, alive as long as the forward pass needs them.
fn forward_requests(program: &Program) -> Vec<Request> {
    let mut requests: Vec<Request> =
        program.values.iter().map(|shape| Request { len: shape.len(), life: 0..=0 }).collect();
    for (time, step) in program.steps.iter().enumerate() {
        requests[step.output()].life = time..=time;
        for x in step.inputs() {
            extend(&mut requests[x], time);
        }
    }
    requests
}

fn extend(request: &mut Request, time: usize) {
    let (start, end) = (*request.life.start(), *request.life.end());
    request.life = start..=end.max(time);
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
            needed[step.output()] = step.is_trained() || step.inputs().any(|x| needed[x]);
        }
        for (index, step) in program.steps.iter().enumerate().rev() {
            let mut inputs = step.inputs();
            let (first, second) = (inputs.next(), inputs.next());
            let shares = matches!(
                step,
                Step::Norm { .. }
                    | Step::Activate { .. }
                    | Step::Curve { .. }
                    | Step::Dropout { .. }
                    | Step::StochasticDepth { .. }
            );
            let shares = shares || matches!(step, Step::Learned(learned) if learned.shares());
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
    /// `times` are the backward moments of the steps.
    fn requests(&self, program: &Program, times: &[usize]) -> Vec<Request> {
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
            let time = times[index];
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
