//! Training that begins with weights from a file instead of random ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foliar_model::{Bundle, FileError, TrainingDigests, is_uncertainty};
use foliar_nn::weights::{self, Fitted, Naming, Resampled, Share, WeightFile, grouped};
use foliar_nn::{Graph, StateDict, zoo};
use foliar_vision::{Preprocessing, counted};

use crate::error::TrainError;
use crate::initial_weights::{InitialWeights, LearnedFrom};
use crate::known_classes::{KnownClass, known_classes};
use crate::recipe::Recipe;

/// Classes that a note names.
const NAMED: usize = 10;

/// How the photographs were prepared that the weights were trained on: (RGB / 255 - mean) / std.
#[derive(Clone, Debug, PartialEq)]
pub struct Convention {
    /// Mean of red, green and blue.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue.
    pub std: [f32; 3],
    /// Side of the photographs in pixels, where the file says so.
    pub size: Option<usize>,
    /// All of it, where the file is a bundle.
    pub preprocessing: Option<Preprocessing>,
}

impl Convention {
    /// The preprocessing for `model` at `size`, else at the side that the file names, else at `usual`. The proportions of a
    /// bundle are kept at every size.
    #[must_use]
    pub fn prepare(&self, model: &str, size: Option<u32>, usual: u32) -> Preprocessing {
        let size = size.or(self.size.map(|size| size as u32)).unwrap_or(usual);
        match &self.preprocessing {
            Some(own) => {
                let scaled =
                    |side: u32| (f64::from(side) * f64::from(size) / f64::from(own.size)).round() as u32;
                let [store_side, resize_side] = [own.store_side, own.resize_side].map(scaled);
                Preprocessing { store_side, resize_side, size, ..own.clone() }
            }
            None => Preprocessing { mean: self.mean, std: self.std, ..Recipe::preprocessing(model, size) },
        }
    }
}

/// What a file gives a network to begin with.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// Weights of all but the classifier.
    state: StateDict,
    /// Of the classifier, what the file knows of a class.
    rows: Vec<Row>,
    /// What there is to say of it.
    pub(crate) notes: Vec<String>,
}

/// The part of a tensor of the classifier that belongs to one class.
#[derive(Debug)]
struct Row {
    tensor: String,
    class: usize,
    values: Vec<f32>,
}

impl Given {
    /// Whether an older classifier knows some of the classes, so that training goes on from it.
    pub(crate) fn knows_classes(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Puts it into a network's weights, in the place of those that are there.
    pub(crate) fn put_into(&self, state: &mut StateDict) {
        let given = self.state.tensors.iter();
        state.tensors.extend(given.map(|(name, tensor)| (name.clone(), tensor.clone())));
        for Row { tensor, class, values } in &self.rows {
            let Some(tensor) = state.tensors.get_mut(tensor) else { continue };
            let place = class * values.len()..(class + 1) * values.len();
            if let Some(old) = tensor.data.get_mut(place) {
                old.copy_from_slice(values);
            }
        }
    }
}

/// What a file of weights is.
enum Source {
    /// A classifier of foliar.
    Bundle(Box<Bundle>),
    /// Weights alone.
    Weights(WeightFile),
}

/// A file of weights that has been read.
pub struct OpenedWeights {
    file: PathBuf,
    digest: String,
    key: Option<String>,
    source: Source,
}

impl OpenedWeights {
    /// Reads `file`: all of it, or what lies under `key` if there is one.
    ///
    /// # Errors
    /// A file that cannot be read, or has nothing under the key.
    pub fn read(file: &Path, key: Option<&str>) -> Result<Self, TrainError> {
        let bytes = read(file)?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let source = source(file, bytes, key)?;
        Ok(Self { file: file.to_owned(), digest, key: key.map(str::to_owned), source })
    }

    /// The network whose weights it holds; `None` if it is none that is known.
    #[must_use]
    pub fn network(&self) -> Option<&'static str> {
        match &self.source {
            Source::Bundle(bundle) => {
                let known = zoo::MODELS.into_iter().find(|name| *name == bundle.graph.name);
                known.or_else(|| weights::network_of(&tensors_of(bundle)))
            }
            Source::Weights(tensors) => weights::network_of(tensors),
        }
    }

    /// The network of which it holds the largest share of tensors; `None` if it holds no tensor of any.
    #[must_use]
    pub fn nearest(&self) -> Option<Share> {
        match &self.source {
            Source::Bundle(bundle) => weights::nearest_network(&tensors_of(bundle)),
            Source::Weights(tensors) => weights::nearest_network(tensors),
        }
    }

    /// Makes sure that it holds weights of `model`, and tells how its photographs were prepared.
    ///
    /// # Errors
    /// Other weights, with what follows from the tensors that do not fit.
    pub fn examine(self, model: &str) -> Result<(InitialWeights, Convention), TrainError> {
        let Self { file, digest, key, source } = self;
        let graph = zoo::build(model, 2)?;
        let mut hellinger = false;
        let (convention, learned_from) = match source {
            Source::Bundle(bundle) => {
                hellinger = bundle.graph.has_hellinger();
                fit(&file, tensors_of(&bundle), &graph)?;
                let Preprocessing { mean, std, size, .. } = bundle.preprocessing;
                let preprocessing = Some(bundle.preprocessing);
                (Convention { mean, std, size: Some(size as usize), preprocessing }, bundle.training_digests)
            }
            Source::Weights(tensors) => {
                let input = fit(&file, tensors, &graph)?.input;
                (
                    Convention { mean: input.mean, std: input.std, size: input.size, preprocessing: None },
                    TrainingDigests::default(),
                )
            }
        };
        let file = fs::canonicalize(&file).unwrap_or(file);
        Ok((
            InitialWeights {
                file,
                digest,
                key,
                hellinger,
                learned_from: LearnedFrom(Some(Arc::new(learned_from))),
            },
            convention,
        ))
    }
}

impl InitialWeights {
    /// What the file gives to `graph`, whose classes are `classes` and whose photographs are prepared by `preprocessing`. The
    /// classifier of a bundle is taken over class by class, by name; that of other files says nothing of names and is not.
    ///
    /// # Errors
    /// As [`OpenedWeights::examine`], and a file that is not the one that the recipe names.
    pub(crate) fn load(
        &self,
        graph: &Graph,
        classes: &[String],
        preprocessing: &Preprocessing,
    ) -> Result<Given, TrainError> {
        let mut given = Given::default();
        let (tensors, bundle) = match self.source()? {
            Source::Bundle(bundle) => (tensors_of(&bundle), Some(bundle)),
            Source::Weights(tensors) => {
                if kind(&tensors).as_deref() == Some("checkpoint") {
                    given.notes.push(format!(
                        "{} is a checkpoint, which does not say what photos it has learned from: if they are among these, results are optimistic. The run's model.foliar says so",
                        self.name()
                    ));
                }
                (tensors, None)
            }
        };
        let fitted = fit(&self.file, tensors, graph)?;
        let classifier = format!("{}.", graph.nodes[graph.classifier()].name);
        given.notes.extend(notes(&fitted));
        given.notes.extend(twin(&fitted, &graph.name).map(|twin| {
            format!(
                "timm's {0} and {twin} cannot be told apart by the file: {0} is assumed. Results suffer if it is the other",
                graph.name
            )
        }));
        match &bundle {
            Some(bundle) => {
                let known = known_classes(classes, &bundle.classes);
                given.rows = rows(bundle, &classifier, &known);
                if !classes.is_empty() {
                    given.notes.push(self.words_on_classes(classes, &bundle.classes, &known));
                }
                given.notes.push(self.words_on_size(&bundle.preprocessing, preprocessing));
                if bundle.training_digests.is_empty() {
                    given.notes.push(format!(
                        "{} does not say what photos it has learned from: if they are among these, results are optimistic",
                        self.name()
                    ));
                }
            }
            None => given.notes.extend(words_on_classifier(&fitted, &classifier, graph.classes())),
        }
        given.state = fitted.state;
        let resampled = weights::fit_positions(graph, &mut given.state, preprocessing.size as usize)?;
        given.notes.extend(resampled.iter().map(|Resampled { name, from, to }| {
            format!("{name} is resampled from {from} x {from} to {to} x {to} patches, which is what photos of {0} x {0} pixels have", preprocessing.size)
        }));
        given.state.tensors.retain(|name, _| !name.starts_with(&classifier));
        Ok(given)
    }

    /// Photographs that the weights are known to have learned from: none unless they are a bundle.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not the one that the recipe names.
    pub fn learned_from(&self) -> Result<TrainingDigests, TrainError> {
        if let Some(known) = &self.learned_from.0 {
            return Ok(TrainingDigests::clone(known));
        }
        Ok(match self.source()? {
            Source::Bundle(bundle) => bundle.training_digests,
            Source::Weights(_) => TrainingDigests::default(),
        })
    }

    fn source(&self) -> Result<Source, TrainError> {
        let bytes = read(&self.file)?;
        if blake3::hash(&bytes).to_hex().as_str() != self.digest {
            let what = "these are not the weights that the run began with; put the old file back".to_owned();
            return Err(FileError::Damaged { path: self.file.clone(), what }.into());
        }
        source(&self.file, bytes, self.key.as_deref())
    }

    /// Which classes the old classifier knows.
    fn words_on_classes(&self, new: &[String], old: &[String], known: &[KnownClass]) -> String {
        let file = self.name();
        if known.is_empty() {
            return format!(
                "none of the {} classes is known to {file}, whose classes are {}; the classifier starts from random weights",
                new.len(),
                listed(old.iter().cloned())
            );
        }
        let taken = known.iter().map(|known| match (&new[known.new], &old[known.old]) {
            (new, old) if new == old => new.clone(),
            (new, old) => format!("{new} (there {old})"),
        });
        let fresh = (0..new.len()).filter(|place| known.iter().all(|known| known.new != *place));
        let fresh = listed(fresh.map(|place| new[place].clone()));
        let rest = if fresh.is_empty() { String::new() } else { format!("; fresh: {fresh}") };
        format!("{} of {} classes known to {file}: {}{rest}", known.len(), new.len(), listed(taken))
    }

    /// At which size the old classifier saw photographs.
    fn words_on_size(&self, old: &Preprocessing, new: &Preprocessing) -> String {
        let file = self.name();
        if old == new {
            return format!("image size {0} x {0} and colour statistics as in {file}", new.size);
        }
        format!(
            "{file} was trained on photos of {0} x {0} pixels, this run uses {1} x {1}; without --image-size it would use those of the file",
            old.size, new.size
        )
    }
}

fn read(file: &Path) -> Result<Vec<u8>, FileError> {
    foliar_files::read(file).map_err(|source| FileError::Io { path: file.to_owned(), source })
}

fn source(file: &Path, bytes: Vec<u8>, key: Option<&str>) -> Result<Source, TrainError> {
    let mut tensors = weights::read(&bytes).map_err(|error| damaged(file, error.to_string()))?;
    if kind(&tensors).as_deref() == Some("bundle") {
        if key.is_some() {
            let what = "a bundle holds one set of weights; leave --weights-key out".to_owned();
            return Err(damaged(file, what).into());
        }
        drop(tensors);
        let bundle = Bundle::from_bytes(bytes).map_err(|what| damaged(file, what))?;
        if !bundle.provenance.members.is_empty() && !zoo::MODELS.contains(&bundle.graph.name.as_str()) {
            let what =
                "it was merged from several networks, and training begins with one: give one of the runs"
                    .to_owned();
            return Err(damaged(file, what).into());
        }
        return Ok(Source::Bundle(Box::new(bundle)));
    }
    if let Some(key) = key {
        tensors.keep_under(key).map_err(|error| damaged(file, error.to_string()))?;
    }
    Ok(Source::Weights(tensors))
}

/// What a file of foliar says that it is; `None` for files of others.
fn kind(tensors: &WeightFile) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(tensors.metadata.get("foliar")?).ok()?;
    Some(document.get("kind")?.as_str()?.to_owned())
}

/// The tensors of a bundle, as a file has them.
fn tensors_of(bundle: &Bundle) -> WeightFile {
    WeightFile {
        format: weights::Format::Safetensors,
        tensors: bundle.state.tensors.clone(),
        integers: Vec::new(),
        metadata: Default::default(),
    }
}

/// The rows of a bundle's classifier for the classes that are known to it.
fn rows(bundle: &Bundle, classifier: &str, known: &[KnownClass]) -> Vec<Row> {
    let count = bundle.classes.len();
    let tensors = bundle.state.tensors.iter().filter(|(name, _)| name.starts_with(classifier));
    let mut rows = Vec::new();
    for (name, tensor) in tensors.filter(|(_, tensor)| tensor.shape.first() == Some(&count)) {
        let width = tensor.data.len() / count;
        rows.extend(known.iter().map(|&KnownClass { new, old }| Row {
            tensor: name.clone(),
            class: new,
            values: tensor.data[old * width..(old + 1) * width].to_vec(),
        }));
    }
    rows
}

fn fit(file: &Path, tensors: WeightFile, graph: &Graph) -> Result<Fitted, TrainError> {
    let fitted = weights::fit(graph, tensors).map_err(|error| damaged(file, error.to_string()))?;
    match twin(&fitted, &graph.name) {
        Some(twin) if is_named_as(file, twin) => {
            let what = format!(
                "its name says that these are weights of timm's {twin}, which pads otherwise than {0} and has another epsilon: foliar does not \
                 have it. Take timm's {0}, or rename the file if it holds that",
                graph.name
            );
            Err(damaged(file, what).into())
        }
        _ => Ok(fitted),
    }
}

/// The network of timm, with TensorFlow's padding and epsilon, whose files have the very names and shapes of one of timm's `model`.
fn twin(fitted: &Fitted, model: &str) -> Option<&'static str> {
    // Of the networks here timm has these twice.
    let twins = [
        ("efficientnet_b0", "tf_efficientnet_b0"),
        ("efficientnet_b1", "tf_efficientnet_b1"),
        ("efficientnet_b2", "tf_efficientnet_b2"),
        ("efficientnet_b3", "tf_efficientnet_b3"),
    ];
    let (_, twin) = twins.into_iter().find(|(own, _)| *own == model)?;
    (fitted.naming == Naming::Timm).then_some(twin)
}

/// Whether the file's name speaks of TensorFlow as timm's do, or a folder's is of `twin`: in caches all files have one name.
fn is_named_as(file: &Path, twin: &str) -> bool {
    let name = file.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().contains("tf_"));
    name || file.iter().any(|part| part.to_string_lossy().to_lowercase().contains(twin))
}

/// Where the weights lie in the file, and what of it is not used.
fn notes(fitted: &Fitted) -> Vec<String> {
    let Fitted { prefix, alternatives, unused, .. } = fitted;
    let mut notes = Vec::new();
    if !alternatives.is_empty() {
        let bare = |prefix: &String| prefix.trim_end_matches(['.', '/']).to_owned();
        let (others, first) = (listed(alternatives.iter().map(bare)), bare(&alternatives[0]));
        notes.push(format!(
            "the file holds several sets of weights: `{}` is used, not {others} (which --weights-key {first} would use)",
            bare(prefix)
        ));
    } else if !prefix.is_empty() {
        notes.push(format!("the weights are those under `{prefix}`"));
    }
    let is_other = |name: &&String| {
        is_uncertainty(name) || alternatives.iter().any(|prefix| name.starts_with(prefix.as_str()))
    };
    let unused: Vec<&str> = unused.iter().filter(|name| !is_other(name)).map(String::as_str).collect();
    if !unused.is_empty() {
        notes.push({
            let tensors = counted(unused.len(), "tensor of the file is", "tensors of the file are");
            format!("{tensors} not used: {}", grouped(unused))
        });
    }
    notes
}

/// Why the classifier of a file that does not say what its classes are is not used.
fn words_on_classifier(fitted: &Fitted, classifier: &str, classes: usize) -> Option<String> {
    let begin = format!(
        "the classifier `{}` starts from random weights for {classes} classes",
        classifier.trim_end_matches('.')
    );
    Some(match &fitted.replaced_classifier {
        None => format!("{begin}; the file does not say which classes its own are"),
        Some(replaced) => match replaced.classes_in_file {
            Some(before) => format!("{begin}; that of the file has {before} classes"),
            None => format!("{begin}; the file has none"),
        },
    })
}

/// Some of the words, parted by commas, and how many more there are.
fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    let more = words.len().saturating_sub(NAMED);
    let named = words[..words.len() - more].join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

fn damaged(file: &Path, what: String) -> FileError {
    FileError::Damaged { path: file.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use foliar_nn::{Parameters, Tensor, infer};

    use super::*;

    /// timm's names for the tensors of EfficientNet-B0, as far as the graph's own names tell them.
    fn file_of_timm(graph: &Graph) -> WeightFile {
        let shapes = infer(graph, 1, 224, 224).unwrap();
        let mut tensors = BTreeMap::new();
        for parameter in Parameters::new(graph, &shapes).unwrap().list {
            let count = parameter.shape.iter().product();
            let tensor = Tensor { shape: parameter.shape, data: vec![0.5; count] };
            tensors.insert(as_timm(&parameter.name), tensor);
        }
        WeightFile {
            format: weights::Format::Safetensors,
            tensors,
            integers: Vec::new(),
            metadata: Default::default(),
        }
    }

    fn as_timm(name: &str) -> String {
        let parts: Vec<&str> = name.split('.').collect();
        let kind = parts[parts.len() - 1];
        match parts[..] {
            ["features", "0", "0", _] => format!("conv_stem.{kind}"),
            ["features", "0", "1", _] => format!("bn1.{kind}"),
            ["features", "8", "0", _] => format!("conv_head.{kind}"),
            ["features", "8", "1", _] => format!("bn2.{kind}"),
            ["features", stage, unit, "block", place, layer, _] => {
                let stage = stage.parse::<usize>().unwrap() - 1;
                let layers: &[[&str; 2]] = &[
                    ["conv_pw", "bn1"],
                    ["conv_dw", if stage == 0 { "bn1" } else { "bn2" }],
                    ["se.conv_reduce", "se.conv_expand"],
                    if stage == 0 { ["conv_pw", "bn2"] } else { ["conv_pwl", "bn3"] },
                ];
                let place = place.parse::<usize>().unwrap() + usize::from(stage == 0);
                let layer = layers[place][usize::from(["1", "fc2"].contains(&layer))];
                format!("blocks.{stage}.{unit}.{layer}.{kind}")
            }
            _ => format!("classifier.{kind}"),
        }
    }

    #[test]
    fn a_network_that_timm_has_twice_is_assumed_aloud_and_refused_by_name() {
        let graph = zoo::build("efficientnet_b0", 3).unwrap();
        let fitted = fit(Path::new("b0.safetensors"), file_of_timm(&graph), &graph).unwrap();
        assert_eq!(fitted.naming, Naming::Timm);
        assert_eq!(twin(&fitted, &graph.name), Some("tf_efficientnet_b0"));
        let other = Fitted { naming: Naming::Torchvision, ..fitted.clone() };
        assert_eq!((twin(&other, &graph.name), twin(&fitted, "mobilenet_v2")), (None, None));
        for name in
            ["tf_b0.pth", "a/TF_EfficientNet_B0.pth", "timm--tf_efficientnet_b0.in1k/model.safetensors"]
        {
            let refused = fit(Path::new(name), file_of_timm(&graph), &graph).unwrap_err().to_string();
            assert!(refused.contains("tf_efficientnet_b0") && refused.contains("rename"), "{refused}");
        }
        assert!(!is_named_as(Path::new("tf_work/efficientnet_b0.pth"), "tf_efficientnet_b0"));
    }
}
