//! Classifiers with drawn weights, and photos for them.

use foliar_metrics::{Calibrated, Groups, Predictions};
use foliar_model::{
    Bundle, FeatureSamples, Provenance, TrainingDigests, Uncertainty, feature_width, pooled_features,
};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, Op, Statistics};
use foliar_random::Random;
use foliar_vision::{Preprocessing, Rgb};

/// Photos that the uncertainty of a drawn classifier is fitted to.
const FITTED: usize = 24;
/// The largest logit of these photos.
const SPREAD: f32 = 8.0;

/// Noise over a slope, of any size.
pub(crate) fn photo(seed: u64, width: u32, height: u32) -> Rgb {
    let mut stream = Random::keyed([seed, u64::from(width), u64::from(height), 1]);
    let tint: [f64; 3] = std::array::from_fn(|_| stream.between(20.0, 235.0));
    let mut pixels = Vec::with_capacity(3 * width as usize * height as usize);
    for y in 0..height {
        for x in 0..width {
            let slope = 60.0 * (f64::from(x) / f64::from(width) - f64::from(y) / f64::from(height));
            pixels.extend(tint.map(|tint| (tint + slope + stream.between(-40.0, 40.0)).round() as u8));
        }
    }
    Rgb::new(width, height, pixels)
}

/// The classifier of `graph` for photos of `size` pixels, with drawn weights and statistics, and thresholds fitted to drawn photos.
pub(crate) fn bundle(graph: Graph, preprocessing: Preprocessing, seed: u64) -> Bundle {
    let size = preprocessing.size as usize;
    let options = EngineOptions {
        image_size: size,
        batch: 1,
        seed,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let mut state = CpuEngine::new(&graph, options).unwrap().state();
    let mut stream = Random::keyed([seed, 2, 2, 2]);
    // What ends a residual branch adds little, so that values stay of one size however deep the network is.
    let added = |name: &str| {
        let id = graph.nodes.iter().position(|node| node.name == name);
        graph.nodes.iter().any(|node| node.op == Op::Add && id.is_some_and(|id| node.inputs.contains(&id)))
    };
    for (name, tensor) in &mut state.tensors {
        let (node, suffix) = name.rsplit_once('.').unwrap_or(("", name));
        let [low, high] = match suffix {
            "running_mean" | "bias" => [-0.2, 0.2],
            "running_var" => [0.5, 1.5],
            "weight" if tensor.shape.len() == 1 && added(node) => [0.2, 0.4],
            "weight" if tensor.shape.len() == 1 => [0.8, 1.2],
            "layer_scale" | "gamma" => [0.2, 0.4],
            _ if tensor.data.iter().all(|&value| value == 0.0) => [-0.1, 0.1],
            _ => continue,
        };
        tensor.data.iter_mut().for_each(|value| *value = stream.between(low, high) as f32);
    }
    let classes = graph.classes();
    let (front, tail) = graph.split(graph.backbone(), size).unwrap();
    let mut front = CpuEngine::new(&front, options).unwrap();
    let mut classifier = CpuEngine::new(&tail, options).unwrap();
    let (frozen, learned) = state.clone().divide(&classifier.state());
    front.restore(&frozen).unwrap();
    classifier.restore(&learned).unwrap();
    let values: Vec<Vec<f32>> = (0..FITTED as u64)
        .map(|index| front.predict(&preprocessing.prepare(&photo(100 + index, 50, 40))).unwrap())
        .collect();
    // Answers of which some are sure enough to be given.
    let rows: Vec<f32> = values.iter().flat_map(|values| classifier.predict(values).unwrap()).collect();
    let scale = SPREAD / rows.iter().fold(0.0, |most: f32, logit| most.max(logit.abs()));
    for (name, tensor) in &mut state.tensors {
        if name.rsplit_once('.').is_some_and(|(node, _)| node == graph.nodes[graph.classifier()].name) {
            tensor.data.iter_mut().for_each(|value| *value *= scale);
        }
    }
    classifier.restore(&state.clone().divide(&classifier.state()).1).unwrap();
    let (mut features, mut logits, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (index, values) in values.iter().enumerate() {
        let row = classifier.predict(values).unwrap();
        // Seven of eight are right.
        let best = (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
        labels.push(if index % 8 == 0 { (best + 1) % classes } else { best } as u32);
        features.extend(pooled_features(values, &tail));
        logits.extend(row);
    }
    let predictions = Predictions::new(logits, labels, Groups::independent(FITTED), classes).unwrap();
    let samples = FeatureSamples {
        width: feature_width(&tail),
        train: features.clone(),
        train_labels: (0..FITTED as u32).map(|index| index % classes as u32).collect(),
        validation: features,
        validation_groups: (0..FITTED as u64).collect(),
    };
    Bundle {
        classes: (0..classes).map(|class| format!("class {class}")).collect(),
        preprocessing,
        graph,
        provenance: Provenance {
            foliar: "0".into(),
            recipe: serde_json::json!({"model": "drawn"}),
            epoch: 1,
            train_photographs: FITTED,
            data_fingerprint: "none".into(),
            members: Vec::new(),
        },
        temperature: 1.25,
        training_digests: TrainingDigests::default(),
        validation: None,
        uncertainty: Some(Uncertainty::fit(&predictions, Calibrated::Reused, &samples).unwrap()),
        outputs: foliar_model::Outputs::OneOf,
        state,
    }
}
