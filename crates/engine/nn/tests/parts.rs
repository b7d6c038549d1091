//! Networks in two parts, rates by stage, moving averages and statistics that are estimated anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Graph, Optimizer, StateDict, Statistics, StepConfig, Targets,
    infer, tensor_name, zoo,
};

const SIZE: usize = 64;
const BATCH: usize = 4;
const SGD: Optimizer = Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };
const PLAN: StepConfig<'static> = StepConfig {
    learning_rate: 0.05,
    label_smoothing: 0.0,
    class_weights: None,
    rate_factors: None,
    targets: Targets::OneOf,
    focus: 0.0,
    mixture: None,
};

fn options(optimizer: Option<Optimizer>, average: Option<f64>) -> EngineOptions {
    EngineOptions {
        image_size: SIZE,
        batch: BATCH,
        seed: 1,
        optimizer,
        average,
        statistics: Statistics::Batch,
    }
}

fn engine(graph: &Graph, average: Option<f64>) -> CpuEngine {
    CpuEngine::new(graph, options(Some(SGD), average)).unwrap()
}

fn images(count: usize, key: usize) -> Vec<f32> {
    let value = |index: usize| ((index * 7919 + key * 104_729) % 2003) as f32 / 1001.0 - 1.0;
    (0..count * SIZE * SIZE * 3).map(value).collect()
}

/// The tensors of `state` that `graph` has.
fn part(state: &StateDict, graph: &Graph) -> StateDict {
    let mut state = state.clone().outcome();
    let nodes = graph.nodes.iter().filter(|node| node.op.arity() > 0);
    let suffixes = ["weight", "bias", "running_mean", "running_var", ""];
    let names: HashSet<String> =
        nodes.flat_map(|node| suffixes.map(|suffix| tensor_name(&node.name, suffix))).collect();
    state.tensors.retain(|tensor, _| names.contains(tensor));
    state
}

#[test]
fn two_parts_compute_what_the_whole_computes() {
    for model in zoo::MODELS {
        if ["resnet50", "resnet101", "vgg16_bn", "mobilenet_v1_1.0", "convnext_small"].contains(&model)
            || model.contains("vit_b")
            || model.contains("vitb")
        {
            continue;
        }
        let graph = zoo::build(model, 3).unwrap();
        let mut whole = CpuEngine::new(&graph, options(None, None)).unwrap();
        let expected = whole.predict(&images(BATCH, 1)).unwrap();
        let mut cuts = graph.stages().unwrap();
        cuts.push(graph.backbone());
        for cut in cuts {
            let (front_graph, tail_graph) = graph.split(cut, SIZE).unwrap();
            let mut front = CpuEngine::new(&front_graph, options(None, None)).unwrap();
            let mut tail = CpuEngine::new(&tail_graph, options(None, None)).unwrap();
            front.restore(&part(&whole.state(), &front_graph)).unwrap();
            tail.restore(&part(&whole.state(), &tail_graph)).unwrap();
            let features = front.predict(&images(BATCH, 1)).unwrap();
            let shape = infer(&graph, 1, SIZE, SIZE).unwrap()[cut];
            assert_eq!(features.len(), BATCH * shape.image_len(), "{model}");
            assert_eq!(
                tail.predict(&features).unwrap(),
                expected,
                "{model} cut at {}",
                graph.nodes[cut].name
            );
        }
    }
}

#[test]
fn features_do_not_depend_on_the_place_in_the_batch() {
    let graph = zoo::build("mobilenet_v1_0.25", 3).unwrap();
    let (front, _) = graph.split(graph.backbone(), SIZE).unwrap();
    let mut engine = CpuEngine::new(&front, options(None, None)).unwrap();
    let (first, second) = (images(1, 1), images(1, 2));
    let width = engine.outputs();
    let one =
        engine.predict(&[first.clone(), second.clone(), second.clone(), second.clone()].concat()).unwrap();
    let two = engine.predict(&[second.clone(), second.clone(), second, first].concat()).unwrap();
    assert_eq!(one[..width], two[3 * width..]);
}

#[test]
fn a_rate_of_zero_leaves_a_stage_as_it_was() {
    let graph = zoo::build("baseline", 3).unwrap();
    let stages = graph.stage_of_nodes().unwrap();
    let factors: Vec<f64> = stages.iter().map(|&stage| if stage < 2 { 0.0 } else { 1.0 }).collect();
    let mut engine = engine(&graph, None);
    let before = engine.state();
    let plan = StepConfig { rate_factors: Some(&factors), ..PLAN };
    engine.train_step(Batch { images: &images(BATCH, 1), labels: &[0, 1, 2, 0] }, &plan).unwrap();
    let after = engine.state();
    for (name, changed) in
        [("conv1.weight", false), ("bn2.bias", false), ("conv3.weight", true), ("fc.bias", true)]
    {
        assert_eq!(before.tensors[name] != after.tensors[name], changed, "{name}");
    }
}

#[test]
fn equal_factors_are_a_rate() {
    let graph = zoo::build("baseline", 3).unwrap();
    let halves = vec![0.5; graph.nodes.len()];
    let (mut one, mut two) = (engine(&graph, None), engine(&graph, None));
    for step in 0..3 {
        let images = images(BATCH, step);
        let batch = Batch { images: &images, labels: &[0, 1, 2, 0] };
        one.train_step(batch, &StepConfig { rate_factors: Some(&halves), ..PLAN }).unwrap();
        two.train_step(batch, &StepConfig { learning_rate: 0.025, ..PLAN }).unwrap();
    }
    assert_eq!(one.state(), two.state());
}

#[test]
fn an_average_follows_its_formula_and_predicts() {
    let graph = zoo::build("baseline", 3).unwrap();
    let (mut plain, mut averaged) = (engine(&graph, None), engine(&graph, Some(0.9)));
    let name = "fc.weight";
    let mut expected: Vec<f64> = plain.state().tensors[name].data.iter().map(|&w| f64::from(w)).collect();
    for step in 1..=4 {
        let images = images(BATCH, step);
        let batch = Batch { images: &images, labels: &[0, 1, 2, 0] };
        plain.train_step(batch, &PLAN).unwrap();
        averaged.train_step(batch, &PLAN).unwrap();
        let step = step as f64;
        let decay = f64::min(0.9, (1.0 + step) / (10.0 + step));
        for (average, &weight) in expected.iter_mut().zip(&plain.state().tensors[name].data) {
            *average = decay * *average + (1.0 - decay) * f64::from(weight);
        }
    }
    let state = averaged.state();
    assert_eq!(state.tensors[name], plain.state().tensors[name], "training itself is as it was");
    let outcome = averaged.outcome();
    let worst = outcome.tensors[name].data.iter().zip(&expected).map(|(&a, b)| (f64::from(a) - b).abs());
    assert!(worst.fold(0.0, f64::max) < 1e-6);
    let mut fresh = CpuEngine::new(&graph, options(None, None)).unwrap();
    fresh.restore(&outcome).unwrap();
    assert_eq!(fresh.predict(&images(2, 9)).unwrap(), averaged.predict(&images(2, 9)).unwrap());

    let mut resumed = engine(&graph, Some(0.9));
    resumed.restore(&state).unwrap();
    assert_eq!(resumed.state(), state);
}

#[test]
fn estimated_statistics_are_the_mean_over_the_batches() {
    let graph = zoo::build("baseline", 3).unwrap();
    let mut engine = engine(&graph, None);
    let (name, before) = ("bn1.running_mean", engine.state());
    let mut single = Vec::new();
    for key in 0..3 {
        engine.estimate_statistics(&images(BATCH, key), 0).unwrap();
        single.push(engine.state().tensors[name].data.clone());
    }
    for key in 0..3 {
        engine.estimate_statistics(&images(BATCH, key), key).unwrap();
    }
    let after = engine.state();
    for (channel, &mean) in after.tensors[name].data.iter().enumerate() {
        let expected = single.iter().map(|means| means[channel]).sum::<f32>() / 3.0;
        assert!((mean - expected).abs() < 1e-5, "{channel}: {mean} {expected}");
    }
    assert_eq!(before.tensors["conv1.weight"], after.tensors["conv1.weight"]);
}

#[test]
fn what_enters_batch_norms_is_told_as_the_network_is_and_changes_nothing() {
    let graph = zoo::build("resnet18", 3).unwrap();
    let mut engine = engine(&graph, None);
    let batch = images(BATCH, 4);
    // With the statistics of the very batch, evaluation does what training does.
    engine.estimate_statistics(&batch, 0).unwrap();
    let (before, said) = (engine.state(), engine.predict(&batch).unwrap());
    let found = engine.input_statistics(&batch).unwrap();
    assert_eq!((engine.state(), engine.predict(&batch).unwrap()), (before.clone(), said));
    assert!(found.tensors.keys().all(|name| name.contains("running")));
    for (name, tensor) in &before.tensors {
        // Deeper ones have few places, over which biased and unbiased variances differ.
        let early = name.starts_with("bn1") || name.starts_with("layer1");
        let Some(found) = found.tensors.get(name).filter(|_| early) else { continue };
        for (&found, &running) in found.data.iter().zip(&tensor.data) {
            assert!((found - running).abs() < 2e-2 * running.abs().max(0.1), "{name}: {found} {running}");
        }
    }
    // Of other images the first batch norm sees what training would, whatever it does with it; later ones do not.
    let other: Vec<f32> = images(BATCH, 5).into_iter().map(|value| 3.0 * value + 1.0).collect();
    let seen = engine.input_statistics(&other).unwrap();
    engine.estimate_statistics(&other, 0).unwrap();
    let trained = engine.state();
    assert_eq!(seen.tensors["bn1.running_mean"], trained.tensors["bn1.running_mean"]);
    let last = "layer4.1.bn2.running_mean";
    assert_ne!(seen.tensors[last], trained.tensors[last]);
}

#[test]
fn running_statistics_stay_and_the_gradient_is_that_of_the_network_in_use() {
    let graph = zoo::build("resnet18", 3).unwrap();
    let still = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    let options = EngineOptions { statistics: Statistics::Running, ..options(Some(still), None) };
    let mut engine = CpuEngine::new(&graph, options).unwrap();
    // Statistics that fit the images keep the numbers in bounds.
    (0..3).for_each(|key| engine.estimate_statistics(&images(BATCH, key), key).unwrap());
    let before = engine.state();
    let (images, labels) = (images(BATCH, 5), [0u32, 1, 2, 0]);
    let batch = Batch { images: &images, labels: &labels };
    let plan = StepConfig { learning_rate: 0.0, ..PLAN };
    let stats = engine.train_step(batch, &plan).unwrap();
    assert_eq!(engine.state().tensors, before.tensors);
    let mut loss_of = |state: &StateDict| {
        engine.restore(state).unwrap();
        let logits = engine.predict(&images).unwrap();
        let loss = |(row, &label): (&[f32], &u32)| {
            let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
            sum.ln() - f64::from(row[label as usize])
        };
        logits.chunks_exact(3).zip(&labels).map(loss).sum::<f64>() / BATCH as f64
    };
    assert!((loss_of(&before) - stats.objective).abs() < 1e-5);
    let mut trained = CpuEngine::new(&graph, options).unwrap();
    trained.restore(&before).unwrap();
    trained.train_step(batch, &plan).unwrap();
    let gradients = trained.gradients();
    for name in ["layer1.0.bn1.weight", "layer2.0.downsample.1.bias", "layer3.1.bn2.weight", "fc.bias"] {
        let slope = &gradients.tensors[name].data;
        let steepest = (0..slope.len()).max_by(|&a, &b| slope[a].abs().total_cmp(&slope[b].abs())).unwrap();
        let at = |shift: f32| {
            let mut state = before.clone();
            state.tensors.get_mut(name).unwrap().data[steepest] += shift;
            state
        };
        let step = 5e-3f32;
        let difference = (loss_of(&at(step)) - loss_of(&at(-step))) / f64::from(2.0 * step);
        let expected = f64::from(slope[steepest]);
        assert!(
            (difference - expected).abs() < 0.05 * expected.abs() + 1e-4,
            "{name}: {difference} {expected}"
        );
    }
}
