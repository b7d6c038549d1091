//! Weight files as PyTorch and safetensors write them; see `fixtures/weights/README.md`.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::figures::{images, relative};
use foliar_nn::weights::{
    FitError, Fitted, Format, InputConvention, Mismatch, Naming, ReplacedClassifier, WeightFile, fit,
    nearest_network, network_of, read,
};
use foliar_nn::{
    CpuEngine, Engine, EngineOptions, Graph, Node, Op, Sliding, StateDict, Statistics, Tensor, zoo,
};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/weights").join(name)).unwrap()
}

/// The numbers of the fixtures at these places of `count`.
fn numbers(count: usize, places: impl IntoIterator<Item = usize>) -> Vec<f32> {
    places.into_iter().map(|i| (i as f32 - (count / 2) as f32) / 8.0).collect()
}

fn tensor(shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    Tensor { shape: shape.to_vec(), data: numbers(count, 0..count) }
}

/// What `state.pth` and its siblings hold.
fn state() -> BTreeMap<String, Tensor> {
    let tensors = [
        ("conv.weight", tensor(&[4, 3, 2, 2])),
        ("conv.channels_last", tensor(&[4, 3, 2, 2])),
        ("bn.half", tensor(&[7])),
        ("bn.brain", tensor(&[7])),
        ("bn.double", tensor(&[7])),
        ("fc.transposed", tensor(&[4, 5])),
        ("fc.shared", tensor(&[5, 4])),
        ("fc.rows", Tensor { shape: vec![2, 4], data: numbers(20, 4..12) }),
        ("fc.column", Tensor { shape: vec![5], data: numbers(20, (1..20).step_by(4)) }),
        ("scalar", Tensor { shape: vec![], data: vec![0.375] }),
        ("empty", Tensor { shape: vec![0, 4], data: vec![] }),
    ];
    tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into()
}

#[test]
fn state_dicts_are_read_whatever_their_form() {
    for (name, format) in [
        ("state.pth", Format::Torch),
        ("protocol4.pth", Format::Torch),
        ("deflated.pth", Format::Torch),
        ("zip64.pth", Format::Torch),
        ("legacy.pth", Format::TorchLegacy),
        ("state.safetensors", Format::Safetensors),
    ] {
        let file = read(&fixture(name)).unwrap();
        assert_eq!(file.format, format, "{name}");
        assert_eq!(file.tensors, state(), "{name}");
        assert_eq!(file.integers, ["bn.mask", "bn.num_batches_tracked"], "{name}");
    }
    let metadata = read(&fixture("state.safetensors")).unwrap().metadata;
    assert_eq!(metadata["made by"], "make.py");
}

/// A checkpoint of a wrapped network, its parameters alone, and the network itself, of which no object is built.
#[test]
fn tensors_are_found_in_checkpoints_and_models() {
    let expected = [
        ("conv.weight", tensor(&[2, 3, 1, 1])),
        ("conv.bias", tensor(&[2])),
        ("bn.weight", tensor(&[2])),
        ("bn.bias", tensor(&[2])),
        ("bn.running_mean", tensor(&[2])),
        ("bn.running_var", tensor(&[2])),
    ];
    for (name, prefix) in
        [("checkpoint.pth", "model."), ("parameters.pth", "state_dict."), ("module.pth", "")]
    {
        let file = read(&fixture(name)).unwrap();
        let expected = expected.clone().map(|(name, tensor)| (format!("{prefix}{name}"), tensor));
        assert_eq!(file.tensors, expected.into(), "{name}");
        assert_eq!(file.integers, [format!("{prefix}bn.num_batches_tracked")], "{name}");
    }
}

#[test]
fn programs_are_refused_by_name() {
    let error = read(&fixture("torchscript.pt")).unwrap_err();
    assert!(error.to_string().contains("TorchScript"), "{error}");
}

#[test]
fn other_formats_are_recognised() {
    for (bytes, part) in [
        (&b"\x89HDF\r\n\x1a\n"[..], "HDF5"),
        (b"<!DOCTYPE html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git-lfs"),
        (b"\x80\x04K\x01.", "pickle"),
        (b"", "empty"),
        (b"leaf", "unknown"),
    ] {
        let text = read(bytes).unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    }
}

/// A file that holds what an engine of `graph` begins with.
fn file_of(graph: &Graph) -> WeightFile {
    let options = EngineOptions {
        image_size: 32,
        batch: 1,
        seed: 5,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let tensors = CpuEngine::new(graph, options).unwrap().state().tensors;
    WeightFile { format: Format::Torch, tensors, integers: vec![], metadata: BTreeMap::new() }
}

#[test]
fn torchvision_names_are_our_own() {
    let graph = zoo::build("resnet18", 4).unwrap();
    let mut file = file_of(&graph);
    let expected = StateDict { tensors: file.tensors.clone(), steps: 0 };
    let extra = Tensor { shape: vec![1], data: vec![3.0] };
    file.tensors.insert("bn1.num_batches_tracked".into(), extra.clone());
    file.tensors.insert("ema.decay".into(), extra);
    let fitted = fit(&graph, file).unwrap();
    assert_eq!(
        fitted,
        Fitted {
            state: expected,
            naming: Naming::Torchvision,
            prefix: String::new(),
            alternatives: vec![],
            replaced_classifier: None,
            unused: vec!["ema.decay".into()],
            input: InputConvention {
                mean: [0.485, 0.456, 0.406],
                std: [0.229, 0.224, 0.225],
                size: Some(224)
            },
            background_class: false,
        }
    );
}

#[test]
fn a_classifier_of_another_width_is_left_out() {
    let graph = zoo::build("resnet18", 4).unwrap();
    let thousand = file_of(&zoo::build("resnet18", 1000).unwrap());
    let mut none = thousand.clone();
    none.tensors.retain(|name, _| !name.starts_with("fc."));
    for (file, classes_in_file) in [(thousand, Some(1000)), (none, None)] {
        let fitted = fit(&graph, file).unwrap();
        let replaced = ReplacedClassifier { node: "fc".into(), classes_in_file, classes: 4 };
        assert_eq!(fitted.replaced_classifier, Some(replaced));
        assert!(fitted.unused.is_empty(), "{:?}", fitted.unused);
        assert!(!fitted.state.tensors.contains_key("fc.weight"));
        assert!(!fitted.state.tensors.contains_key("fc.bias"));
        assert!(fitted.state.tensors.contains_key("layer4.1.bn2.running_var"));
    }
}

/// timm calls the tensors of some networks otherwise; a network that is not here is nearest to one of its kind.
#[test]
fn files_of_timm_are_recognised() {
    for (name, first, renamed) in [
        ("mobilenet_v2", "blocks.6.0.conv_pwl.weight", 262),
        ("efficientnet_b0", "blocks.6.0.se.conv_expand.bias", 311),
    ] {
        let graph = zoo::build(name, 7).unwrap();
        let ours = file_of(&graph);
        let mut timm = ours.clone();
        let places = ["conv_stem", "conv_head", "bn1", "bn2", "blocks", "classifier"];
        timm.tensors = ours.tensors.iter().map(|(name, tensor)| (as_timm(name), tensor.clone())).collect();
        assert!(timm.tensors.keys().all(|name| places.contains(&name.split('.').next().unwrap())));
        assert!(timm.tensors.contains_key(first), "{:?}", timm.tensors.keys());
        assert_eq!(timm.tensors.len(), renamed);
        assert_eq!(network_of(&timm), Some(name));
        let fitted = fit(&graph, timm.clone()).unwrap();
        assert_eq!((fitted.state.tensors, fitted.naming), (ours.tensors, Naming::Timm));
        timm.tensors.retain(|name, _| !name.contains("blocks.6."));
        assert_eq!(network_of(&timm), None);
        let share = nearest_network(&timm).unwrap();
        assert!(
            share.model == name && share.held < share.wanted && 2 * share.held > share.wanted,
            "{share:?}"
        );
    }
}

/// timm's name, by the places of layers: what stands in a unit in which order.
fn as_timm(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let kind = parts.last().unwrap();
    let number = |text: &str| text.parse::<usize>().unwrap();
    let unit = |stage: usize, unit: usize, layer: &str| format!("blocks.{stage}.{unit}.{layer}.{kind}");
    match parts[..] {
        ["classifier", ..] => format!("classifier.{kind}"),
        ["features", "0", layer, _] => format!("{}.{kind}", ["conv_stem", "bn1"][number(layer)]),
        ["features", "8" | "18", layer, _] => format!("{}.{kind}", ["conv_head", "bn2"][number(layer)]),
        ["features", place, "conv", ref layer @ .., _] => {
            let ends = [1, 3, 6, 10, 13, 16, 17];
            let place = number(place) - 1;
            let stage = ends.iter().position(|end| place < *end).unwrap();
            let within = place - if stage == 0 { 0 } else { ends[stage - 1] };
            let first: &[&str] = &["conv_dw", "bn1", "conv_pw", "bn2"];
            let others: &[&str] = &["conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3"];
            let order = match *layer {
                [triple, one] => 2 * number(triple) + number(one),
                // After the triples, in which an activation has no tensors, the last convolution and its norm.
                [last] => number(last) + if stage == 0 { 1 } else { 2 },
                _ => panic!("{name}"),
            };
            unit(stage, within, if stage == 0 { first[order] } else { others[order] })
        }
        ["features", stage, within, "block", place, layer, _] => {
            let stage = number(stage) - 1;
            let first: &[&[&str]] =
                &[&["conv_dw", "bn1"], &["se.conv_reduce", "se.conv_expand"], &["conv_pw", "bn2"]];
            let others: &[&[&str]] = &[
                &["conv_pw", "bn1"],
                &["conv_dw", "bn2"],
                &["se.conv_reduce", "se.conv_expand"],
                &["conv_pwl", "bn3"],
            ];
            let order = ["0", "1"].iter().chain(&["fc1", "fc2"]).position(|name| *name == layer).unwrap() % 2;
            let layers = if stage == 0 { first } else { others };
            unit(stage, number(within), layers[number(place)][order])
        }
        _ => panic!("{name}"),
    }
}

/// A deep residual network's file fills the shallower ones too, and is of none of them.
#[test]
fn files_tell_their_network() {
    for name in ["baseline", "resnet18", "resnet34", "mobilenet_v1_0.25", "mobilenet_v1_0.5", "squeezenet1_0"]
    {
        let mut file = file_of(&zoo::build(name, 7).unwrap());
        assert_eq!(network_of(&file), Some(name));
        file.tensors.insert("ema.decay".into(), tensor(&[1]));
        assert_eq!(network_of(&file), Some(name));
        let first = file.tensors.keys().find(|name| name.contains("conv1")).cloned();
        file.tensors.remove(&first.unwrap_or_else(|| "features.0.weight".into()));
        assert_eq!(network_of(&file), None, "{name}");
    }
}

#[test]
fn every_mismatch_is_named_with_both_shapes() {
    let graph = zoo::build("resnet18", 4).unwrap();
    let mut file = file_of(&graph);
    file.tensors.remove("bn1.weight");
    file.tensors.insert("conv1.weight".into(), tensor(&[64, 3, 3, 3]));
    file.tensors.insert("fc.weight".into(), tensor(&[4, 2048]));
    file.tensors.get_mut("layer1.0.bn1.bias").unwrap().data[7] = f32::NAN;
    let error = fit(&graph, file).unwrap_err();
    let FitError::Mismatch { mismatches, .. } = &error else { panic!("{error:?}") };
    let (name, foreign) = ("bn1.weight".to_owned(), "bn1.weight".to_owned());
    assert_eq!(mismatches[1], Mismatch::Missing { name, foreign, expected: vec![64] });
    assert_eq!(mismatches.len(), 4);
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            "the weights do not fit `resnet18`: 98 of 102 tensors fit (torchvision's names)",
            "  missing: bn1.weight",
            "  `conv1.weight` is [64, 3, 7, 7] in the network; `conv1.weight` is [64, 3, 3, 3] in the file; 1 more are like that",
            "  `layer1.0.bn1.bias` has 1 values in the file (`layer1.0.bn1.bias`) that are not finite",
            "these are weights of a network with other layers, which foliar does not have; see `foliar train --help` for \
             those that it has",
        ]
    );
}

/// A network with the names of torchvision's SqueezeNet, as far as they are of interest here.
fn little_squeezenet(classes: usize) -> Graph {
    let conv = |channels, kernel| Op::Conv { channels, window: Sliding::new(kernel, 1, 0), bias: true };
    let ops = [
        ("input", Op::Input),
        ("features.0", conv(2, 2)),
        ("features.3.squeeze", conv(3, 1)),
        ("features.12.expand3x3", conv(4, 3)),
        ("pool", Op::GlobalAveragePool),
        ("classifier.1", Op::Linear { features: classes }),
    ];
    let nodes = ops.into_iter().enumerate().map(|(id, (name, op))| Node {
        name: name.to_owned(),
        op,
        inputs: id.checked_sub(1).into_iter().collect(),
    });
    Graph { name: "little".into(), nodes: nodes.collect() }
}

#[test]
fn caffe_weights_are_turned_to_red_first() {
    for (squeeze, expand, classifier) in [
        ("fire2/squeeze1x1", "fire9/expand3x3", "conv10"),
        ("fire2/conv1x1_1", "fire9/conv3x3_2", "conv_final"),
    ] {
        let layers: [(&str, &[usize]); 4] = [
            ("conv1", &[2, 3, 2, 2]),
            (squeeze, &[3, 2, 1, 1]),
            (expand, &[4, 3, 3, 3]),
            (classifier, &[5, 4, 1, 1]),
        ];
        let tensors = layers.into_iter().flat_map(|(name, shape)| {
            [(format!("{name}.weight"), tensor(shape)), (format!("{name}.bias"), tensor(&shape[..1]))]
        });
        let file = WeightFile {
            format: Format::Safetensors,
            tensors: tensors.collect(),
            integers: vec![],
            metadata: BTreeMap::new(),
        };
        let fitted = fit(&little_squeezenet(5), file.clone()).unwrap();
        assert_eq!((fitted.naming, fitted.input.size), (Naming::Caffe, Some(227)));
        assert_eq!((fitted.replaced_classifier, fitted.unused.len()), (None, 0));
        let blue_last = [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3];
        let places = (0..2).flat_map(|output| blue_last.map(|place| output * 12 + place));
        assert_eq!(fitted.state.tensors["features.0.weight"].data, numbers(24, places));
        assert_eq!(fitted.state.tensors["classifier.1.weight"], tensor(&[5, 4]));
        let few = fit(&little_squeezenet(2), file).unwrap();
        assert_eq!(few.replaced_classifier.unwrap().classes_in_file, Some(5));
    }
}

/// A file of real weights, if there is one on this machine.
fn real(name: &str) -> WeightFile {
    read(&fs::read(common::shared("weights").join(name)).unwrap()).unwrap()
}

#[test]
#[ignore = "needs FOLIAR_SHARED: a folder that holds weights/"]
fn caffe_weights_of_squeezenet_give_the_logits_of_pytorch() {
    let file = real("squeezenet_v1.0_deepcompressed.safetensors");
    let graph = zoo::build("squeezenet1_0", 1000).unwrap();
    let fitted = fit(&graph, file).unwrap();
    assert_eq!((fitted.naming, fitted.replaced_classifier, fitted.unused.len()), (Naming::Caffe, None, 0));
    let options = EngineOptions {
        image_size: 227,
        batch: 1,
        seed: 0,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let mut engine = CpuEngine::new(&graph, options).unwrap();
    engine.restore(&fitted.state).unwrap();
    let image: Vec<f32> = images(1, 1, 227, 1.0).iter().map(|value| 100.0 * value).collect();
    let logits = engine.predict(&image).unwrap();
    // PyTorch in float64, on torchvision's network with the same weights, its first layer turned to red first.
    let largest = [
        (611, 10.561406),
        (533, 9.194731),
        (489, 9.100046),
        (735, 8.646188),
        (549, 7.938087),
        (824, 7.625772),
    ];
    let norm = logits.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    assert!((norm / 56.407_784_15 - 1.0).abs() < 1e-4, "{norm}");
    let found = largest.map(|(class, _)| logits[class]);
    let error = relative(&found, &largest.map(|(_, value)| value));
    assert!(error <= 1e-4, "{error:e}");
}

#[test]
#[ignore = "needs FOLIAR_SHARED: a folder that holds weights/"]
fn tensorflow_slim_weights_of_mobilenet_fit() {
    let file = real("mobilenet_v1_0.25_128.safetensors");
    let few = fit(&zoo::build("mobilenet_v1_0.25", 5).unwrap(), file.clone()).unwrap();
    assert_eq!(few.replaced_classifier.as_ref().unwrap().classes_in_file, Some(1001));
    let all = fit(&zoo::build("mobilenet_v1_0.25", 1001).unwrap(), file.clone()).unwrap();
    assert_eq!(
        (all.naming, &all.replaced_classifier, all.background_class),
        (Naming::TensorFlowSlim, &None, true)
    );
    assert!(all.unused.is_empty(), "{:?}", all.unused);
    let kernel = &file.tensors["MobilenetV1/Conv2d_0/weights"];
    // (kh, kw, in, out) = (1, 2, 0, 5) of 3 x 3 x 3 x 8.
    let value = kernel.data[((3 + 2) * 3) * 8 + 5];
    assert_eq!(all.state.tensors["conv1.weight"].data[5 * 27 + 3 + 2], value);

    let error = fit(&zoo::build("mobilenet_v1_0.5", 1001).unwrap(), file).unwrap_err().to_string();
    assert!(
        error.contains(
            "`conv1.weight` is [16, 3, 3, 3] in the network; `MobilenetV1/Conv2d_0/weights` is [3, 3, 3, 8]"
        ),
        "{error}"
    );
}
