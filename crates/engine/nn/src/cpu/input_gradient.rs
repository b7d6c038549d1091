//! The gradient of the outputs with respect to the input.

use super::CpuEngine;
use crate::engine::{EngineOptions, Statistics};
use crate::error::{EngineError, GraphError};
use crate::graph::Graph;
use crate::optimizer::Optimizer;
use crate::plan::{Plan, Purpose};

impl CpuEngine {
    /// An engine that predicts and gives gradients of its input, for at most `batch` inputs.
    ///
    /// # Errors
    /// A malformed graph, or one that images of this size do not fit.
    pub(crate) fn differentiable(graph: &Graph, image_size: usize, batch: usize) -> Result<Self, GraphError> {
        // A rule that remembers nothing: no step is ever taken.
        let optimizer = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
        let options = EngineOptions {
            image_size,
            batch,
            seed: 0,
            optimizer: Some(optimizer),
            average: None,
            statistics: Statistics::Running,
        };
        Self::planned(graph, options, |program| Plan::new(program, Purpose::Differentiate))
    }

    /// d (sum of `weights` times outputs) / d input, of the shape of `inputs`, with running statistics. `weights` has one
    /// number for each input and output.
    ///
    /// # Errors
    /// The inputs or weights do not fit the engine, or it was not made by [`CpuEngine::differentiable`].
    pub(crate) fn input_gradient(
        &mut self,
        inputs: &[f32],
        weights: &[f32],
    ) -> Result<Vec<f32>, EngineError> {
        let count = inputs.len() / self.image_len;
        self.load(inputs, count, Purpose::Differentiate)?;
        if weights.len() != count * self.outputs {
            return Err(EngineError::OutputWeights { got: weights.len(), expected: count * self.outputs });
        }
        self.forward_train(count);
        let Some(training) = &self.training else { return Err(EngineError::NotTrainable) };
        let [outputs, input] = [self.program.logits, 0].map(|value| training.plan.gradients[value].start);
        self.arena[outputs..outputs + weights.len()].copy_from_slice(weights);
        self.backward(count);
        Ok(self.arena[input..input + inputs.len()].to_vec())
    }
}
