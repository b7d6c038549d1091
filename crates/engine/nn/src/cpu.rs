//! The engine that runs a graph on the kernels of this machine's processor.

mod backward;
mod forward;
mod input_gradient;
mod norms;
mod training;

use std::ops::Range;

use foliar_kernels::binary_loss::{BinaryCrossEntropy, Targets, binary_cross_entropy};
use foliar_kernels::distillation::{UNLABELLED, distillation};
use foliar_kernels::loss;

pub(crate) use training::partials_len;

use training::Training;

use crate::engine::{Batch, Device, Engine, EngineOptions, StepConfig, StepStats};
use crate::error::{EngineError, GraphError, StateError};
use crate::floats::Floats;
use crate::graph::Graph;
use crate::init;
use crate::memory::{check_memory, disjoint};
use crate::parameters::Parameter;
use crate::plan::{Plan, Purpose};
use crate::profile::{StepProfile, Stopwatch};
use crate::program::Program;
use crate::tensor::{AVERAGE_PREFIX, OPTIMIZER_PREFIX, StateDict, Tensor};

/// This machine's processor.
#[derive(Clone, Copy, Debug)]
pub struct Cpu;

impl Device for Cpu {
    fn engine(&self, graph: &Graph, options: &EngineOptions) -> Result<Box<dyn Engine>, GraphError> {
        Ok(Box::new(CpuEngine::new(graph, *options)?))
    }
}

/// This machine's processor, with less memory and more time: values of the forward pass are computed again in the backward
/// pass instead of being kept. The numbers are the same, bit for bit.
#[derive(Clone, Copy, Debug)]
pub struct LowMemoryCpu;

impl Device for LowMemoryCpu {
    fn engine(&self, graph: &Graph, options: &EngineOptions) -> Result<Box<dyn Engine>, GraphError> {
        Ok(Box::new(CpuEngine::with_low_memory(graph, *options)?))
    }
}

/// Runs a graph in float32 on the processor.
pub struct CpuEngine {
    program: Program,
    predicting: Plan,
    training: Option<Training>,
    weights: Vec<f32>,
    /// Running statistics.
    buffers: Vec<f32>,
    arena: Floats,
    indices: Vec<u8>,
    /// What each batch norm does in the pass at hand.
    saved: Vec<f32>,
    /// Values of the output of one photograph.
    outputs: usize,
    image_len: usize,
    /// Random seed.
    seed: u64,
    steps: u64,
    stopwatch: Stopwatch,
}

impl CpuEngine {
    /// An engine with freshly initialised weights.
    ///
    /// # Errors
    /// A malformed graph, or one that images of this size do not fit.
    pub fn new(graph: &Graph, options: EngineOptions) -> Result<Self, GraphError> {
        Self::planned(graph, options, |program| Plan::new(program, Purpose::Train))
    }

    /// The same for [`LowMemoryCpu`].
    ///
    /// # Errors
    /// A malformed graph, or one that images of this size do not fit.
    pub fn with_low_memory(graph: &Graph, options: EngineOptions) -> Result<Self, GraphError> {
        Self::planned(graph, options, Plan::recomputing)
    }

    fn planned(
        graph: &Graph,
        options: EngineOptions,
        plan: impl FnOnce(&Program) -> Plan,
    ) -> Result<Self, GraphError> {
        let program = Program::new(graph, options.batch, options.image_size)?;
        let predicting = Plan::new(&program, Purpose::Predict);
        let training = options.optimizer.map(|optimizer| (plan(&program), optimizer));
        let arena_len = training.as_ref().map_or(0, |(plan, _)| plan.len).max(predicting.len);
        let mut floats = program.parameters.trained_len + program.parameters.buffers_len + arena_len;
        if let Some((_, optimizer)) = &training {
            let (partials, _) = partials_len(&program);
            floats += partials + (2 + optimizer.slots().len()) * program.parameters.trained_len;
        }
        check_memory(floats)?;
        let training = training.map(|(plan, optimizer)| Training::new(&program, plan, optimizer, &options));
        let mut engine = Self {
            weights: vec![0.0; program.parameters.trained_len],
            buffers: vec![0.0; program.parameters.buffers_len],
            arena: Floats::zeros(arena_len),
            indices: vec![0; program.indices_len],
            saved: vec![0.0; program.saved_len],
            outputs: program.values[program.logits].image_len(),
            image_len: program.values[0].image_len(),
            seed: options.seed,
            steps: 0,
            stopwatch: Stopwatch::default(),
            predicting,
            training,
            program,
        };
        for index in 0..engine.program.parameters.list.len() {
            let values = init::initial(graph, &engine.program.parameters.list[index], options.seed);
            engine.put(index, &values);
        }
        engine.begin_average();
        Ok(engine)
    }

    /// The tensors of the network.
    pub fn parameters(&self) -> &[Parameter] {
        &self.program.parameters.list
    }

    /// The gradients of the last training step, by the names of the weights and in PyTorch's shapes.
    pub fn gradients(&self) -> StateDict {
        let mut state = StateDict::default();
        if let Some(training) = &self.training {
            for parameter in self.trained() {
                state.insert(parameter.name.clone(), parameter, &training.gradients);
            }
        }
        state
    }

    /// Takes the time of each step from now on.
    pub fn start_stopwatch(&mut self) {
        self.stopwatch.start(self.program.steps.len());
    }

    /// The work of each step, in the order of the forward pass, with the times since [`Self::start_stopwatch`].
    pub fn profile(&self) -> Vec<StepProfile> {
        let backward = self.training.as_ref().map_or(&[][..], |training| &training.plan.backward);
        self.stopwatch.report(&self.program, backward)
    }

    fn trained(&self) -> impl Iterator<Item = &Parameter> {
        self.program.parameters.list.iter().filter(|parameter| parameter.role.is_trained())
    }

    /// Sets a parameter from values in PyTorch's order.
    fn put(&mut self, index: usize, values: &[f32]) {
        let parameter = &self.program.parameters.list[index];
        let flat = if parameter.role.is_trained() { &mut self.weights } else { &mut self.buffers };
        parameter.pack(values, &mut flat[parameter.range.clone()]);
    }

    /// Begins the moving average anew, from the weights as they are.
    fn begin_average(&mut self) {
        if let Some(average) = self.training.as_mut().and_then(|training| training.average.as_mut()) {
            average.weights.clone_from(&self.weights);
            average.buffers.clone_from(&self.buffers);
        }
    }

    /// Puts the moving average in the place of the weights, and the other way round.
    fn exchange_average(&mut self) {
        if let Some(average) = self.training.as_mut().and_then(|training| training.average.as_mut()) {
            std::mem::swap(&mut self.weights, &mut average.weights);
            std::mem::swap(&mut self.buffers, &mut average.buffers);
        }
    }

    /// Copies photographs into the arena.
    fn load(&mut self, images: &[f32], count: usize, purpose: Purpose) -> Result<(), EngineError> {
        if count == 0 || count > self.program.batch {
            return Err(EngineError::BatchSize { got: count, planned: self.program.batch });
        }
        if images.len() != count * self.image_len {
            return Err(EngineError::ImageLength { got: images.len(), expected: count * self.image_len });
        }
        let plan = match (&self.training, purpose) {
            (_, Purpose::Predict) => &self.predicting,
            (Some(training), _) => &training.plan,
            (None, _) => return Err(EngineError::NotTrainable),
        };
        let start = plan.values[0].start;
        self.arena[start..start + images.len()].copy_from_slice(images);
        Ok(())
    }

    fn check(&self, batch: &Batch<'_>, plan: &StepConfig<'_>) -> Result<(), EngineError> {
        let classes = self.outputs;
        let labels = match plan.targets {
            Targets::OneOf => classes,
            Targets::Taught(taught) => {
                if taught.logits.len() != batch.labels.len() * classes {
                    return Err(EngineError::Sets { got: taught.logits.len(), classes });
                }
                if plan.mixture.is_some() {
                    return Err(EngineError::TaughtMixture);
                }
                classes
            }
            Targets::AnyOf(sets) => {
                if !sets.len().is_multiple_of(classes) || plan.class_weights.is_some() {
                    return Err(EngineError::Sets { got: sets.len(), classes });
                }
                sets.len() / classes
            }
        };
        let may_lack = matches!(plan.targets, Targets::Taught(_));
        let unknown = |label: u32| label as usize >= labels && !(may_lack && label == UNLABELLED);
        let others = plan.mixture.map_or(&[][..], |mixture| mixture.labels);
        for given in [batch.labels, others] {
            if let Some((index, &label)) = given.iter().enumerate().find(|(_, label)| unknown(**label)) {
                return Err(EngineError::Label { index, label, classes: labels });
            }
        }
        if plan.mixture.is_some() && others.len() != batch.labels.len() {
            return Err(EngineError::Mixture { got: others.len(), photographs: batch.labels.len() });
        }
        match plan.class_weights {
            Some(weights) if weights.len() != classes => {
                Err(EngineError::ClassWeights { got: weights.len(), classes })
            }
            _ => Ok(()),
        }
    }
}

impl Engine for CpuEngine {
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepConfig<'_>) -> Result<StepStats, EngineError> {
        let count = batch.labels.len();
        self.load(batch.images, count, Purpose::Train)?;
        self.check(&batch, plan)?;
        self.forward_train(count);
        let Some(training) = &mut self.training else { return Err(EngineError::NotTrainable) };
        let logits_len = count * self.outputs;
        let (values, gradients) = (&training.plan.values, &training.plan.gradients);
        let logits = values[self.program.logits].start..values[self.program.logits].start + logits_len;
        let target = gradients[self.program.logits].start..gradients[self.program.logits].start + logits_len;
        let [logits, gradient] = disjoint(&mut self.arena, [logits, target]);
        let (labels, classes) = (batch.labels, self.outputs);
        let &StepConfig { label_smoothing, class_weights, focus, mixture, .. } = plan;
        let of_labels =
            loss::CrossEntropy { logits, labels, classes, label_smoothing, class_weights, focus, mixture };
        let sums = match plan.targets {
            Targets::OneOf => loss::cross_entropy(&of_labels, Some(gradient)),
            Targets::Taught(taught) => distillation(&of_labels, &taught, Some(gradient)),
            Targets::AnyOf(sets) => {
                let target =
                    BinaryCrossEntropy { logits, labels, sets, classes, label_smoothing, focus, mixture };
                binary_cross_entropy(&target, Some(gradient))
            }
        };
        let objective = sums.loss / sums.weight;
        let mut stats = StepStats {
            photographs: labels.iter().filter(|&&label| label != UNLABELLED).count(),
            objective,
            loss_sum: sums.plain,
            correct: sums.correct,
            gradient_norm: f64::NAN,
            taken: false,
        };
        if !objective.is_finite() {
            return Ok(stats);
        }
        self.backward(count);
        let Some(training) = &mut self.training else { return Err(EngineError::NotTrainable) };
        stats.gradient_norm = training.gradient_norm();
        if stats.gradient_norm.is_finite() {
            self.steps += 1;
            for (range, factor) in rates(&self.program, plan.rate_factors) {
                training.update(&mut self.weights, range, plan.learning_rate * factor, self.steps);
            }
            if let Some(average) = &mut training.average {
                average.update(&self.weights, &self.buffers, self.steps);
            }
            stats.taken = true;
        }
        Ok(stats)
    }

    fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError> {
        let count = images.len() / self.image_len;
        self.load(images, count, Purpose::Predict)?;
        self.exchange_average();
        self.forward_predict(count);
        self.exchange_average();
        let start = self.predicting.values[self.program.logits].start;
        Ok(self.arena[start..start + count * self.outputs].to_vec())
    }

    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), EngineError> {
        let count = images.len() / self.image_len;
        self.load(images, count, Purpose::Train)?;
        self.exchange_average();
        self.forward_statistics(count, 1.0 / (batches + 1) as f64);
        self.exchange_average();
        Ok(())
    }

    fn input_statistics(&mut self, images: &[f32]) -> Result<StateDict, EngineError> {
        let count = images.len() / self.image_len;
        self.load(images, count, Purpose::Train)?;
        self.exchange_average();
        let found = self.forward_observing(count);
        self.exchange_average();
        let mut state = StateDict::default();
        for parameter in self.program.parameters.list.iter().filter(|parameter| !parameter.role.is_trained())
        {
            state.insert(parameter.name.clone(), parameter, &found);
        }
        Ok(state)
    }

    fn state(&self) -> StateDict {
        let mut state = StateDict { steps: self.steps, ..StateDict::default() };
        for parameter in &self.program.parameters.list {
            let flat = if parameter.role.is_trained() { &self.weights } else { &self.buffers };
            state.insert(parameter.name.clone(), parameter, flat);
        }
        if let Some(training) = &self.training {
            for (slot, values) in training.optimizer.slots().iter().zip(&training.slots) {
                for parameter in self.trained() {
                    state.insert(slot_name(slot, parameter), parameter, values);
                }
            }
            if let Some(average) = &training.average {
                for parameter in &self.program.parameters.list {
                    let flat = if parameter.role.is_trained() { &average.weights } else { &average.buffers };
                    state.insert(average_name(parameter), parameter, flat);
                }
            }
        }
        state
    }

    fn restore(&mut self, state: &StateDict) -> Result<(), StateError> {
        let slots = self.training.as_ref().map_or(&[][..], |training| training.optimizer.slots());
        let remembered = state.tensors.keys().any(|name| name.starts_with(OPTIMIZER_PREFIX));
        let keeps_average = self.training.as_ref().is_some_and(|training| training.average.is_some());
        let averaged = keeps_average && state.tensors.keys().any(|name| name.starts_with(AVERAGE_PREFIX));
        let mut expected = self.program.parameters.list.len();
        for parameter in &self.program.parameters.list {
            state.require(&parameter.name, &parameter.shape)?;
            if averaged {
                state.require(&average_name(parameter), &parameter.shape)?;
                expected += 1;
            }
            if remembered && parameter.role.is_trained() {
                for slot in slots {
                    state.require(&slot_name(slot, parameter), &parameter.shape)?;
                    expected += 1;
                }
            }
        }
        if state.tensors.len() != expected {
            let known = |name: &str| {
                self.program.parameters.list.iter().any(|parameter| {
                    name == parameter.name
                        || slots.iter().any(|slot| name == slot_name(slot, parameter))
                        || (keeps_average && name == average_name(parameter))
                })
            };
            if let Some(name) = state.tensors.keys().find(|name| !known(name)) {
                return Err(StateError::Unexpected { name: name.clone() });
            }
        }
        for index in 0..self.program.parameters.list.len() {
            let parameter = &self.program.parameters.list[index];
            if let Some(training) = self.training.as_mut().filter(|_| parameter.role.is_trained()) {
                for (slot, values) in slots.iter().zip(&mut training.slots) {
                    let place = &mut values[parameter.range.clone()];
                    match state.tensors.get(&slot_name(slot, parameter)) {
                        Some(tensor) => parameter.pack(&tensor.data, place),
                        None => place.fill(0.0),
                    }
                }
            }
            let tensor = &state.tensors[&parameter.name];
            self.put(index, &tensor.data);
        }
        self.begin_average();
        if let Some(average) =
            self.training.as_mut().filter(|_| averaged).and_then(|training| training.average.as_mut())
        {
            for parameter in &self.program.parameters.list {
                let flat =
                    if parameter.role.is_trained() { &mut average.weights } else { &mut average.buffers };
                let tensor = &state.tensors[&average_name(parameter)];
                parameter.pack(&tensor.data, &mut flat[parameter.range.clone()]);
            }
        }
        self.steps = if remembered || slots.is_empty() { state.steps } else { 0 };
        Ok(())
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn batch(&self) -> usize {
        self.program.batch
    }
}

/// The ranges of the weights that are stepped at one rate, with what the rate is multiplied by; neighbours of one factor
/// are one range.
fn rates(program: &Program, factors: Option<&[f64]>) -> Vec<(Range<usize>, f64)> {
    let whole = 0..program.parameters.trained_len;
    let Some(factors) = factors else { return vec![(whole, 1.0)] };
    let mut ranges: Vec<(Range<usize>, f64)> = Vec::new();
    for parameter in program.parameters.list.iter().filter(|parameter| parameter.role.is_trained()) {
        let factor = factors.get(parameter.node).copied().unwrap_or(1.0);
        match ranges.last_mut() {
            Some((range, last)) if *last == factor => range.end = parameter.range.end,
            _ => ranges.push((parameter.range.clone(), factor)),
        }
    }
    ranges
}

fn average_name(parameter: &Parameter) -> String {
    format!("{AVERAGE_PREFIX}{}", parameter.name)
}

fn slot_name(slot: &str, parameter: &Parameter) -> String {
    format!("{OPTIMIZER_PREFIX}{slot}.{}", parameter.name)
}

impl StateDict {
    fn insert(&mut self, name: String, parameter: &Parameter, flat: &[f32]) {
        let data = parameter.unpack(&flat[parameter.range.clone()]);
        self.tensors.insert(name, Tensor { shape: parameter.shape.clone(), data });
    }
}
