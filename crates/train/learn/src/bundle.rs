//! The one file that a classifier is: weights, graph, preprocessing, classes, how it was trained and how good it was.

use std::path::Path;

use foliar_metrics::Metrics;
use foliar_nn::{Graph, StateDict};
use foliar_vision::Preprocessing;
use serde::{Deserialize, Serialize};

use crate::caution::{Caution, StoredCaution};
use crate::container::{self, Kind, is_caution};
use crate::error::FileError;
use crate::recipe::Recipe;

/// How a classifier came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of foliar that trained it.
    pub foliar: String,
    /// The recipe.
    pub recipe: Recipe,
    /// The epoch whose weights these are, from 1.
    pub epoch: u32,
    /// Photographs it was trained on.
    pub train_photographs: usize,
    /// Digest of the names and contents of all photographs of the run.
    pub data_fingerprint: String,
}

/// How good it was on photographs held back from training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Every figure.
    pub metrics: Metrics,
}

#[derive(Serialize, Deserialize)]
struct Content {
    classes: Vec<String>,
    preprocessing: Preprocessing,
    graph: Graph,
    provenance: Provenance,
    temperature: f64,
    validation: Option<Validation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caution: Option<StoredCaution>,
}

/// A trained classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Names of the classes, in the order of the logits.
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
    /// How good it was, before calibration; `None` if nothing was held back.
    pub validation: Option<Validation>,
    /// What it knows of its own limits; `None` if nothing was held back, or if a foliar wrote it that did not know this.
    pub caution: Option<Caution>,
    /// Weights and running statistics.
    pub state: StateDict,
}

impl Bundle {
    /// Writes it whole or not at all. Equal bundles give equal bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let (caution, tensors) = self.caution.as_ref().map(Caution::store).unzip();
        let content = Content {
            classes: self.classes.clone(),
            preprocessing: self.preprocessing.clone(),
            graph: self.graph.clone(),
            provenance: self.provenance.clone(),
            temperature: self.temperature,
            validation: self.validation.clone(),
            caution,
        };
        container::write(path, Kind::Bundle, &content, &self.state, &tensors.unwrap_or_default())
    }

    /// Reads one and checks that its parts fit each other.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind, or whose classes and graph disagree.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (content, mut state): (Content, StateDict) = container::read(path, Kind::Bundle)?;
        let damaged = |what: String| FileError::Damaged { path: path.to_owned(), what };
        content.graph.validate().map_err(|error| damaged(error.to_string()))?;
        content.preprocessing.check().map_err(|error| damaged(error.to_string()))?;
        if !(content.temperature.is_finite() && content.temperature > 0.0) {
            return Err(damaged("its temperature is no number above 0; train anew".into()));
        }
        if content.graph.classes() != content.classes.len() {
            let (graph, names) = (content.graph.classes(), content.classes.len());
            return Err(damaged(format!("the network tells {graph} classes apart and {names} are named")));
        }
        if let Some(name) = repeated(&content.classes) {
            return Err(damaged(format!("two classes are called {name}")));
        }
        if !state.is_finite() {
            return Err(damaged("it holds weights that are not finite numbers; train anew".into()));
        }
        let (tensors, weights) = state.tensors.into_iter().partition(|(name, _)| is_caution(name));
        state.tensors = weights;
        let restored = content.caution.map(|stored| stored.restore(tensors, content.classes.len()));
        Ok(Self {
            caution: restored.transpose().map_err(damaged)?,
            classes: content.classes,
            preprocessing: content.preprocessing,
            graph: content.graph,
            provenance: content.provenance,
            temperature: content.temperature,
            validation: content.validation,
            state,
        })
    }
}

fn repeated(names: &[String]) -> Option<&String> {
    names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)).map(|(_, name)| name)
}
