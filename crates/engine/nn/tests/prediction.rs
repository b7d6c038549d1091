//! The engine for prediction gives what the engine for training gives in evaluation mode, up to rounding.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::{
    CpuEngine, Engine, EngineError, EngineOptions, Graph, Op, PredictionEngine, PredictionError, StateDict,
    StateError, Statistics, zoo,
};

const SIZE: usize = 64;
const IMAGE: usize = SIZE * SIZE * 3;
/// Of the largest logit.
const TOLERANCE: f32 = 1e-5;

fn images(count: usize) -> Vec<f32> {
    (0..count * IMAGE).map(|index| (index * 7919 % 2003) as f32 / 1001.0 - 1.0).collect()
}

fn engine(graph: &Graph, batch: usize) -> CpuEngine {
    let options = EngineOptions {
        image_size: SIZE,
        batch,
        seed: 1,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    CpuEngine::new(graph, options).unwrap()
}

/// The first weights with every tensor moved, so that norms do something; variances stay positive.
fn moved(mut state: StateDict) -> StateDict {
    for (key, (name, tensor)) in state.tensors.iter_mut().enumerate() {
        for (index, value) in tensor.data.iter_mut().enumerate() {
            let by = ((index * 31 + key * 17) % 101) as f32 / 101.0 - 0.5;
            *value += if name.ends_with("weight") && tensor.shape.len() > 1 { 0.02 * by } else { 0.3 * by };
        }
    }
    state
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0_f32, |scale, value| scale.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= TOLERANCE * scale, "{what}: {found}, not {expected} of {scale}");
    }
}

#[test]
fn every_network_predicts_what_the_engine_for_training_does() {
    // Small and base networks are built of the same layers.
    for model in zoo::MODELS.into_iter().filter(|model| !model.contains("vitb") && *model != "convnext_small")
    {
        let graph = zoo::build(model, 5).unwrap();
        let mut trained = engine(&graph, 2);
        let state = moved(trained.state());
        trained.restore(&state).unwrap();
        let mut predicting = PredictionEngine::new(&graph, &state, SIZE, 2).unwrap();
        let images = images(2);
        let expected = trained.predict(&images).unwrap();
        assert!(expected.iter().all(|value| value.is_finite()), "{model}");
        assert_close(&predicting.predict(&images).unwrap(), &expected, model);
        assert_eq!((predicting.outputs(), predicting.batch()), (5, 2));
    }
}

#[test]
fn parts_of_a_network_predict_from_the_tensors_of_the_whole() {
    let graph = zoo::build("mobilenet_v1_0.25", 5).unwrap();
    let state = moved(engine(&graph, 1).state());
    let (head, tail) = graph.split(graph.backbone(), SIZE).unwrap();
    let images = images(1);
    let predict = |graph: &Graph, values: &[f32]| {
        PredictionEngine::new(graph, &state, SIZE, 1).unwrap().predict(values).unwrap()
    };
    let whole = predict(&graph, &images);
    let features = predict(&head, &images);
    assert_eq!(predict(&tail, &features), whole);
}

#[test]
fn large_images_go_through_joined_layers() {
    let graph = zoo::build("mobilenet_v1_0.75", 3).unwrap();
    let size = 224;
    let options = EngineOptions {
        image_size: size,
        batch: 1,
        seed: 1,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let mut trained = CpuEngine::new(&graph, options).unwrap();
    let state = moved(trained.state());
    trained.restore(&state).unwrap();
    let images: Vec<f32> = images(13)[..size * size * 3].to_vec();
    let mut predicting = PredictionEngine::new(&graph, &state, size, 1).unwrap();
    assert!(predicting.profile().iter().any(|step| step.op == "separable"));
    let expected = trained.predict(&images).unwrap();
    assert_close(&predicting.predict(&images).unwrap(), &expected, "mobilenet_v1_0.75");
    let adds = |profile: Vec<foliar_nn::StepProfile>| {
        profile.iter().map(|step| step.forward.multiply_adds).sum::<usize>()
    };
    assert_eq!(adds(predicting.profile()), adds(trained.profile()), "the same work");
}

#[test]
fn what_does_not_fit_is_refused() {
    let graph = zoo::build("mobilenet_v1_0.25", 5).unwrap();
    let mut state = engine(&graph, 1).state();
    let mut predicting = PredictionEngine::new(&graph, &state, SIZE, 2).unwrap();
    assert_eq!(
        predicting.predict(&images(3)),
        Err(EngineError::BatchSize { got: 3, planned: 2 }),
        "more photographs than planned"
    );
    assert_eq!(predicting.predict(&[]), Err(EngineError::BatchSize { got: 0, planned: 2 }));
    let cut = &images(2)[..IMAGE + 1];
    assert_eq!(
        predicting.predict(cut),
        Err(EngineError::ImageLength { got: IMAGE + 1, expected: IMAGE }),
        "a part of a photograph"
    );
    state.tensors.remove("conv1.weight");
    let error = PredictionEngine::new(&graph, &state, SIZE, 1).err();
    assert!(
        matches!(&error, Some(PredictionError::State(StateError::Missing { name, .. })) if name == "conv1.weight"),
        "{error:?}"
    );
    let mut forged = graph.clone();
    forged.nodes[1].op = Op::Add;
    assert!(matches!(PredictionEngine::new(&forged, &state, SIZE, 1), Err(PredictionError::Graph(_))));
}
