//! Networks whose reasons are known because their weights are set by hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_explain::{Classifier, ExplainError, Explainer, Explanation, Method, overlay, png, side_by_side};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, Node, Op, Sliding, StateDict, Statistics, Tensor};
use foliar_vision::{Preprocessing, Rgb};

const SIDE: u32 = 64;
/// Begin of the coloured corner, right and below.
const CORNER: u32 = 52;
const GREEN: usize = 0;
const MAGENTA: usize = 1;

fn graph() -> Graph {
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("conv", Op::Conv { channels: 2, window: Sliding::new(1, 1, 0), bias: false }, &[0]),
        ("relu", Op::Relu, &[1]),
        ("pool", Op::AveragePool { window: Sliding::new(4, 4, 0) }, &[2]),
        ("mean", Op::GlobalAveragePool, &[3]),
        ("fc", Op::Linear { features: 2 }, &[4]),
    ];
    let node = |&(name, op, inputs): &(&str, Op, &[usize])| Node {
        name: name.to_owned(),
        op,
        inputs: inputs.to_vec(),
    };
    Graph { name: "by hand".into(), nodes: nodes.iter().map(node).collect() }
}

/// One channel sees green, the other magenta; each speaks for its class, and against the other a little.
fn by_hand() -> StateDict {
    let tensor = |shape: &[usize], data: &[f32]| Tensor { shape: shape.to_vec(), data: data.to_vec() };
    let tensors = [
        ("conv.weight", tensor(&[2, 3, 1, 1], &[-1.0, 2.0, -1.0, 1.0, -2.0, 1.0])),
        ("fc.weight", tensor(&[2, 2], &[2.0, -0.5, -0.5, 30.0])),
        ("fc.bias", tensor(&[2], &[0.0, 0.0])),
    ];
    StateDict { tensors: tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into(), steps: 0 }
}

/// Random weights: the network before it has learned anything.
fn untaught(seed: u64) -> StateDict {
    let options = EngineOptions {
        image_size: SIDE as usize,
        batch: 1,
        seed,
        optimizer: None,
        average: None,
        statistics: Statistics::Running,
    };
    let mut state = CpuEngine::new(&graph(), options).unwrap().state();
    // A classifier begins at zero, where it has no gradient.
    let weights = &mut state.tensors.get_mut("fc.weight").unwrap().data;
    weights.iter_mut().zip(1..).for_each(|(weight, place)| *weight = ((seed * 7 + place) as f32).sin());
    state
}

/// A green disc on grey, with a magenta corner or without.
fn photograph(marked: bool) -> Rgb {
    let pixel = |place: u32| -> [u8; 3] {
        let (x, y) = (place % SIDE, place / SIDE);
        let half = SIDE as f32 / 2.0;
        let leaf = (x as f32 + 0.5 - half).hypot(y as f32 + 0.5 - half) < 20.0;
        match (leaf, marked && x >= CORNER && y >= CORNER) {
            (true, _) => [50, 130, 45],
            (false, true) => [220, 40, 210],
            (false, false) => [150, 148, 152],
        }
    };
    Rgb::new(SIDE, SIDE, (0..SIDE * SIDE).flat_map(pixel).collect())
}

fn preprocessing() -> Preprocessing {
    Preprocessing { store_side: SIDE, resize_side: SIDE, ..Preprocessing::minus_one_to_one(SIDE) }
}

fn explain(state: &StateDict, method: Method, photo: &Rgb, class: Option<usize>) -> Explanation {
    let (graph, preprocessing) = (graph(), preprocessing());
    let classifier = Classifier { graph: &graph, state, preprocessing: &preprocessing, temperature: 1.0 };
    Explainer::new(classifier, method).unwrap().explain(photo, class).unwrap()
}

#[test]
fn a_mark_beside_the_leaf_is_found_by_both_methods() {
    let photo = photograph(true);
    for method in [Method::GradCam, Method::Occlusion] {
        let marked = explain(&by_hand(), method, &photo, None);
        assert_eq!((marked.class, marked.predicted), (MAGENTA, MAGENTA), "{method:?}");
        let share = marked.background.unwrap();
        assert!(share.evidence > 0.95 && share.ratio() > 1.2, "{method:?}: {share:?}");
        let hottest = |x: u32, y: u32| marked.heat.values[(y * SIDE + x) as usize];
        assert!(hottest(60, 60) > 0.8 && hottest(32, 32) < 0.05, "{method:?}");

        let leaf = explain(&by_hand(), method, &photo, Some(GREEN));
        assert_eq!((leaf.class, leaf.predicted), (GREEN, MAGENTA), "{method:?}");
        let share = leaf.background.unwrap();
        assert!(share.ratio() < 0.5, "{method:?}: {share:?}");
    }
}

/// Adebayo et al., *Sanity Checks for Saliency Maps*, 2018: a map that does not depend on the weights explains nothing. Some
/// random weights see what the taught ones see; most do not.
#[test]
fn the_maps_of_networks_that_learned_nothing_differ() {
    const NETWORKS: u64 = 20;
    let photo = photograph(true);
    for class in [GREEN, MAGENTA] {
        let map = |state: &StateDict| explain(state, Method::GradCam, &photo, Some(class)).heat.values;
        let taught = map(&by_hand());
        assert!(correlation(&taught, &map(&by_hand())) > 0.999);
        let sum: f64 = (1..=NETWORKS).map(|seed| correlation(&taught, &map(&untaught(seed)))).sum();
        let mean = sum / NETWORKS as f64;
        assert!(mean < 0.5, "class {class}: {mean}");
    }
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f(f64::from(a) - ma, f64::from(b) - mb)).sum()
    };
    let spread = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    // A flat map goes along with nothing.
    if spread > 0.0 { sum(&|a, b| a * b) / spread } else { 0.0 }
}

#[test]
fn a_border_that_the_crop_leaves_carries_no_heat() {
    let (graph, state) = (graph(), by_hand());
    let cropped = Preprocessing { size: 48, ..preprocessing() };
    let classifier = Classifier { graph: &graph, state: &state, preprocessing: &cropped, temperature: 1.0 };
    // Of the 12 pixels of the corner the crop leaves 4.
    let explanation = Explainer::new(classifier, Method::GradCam)
        .unwrap()
        .explain(&photograph(true), Some(MAGENTA))
        .unwrap();
    let heat = |x: u32, y: u32| explanation.heat.values[(y * SIDE + x) as usize];
    assert!(heat(54, 54) > 0.8 && heat(57, 57) == 0.0 && heat(4, 32) == 0.0, "{}", heat(54, 54));
}

#[test]
fn temperature_changes_probabilities_and_nothing_else() {
    let (graph, state, preprocessing) = (graph(), by_hand(), preprocessing());
    let with = |temperature| {
        let classifier =
            Classifier { graph: &graph, state: &state, preprocessing: &preprocessing, temperature };
        Explainer::new(classifier, Method::GradCam).unwrap().explain(&photograph(true), None).unwrap()
    };
    let (sharp, soft) = (with(1.0), with(4.0));
    assert_eq!(sharp.heat, soft.heat);
    assert!(sharp.probabilities[MAGENTA] > soft.probabilities[MAGENTA]);
    assert!((soft.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn pictures_show_the_photograph_and_its_overlay() {
    let photo = photograph(true);
    let explanation = explain(&by_hand(), Method::GradCam, &photo, None);
    let over = overlay(&photo, &explanation);
    let pixel = |x: u32, y: u32| &over.pixels[3 * (y * SIDE + x) as usize..][..3];
    // Hot is bright, cold is dark.
    let brightness = |pixel: &[u8]| pixel.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    assert!(brightness(pixel(60, 60)) > 2 * brightness(pixel(32, 32)));
    let both = side_by_side(&photo, &explanation);
    assert_eq!((both.width, both.height), (2 * 256 + 8, 256));
    let bytes = png(&both).unwrap();
    let decoded = foliar_vision::decode_bytes(&bytes, &foliar_vision::Limits::default()).unwrap();
    assert_eq!(decoded, both);
}

#[test]
fn what_can_not_be_explained_is_said() {
    let explainer = |state: &StateDict| {
        let (graph, preprocessing) = (graph(), preprocessing());
        let classifier = Classifier { graph: &graph, state, preprocessing: &preprocessing, temperature: 1.0 };
        Explainer::new(classifier, Method::GradCam)
    };
    let mut state = by_hand();
    let error = explainer(&state).unwrap().explain(&photograph(false), Some(2)).unwrap_err();
    assert!(matches!(error, ExplainError::Class { class: 2, classes: 2 }), "{error}");

    state.tensors.get_mut("fc.bias").unwrap().data[0] = f32::NAN;
    let error = explainer(&state).unwrap().explain(&photograph(false), None).unwrap_err();
    assert!(matches!(error, ExplainError::NotFinite), "{error}");

    state.tensors.remove("conv.weight");
    let error = explainer(&state).err().unwrap();
    assert!(error.to_string().contains("conv.weight"), "{error}");
}

#[test]
fn networks_without_a_common_image_are_explained_by_covering_alone() {
    let conv = Op::Conv { channels: 2, window: Sliding::new(1, 1, 0), bias: false };
    let nodes: &[(&str, Op, &[usize])] = &[
        ("input", Op::Input, &[]),
        ("one", conv, &[0]),
        ("one.mean", Op::GlobalAveragePool, &[1]),
        ("two", conv, &[0]),
        ("two.mean", Op::GlobalAveragePool, &[3]),
        ("joined", Op::Concat, &[2, 4]),
        ("fc", Op::Linear { features: 2 }, &[5]),
    ];
    let node = |&(name, op, inputs): &(&str, Op, &[usize])| Node {
        name: name.to_owned(),
        op,
        inputs: inputs.to_vec(),
    };
    let graph = Graph { name: "two by hand".into(), nodes: nodes.iter().map(node).collect() };
    let mut state = by_hand();
    let filters = state.tensors.remove("conv.weight").unwrap();
    state.tensors.extend(["one", "two"].map(|name| (format!("{name}.weight"), filters.clone())));
    let rows = vec![2.0, -0.5, 2.0, -0.5, -0.5, 30.0, -0.5, 30.0];
    state.tensors.insert("fc.weight".to_owned(), Tensor { shape: vec![2, 4], data: rows });
    let preprocessing = preprocessing();
    let classifier =
        Classifier { graph: &graph, state: &state, preprocessing: &preprocessing, temperature: 1.0 };
    assert!(matches!(Explainer::new(classifier, Method::GradCam), Err(ExplainError::NoImage)));
    let explained = Explainer::new(classifier, Method::Occlusion).unwrap().explain(&photograph(true), None);
    assert_eq!(explained.unwrap().probabilities.len(), 2);
}
