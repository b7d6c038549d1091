//! Whatever graph a JSON document describes: it is refused, or it trains and predicts.

#![no_main]

use foliar_nn::{Batch, CpuEngine, Engine, EngineOptions, Graph, Optimizer, Statistics, StepConfig, infer};
use libfuzzer_sys::fuzz_target;

const SIDE: usize = 16;
/// Values of a graph beyond which it only takes time.
const MOST_VALUES: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(graph) = serde_json::from_slice::<Graph>(bytes) else { return };
    if graph.validate().is_err() {
        return;
    }
    let Ok(shapes) = infer(&graph, 2, SIDE, SIDE) else { return };
    if shapes.iter().map(|shape| shape.len()).sum::<usize>() > MOST_VALUES {
        return;
    }
    let sgd = Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };
    let options = EngineOptions {
        image_size: SIDE,
        batch: 2,
        seed: 1,
        optimizer: Some(sgd),
        average: None,
        statistics: Statistics::Batch,
    };
    let Ok(mut engine) = CpuEngine::new(&graph, options) else { return };
    let images = vec![0.5; 2 * SIDE * SIDE * 3];
    let config =
        StepConfig { learning_rate: 0.1, rate_factors: None, label_smoothing: 0.0, class_weights: None };
    let _ = engine.train_step(Batch { images: &images, labels: &[0, 1] }, &config);
    let _ = engine.predict(&images);
});
