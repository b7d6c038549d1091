//! The engine that runs a graph on the kernels of this machine's processor.

mod backward;
mod forward;

use foliar_kernels::{Nhwc, conv::Conv, depthwise::Depthwise, loss, norm, update};

use crate::engine::{Batch, Engine, StepPlan, StepStats};
use crate::error::{EngineError, GraphError, StateError};
use crate::graph::Graph;
use crate::init;
use crate::optimizer::Optimizer;
use crate::parameters::Parameter;
use crate::plan::{Plan, Purpose};
use crate::program::{Program, Step};
use crate::tensor::{OPTIMIZER_PREFIX, State, Tensor};

/// What an engine is planned for.
#[derive(Clone, Copy, Debug)]
pub struct CpuOptions {
    /// Side of the square photographs, in pixels.
    pub image_size: usize,
    /// Most photographs in one call.
    pub batch: usize,
    /// Key of the first weights and of dropout.
    pub seed: u64,
    /// How weights are updated; `None` plans for prediction alone, which takes far less memory.
    pub optimizer: Option<Optimizer>,
}

/// Runs a graph in float32 on the processor.
pub struct CpuEngine {
    program: Program,
    predicting: Plan,
    training: Option<Training>,
    weights: Vec<f32>,
    /// Running statistics.
    buffers: Vec<f32>,
    arena: Vec<f32>,
    indices: Vec<u8>,
    /// Mean and 1 / standard deviation of each batch norm.
    saved: Vec<f32>,
    /// Center, scale and shift of the batch norm at hand.
    affine: Vec<f32>,
    classes: usize,
    image_len: usize,
    /// Key of everything random.
    seed: u64,
    steps: u64,
}

/// What only training needs.
struct Training {
    plan: Plan,
    optimizer: Optimizer,
    gradients: Vec<f32>,
    /// One for each of [`Optimizer::slots`].
    slots: Vec<Vec<f32>>,
    /// Private sums of the kernels.
    partials: Vec<f32>,
    norm_partials: Vec<f64>,
    /// Mean and variance of the batch norm at hand.
    moments: Vec<f64>,
}

impl CpuEngine {
    /// An engine with freshly initialised weights.
    ///
    /// # Errors
    /// A malformed graph, or one that images of this size do not fit.
    pub fn new(graph: &Graph, options: CpuOptions) -> Result<Self, GraphError> {
        let program = Program::new(graph, options.batch, options.image_size)?;
        let predicting = Plan::new(&program, Purpose::Predict);
        let training = options.optimizer.map(|optimizer| Training::new(&program, optimizer));
        let arena_len = training.as_ref().map_or(0, |training| training.plan.len).max(predicting.len);
        let mut engine = Self {
            weights: vec![0.0; program.parameters.trained_len],
            buffers: vec![0.0; program.parameters.buffers_len],
            arena: vec![0.0; arena_len],
            indices: vec![0; program.indices_len],
            saved: vec![0.0; program.saved_len],
            affine: vec![0.0; 3 * widest_norm(&program)],
            classes: graph.classes(),
            image_len: program.values[0].image_len(),
            seed: options.seed,
            steps: 0,
            predicting,
            training,
            program,
        };
        for index in 0..engine.program.parameters.list.len() {
            let values = init::initial(graph, &engine.program.parameters.list[index], options.seed);
            engine.put(index, &values);
        }
        Ok(engine)
    }

    /// The tensors of the network.
    pub fn parameters(&self) -> &[Parameter] {
        &self.program.parameters.list
    }

    /// The gradients of the last training step, by the names of the weights and in PyTorch's shapes.
    pub fn gradients(&self) -> State {
        let mut state = State::default();
        if let Some(training) = &self.training {
            for parameter in self.trained() {
                state.insert(parameter.name.clone(), parameter, &training.gradients);
            }
        }
        state
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

    /// Copies photographs into the arena.
    fn load(&mut self, images: &[f32], count: usize, purpose: Purpose) -> Result<(), EngineError> {
        if count == 0 || count > self.program.batch {
            return Err(EngineError::BatchSize { got: count, planned: self.program.batch });
        }
        if images.len() != count * self.image_len {
            return Err(EngineError::ImageLength { got: images.len(), expected: count * self.image_len });
        }
        let plan = match (&self.training, purpose) {
            (Some(training), Purpose::Train) => &training.plan,
            (None, Purpose::Train) => return Err(EngineError::NotTrainable),
            (_, Purpose::Predict) => &self.predicting,
        };
        let start = plan.values[0].start;
        self.arena[start..start + images.len()].copy_from_slice(images);
        Ok(())
    }

    fn check(&self, batch: &Batch<'_>, plan: &StepPlan<'_>) -> Result<(), EngineError> {
        let classes = self.classes;
        if let Some((index, &label)) =
            batch.labels.iter().enumerate().find(|(_, label)| **label as usize >= classes)
        {
            return Err(EngineError::Label { index, label, classes });
        }
        match plan.class_weights {
            Some(weights) if weights.len() != classes => {
                Err(EngineError::ClassWeights { got: weights.len(), classes })
            }
            _ => Ok(()),
        }
    }
}

impl Training {
    fn new(program: &Program, optimizer: Optimizer) -> Self {
        let plan = Plan::new(program, Purpose::Train);
        let weights = program.parameters.trained_len;
        let (partials, norm_partials) = partials_len(program);
        Self {
            plan,
            optimizer,
            gradients: vec![0.0; weights],
            slots: optimizer.slots().iter().map(|_| vec![0.0; weights]).collect(),
            partials: vec![0.0; partials],
            norm_partials: vec![0.0; norm_partials],
            moments: vec![0.0; 2 * widest_norm(program)],
        }
    }

    /// Steps all weights; `step` counts from 1.
    fn update(&mut self, weights: &mut [f32], learning_rate: f64, step: u64) {
        match (self.optimizer, &mut self.slots[..]) {
            (Optimizer::Sgd { momentum, dampening, nesterov, weight_decay }, slots) => {
                let settings = update::Sgd {
                    learning_rate,
                    momentum,
                    dampening,
                    nesterov,
                    weight_decay,
                    first_step: step == 1,
                };
                let buffer = slots.first_mut().map_or(&mut [][..], |slot| &mut slot[..]);
                update::sgd(weights, &self.gradients, buffer, &settings);
            }
            (Optimizer::AdamW { beta1, beta2, epsilon, weight_decay }, [first, second, ..]) => {
                let settings = update::AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, step };
                update::adamw(weights, &self.gradients, first, second, &settings);
            }
            (Optimizer::AdamW { .. }, _) => unreachable!("AdamW has two slots"),
        }
    }

    fn gradient_norm(&self) -> f64 {
        // Sums of fixed chunks: the rounding does not depend on threads, and f64 has room for any float32 square.
        let chunks = self.gradients.chunks(4096);
        chunks
            .map(|chunk| chunk.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>())
            .sum::<f64>()
            .sqrt()
    }
}

/// Private sums that the kernels of a program need for any batch up to the planned one: (f32 for weights, f64 for batch
/// norm). A smaller batch may be cut into more parts than a larger one, so every size is asked for.
pub(crate) fn partials_len(program: &Program) -> (usize, usize) {
    let (mut weights, mut norms) = (0, 0);
    for n in 1..=program.batch {
        let batch = |shape: Nhwc| Nhwc { n, ..shape };
        for step in &program.steps {
            match *step {
                Step::Conv { conv, .. } => {
                    weights = weights.max(Conv { input: batch(conv.input), ..conv }.partials_len());
                }
                Step::Depthwise { depthwise, .. } => {
                    let depthwise = Depthwise { input: batch(depthwise.input), ..depthwise };
                    weights = weights.max(depthwise.partials_len());
                }
                Step::Norm { x, .. } => {
                    let shape = batch(program.values[x]);
                    norms = norms.max(norm::partials_len(shape.rows(), shape.c));
                }
                _ => {}
            }
        }
    }
    (weights, norms)
}

fn widest_norm(program: &Program) -> usize {
    let widths = program.steps.iter().filter_map(|step| match step {
        Step::Norm { tensors, .. } => Some(tensors.scale.len()),
        _ => None,
    });
    widths.max().unwrap_or(0)
}

impl Engine for CpuEngine {
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepPlan<'_>) -> Result<StepStats, EngineError> {
        let count = batch.labels.len();
        self.load(batch.images, count, Purpose::Train)?;
        self.check(&batch, plan)?;
        self.forward_train(count);
        let Some(training) = &mut self.training else { return Err(EngineError::NotTrainable) };
        let logits_len = count * self.classes;
        let (values, gradients) = (&training.plan.values, &training.plan.gradients);
        let logits = values[self.program.logits].start..values[self.program.logits].start + logits_len;
        let target = gradients[self.program.logits].start..gradients[self.program.logits].start + logits_len;
        let [logits, gradient] = disjoint(&mut self.arena, [logits, target]);
        let target = loss::CrossEntropy {
            logits,
            labels: batch.labels,
            classes: self.classes,
            label_smoothing: plan.label_smoothing,
            class_weights: plan.class_weights,
        };
        let sums = loss::cross_entropy(&target, Some(gradient));
        let objective = sums.loss / sums.weight;
        let mut stats = StepStats {
            photographs: count,
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
            training.update(&mut self.weights, plan.learning_rate, self.steps);
            stats.taken = true;
        }
        Ok(stats)
    }

    fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError> {
        let count = images.len() / self.image_len;
        self.load(images, count, Purpose::Predict)?;
        self.forward_predict(count);
        let start = self.predicting.values[self.program.logits].start;
        Ok(self.arena[start..start + count * self.classes].to_vec())
    }

    fn state(&self) -> State {
        let mut state = State { steps: self.steps, ..State::default() };
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
        }
        state
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        let slots = self.training.as_ref().map_or(&[][..], |training| training.optimizer.slots());
        let remembered = state.tensors.keys().any(|name| name.starts_with(OPTIMIZER_PREFIX));
        let mut expected = self.program.parameters.list.len();
        for parameter in &self.program.parameters.list {
            state.require(&parameter.name, &parameter.shape)?;
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
                    name == parameter.name || slots.iter().any(|slot| name == slot_name(slot, parameter))
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
        self.steps = if remembered || slots.is_empty() { state.steps } else { 0 };
        Ok(())
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn batch(&self) -> usize {
        self.program.batch
    }
}

fn slot_name(slot: &str, parameter: &Parameter) -> String {
    format!("{OPTIMIZER_PREFIX}{slot}.{}", parameter.name)
}

impl State {
    fn insert(&mut self, name: String, parameter: &Parameter, flat: &[f32]) {
        let data = parameter.unpack(&flat[parameter.range.clone()]);
        self.tensors.insert(name, Tensor { shape: parameter.shape.clone(), data });
    }

    fn require(&self, name: &str, shape: &[usize]) -> Result<(), StateError> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(StateError::Missing { name: name.to_owned(), shape: shape.to_vec() });
        };
        if tensor.shape != shape || tensor.data.len() != shape.iter().product::<usize>() {
            let (got, expected) = (tensor.shape.clone(), shape.to_vec());
            return Err(StateError::Shape { name: name.to_owned(), got, expected });
        }
        Ok(())
    }
}

/// Slices of the arena at places that the plan keeps apart.
fn disjoint<const N: usize>(arena: &mut [f32], places: [std::ops::Range<usize>; N]) -> [&mut [f32]; N] {
    match arena.get_disjoint_mut(places) {
        Ok(slices) => slices,
        Err(error) => unreachable!("the memory plan broke its promise: {error}"),
    }
}
