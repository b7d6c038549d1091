//! The one seam between training and the device that does the arithmetic.

use crate::error::{EngineError, StateError};
use crate::tensor::State;

/// Photographs with their classes.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Preprocessed photographs, (n, size, size, 3).
    pub images: &'a [f32],
    /// Class of each, below the number of classes.
    pub labels: &'a [u32],
}

/// What may change from one training step to the next.
#[derive(Clone, Copy, Debug)]
pub struct StepPlan<'a> {
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Share of the target that is spread evenly over all classes, in [0, 1).
    pub label_smoothing: f32,
    /// Weight of each class in the loss; all 1 if `None`.
    pub class_weights: Option<&'a [f32]>,
}

/// What a training step found, before it changed the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepStats {
    /// Photographs in the batch.
    pub photographs: usize,
    /// The mean that was minimised, with smoothing and class weights.
    pub objective: f64,
    /// Sum over the photographs of the plain cross-entropy, in nats.
    pub loss_sum: f64,
    /// Photographs whose largest logit was their class's.
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
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepPlan<'_>) -> Result<StepStats, EngineError>;

    /// Logits (n, classes) of preprocessed photographs (n, size, size, 3), in evaluation mode: running statistics are used,
    /// not changed.
    ///
    /// # Errors
    /// The images do not fit the engine.
    fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError>;

    /// Everything that training changes.
    fn state(&self) -> State;

    /// Puts a state back. The optimiser's tensors may be absent altogether; it then starts afresh.
    ///
    /// # Errors
    /// The first tensor that is missing, unknown or of another shape; the engine is then as it was.
    fn restore(&mut self, state: &State) -> Result<(), StateError>;

    /// Number of classes.
    fn classes(&self) -> usize;

    /// Largest number of photographs in one call.
    fn batch(&self) -> usize;
}
