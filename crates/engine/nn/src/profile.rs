//! What each step of the engine multiplies, and how long it takes.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | m | multiply-adds of a convolution, linear layer or attention, for one photograph |
//! | m | forward |
//! | m | gradient of the weights |
//! | m | gradient of the input, where something before it is trained |
//!
//! So a training step costs 3 m a layer, and 2 m for the first, whose input has no gradient.

use std::time::{Duration, Instant};

use crate::plan::Backward;
use crate::program::{Program, Step};

/// Work of one step in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Multiply-adds for one photograph, of convolutions and linear layers.
    pub multiply_adds: usize,
    /// Time of all passes since the stopwatch was started; zero if it was not.
    pub time: Duration,
}

/// One step of the engine: a node, with what is computed in the same pass over memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProfile {
    /// Name of the node; of a fused step, of its first.
    pub name: String,
    /// What the node does, as [`crate::Op::label`] says.
    pub op: &'static str,
    /// The forward pass.
    pub forward: Spent,
    /// The backward pass: nothing in an engine that only predicts.
    pub backward: Spent,
}

/// A pass over the steps of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// Takes the time of each step. Stopped, as it is made, it costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    running: bool,
    last: Option<Instant>,
    forward: Vec<Duration>,
    backward: Vec<Duration>,
}

impl Stopwatch {
    /// Forgets all times and takes those of `steps` steps from now on.
    pub(crate) fn start(&mut self, steps: usize) {
        *self = Self {
            running: true,
            last: None,
            forward: vec![Duration::ZERO; steps],
            backward: vec![Duration::ZERO; steps],
        };
    }

    /// The first step of a pass begins.
    pub(crate) fn begin(&mut self) {
        self.last = self.running.then(Instant::now);
    }

    /// A step ends, and the next one begins.
    pub(crate) fn lap(&mut self, direction: Direction, step: usize) {
        if let Some(last) = self.last {
            let now = Instant::now();
            let times = match direction {
                Direction::Forward => &mut self.forward,
                Direction::Backward => &mut self.backward,
            };
            times[step] += now - last;
            self.last = Some(now);
        }
    }

    /// Time of all forward passes of a step; zero unless it was started.
    pub(crate) fn forward_time(&self, step: usize) -> Duration {
        self.forward.get(step).copied().unwrap_or_default()
    }

    /// The work of `program`, with the times taken. `backward` is that of the training plan; empty if there is none.
    pub(crate) fn report(&self, program: &Program, backward: &[Backward]) -> Vec<StepProfile> {
        let time = |times: &[Duration], step: usize| times.get(step).copied().unwrap_or_default();
        program
            .steps
            .iter()
            .zip(&program.labels)
            .enumerate()
            .map(|(index, (step, label))| {
                let multiply_adds = multiply_adds(program, step);
                let gradients = backward.get(index).map_or(0, |of| 1 + usize::from(of.first.is_some()));
                StepProfile {
                    name: label.name.clone(),
                    op: label.op,
                    forward: Spent { multiply_adds, time: time(&self.forward, index) },
                    backward: Spent {
                        multiply_adds: gradients * multiply_adds,
                        time: time(&self.backward, index),
                    },
                }
            })
            .collect()
    }
}

fn multiply_adds(program: &Program, step: &Step) -> usize {
    let outputs = program.values[step.output()].image_len();
    match *step {
        Step::Conv { conv, .. } => outputs * conv.patch_len(),
        Step::Grouped { conv, .. } => outputs * conv.patch_len(),
        Step::Pointwise { layer, .. } => outputs * layer.inputs(),
        Step::Depthwise { depthwise, .. } => outputs * depthwise.window().area(),
        Step::Attention { attention, .. } => attention.multiply_adds(),
        _ => 0,
    }
}
