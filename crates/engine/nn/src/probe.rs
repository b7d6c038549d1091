//! A look into a network: what it computes at one node, and how its outputs change with that.
//!
//! The graph is cut at the node. The front only predicts; the rest gives the gradient of its input. Both are in evaluation
//! mode: running statistics, no dropout, and weights that stay as they are.

use foliar_kernels::Nhwc;

use crate::cpu::CpuEngine;
use crate::engine::{Engine, EngineOptions, Statistics};
use crate::error::{EngineError, ProbeError};
use crate::graph::{Graph, NodeId, Op};
use crate::shapes;
use crate::tensor::StateDict;

/// One network, cut at one node.
pub struct ActivationProbe {
    front: CpuEngine,
    rest: CpuEngine,
    shape: Nhwc,
    picture: (usize, [usize; 3]),
}

impl ActivationProbe {
    /// Cuts `graph` after `node` for at most `batch` photographs of `size` x `size` pixels at a time. `state` holds the tensors
    /// of the whole network.
    ///
    /// # Errors
    /// The graph cannot be cut there (see [`Graph::cuts`]), the photographs do not fit, or `state` lacks a tensor.
    pub fn new(
        graph: &Graph,
        state: &StateDict,
        node: NodeId,
        size: usize,
        batch: usize,
    ) -> Result<Self, ProbeError> {
        let (front, mut rest) = graph.split(node, size)?;
        // Dropout of nothing is what dropout is in evaluation mode.
        for node in &mut rest.nodes {
            if let Op::Dropout { rate } | Op::StochasticDepth { rate } = &mut node.op {
                *rate = 0.0;
            }
        }
        let options = EngineOptions {
            image_size: size,
            batch,
            seed: 0,
            optimizer: None,
            average: None,
            statistics: Statistics::Running,
        };
        let mut front = CpuEngine::new(&front, options)?;
        let mut rest = CpuEngine::differentiable(&rest, size, batch)?;
        front.restore(&part(state, &front))?;
        rest.restore(&part(state, &rest))?;
        let shape = shapes::infer(graph, 1, size, size)?[node];
        Ok(Self { front, rest, shape, picture: graph.picture(node, shape) })
    }

    /// Shape of the node's value for one photograph, (1, h, w, k).
    pub fn shape(&self) -> Nhwc {
        self.shape
    }

    /// Where the picture lies in the node's value for one photograph: how many numbers stand before it, and its rows, columns and
    /// channels. Of a list of tokens it is what follows the learned ones.
    pub fn picture(&self) -> (usize, [usize; 3]) {
        self.picture
    }

    /// Outputs of the network for one photograph; of a classifier, its classes.
    pub fn outputs(&self) -> usize {
        self.rest.outputs()
    }

    /// Most photographs in one call.
    pub fn batch(&self) -> usize {
        self.front.batch()
    }

    /// The node's value, (n, h, w, k), for preprocessed photographs (n, size, size, 3).
    ///
    /// # Errors
    /// The images do not fit the engine.
    pub fn activations(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.front.predict(images)
    }

    /// The outputs, (n, classes), for values of the node.
    ///
    /// # Errors
    /// The values do not fit the engine.
    pub fn outputs_of(&mut self, activations: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.rest.predict(activations)
    }

    /// How a weighted sum of the outputs changes with the node's values, of the shape of `activations`. `weights` is
    /// (n, classes): 1 at a class and 0 elsewhere gives d logit / d activation.
    ///
    /// # Errors
    /// The values or weights do not fit the engine.
    pub fn gradient(&mut self, activations: &[f32], weights: &[f32]) -> Result<Vec<f32>, EngineError> {
        self.rest.input_gradient(activations, weights)
    }
}

/// The tensors that an engine has.
fn part(state: &StateDict, engine: &CpuEngine) -> StateDict {
    let tensors = engine.parameters().iter().filter_map(|parameter| {
        state.tensors.get(&parameter.name).map(|tensor| (parameter.name.clone(), tensor.clone()))
    });
    StateDict { tensors: tensors.collect(), steps: state.steps }
}
