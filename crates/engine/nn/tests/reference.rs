//! Holds the engine against what PyTorch computes for torchvision's ResNets.
//!
//! The figures stand in a JSON file, `resnet.json`, that a script of the reference writes; `FOLIAR_REFERENCE` names
//! another one. Weights, images and labels are a pure function of (seed, name, index). Errors are relative L2 against
//! PyTorch in float64, and may be three times those of PyTorch's own float32, or 1e-5.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Optimizer, Role, StateDict, Statistics, StepConfig, Targets,
    Tensor, zoo,
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
    steps: usize,
    lr: f64,
    momentum: f64,
    weight_decay: f64,
    reference: Figures,
    float32_error: BTreeMap<String, f64>,
}

#[derive(Deserialize, Default)]
struct Figures {
    eval_logits_before: Vec<f64>,
    loss: Vec<f64>,
    gradient_norm: BTreeMap<String, f64>,
    parameter_norm: BTreeMap<String, f64>,
    running_norm: BTreeMap<String, f64>,
    eval_logits_after: Vec<f64>,
}

/// The weights of the reference, from the names and shapes of `state`.
fn fill(state: &mut StateDict, seed: u64) {
    for (name, tensor) in &mut state.tensors {
        if name.contains("running") {
            continue;
        }
        let shape = tensor.shape.clone();
        let value = |u: f64| match shape[..] {
            [out, _, h, w] => u * 3f64.sqrt() * (2.0 / (out * h * w) as f64).sqrt(),
            [_, inputs] => u / (inputs as f64).sqrt(),
            _ if name.ends_with("weight") => 0.3 + 0.1 * u,
            _ => 0.1 * u,
        };
        let numbers = figures::uniform(seed, name, tensor.data.len());
        tensor.data = numbers.map(|u| value(u) as f32).collect();
    }
}

fn norm(tensor: &Tensor) -> f64 {
    tensor.data.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

fn norms(state: &StateDict, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, f64> {
    let chosen = state.tensors.iter().filter(|(name, _)| wanted(name));
    chosen.map(|(name, tensor)| (name.clone(), norm(tensor))).collect()
}

fn run(case: &Case) -> Figures {
    let graph = zoo::build(&case.arch, case.classes).unwrap();
    let optimizer = Optimizer::Sgd {
        momentum: case.momentum,
        dampening: 0.0,
        nesterov: false,
        weight_decay: case.weight_decay,
    };
    let options = EngineOptions {
        image_size: case.size,
        batch: case.batch,
        seed: 0,
        optimizer: Some(optimizer),
        average: None,
        statistics: Statistics::Batch,
    };
    let mut engine = CpuEngine::new(&graph, options).unwrap();
    let mut state = engine.state().outcome();
    fill(&mut state, case.seed);
    engine.restore(&state).unwrap();
    let images = figures::images(case.seed, case.batch, case.size, 2.0);
    let labels = figures::labels(case.seed, case.batch, case.classes);
    let doubles = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let mut figures =
        Figures { eval_logits_before: doubles(engine.predict(&images).unwrap()), ..Figures::default() };
    let plan = StepConfig {
        learning_rate: case.lr,
        label_smoothing: 0.0,
        class_weights: None,
        rate_factors: None,
        targets: Targets::OneOf,
        focus: 0.0,
        mixture: None,
    };
    for step in 0..case.steps {
        let stats = engine.train_step(Batch { images: &images, labels: &labels }, &plan).unwrap();
        figures.loss.push(stats.objective);
        if step == 0 {
            figures.gradient_norm = norms(&engine.gradients(), |_| true);
        }
    }
    let trained: Vec<String> =
        engine.parameters().iter().filter(|p| p.role.is_trained()).map(|p| p.name.clone()).collect();
    let running = |p: &&foliar_nn::Parameter| matches!(p.role, Role::RunningMean | Role::RunningVariance);
    let running: Vec<String> = engine.parameters().iter().filter(running).map(|p| p.name.clone()).collect();
    let state = engine.state();
    figures.parameter_norm = norms(&state, |name| trained.iter().any(|n| n == name));
    figures.running_norm = norms(&state, |name| running.iter().any(|n| n == name));
    figures.eval_logits_after = doubles(engine.predict(&images).unwrap());
    figures
}

#[test]
#[ignore = "needs FOLIAR_SHARED: a folder that holds reference/resnet.json; FOLIAR_REFERENCE may name another file"]
fn agrees_with_pytorch() {
    let named = std::env::var_os("FOLIAR_REFERENCE").map(PathBuf::from);
    let path = named.unwrap_or_else(|| common::shared("reference/resnet.json"));
    let cases: Vec<Case> = serde_json::from_reader(std::fs::File::open(&path).unwrap()).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let ours = run(case);
        let theirs = &case.reference;
        let errors = [
            ("eval_logits_before", relative(&ours.eval_logits_before, &theirs.eval_logits_before)),
            ("loss", relative(&ours.loss, &theirs.loss)),
            ("gradient_norm", relative_by_name(&ours.gradient_norm, &theirs.gradient_norm)),
            ("parameter_norm", relative_by_name(&ours.parameter_norm, &theirs.parameter_norm)),
            ("running_norm", relative_by_name(&ours.running_norm, &theirs.running_norm)),
            ("eval_logits_after", relative(&ours.eval_logits_after, &theirs.eval_logits_after)),
        ];
        failures.extend(figures::failures(&case.arch, &errors, &case.float32_error));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
