//! The TFLite file read back and run: it is whole, and it says what foliar says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::bundle::{bundle, photo};
use common::graph::{chain, every_op, every_token_op};
use common::said::check_said;
use common::tflite_file::File;
use common::tflite_ops::evaluate;
use foliar_export::{ExportError, Origin, WeightType, is_exported_tflite, tflite};
use foliar_model::{AbstentionReason, Bundle, Predictor};
use foliar_nn::{Op, Padding, Sliding, zoo};
use foliar_vision::{Preprocessing, Rgb};

const SIZE: u32 = 33;

fn small() -> Bundle {
    bundle(every_op(3), Preprocessing::imagenet(SIZE), 5)
}

fn exported(bundle: &Bundle, weights: WeightType) -> Vec<u8> {
    let bytes = tflite(bundle, &Origin::default(), weights).unwrap();
    assert!(is_exported_tflite(&bytes[..128]));
    File::parse(&bytes).check();
    bytes
}

/// The bytes that the file takes: those that foliar normalises.
fn pixels(bundle: &Bundle, photo: &Rgb) -> Vec<u8> {
    let Preprocessing { mean, std, .. } = &bundle.preprocessing;
    let values = bundle.preprocessing.prepare(photo);
    let byte =
        |(place, value): (usize, f32)| ((value * std[place % 3] + mean[place % 3]) * 255.0).round() as u8;
    values.into_iter().enumerate().map(byte).collect()
}

/// Panics unless the file says of each photo what foliar says. Gives the predictions' reasons not to answer.
fn check(bundle: &Bundle, photos: &[Rgb]) -> Vec<Option<AbstentionReason>> {
    let bytes = exported(bundle, WeightType::F32);
    let file = File::parse(&bytes);
    let predictions = Predictor::new(bundle.clone(), photos.len()).unwrap().predict(photos).unwrap();
    for (index, (photo, prediction)) in photos.iter().zip(&predictions).enumerate() {
        let values = evaluate(&file, &pixels(bundle, photo));
        check_said(&|name| values[name].data.clone(), prediction, &format!("photo {index}"));
    }
    predictions.iter().map(foliar_model::Prediction::abstention).collect()
}

#[test]
fn it_says_of_a_photo_what_foliar_says() {
    let mut bundle = small();
    bundle.uncertainty.as_mut().unwrap().set_risk(0.2).unwrap();
    let mut photos: Vec<Rgb> = (0..12).map(|index| photo(200 + index, 40 + 9 * index as u32, 70)).collect();
    let board = (0..64 * 64).flat_map(|pixel| [(pixel / 512 + pixel / 8) as u8 % 2 * 255; 3]).collect();
    photos.push(Rgb::new(64, 64, board));
    let reasons = check(&bundle, &photos);
    for reason in [None, Some(AbstentionReason::LowConfidence), Some(AbstentionReason::OutOfDistribution)] {
        assert!(reasons.contains(&reason), "{reason:?}");
    }
}

#[test]
fn windows_of_every_kind_see_what_foliars_see() {
    let norm = Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 };
    let borders = [Padding::Same, Padding::Explicit(0), Padding::Explicit(1)];
    for (index, size) in [49, 50, 53].into_iter().enumerate() {
        for padding in borders {
            for (kernel, stride) in [(2, 1), (2, 2), (3, 1), (3, 2), (4, 3)] {
                let window = Sliding { kernel, stride, padding };
                // Convolutions end below zero, where a border of zeros would win; ceil makes windows that reach beyond.
                let graph = chain(vec![
                    Op::Conv { channels: 4, window, bias: true },
                    Op::MaxPool { window: Sliding::new(3, 2, 1), ceil: index == 0 },
                    Op::Depthwise { window: Sliding { stride: 1, ..window } },
                    norm,
                    Op::Relu,
                    Op::MaxPool { window: Sliding { kernel: 2, stride: 1, padding }, ceil: index == 1 },
                    Op::AveragePool { window: Sliding { kernel: 2, stride: 1, padding } },
                    Op::AdaptiveAveragePool { size: 2 },
                    Op::Linear { features: 3 },
                ]);
                let bundle = bundle(graph, Preprocessing::minus_one_to_one(size), 1);
                check(&bundle, &[photo(7, 40, 30)]);
            }
        }
    }
}

#[test]
fn groups_of_channels_and_hard_activations_say_what_foliars_say() {
    let graph = chain(vec![
        Op::Conv { channels: 6, window: Sliding::new(3, 2, 1), bias: true },
        Op::HardSwish,
        Op::GroupedConv { channels: 12, groups: 3, window: Sliding::new(3, 2, 1) },
        Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 },
        Op::StochasticDepth { rate: 0.5 },
        Op::HardSigmoid,
        Op::AdaptiveAveragePool { size: 4 },
        Op::Hellinger,
        Op::Linear { features: 3 },
    ]);
    let bundle = bundle(graph, Preprocessing::minus_one_to_one(33), 1);
    check(&bundle, &[photo(7, 40, 30)]);
}

#[test]
fn half_the_size_says_nearly_the_same() {
    let bundle = small();
    let photo = photo(300, 60, 50);
    let [exact, half] = [WeightType::F32, WeightType::F16].map(|weights| exported(&bundle, weights));
    let [exact, half] = [exact, half].map(|bytes| {
        let file = File::parse(&bytes);
        // Vectors stay whole.
        let halves = file.tensors.iter().filter(|tensor| tensor.element == 1);
        assert!(halves.clone().all(|tensor| tensor.shape.len() > 1 && tensor.name.ends_with(".weight")));
        (halves.count(), evaluate(&file, &pixels(&bundle, &photo))["probabilities"].clone())
    });
    assert_eq!((exact.0, half.0), (0, 6));
    let largest = exact.1.data.iter().zip(&half.1.data).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(largest > 0.0 && largest < 0.02, "{largest}");
}

#[test]
fn what_a_classifier_does_not_know_is_no_output() {
    let names = |bundle: &Bundle| {
        let bytes = exported(bundle, WeightType::F32);
        let file = File::parse(&bytes);
        file.outputs.iter().map(|&output| file.tensors[output].name.clone()).collect::<Vec<_>>()
    };
    let mut bundle = small();
    assert_eq!(names(&bundle), ["probabilities", "set", "distance", "answer"]);
    bundle.uncertainty.as_mut().unwrap().ood = None;
    assert_eq!(names(&bundle), ["probabilities", "set", "answer"]);
    bundle.uncertainty = None;
    assert_eq!(names(&bundle), ["probabilities", "answer"]);
    let photo = photo(3, 50, 40);
    let bytes = exported(&bundle, WeightType::F32);
    let values = evaluate(&File::parse(&bytes), &pixels(&bundle, &photo));
    let prediction = Predictor::new(bundle, 1).unwrap().predict(&[photo]).unwrap().remove(0);
    assert_eq!(values["answer"].data, [prediction.predicted() as f64], "it never abstains");
}

#[test]
fn every_network_of_the_zoo_becomes_a_whole_file() {
    for model in zoo::MODELS {
        // The weights of some are large; of their numbers `bench/export.py` asks.
        let large = ["vgg16_bn", "resnet101", "resnet50", "resnet34", "resnext50_32x4d", "regnet_y_3_2gf"];
        if large.contains(&model) || ["efficientnet_b3", "efficientnet_v2_s"].contains(&model) {
            continue;
        }
        if ["convnext", "vit", "dinov2"].iter().any(|family| model.starts_with(family)) {
            continue;
        }
        let bundle = bundle(zoo::build(model, 4).unwrap(), Preprocessing::imagenet(64), 1);
        let bytes = exported(&bundle, WeightType::F32);
        let file = File::parse(&bytes);
        // No border is below zero, and activations are part of their layers.
        for operator in &file.operators {
            let name = &file.tensors[operator.output].name;
            assert!(
                ![60, 19, 21].contains(&operator.code) || name.starts_with("distance/"),
                "{model}: {name}"
            );
        }
        let halves = exported(&bundle, WeightType::F16);
        assert!(halves.len() * 20 < bytes.len() * 11, "{model}");
    }
}

#[test]
fn a_file_says_what_it_is() {
    let mut bundle = small();
    bundle.classes[1] = "leaf\nrust \u{e9}".to_owned();
    let origin =
        Origin { bundle_blake3: "ab".repeat(32), licence: Some("BSD-3-Clause".to_owned()), figures: None };
    let bytes = tflite(&bundle, &origin, WeightType::F16).unwrap();
    assert_eq!(bytes, tflite(&bundle, &origin, WeightType::F16).unwrap());
    let file = File::parse(&bytes);
    assert_eq!(file.archive["labels.txt"], "class 0\nleaf rust \u{e9}\nclass 2\n".as_bytes());
    let document: serde_json::Value = serde_json::from_slice(file.archive["foliar.json"]).unwrap();
    assert_eq!(document["classes"], serde_json::json!(bundle.classes));
    assert_eq!((&document["input"], &document["weights"]), (&"pixels".into(), &"f16".into()));
    assert_eq!(document["bundle_blake3"], "ab".repeat(32));
    let preprocessing: Preprocessing = serde_json::from_value(document["preprocessing"].clone()).unwrap();
    assert_eq!(preprocessing, bundle.preprocessing);

    let metadata = file.metadata;
    assert_eq!((metadata.text(0), metadata.text(5)), ("every_op".to_owned(), "BSD-3-Clause".to_owned()));
    assert_eq!(metadata.tables(6)[0].text(0), "foliar.json");
    let graph = &metadata.tables(3)[0];
    let input = &graph.tables(2)[0];
    assert_eq!(input.text(0), "image");
    let (content, unit) = (input.table(3), &input.tables(4)[0]);
    let size = content.table(1).table(1);
    assert_eq!((content.byte(0), size.int(0), size.int(1)), (2, 33, 33));
    assert_eq!((unit.byte(0), unit.table(1).floats(0), unit.table(1).floats(1)), (1, vec![0.0], vec![1.0]));
    let outputs = graph.tables(3);
    let labels: Vec<Option<u8>> =
        outputs.iter().map(|output| output.tables(6).first().map(|file| file.byte(2))).collect();
    assert_eq!(labels, [Some(2), Some(2), None, Some(3)]);
    let names: Vec<String> = outputs.iter().map(|output| output.text(0)).collect();
    assert_eq!(
        names,
        file.outputs.iter().map(|&output| file.tensors[output].name.clone()).collect::<Vec<_>>()
    );
    let elements: Vec<u8> = file.outputs.iter().map(|&output| file.tensors[output].element).collect();
    assert_eq!(elements, [0, 6, 0, 4]);
    assert_eq!(file.tensors[file.inputs[0]].element, 3);
    assert_eq!(file.tensors[file.inputs[0]].shape, [1, 33, 33, 3]);
}

#[test]
fn transformers_are_refused_by_the_name_of_their_layer() {
    let bundle = bundle(every_token_op(4), Preprocessing::imagenet(64), 1);
    let error = tflite(&bundle, &Origin::default(), WeightType::F32).unwrap_err();
    assert!(matches!(&error, ExportError::Unsupported { node, .. } if node == "norm0"), "{error}");
    assert!(error.to_string().contains("--format onnx"), "{error}");
}

#[test]
fn what_cannot_be_exported_is_named() {
    let refused = |change: &dyn Fn(&mut Bundle), weights: WeightType| {
        let mut bundle = small();
        change(&mut bundle);
        tflite(&bundle, &Origin::default(), weights).unwrap_err()
    };
    let large = |bundle: &mut Bundle| bundle.state.tensors.get_mut("fc.weight").unwrap().data[3] = 1e6;
    let error = refused(&large, WeightType::F16);
    assert!(matches!(&error, ExportError::Half { tensor, .. } if tensor == "fc.weight"), "{error}");
    let no_number = |b: &mut Bundle| b.state.tensors.get_mut("own_norm.bias").unwrap().data[0] = f32::NAN;
    let error = refused(&no_number, WeightType::F32);
    assert!(matches!(&error, ExportError::NotFinite { tensor } if tensor == "own_norm.shift"), "{error}");
    let error = refused(&|b| drop(b.state.tensors.remove("fc.bias")), WeightType::F32);
    assert!(error.to_string().contains("fc.bias"), "{error}");
    let width = |b: &mut Bundle| b.uncertainty.as_mut().unwrap().ood.as_mut().unwrap().distance.width = 9;
    let error = refused(&width, WeightType::F32);
    assert!(matches!(error, ExportError::Features { found: 10, expected: 9 }), "{error}");
}
