//! Holds ConvNeXt and the vision transformers against what PyTorch computes for torchvision's and timm's own.
//!
//! The figures stand in `fixtures/transformers.json`, which `bench/transformer_reference.py` writes. Weights, images and labels
//! are a pure function of (seed, name, index). The networks have fewer blocks than those of the zoo, and no other difference.
//! Errors are relative L2 against PyTorch in float64, and may be three times those of PyTorch's own float32, or 1e-5.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use foliar_nn::isa::Isa;
use foliar_nn::weights::{self, Format, Naming, Resampled, WeightFile, fit_positions};
use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Graph, Node, Op, Optimizer, Parameters, PredictionEngine,
    Sliding, StateDict, Statistics, StepConfig, Targets, Tensor, infer, isa, zoo,
};
use serde::Deserialize;

use common::figures::{self, relative, relative_by_name};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
    grids: Vec<Grid>,
}

#[derive(Deserialize)]
struct Case {
    arch: String,
    classes: usize,
    batch: usize,
    size: usize,
    seed: u64,
    learning_rate: f64,
    reference: Figures,
    float32_error: BTreeMap<String, f64>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Figures {
    eval_logits_before: Vec<f64>,
    loss: Vec<f64>,
    gradient_norm: BTreeMap<String, f64>,
    /// Products of the gradients with drawn numbers.
    gradient_along: BTreeMap<String, f64>,
    eval_logits_after: Vec<f64>,
}

#[derive(Deserialize)]
struct Grid {
    from: usize,
    to: usize,
    channels: usize,
    values: Vec<f64>,
}

fn fixture() -> Fixture {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/transformers.json");
    serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap()
}

/// Whether a node belongs to a block that the reference does not have: the third and later ones of a vision transformer, the
/// second and later ones of a stage of ConvNeXt.
fn is_dropped(name: &str) -> bool {
    let words: Vec<&str> = name.split('.').collect();
    let number = |word: &str| word.parse::<usize>().ok();
    match words[..] {
        ["features", stage, block, _, ..] if number(stage).is_some_and(|stage| stage % 2 == 1) => {
            number(block).is_some_and(|block| block > 0)
        }
        ["blocks", block, ..] => number(block).is_some_and(|block| block > 1),
        ["encoder", "layers", layer, ..] => {
            layer.strip_prefix("encoder_layer_").and_then(number).is_some_and(|block| block > 1)
        }
        _ => false,
    }
}

/// The graph without these blocks and without stochastic depth; what follows takes the value before them.
fn shortened(graph: Graph) -> Graph {
    let (mut nodes, mut places): (Vec<Node>, Vec<usize>) = (Vec::new(), Vec::new());
    for node in graph.nodes {
        if !is_dropped(&node.name) {
            let inputs = node.inputs.iter().map(|&input| places[input]).collect();
            nodes.push(Node { inputs, ..node });
        }
        places.push(nodes.len() - 1);
    }
    for node in &mut nodes {
        if let Op::StochasticDepth { rate } = &mut node.op {
            *rate = 0.0;
        }
    }
    let graph = Graph { name: graph.name, nodes };
    graph.validate().unwrap();
    graph
}

/// The weights of the reference, from the names and shapes of `state`.
fn fill(state: &mut StateDict, seed: u64) {
    for (name, tensor) in &mut state.tensors {
        let is = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        let (factor, offset) = match tensor.shape[..] {
            _ if is(&["class_token", "cls_token", "register_tokens", "pos_embed", "pos_embedding"]) => {
                (0.5, 0.0)
            }
            _ if is(&["layer_scale", "gamma"]) => (0.2, 0.4),
            [_, inputs, h, w] => (3f64.sqrt() * (2.0 / (inputs * h * w) as f64).sqrt(), 0.0),
            [_, inputs] => ((3.0 / inputs as f64).sqrt(), 0.0),
            _ if is(&["weight"]) => (0.2, 1.0),
            _ => (0.1, 0.0),
        };
        let numbers = figures::uniform(seed, name, tensor.data.len());
        tensor.data = numbers.map(|u| (offset + factor * u) as f32).collect();
    }
}

fn run(case: &Case) -> Figures {
    let graph = shortened(zoo::build(&case.arch, case.classes).unwrap());
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
    fill(&mut state, case.seed);
    engine.restore(&state).unwrap();
    let images = figures::images(case.seed, case.batch, case.size, 2.0);
    let labels = figures::labels(case.seed, case.batch, case.classes);
    let doubles = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
    let eval_logits_before = doubles(engine.predict(&images).unwrap());
    // Layer scale and residuals are folded into weights here.
    let mut predicting = PredictionEngine::new(&graph, &state, case.size, case.batch).unwrap();
    let folded = doubles(predicting.predict(&images).unwrap());
    assert!(relative(&folded, &eval_logits_before) < 1e-5, "{}", case.arch);
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
    let gradients = engine.gradients().tensors;
    let norm = |tensor: &Tensor| tensor.data.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    let along = |name: &str, tensor: &Tensor| {
        let key = format!("along {name}");
        let numbers = figures::uniform(case.seed, &key, tensor.data.len());
        tensor.data.iter().zip(numbers).map(|(&g, u)| f64::from(g) * u).sum::<f64>()
    };
    Figures {
        eval_logits_before,
        loss: vec![stats.objective],
        gradient_norm: gradients.iter().map(|(name, tensor)| (name.clone(), norm(tensor))).collect(),
        gradient_along: gradients.iter().map(|(name, tensor)| (name.clone(), along(name, tensor))).collect(),
        eval_logits_after: doubles(engine.predict(&images).unwrap()),
    }
}

#[test]
fn agrees_with_torchvision_and_timm() {
    let mut failures = Vec::new();
    for case in &fixture().cases {
        for wanted in [Isa::Avx512, Isa::Avx2, Isa::Portable] {
            if isa::select(wanted) != wanted {
                continue;
            }
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| run(case))
            };
            let ours = on(1);
            for threads in [2, 3] {
                assert_eq!(on(threads), ours, "{} with {threads} threads, {wanted:?}", case.arch);
            }
            let theirs = &case.reference;
            let errors = [
                ("eval_logits_before", relative(&ours.eval_logits_before, &theirs.eval_logits_before)),
                ("loss", relative(&ours.loss, &theirs.loss)),
                ("gradient_norm", relative_by_name(&ours.gradient_norm, &theirs.gradient_norm)),
                ("gradient_along", relative_by_name(&ours.gradient_along, &theirs.gradient_along)),
                ("eval_logits_after", relative(&ours.eval_logits_after, &theirs.eval_logits_after)),
            ];
            let network = format!("{} {wanted:?}", case.arch);
            failures.extend(figures::failures(&network, &errors, &case.float32_error));
        }
    }
    isa::select(isa::detected());
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Photographs of one pixel a patch, with positions.
fn grid(channels: usize) -> Graph {
    let node = |name: &str, op, inputs: &[usize]| Node { name: name.into(), op, inputs: inputs.to_vec() };
    let patches = Op::Conv { channels, window: Sliding::new(1, 1, 0), bias: true };
    let nodes = vec![
        node("input", Op::Input, &[]),
        node("patches", patches, &[0]),
        node("class", Op::Token { count: 1, after: 0 }, &[1]),
        node("positions", Op::PositionEmbedding { extra: 1 }, &[2]),
        node("token", Op::PickToken { place: 0 }, &[3]),
        node("fc", Op::Linear { features: 2 }, &[4]),
    ];
    Graph { name: "grid".into(), nodes }
}

#[test]
fn positions_are_resampled_as_pytorch_does() {
    for Grid { from, to, channels, values } in fixture().grids {
        let name = "positions".to_owned();
        let mut data = vec![7.0; channels];
        data.extend(
            figures::uniform(1, &format!("grid {from} {to}"), from * from * channels).map(|u| u as f32),
        );
        let mut state = StateDict::default();
        state.tensors.insert(name.clone(), Tensor { shape: vec![1, 1 + from * from, channels], data });
        let graph = grid(channels);
        assert_eq!(fit_positions(&graph, &mut state, from), Ok(vec![]));
        let said = fit_positions(&graph, &mut state, to).unwrap();
        assert_eq!(said, [Resampled { name: name.clone(), from, to }]);
        let tensor = &state.tensors[&name];
        assert_eq!(tensor.shape, [1, 1 + to * to, channels]);
        assert_eq!(tensor.data[..channels], vec![7.0; channels]);
        assert!(relative(&tensor.data[channels..], &values) < 1e-6, "{from} to {to}");
    }
}

/// A file with the tensors of `model`, by names and shapes that `rename` gives.
fn file(model: &str, rename: impl Fn(&str, Vec<usize>) -> (String, Vec<usize>)) -> WeightFile {
    let graph = zoo::build(model, 5).unwrap();
    let list = Parameters::new(&graph, &infer(&graph, 1, 224, 224).unwrap()).unwrap().list;
    let tensors = list.into_iter().map(|parameter| {
        let (name, shape) = rename(&parameter.name, parameter.shape);
        let data = vec![0.5; shape.iter().product()];
        (name, Tensor { shape, data })
    });
    WeightFile {
        format: Format::Torch,
        tensors: tensors.collect(),
        integers: Vec::new(),
        metadata: BTreeMap::new(),
    }
}

#[test]
fn files_of_timm_fit_with_their_own_number_of_patches() {
    let graph = zoo::build("dinov2_vits14_reg4", 3).unwrap();
    let theirs = file("dinov2_vits14_reg4", |name, shape| match name {
        "register_tokens" => ("reg_token".into(), shape),
        // Without a place for the class token, at 518 pixels.
        "pos_embed" => ("pos_embed".into(), vec![1, 37 * 37, 384]),
        _ => (name.to_owned(), shape),
    });
    assert_eq!(weights::network_of(&theirs), Some("dinov2_vits14_reg4"));
    let mut fitted = weights::fit(&graph, theirs).unwrap();
    assert_eq!(fitted.naming, Naming::Timm);
    assert_eq!(fitted.replaced_classifier.unwrap().classes_in_file, Some(5));
    let positions = &fitted.state.tensors["pos_embed"];
    assert_eq!(positions.shape, [1, 1 + 37 * 37, 384]);
    assert!(positions.data[..384].iter().all(|&value| value == 0.0) && positions.data[384] == 0.5);
    let said = fit_positions(&graph, &mut fitted.state, 224).unwrap();
    assert_eq!((said[0].from, said[0].to), (37, 16));
    assert_eq!(fitted.state.tensors["pos_embed"].shape, [1, 257, 384]);
}

#[test]
fn files_of_timms_convnext_fit() {
    let theirs = file("convnext_tiny", |name, shape| {
        let words: Vec<&str> = name.split('.').collect();
        let half = |stage: &str| stage.parse::<usize>().unwrap() / 2;
        let name = match words[..] {
            ["features", "0", place, kind] => format!("stem.{place}.{kind}"),
            ["features", stage, place, kind @ ("weight" | "bias")] => {
                format!("stages.{}.downsample.{place}.{kind}", half(stage))
            }
            ["features", stage, number, "layer_scale"] => {
                return (format!("stages.{}.blocks.{number}.gamma", half(stage)), shape[..1].to_vec());
            }
            ["features", stage, number, _, place, kind] => {
                let layer = match place {
                    "0" => "conv_dw",
                    "2" => "norm",
                    "3" => "mlp.fc1",
                    _ => "mlp.fc2",
                };
                format!("stages.{}.blocks.{number}.{layer}.{kind}", half(stage))
            }
            ["classifier", "0", kind] => format!("head.norm.{kind}"),
            ["classifier", _, kind] => format!("head.fc.{kind}"),
            _ => panic!("{name}"),
        };
        (name, shape)
    });
    let fitted = weights::fit(&zoo::build("convnext_tiny", 5).unwrap(), theirs).unwrap();
    assert_eq!((fitted.naming, fitted.unused.len()), (Naming::Timm, 0));
    assert_eq!(fitted.state.tensors["features.1.0.layer_scale"].shape, [96, 1, 1]);
}
