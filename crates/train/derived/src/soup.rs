//! The mean of the weights of several networks that began training with the same ones (Wortsman et al. 2022, "Model soups: averaging
//! weights of multiple fine-tuned models improves accuracy without increasing inference time", section 2, the uniform soup).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | θ_i | weights of member i; of its classifier the rows in the order of the first member's classes |
//! | θ | their mean, Σ_i θ_i / M |
//!
//! Running statistics of batch norms are those of the members' own weights, and their mean is not that of θ. They are estimated anew on training
//! photographs where these can be read (Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization",
//! section 3.1), and averaged otherwise.

use std::collections::BTreeMap;

use foliar_nn::{Cpu, Device as _, EngineOptions, Graph, Optimizer, StateDict, Statistics, Tensor};

use crate::error::DerivedError;

/// Photographs whose statistics are taken together.
pub(crate) const BATCH: usize = 32;

/// θ of states of `graph`; each has for every class of the result its place among its own.
pub(crate) fn mean(graph: &Graph, states: &[(&StateDict, &[usize])]) -> StateDict {
    let classifier = format!("{}.", graph.nodes[graph.classifier()].name);
    let share = 1.0 / states.len().max(1) as f64;
    let mut tensors = BTreeMap::new();
    for (name, first) in states.iter().flat_map(|(state, _)| &state.tensors) {
        if tensors.contains_key(name) {
            continue;
        }
        let mut sums = vec![0.0; first.data.len()];
        for (state, order) in states {
            let Some(tensor) = state.tensors.get(name) else { continue };
            let row = tensor.data.len() / order.len().max(1);
            for (place, sum) in sums.iter_mut().enumerate() {
                let from = match name.starts_with(&classifier) {
                    true => order[place / row.max(1)] * row + place % row.max(1),
                    false => place,
                };
                *sum += f64::from(tensor.data[from]) * share;
            }
        }
        let data = sums.into_iter().map(|sum| sum as f32).collect();
        tensors.insert(name.clone(), Tensor { shape: first.shape.clone(), data });
    }
    StateDict { tensors, steps: 0 }
}

/// Whether statistics of all batch norms differ between the states: those that training has left as they were need no other ones.
pub(crate) fn statistics_differ(states: &[&StateDict]) -> bool {
    let [first, others @ ..] = states else { return false };
    let mut running = first.tensors.iter().filter(|(name, _)| name.ends_with(".running_mean")).peekable();
    running.peek().is_some()
        && running.all(|(name, tensor)| others.iter().any(|other| other.tensors.get(name) != Some(tensor)))
}

/// `state` with the running statistics of `images`, prepared photographs of `size` x `size` pixels, in batches of at most [`BATCH`] that are
/// as equal as can be, since each counts as much as any other.
pub(crate) fn with_statistics(
    graph: &Graph,
    state: StateDict,
    size: usize,
    images: &[f32],
) -> Result<StateDict, DerivedError> {
    let options = observing(size);
    let mut engine = Cpu.engine(graph, &options)?;
    engine.restore(&state)?;
    let length = size * size * 3;
    let count = images.len() / length;
    let batch = count.div_ceil(count.div_ceil(BATCH).max(1));
    for (index, batch) in images.chunks((batch * length).max(1)).enumerate() {
        engine.estimate_statistics(batch, index)?;
    }
    Ok(StateDict { steps: 0, ..engine.outcome() })
}

/// Planned for training, in which batch norms see their batch; no step is taken.
pub(crate) fn observing(size: usize) -> EngineOptions {
    let still = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    EngineOptions {
        image_size: size,
        batch: BATCH,
        seed: 0,
        optimizer: Some(still),
        average: None,
        statistics: Statistics::Batch,
    }
}

#[cfg(test)]
mod tests {
    use foliar_nn::zoo;

    use super::*;

    fn state(graph: &Graph, seed: u64) -> StateDict {
        let statistics = Statistics::Batch;
        let options =
            EngineOptions { image_size: 32, batch: 1, seed, optimizer: None, average: None, statistics };
        let mut state = Cpu.engine(graph, &options).unwrap().state();
        for (place, value) in state.tensors.values_mut().flat_map(|tensor| &mut tensor.data).enumerate() {
            *value += ((place as u64 * 7919 + seed * 31) % 101) as f32 / 5000.0;
        }
        state
    }

    #[test]
    fn classes_are_averaged_by_name_and_the_rest_by_place() {
        let graph = zoo::build("baseline", 3).unwrap();
        let (first, second) = (state(&graph, 1), state(&graph, 2));
        let found = mean(&graph, &[(&first, &[0, 1, 2]), (&second, &[2, 0, 1])]);
        let name = graph.nodes[graph.classifier()].name.clone();
        let weight = format!("{name}.weight");
        let width = found.tensors[&weight].shape[1];
        for (tensor, data) in &found.tensors {
            for (place, &value) in data.data.iter().enumerate() {
                let row = place / width;
                let from = if *tensor == weight {
                    [2, 0, 1][row] * width + place % width
                } else if *tensor == format!("{name}.bias") {
                    [2, 0, 1][place]
                } else {
                    place
                };
                let expected = (first.tensors[tensor].data[place] + second.tensors[tensor].data[from]) / 2.0;
                assert!((value - expected).abs() < 1e-6, "{tensor} {place}");
            }
        }
    }

    #[test]
    fn the_mean_of_a_network_with_itself_is_that_network() {
        let graph = zoo::build("baseline", 3).unwrap();
        let one = state(&graph, 1);
        let order = [0, 1, 2];
        assert_eq!(mean(&graph, &[(&one, &order), (&one, &order)]).tensors, one.tensors);
        assert!(!statistics_differ(&[&one, &one]));
    }

    #[test]
    fn statistics_are_those_of_the_photographs() {
        let graph = zoo::build("baseline", 3).unwrap();
        let before = state(&graph, 1);
        let images: Vec<f32> = (0..40 * 32 * 32 * 3).map(|place| ((place * 31) % 97) as f32 / 10.0).collect();
        let after = with_statistics(&graph, before.clone(), 32, &images).unwrap();
        for (name, tensor) in &after.tensors {
            let same = *tensor == before.tensors[name];
            assert_eq!(same, !name.contains("running"), "{name}");
        }
        assert!(statistics_differ(&[&before, &after]));
    }
}
