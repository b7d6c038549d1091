//! Gradients of logits with respect to what a network computes on its way, against central differences.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::{
    ActivationProbe, CpuEngine, Engine, EngineError, EngineOptions, Graph, NodeId, Op, ProbeError, StateDict,
    StateError, Statistics, zoo,
};
use foliar_random::Random;

const CLASSES: usize = 3;
const BATCH: usize = 2;
/// Lengths of the way along a direction whose components are of the order of the activations' own times these.
const STEPS: [f32; 5] = [3e-2, 1e-2, 3e-3, 1e-3, 3e-4];

fn unit(random: &mut Random) -> f32 {
    random.bits32() as f32 / u32::MAX as f32 * 2.0 - 1.0
}

fn options(size: usize) -> EngineOptions {
    let (image_size, batch, seed) = (size, BATCH, 3);
    EngineOptions { image_size, batch, seed, optimizer: None, average: None, statistics: Statistics::Running }
}

/// A network of random weights, with running statistics and a classifier other than it was made with, and photographs.
fn scene(graph: &Graph, size: usize) -> (CpuEngine, StateDict, Vec<f32>) {
    let mut random = Random::seeded(11);
    let mut engine = CpuEngine::new(graph, options(size)).unwrap();
    let mut state = engine.state();
    for (name, tensor) in &mut state.tensors {
        // Variances stay above zero, and the classifier does not stay at it.
        let statistic = name.ends_with("running_mean") || name.ends_with("running_var");
        if statistic || name.contains("bias") || tensor.data.iter().all(|&value| value == 0.0) {
            tensor.data.iter_mut().for_each(|value| *value += 0.2 * unit(&mut random).abs());
        }
    }
    let images = (0..BATCH * size * size * 3).map(|_| unit(&mut random)).collect();
    engine.restore(&state).unwrap();
    (engine, state, images)
}

/// Worst disagreement of the slope of a class's logit along random directions, relative to the gradient's norm. Of several
/// steps the best counts: long ones cross kinks of the activations, short ones drown in rounding.
fn worst(probe: &mut ActivationProbe, activations: &[f32], class: usize) -> f64 {
    let mut weights = vec![0.0; BATCH * CLASSES];
    weights.iter_mut().skip(class).step_by(CLASSES).for_each(|weight| *weight = 1.0);
    let gradient = probe.gradient(activations, &weights).unwrap();
    assert_eq!(gradient.len(), activations.len());
    let norm = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    assert!(norm > 0.0, "no gradient");
    let mut random = Random::seeded(13);
    let size = activations.iter().map(|a| a.abs()).fold(0.0, f32::max) / (activations.len() as f32).sqrt();
    let mut worst = 0.0_f64;
    for _ in 0..2 {
        let direction: Vec<f32> = gradient
            .iter()
            .map(|g| unit(&mut random) + g / norm as f32 * (gradient.len() as f32).sqrt())
            .collect();
        let length = direction.iter().map(|&d| f64::from(d).powi(2)).sum::<f64>().sqrt();
        let along: f64 = gradient.iter().zip(&direction).map(|(&g, &d)| f64::from(g) * f64::from(d)).sum();
        let mut logit = |by: f32| -> f64 {
            let moved: Vec<f32> = activations.iter().zip(&direction).map(|(a, d)| a + by * d).collect();
            let logits = probe.outputs_of(&moved).unwrap();
            logits.iter().skip(class).step_by(CLASSES).map(|&logit| f64::from(logit)).sum()
        };
        let errors = STEPS.map(|step| {
            let by = step * size;
            let slope = (logit(by) - logit(-by)) / f64::from(2.0 * by);
            (slope - along).abs() / (norm * length)
        });
        worst = worst.max(errors.into_iter().fold(f64::INFINITY, f64::min));
    }
    worst
}

fn check(graph: &Graph, size: usize, node: NodeId, tolerance: f64) {
    let (model, name) = (&graph.name, &graph.nodes[node].name);
    let (mut whole, state, images) = scene(graph, size);
    let mut probe = ActivationProbe::new(graph, &state, node, size, BATCH).unwrap();
    let activations = probe.activations(&images).unwrap();
    assert_eq!(activations.len(), BATCH * probe.shape().len());

    assert_eq!(probe.outputs_of(&activations).unwrap(), whole.predict(&images).unwrap(), "{model}");

    for class in [0, CLASSES - 1] {
        let error = worst(&mut probe, &activations, class);
        assert!(error < tolerance, "{model} behind `{name}`, class {class}: {error}");
    }
}

/// A network of the zoo; of VGG, whose layers are wide, an eighth of the width.
fn network(model: &str) -> Graph {
    let mut graph = zoo::build(model, CLASSES).unwrap();
    if model == "vgg16_bn" {
        let last = graph.classifier();
        for node in &mut graph.nodes[..last] {
            match &mut node.op {
                Op::Conv { channels, .. } => *channels /= 8,
                Op::Linear { features } => *features /= 64,
                _ => {}
            }
        }
    }
    graph
}

#[test]
fn every_network_of_the_zoo_has_a_gradient_at_its_last_image() {
    // Base networks are built of the same layers as the small ones.
    let is_large =
        |model: &&str| model.contains("vit_b") || model.contains("vitb") || *model == "convnext_small";
    for model in zoo::MODELS.into_iter().filter(|model| !is_large(model)) {
        let graph = network(model);
        check(&graph, 64, graph.last_image(64, 2).unwrap(), 2e-3);
    }
}

/// Much of a network behind the cut, all of it behind the photographs themselves, so that every operation passes a gradient on.
/// Activations have more kinks on so long a way.
#[test]
fn earlier_values_have_a_gradient() {
    let cases = [
        ("baseline", 32, "input"),
        ("resnet18", 33, "input"),
        ("mobilenet_v1_0.25", 32, "input"),
        ("squeezenet1_0", 32, "input"),
        ("efficientnet_b0", 32, "features.6.0.block.0.2"),
    ];
    for (model, size, name) in cases {
        let graph = network(model);
        let node = graph.nodes.iter().position(|node| node.name == name).unwrap();
        check(&graph, size, node, 2e-2);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let graph = zoo::build("baseline", CLASSES).unwrap();
    let (_, mut state, images) = scene(&graph, 32);
    let node = graph.last_image(32, 2).unwrap();
    let mut probe = ActivationProbe::new(&graph, &state, node, 32, BATCH).unwrap();
    let activations = probe.activations(&images).unwrap();
    let error = probe.gradient(&activations, &[1.0]).unwrap_err();
    assert_eq!(error, EngineError::OutputWeights { got: 1, expected: BATCH * CLASSES });
    assert!(matches!(probe.gradient(&[0.5; 7], &[1.0]), Err(EngineError::BatchSize { got: 0, .. })));
    state.tensors.remove("fc.weight");
    let error = ActivationProbe::new(&graph, &state, node, 32, BATCH).err();
    assert!(matches!(error, Some(ProbeError::State(StateError::Missing { .. }))), "{error:?}");
    // Inside of the last layer there is no cut.
    assert!(matches!(
        ActivationProbe::new(&graph, &state, graph.nodes.len() - 1, 32, 1),
        Err(ProbeError::Graph(_))
    ));
}
