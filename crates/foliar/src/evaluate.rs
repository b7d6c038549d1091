//! A classifier measured on a folder.

use std::path::Path;

use foliar_audit::GroupRule;
use foliar_eval::{EvalError, EvalSource, EvaluateOptions};
use foliar_model::Classifier;
use foliar_results::Evaluation;

/// Measures `classifier` on the photographs in `folder`, one folder per class. Photographs that it was trained on are left
/// out; intervals go by groups of photographs that belong together, found by file names and copies. [`EvalSource`] and
/// [`EvaluateOptions`] say more to [`foliar_eval::evaluate()`].
///
/// # Errors
/// A folder that is not laid out as classes, or that shares no class with the classifier.
pub fn evaluate(classifier: &mut Classifier, folder: impl AsRef<Path>) -> Result<Evaluation, EvalError> {
    let source = EvalSource::Folder {
        root: folder.as_ref(),
        split: None,
        grouping: &GroupRule::Sequence,
        include_training: false,
    };
    foliar_eval::evaluate(classifier.predictor(), &source, &EvaluateOptions::default(), &mut |_, _, _| {})
}
