//! The engine of a network that no longer learns.
//!
//! What never changes is done when it is made: batch norms are folded into the weights of the convolutions before them, and the
//! weights are packed. A layer is then a convolution with bias, residual and activation, which stores each value once; a
//! depthwise convolution of a large image and the pointwise one after it are one layer. Photographs of a batch go through the
//! network in small groups.

mod always;
mod folding;
mod layers;
mod step;

use std::ops::Range;
use std::sync::Arc;

use foliar_kernels::{Nhwc, threads};

use crate::error::{EngineError, PredictionError};
use crate::floats::Floats;
use crate::graph::Graph;
use crate::memory::{self, Request, check_memory};
use crate::profile::{Direction, Spent, StepProfile, Stopwatch};
use crate::program::{Program, ValueId};
use crate::tensor::StateDict;
use crate::weightless::Memory;
use step::Step;

/// Photographs that go through the network at the same time: few enough that the values of one step are in the cache still when the
/// next one reads them, enough for the weights of the last layers, of which each is used for a few pixels of a photograph only.
const GROUP: usize = 4;
/// Values that a group may take in memory, 256 MB, unless a photograph alone takes more.
const MOST_VALUES: usize = 1 << 26;

/// Runs a network whose weights no longer change, faster than a [`CpuEngine`](crate::CpuEngine) and with less memory.
///
/// Its values are those of a `CpuEngine` in evaluation mode up to rounding, about 1e-6 of the largest. They are the same bits
/// alone and in any batch, on any number of threads.
pub struct PredictionEngine {
    batch: usize,
    /// Shapes of the values for a group of photographs; the first is the input.
    shapes: Vec<Nhwc>,
    /// Place of each value in the arena.
    places: Vec<Range<usize>>,
    steps: Arc<[Step]>,
    output: ValueId,
    arena: Floats,
    indices: Vec<u8>,
    stopwatch: Stopwatch,
}

impl PredictionEngine {
    /// An engine for at most `batch` photographs of `size` x `size` pixels at a time. A graph that begins with features has their
    /// size instead. `state` may hold more tensors than those of the graph.
    ///
    /// # Errors
    /// A malformed graph, one that photographs of this size do not fit, or a tensor that is missing or of another shape.
    pub fn new(graph: &Graph, state: &StateDict, size: usize, batch: usize) -> Result<Self, PredictionError> {
        graph.check_structure()?;
        let program = Program::new(&always::kept(graph), batch.max(1), size)?;
        for parameter in &program.parameters.list {
            state.require(&parameter.name, &parameter.shape)?;
        }
        let steps = step::all(layers::of(&program), &program, state);
        let Program { batch, values, logits: output, indices_len, .. } = program;
        let of_group = |group: usize| {
            let shapes: Vec<Nhwc> = values.iter().map(|shape| shape.of_images(group)).collect();
            let layout = memory::lay_out(&requests(&shapes, &steps, output));
            (shapes, layout)
        };
        let one = of_group(1).1.len.max(1);
        let group = GROUP.max(threads()).min(MOST_VALUES / one).clamp(1, batch);
        let (shapes, layout) = of_group(group);
        check_memory(layout.len)?;
        Ok(Self {
            batch,
            places: layout.places,
            shapes,
            steps: steps.into(),
            output,
            arena: Floats::zeros(layout.len),
            indices: vec![0; indices_len],
            stopwatch: Stopwatch::default(),
        })
    }

    /// Another engine with the same weights, which are there once, and memory of its own: for another thread.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            batch: self.batch,
            shapes: self.shapes.clone(),
            places: self.places.clone(),
            steps: Arc::clone(&self.steps),
            output: self.output,
            arena: Floats::zeros(self.arena.len()),
            indices: vec![0; self.indices.len()],
            stopwatch: Stopwatch::default(),
        }
    }

    /// The same for at most `batch` photographs at a time on a thread that is alone: for fewer photographs at the same time, in less
    /// memory.
    ///
    /// # Errors
    /// There is no memory for its values.
    pub fn alone(&self, batch: usize) -> Result<Self, PredictionError> {
        let group = GROUP.min(self.shapes[0].n()).min(batch).max(1);
        let shapes: Vec<Nhwc> = self.shapes.iter().map(|shape| shape.of_images(group)).collect();
        let layout = memory::lay_out(&requests(&shapes, &self.steps, self.output));
        check_memory(layout.len)?;
        Ok(Self {
            batch: batch.max(1),
            places: layout.places,
            shapes,
            steps: Arc::clone(&self.steps),
            output: self.output,
            arena: Floats::zeros(layout.len),
            indices: vec![0; self.indices.len()],
            stopwatch: Stopwatch::default(),
        })
    }

    /// The graph's last value, logits (n, classes) of a classifier, of preprocessed photographs (n, size, size, 3) or of
    /// features.
    ///
    /// # Errors
    /// The images do not fit the engine.
    pub fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError> {
        let image_len = self.shapes[0].image_len();
        let count = images.len() / image_len;
        if count == 0 || count > self.batch {
            return Err(EngineError::BatchSize { got: count, planned: self.batch });
        }
        if images.len() != count * image_len {
            return Err(EngineError::ImageLength { got: images.len(), expected: count * image_len });
        }
        let group = self.shapes[0].len();
        let mut values = Vec::with_capacity(count * self.outputs());
        for images in images.chunks(group) {
            values.extend_from_slice(self.run(images));
        }
        Ok(values)
    }

    /// The output for a group of photographs.
    fn run(&mut self, images: &[f32]) -> &[f32] {
        let mut memory = Memory {
            shapes: &self.shapes,
            places: &self.places,
            count: images.len() / self.shapes[0].image_len(),
            arena: &mut self.arena,
            indices: &mut self.indices,
        };
        let input = memory.place(0);
        memory.arena[input].copy_from_slice(images);
        self.stopwatch.begin();
        for (index, step) in self.steps.iter().enumerate() {
            step.run(&mut memory);
            self.stopwatch.lap(Direction::Forward, index);
        }
        let output = memory.place(self.output);
        &self.arena[output]
    }

    /// Values of the output of one photograph; of a classifier, its classes.
    pub fn outputs(&self) -> usize {
        self.shapes[self.output].image_len()
    }

    /// Most photographs in one call.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Takes the time of each step from now on.
    pub fn start_stopwatch(&mut self) {
        self.stopwatch.start(self.steps.len());
    }

    /// The work of each step in order, with the times since [`Self::start_stopwatch`].
    pub fn profile(&self) -> Vec<StepProfile> {
        let report = |(index, step): (usize, &Step)| {
            let time = self.stopwatch.forward_time(index);
            StepProfile {
                name: step.label.name.clone(),
                op: step.label.op,
                forward: Spent { multiply_adds: step.work.multiply_adds(), time },
                backward: Spent::default(),
            }
        };
        self.steps.iter().enumerate().map(report).collect()
    }
}

/// The values, alive from the step that makes them to the last one that reads them; those between joined layers have no length.
fn requests(shapes: &[Nhwc], steps: &[Step], output: ValueId) -> Vec<Request> {
    let mut requests: Vec<Request> = shapes.iter().map(|_| Request { len: 0, life: 0..=0 }).collect();
    requests[0].len = shapes[0].len();
    for (time, step) in steps.iter().enumerate() {
        let y = step.work.output();
        requests[y] = Request { len: shapes[y].len(), life: time..=time };
        for x in step.work.inputs() {
            let start = *requests[x].life.start();
            requests[x].life = start..=time;
        }
    }
    let start = *requests[output].life.start();
    requests[output].life = start..=steps.len();
    requests
}
