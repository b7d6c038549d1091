//! The photographs of an evaluation as a table.

use std::io;

use foliar_files::cell;
use foliar_metrics::softmax;
use foliar_results::{Evaluation, PhotographPrediction};

use crate::error::EvalError;

/// Columns before the probabilities.
const COLUMNS: [&str; 11] = [
    "path",
    "class",
    "predicted",
    "confidence",
    "correct",
    "set",
    "distance",
    "energy",
    "abstained",
    "reason",
    "group",
];

/// The predictions of `evaluation` as comma-separated values with a header: path, true class, predicted class, confidence,
/// whether the prediction is correct, the classes of its set separated by `|`, distance, energy, whether the classifier
/// abstained and why, group, and a probability for each class. What the bundle cannot tell is empty.
///
/// # Errors
/// None that is expected: the table is made in memory.
pub fn predictions_table(evaluation: &Evaluation) -> Result<Vec<u8>, EvalError> {
    let refuse = |error: csv::Error| EvalError::Table(io::Error::from(error));
    let names: Vec<&str> = evaluation.classes.iter().map(|class| class.class.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let probabilities = names.iter().map(|name| format!("p({name})"));
    writer.write_record(COLUMNS.map(String::from).into_iter().chain(probabilities)).map_err(refuse)?;
    for prediction in &evaluation.predictions {
        writer.write_record(record(prediction, &names)).map_err(refuse)?;
    }
    writer.into_inner().map_err(|error| EvalError::Table(error.into_error()))
}

fn record(prediction: &PhotographPrediction, names: &[&str]) -> Vec<String> {
    let PhotographPrediction { path, label, predicted, confidence, set, distance, abstention, .. } =
        prediction;
    let set = set.as_ref().map(|set| set.iter().map(|&class| names[class]).collect::<Vec<_>>().join("|"));
    let mut fields = [
        path.clone(),
        names[*label].to_owned(),
        names[*predicted].to_owned(),
        format!("{confidence:.6}"),
        (label == predicted).to_string(),
        set.unwrap_or_default(),
        distance.map_or_else(String::new, |distance| format!("{distance:.6}")),
        format!("{:.6}", prediction.energy),
        abstention.is_some().to_string(),
        abstention.map_or("", |reason| reason.name()).to_owned(),
        prediction.group.to_string(),
    ]
    .map(|cell| cell::defused(&cell).into_owned())
    .to_vec();
    fields.extend(softmax(&prediction.logits).into_iter().map(|p| format!("{p:.6}")));
    fields
}
