//! What the engine promises whatever the network.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineError, EngineOptions, Graph, GraphError, Mixture, Node, Op, Optimizer,
    StateDict, StateError, Statistics, StepConfig, Targets, Tensor, zoo,
};

const SGD: Optimizer = Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };
const ADAM: Optimizer = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 };
const PLAN: StepConfig<'static> = StepConfig {
    learning_rate: 0.01,
    label_smoothing: 0.0,
    class_weights: None,
    rate_factors: None,
    targets: Targets::OneOf,
    focus: 0.0,
    mixture: None,
};

/// Networks with dropout, joins or squeeze-and-excitation; `vgg16_bn` is large and stands apart.
const ADDED: [&str; 6] = [
    "mobilenet_v2",
    "squeezenet1_0",
    "densenet121",
    "efficientnet_b0",
    "mobilenet_v3_small",
    "regnet_y_400mf",
];

fn engine(model: &str, batch: usize, optimizer: Option<Optimizer>) -> CpuEngine {
    let graph = zoo::build(model, 3).unwrap();
    CpuEngine::new(
        &graph,
        EngineOptions {
            image_size: 40,
            batch,
            seed: 1,
            optimizer,
            average: None,
            statistics: Statistics::Batch,
        },
    )
    .unwrap()
}

fn images(count: usize) -> Vec<f32> {
    // Photographs that differ in brightness, so that there is something to learn.
    let noise = |i: usize| ((i * 7919) % 1013) as f32 / 506.5 - 1.0;
    let shift = |i: usize| ((i / (40 * 40 * 3)) % 4) as f32 - 1.5;
    (0..count * 40 * 40 * 3).map(|i| noise(i) + shift(i)).collect()
}

fn steps(engine: &mut CpuEngine, count: usize) -> Vec<u64> {
    steps_of(engine, count, &PLAN)
}

fn steps_of(engine: &mut CpuEngine, count: usize, plan: &StepConfig<'_>) -> Vec<u64> {
    let images = images(4);
    let batch = Batch { images: &images, labels: &[0, 1, 2, 1] };
    (0..count).map(|_| engine.train_step(batch, plan).unwrap().objective.to_bits()).collect()
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let few = ["baseline", "resnet18", "resnet50", "mobilenet_v1_0.25", "vgg16_bn"];
    for model in few.into_iter().chain(ADDED) {
        let (pools, count) = if model == "vgg16_bn" { (&[1, 3][..], 1) } else { (&[1, 2, 3, 8][..], 3) };
        let results: Vec<(Vec<u64>, StateDict, Vec<f32>)> = pools
            .iter()
            .map(|&threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let mut engine = engine(model, 4, Some(SGD));
                    let losses = steps(&mut engine, count);
                    (losses, engine.state(), engine.predict(&images(4)).unwrap())
                })
            })
            .collect();
        assert!(results.iter().all(|result| *result == results[0]), "{model}");
    }
}

#[test]
fn low_memory_changes_no_bit() {
    let usual_ones = ["resnet18", "resnet50", "mobilenet_v1_0.25"].into_iter().chain(ADDED);
    let cases = usual_ones.map(|model| (model, Statistics::Batch));
    for (model, statistics) in cases.chain([("mobilenet_v1_0.25", Statistics::Running)]) {
        let graph = zoo::build(model, 3).unwrap();
        let options = EngineOptions {
            image_size: 40,
            batch: 4,
            seed: 1,
            optimizer: Some(SGD),
            average: None,
            statistics,
        };
        let mut usual = CpuEngine::new(&graph, options).unwrap();
        let mut small = CpuEngine::with_low_memory(&graph, options).unwrap();
        assert_eq!(steps(&mut small, 2), steps(&mut usual, 2), "{model}");
        assert_eq!(small.state(), usual.state(), "{model}");
        let summary = foliar_nn::summary::summarise(&graph, 8, 64, SGD).unwrap();
        let [usual, small] = [summary.training, summary.low_memory].map(|memory| memory.activations);
        assert!(small < usual, "{model}: {small} of {usual} bytes");
    }
}

#[test]
fn training_lowers_the_loss() {
    for (model, optimizer) in [
        ("baseline", SGD),
        ("mobilenet_v1_0.25", SGD),
        ("resnet18", ADAM),
        ("mobilenet_v2", SGD),
        ("squeezenet1_0", SGD),
        ("densenet121", SGD),
        ("efficientnet_b0", SGD),
        ("mobilenet_v3_small", SGD),
        ("regnet_y_400mf", SGD),
    ] {
        let mut engine = engine(model, 4, Some(optimizer));
        // Without batch norm a network falls off at a high rate, and rounding decides at which step.
        let (rate, count) = if model == "squeezenet1_0" { (0.003, 100) } else { (PLAN.learning_rate, 40) };
        let plan = StepConfig { learning_rate: rate, ..PLAN };
        let losses: Vec<f64> = steps_of(&mut engine, count, &plan).into_iter().map(f64::from_bits).collect();
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(lowest < 0.5 * losses[0], "{model}: {losses:?}");
    }
}

#[test]
fn a_restored_engine_goes_on_bit_for_bit() {
    for (model, optimizer) in
        [("baseline", SGD), ("baseline", ADAM), ("mobilenet_v2", SGD), ("squeezenet1_0", ADAM)]
    {
        let mut whole = engine(model, 4, Some(optimizer));
        steps(&mut whole, 2);
        let middle = whole.state();
        let expected = (steps(&mut whole, 3), whole.state());
        let mut resumed = engine(model, 4, Some(optimizer));
        steps(&mut resumed, 5);
        resumed.restore(&middle).unwrap();
        assert_eq!((steps(&mut resumed, 3), resumed.state()), expected);
    }
}

#[test]
fn a_smaller_batch_gives_what_an_engine_of_its_size_gives() {
    for model in ["mobilenet_v1_0.25"].into_iter().chain(ADDED) {
        let mut small = engine(model, 4, Some(SGD));
        let mut large = engine(model, 9, Some(SGD));
        assert_eq!(steps(&mut small, 2), steps(&mut large, 2), "{model}");
        assert_eq!(small.state(), large.state(), "{model}");
        assert_eq!(small.predict(&images(2)).unwrap(), large.predict(&images(2)).unwrap(), "{model}");
    }
}

#[test]
fn every_batch_up_to_the_planned_one_can_be_trained_on() {
    for model in ["baseline", "resnet50", "mobilenet_v1_0.25"] {
        for size in [32, 70] {
            let graph = zoo::build(model, 3).unwrap();
            let options = EngineOptions {
                image_size: size,
                batch: 17,
                seed: 1,
                optimizer: Some(SGD),
                average: None,
                statistics: Statistics::Batch,
            };
            let mut engine = CpuEngine::new(&graph, options).unwrap();
            for count in 1..=17 {
                let images = vec![0.5; count * size * size * 3];
                let labels = vec![1; count];
                let stats = engine.train_step(Batch { images: &images, labels: &labels }, &PLAN).unwrap();
                assert_eq!(stats.photographs, count);
            }
        }
    }
}

#[test]
fn dropout_draws_anew_at_each_step_and_not_when_predicting() {
    let still = StepConfig { learning_rate: 0.0, ..PLAN };
    let images = images(4);
    let batch = Batch { images: &images, labels: &[0, 1, 2, 1] };
    let mut engine = engine("squeezenet1_0", 4, Some(SGD));
    let start = engine.state();
    let objective = |engine: &mut CpuEngine| engine.train_step(batch, &still).unwrap().objective;
    let first = objective(&mut engine);
    let second = objective(&mut engine);
    assert_ne!(first, second);
    engine.restore(&start).unwrap();
    assert_eq!(objective(&mut engine), first);
    let other = EngineOptions {
        image_size: 40,
        batch: 4,
        seed: 2,
        optimizer: Some(SGD),
        average: None,
        statistics: Statistics::Batch,
    };
    let mut other = CpuEngine::new(&zoo::build("squeezenet1_0", 3).unwrap(), other).unwrap();
    other.restore(&start).unwrap();
    assert_ne!(objective(&mut other), first, "another seed");
    assert_eq!(engine.predict(&images).unwrap(), other.predict(&images).unwrap());
}

#[test]
fn the_classifier_is_found() {
    for (model, name) in [
        ("resnet18", "fc"),
        ("mobilenet_v1_0.25", "conv_preds"),
        ("mobilenet_v2", "classifier.1"),
        ("squeezenet1_0", "classifier.1"),
        ("vgg16_bn", "classifier.6"),
        ("densenet121", "classifier"),
        ("efficientnet_b0", "classifier.1"),
        ("mobilenet_v3_large", "classifier.3"),
        ("regnet_y_800mf", "fc"),
    ] {
        let graph = zoo::build(model, 7).unwrap();
        assert_eq!((graph.nodes[graph.classifier()].name.as_str(), graph.classes()), (name, 7), "{model}");
    }
    let mut graph = zoo::build("squeezenet1_0", 7).unwrap();
    graph.nodes.pop();
    assert!(graph.validate().is_err());
    assert_eq!((graph.classifier(), graph.classes()), (0, 0));
}

#[test]
fn a_graph_with_a_rate_of_dropout_that_is_none_is_refused() {
    for wrong in [1.0, -0.1, f32::NAN] {
        let mut graph = zoo::build("mobilenet_v2", 7).unwrap();
        for node in &mut graph.nodes {
            if let Op::Dropout { rate } = &mut node.op {
                *rate = wrong;
            }
        }
        let error = graph.validate().unwrap_err().to_string();
        assert!(error.contains("classifier.0") && error.contains("dropout"), "{error}");
    }
}

#[test]
fn graphs_survive_json_and_old_ones_are_read() {
    for model in zoo::MODELS {
        let graph = zoo::build(model, 5).unwrap();
        let json = serde_json::to_string(&graph).unwrap();
        assert_eq!(serde_json::from_str::<Graph>(&json).unwrap(), graph, "{model}");
        let old = json.replace(",\"ceil\":false", "");
        assert_eq!(serde_json::from_str::<Graph>(&old).unwrap(), graph, "{model}");
    }
}

#[test]
fn prediction_changes_nothing() {
    let mut engine = engine("resnet18", 4, Some(SGD));
    steps(&mut engine, 1);
    let before = engine.state();
    let first = engine.predict(&images(3)).unwrap();
    assert_eq!(first, engine.predict(&images(3)).unwrap());
    assert_eq!(before, engine.state());
    let one = engine.predict(&images(1)).unwrap();
    assert!(one.iter().zip(&first).all(|(a, b)| (a - b).abs() < 1e-4), "{one:?} {first:?}");
}

#[test]
fn a_step_that_is_not_finite_leaves_the_weights() {
    let mut engine = engine("baseline", 4, Some(SGD));
    let before = engine.state();
    let mut images = images(4);
    images[17] = f32::NAN;
    let stats = engine.train_step(Batch { images: &images, labels: &[0, 1, 2, 1] }, &PLAN).unwrap();
    assert!(!stats.taken && !stats.objective.is_finite());
    let after = engine.state();
    for (name, tensor) in before.tensors.iter().filter(|(name, _)| !name.contains("running")) {
        assert_eq!(tensor, &after.tensors[name], "{name}");
    }
    assert_eq!(after.steps, 0);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let mut engine = engine("baseline", 4, Some(SGD));
    let good = images(4);
    let mut step = |images: &[f32], labels: &[u32]| engine.train_step(Batch { images, labels }, &PLAN);
    assert_eq!(step(&images(5), &[0; 5]), Err(EngineError::BatchSize { got: 5, planned: 4 }));
    assert_eq!(step(&[], &[]), Err(EngineError::BatchSize { got: 0, planned: 4 }));
    assert_eq!(step(&good, &[0, 1, 3, 0]), Err(EngineError::Label { index: 2, label: 3, classes: 3 }));
    let length = EngineError::ImageLength { got: good.len() - 1, expected: good.len() };
    assert_eq!(step(&good[1..], &[0; 4]), Err(length));
    let mut mixed = |labels: &[u32]| {
        let plan = StepConfig { mixture: Some(Mixture { labels, share: 0.3 }), ..PLAN };
        engine.train_step(Batch { images: &good, labels: &[0, 1, 2, 0] }, &plan)
    };
    assert_eq!(mixed(&[0, 1, 3, 0]), Err(EngineError::Label { index: 2, label: 3, classes: 3 }));
    assert_eq!(mixed(&[0, 1]), Err(EngineError::Mixture { got: 2, photographs: 4 }));
    assert!(mixed(&[2, 1, 0, 0]).unwrap().taken);

    let mut state = engine.state();
    let weight = state.tensors.remove("fc.weight").unwrap();
    let missing = StateError::Missing { name: "fc.weight".into(), shape: vec![3, 256] };
    assert_eq!(engine.restore(&state), Err(missing));
    state.tensors.insert("fc.weight".into(), Tensor { shape: vec![256, 3], data: weight.data.clone() });
    let shape = StateError::Shape { name: "fc.weight".into(), got: vec![256, 3], expected: vec![3, 256] };
    assert_eq!(engine.restore(&state), Err(shape));
    state.tensors.insert("fc.weight".into(), weight);
    state.tensors.insert("fc2.weight".into(), Tensor { shape: vec![1], data: vec![0.0] });
    assert_eq!(engine.restore(&state), Err(StateError::Unexpected { name: "fc2.weight".into() }));

    let mut predictor = self::engine("baseline", 4, None);
    let refused = predictor.train_step(Batch { images: &good, labels: &[0; 4] }, &PLAN);
    assert_eq!(refused, Err(EngineError::NotTrainable));
}

#[test]
fn each_network_takes_every_size_from_32_up() {
    for model in zoo::MODELS {
        for size in [32, 45, 224] {
            let graph = zoo::build(model, 2).unwrap();
            assert_eq!(
                foliar_nn::infer(&graph, 1, size, size).unwrap().last().unwrap().c(),
                2,
                "{model} {size}"
            );
        }
    }
    let published = [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("mobilenet_v1_0.75", 2_585_560),
        ("mobilenet_v1_1.0", 4_231_976),
        ("mobilenet_v2", 3_504_872),
        ("squeezenet1_0", 1_248_424),
        ("vgg16_bn", 138_365_992),
        ("densenet121", 7_978_856),
        ("efficientnet_b0", 5_288_548),
        ("efficientnet_b1", 7_794_184),
        ("efficientnet_b2", 9_109_994),
        ("efficientnet_b3", 12_233_232),
        ("efficientnet_v2_s", 21_458_488),
        ("mobilenet_v3_small", 2_542_856),
        ("mobilenet_v3_large", 5_483_032),
        ("regnet_y_400mf", 4_344_144),
        ("regnet_y_800mf", 6_432_512),
        ("regnet_y_1_6gf", 11_202_430),
        ("regnet_y_3_2gf", 19_436_338),
        ("resnext50_32x4d", 25_028_904),
        ("convnext_tiny", 28_589_128),
        ("convnext_small", 50_223_688),
        ("vit_b_16", 86_567_656),
        ("vit_small_patch16_224", 22_050_664),
    ];
    for (model, parameters) in published {
        let summary = foliar_nn::summary::summarise(&zoo::build(model, 1000).unwrap(), 1, 224, SGD).unwrap();
        assert_eq!(summary.parameters, parameters, "{model}");
    }
}

#[test]
fn absurd_numbers_in_a_graph_are_refused() {
    let graph = zoo::build("squeezenet1_0", 3).unwrap();
    let window = |kernel, stride, padding| foliar_nn::Sliding::new(kernel, stride, padding);
    for op in [
        Op::MaxPool { window: window(16, 1, 0), ceil: false },
        Op::MaxPool { window: window(3, 0, 0), ceil: false },
        Op::MaxPool { window: window(3, 2, 3), ceil: true },
        Op::AveragePool { window: window(0, 1, 0) },
        Op::Depthwise { window: window(3, 1, usize::MAX) },
        Op::Conv { channels: 0, window: window(1, 1, 0), bias: false },
        Op::Conv { channels: 1 << 26, window: window(1, 1, 0), bias: false },
        Op::Conv { channels: 8, window: window((1 << 20) + 1, 1, 1 << 19), bias: false },
        Op::BatchNorm { epsilon: -1.0, momentum: 0.1 },
        Op::BatchNorm { epsilon: 1e-5, momentum: f32::NAN },
        Op::Linear { features: usize::MAX },
        Op::AdaptiveAveragePool { size: 1 << 40 },
        Op::GroupedConv { channels: 8, groups: 0, window: window(1, 1, 0) },
        Op::GroupedConv { channels: 8, groups: 3, window: window(1, 1, 0) },
        Op::GroupedConv { channels: usize::MAX, groups: usize::MAX, window: window(1, 1, 0) },
        Op::StochasticDepth { rate: 1.0 },
    ] {
        let mut forged = graph.clone();
        forged.nodes[2].op = op;
        let options = EngineOptions {
            image_size: 64,
            batch: 1,
            seed: 1,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        assert!(CpuEngine::new(&forged, options).is_err(), "{op:?}");
    }
}

#[test]
fn networks_that_no_machine_has_memory_for_are_refused() {
    let node = |name: &str, op, inputs: &[usize]| Node { name: name.to_owned(), op, inputs: inputs.to_vec() };
    let build = |size, features: &[usize]| {
        let mut nodes =
            vec![node("input", Op::Input, &[]), node("pool", Op::AdaptiveAveragePool { size }, &[0])];
        for (index, &features) in features.iter().enumerate() {
            nodes.push(node(&format!("fc{index}"), Op::Linear { features }, &[index + 1]));
        }
        let graph = Graph { name: "vast".to_owned(), nodes };
        let options = EngineOptions {
            image_size: 32,
            batch: 1,
            seed: 1,
            optimizer: Some(SGD),
            average: None,
            statistics: Statistics::Batch,
        };
        CpuEngine::new(&graph, options).err()
    };
    assert!(matches!(build(1024, &[1 << 16]), Some(GraphError::Memory { .. })));
    let fault = build(1024, &[1 << 16; 300]);
    assert!(matches!(&fault, Some(GraphError::TooLarge { node }) if node.starts_with("fc")), "{fault:?}");
    assert!(build(2, &[3]).is_none());
}
