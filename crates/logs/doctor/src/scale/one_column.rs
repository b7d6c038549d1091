//! A factor in one of two columns, told by their ratio.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | L_t, L_v | printed training and validation loss of an epoch |
//! | e | share of wrong answers, nearly equal in both |
//! | r | L_t / L_v |
//!
//! Two means at the same accuracy differ by little. Where they differ by eight times and more in every epoch, by about the same
//! factor, and one of them lies where no mean with so many errors can (below e ln 2 / 2, or four times above what a calibrated
//! model pays), that one is printed on another scale, and r is its factor.

use crate::Reduction;
use crate::ScaleEstimate;
use crate::entropy::{entropy, entropy_bound, least_loss};
use crate::rows::Row;

/// The estimate of the column that is scaled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OneColumn {
    Train(ScaleEstimate),
    Validation(ScaleEstimate),
}

/// How far apart the accuracies may be.
const EQUAL: f64 = 0.08;
/// Least ratio.
const RATIO: f64 = 8.0;
/// By how much the ratio may vary.
const SPREAD: f64 = 1.6;
/// By how much two means at one accuracy may differ.
const APART: f64 = 1.4;

/// The column with a factor, if the rows show one.
pub(crate) fn one_column(rows: &[Row], classes: Option<usize>) -> Option<OneColumn> {
    let pairs: Vec<(f64, f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let (train, val) = (row.train_loss?.value, row.val_loss?.value);
            let (trained, judged) = (row.train_accuracy?.value, row.val_accuracy?.value);
            let sound = train > 0.0 && val > 0.0 && train.is_finite() && val.is_finite();
            (sound && (trained - judged).abs() < EQUAL).then_some((train, val, 1.0 - judged))
        })
        .collect();
    let ratios = || pairs.iter().map(|(train, val, _)| train / val);
    let (least, most) = ratios().fold((f64::INFINITY, 0.0_f64), |(low, high), r| (low.min(r), high.max(r)));
    let off = most < 1.0 / RATIO || least > RATIO;
    if pairs.len() < 2 || !off || most > SPREAD * least {
        return None;
    }
    let best = (ratios().map(f64::ln).sum::<f64>() / pairs.len() as f64).exp();
    let beyond = |loss: f64, errors: f64| {
        let most =
            classes.map_or(entropy(errors) + 3.0 * errors, |classes| entropy_bound(errors, classes as f64));
        errors > 0.02 && (loss < 0.5 * least_loss(errors) || loss > 4.0 * most)
    };
    let train = pairs.iter().all(|(train, _, errors)| beyond(*train, *errors));
    let val = pairs.iter().all(|(_, val, errors)| beyond(*val, *errors));
    let estimate = |best: f64| ScaleEstimate {
        low: best / APART,
        high: best * APART,
        best,
        reduction: Some(if best < 1.0 { Reduction::BatchMeansOverSamples } else { Reduction::BatchSum }),
    };
    match (train, val) {
        (true, false) => Some(OneColumn::Train(estimate(best))),
        (false, true) => Some(OneColumn::Validation(estimate(1.0 / best))),
        _ => None,
    }
}
