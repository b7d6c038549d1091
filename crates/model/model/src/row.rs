//! What the program says of one photograph, as a row of JSON: one form for files, for tests of exports and for the server.

use foliar_metrics::AbstentionReason;
use serde::{Serialize, Serializer};

use crate::prediction::Prediction;

/// The prediction for one photograph, or what is wrong with it.
///
/// Serialised as `{"path", "answer", "abstained", "reason", "predictions": [{"class", "probability"}], "set", "distance",
/// "views", "remarks"}`, or as `{"path", "error"}`; `answer` is null where the classifier abstains, and what is not known is absent, as is a single
/// view.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// How the photograph is called.
    pub path: String,
    /// What the classifier says of it, or a sentence that says what is wrong.
    pub result: Result<Answer<'a>, String>,
    /// Codes of what is odd about the file, though it was read.
    pub remarks: Vec<&'static str>,
}

/// The prediction for one photograph, in the names of classes.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Classes with their probabilities, the most probable first.
    pub ranking: Vec<(&'a str, f64)>,
    /// Why the classifier abstains; `None` if it answers.
    pub abstention: Option<AbstentionReason>,
    /// Classes that may be the true one; `None` for a bundle without prediction sets.
    pub set: Option<Vec<&'a str>>,
    /// Above 1 is out-of-distribution; `None` for a bundle without a detector.
    pub distance: Option<f64>,
    /// Views of the photograph that the probabilities are of; see [`Views`](crate::Views).
    pub views: usize,
}

impl<'a> Answer<'a> {
    /// The `top` most probable of `classes`, which are those of the bundle that predicted.
    ///
    /// # Errors
    /// A sentence, where the network's outputs are no finite numbers.
    ///
    /// # Panics
    /// If there are fewer classes than outputs.
    pub fn new(prediction: &Prediction, top: usize, classes: &'a [String]) -> Result<Self, String> {
        if !prediction.logits.iter().all(|logit| logit.is_finite()) {
            return Err("the network's outputs are not finite numbers".to_owned());
        }
        let name = |class: usize| classes[class].as_str();
        let ranking = prediction.top(top).into_iter().map(|(class, probability)| (name(class), probability));
        Ok(Self {
            ranking: ranking.collect(),
            abstention: prediction.abstention(),
            set: prediction.set().map(|set| set.iter().map(|&class| name(class)).collect()),
            distance: prediction.distance(),
            views: prediction.views,
        })
    }

    /// The class, unless the classifier abstains.
    #[must_use]
    pub fn class(&self) -> Option<&'a str> {
        self.ranking.first().filter(|_| self.abstention.is_none()).map(|&(class, _)| class)
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json(self).serialize(serializer)
    }
}

#[derive(Serialize)]
struct JsonRow<'a> {
    path: &'a str,
    /// Absent for an error, null where the classifier abstains.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abstained: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predictions: Option<Vec<JsonPrediction<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
    /// Absent where it is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<usize>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    remarks: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPrediction<'a> {
    class: &'a str,
    probability: f64,
}

fn json<'a>(row: &'a Row<'_>) -> JsonRow<'a> {
    let answer = row.result.as_ref().ok();
    let prediction = |&(class, probability): &(&'a str, f64)| JsonPrediction { class, probability };
    JsonRow {
        path: &row.path,
        answer: answer.map(Answer::class),
        abstained: answer.map(|answer| answer.abstention.is_some()),
        reason: answer.and_then(|answer| answer.abstention).map(AbstentionReason::name),
        predictions: answer.map(|answer| answer.ranking.iter().map(prediction).collect()),
        set: answer.and_then(|answer| answer.set.as_deref()),
        distance: answer.and_then(|answer| answer.distance).filter(|distance| distance.is_finite()),
        views: answer.map(|answer| answer.views).filter(|&views| views != 1),
        remarks: &row.remarks,
        error: row.result.as_ref().err().map(String::as_str),
    }
}
