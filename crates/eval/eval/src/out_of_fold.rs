//! How good a run is, from the predictions that it stored: no photograph is read again.

use std::collections::BTreeMap;

use foliar_metrics::{Bootstrap, Estimate, Groups, LabelPredictions, LabelScores, Predictions};
use foliar_model::{Bundle, ModelError, Outputs};
use foliar_train::{OutOfFoldRow, Run};
use foliar_vision::{Split, labels_of_name};

use crate::error::EvalError;

/// The accuracy of a run on photographs that it held back, in folds or for validation. The same number as that of
/// [`evaluate`](crate::evaluate()) on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfFoldAccuracy {
    /// Share predicted correctly, with its 95 % interval by group.
    pub accuracy: Estimate,
    /// Share of the most frequent class: the accuracy of always predicting it.
    pub majority: f64,
    /// How many photographs.
    pub photographs: usize,
    /// In how many groups.
    pub groups: usize,
}

/// Reads the stored predictions of a run whose classes are `classes`; `None` if it held nothing back.
///
/// # Errors
/// A table that cannot be read.
pub fn out_of_fold_accuracy(run: &Run, classes: &[String]) -> Result<Option<OutOfFoldAccuracy>, EvalError> {
    if !run.dir.out_of_fold().exists() {
        return Ok(None);
    }
    let names = run.groups()?;
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let (mut logits, mut labels, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for OutOfFoldRow { path, class, logits: row } in run.out_of_fold(classes)? {
        let Some(label) = classes.iter().position(|name| *name == class) else { continue };
        let next = numbers.len() as u64;
        let name = names.get(&path).unwrap_or(&path).clone();
        groups.push(*numbers.entry(name).or_insert(next));
        labels.push(label as u32);
        logits.extend(row);
    }
    if labels.is_empty() {
        return Ok(None);
    }
    let photographs = labels.len();
    let of_class = |class: usize| labels.iter().filter(|&&label| label as usize == class).count();
    let largest = (0..classes.len()).map(of_class).max().unwrap_or(0);
    let majority = largest as f64 / photographs as f64;
    let predictions = Predictions::new(logits, labels, Groups::new(&groups), classes.len())?;
    let accuracy = Bootstrap::default().proportion(&predictions.correct(), predictions.groups());
    Ok(Some(OutOfFoldAccuracy { accuracy, majority, photographs, groups: predictions.groups().count() }))
}

/// How good a run whose photographs show any number of labels is, on photographs that it held back.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFoldLabels {
    /// With 95 % intervals by group, at the thresholds of its bundle, which were chosen on these very predictions.
    pub scores: LabelScores<Estimate>,
    /// How many photographs.
    pub photographs: usize,
    /// In how many groups.
    pub groups: usize,
}

/// Reads the stored predictions of a run with the bundle `bundle` of labels; `None` if it held nothing back.
///
/// # Errors
/// A table that cannot be read, and a bundle of classes.
pub fn out_of_fold_labels(run: &Run, bundle: &Bundle) -> Result<Option<OutOfFoldLabels>, EvalError> {
    let Outputs::AnyOf(rules) = &bundle.outputs else { return Err(ModelError::OneClass.into()) };
    if !run.dir.out_of_fold().exists() {
        return Ok(None);
    }
    let names = run.groups()?;
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let (mut probabilities, mut shown, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for OutOfFoldRow { path, class, logits } in run.out_of_fold_labels(&bundle.classes)? {
        let next = numbers.len() as u64;
        let name = names.get(&path).unwrap_or(&path).clone();
        groups.push(*numbers.entry(name).or_insert(next));
        probabilities.extend(rules.probabilities(&logits));
        let labels = labels_of_name(&class);
        shown.extend(bundle.classes.iter().map(|name| labels.contains(&name.as_str())));
    }
    if groups.is_empty() {
        return Ok(None);
    }
    let predictions = LabelPredictions::new(probabilities, shown, &rules.thresholds(), Groups::new(&groups))?;
    Ok(Some(OutOfFoldLabels {
        scores: LabelScores::with_intervals(&predictions, &Bootstrap::default()),
        photographs: predictions.len(),
        groups: predictions.groups().count(),
    }))
}

/// Refuses a run that held nothing back for validation, with `what` as the reason.
pub(crate) fn held_back_something(run: &Run, what: &str) -> Result<(), EvalError> {
    // A table that is there says itself what is wrong with it.
    if run.dir.out_of_fold().exists() || !run.photographs_of(Split::Validation)?.is_empty() {
        return Ok(());
    }
    Err(EvalError::Unusable { root: run.dir.root().to_owned(), what: what.to_owned() })
}
