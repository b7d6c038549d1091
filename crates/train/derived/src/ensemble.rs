//! Several networks as one graph: the mean of their outputs.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | M | | members |
//! | f_i | (D_i) | features of a photograph in network i: what enters its classifier |
//! | W_i, b_i | (C, D_i), (C) | the classifier of member i, its rows in the order of the first member's classes |
//! | T_i | | its temperature |
//! | z_i | (C) | its logits W_i f_i + b_i |
//!
//! The logits are Σ_i z_i / (M T_i), whose softmax is the geometric mean of the members' probabilities, up to a factor (Hinton 2002,
//! "Training products of experts by minimizing contrastive divergence", section 1). Lakshminarayanan et al. 2017, "Simple and scalable
//! predictive uncertainty estimation using deep ensembles", average probabilities instead, which is no linear classifier. Being linear
//! in (f_1, ..., f_M), the logits are one linear layer on all features side by side, whose rows are W_i / (M T_i), and whose bias is
//! Σ_i b_i / (M T_i). Members whose networks before the classifier are the same to the last bit share one, and their rows are added.
//!
//! Where every network ends in the mean over an image, and the images have one size, they are put side by side before the mean is
//! taken: a heat map then shows the evidence of all networks. Features of which a classifier sees square roots of shares
//! ([`Op::Hellinger`]) are joined behind that step.

use std::collections::BTreeMap;

use foliar_nn::{Graph, Node, NodeId, Op, StateDict, Tensor, infer};

use crate::error::DerivedError;

/// What nodes of the common end are called.
const JOINED: &str = "joined";
const POOL: &str = "pool";
const CLASSIFIER: &str = "classifier";

/// A member's network.
pub(crate) struct Part<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) state: &'a StateDict,
    /// T.
    pub(crate) temperature: f64,
    /// For each class of the ensemble, its place in this network.
    pub(crate) order: &'a [usize],
}

/// The ensemble as a network.
pub(crate) struct Ensemble {
    pub(crate) graph: Graph,
    pub(crate) state: StateDict,
    /// Networks before the classifier.
    pub(crate) networks: usize,
}

/// A classifier that is being added up, (C, D) and (C).
struct Rows {
    weight: Vec<f64>,
    bias: Vec<f64>,
}

/// Why the network of a part cannot be joined with others, in words; `None` if it can.
pub(crate) fn obstacle(graph: &Graph, size: usize) -> Result<Option<String>, DerivedError> {
    let features = infer(graph, 1, size, size)?[graph.backbone()];
    let is_linear = matches!(graph.nodes[graph.classifier()].op, Op::Linear { .. });
    Ok((!is_linear || features.h() * features.w() != 1).then(|| {
        format!("the classifier of {} is not one linear layer on one row of features, so that outputs have no linear mean", graph.name)
    }))
}

/// Joins `parts`, of which [`obstacle`] says nothing, for photographs of `size` x `size` pixels.
pub(crate) fn ensemble(parts: &[Part<'_>], size: usize) -> Result<Ensemble, DerivedError> {
    // The parts of each different network.
    let mut networks: Vec<Vec<&Part<'_>>> = Vec::new();
    for part in parts {
        match networks.iter_mut().find(|network| same_features(network[0], part)) {
            Some(network) => network.push(part),
            None => networks.push(vec![part]),
        }
    }
    let share = 1.0 / parts.len().max(1) as f64;
    let rows = networks.iter().map(|network| added(network, share)).collect::<Result<Vec<Rows>, _>>()?;
    let (graph, mut state, classifier) = match &networks[..] {
        [only] => {
            let graph = only[0].graph.clone();
            let classifier = graph.nodes[graph.classifier()].name.clone();
            (graph, only[0].state.clone(), classifier)
        }
        _ => {
            let classes = rows.first().map_or(0, |rows| rows.bias.len());
            let (graph, state) = joined(&networks, classes, size)?;
            (graph, state, CLASSIFIER.to_owned())
        }
    };
    let classes = rows.first().map_or(0, |rows| rows.bias.len());
    let widths: Vec<usize> = rows.iter().map(|rows| rows.weight.len() / classes.max(1)).collect();
    let mut weight = Vec::new();
    for class in 0..classes {
        for (rows, &width) in rows.iter().zip(&widths) {
            weight.extend(rows.weight[class * width..][..width].iter().map(|&value| value as f32));
        }
    }
    let bias =
        (0..classes).map(|class| rows.iter().map(|rows| rows.bias[class]).sum::<f64>() as f32).collect();
    let shape = vec![classes, widths.iter().sum()];
    state.tensors.insert(format!("{classifier}.weight"), Tensor { shape, data: weight });
    state.tensors.insert(format!("{classifier}.bias"), Tensor { shape: vec![classes], data: bias });
    state.steps = 0;
    Ok(Ensemble { graph, state, networks: networks.len() })
}

/// The nodes before the classifier.
fn backbone(graph: &Graph) -> &[Node] {
    graph.nodes.get(..=graph.backbone()).unwrap_or_default()
}

/// The tensors of a network without those of its classifier.
fn front<'a>(part: &Part<'a>) -> BTreeMap<&'a str, &'a Tensor> {
    let classifier = format!("{}.", part.graph.nodes[part.graph.classifier()].name);
    let tensors = part.state.tensors.iter().filter(|(name, _)| !name.starts_with(&classifier));
    tensors.map(|(name, tensor)| (name.as_str(), tensor)).collect()
}

/// Whether two classifiers see the same numbers.
fn same_features(first: &Part<'_>, other: &Part<'_>) -> bool {
    first.graph.has_hellinger() == other.graph.has_hellinger() && same_backbone(first, other)
}

fn same_backbone(first: &Part<'_>, other: &Part<'_>) -> bool {
    let bits = |tensor: &Tensor| -> Vec<u32> { tensor.data.iter().map(|value| value.to_bits()).collect() };
    backbone(first.graph) == backbone(other.graph) && {
        let (first, other) = (front(first), front(other));
        first.len() == other.len()
            && first.iter().zip(&other).all(|((name, tensor), (other_name, other))| {
                name == other_name && tensor.shape == other.shape && bits(tensor) == bits(other)
            })
    }
}

/// The classifiers of `parts` on the same features, each with its share, added.
fn added(parts: &[&Part<'_>], share: f64) -> Result<Rows, DerivedError> {
    let mut sum: Option<Rows> = None;
    for part in parts {
        let name = &part.graph.nodes[part.graph.classifier()].name;
        let tensor = |suffix: &str| {
            let name = format!("{name}.{suffix}");
            let missing = foliar_nn::StateError::Missing { name: name.clone(), shape: Vec::new() };
            part.state.tensors.get(&name).ok_or(missing)
        };
        let (weight, bias) = (tensor("weight")?, tensor("bias")?);
        let width = weight.data.len() / bias.data.len().max(1);
        let scale = share / part.temperature;
        let row = |&place: &usize| {
            weight.data[place * width..][..width].iter().map(move |&value| f64::from(value) * scale)
        };
        let rows = Rows {
            weight: part.order.iter().flat_map(row).collect(),
            bias: part.order.iter().map(|&place| f64::from(bias.data[place]) * scale).collect(),
        };
        sum = Some(match sum {
            None => rows,
            Some(sum) => Rows {
                weight: sum.weight.iter().zip(&rows.weight).map(|(a, b)| a + b).collect(),
                bias: sum.bias.iter().zip(&rows.bias).map(|(a, b)| a + b).collect(),
            },
        });
    }
    Ok(sum.unwrap_or(Rows { weight: Vec::new(), bias: Vec::new() }))
}

/// The networks side by side on one input, with a classifier that has no weights yet.
fn joined(
    networks: &[Vec<&Part<'_>>],
    classes: usize,
    size: usize,
) -> Result<(Graph, StateDict), DerivedError> {
    let graphs = || networks.iter().map(|network| network[0].graph);
    let images: Option<Vec<NodeId>> =
        graphs().map(|graph| averaged_image(graph).filter(|_| !graph.has_hellinger())).collect();
    let mut sides = Vec::new();
    for (graph, &image) in graphs().zip(images.iter().flatten()) {
        let shape = infer(graph, 1, size, size)?[image];
        sides.push([shape.h(), shape.w()]);
    }
    let ends = images.filter(|_| sides.windows(2).all(|pair| pair[0] == pair[1]));
    let input = Node { name: "input".to_owned(), op: Op::Input, inputs: Vec::new() };
    let mut nodes = vec![input];
    let mut state = StateDict::default();
    let mut joints = Vec::new();
    // Where the features of each network are.
    let mut features: Vec<NodeId> = Vec::new();
    for (place, network) in networks.iter().enumerate() {
        let Part { graph, .. } = network[0];
        let prefix = format!("member{}", place + 1);
        if let Some(twin) = networks[..place].iter().position(|other| same_backbone(other[0], network[0])) {
            features.push(features[twin]);
            joints.push(seen_by_classifier(&mut nodes, graph, &prefix, features[twin]));
            continue;
        }
        let before = nodes.len() - 1;
        let moved = |id: NodeId| if id == 0 { 0 } else { id + before };
        // The mean is taken of all images together.
        let last = if ends.is_some() { graph.backbone() } else { graph.backbone() + 1 };
        nodes.extend(graph.nodes[1..last].iter().map(|node| Node {
            name: format!("{prefix}.{}", node.name),
            op: node.op,
            inputs: node.inputs.iter().map(|&input| moved(input)).collect(),
        }));
        let end = moved(ends.as_ref().map_or(graph.backbone(), |ends| ends[place]));
        features.push(end);
        joints.push(seen_by_classifier(&mut nodes, graph, &prefix, end));
        for (name, tensor) in front(network[0]) {
            state.tensors.insert(format!("{prefix}.{name}"), tensor.clone());
        }
    }
    let mut push = |name: String, op: Op, inputs: Vec<NodeId>| {
        nodes.push(Node { name, op, inputs });
        nodes.len() - 1
    };
    let mut end = joints[0];
    for (place, &joint) in joints.iter().enumerate().skip(1) {
        end = push(format!("{JOINED}{place}"), Op::Concat, vec![end, joint]);
    }
    if ends.is_some() {
        end = push(POOL.to_owned(), Op::GlobalAveragePool, vec![end]);
    }
    push(CLASSIFIER.to_owned(), Op::Linear { features: classes }, vec![end]);
    let graph = Graph { name: "ensemble".to_owned(), nodes };
    graph.validate()?;
    Ok((graph, state))
}

/// The node of what the classifier of `graph` sees of the `features`.
fn seen_by_classifier(nodes: &mut Vec<Node>, graph: &Graph, prefix: &str, features: NodeId) -> NodeId {
    if !graph.has_hellinger() {
        return features;
    }
    nodes.push(Node { name: format!("{prefix}.hellinger"), op: Op::Hellinger, inputs: vec![features] });
    nodes.len() - 1
}

/// The image whose mean enters the classifier, if the network ends so.
fn averaged_image(graph: &Graph) -> Option<NodeId> {
    let pool = graph.nodes.get(graph.backbone())?;
    (pool.op == Op::GlobalAveragePool).then(|| pool.inputs.first().copied()).flatten()
}

#[cfg(test)]
mod tests {
    use foliar_nn::{Cpu, Device as _, EngineOptions, PredictionEngine, Statistics, zoo};

    use super::*;

    const SIZE: usize = 32;

    fn state(graph: &Graph, seed: u64) -> StateDict {
        let statistics = Statistics::Batch;
        let options =
            EngineOptions { image_size: SIZE, batch: 1, seed, optimizer: None, average: None, statistics };
        let mut state = Cpu.engine(graph, &options).unwrap().state();
        // Classifiers may begin with zeros.
        let classifier = format!("{}.", graph.nodes[graph.classifier()].name);
        for (_, tensor) in state.tensors.iter_mut().filter(|(name, _)| name.starts_with(&classifier)) {
            for (place, value) in tensor.data.iter_mut().enumerate() {
                *value += ((place as u64 * 7919 + seed * 31) % 101) as f32 / 500.0 - 0.1;
            }
        }
        state
    }

    fn logits(graph: &Graph, state: &StateDict, images: &[f32]) -> Vec<f32> {
        PredictionEngine::new(graph, state, SIZE, 2).unwrap().predict(images).unwrap()
    }

    fn images() -> Vec<f32> {
        (0..2 * SIZE * SIZE * 3).map(|place| ((place * 31) % 97) as f32 / 48.0 - 1.0).collect()
    }

    /// The ensemble of networks says the mean of what they say, whatever the order of their classes.
    fn check(models: [&str; 3], networks: usize, seeds: [u64; 3]) -> Ensemble {
        check_graphs(models.map(|model| zoo::build(model, 4).unwrap()), networks, seeds)
    }

    fn check_graphs(graphs: [Graph; 3], networks: usize, seeds: [u64; 3]) -> Ensemble {
        let models = graphs.each_ref().map(|graph| graph.name.as_str());
        let states: Vec<StateDict> =
            graphs.iter().zip(seeds).map(|(graph, seed)| state(graph, seed)).collect();
        let orders = [[0, 1, 2, 3], [2, 0, 3, 1], [1, 3, 0, 2]];
        let temperatures = [1.5, 0.7, 1.0];
        let parts: Vec<Part<'_>> = (0..3)
            .map(|i| Part {
                graph: &graphs[i],
                state: &states[i],
                temperature: temperatures[i],
                order: &orders[i],
            })
            .collect();
        let found = ensemble(&parts, SIZE).unwrap();
        assert_eq!(found.networks, networks, "{models:?}");
        let images = images();
        let said = logits(&found.graph, &found.state, &images);
        let of_members: Vec<Vec<f32>> =
            graphs.iter().zip(&states).map(|(graph, state)| logits(graph, state, &images)).collect();
        for (place, said) in said.iter().enumerate() {
            let (row, class) = (place / 4, place % 4);
            let mean =
                (0..3).map(|i| of_members[i][row * 4 + orders[i][class]] / temperatures[i] as f32 / 3.0);
            let mean: f32 = mean.sum();
            assert!((said - mean).abs() < 2e-4 * mean.abs().max(1.0), "{models:?} {place}: {said} {mean}");
        }
        found
    }

    #[test]
    fn it_says_the_mean_of_what_its_members_say() {
        let found = check(["baseline", "baseline", "baseline"], 3, [1, 2, 3]);
        // A heat map sees the images of all networks.
        let last = found.graph.last_image(SIZE, 2).unwrap();
        assert_eq!(found.graph.nodes[last].name, "joined2");
        check(["mobilenet_v1_0.25", "resnet18", "baseline"], 3, [1, 1, 1]);
        check(["mobilenet_v3_small", "baseline", "baseline"], 3, [1, 1, 2]);
    }

    #[test]
    fn square_roots_of_shares_belong_to_the_member_that_sees_them() {
        let plain = zoo::build("baseline", 4).unwrap();
        let roots = plain.with_hellinger();
        let other = zoo::build("resnet18", 4).unwrap().with_hellinger();
        check_graphs([roots.clone(), roots.clone(), roots.clone()], 1, [1, 1, 1]);
        check_graphs([plain.clone(), roots.clone(), other], 3, [1, 2, 3]);
        // One network before two classifiers that see it in two forms.
        let shared = check_graphs([plain.clone(), roots.clone(), roots], 2, [1, 1, 1]);
        let convolutions =
            |graph: &Graph| graph.nodes.iter().filter(|node| matches!(node.op, Op::Conv { .. })).count();
        assert_eq!(convolutions(&shared.graph), convolutions(&plain));
    }

    #[test]
    fn equal_networks_are_there_once() {
        let graph = zoo::build("baseline", 4).unwrap();
        let first = state(&graph, 1);
        let mut second = first.clone();
        let name = format!("{}.weight", graph.nodes[graph.classifier()].name);
        second.tensors.get_mut(&name).unwrap().data.reverse();
        let order = [0, 1, 2, 3];
        let parts =
            [&first, &second].map(|state| Part { graph: &graph, state, temperature: 1.0, order: &order });
        let found = ensemble(&parts, SIZE).unwrap();
        assert_eq!((found.networks, &found.graph), (1, &graph));
        let images = images();
        let [one, two] = [&first, &second].map(|state| logits(&graph, state, &images));
        let said = logits(&found.graph, &found.state, &images);
        for ((said, one), two) in said.iter().zip(one).zip(two) {
            assert!((said - (one + two) / 2.0).abs() < 1e-4, "{said} {one} {two}");
        }
    }

    #[test]
    fn a_classifier_that_is_a_convolution_has_no_linear_mean() {
        assert!(obstacle(&zoo::build("squeezenet1_0", 4).unwrap(), 64).unwrap().is_some());
        for model in ["baseline", "resnet18", "mobilenet_v3_small", "vgg16_bn"] {
            assert_eq!(obstacle(&zoo::build(model, 4).unwrap(), 64).unwrap(), None, "{model}");
        }
    }
}
