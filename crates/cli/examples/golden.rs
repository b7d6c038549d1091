//! Writes the golden set for programs in other languages, or makes its classifier anew.
//!
//! ```text
//! cargo run --release -p foliar-cli --example golden -- FOLDER     # photos/, model.foliar and expected.jsonl
//! cargo run --release -p foliar-cli --example golden -- --train model.foliar
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool of the developers ends by panicking, and tells what it does"
)]

#[path = "../tests/common/golden.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod golden;

use std::fs;
use std::path::Path;

use foliar_metrics::{Calibrated, Groups, Predictions, calibrate};
use foliar_model::{
    Bundle, FeatureSamples, Provenance, TrainingDigests, Uncertainty, feature_width, pooled_features,
};
use foliar_nn::{
    Batch, CpuEngine, Engine as _, EngineOptions, Graph, Node, Op, Optimizer, Sliding, Statistics,
    StepConfig, Targets,
};
use foliar_synth::{CLASSES, draw};
use foliar_vision::{Preprocessing, Rgb};

/// Keys of the leaves that are learned from and of those that thresholds are fitted to: others than those of the set.
const TRAINING: u64 = 1;
const VALIDATION: u64 = 2;
/// Leaves of each class, of both.
const LEAVES: [u64; 2] = [300, 150];
const EPOCHS: u32 = 40;
const BATCH: usize = 30;
/// Side of the input.
const SIZE: usize = 48;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--train"), Some(file)) => train().write(Path::new(&file)).unwrap(),
        (Some(folder), None) => {
            let folder = Path::new(folder);
            golden::write_photos(&folder.join("photos"));
            fs::write(folder.join("model.foliar"), golden::MODEL).unwrap();
            fs::write(folder.join("expected.jsonl"), golden::EXPECTED).unwrap();
        }
        _ => panic!("which folder? Or --train and a file"),
    }
}

/// A network with the layers of the usual ones, of 5,000 weights.
fn graph() -> Graph {
    let conv = |channels, window| Op::Conv { channels, window, bias: false };
    let norm = Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 };
    let halved = Op::MaxPool { window: Sliding::new(2, 2, 0), ceil: false };
    let ops = vec![
        ("input", Op::Input),
        ("conv1", conv(16, Sliding::same(3, 2))),
        ("norm1", norm),
        ("relu1", Op::Relu6),
        ("depthwise2", Op::Depthwise { window: Sliding::new(3, 1, 1) }),
        ("norm2", norm),
        ("relu2", Op::Relu6),
        ("conv3", conv(32, Sliding::new(1, 1, 0))),
        ("norm3", norm),
        ("relu3", Op::Relu),
        ("pool3", halved),
        ("depthwise4", Op::Depthwise { window: Sliding::new(3, 1, 1) }),
        ("norm4", norm),
        ("relu4", Op::Relu),
        ("conv5", conv(64, Sliding::new(1, 1, 0))),
        ("norm5", norm),
        ("relu5", Op::Relu),
        ("pool5", Op::GlobalAveragePool),
        ("fc", Op::Linear { features: CLASSES.len() }),
    ];
    let node = |(id, (name, op)): (usize, (&str, Op))| Node {
        name: name.to_owned(),
        op,
        inputs: id.checked_sub(1).into_iter().collect(),
    };
    Graph { name: "golden".to_owned(), nodes: ops.into_iter().enumerate().map(node).collect() }
}

/// What a network takes of drawn leaves, and their classes.
fn leaves(seed: u64, per_class: u64, preprocessing: &Preprocessing) -> (Vec<Vec<f32>>, Vec<u32>) {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    for index in 0..per_class {
        for class in 0..CLASSES.len() {
            // Small and large ones, as photos show them.
            let size = 60 + 20 * (index % 5) as u32;
            let picture = draw(seed, class, index, size);
            inputs.push(preprocessing.prepare(&Rgb::new(size, size, picture.into_raw())));
            labels.push(class as u32);
        }
    }
    (inputs, labels)
}

/// The pixels as they are, mirrored, upside down or both.
fn turned(image: &[f32], epoch: u32) -> Vec<f32> {
    let at = |place: usize| {
        let (y, x) = (place / SIZE, place % SIZE);
        let (y, x) =
            (if epoch & 1 == 1 { SIZE - 1 - y } else { y }, if epoch & 2 == 2 { SIZE - 1 - x } else { x });
        3 * (y * SIZE + x)
    };
    (0..SIZE * SIZE).flat_map(|place| image[at(place)..][..3].iter().copied()).collect()
}

fn train() -> Bundle {
    let preprocessing =
        Preprocessing { store_side: 80, resize_side: 54, ..Preprocessing::imagenet(SIZE as u32) };
    let graph = graph();
    let optimizer = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
    let options = EngineOptions {
        image_size: SIZE,
        batch: BATCH,
        seed: 1,
        optimizer: Some(optimizer),
        average: None,
        statistics: Statistics::Batch,
    };
    let (inputs, labels) = leaves(TRAINING, LEAVES[0], &preprocessing);
    let mut engine = CpuEngine::new(&graph, options).unwrap();
    for epoch in 0..EPOCHS {
        let rate = 4e-3 * f64::from(EPOCHS - epoch) / f64::from(EPOCHS);
        let plan = StepConfig {
            learning_rate: rate,
            rate_factors: None,
            label_smoothing: 0.0,
            class_weights: None,
            targets: Targets::OneOf,
            focus: 0.0,
            mixture: None,
        };
        for (images, labels) in inputs.chunks(BATCH).zip(labels.chunks(BATCH)) {
            let images: Vec<f32> = images.iter().flat_map(|image| turned(image, epoch)).collect();
            engine.train_step(Batch { images: &images, labels }, &plan).unwrap();
        }
    }
    let state = engine.state().outcome();

    let options = EngineOptions { batch: 1, optimizer: None, ..options };
    let (front, tail) = graph.split(graph.backbone(), SIZE).unwrap();
    let mut front = CpuEngine::new(&front, options).unwrap();
    let mut classifier = CpuEngine::new(&tail, options).unwrap();
    let (frozen, learned) = state.clone().divide(&classifier.state());
    front.restore(&frozen).unwrap();
    classifier.restore(&learned).unwrap();
    let mut features = |inputs: &[Vec<f32>]| -> (Vec<f32>, Vec<f32>) {
        let (mut pooled, mut logits) = (Vec::new(), Vec::new());
        for input in inputs {
            let values = front.predict(input).unwrap();
            logits.extend(classifier.predict(&values).unwrap());
            pooled.extend(pooled_features(&values, &tail));
        }
        (pooled, logits)
    };
    let (validation_inputs, validation_labels) = leaves(VALIDATION, LEAVES[1], &preprocessing);
    let (train, _) = features(&inputs);
    let (validation, logits) = features(&validation_inputs);
    let count = validation_labels.len();
    let groups = Groups::independent(count);
    let temperature = calibrate(&logits, &validation_labels, CLASSES.len()).temperature;
    let logits = logits.into_iter().map(|logit| (f64::from(logit) / temperature) as f32).collect();
    let predictions = Predictions::new(logits, validation_labels, groups, CLASSES.len()).unwrap();
    let correct = predictions.correct().into_iter().filter(|&correct| correct).count();
    println!("{correct} of {count} leaves are recognised, temperature {temperature:.2}");
    let samples = FeatureSamples {
        width: feature_width(&tail),
        train,
        train_labels: labels,
        validation,
        validation_groups: (0..count as u64).collect(),
    };
    Bundle {
        classes: CLASSES.map(str::to_owned).to_vec(),
        preprocessing,
        graph,
        provenance: Provenance {
            foliar: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: serde_json::json!({"model": "golden"}),
            epoch: EPOCHS,
            train_photographs: inputs.len(),
            data_fingerprint: "drawn".to_owned(),
            members: Vec::new(),
        },
        temperature,
        training_digests: TrainingDigests::default(),
        validation: None,
        uncertainty: Some(Uncertainty::fit(&predictions, Calibrated::Reused, &samples).unwrap()),
        outputs: foliar_model::Outputs::OneOf,
        state,
    }
}
