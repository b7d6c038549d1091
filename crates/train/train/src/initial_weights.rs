//! The file of weights that a recipe names.

use std::path::PathBuf;
use std::sync::Arc;

use foliar_model::TrainingDigests;
use serde::{Deserialize, Serialize};

/// A file of weights that a run begins with. Its digest stands in the recipe: other weights are another run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialWeights {
    /// The file: safetensors, PyTorch's, or a bundle.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// BLAKE3 of its bytes, in hexadecimal digits.
    pub digest: String,
    /// What stands before the names of the weights that are meant, where a file holds several; the best ones if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether they are of a classifier that sees square roots of the features' shares, [`foliar_nn::Op::Hellinger`]: the run's
    /// network does so too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hellinger: bool,
    #[serde(skip)]
    pub(crate) learned_from: LearnedFrom,
}

impl InitialWeights {
    /// The file's name, and that of its folder: all bundles of runs have one name.
    #[must_use]
    pub fn name(&self) -> String {
        let parts: Vec<String> =
            self.file.iter().rev().take(2).map(|part| part.to_string_lossy().into_owned()).collect();
        parts.into_iter().rev().collect::<Vec<_>>().join("/")
    }
}

/// The photographs that the weights have learned from, where the file was open already. A recipe does not say it, and it tells no
/// recipes apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct LearnedFrom(pub(crate) Option<Arc<TrainingDigests>>);

impl PartialEq for LearnedFrom {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LearnedFrom {}
