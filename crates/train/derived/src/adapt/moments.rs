//! Batch norms that see photographs of another place as they saw the training photographs (after Li et al. 2017, "Revisiting batch
//! normalization for practical domain adaptation", section 3).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | m_c, q_c | mean and mean square of what enters a channel of a batch norm, over photographs of class c |
//! | π_c | share of class c |
//! | m, v | mean and variance of what enters it under these shares: Σ π_c m_c, and Σ π_c q_c − m² |
//! | μ, σ² | its running statistics |
//! | γ, β, ε | its scale, its shift, and what is added to the variance |
//!
//! The batch norm computes γ (x − μ) / √(σ² + ε) + β. That is the same as γ' (x − m) / √(v + ε) + β', with
//! γ' = γ √(v + ε) / √(σ² + ε) and β' = β + γ (m − μ) / √(σ² + ε). In this form m and v can be exchanged for those of other photographs:
//! what leaves the batch norm then has the mean and the deviation that it had in training, layer after layer. Putting the statistics in the
//! place of μ and σ² themselves would do so only where these are those of the training photographs, which those of a frozen
//! network are not.
//!
//! Shares are those that the new photographs seem to have: with those of the training photographs, a place that lacks some classes
//! would be seen as if it had them.

use std::collections::BTreeMap;

use foliar_nn::{Graph, Op, StateDict};

/// Of each channel of a batch norm.
#[derive(Clone, Debug, Default, PartialEq)]
struct Channels {
    mean: Vec<f64>,
    square: Vec<f64>,
}

impl Channels {
    fn add(&mut self, mean: impl Iterator<Item = f64>, square: impl Iterator<Item = f64>, share: f64) {
        let add = |sums: &mut Vec<f64>, values: &mut dyn Iterator<Item = f64>| {
            for (place, value) in values.enumerate() {
                if place == sums.len() {
                    sums.push(0.0);
                }
                sums[place] += share * value;
            }
        };
        add(&mut self.mean, &mut { mean });
        add(&mut self.square, &mut { square });
    }
}

/// m and q of all batch norms, by the names of their nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moments(BTreeMap<String, Channels>);

impl Moments {
    /// Takes in mean and variance of a batch, as tensors with the names of running ones, which counts as `share` of all.
    pub(super) fn add_statistics(&mut self, statistics: &StateDict, share: f64) {
        for (name, mean) in &statistics.tensors {
            let Some(node) = name.strip_suffix(".running_mean") else { continue };
            let Some(variance) = statistics.tensors.get(&format!("{node}.running_var")) else { continue };
            let means = mean.data.iter().map(|&mean| f64::from(mean));
            let squares =
                means.clone().zip(&variance.data).map(|(mean, &variance)| mean * mean + f64::from(variance));
            self.0.entry(node.to_owned()).or_default().add(means, squares, share);
        }
    }

    /// Takes in the moments of a class, which counts as `share` of all.
    pub(super) fn add(&mut self, other: &Self, share: f64) {
        for (node, channels) in &other.0 {
            let own = self.0.entry(node.clone()).or_default();
            own.add(channels.mean.iter().copied(), channels.square.iter().copied(), share);
        }
    }

    /// The same network as that of `graph` and `state`, with m and v as the running statistics of its batch norms.
    pub(super) fn centred(&self, graph: &Graph, mut state: StateDict) -> StateDict {
        for node in &graph.nodes {
            let (Op::BatchNorm { epsilon, .. }, Some(channels)) = (&node.op, self.0.get(&node.name)) else {
                continue;
            };
            let name = |last: &str| format!("{}.{last}", node.name);
            let read = |last: &str| state.tensors.get(&name(last)).map(|tensor| tensor.data.clone());
            let (Some(mut gamma), Some(mut beta), Some(mut mean), Some(mut variance)) =
                (read("weight"), read("bias"), read("running_mean"), read("running_var"))
            else {
                continue;
            };
            let epsilon = f64::from(*epsilon);
            for place in 0..gamma.len() {
                let m = channels.mean[place];
                let v = (channels.square[place] - m * m).max(0.0);
                let scale = f64::from(gamma[place]) / (f64::from(variance[place]) + epsilon).sqrt();
                gamma[place] = (scale * (v + epsilon).sqrt()) as f32;
                beta[place] = (f64::from(beta[place]) + scale * (m - f64::from(mean[place]))) as f32;
                (mean[place], variance[place]) = (m as f32, v as f32);
            }
            for (last, data) in
                [("weight", gamma), ("bias", beta), ("running_mean", mean), ("running_var", variance)]
            {
                if let Some(tensor) = state.tensors.get_mut(&name(last)) {
                    tensor.data = data;
                }
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use foliar_nn::{Cpu, Device as _, EngineOptions, Optimizer, Statistics, zoo};

    use super::*;

    const STILL: Optimizer =
        Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };

    fn images(count: usize, bright: f32) -> Vec<f32> {
        (0..count * 32 * 32 * 3).map(|place| ((place * 7919) % 97) as f32 / 50.0 * bright + bright).collect()
    }

    #[test]
    fn a_centred_network_is_the_same_network_and_shares_mix_squares() {
        let graph = zoo::build("resnet18", 3).unwrap();
        let options = EngineOptions {
            image_size: 32,
            batch: 6,
            seed: 1,
            optimizer: Some(STILL),
            average: None,
            statistics: Statistics::Batch,
        };
        let mut engine = Cpu.engine(&graph, &options).unwrap();
        engine.estimate_statistics(&images(6, 0.5), 0).unwrap();
        let (state, before) = (engine.outcome(), engine.predict(&images(4, 1.0)).unwrap());
        let mut moments = Moments::default();
        for (bright, share) in [(0.7, 0.25), (1.3, 0.75)] {
            let mut of_class = Moments::default();
            of_class.add_statistics(&engine.input_statistics(&images(6, bright)).unwrap(), 1.0);
            moments.add(&of_class, share);
        }
        assert_eq!(engine.outcome(), state, "looking changes nothing");
        let centred = moments.centred(&graph, state.clone());
        assert_ne!(centred.tensors["bn1.running_mean"], state.tensors["bn1.running_mean"]);
        engine.restore(&centred).unwrap();
        for (after, before) in engine.predict(&images(4, 1.0)).unwrap().iter().zip(&before) {
            assert!((after - before).abs() < 1e-3 * before.abs().max(1.0), "{after} {before}");
        }
        // Two halves of which one is darker vary more than either.
        let first = &moments.0["bn1"];
        let variance = first.square[0] - first.mean[0].powi(2);
        engine.restore(&state).unwrap();
        let one = engine.input_statistics(&images(6, 1.3)).unwrap();
        assert!(variance.is_finite() && variance > 0.0);
        assert_ne!(variance as f32, one.tensors["bn1.running_var"].data[0]);
    }
}
