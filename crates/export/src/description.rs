//! What a classifier is, for those who have only the exported file.

use std::fmt::Write as _;

use foliar_metrics::Estimate;
use foliar_model::Bundle;
use foliar_nn::Graph;
use foliar_vision::Preprocessing;
use serde::Serialize;

use crate::error::ExportError;
use crate::options::WeightType;

/// Layout of the document.
const FORMAT: u32 = 1;

/// What a bundle does not hold, but its surroundings do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// BLAKE3 of the bundle's file, in hexadecimal digits.
    pub bundle_blake3: String,
    /// Licence of the weights that training began with, where it is known.
    pub licence: Option<String>,
    /// How good the classifier is, where the run says so.
    pub figures: Option<Figures>,
}

/// How good a classifier is, on photos that the predicting model was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Share of photos predicted correctly, with its 95 % interval by group.
    pub accuracy: Estimate,
    /// Photos that it was measured on.
    pub photographs: usize,
    /// Groups (leaves) of photos among them.
    pub groups: usize,
    /// How it was measured, in words.
    pub judged_by: String,
    /// Folds of the cross-validation that measured it; `None` where photos were held back for validation, which chose the epoch
    /// too.
    #[serde(skip)]
    pub folds: Option<u32>,
}

/// The document `foliar` in an exported file.
#[derive(Debug, Serialize)]
pub(crate) struct Description<'a> {
    format: u32,
    foliar: &'static str,
    network: &'a str,
    /// In the order of the probabilities.
    classes: &'a [String],
    preprocessing: &'a Preprocessing,
    temperature: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncertainty: Option<Limits<'a>>,
    weights: &'static str,
    /// What the file takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'static str>,
    /// The network as data, for a program that builds it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    graph: Option<&'a Graph>,
    bundle_blake3: &'a str,
    recipe_blake3: String,
    data_fingerprint: &'a str,
    train_photographs: usize,
    licence: Option<&'a str>,
    figures: Option<&'a Figures>,
}

/// Thresholds of the chosen risk level.
#[derive(Debug, Serialize)]
struct Limits<'a> {
    /// Target error rate of answers and prediction sets.
    risk: f64,
    /// Probability below which the classifier abstains.
    confidence: f64,
    /// Whether the confidence is proven to keep the risk: not of weights that were rounded.
    guaranteed: bool,
    /// Largest 1 - p of each class with which it is in the set.
    set: &'a [f64],
}

impl<'a> Description<'a> {
    pub(crate) fn new(
        bundle: &'a Bundle,
        origin: &'a Origin,
        weights: WeightType,
    ) -> Result<Self, ExportError> {
        let recipe = serde_json::to_vec(&bundle.provenance.recipe)?;
        let uncertainty = bundle.uncertainty.as_ref().map(|uncertainty| {
            let level = uncertainty.level();
            Limits {
                risk: level.sets.alpha,
                confidence: level.threshold,
                guaranteed: level.guaranteed && weights == WeightType::F32,
                set: &level.sets.thresholds,
            }
        });
        Ok(Self {
            format: FORMAT,
            foliar: env!("CARGO_PKG_VERSION"),
            network: &bundle.graph.name,
            classes: &bundle.classes,
            preprocessing: &bundle.preprocessing,
            temperature: bundle.temperature,
            uncertainty,
            weights: weights.name(),
            input: None,
            graph: None,
            bundle_blake3: &origin.bundle_blake3,
            recipe_blake3: blake3::hash(&recipe).to_hex().to_string(),
            data_fingerprint: &bundle.provenance.data_fingerprint,
            train_photographs: bundle.provenance.train_photographs,
            licence: origin.licence.as_deref(),
            figures: origin.figures.as_ref(),
        })
    }

    /// With the form of the file's input.
    pub(crate) fn with_input(self, input: &'static str) -> Self {
        Self { input: Some(input), ..self }
    }

    /// With the network as data.
    pub(crate) fn with_graph(self, graph: &'a Graph) -> Self {
        Self { graph: Some(graph), ..self }
    }

    /// The document.
    pub(crate) fn json(&self) -> Result<String, ExportError> {
        Ok(serde_json::to_string(self)?)
    }

    /// `{0: 'healthy', 1: 'rust'}`, a Python literal: the form in which Ultralytics' files name classes.
    pub(crate) fn names(&self) -> String {
        let mut text = String::from("{");
        for (place, class) in self.classes.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let _ = write!(text, "{comma}{place}: {}", python(class));
        }
        text + "}"
    }

    /// One line for people.
    pub(crate) fn sentence(&self) -> String {
        let figures = self.figures.map_or_else(String::new, |figures| {
            let [value, low, high] =
                [figures.accuracy.value, figures.accuracy.low, figures.accuracy.high].map(|x| 100.0 * x);
            format!("; {value:.1} % right ({low:.1} to {high:.1}), judged by {}", figures.judged_by)
        });
        format!(
            "{} for {} classes, trained with foliar on {} photos{figures}",
            self.network,
            self.classes.len(),
            self.train_photographs
        )
    }

    /// The licence of the weights that training began with, or that it is not known.
    pub(crate) fn licence(&self) -> String {
        self.licence.map_or_else(|| "not known to foliar".to_owned(), str::to_owned)
    }
}

/// A text as a Python literal.
fn python(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => literal.extend(['\\', character]),
            character if character.is_control() => {
                let _ = write!(literal, "\\U{:08x}", u32::from(character));
            }
            character => literal.push(character),
        }
    }
    literal + "'"
}

#[cfg(test)]
mod tests {
    use super::python;

    #[test]
    fn a_class_cannot_end_its_literal() {
        assert_eq!(python("leaf's \\ \n"), "'leaf\\'s \\\\ \\U0000000a'");
        assert_eq!(python("rouille"), "'rouille'");
    }
}
