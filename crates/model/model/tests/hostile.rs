//! Whatever bytes a bundle has, it is refused with a sentence or predicts: it never panics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use foliar_metrics::{Calibrated, Groups, Predictions};
use foliar_model::container::reseal;
use foliar_model::{Bundle, FeatureSamples, Predictor, Provenance, TrainingDigests, Uncertainty};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, Node, Op, Sliding, Statistics};
use foliar_vision::{Digest, Preprocessing, Rgb};
use proptest::prelude::*;

const SIDE: u32 = 32;

fn graph() -> Graph {
    let convolution = Op::Conv { channels: 4, window: Sliding::new(3, 2, 1), bias: false };
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("conv", convolution, &[0]),
        ("norm", Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[1]),
        ("relu", Op::Relu, &[2]),
        ("mean", Op::GlobalAveragePool, &[3]),
        ("fc", Op::Linear { features: 2 }, &[4]),
    ];
    let node =
        |&(name, op, inputs): &(&str, Op, &[usize])| Node { name: name.into(), op, inputs: inputs.to_vec() };
    Graph { name: "small".into(), nodes: nodes.iter().map(node).collect() }
}

fn bundle() -> Bundle {
    let graph = graph();
    let options = EngineOptions {
        image_size: SIDE as usize,
        batch: 1,
        seed: 1,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let state = CpuEngine::new(&graph, options).unwrap().state();
    let labels: Vec<u32> = (0..40).map(|i| i % 2).collect();
    let logits = labels.iter().flat_map(|&label| [1.0 - label as f32, label as f32]).collect();
    let predictions = Predictions::new(logits, labels.clone(), Groups::independent(40), 2).unwrap();
    let feature = |i: usize| (0..4).map(move |j| ((i * 7 + j * 3) % 11) as f32 + (i % 2) as f32);
    let features = FeatureSamples {
        width: 4,
        train: (0..40).flat_map(feature).collect(),
        train_labels: labels,
        validation: (40..80).flat_map(feature).collect(),
        validation_groups: (0..40).collect(),
    };
    Bundle {
        classes: vec!["healthy".into(), "rust".into()],
        preprocessing: Preprocessing::imagenet(SIDE),
        graph,
        provenance: Provenance {
            foliar: "0".into(),
            recipe: serde_json::Value::Null,
            epoch: 1,
            train_photographs: 40,
            data_fingerprint: String::new(),
            members: Vec::new(),
        },
        temperature: 1.0,
        training_digests: TrainingDigests::new(&[Digest::of(b"leaf")]),
        validation: None,
        uncertainty: Some(Uncertainty::fit(&predictions, Calibrated::Reused, &features).unwrap()),
        outputs: foliar_model::Outputs::OneOf,
        state,
    }
}

fn bytes() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.foliar");
    bundle().write(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn many_classes_are_read_in_a_second() {
    let count = 65_536;
    let mut many = bundle();
    many.classes = (0..count).map(|class| format!("class {class}")).collect();
    many.graph.nodes[5].op = Op::Linear { features: count };
    many.uncertainty = None;
    for (name, width) in [("fc.weight", 4), ("fc.bias", 1)] {
        let tensor = many.state.tensors.get_mut(name).unwrap();
        tensor.shape[0] = count;
        tensor.data = vec![0.0; count * width];
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.foliar");
    many.write(&path).unwrap();
    let began = std::time::Instant::now();
    let read = Bundle::read(&path).unwrap();
    let took = began.elapsed();
    assert_eq!(read.classes, many.classes);
    assert!(took.as_secs_f64() < 1.0, "{took:?}");
    many.classes[count - 1] = "class 7".into();
    many.write(&path).unwrap();
    assert!(Bundle::read(&path).unwrap_err().to_string().contains("two classes have the name class 7"));
}

#[test]
fn names_of_classes_command_no_terminal() {
    let mut named = bundle();
    named.classes[1] = "\u{1b}[31mrust\n".into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named.foliar");
    named.write(&path).unwrap();
    assert_eq!(Bundle::read(&path).unwrap().classes[1], r"\u{1b}[31mrust\n");
}

/// Reads the bytes as a bundle and, if they are one, predicts.
fn try_out(bytes: Vec<u8>) -> Result<(), String> {
    let bundle = Bundle::from_bytes(bytes)?;
    if bundle.preprocessing.size > 4 * SIDE {
        return Ok(());
    }
    let mut predictor = Predictor::new(bundle, 2).map_err(|error| error.to_string())?;
    let picture = Rgb::new(40, 30, vec![90; 40 * 30 * 3]);
    let predictions = predictor.predict(&[picture.clone(), picture]).map_err(|error| error.to_string())?;
    assert_eq!(predictions.len(), 2);
    Ok(())
}

#[test]
fn an_untouched_bundle_predicts() {
    try_out(bytes()).unwrap();
    let mut sealed = bytes();
    reseal(&mut sealed).unwrap();
    assert_eq!(sealed, bytes(), "its digest was right");
}

#[test]
fn weights_that_are_not_there_take_no_memory() {
    let mut bundle = bundle();
    let widest = Op::Conv { channels: 1 << 16, window: Sliding::new(1, 1, 0), bias: false };
    // Weights of 16 GiB.
    for (id, name) in [(3, "wide"), (4, "wider")] {
        bundle.graph.nodes.insert(id, Node { name: name.into(), op: widest, inputs: vec![id - 1] });
    }
    for (id, node) in bundle.graph.nodes.iter_mut().enumerate().skip(5) {
        node.inputs = vec![id - 1];
    }
    bundle.graph.validate().unwrap();
    let error = Predictor::new(bundle, 2).err().unwrap().to_string();
    assert!(error.contains("wide.weight"), "{error}");
}

/// Pieces of text that stand in the header, and what to put in their place.
fn swaps() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("relu", &["silu", "relv", "    "][..]),
        ("\\\"channels\\\":4", &["\\\"channels\\\":5", "\\\"channels\\\":0", "\\\"channels\\\":9"]),
        ("\\\"kernel\\\":3", &["\\\"kernel\\\":1", "\\\"kernel\\\":0", "\\\"kernel\\\":9"]),
        ("\\\"stride\\\":2", &["\\\"stride\\\":0", "\\\"stride\\\":9", "\\\"stride\\\":1"]),
        ("\\\"inputs\\\":[2]", &["\\\"inputs\\\":[1]", "\\\"inputs\\\":[0]", "\\\"inputs\\\":[9]"]),
        ("\\\"features\\\":2", &["\\\"features\\\":3", "\\\"features\\\":0"]),
        ("\\\"size\\\":32", &["\\\"size\\\":64", "\\\"size\\\":00", "\\\"size\\\":33"]),
    ])
}

#[test]
fn a_changed_header_is_refused_or_predicts() {
    let whole = bytes();
    let mut refused = 0;
    for (old, replacements) in swaps() {
        let place = whole.windows(old.len()).position(|window| window == old.as_bytes());
        let place = place.unwrap_or_else(|| panic!("{old} does not stand in the header"));
        for new in replacements {
            let mut changed = whole.clone();
            changed[place..place + new.len()].copy_from_slice(new.as_bytes());
            reseal(&mut changed).unwrap();
            refused += usize::from(try_out(changed).is_err());
        }
    }
    assert!(refused >= 8, "{refused}");
}

proptest! {
    #[test]
    fn altered_bytes_under_a_right_digest_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut altered = bytes();
        for (place, value) in changes {
            let place = place.index(altered.len());
            altered[place] = value;
        }
        if let Some(cut) = cut {
            altered.truncate(cut.index(altered.len()));
        }
        let _ = reseal(&mut altered);
        let _ = try_out(altered);
    }
}
