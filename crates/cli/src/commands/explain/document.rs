//! What `foliar explain --json` writes.

use foliar_explain::{Explanation, Method};
use foliar_model::AbstentionReason;
use foliar_results::EvidenceShare;
use foliar_vision::leaf_mask::MaskFailure;
use serde::Serialize;

/// The document.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub(super) bundle: String,
    pub(super) method: Method,
    /// Folder of the pictures.
    pub(super) out: String,
    pub(super) photographs: Vec<Photograph<'a>>,
    pub(super) classes: Vec<Class<'a>>,
}

/// One photograph: what was found, or what is wrong.
#[derive(Serialize)]
pub(super) struct Photograph<'a> {
    pub(super) path: String,
    #[serde(flatten)]
    pub(super) found: Option<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Where the evidence in a photograph lies.
#[derive(Serialize)]
pub(super) struct Found<'a> {
    /// The class whose evidence is shown.
    pub(super) class: &'a str,
    pub(super) probability: f64,
    /// The most probable class.
    pub(super) predicted: &'a str,
    /// Why the classifier does not answer with it: `out-of-distribution` or `low-confidence`; `null` if it does.
    pub(super) abstention: Option<&'static str>,
    /// Share of the evidence on the background; `null` where the leaf cannot be told, or nothing speaks for the class.
    pub(super) background: Option<f64>,
    /// Share of the area that is background; `null` likewise.
    pub(super) area: Option<f64>,
    /// Why the leaf could not be segmented; `null` if it could.
    pub(super) mask_failure: Option<MaskFailure>,
    /// File in the folder of the pictures.
    pub(super) picture: String,
}

impl<'a> Photograph<'a> {
    pub(super) fn explained(
        path: String,
        explanation: &Explanation,
        abstention: Option<AbstentionReason>,
        classes: &'a [String],
        picture: String,
    ) -> Self {
        let found = Found {
            class: &classes[explanation.class],
            probability: explanation.probabilities[explanation.class],
            predicted: &classes[explanation.predicted],
            abstention: abstention.map(AbstentionReason::name),
            background: explanation.background.map(|share| share.evidence),
            area: explanation.background.map(|share| share.area),
            mask_failure: explanation.leaf.failure,
            picture,
        };
        Self { path, found: Some(found), error: None }
    }

    pub(super) fn failed(path: String, reason: String) -> Self {
        Self { path, found: None, error: Some(reason) }
    }
}

/// All photographs that were explained for one class.
#[derive(Serialize)]
pub(super) struct Class<'a> {
    pub(super) name: &'a str,
    /// Its place.
    pub(super) class: usize,
    #[serde(flatten)]
    pub(super) evidence: EvidenceShare,
    /// `background / area`.
    pub(super) ratio: f64,
}

impl<'a> Class<'a> {
    pub(super) fn new(class: usize, evidence: EvidenceShare, classes: &'a [String]) -> Self {
        Self { name: &classes[class], class, evidence, ratio: evidence.ratio() }
    }
}
