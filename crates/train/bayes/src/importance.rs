//! Parameter importance: shares of the variance of the modelled objective over the whole space.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `f` | | posterior mean of the warped cost |
//! | `A`, `B` | `[N, d]` | two independent quasi-random samples of the space |
//! | `Aᵢ` | `[N, d]` | `A` with column `i` from `B` |
//! | `V` | | variance of `f` |
//! | main `Sᵢ` | | `1 - mean (f(B) - f(Aᵢ))² / 2V`: the share of parameter `i` alone |
//! | total `Tᵢ` | | `mean (f(A) - f(Aᵢ))² / 2V`: its share with all its interactions |
//!
//! The functional analysis of variance of Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter
//! Importance" (2014), with the estimators of Jansen (1999). The warped cost is analysed, so that a corner where training
//! nearly diverges does not outweigh everything else.

use serde::{Deserialize, Serialize};

use crate::gp::Moments;
use crate::random::{Purpose, sobol};
use crate::{Study, TrialId};

/// `N`.
const POINTS: u64 = 1024;

/// How important a parameter is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The parameter.
    pub name: String,
    /// Share of the variance that the parameter explains alone, 0 to 1.
    pub main: f64,
    /// Share of the variance that the parameter explains together with its interactions, 0 to 1; about `main` or more.
    pub total: f64,
    /// Length scale of the model, in widths of the parameter's (scaled) range. A small value means that the objective changes
    /// fast along the parameter; far above 1, that it hardly changes.
    pub length: f64,
}

impl Study {
    /// The importance of every parameter, in the order of the space. None before two trials have finished, or if the model is
    /// constant.
    pub fn importance(&self) -> Option<Vec<Importance>> {
        let model = self.model()?;
        let (space, mut moments) = (self.space(), Moments::default());
        let dimensions = space.dimensions();
        let seed = Purpose::Importance.stream(self.seed(), TrialId(0)).bits32();
        let mut mean = |unit: &[f64]| model.costs.mean(&space.snap_cells(unit), &mut moments);

        let (mut values, mut main, mut total) = (Vec::new(), vec![0.0; dimensions], vec![0.0; dimensions]);
        for index in 0..POINTS {
            let both = sobol(index, 2 * dimensions, seed);
            let (a, b) = both.split_at(dimensions);
            let (at_a, at_b) = (mean(a), mean(b));
            values.extend([at_a, at_b]);
            for (axis, (main, total)) in main.iter_mut().zip(&mut total).enumerate() {
                let mut mixed = a.to_vec();
                mixed[axis] = b[axis];
                let at_mixed = mean(&mixed);
                *main += (at_b - at_mixed).powi(2) / (2.0 * POINTS as f64);
                *total += (at_a - at_mixed).powi(2) / (2.0 * POINTS as f64);
            }
        }
        let centre = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64;
        if variance <= 0.0 {
            return None;
        }
        let lengths = &model.costs.hyperparameters().lengths;
        let importance = space.parameters().iter().enumerate().map(|(axis, parameter)| Importance {
            name: parameter.name.clone(),
            main: (1.0 - main[axis] / variance).clamp(0.0, 1.0),
            total: (total[axis] / variance).clamp(0.0, 1.0),
            length: lengths[axis],
        });
        Some(importance.collect())
    }
}
