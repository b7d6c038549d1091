//! The one seam between training and the device that does the arithmetic.

use foliar_kernels::binary_loss::Targets;
use foliar_kernels::mixture::Mixture;
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, GraphError, StateError};
use crate::graph::Graph;
use crate::optimizer::Optimizer;
use crate::tensor::StateDict;

/// What an engine is planned for.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Side of the square photographs, in pixels. A graph that begins with features has their size instead.
    pub image_size: usize,
    /// Most photographs in one call.
    pub batch: usize,
    /// Key of the first weights and of dropout.
    pub seed: u64,
    /// How weights are updated; `None` plans for prediction alone, which takes far less memory.
    pub optimizer: Option<Optimizer>,
    /// Decay of a moving average of the weights, in [0, 1); `None` keeps no average.
    pub average: Option<f64>,
    /// What batch norms normalise with while training.
    pub statistics: Statistics,
}

/// What batch norms normalise with while training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistics {
    /// With those of the batch, which the running ones take in.
    #[default]
    Batch,
    /// With the running ones, which stay as they are: the network trains as it will be used.
    Running,
}

/// What engines are made by.
pub trait Device: Sync {
    /// An engine for `graph`, with freshly initialised weights.
    ///
    /// # Errors
    /// A malformed graph, or one that photographs of this size do not fit.
    fn engine(&self, graph: &Graph, options: &EngineOptions) -> Result<Box<dyn Engine>, GraphError>;
}

/// Photographs with what they show.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Preprocessed photographs, (n, size, size, 3), or features, as the graph begins.
    pub images: &'a [f32],
    /// Class of each, below the number of classes, or [`UNLABELLED`](crate::UNLABELLED) where a teacher speaks; or the number of its set of classes, as [`StepConfig::targets`] says.
    pub labels: &'a [u32],
}

/// What may change from one training step to the next.
#[derive(Clone, Copy, Debug)]
pub struct StepConfig<'a> {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// What the learning rate of each node's weights is multiplied by, in the order of the nodes; all 1 if `None`.
    pub rate_factors: Option<&'a [f64]>,
    /// Share of the target that is spread evenly over all classes, in [0, 1).
    pub label_smoothing: f32,
    /// Weight of each class in the loss; all 1 if `None`. Sets of classes take none.
    pub class_weights: Option<&'a [f32]>,
    /// What labels mean, and so which loss is minimised.
    pub targets: Targets<'a>,
    /// γ of the focal loss, 0 or more: how much less counts what is right already. 0 minimises the cross-entropy.
    pub focus: f32,
    /// What the photographs of the batch are mixed with, where they are mixtures; the engine gets them mixed.
    pub mixture: Option<Mixture<'a>>,
}

/// What a training step found, before it changed the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepStats {
    /// Photographs in the batch that have a label.
    pub photographs: usize,
    /// The mean that was minimised, with smoothing, class weights, focus and what a teacher says.
    pub objective: f64,
    /// Sum over those photographs of the plain cross-entropy, in nats, whatever was minimised; for sets of classes its mean over the
    /// classes. Of mixtures it is that with their mixed targets.
    pub loss_sum: f64,
    /// Photographs whose largest logit was their class's; for sets, their classes that were predicted correctly. A mixture counts as
    /// the photograph that has the larger share of it.
    pub correct: usize,
    /// Euclidean norm of the gradient over all weights.
    pub gradient_norm: f64,
    /// Whether the step was taken. It is not when the objective or the gradient is not finite: the weights are then as
    /// they were, although running statistics may have taken in the bad batch.
    pub taken: bool,
}

/// Trains and runs one network.
pub trait Engine: Send {
    /// One forward and backward pass in training mode and one step of the optimiser.
    ///
    /// # Errors
    /// The batch does not fit the engine; labels or class weights do not fit the classes.
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepConfig<'_>) -> Result<StepStats, EngineError>;

    /// The graph's last value, logits (n, classes) of a classifier, of preprocessed photographs (n, size, size, 3) or of
    /// features, in evaluation mode: running statistics are used, not changed. If a moving average of the weights is kept,
    /// it is what predicts.
    ///
    /// # Errors
    /// The images do not fit the engine.
    fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError>;

    /// Passes photographs through the network in training mode and takes their statistics into the running ones: these are
    /// afterwards the mean over this batch and the `batches` before it. The first of a series has 0 before it. Dropout is
    /// off.
    ///
    /// # Errors
    /// The images do not fit the engine, or it was planned for prediction alone.
    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), EngineError>;

    /// Passes photographs through the network in evaluation mode, and tells for each batch norm the mean and the unbiased variance of
    /// each channel of what enters it, over the photographs and their places: tensors with the names of its running ones. The
    /// network stays as it is.
    ///
    /// # Errors
    /// The images do not fit the engine, or it was planned for prediction alone.
    fn input_statistics(&mut self, images: &[f32]) -> Result<StateDict, EngineError>;

    /// Everything that training changes.
    fn state(&self) -> StateDict;

    /// Puts a state back. The optimiser's tensors may be absent altogether; it then starts afresh.
    ///
    /// # Errors
    /// The first tensor that is missing, unknown or of another shape; the engine is then as it was.
    fn restore(&mut self, state: &StateDict) -> Result<(), StateError>;

    /// The state with which the network is used: without the optimiser's memory, and with the moving average in the place
    /// of the weights if there is one.
    fn outcome(&self) -> StateDict {
        self.state().outcome()
    }

    /// Values of the output of one photograph; of a classifier, its classes.
    fn outputs(&self) -> usize;

    /// Largest number of photographs in one call.
    fn batch(&self) -> usize;
}
