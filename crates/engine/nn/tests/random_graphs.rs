//! Random small graphs against a slow reference: whatever is a valid graph runs, and its values and gradients are right.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/naive.rs"]
mod naive;

use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Graph, Nhwc, Node, NodeId, Op, Optimizer, PredictionEngine,
    Sliding, StateDict, Statistics, StepConfig, Targets, infer,
};
use naive::{Mode, Naive};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SEED: u64 = 9;
const CLASSES: usize = 3;
/// Distance from a jump of the gradient at which float32 and float64 are surely on the same side of it.
const SMOOTH: f64 = 1e-5;
const PLAIN: Optimizer = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
const PLAN: StepConfig<'static> = StepConfig {
    learning_rate: 0.1,
    label_smoothing: 0.1,
    class_weights: None,
    rate_factors: None,
    targets: Targets::OneOf,
    focus: 0.0,
    mixture: None,
};

/// A node to be: what it is and which of the values before it it takes. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
struct Wish {
    kind: u8,
    first: u8,
    second: u8,
    size: u8,
}

fn wish() -> impl Strategy<Value = Wish> {
    any::<[u8; 4]>().prop_map(|[kind, first, second, size]| Wish { kind, first, second, size })
}

/// A graph that grows node by node.
struct Growing {
    graph: Graph,
    size: usize,
}

impl Growing {
    fn new(size: usize) -> Self {
        let input = Node { name: "input".to_owned(), op: Op::Input, inputs: Vec::new() };
        Self { graph: Graph { name: "random".to_owned(), nodes: vec![input] }, size }
    }

    fn shapes(&self) -> Vec<Nhwc> {
        infer(&self.graph, 1, self.size, self.size).unwrap()
    }

    /// Adds a node if it fits; the node whose value is to be used.
    fn add(&mut self, op: Op, inputs: &[NodeId]) -> NodeId {
        let name = format!("{}{}", op.label().replace(' ', "_"), self.graph.nodes.len());
        self.graph.nodes.push(Node { name, op, inputs: inputs.to_vec() });
        if infer(&self.graph, 1, self.size, self.size).is_err() {
            self.graph.nodes.pop();
            return inputs[0];
        }
        self.graph.nodes.len() - 1
    }

    fn grant(&mut self, wish: &Wish) {
        let shapes = self.shapes();
        let nodes = shapes.len();
        // The last values are more likely, so that graphs are deep as well as wide.
        let pick = |byte: u8| nodes - 1 - (usize::from(byte % 16).saturating_sub(8)) % nodes;
        let x = pick(wish.first);
        let fitting = |fits: &dyn Fn(Nhwc) -> bool| {
            let all: Vec<NodeId> = (0..nodes).filter(|&id| id != x && fits(shapes[id])).collect();
            (!all.is_empty()).then(|| all[usize::from(wish.second) % all.len()])
        };
        let size = usize::from(wish.size);
        let channels = [1, 2, 3, 5, 8, 9, 24, 32][size % 8];
        let window = match size / 8 % 6 {
            0 => Sliding::new(1, 1, 0),
            1 => Sliding::new(3, 1, 1),
            2 => Sliding::same(3, 2),
            3 => Sliding::new(3, 2, 2),
            4 => Sliding::same(5, 1),
            _ => Sliding::new(2, 3, 1),
        };
        let norm = Op::BatchNorm { epsilon: 1e-2, momentum: 0.3 };
        match wish.kind % 35 {
            0 | 1 => drop(self.add(Op::Conv { channels, window, bias: size % 2 == 0 }, &[x])),
            2 => drop(self.add(Op::Conv { channels, window: Sliding::new(1, 1, 0), bias: false }, &[x])),
            3 => drop(self.add(Op::Depthwise { window }, &[x])),
            4 | 5 => drop(self.add(norm, &[x])),
            6 => drop(self.add(Op::Relu, &[x])),
            7 => drop(self.add(Op::Relu6, &[x])),
            8 => drop(self.add(Op::Silu, &[x])),
            9 => drop(self.add(Op::Sigmoid, &[x])),
            10 => drop(self.add(Op::Dropout { rate: 0.25 }, &[x])),
            11 => drop(self.add(Op::MaxPool { window, ceil: size % 2 == 0 }, &[x])),
            12 => drop(self.add(Op::AveragePool { window }, &[x])),
            13 => drop(self.add(Op::AdaptiveAveragePool { size: 1 + size % 5 }, &[x])),
            14 => {
                let factor = fitting(&|shape| (shape.h(), shape.w(), shape.c()) == (1, 1, shapes[x].c()));
                let factor = factor.unwrap_or_else(|| self.add(Op::GlobalAveragePool, &[x]));
                let _ = self.add(Op::Scale, &[x, factor]);
            }
            15 => {
                if let Some(other) =
                    fitting(&|shape| (shape.h(), shape.w()) == (shapes[x].h(), shapes[x].w()))
                {
                    let _ = self.add(Op::Concat, &[x, other]);
                }
            }
            16 => {
                if let Some(other) = fitting(&|shape| shape == shapes[x]) {
                    let _ = self.add(Op::Add, &[x, other]);
                }
            }
            // A norm and its own input, either way round, with an activation or without.
            17 => {
                let normal = self.add(norm, &[x]);
                let sum = self.add(Op::Add, &if size % 2 == 0 { [normal, x] } else { [x, normal] });
                if size % 3 == 0 {
                    let _ = self.add(Op::Relu, &[sum]);
                }
            }
            18 => drop(self.add(Op::HardSwish, &[x])),
            19 => drop(self.add(Op::HardSigmoid, &[x])),
            20 => drop(self.add(Op::StochasticDepth { rate: 0.4 }, &[x])),
            // Groups that divide the channels, in a convolution alone or before a norm.
            21 => {
                let groups = [1, 2, 3, 4, shapes[x].c()][size % 5];
                let channels = groups * (1 + size / 5 % 4);
                let grouped = self.add(Op::GroupedConv { channels, groups, window }, &[x]);
                if size % 2 == 0 {
                    let normal = self.add(norm, &[grouped]);
                    let _ = self.add([Op::Relu, Op::HardSwish][size / 2 % 2], &[normal]);
                }
            }
            // A branch that may be dropped beside the value that it began with.
            22 => {
                let branch = self.add(Op::Depthwise { window: Sliding::new(3, 1, 1) }, &[x]);
                let branch = self.add(norm, &[branch]);
                let branch = self.add(Op::StochasticDepth { rate: 0.3 }, &[branch]);
                let _ = self.add(Op::Add, &[branch, x]);
            }
            23 => drop(self.add(Op::PixelLinear { features: channels }, &[x])),
            24 => drop(self.add(Op::LayerNorm { epsilon: 1e-2 }, &[x])),
            25 => drop(self.add(Op::Gelu, &[x])),
            26 => drop(self.add(Op::ChannelScale { initial: 0.5 }, &[x])),
            27 => drop(self.add(Op::ChannelShift, &[x])),
            28 => {
                let heads = 1 + size % 3;
                let features = 3 * heads * (1 + size / 3 % 4);
                let inputs = self.add(Op::PixelLinear { features }, &[x]);
                let _ = self.add(Op::Attention { heads }, &[inputs]);
            }
            29 => drop(self.add(Op::Token { count: 1 + size % 4, after: size % 2 }, &[x])),
            30 => drop(self.add(Op::PositionEmbedding { extra: 0 }, &[x])),
            31 => drop(self.add(Op::PickToken { place: size % 3 }, &[x])),
            // A residual block of a transformer, either way round.
            32 => {
                let features = shapes[x].c();
                let normal = self.add(Op::LayerNorm { epsilon: 1e-2 }, &[x]);
                let inner = self.add(Op::PixelLinear { features: channels }, &[normal]);
                let inner = self.add(Op::Gelu, &[inner]);
                let inner = self.add(Op::PixelLinear { features }, &[inner]);
                let inner =
                    if size % 3 == 0 { inner } else { self.add(Op::ChannelScale { initial: 1.0 }, &[inner]) };
                let _ = self.add(Op::Add, &if size % 2 == 0 { [inner, x] } else { [x, inner] });
            }
            // Where nothing is 0, a square root has a slope.
            33 => {
                let positive = self.add(Op::Sigmoid, &[x]);
                let _ = self.add(Op::Hellinger, &[positive]);
            }
            // A convolution between norms, perhaps with a residual.
            _ => {
                let first = self.add(Op::Conv { channels, window, bias: false }, &[x]);
                let first = self.add(norm, &[first]);
                let first = self.add([Op::Relu, Op::Relu6][size % 2], &[first]);
                let second = if size % 3 == 0 {
                    self.add(Op::Depthwise { window: Sliding::new(3, 1, 1) }, &[first])
                } else {
                    self.add(Op::Conv { channels, window: Sliding::new(1, 1, 0), bias: false }, &[first])
                };
                let second = self.add(norm, &[second]);
                if size % 5 == 0 {
                    let _ = self.add(Op::Add, &[second, first]);
                }
            }
        }
    }

    /// Joins all values that nothing uses in a classifier.
    fn finish(mut self) -> Graph {
        let uses = self.graph.uses();
        let loose: Vec<NodeId> = (0..uses.len()).filter(|&id| uses[id] == 0).collect();
        let means: Vec<NodeId> =
            loose.into_iter().map(|id| self.add(Op::AdaptiveAveragePool { size: 2 }, &[id])).collect();
        let joined = means.into_iter().reduce(|a, b| self.add(Op::Concat, &[a, b])).unwrap();
        let _ = self.add(Op::Linear { features: CLASSES }, &[joined]);
        self.graph.validate().unwrap();
        self.graph
    }
}

fn graph() -> impl Strategy<Value = (Graph, usize)> {
    (prop::collection::vec(wish(), 0..18), 5..13_usize).prop_map(|(wishes, size)| {
        let mut growing = Growing::new(size);
        wishes.iter().for_each(|wish| growing.grant(wish));
        (growing.finish(), size)
    })
}

/// Numbers in -1..1 that look random.
fn noise(count: usize, key: u64) -> impl Iterator<Item = f32> {
    (0..count as u64).map(move |index| {
        let mut z = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ key.wrapping_mul(0xD1B5_4A32_D192_ED03);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z >> 40) as f64 / f64::from(1_u32 << 23) - 1.0) as f32
    })
}

/// The first weights, moved away from zeros and ones; variances stay positive.
fn shaken(mut state: StateDict) -> StateDict {
    for (key, tensor) in state.tensors.values_mut().enumerate() {
        let moves = noise(tensor.data.len(), key as u64);
        tensor.data.iter_mut().zip(moves).for_each(|(value, by)| *value += 0.3 * by);
    }
    state
}

fn options(size: usize, batch: usize, statistics: Statistics) -> EngineOptions {
    EngineOptions { image_size: size, batch, seed: SEED, optimizer: Some(PLAIN), average: None, statistics }
}

/// The mean cross-entropy with smoothed labels, and its gradient.
fn loss(logits: &[f64], labels: &[u32]) -> (f64, Vec<f64>) {
    let smoothing = f64::from(PLAN.label_smoothing);
    let rows = labels.len() as f64;
    let (mut loss, mut gradient) = (0.0, Vec::new());
    for (row, &label) in logits.chunks_exact(CLASSES).zip(labels) {
        let sum: f64 = row.iter().map(|z| z.exp()).sum();
        for (class, z) in row.iter().enumerate() {
            let own = if class == label as usize { 1.0 - smoothing } else { 0.0 };
            let target = own + smoothing / CLASSES as f64;
            loss -= target * (z - sum.ln()) / rows;
            gradient.push((z.exp() / sum - target) / rows);
        }
    }
    (loss, gradient)
}

/// L2 distance and L2 norm of what is expected.
fn distance(found: &[f32], expected: &[f64]) -> (f64, f64) {
    assert_eq!(found.len(), expected.len());
    let distance: f64 = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum();
    (distance.sqrt(), expected.iter().map(|b| b.powi(2)).sum::<f64>().sqrt())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1024,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn values_and_gradients_are_those_of_the_reference(
        (graph, size) in graph(),
        batch in 1..5_usize,
        of_batch: bool,
    ) {
        let (statistics, mode) = if of_batch {
            (Statistics::Batch, Mode::TrainWithBatch { seed: SEED, step: 0 })
        } else {
            (Statistics::Running, Mode::TrainWithRunning { seed: SEED, step: 0 })
        };
        let mut engine = CpuEngine::new(&graph, options(size, batch, statistics)).unwrap();
        let state = shaken(engine.state());
        engine.restore(&state).unwrap();
        let images: Vec<f32> = noise(batch * size * size * 3, 77).collect();
        let labels: Vec<u32> = (0..batch as u32).map(|index| index % CLASSES as u32).collect();
        let naive = Naive::new(&graph, &state, batch, size);

        let expected = naive.forward(&images, Mode::Evaluate);
        let (error, norm) = distance(&engine.predict(&images).unwrap(), expected.logits());
        prop_assert!(error <= 1e-4 * norm.max(1.0), "prediction: {error} of {norm}");
        let mut predicting = PredictionEngine::new(&graph, &state, size, batch).unwrap();
        let (error, norm) = distance(&predicting.predict(&images).unwrap(), expected.logits());
        prop_assert!(error <= 1e-4 * norm.max(1.0), "prediction with folded norms: {error} of {norm}");

        let pass = naive.forward(&images, mode);
        let (objective, dlogits) = loss(pass.logits(), &labels);
        let found = engine.train_step(Batch { images: &images, labels: &labels }, &PLAN).unwrap();
        prop_assert!((found.objective - objective).abs() <= 1e-4 * objective.max(1.0), "{found:?}, not {objective}");

        let (expected, _) = naive.backward(&pass, &dlogits);
        let gradients = engine.gradients().tensors;
        prop_assert_eq!(gradients.len(), expected.len());
        let whole = expected.values().flatten().map(|g| g.powi(2)).sum::<f64>().sqrt();
        // Where a gradient jumps, rounding decides on which side float32 is.
        for (name, gradient) in gradients.iter().filter(|_| pass.margin > SMOOTH) {
            let (error, norm) = distance(&gradient.data, &expected[name]);
            prop_assert!(error <= 1e-3 * (norm + whole), "{name}: {error} of {norm}, {whole} in all");
        }
        for (name, expected) in &pass.running {
            let (error, norm) = distance(&engine.state().tensors[name].data, expected);
            prop_assert!(error <= 1e-4 * norm.max(1e-2), "{name}: {error} of {norm}");
        }

        let mut small = CpuEngine::with_low_memory(&graph, options(size, batch, statistics)).unwrap();
        small.restore(&state).unwrap();
        small.train_step(Batch { images: &images, labels: &labels }, &PLAN).unwrap();
        prop_assert_eq!(small.state(), engine.state(), "with little memory");
    }
}
