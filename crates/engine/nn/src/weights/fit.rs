//! From the names of a file to the names of a graph.

use crate::graph::{Graph, Node, NodeId, Op};
use crate::parameters::{Parameter, Parameters};
use crate::shapes;
use crate::tensor::{StateDict, Tensor};
use crate::zoo;

use super::WeightFile;
use super::error::{Conclusion, FitError, Mismatch};
use super::layout::agree;
use super::location::{Location, locations};
use super::naming::{InputConvention, Naming};
use super::positions;

/// Side of the image at which shapes are inferred. Weights do not depend on it, and every network takes it.
const IMAGE_SIDE: usize = 224;
/// Counters that PyTorch's batch norm keeps and nothing reads.
const COUNTER: &str = "num_batches_tracked";

/// Weights with the names, shapes and order of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// All tensors of the graph, without those of the classifier if it is replaced. Position embeddings have as many places as
    /// in the file, until [`fit_positions`](super::fit_positions) resamples them.
    pub state: StateDict,
    /// Whose names the file had.
    pub naming: Naming,
    /// What stood before each name, such as `module.`; often nothing.
    pub prefix: String,
    /// What stands before the names of other weights in the file that would fit as well; see [`WeightFile::keep_under`].
    pub alternatives: Vec<String>,
    /// Set if the file's classifier cannot be used; the caller draws a fresh one.
    pub replaced_classifier: Option<ReplacedClassifier>,
    /// Tensors of the file that the graph has no place for, sorted.
    pub unused: Vec<String>,
    /// What the images should look like.
    pub input: InputConvention,
    /// Whether class 0 of the file is "background", as TensorFlow-slim has it.
    pub background_class: bool,
}

/// A classifier of another number of classes, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplacedClassifier {
    /// The graph's node.
    pub node: String,
    /// Classes in the file; `None` if the file has no classifier.
    pub classes_in_file: Option<usize>,
    /// Classes of the graph.
    pub classes: usize,
}

/// Gives the tensors of `file` the names and layouts of `graph`, whatever stands before them in the file. Of several sets of
/// weights that fit, one whose name says that it is an average is taken (`ema`, `teacher`, `swa`), else the one with the
/// fewest words before its names, else the first by name.
///
/// A classifier of another width than the graph's, or none, is left out and reported; everything else must fit.
///
/// # Errors
/// All tensors that are missing, of another shape or not finite, and what follows from that.
pub fn fit(graph: &Graph, mut file: WeightFile) -> Result<Fitted, FitError> {
    let parameters = Parameters::new(graph, &shapes::infer(graph, 1, IMAGE_SIDE, IMAGE_SIDE)?)?;
    let backbone = Backbone::of(graph, &parameters);
    let places = locations(graph, &parameters.list, backbone.classifier, &file.tensors);
    let is_whole = |place: &&Location| place.held == backbone.parameters;
    let alternatives = places.iter().filter(is_whole).skip(1).map(|place| place.prefix.clone());
    let mut alternatives: Vec<String> = alternatives.collect();
    let place = places.first().cloned().unwrap_or(Location::nowhere());
    // A naming that has no name for the outermost module finds the same tensors once more.
    alternatives.retain(|prefix| !same_tensors(prefix, &place.prefix));
    let other = if is_whole(&&place) { None } else { network_of(&file).filter(|name| *name != graph.name) };
    let few: Vec<String> = file.tensors.keys().take(3).cloned().collect();
    let replaced_classifier = replaced(graph, &parameters, &mut file, &place);
    let mut state = StateDict::default();
    let mut mismatches = Vec::new();
    for parameter in &parameters.list {
        let node = &graph.nodes[parameter.node];
        if replaced_classifier.as_ref().is_some_and(|classifier| classifier.node == node.name) {
            continue;
        }
        match take(&mut file, &place, node, parameter) {
            Ok(tensor) => {
                state.tensors.insert(parameter.name.clone(), tensor);
            }
            Err(mismatch) => mismatches.push(mismatch),
        }
    }
    let Location { naming, prefix, .. } = place;
    if !mismatches.is_empty() {
        let (model, wanted) = (graph.name.clone(), parameters.list.len());
        let fitting = state.tensors.len();
        let conclusion = Conclusion::of(other, fitting, &mismatches, few);
        return Err(FitError::Mismatch { model, naming, prefix, fitting, wanted, mismatches, conclusion });
    }
    let unused = file.tensors.into_keys().filter(|name| !name.ends_with(COUNTER)).collect();
    let background_class = naming == Naming::TensorFlowSlim;
    let input = naming.input(&graph.name);
    Ok(Fitted { state, naming, prefix, alternatives, replaced_classifier, unused, input, background_class })
}

/// The network of [`crate::zoo`] that the tensors of `file` are of, whatever stands before their names: of those that it
/// fills, but for the classifier, the one with the most parameters, since a deep network's file may fill a shallower one of
/// its kind too. `None` if it fills none.
#[must_use]
pub fn network_of(file: &WeightFile) -> Option<&'static str> {
    let full = shares(file).into_iter().filter(|share| share.held == share.wanted);
    full.max_by_key(|share| share.wanted).map(|share| share.model)
}

/// The network of [`crate::zoo`] of which `file` holds the largest share of tensors by name and shape, the classifier not counted;
/// `None` if it holds no tensor of any.
#[must_use]
pub fn nearest_network(file: &WeightFile) -> Option<Share> {
    let any = shares(file).into_iter().filter(|share| share.held > 0);
    // Exact: a / b < c / d where a d < c b.
    any.max_by(|a, b| (a.held * b.wanted).cmp(&(b.held * a.wanted)).then(a.held.cmp(&b.held)))
}

/// How much of a network a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The network's name.
    pub model: &'static str,
    /// Tensors of the network, without those of the classifier, that are in the file.
    pub held: usize,
    /// Those that the network has.
    pub wanted: usize,
}

/// How much of each network `file` holds.
fn shares(file: &WeightFile) -> Vec<Share> {
    let share = |model: &&'static str| {
        let graph = zoo::build(model, 2).ok()?;
        let shapes = shapes::infer(&graph, 1, IMAGE_SIDE, IMAGE_SIDE).ok()?;
        let parameters = Parameters::new(&graph, &shapes).ok()?;
        let backbone = Backbone::of(&graph, &parameters);
        let places = locations(&graph, &parameters.list, backbone.classifier, &file.tensors);
        let held = places.first().map_or(0, |place| place.held);
        Some(Share { model, held, wanted: backbone.parameters })
    };
    zoo::MODELS.iter().filter_map(share).collect()
}

/// The part of a network that a file must fill.
struct Backbone {
    /// The node that is not part of it.
    classifier: NodeId,
    /// How many parameters it has.
    parameters: usize,
}

impl Backbone {
    fn of(graph: &Graph, parameters: &Parameters) -> Self {
        let classifier = parameters.list.last().map_or_else(|| graph.classifier(), |last| last.node);
        let others = parameters.list.iter().filter(|parameter| parameter.node != classifier);
        Self { classifier, parameters: others.count() }
    }
}

/// Whether two prefixes differ by `features.` alone, so that both find the same tensors.
fn same_tensors(a: &str, b: &str) -> bool {
    let bare = |prefix: &str| prefix.strip_suffix("features.").unwrap_or(prefix).to_owned();
    bare(a) == bare(b)
}

/// Takes a parameter's tensor out of the file.
fn take(
    file: &mut WeightFile,
    place: &Location,
    node: &Node,
    parameter: &Parameter,
) -> Result<Tensor, Mismatch> {
    let (names, layout) = place.names(&node.name, parameter);
    let (name, expected) = (parameter.name.clone(), parameter.shape.clone());
    let Some((foreign, tensor)) = names.iter().find_map(|name| file.tensors.remove_entry(name)) else {
        let foreign = names.into_iter().next().unwrap_or_default();
        return Err(Mismatch::Missing { name, foreign, expected });
    };
    if !positions::fits(node, parameter, &layout.ours(&tensor.shape)) {
        return Err(Mismatch::Shape { name, foreign, expected, found: tensor.shape });
    }
    let count = tensor.data.iter().filter(|value| !value.is_finite()).count();
    if count > 0 {
        return Err(Mismatch::NotFinite { name, foreign, count });
    }
    if let Op::PositionEmbedding { extra } = node.op {
        return Ok(positions::with_extra(tensor, extra));
    }
    Ok(Tensor { shape: expected, data: layout.reorder(&tensor.shape, tensor.data) })
}

/// Whether the classifier must be replaced: all that differs is the number of classes, or the file has none. Its tensors
/// are then taken out of the file.
fn replaced(
    graph: &Graph,
    parameters: &Parameters,
    file: &mut WeightFile,
    place: &Location,
) -> Option<ReplacedClassifier> {
    let id = parameters.list.last()?.node;
    let node = &graph.nodes[id].name;
    let tensors: Vec<_> = parameters.list.iter().filter(|parameter| parameter.node == id).collect();
    let mut in_file = Vec::new();
    let mut names_in_file = Vec::new();
    for parameter in &tensors {
        let (names, layout) = place.names(node, parameter);
        let found =
            names.into_iter().find_map(|name| Some((layout.ours(&file.tensors.get(&name)?.shape), name)));
        let Some((shape, name)) = found else { continue };
        in_file.push((shape, &parameter.shape));
        names_in_file.push(name);
    }
    let classes = tensors[0].shape[0];
    let classes_in_file = in_file.first().and_then(|(shape, _)| shape.first().copied());
    let other_width = in_file.len() == tensors.len()
        && in_file.iter().all(|(found, expected)| match found.split_first() {
            Some((&width, rest)) => {
                width != classes && Some(width) == classes_in_file && agree(rest, &expected[1..])
            }
            None => false,
        });
    if !in_file.is_empty() && !other_width {
        return None;
    }
    for name in names_in_file {
        file.tensors.remove(&name);
    }
    Some(ReplacedClassifier { node: node.clone(), classes_in_file, classes })
}
