//! The one file that a classifier is: weights, graph, preprocessing, classes, how it was trained and how good it was.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use foliar_files::printable;
use foliar_nn::{Graph, StateDict, Tensor};
use foliar_vision::{Digest, Preprocessing};
use serde::{Deserialize, Serialize};

use crate::container::{self, Kind, Precision};
use crate::demands::{check_demands, check_weights};
use crate::error::{FileError, ModelError};
use crate::label_rules::{LabelRules, Outputs};
use crate::stored_validation::StoredValidation;
use crate::training_digests::TrainingDigests;
use crate::uncertainty::{StoredUncertainty, Uncertainty, is_uncertainty};
use crate::validation::Validation;

/// How a classifier came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of foliar that trained it.
    pub foliar: String,
    /// The recipe that it was trained with, as the training crate writes it: for people, and for training it again.
    pub recipe: serde_json::Value,
    /// The epoch whose weights these are, from 1; after a refit the number of epochs that cross-validation chose and the model
    /// was trained for on all photographs; 0 if its classifier was solved on them.
    pub epoch: u32,
    /// Photographs it was trained on.
    pub train_photographs: usize,
    /// Digest of the names and contents of all photographs of the run.
    pub data_fingerprint: String,
    /// BLAKE3 of the bundles that it was merged from, in hexadecimal digits; none for one that was trained. The recipe and the epoch are
    /// those of the first of them then, and the photographs those that any of them learned from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    classes: Vec<String>,
    preprocessing: Preprocessing,
    graph: Graph,
    provenance: Provenance,
    temperature: f64,
    validation: Option<StoredValidation>,
    training_digests: TrainingDigests,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uncertainty: Option<StoredUncertainty>,
    /// Of a bundle of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<LabelRules>,
}

/// A trained classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Names of the classes, or of the labels, in the order of the logits.
    pub classes: Vec<String>,
    /// How a photograph becomes the network's input.
    pub preprocessing: Preprocessing,
    /// The network.
    pub graph: Graph,
    /// How it came about.
    pub provenance: Provenance,
    /// What the network's outputs are divided by so that probabilities mean what they say; fitted on the validation
    /// photographs, 1 without any.
    pub temperature: f64,
    /// Which photographs it was trained, tuned or calibrated on.
    pub training_digests: TrainingDigests,
    /// How good it was, before calibration; `None` if nothing was held back.
    pub validation: Option<Validation>,
    /// How far it can be trusted; `None` if nothing was held back.
    pub uncertainty: Option<Uncertainty>,
    /// What the outputs mean, and how those of labels become answers. A bundle of labels has the temperature 1, and neither
    /// `validation` nor `uncertainty`.
    pub outputs: Outputs,
    /// Weights and running statistics.
    pub state: StateDict,
}

impl Bundle {
    /// Writes it whole or not at all. Equal bundles give equal bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let (content, tensors) = self.content();
        container::write(path, self.kind(), &content, &self.state, &tensors)
    }

    /// The bytes of its file, where none is written. Reading those in half precision gives this bundle with rounded filters and
    /// matrices; where one is beyond 65504 they are refused.
    ///
    /// # Errors
    /// A bundle that cannot be written, in words; none that was read is.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>, String> {
        let (content, tensors) = self.content();
        container::to_bytes(self.kind(), &content, &self.state, &tensors, precision)
    }

    fn kind(&self) -> Kind {
        match self.outputs {
            Outputs::OneOf => Kind::Bundle,
            Outputs::AnyOf(_) => Kind::LabelBundle,
        }
    }

    /// Refuses a bundle of labels, where its outputs would be taken for those of classes.
    ///
    /// # Errors
    /// [`ModelError::MultiLabel`].
    pub fn one_class(&self) -> Result<(), ModelError> {
        match self.outputs {
            Outputs::OneOf => Ok(()),
            Outputs::AnyOf(_) => Err(ModelError::MultiLabel),
        }
    }

    /// All but the weights: text and tensors.
    fn content(&self) -> (Content, BTreeMap<String, Tensor>) {
        let (uncertainty, tensors) = self.uncertainty.as_ref().map(Uncertainty::store).unzip();
        let content = Content {
            classes: self.classes.clone(),
            preprocessing: self.preprocessing.clone(),
            graph: self.graph.clone(),
            provenance: self.provenance.clone(),
            temperature: self.temperature,
            validation: self.validation.as_ref().map(StoredValidation::of),
            training_digests: self.training_digests.clone(),
            uncertainty,
            labels: match &self.outputs {
                Outputs::OneOf => None,
                Outputs::AnyOf(rules) => Some(rules.clone()),
            },
        };
        (content, tensors.unwrap_or_default())
    }

    /// Reads one of classes and checks that its parts fit each other.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind, or whose classes and graph disagree;
    /// [`FileError::MultiLabel`] for a bundle of labels.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::of_classes(path, Self::read_any(path)?)
    }

    /// Reads one of classes or of labels; see [`Bundle::outputs`].
    ///
    /// # Errors
    /// As [`Bundle::read`], but for bundles of labels.
    pub fn read_any(path: &Path) -> Result<Self, FileError> {
        Self::of_file(path, container::read_bytes(path, Kind::Bundle)?)
    }

    fn of_classes(path: &Path, bundle: Self) -> Result<Self, FileError> {
        match bundle.outputs {
            Outputs::OneOf => Ok(bundle),
            Outputs::AnyOf(_) => Err(FileError::MultiLabel { path: path.to_owned() }),
        }
    }

    /// As [`Bundle::read`], with the digest of the file.
    ///
    /// # Errors
    /// Those of [`Bundle::read`].
    pub fn read_with_digest(path: &Path) -> Result<(Self, Digest), FileError> {
        let (bundle, digest) = Self::read_any_with_digest(path)?;
        Ok((Self::of_classes(path, bundle)?, digest))
    }

    /// As [`Bundle::read_any`], with the digest of the file.
    ///
    /// # Errors
    /// Those of [`Bundle::read_any`].
    pub fn read_any_with_digest(path: &Path) -> Result<(Self, Digest), FileError> {
        let bytes = container::read_bytes(path, Kind::Bundle)?;
        let digest = Digest::of(&bytes);
        Ok((Self::of_file(path, bytes)?, digest))
    }

    fn of_file(path: &Path, bytes: Vec<u8>) -> Result<Self, FileError> {
        Self::any_from_bytes(bytes).map_err(|what| FileError::Damaged { path: path.to_owned(), what })
    }

    /// Reads the bytes of a bundle of classes, where there is no file.
    ///
    /// # Errors
    /// What is wrong with them and what to do, in words.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        let bundle = Self::any_from_bytes(bytes)?;
        bundle.one_class().map_err(|error| error.to_string())?;
        Ok(bundle)
    }

    /// Reads the bytes of a bundle of classes or of labels.
    ///
    /// # Errors
    /// What is wrong with them and what to do, in words.
    pub fn any_from_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        let kind = container::kind_of_bundle(&bytes);
        let (content, mut state): (Content, StateDict) = container::from_bytes(bytes, kind)?;
        let outputs = match (kind, content.labels) {
            (Kind::LabelBundle, Some(rules)) => {
                rules.check(content.classes.len())?;
                Outputs::AnyOf(rules)
            }
            (Kind::Bundle, None) => Outputs::OneOf,
            _ => return Err("its format and its outputs disagree; train again".to_owned()),
        };
        content.graph.validate().map_err(|error| error.to_string())?;
        content.preprocessing.check().map_err(|error| error.to_string())?;
        if !(content.temperature.is_finite() && content.temperature > 0.0) {
            return Err("its temperature is not a number above 0; train again".into());
        }
        if content.graph.classes() != content.classes.len() {
            let (graph, names) = (content.graph.classes(), content.classes.len());
            return Err(format!("the network has {graph} classes and {names} are named"));
        }
        let classes: Vec<String> = content.classes.iter().map(|name| printable(name).into_owned()).collect();
        if let Some(name) = repeated(&classes) {
            return Err(format!("two classes have the name {name}"));
        }
        if !state.is_finite() {
            return Err("it holds weights that are not finite numbers; train again".into());
        }
        let size = content.preprocessing.size as usize;
        check_weights(&content.graph, &state, size)
            .and_then(|()| check_demands(&content.graph, size))
            .map_err(|error| error.to_string())?;
        let (tensors, weights) = state.tensors.into_iter().partition(|(name, _)| is_uncertainty(name));
        state.tensors = weights;
        let restored = content.uncertainty.map(|stored| stored.restore(tensors, content.classes.len()));
        let validation = content.validation.map(|stored| stored.restore(content.classes.len()));
        Ok(Self {
            uncertainty: restored.transpose()?,
            classes,
            preprocessing: content.preprocessing,
            graph: content.graph,
            provenance: content.provenance,
            temperature: content.temperature,
            validation: validation.transpose()?,
            training_digests: content.training_digests,
            outputs,
            state,
        })
    }
}

fn repeated(names: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !seen.insert(name.as_str()))
}
