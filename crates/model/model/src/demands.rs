//! What a classifier asks of a machine, before it gets any of it: a file of two kilobytes could ask for petabytes or for years.

use std::collections::HashSet;

use foliar_nn::{Graph, Nhwc, Op, Parameters, StateDict, StateError, infer};

use crate::error::ModelError;

/// Most values of all layers for one photograph, in millions; evidence (Grad-CAM) keeps all of them.
pub(crate) const MOST_VALUES: usize = 1_000;
/// Most values that a prediction keeps at a time for one photograph, in millions: 320 MB.
pub(crate) const MOST_HELD: usize = 80;
/// Most work for one photograph, in billions of multiply-adds of a convolution: some seconds on two cores. ResNet-50 does as much on
/// photographs of 1300 x 1300 pixels, DINOv2's base network on those of 512 x 512.
pub(crate) const MOST_WORK: u64 = 160;
/// Convolutions take this many channels at a time.
const CHANNELS: usize = 16;
/// What a number that is read and written costs, in multiply-adds of a convolution.
const PASS: u64 = 8;

/// Makes sure that a network can be run on photographs of `size` x `size` pixels in reasonable time and memory.
///
/// # Errors
/// [`ModelError::Demands`] says how much it asks for; a network that images of this size do not fit.
pub fn check_demands(graph: &Graph, size: usize) -> Result<(), ModelError> {
    let shapes = infer(graph, 1, size, size)?;
    let values = shapes.iter().fold(0_usize, |sum, shape| sum.saturating_add(shape.len())) / 1_000_000;
    let held = held(graph, &shapes) / 1_000_000;
    let work = (0..shapes.len()).fold(0_u64, |sum, id| sum.saturating_add(work(graph, &shapes, id)));
    let work = work / 1_000_000_000;
    if values > MOST_VALUES || held > MOST_HELD || work > MOST_WORK {
        return Err(ModelError::Demands { size, values, held, work });
    }
    Ok(())
}

/// The most values that are needed at a time: those of a node, and all before it that it or a later one reads.
fn held(graph: &Graph, shapes: &[Nhwc]) -> usize {
    let mut last_use: Vec<usize> = (0..shapes.len()).collect();
    for (id, node) in graph.nodes.iter().enumerate() {
        node.inputs.iter().for_each(|&input| last_use[input] = last_use[input].max(id));
    }
    let mut gone = vec![0_usize; shapes.len()];
    let (mut now, mut most) = (0_usize, 0);
    for (id, shape) in shapes.iter().enumerate() {
        now = now.saturating_add(shape.len());
        gone[last_use[id]] = gone[last_use[id]].saturating_add(shape.len());
        most = most.max(now);
        now = now.saturating_sub(gone[id]);
    }
    most
}

/// Makes sure that `state` has all weights of `graph`, before an engine takes memory for them.
///
/// # Errors
/// Names the first that is missing or has another shape.
pub(crate) fn check_weights(graph: &Graph, state: &StateDict, size: usize) -> Result<(), ModelError> {
    let shapes = infer(graph, 1, size, size)?;
    for parameter in Parameters::new(graph, &shapes)?.list {
        state.require(&parameter.name, &parameter.shape)?;
    }
    Ok(())
}

/// As [`check_weights`], and that there are no others.
///
/// # Errors
/// Also names the first that is of no layer.
pub(crate) fn check_weights_alone(graph: &Graph, state: &StateDict, size: usize) -> Result<(), ModelError> {
    check_weights(graph, state, size)?;
    let shapes = infer(graph, 1, size, size)?;
    let list = Parameters::new(graph, &shapes)?.list;
    let known: HashSet<&str> = list.iter().map(|parameter| parameter.name.as_str()).collect();
    match state.tensors.keys().find(|name| !known.contains(name.as_str())) {
        Some(name) => Err(StateError::Unexpected { name: name.clone() }.into()),
        None => Ok(()),
    }
}

/// The work of a node for one photograph, in multiply-adds of a convolution.
fn work(graph: &Graph, shapes: &[Nhwc], id: usize) -> u64 {
    let (node, shape) = (&graph.nodes[id], shapes[id]);
    let inputs = || node.inputs.iter().map(|&input| shapes[input]);
    let read = inputs().fold(0_u64, |sum, input| sum.saturating_add(input.len() as u64));
    let channels = inputs().map(Nhwc::c).next().unwrap_or(0);
    let wide = product(&[shape.h(), shape.w(), shape.c().next_multiple_of(CHANNELS)]);
    let windows = match &node.op {
        Op::Conv { window, .. } => wide.saturating_mul(product(&[window.kernel, window.kernel, channels])),
        // A group of outputs fills whole vectors by itself.
        Op::GroupedConv { channels: outputs, groups, window } => {
            let group = (outputs / groups.max(&1)).next_multiple_of(CHANNELS);
            let seen = product(&[window.kernel, window.kernel, channels / groups.max(&1)]);
            product(&[shape.h(), shape.w(), *groups, group]).saturating_mul(seen)
        }
        Op::Depthwise { window } | Op::MaxPool { window, .. } | Op::AveragePool { window } => {
            wide.saturating_mul(product(&[window.kernel, window.kernel])).saturating_mul(PASS)
        }
        Op::Linear { .. } => read.saturating_mul(shape.c() as u64),
        Op::PixelLinear { .. } => wide.saturating_mul(channels as u64),
        // Scores and their shares of the values, and three passes over the scores.
        Op::Attention { heads } => {
            let tokens = product(&[shape.h(), shape.w()]);
            let scores = tokens.saturating_mul(tokens);
            scores.saturating_mul(2 * shape.c() as u64 + 3 * PASS * *heads as u64)
        }
        _ => 0,
    };
    windows.saturating_add(read.saturating_add(shape.len() as u64).saturating_mul(PASS))
}

fn product(factors: &[usize]) -> u64 {
    factors.iter().fold(1, |all, &factor| all.saturating_mul(factor as u64))
}

#[cfg(test)]
mod tests {
    use foliar_nn::{Node, Sliding, zoo};

    use super::*;

    #[test]
    fn every_network_of_the_zoo_may_see_photographs_of_512_pixels() {
        for name in zoo::MODELS {
            let graph = zoo::build(name, 40).unwrap();
            check_demands(&graph, 512).unwrap();
            if name == "resnet50" {
                check_demands(&graph, 1152).unwrap();
            }
            let error = check_demands(&graph, 1 << 14).unwrap_err().to_string();
            assert!(error.contains("16384"), "{name}: {error}");
        }
    }

    #[test]
    fn layers_without_weights_count_too() {
        let node = |name: &str, op, inputs: &[usize]| Node { name: name.into(), op, inputs: inputs.to_vec() };
        let mut graph = Graph { name: "small".into(), nodes: vec![node("input", Op::Input, &[])] };
        let window = Sliding::same(1023, 1);
        graph.nodes.push(node("pool", Op::AveragePool { window }, &[0]));
        assert!(matches!(check_demands(&graph, 256), Err(ModelError::Demands { .. })));
        graph.nodes[1].op = Op::Relu;
        check_demands(&graph, 256).unwrap();
        // Small weights, and layers as large as a machine's memory.
        let wide = Op::Conv { window: Sliding::same(1, 1), channels: 224, bias: false };
        graph.nodes[1].op = wide;
        check_demands(&graph, 512).unwrap();
        let error = check_demands(&graph, 2048).unwrap_err().to_string();
        assert!(error.contains("952 million of them at a time") && error.contains("at most 1000"), "{error}");
        graph.nodes[1].op = Op::Relu;
        for id in 1..16_000 {
            graph.nodes.push(node(&format!("relu{id}"), Op::Relu, &[id]));
        }
        assert!(matches!(check_demands(&graph, 256), Err(ModelError::Demands { .. })));
    }
}
