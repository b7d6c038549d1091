//! The ONNX file read back and run: it is whole, its preprocessing gives the very bits of foliar's, and it says what foliar says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use common::bundle::{bundle, photo};
use common::evaluator::{Value, evaluate};
use common::file::File;
use common::graph::{averages, every_op, every_token_op};
use common::said;
use foliar_export::{ExportError, Figures, InputForm, OnnxOptions, Origin, WeightType, onnx};
use foliar_metrics::Estimate;
use foliar_model::{AbstentionReason, Bundle, Prediction, Predictor};
use foliar_nn::zoo;
use foliar_random::Random;
use foliar_vision::{Preprocessing, Rgb};

const IMAGE: OnnxOptions = OnnxOptions { input: InputForm::Image, weights: WeightType::F32 };
const TENSOR: OnnxOptions = OnnxOptions { input: InputForm::Tensor, weights: WeightType::F32 };

fn small() -> Bundle {
    bundle(every_op(3), Preprocessing::imagenet(33), 5)
}

fn file(bundle: &Bundle, options: OnnxOptions) -> File {
    let file = File::parse(&onnx(bundle, &Origin::default(), options).unwrap());
    file.check();
    file
}

fn pixels(photo: &Rgb) -> Value {
    Value::bytes(&[photo.height as usize, photo.width as usize, 3], &photo.pixels)
}

/// (n, h, w, c) to (n, c, h, w).
fn channels_first(input: &[f32], size: usize) -> Vec<f32> {
    let photos = input.chunks_exact(3 * size * size);
    photos.flat_map(|photo| (0..3).flat_map(|c| photo.iter().skip(c).step_by(3).copied())).collect()
}

fn check_said(values: &BTreeMap<String, Value>, row: usize, prediction: &Prediction, what: &str) {
    let classes = prediction.logits.len();
    let output = |name: &str| {
        let width = if ["probabilities", "set"].contains(&name) { classes } else { 1 };
        values[name].data[row * width..][..width].to_vec()
    };
    said::check_said(&output, prediction, what);
}

#[test]
fn a_photo_of_any_size_gives_the_very_bits_of_foliars_preprocessing() {
    let mut stream = Random::seeded(11);
    let mut cases: Vec<(Preprocessing, u32, u32)> = [
        (1, 1),
        (1, 400),
        (400, 1),
        (2, 3),
        (48, 48),
        (49, 48),
        (48, 49),
        (131, 97),
        (300, 301),
        (640, 41),
        (1900, 1300),
    ]
    .map(|(width, height)| (Preprocessing::imagenet(32), width, height))
    .to_vec();
    for _ in 0..60 {
        let size = 1 + stream.below(40) as u32;
        let usual = Preprocessing::minus_one_to_one(size);
        let preprocessing = Preprocessing {
            store_side: 1 + stream.below(80) as u32,
            resize_side: size + stream.below(60) as u32,
            ..usual
        };
        cases.push((preprocessing, 1 + stream.below(300) as u32, 1 + stream.below(300) as u32));
    }
    for (preprocessing, width, height) in cases {
        let size = preprocessing.size as usize;
        let file = file(&bundle(averages(3), preprocessing.clone(), 1), IMAGE);
        let photo = photo(9, width, height);
        let values = evaluate(&file, pixels(&photo));
        let first = file.nodes.iter().find(|node| node.kind == "GlobalAveragePool").unwrap();
        let found: Vec<f32> = values[&first.inputs[0]].data.iter().map(|&value| value as f32).collect();
        let expected = channels_first(&preprocessing.prepare(&photo), size);
        let wrong = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
        assert_eq!(wrong, 0, "{width} x {height}, {preprocessing:?}: {wrong} of {} differ", found.len());
    }
}

#[test]
fn it_says_of_a_photo_what_foliar_says() {
    let mut bundle = small();
    bundle.uncertainty.as_mut().unwrap().set_risk(0.2).unwrap();
    let file = file(&bundle, IMAGE);
    let mut photos: Vec<Rgb> = (0..12).map(|index| photo(200 + index, 40 + 9 * index as u32, 70)).collect();
    let board = (0..64 * 64).flat_map(|pixel| [(pixel / 512 + pixel / 8) as u8 % 2 * 255; 3]).collect();
    photos.push(Rgb::new(64, 64, board));
    let predictions = Predictor::new(bundle, photos.len()).unwrap().predict(&photos).unwrap();
    for reason in [None, Some(AbstentionReason::LowConfidence), Some(AbstentionReason::OutOfDistribution)] {
        assert!(predictions.iter().any(|prediction| prediction.abstention() == reason), "{reason:?}");
    }
    for (index, (photo, prediction)) in photos.iter().zip(&predictions).enumerate() {
        check_said(&evaluate(&file, pixels(photo)), 0, prediction, &format!("photo {index}"));
    }
}

#[test]
fn a_batch_says_of_each_photo_what_foliar_says() {
    let bundle = small();
    let photos: Vec<Rgb> = (0..5).map(|index| photo(300 + index, 60, 50 + 7 * index as u32)).collect();
    let inputs: Vec<f32> = photos.iter().flat_map(|photo| bundle.preprocessing.prepare(photo)).collect();
    let input = Value::floats(&[photos.len(), 3, 33, 33], &channels_first(&inputs, 33));
    let exact = file(&bundle, TENSOR);
    let half = file(&bundle, OnnxOptions { weights: WeightType::F16, ..TENSOR });
    let (values, rough) = (evaluate(&exact, input.clone()), evaluate(&half, input));
    let predictions = Predictor::new(bundle, photos.len()).unwrap().predict(&photos).unwrap();
    for (row, prediction) in predictions.iter().enumerate() {
        check_said(&values, row, prediction, &format!("row {row}"));
    }
    let difference = values["probabilities"].data.iter().zip(&rough["probabilities"].data);
    let largest = difference.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(largest > 0.0 && largest < 0.02, "{largest}");
}

#[test]
fn layers_of_transformers_say_what_foliar_says_of_each_photo_of_a_batch() {
    let bundle = bundle(every_token_op(3), Preprocessing::imagenet(33), 5);
    let photos: Vec<Rgb> = (0..3).map(|index| photo(300 + index, 60, 50 + 7 * index as u32)).collect();
    let inputs: Vec<f32> = photos.iter().flat_map(|photo| bundle.preprocessing.prepare(photo)).collect();
    let input = Value::floats(&[photos.len(), 3, 33, 33], &channels_first(&inputs, 33));
    let values = evaluate(&file(&bundle, TENSOR), input);
    let predictions = Predictor::new(bundle, photos.len()).unwrap().predict(&photos).unwrap();
    for (row, prediction) in predictions.iter().enumerate() {
        check_said(&values, row, prediction, &format!("row {row}"));
    }
}

#[test]
fn another_risk_has_other_thresholds() {
    let mut bundle = small();
    let mut answers = Vec::new();
    for risk in [0.2, 0.01] {
        bundle.uncertainty.as_mut().unwrap().set_risk(risk).unwrap();
        let file = file(&bundle, IMAGE);
        let document: serde_json::Value = serde_json::from_str(&file.metadata["foliar"]).unwrap();
        assert_eq!(document["uncertainty"]["risk"], risk);
        let photos: Vec<Rgb> = (0..12).map(|index| photo(200 + index, 60, 70)).collect();
        let inside = |photo: &Rgb| evaluate(&file, pixels(photo))["set"].data.iter().sum::<f64>();
        answers.push(photos.iter().map(inside).sum::<f64>());
    }
    assert!(answers[0] < answers[1], "smaller risks have larger sets: {answers:?}");
}

#[test]
fn what_a_classifier_does_not_know_is_no_output() {
    let names = |file: &File| file.outputs.iter().map(|output| output.name.clone()).collect::<Vec<_>>();
    let mut bundle = small();
    bundle.uncertainty.as_mut().unwrap().ood = None;
    let without_detector = file(&bundle, IMAGE);
    assert_eq!(names(&without_detector), ["probabilities", "set", "answer"]);
    bundle.uncertainty = None;
    let without = file(&bundle, IMAGE);
    assert_eq!(names(&without), ["probabilities", "answer"]);
    let photo = photo(3, 50, 40);
    let values = evaluate(&without, pixels(&photo));
    let prediction = Predictor::new(bundle, 1).unwrap().predict(&[photo]).unwrap().remove(0);
    assert_eq!(values["answer"].data[0], prediction.predicted() as f64, "it never abstains");
}

#[test]
fn photos_that_are_no_numbers_get_no_answer() {
    let file = file(&small(), TENSOR);
    for bad in [f32::NAN, f32::INFINITY] {
        let values = evaluate(&file, Value::floats(&[1, 3, 33, 33], &[bad; 3 * 33 * 33]));
        assert_eq!(values["answer"].data, [-1.0]);
    }
}

#[test]
fn every_network_of_the_zoo_becomes_a_whole_file() {
    for model in zoo::MODELS {
        // The weights of some are large; that the nodes fit each other is asked here, and of their numbers in `bench/export.py`.
        let large = ["vgg16_bn", "resnet101", "resnet50", "resnet34", "resnext50_32x4d", "regnet_y_3_2gf"];
        let large = large.contains(&model) || ["efficientnet_b3", "efficientnet_v2_s"].contains(&model);
        let alike = ["vit_b_16", "convnext_small", "dinov2_vits14", "dinov2_vitb14", "dinov2_vitb14_reg4"];
        if large || alike.contains(&model) {
            continue;
        }
        let graph = zoo::build(model, 4).unwrap();
        let file = file(&bundle(graph, Preprocessing::imagenet(64), 1), TENSOR);
        let norms = file.nodes.iter().filter(|node| node.kind == "BatchNormalization").count();
        // Those of DenseNet that stand before their convolution.
        assert_eq!(norms > 0, model == "densenet121", "{model}");
    }
}

#[test]
fn a_file_says_what_it_is() {
    let origin = Origin {
        bundle_blake3: "ab".repeat(32),
        licence: Some("BSD-3-Clause".to_owned()),
        figures: Some(Figures {
            accuracy: Estimate { value: 0.9, low: 0.85, high: 0.94 },
            photographs: 120,
            groups: 40,
            judged_by: "5-fold cross-validation".to_owned(),
            folds: Some(5),
        }),
    };
    let mut bundle = small();
    bundle.classes[1] = "leaf's rust".to_owned();
    let file = File::parse(&onnx(&bundle, &origin, IMAGE).unwrap());
    assert_eq!((file.ir, file.opset, file.producer.as_str()), (8, 18, "foliar"));
    assert_eq!(file.metadata["names"], "{0: 'class 0', 1: 'leaf\\'s rust', 2: 'class 2'}");
    assert!(file.metadata["description"].contains("90.0 % right (85.0 to 94.0)"), "{:?}", file.metadata);
    let document: serde_json::Value = serde_json::from_str(&file.metadata["foliar"]).unwrap();
    assert_eq!(document["classes"], serde_json::json!(bundle.classes));
    assert_eq!(document["input"], "image");
    let preprocessing: Preprocessing = serde_json::from_value(document["preprocessing"].clone()).unwrap();
    assert_eq!(preprocessing, bundle.preprocessing);
    assert_eq!(document["figures"]["accuracy"]["low"], 0.85);
    assert_eq!(document["bundle_blake3"], "ab".repeat(32));
    assert_eq!(document["recipe_blake3"].as_str().unwrap().len(), 64);
    let port = |name: &str| file.inputs.iter().chain(&file.outputs).find(|port| port.name == name).unwrap();
    assert_eq!((port("image").element, port("image").shape.join(" ")), (2, "height width 3".to_owned()));
    assert_eq!((port("probabilities").element, port("probabilities").shape.join(" ")), (1, "3".to_owned()));
    assert_eq!((port("set").element, port("answer").element, port("distance").element), (9, 7, 1));
    assert!(port("answer").shape.is_empty() && port("distance").shape.is_empty());
}

#[test]
fn equal_bundles_give_equal_bytes_which_are_these() {
    // Weights that are the same on every processor: no engine has computed them.
    let mut bundle = small();
    bundle.uncertainty = None;
    for (seed, tensor) in bundle.state.tensors.values_mut().enumerate() {
        let mut stream = Random::seeded(seed as u64);
        tensor.data.iter_mut().for_each(|value| *value = stream.between(0.1, 0.9) as f32);
    }
    let digest = |options| {
        let bytes = onnx(&bundle, &Origin::default(), options).unwrap();
        assert_eq!(bytes, onnx(&bundle, &Origin::default(), options).unwrap());
        blake3::hash(&bytes).to_hex()[..16].to_owned()
    };
    // When these change, the file does (its version is in it too): run `bench/export.py` before you write down others.
    let half = OnnxOptions { input: InputForm::Tensor, weights: WeightType::F16 };
    assert_eq!([digest(IMAGE), digest(half)], ["21cfb09e77f87118", "de196b19058bdb15"]);
}

#[test]
fn what_cannot_be_exported_is_named() {
    let refused = |change: &dyn Fn(&mut Bundle), options: OnnxOptions| {
        let mut bundle = small();
        change(&mut bundle);
        onnx(&bundle, &Origin::default(), options).unwrap_err()
    };
    let half = OnnxOptions { weights: WeightType::F16, ..TENSOR };
    let large = |bundle: &mut Bundle| bundle.state.tensors.get_mut("fc.weight").unwrap().data[3] = 1e6;
    assert!(
        onnx(
            &{
                let mut b = small();
                large(&mut b);
                b
            },
            &Origin::default(),
            TENSOR
        )
        .is_ok()
    );
    let error = refused(&large, half);
    assert!(matches!(&error, ExportError::Half { tensor, .. } if tensor == "fc.weight"), "{error}");
    assert!(error.to_string().contains("--weights f32"));
    let error = refused(&|b| b.state.tensors.get_mut("same_norm.weight").unwrap().data[0] = f32::NAN, TENSOR);
    assert!(matches!(&error, ExportError::NotFinite { tensor } if tensor == "same.weight"), "{error}");
    let error = refused(&|b| drop(b.state.tensors.remove("fc.bias")), TENSOR);
    assert!(error.to_string().contains("fc.bias"), "{error}");
    let error = refused(&|b| b.state.tensors.get_mut("fc.bias").unwrap().shape = vec![1], TENSOR);
    assert!(matches!(error, ExportError::State(_)), "{error}");
    let error =
        refused(&|b| b.uncertainty.as_mut().unwrap().ood.as_mut().unwrap().distance.width = 9, TENSOR);
    assert!(matches!(error, ExportError::Features { found: 10, expected: 9 }), "{error}");
    for spoil in [|b: &mut Bundle| b.graph.nodes[1].inputs.clear(), |b: &mut Bundle| b.graph.nodes.clear()] {
        let error = refused(&spoil, TENSOR);
        assert!(matches!(error, ExportError::Graph(_)), "{error}");
    }
}
