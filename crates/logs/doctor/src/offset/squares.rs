//! Squared errors of classes.
//!
//! The outputs of a network that guesses among C classes are 1 / C each, and the mean of their squared errors is the variance of a label,
//! (C - 1) / C². Cross-entropy is far above that at such accuracies.

use super::pairs;
use crate::rows::Row;
use crate::setup::RunSetup;

/// Whether the loss of a network that guesses is the variance of a label, and the loss then falls: a squared error.
pub(crate) fn is_squared(rows: &[Row], setup: &RunSetup) -> bool {
    const NEAR: f64 = 0.05;
    /// Where the number of classes is not known, the first accuracy tells it: of no more classes, and to this share.
    const MOST: f64 = 50.0;
    const TOLD: f64 = 0.1;
    [true, false].map(|validation| pairs(rows, validation)).iter().any(|pairs| {
        let Some(start) = pairs.first() else { return false };
        let right = 1.0 - start.error_rate;
        let told = (1.0 / right).round();
        let told =
            (3.0..=MOST).contains(&told).then_some(told).filter(|told| (told * right - 1.0).abs() < TOLD);
        let Some(classes) = setup.classes.map(|classes| classes as f64).or(told) else { return false };
        let variance = (classes - 1.0) / (classes * classes);
        let fits = right < 1.3 / classes && (start.loss / variance - 1.0).abs() < NEAR;
        fits && pairs.len() > 2 && pairs.iter().all(|pair| pair.loss < (1.0 + 2.0 * NEAR) * variance)
    })
}

/// The classes among which a network guesses whose squared error stays at the variance of a label, beside the accuracy of guessing;
/// the training loss may not be below it. Where the number of classes is not known, an accuracy of one half tells two.
pub(crate) fn guessed_squares(rows: &[Row], setup: &RunSetup, samples: Option<usize>) -> Option<usize> {
    /// Epochs with both.
    const EPOCHS: usize = 6;
    /// How far single losses and the late ones may lie from that of guessing, and a training loss below it.
    const NEAR: f64 = 0.15;
    const LATE: f64 = 0.08;
    const LEARNED: f64 = 0.85;
    const HALF: f64 = 0.03;
    let held_out = pairs(rows, true);
    let pairs = if held_out.is_empty() { pairs(rows, false) } else { held_out };
    if pairs.len() < EPOCHS {
        return None;
    }
    let late = |mut values: Vec<f64>| {
        values.drain(..values.len() - values.len().div_ceil(3));
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let right = late(pairs.iter().map(|pair| 1.0 - pair.error_rate).collect())?;
    let classes = setup.classes.or(((right - 0.5).abs() < HALF).then_some(2))?;
    let guess = 1.0 / classes as f64;
    let variance = guess * (1.0 - guess);
    let limit = guess + 4.0 * (variance / samples.unwrap_or(300) as f64).sqrt();
    let near = |loss: f64, share: f64| (loss / variance - 1.0).abs() < share;
    let guesses = pairs
        .iter()
        .all(|pair| near(pair.loss, NEAR) && (0.5 * guess..limit).contains(&(1.0 - pair.error_rate)));
    let level = near(late(pairs.iter().map(|pair| pair.loss).collect())?, LATE);
    let trained: Vec<f64> = rows.iter().filter_map(|row| row.train_loss).map(|loss| loss.value).collect();
    let trains = late(trained).is_some_and(|loss| loss < LEARNED * variance);
    (guesses && level && !trains).then_some(classes)
}
