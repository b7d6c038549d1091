//! Whatever graph a JSON document describes: it is refused, or it can be told what it costs, trains and predicts.

use foliar_nn::summary::summarise;
use foliar_nn::{Batch, CpuEngine, Engine, EngineOptions, Graph, Optimizer, Statistics, StepConfig, Targets};

use crate::size::is_small;

/// Side of the photographs in pixels.
const SIDE: usize = 16;
const BATCH: usize = 2;
const SGD: Optimizer = Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };

/// The text of a graph, as it stands in a bundle.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(graph) = serde_json::from_slice::<Graph>(bytes) else { return };
    if graph.validate().is_err() {
        return;
    }
    let _ = summarise(&graph, BATCH, SIDE, SGD);
    if !is_small(&graph, BATCH, SIDE) {
        return;
    }
    let options = EngineOptions {
        image_size: SIDE,
        batch: BATCH,
        seed: 1,
        optimizer: Some(SGD),
        average: None,
        statistics: Statistics::Batch,
    };
    let Ok(mut engine) = CpuEngine::new(&graph, options) else { return };
    let images = vec![0.5; BATCH * SIDE * SIDE * 3];
    let config = StepConfig {
        learning_rate: 0.1,
        rate_factors: None,
        label_smoothing: 0.0,
        class_weights: None,
        targets: Targets::OneOf,
        focus: 0.0,
        mixture: None,
    };
    let stats = engine.train_step(Batch { images: &images, labels: &[0, 1] }, &config).unwrap();
    assert_eq!(stats.photographs, BATCH);
    assert_eq!(engine.predict(&images).unwrap().len(), BATCH * graph.classes());
}
