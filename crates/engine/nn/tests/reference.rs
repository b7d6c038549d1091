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
    Batch, CpuEngine, Engine, EngineOptions, Optimizer, Role, StateDict, Statistics, StepConfig, Tensor, zoo,
};
use serde::Deserialize;

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

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// `count` numbers in [-1, 1), splitmix64 of (seed, name, index).
fn uniform(seed: u64, name: &str, count: usize) -> impl Iterator<Item = f64> {
    let base = fnv1a(name).wrapping_add(seed.wrapping_mul(GOLDEN));
    (0..count as u64).map(move |i| {
        let mut z = base.wrapping_add((i + 1).wrapping_mul(GOLDEN));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f64 / f64::from(1u32 << 23) - 1.0
    })
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
        let numbers = uniform(seed, name, tensor.data.len());
        tensor.data = numbers.map(|u| value(u) as f32).collect();
    }
}

/// (n, c, h, w) numbers of the reference as (n, h, w, c).
fn images(case: &Case) -> Vec<f32> {
    let (n, size) = (case.batch, case.size);
    let planes: Vec<f64> = uniform(case.seed, "images", n * 3 * size * size).collect();
    let mut images = Vec::with_capacity(planes.len());
    for image in 0..n {
        for pixel in 0..size * size {
            for channel in 0..3 {
                images.push(2.0 * planes[(image * 3 + channel) * size * size + pixel] as f32);
            }
        }
    }
    images
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
    let images = images(case);
    let labels: Vec<u32> = uniform(case.seed, "labels", case.batch)
        .map(|u| ((u + 1.0) / 2.0 * case.classes as f64) as u32)
        .collect();
    let doubles = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let mut figures =
        Figures { eval_logits_before: doubles(engine.predict(&images).unwrap()), ..Figures::default() };
    let plan =
        StepConfig { learning_rate: case.lr, label_smoothing: 0.0, class_weights: None, rate_factors: None };
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

fn relative(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    let scale: f64 = b.iter().map(|b| b.powi(2)).sum();
    (difference / scale).sqrt()
}

fn relative_maps(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> f64 {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "the names differ");
    let values = |map: &BTreeMap<String, f64>| map.values().copied().collect::<Vec<_>>();
    relative(&values(a), &values(b))
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
            ("gradient_norm", relative_maps(&ours.gradient_norm, &theirs.gradient_norm)),
            ("parameter_norm", relative_maps(&ours.parameter_norm, &theirs.parameter_norm)),
            ("running_norm", relative_maps(&ours.running_norm, &theirs.running_norm)),
            ("eval_logits_after", relative(&ours.eval_logits_after, &theirs.eval_logits_after)),
        ];
        for (name, error) in errors {
            let allowed = (3.0 * case.float32_error[name]).max(1e-5);
            println!("{:10} {name:20} error {error:.2e}, allowed {allowed:.2e}", case.arch);
            if error.is_nan() || error > allowed {
                failures.push(format!("{} {name}: {error:.2e} > {allowed:.2e}", case.arch));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
