//! What the engine promises whatever the network.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::{
    Batch, CpuEngine, CpuOptions, Engine, EngineError, Optimizer, State, StateError, StepPlan, Tensor, zoo,
};

const SGD: Optimizer = Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };
const ADAM: Optimizer = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 };
const PLAN: StepPlan<'static> = StepPlan { learning_rate: 0.01, label_smoothing: 0.0, class_weights: None };

fn engine(model: &str, batch: usize, optimizer: Option<Optimizer>) -> CpuEngine {
    let graph = zoo::build(model, 3).unwrap();
    CpuEngine::new(&graph, CpuOptions { image_size: 40, batch, seed: 1, optimizer }).unwrap()
}

fn images(count: usize) -> Vec<f32> {
    // Photographs that differ in brightness, so that there is something to learn.
    let noise = |i: usize| ((i * 7919) % 1013) as f32 / 506.5 - 1.0;
    let shift = |i: usize| ((i / (40 * 40 * 3)) % 4) as f32 - 1.5;
    (0..count * 40 * 40 * 3).map(|i| noise(i) + shift(i)).collect()
}

fn steps(engine: &mut CpuEngine, count: usize) -> Vec<u64> {
    let images = images(4);
    let batch = Batch { images: &images, labels: &[0, 1, 2, 1] };
    (0..count).map(|_| engine.train_step(batch, &PLAN).unwrap().objective.to_bits()).collect()
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    for model in ["baseline", "resnet18", "resnet50", "mobilenet_v1_0.25"] {
        let results: Vec<(Vec<u64>, State, Vec<f32>)> = [1, 2, 3, 8]
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let mut engine = engine(model, 4, Some(SGD));
                    let losses = steps(&mut engine, 3);
                    (losses, engine.state(), engine.predict(&images(4)).unwrap())
                })
            })
            .to_vec();
        assert!(results.iter().all(|result| *result == results[0]), "{model}");
    }
}

#[test]
fn training_lowers_the_loss() {
    for (model, optimizer) in [("baseline", SGD), ("mobilenet_v1_0.25", SGD), ("resnet18", ADAM)] {
        let mut engine = engine(model, 4, Some(optimizer));
        let losses: Vec<f64> = steps(&mut engine, 25).into_iter().map(f64::from_bits).collect();
        assert!(losses[24] < 0.5 * losses[0], "{model}: {losses:?}");
    }
}

#[test]
fn a_restored_engine_goes_on_bit_for_bit() {
    for optimizer in [SGD, ADAM] {
        let mut whole = engine("baseline", 4, Some(optimizer));
        steps(&mut whole, 2);
        let middle = whole.state();
        let expected = (steps(&mut whole, 3), whole.state());
        let mut resumed = engine("baseline", 4, Some(optimizer));
        steps(&mut resumed, 5);
        resumed.restore(&middle).unwrap();
        assert_eq!((steps(&mut resumed, 3), resumed.state()), expected);
    }
}

#[test]
fn a_smaller_batch_gives_what_an_engine_of_its_size_gives() {
    let mut small = engine("mobilenet_v1_0.25", 4, Some(SGD));
    let mut large = engine("mobilenet_v1_0.25", 9, Some(SGD));
    assert_eq!(steps(&mut small, 2), steps(&mut large, 2));
    assert_eq!(small.state(), large.state());
    assert_eq!(small.predict(&images(2)).unwrap(), large.predict(&images(2)).unwrap());
}

#[test]
fn every_batch_up_to_the_planned_one_can_be_trained_on() {
    for model in ["baseline", "resnet50", "mobilenet_v1_0.25"] {
        for size in [32, 70] {
            let graph = zoo::build(model, 3).unwrap();
            let options = CpuOptions { image_size: size, batch: 17, seed: 1, optimizer: Some(SGD) };
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
                foliar_nn::infer(&graph, 1, size, size).unwrap().last().unwrap().c,
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
    ];
    for (model, parameters) in published {
        let summary = foliar_nn::summary::summarise(&zoo::build(model, 1000).unwrap(), 1, 224, SGD).unwrap();
        assert_eq!(summary.parameters, parameters, "{model}");
    }
}
