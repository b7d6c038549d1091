//! Holds every network that bears torchvision's names against what PyTorch computes for torchvision's own.
//!
//! The figures stand in `fixtures/torchvision.json`, which `bench/torchvision_reference.py` writes. Weights, images and labels
//! are a pure function of (seed, name, index); dropout is off. Errors are relative L2 against PyTorch in float64, and may be
//! three times those of PyTorch's own float32, or 1e-5.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, HashSet};

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Op, Optimizer, StateDict, Statistics, StepConfig, Targets, zoo,
};
use serde::Deserialize;

use common::figures::{self, relative, relative_by_name};

#[derive(Deserialize)]
struct Case {
    arch: String,
    classes: usize,
    batch: usize,
    size: usize,
    seed: u64,
    /// What is added to the shifts of batch norms, with their sign.
    norm_shift: f64,
    learning_rate: f64,
    reference: Figures,
    float32_error: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Figures {
    eval_logits_before: Vec<f64>,
    loss: Vec<f64>,
    /// By the first two words of the parameters' names.
    gradient_norm: BTreeMap<String, f64>,
    running_norm: BTreeMap<String, f64>,
    eval_logits_after: Vec<f64>,
}

/// The weights of the reference, from the names and shapes of `state`.
fn fill(state: &mut StateDict, case: &Case) {
    let is_norm = |name: &str| {
        name.strip_suffix("bias")
            .is_some_and(|node| state.tensors.contains_key(&format!("{node}running_mean")))
    };
    let shifts: HashSet<String> = state.tensors.keys().filter(|name| is_norm(name)).cloned().collect();
    for (name, tensor) in &mut state.tensors {
        if name.contains("running") {
            continue;
        }
        let (factor, offset) = match tensor.shape[..] {
            [out, _, h, w] => (3f64.sqrt() * (2.0 / (out * h * w) as f64).sqrt(), 0.0),
            [_, inputs] => (1.0 / (inputs as f64).sqrt(), 0.0),
            _ if name.ends_with("weight") => (0.1, 0.3),
            _ => (0.1, 0.0),
        };
        let shift = if shifts.contains(name) { case.norm_shift } else { 0.0 };
        let numbers = figures::uniform(case.seed, name, tensor.data.len());
        for (value, u) in tensor.data.iter_mut().zip(numbers) {
            *value = (offset + factor * u + shift.copysign(u)) as f32;
        }
    }
}

/// Norms of the tensors whose names share their first two words.
fn norms(state: &StateDict, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, f64> {
    let mut squares = BTreeMap::new();
    for (name, tensor) in state.tensors.iter().filter(|(name, _)| wanted(name)) {
        let part = name.split('.').take(2).collect::<Vec<_>>().join(".");
        let square: f64 = tensor.data.iter().map(|&x| f64::from(x).powi(2)).sum();
        *squares.entry(part).or_insert(0.0) += square;
    }
    squares.into_iter().map(|(part, square)| (part, square.sqrt())).collect()
}

fn run(case: &Case) -> Figures {
    let mut graph = zoo::build(&case.arch, case.classes).unwrap();
    for node in &mut graph.nodes {
        if let Op::Dropout { rate } | Op::StochasticDepth { rate } = &mut node.op {
            *rate = 0.0;
        }
    }
    let optimizer = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    let options = EngineOptions {
        image_size: case.size,
        batch: case.batch,
        seed: 0,
        optimizer: Some(optimizer),
        average: None,
        statistics: Statistics::Batch,
    };
    let mut engine = CpuEngine::new(&graph, options).unwrap();
    let mut state = engine.state();
    fill(&mut state, case);
    engine.restore(&state).unwrap();
    drop(state);
    let images = figures::images(case.seed, case.batch, case.size, 2.0);
    let labels = figures::labels(case.seed, case.batch, case.classes);
    let logits = |engine: &mut CpuEngine| -> Vec<f64> {
        engine.predict(&images).unwrap().into_iter().map(f64::from).collect()
    };
    let eval_logits_before = logits(&mut engine);
    let plan = StepConfig {
        learning_rate: case.learning_rate,
        label_smoothing: 0.0,
        class_weights: None,
        rate_factors: None,
        targets: Targets::OneOf,
        focus: 0.0,
        mixture: None,
    };
    let stats = engine.train_step(Batch { images: &images, labels: &labels }, &plan).unwrap();
    Figures {
        eval_logits_before,
        loss: vec![stats.objective],
        gradient_norm: norms(&engine.gradients(), |_| true),
        running_norm: norms(&engine.state(), |name| name.contains("running")),
        eval_logits_after: logits(&mut engine),
    }
}

#[test]
fn agrees_with_torchvision() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/torchvision.json")).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let ours = run(case);
        let theirs = &case.reference;
        let errors = [
            ("eval_logits_before", relative(&ours.eval_logits_before, &theirs.eval_logits_before)),
            ("loss", relative(&ours.loss, &theirs.loss)),
            ("gradient_norm", relative_by_name(&ours.gradient_norm, &theirs.gradient_norm)),
            ("running_norm", relative_by_name(&ours.running_norm, &theirs.running_norm)),
            ("eval_logits_after", relative(&ours.eval_logits_after, &theirs.eval_logits_after)),
        ];
        failures.extend(figures::failures(&case.arch, &errors, &case.float32_error));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
