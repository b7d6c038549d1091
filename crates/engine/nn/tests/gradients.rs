//! The gradient of whole networks against central differences of their loss, along random directions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Graph, Node, Op, Optimizer, Sliding, StateDict, Statistics,
    StepConfig, Targets, zoo,
};
use foliar_random::Random;

const STILL: StepConfig<'static> = StepConfig {
    learning_rate: 0.0,
    label_smoothing: 0.1,
    class_weights: None,
    rate_factors: None,
    targets: Targets::OneOf,
    focus: 0.0,
    mixture: None,
};
const PLAIN: Optimizer = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };

const STEPS: [f32; 4] = [4e-3, 1e-3, 2.5e-4, 6e-5];

fn unit(random: &mut Random) -> f32 {
    random.bits32() as f32 / u32::MAX as f32 * 2.0 - 1.0
}

/// Operations of the plain and residual networks: odd sizes, strides and both kinds of padding, values that are used twice, a
/// batch norm before an addition that has no activation after it, and activations that stand alone.
fn menagerie() -> Graph {
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("conv1", Op::Conv { channels: 5, window: Sliding::new(3, 2, 1), bias: true }, &[0]),
        ("relu1", Op::Relu, &[1]),
        ("depthwise", Op::Depthwise { window: Sliding::same(3, 2) }, &[2]),
        ("bn1", Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 }, &[3]),
        ("relu6", Op::Relu6, &[4]),
        ("conv2", Op::Conv { channels: 7, window: Sliding::new(1, 1, 0), bias: false }, &[5]),
        ("bn2", Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[6]),
        ("conv3", Op::Conv { channels: 7, window: Sliding::same(5, 1), bias: false }, &[5]),
        ("bn3", Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[8]),
        ("add1", Op::Add, &[7, 9]),
        ("pool", Op::MaxPool { window: Sliding::new(3, 2, 1), ceil: false }, &[10]),
        ("conv4", Op::Conv { channels: 7, window: Sliding::new(3, 1, 1), bias: false }, &[11]),
        ("bn4", Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[12]),
        ("add2", Op::Add, &[11, 13]),
        ("relu2", Op::Relu, &[14]),
        ("add3", Op::Add, &[15, 11]),
        ("relu3", Op::Relu, &[16]),
        ("mean", Op::GlobalAveragePool, &[17]),
        ("fc", Op::Linear { features: 4 }, &[18]),
    ];
    graph("menagerie", nodes)
}

/// The other operations: joins, a scale whose image and factors are used elsewhere too, three more poolings, a linear layer
/// over images, one within the network, and smooth activations and dropout whose inputs have other users and none.
fn second_menagerie() -> Graph {
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("conv1", Op::Conv { channels: 5, window: Sliding::new(3, 1, 1), bias: true }, &[0]),
        ("silu1", Op::Silu, &[1]),
        ("pool1", Op::MaxPool { window: Sliding::new(3, 2, 0), ceil: true }, &[2]),
        ("conv2", Op::Conv { channels: 4, window: Sliding::new(1, 1, 0), bias: true }, &[3]),
        ("conv3", Op::Conv { channels: 3, window: Sliding::new(3, 1, 1), bias: false }, &[3]),
        ("concat1", Op::Concat, &[4, 5]),
        ("bn1", Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 }, &[6]),
        ("silu2", Op::Silu, &[7]),
        ("dropout1", Op::Dropout { rate: 0.3 }, &[8]),
        ("pool2", Op::AveragePool { window: Sliding::new(2, 2, 1) }, &[9]),
        ("mean1", Op::GlobalAveragePool, &[10]),
        ("fc1", Op::Conv { channels: 2, window: Sliding::new(1, 1, 0), bias: true }, &[11]),
        ("silu3", Op::Silu, &[12]),
        ("fc2", Op::Conv { channels: 7, window: Sliding::new(1, 1, 0), bias: true }, &[13]),
        ("sigmoid1", Op::Sigmoid, &[14]),
        ("scale", Op::Scale, &[10, 15]),
        ("sigmoid2", Op::Sigmoid, &[15]),
        ("concat2", Op::Concat, &[10, 16]),
        ("dropout2", Op::Dropout { rate: 0.2 }, &[18]),
        ("concat3", Op::Concat, &[18, 19]),
        ("pool3", Op::AdaptiveAveragePool { size: 3 }, &[20]),
        ("hidden", Op::Linear { features: 7 }, &[21]),
        ("add", Op::Add, &[22, 17]),
        ("silu4", Op::Silu, &[23]),
        ("add2", Op::Add, &[23, 24]),
        ("add3", Op::Add, &[25, 14]),
        ("fc", Op::Conv { channels: 4, window: Sliding::new(1, 1, 0), bias: true }, &[26]),
        ("dropout3", Op::Dropout { rate: 0.1 }, &[27]),
        ("mean2", Op::GlobalAveragePool, &[28]),
    ];
    graph("second menagerie", nodes)
}

/// Groups of channels, the hard activations and stochastic depth: before and after norms, with other users and none; square roots of shares.
fn third_menagerie() -> Graph {
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("conv1", Op::Conv { channels: 6, window: Sliding::new(3, 2, 1), bias: true }, &[0]),
        ("swish1", Op::HardSwish, &[1]),
        ("grouped1", Op::GroupedConv { channels: 8, groups: 2, window: Sliding::new(3, 1, 1) }, &[2]),
        ("bn1", Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 }, &[3]),
        ("relu1", Op::Relu, &[4]),
        ("grouped2", Op::GroupedConv { channels: 8, groups: 8, window: Sliding::same(3, 1) }, &[5]),
        ("bn2", Op::BatchNorm { epsilon: 1e-5, momentum: 0.1 }, &[6]),
        ("depth1", Op::StochasticDepth { rate: 0.4 }, &[7]),
        ("add1", Op::Add, &[8, 5]),
        ("swish2", Op::HardSwish, &[9]),
        ("mean1", Op::GlobalAveragePool, &[10]),
        ("fc1", Op::Conv { channels: 8, window: Sliding::new(1, 1, 0), bias: true }, &[11]),
        ("gate", Op::HardSigmoid, &[12]),
        ("scale", Op::Scale, &[10, 13]),
        ("grouped3", Op::GroupedConv { channels: 12, groups: 4, window: Sliding::new(2, 2, 1) }, &[14]),
        ("depth2", Op::StochasticDepth { rate: 0.3 }, &[15]),
        ("add2", Op::Add, &[15, 16]),
        ("mean2", Op::GlobalAveragePool, &[17]),
        // Square roots have no slope at 0.
        ("positive", Op::Sigmoid, &[18]),
        ("hellinger", Op::Hellinger, &[19]),
        ("fc", Op::Linear { features: 4 }, &[20]),
    ];
    graph("third menagerie", nodes)
}

/// Those of transformers: a depthwise convolution with a bias, layer norms whose input has other users and none, learned tokens
/// in two places, positions, attention, layer scale and a residual, and a token that is picked.
fn fourth_menagerie() -> Graph {
    let norm = Op::LayerNorm { epsilon: 1e-3 };
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("patches", Op::Conv { channels: 8, window: Sliding::new(4, 4, 0), bias: true }, &[0]),
        ("norm1", norm, &[1]),
        ("depthwise", Op::Depthwise { window: Sliding::new(7, 1, 3) }, &[2]),
        ("depthwise.bias", Op::ChannelShift, &[3]),
        ("norm2", norm, &[4]),
        ("gelu1", Op::Gelu, &[5]),
        ("class", Op::Token { count: 1, after: 0 }, &[6]),
        ("positions", Op::PositionEmbedding { extra: 1 }, &[7]),
        ("registers", Op::Token { count: 3, after: 1 }, &[8]),
        ("norm3", norm, &[9]),
        ("qkv.in_proj", Op::PixelLinear { features: 18 }, &[10]),
        ("attention", Op::Attention { heads: 3 }, &[11]),
        ("proj", Op::PixelLinear { features: 8 }, &[12]),
        ("gamma", Op::ChannelScale { initial: 0.5 }, &[13]),
        ("add", Op::Add, &[9, 14]),
        ("scale", Op::ChannelScale { initial: 1.0 }, &[15]),
        ("shift", Op::ChannelShift, &[15]),
        ("add2", Op::Add, &[16, 17]),
        ("norm4", norm, &[18]),
        ("token", Op::PickToken { place: 2 }, &[19]),
        ("mean", Op::GlobalAveragePool, &[19]),
        ("add3", Op::Add, &[20, 21]),
        ("fc", Op::Linear { features: 4 }, &[22]),
    ];
    graph("fourth menagerie", nodes)
}

fn graph(name: &str, nodes: &[(&str, Op, &[usize])]) -> Graph {
    let node = |&(name, op, inputs): &(&str, Op, &[usize])| Node {
        name: name.to_owned(),
        op,
        inputs: inputs.to_vec(),
    };
    Graph { name: name.into(), nodes: nodes.iter().map(node).collect() }
}

struct Problem {
    engine: CpuEngine,
    images: Vec<f32>,
    labels: Vec<u32>,
    start: StateDict,
}

impl Problem {
    fn new(graph: &Graph, size: usize, batch: usize) -> Self {
        let options = EngineOptions {
            image_size: size,
            batch,
            seed: 3,
            optimizer: Some(PLAIN),
            average: None,
            statistics: Statistics::Batch,
        };
        let engine = CpuEngine::new(graph, options).unwrap();
        let mut random = Random::seeded(5);
        let images = (0..batch * size * size * 3).map(|_| unit(&mut random)).collect();
        let labels = (0..batch).map(|i| (i % graph.classes()) as u32).collect();
        let mut start = engine.state();
        for (name, tensor) in &mut start.tensors {
            if !name.contains("running") {
                tensor.data.iter_mut().for_each(|value| *value += 0.1 * unit(&mut random));
            }
        }
        Self { engine, images, labels, start }
    }

    fn loss(&mut self, state: &StateDict) -> f64 {
        self.engine.restore(state).unwrap();
        let batch = Batch { images: &self.images, labels: &self.labels };
        self.engine.train_step(batch, &STILL).unwrap().objective
    }

    /// Worst disagreement along one random direction a tensor, relative to the norm of the whole gradient. Of several
    /// steps the best counts: long ones cross kinks of the activations, short ones drown in rounding.
    fn worst(&mut self) -> (f64, String) {
        let start = self.start.clone();
        self.loss(&start);
        let gradients = self.engine.gradients();
        let mut random = Random::seeded(7);
        let scale: f64 = gradients
            .tensors
            .values()
            .map(|tensor| tensor.data.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>())
            .sum::<f64>()
            .sqrt();
        let mut worst = (0.0, String::new());
        for (name, gradient) in &gradients.tensors {
            let count = gradient.data.len() as f32;
            let direction: Vec<f32> =
                gradient.data.iter().map(|_| unit(&mut random) * (3.0 / count).sqrt()).collect();
            let moved = |by: f32| {
                let mut state = start.clone();
                let tensor = state.tensors.get_mut(name).unwrap();
                tensor.data.iter_mut().zip(&direction).for_each(|(value, d)| *value += by * d);
                state
            };
            let along: f64 =
                gradient.data.iter().zip(&direction).map(|(&g, &d)| f64::from(g) * f64::from(d)).sum();
            let (mut error, mut slope) = (f64::INFINITY, f64::NAN);
            for step in STEPS {
                let tried = (self.loss(&moved(step)) - self.loss(&moved(-step))) / f64::from(2.0 * step);
                if (tried - along).abs() / scale < error {
                    (error, slope) = ((tried - along).abs() / scale, tried);
                }
            }
            if error > worst.0 {
                worst = (error, format!("{name}: difference {slope}, gradient {along}"));
            }
        }
        worst
    }
}

#[test]
fn every_operation_passes_its_gradient_on() {
    for graph in [menagerie(), second_menagerie(), third_menagerie(), fourth_menagerie()] {
        for (size, batch) in [(17, 6), (33, 3), (32, 5)] {
            let (error, what) = Problem::new(&graph, size, batch).worst();
            assert!(error < 2e-3, "{}, {size} pixels, batch {batch}: {error} at {what}", graph.name);
        }
    }
}

#[test]
fn the_networks_of_the_zoo_do_too() {
    for (model, size) in
        [("baseline", 64), ("resnet18", 64), ("mobilenet_v1_0.25", 64), ("squeezenet1_0", 32)]
    {
        let graph = zoo::build(model, 3).unwrap();
        let (error, what) = Problem::new(&graph, size, 8).worst();
        assert!(error < 5e-3, "{model}: {error} at {what}");
    }
}
