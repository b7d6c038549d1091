//! Which rule turns gradients into new weights.

use serde::{Deserialize, Serialize};

/// An update rule with everything but the learning rate, which changes from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Optimizer {
    /// Stochastic gradient descent as `torch.optim.SGD`: weight decay is added to the gradient of every weight.
    Sgd {
        /// Share of the last step that is kept, in [0, 1).
        momentum: f64,
        /// Share of the gradient that does not enter the momentum, in [0, 1].
        dampening: f64,
        /// Look ahead by one momentum step.
        nesterov: bool,
        /// L2 penalty, 0 or more.
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019) as `torch.optim.AdamW`.
    #[serde(rename = "adamw")]
    AdamW {
        /// Decay of the first moment, in [0, 1).
        beta1: f64,
        /// Decay of the second moment, in [0, 1).
        beta2: f64,
        /// Added to the root of the second moment.
        epsilon: f64,
        /// Share of the weight that is taken off each step, times the learning rate.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Names of the tensors that the rule remembers from step to step, one value a weight each.
    pub fn slots(&self) -> &'static [&'static str] {
        match self {
            Optimizer::Sgd { momentum: 0.0, .. } => &[],
            Optimizer::Sgd { .. } => &["momentum"],
            Optimizer::AdamW { .. } => &["first_moment", "second_moment"],
        }
    }
}
