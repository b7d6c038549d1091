//! Runs a bundle of labels on photographs.

use std::sync::Arc;

use foliar_vision::{Limits, PhotoSource};
use serde::{Serialize, Serializer};

use crate::bundle::Bundle;
use crate::error::ModelError;
use crate::label_rules::{LabelAnswer, LabelRules, Outputs, Presence};
use crate::predictor::{EachFile, Predictor};

/// Runs a bundle whose outputs are labels, of which a photograph shows any number.
pub struct LabelPredictor {
    inner: Predictor,
    rules: LabelRules,
}

impl LabelPredictor {
    /// Plans for at most `batch` photographs at a time.
    ///
    /// # Errors
    /// A bundle whose weights do not fit its graph, and [`ModelError::OneClass`] for one of classes.
    pub fn new(bundle: impl Into<Arc<Bundle>>, batch: usize) -> Result<Self, ModelError> {
        let bundle: Arc<Bundle> = bundle.into();
        let Outputs::AnyOf(rules) = &bundle.outputs else { return Err(ModelError::OneClass) };
        let rules = rules.clone();
        Ok(Self { rules, inner: Predictor::of_any(bundle, batch)? })
    }

    /// What it runs.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.inner.bundle()
    }

    /// How outputs become answers.
    #[must_use]
    pub fn rules(&self) -> &LabelRules {
        &self.rules
    }

    /// Uses the conformal thresholds of another target error rate.
    ///
    /// # Errors
    /// A rate that there are no thresholds for.
    pub fn set_risk(&mut self, risk: f64) -> Result<(), ModelError> {
        self.rules.set_risk(risk)
    }

    /// Decodes the files at `paths` and predicts; `each` gets the place of every file in turn and its logits, one a label, or what is
    /// wrong with it, and what is odd about a file that was predicted all the same. Where it breaks, no more files are predicted.
    ///
    /// # Errors
    /// The network cannot be run; no file causes this.
    pub fn predict_files<P: PhotoSource + Sync>(
        &mut self,
        paths: &[P],
        limits: &Limits,
        each: &mut EachFile<'_, Vec<f32>>,
    ) -> Result<(), ModelError> {
        self.inner.outputs_of_files(paths, limits, &|outputs| outputs.logits, each)
    }
}

/// What a classifier of labels says of one photograph, as a row of JSON.
///
/// Serialised as `{"path", "labels", "predictions": [{"label", "probability", "called", "presence"}], "remarks"}`, or as `{"path",
/// "error"}`; `labels` are those that are called, and what is not known is absent.
#[derive(Clone, Debug)]
pub struct LabelsRow<'a> {
    /// How the photograph is called.
    pub path: String,
    /// What is said of each label, in their order, or a sentence that says what is wrong.
    pub result: Result<Vec<(&'a str, LabelAnswer)>, String>,
    /// Codes of what is odd about the file, though it was read.
    pub remarks: Vec<&'static str>,
}

impl<'a> LabelsRow<'a> {
    /// What `rules` say of a photograph with these logits of `labels`.
    ///
    /// # Errors
    /// A sentence, where the network's outputs are no finite numbers.
    pub fn answers(
        logits: &[f32],
        rules: &LabelRules,
        labels: &'a [String],
    ) -> Result<Vec<(&'a str, LabelAnswer)>, String> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return Err("the network's outputs are not finite numbers".to_owned());
        }
        Ok(labels.iter().map(String::as_str).zip(rules.answers(logits)).collect())
    }

    /// The labels that are called.
    #[must_use]
    pub fn called(&self) -> Vec<&'a str> {
        let answers = self.result.iter().flatten();
        answers.filter(|(_, answer)| answer.called).map(|(label, _)| *label).collect()
    }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<Vec<JsonLabel<'a>>>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    remarks: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    label: &'a str,
    probability: f64,
    called: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<Presence>,
}

impl<'a> JsonLabel<'a> {
    fn of(&(label, answer): &(&'a str, LabelAnswer)) -> Self {
        let LabelAnswer { probability, called, presence } = answer;
        Self { label, probability, called, presence }
    }
}

impl Serialize for LabelsRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let predictions = self.result.as_ref().ok().map(|all| all.iter().map(JsonLabel::of).collect());
        JsonRow {
            path: &self.path,
            labels: self.result.is_ok().then(|| self.called()),
            predictions,
            remarks: &self.remarks,
            error: self.result.as_ref().err().map(String::as_str),
        }
        .serialize(serializer)
    }
}
