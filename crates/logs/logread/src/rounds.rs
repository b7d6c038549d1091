//! Rounds of boosting, which count anew in each fold of a cross-validation.

use crate::column::{Column, Sample};

/// Whether a name is that of a set and a metric, as boosting libraries join them: `valid_0's auc`, `validation_0-logloss`.
fn is_of_rounds(name: &str) -> bool {
    let name = name.trim();
    let joined = name.split_once("'s ").or_else(|| name.split_once('-'));
    joined.is_some_and(|(set, metric)| !set.is_empty() && !set.contains(' ') && !metric.contains(' '))
}

/// Whether the numbers of `finals` rise but for a few returns to where they began, in a log whose names are those of boosting.
pub(crate) fn begin_anew(columns: &[Column], finals: &[Sample]) -> bool {
    let least = finals.iter().fold(f64::INFINITY, |least, sample| least.min(sample.batch));
    let falls = || finals.windows(2).filter(|pair| pair[1].batch < pair[0].batch);
    columns.iter().any(|column| is_of_rounds(&column.name))
        && 3 * falls().count() <= finals.len()
        && falls().all(|pair| pair[1].batch <= least + 1.0)
}
