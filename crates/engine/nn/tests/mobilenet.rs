//! MobileNet v1 0.75 with its real ImageNet weights against PyTorch in float64: features and logits of a made image and of
//! photographs. They are not part of this repository: `FOLIAR_SHARED=FOLDER cargo test --release -p foliar-nn --test mobilenet
//! -- --ignored` names them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;

use common::figures::{images, relative};
use common::shared;
use foliar_nn::weights::{Naming, fit, read};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, StateDict, Statistics, zoo};
use serde::Deserialize;

const SIZE: usize = 224;
/// Relative L2 distance that rounding to float32 may make.
const ROUNDING: f64 = 1e-4;
/// The same where two JPEG decoders may differ by a grey level.
const DECODING: f64 = 2e-2;

/// One input of the reference.
#[derive(Deserialize)]
struct Case {
    /// `uniform`, or the path of a photograph.
    input: String,
    features: Vec<f64>,
    logits: Vec<f64>,
}

fn engine(graph: &Graph, state: &StateDict) -> CpuEngine {
    let options = EngineOptions {
        image_size: SIZE,
        batch: 1,
        seed: 0,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let mut engine = CpuEngine::new(graph, options).unwrap();
    let names: Vec<String> = engine.state().tensors.into_keys().collect();
    let tensors = names.into_iter().map(|name| (name.clone(), state.tensors[&name].clone())).collect();
    engine.restore(&StateDict { tensors, steps: 0 }).unwrap();
    engine
}

#[test]
#[ignore = "needs FOLIAR_SHARED: a folder that holds weights/, reference/ and data/"]
fn real_weights_give_the_features_and_logits_of_pytorch() {
    let read_shared = |name: &str| fs::read(shared(name)).unwrap();
    let weights = read_shared("weights/mobilenet_v1_0.75_224.safetensors");
    let reference = read_shared("reference/mobilenet.json");
    let graph = zoo::build("mobilenet_v1_0.75", 1000).unwrap();
    let fitted = fit(&graph, read(&weights).unwrap()).unwrap();
    assert_eq!(
        (fitted.naming, fitted.replaced_classifier, fitted.unused),
        (Naming::Keras, None, Vec::<String>::new())
    );
    let (front, tail) = graph.split(graph.backbone(), SIZE).unwrap();
    let (mut front, mut tail) = (engine(&front, &fitted.state), engine(&tail, &fitted.state));
    let cases: Vec<Case> = serde_json::from_slice(&reference).unwrap();
    assert!(cases.len() > 1);
    for case in cases {
        let (image, bound) = match case.input.as_str() {
            "uniform" => (images(1, 1, SIZE, 1.0), ROUNDING),
            path => (central(&read_shared(path.strip_prefix("shared/").unwrap_or(path))), DECODING),
        };
        let features = front.predict(&image).unwrap();
        let logits = tail.predict(&features).unwrap();
        for (what, found, expected) in
            [("features", &features, &case.features), ("logits", &logits, &case.logits)]
        {
            let error = relative(found, expected);
            println!("{:70} {what:8} error {error:.2e} allowed {bound:.0e}", case.input);
            assert!(error <= bound, "{}: {what} {error:e}", case.input);
        }
    }
}

/// The central pixels of a photograph, RGB / 127.5 - 1.
fn central(bytes: &[u8]) -> Vec<f32> {
    let image = image::load_from_memory(bytes).unwrap().to_rgb8();
    let side = SIZE as u32;
    let [left, top] = [image.width(), image.height()].map(|length| (length - side) / 2);
    let cut = image::imageops::crop_imm(&image, left, top, side, side).to_image();
    cut.into_raw().into_iter().map(|value| f32::from(value) / 127.5 - 1.0).collect()
}
