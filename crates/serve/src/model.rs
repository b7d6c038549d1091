//! The classifiers that a server runs.

use foliar_model::{Bundle, Uncertainty};
use serde_json::{Map, Value, json};

/// A classifier to serve.
#[derive(Debug)]
pub struct Model {
    /// How requests call it.
    pub name: String,
    /// BLAKE3 of the bundle's file, in hexadecimal digits.
    pub digest: String,
    /// The classifier, at the risk that it answers with.
    pub bundle: Bundle,
    /// What else is known of it, such as licence and figures: further fields of its description.
    pub about: Map<String, Value>,
}

/// What remains of a model when its bundle has gone to the thread that predicts.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) classes: Vec<String>,
    pub(crate) has_sets: bool,
    pub(crate) has_distance: bool,
    /// `GET /v1/model`.
    pub(crate) description: Value,
}

impl Card {
    pub(crate) fn new(model: &Model) -> Self {
        let Model { name, digest, bundle, about } = model;
        let uncertainty = bundle.uncertainty.as_ref();
        let mut description = json!({
            "name": name,
            "model": digest,
            "foliar": env!("CARGO_PKG_VERSION"),
            "network": bundle.graph.name,
            "classes": bundle.classes,
            "preprocessing": bundle.preprocessing,
            "temperature": bundle.temperature,
            "train_photographs": bundle.provenance.train_photographs,
            "validation": bundle.validation,
            "detector": uncertainty.is_some_and(|uncertainty| uncertainty.ood.is_some()),
            "uncertainty": uncertainty.map(levels),
        });
        if let Some(fields) = description.as_object_mut() {
            fields.extend(about.clone());
        }
        Self {
            name: name.clone(),
            digest: digest.clone(),
            classes: bundle.classes.clone(),
            has_sets: uncertainty.is_some(),
            has_distance: uncertainty.is_some_and(|uncertainty| uncertainty.ood.is_some()),
            description,
        }
    }
}

fn levels(uncertainty: &Uncertainty) -> Value {
    json!({
        "photographs": uncertainty.photographs,
        "groups": uncertainty.groups,
        "calibrated": uncertainty.calibrated,
        "risk": uncertainty.level().sets.alpha,
        "threshold": uncertainty.level().threshold,
        "guaranteed": uncertainty.level().guaranteed,
        "levels": uncertainty.levels.iter().map(|level| json!({
            "risk": level.sets.alpha,
            "threshold": level.threshold,
            "guaranteed": level.guaranteed,
        })).collect::<Vec<_>>(),
    })
}
