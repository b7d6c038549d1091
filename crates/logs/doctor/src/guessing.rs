//! A loss that is exactly that of guessing.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | C | a whole number of classes, 2 to 1000 |
//! | ln C | the cross-entropy of guessing among C classes, in nats |
//!
//! A network that learns passes ln C; it does not print it to five digits three times in a row.

use foliar_logread::{Metric, Point, Series};

use crate::context::Context;
use crate::rows::Column;

/// Lines in a row, up to the last one.
const REPEATS: usize = 3;
/// Most classes that a loss is compared with.
const CLASSES: f64 = 1000.0;

/// A loss that ends at ln C.
pub(crate) struct Guess<'a> {
    pub(crate) series: &'a Series,
    pub(crate) last: Point,
    /// C.
    pub(crate) classes: f64,
    /// Lines in a row.
    pub(crate) repeats: usize,
}

/// The loss of the log that ends at ln C, if one does and no accuracy says that something was learned.
pub(crate) fn exact<'a>(context: &Context<'a>) -> Option<Guess<'a>> {
    let losses = context.log.series.iter().filter(|series| series.metric == Metric::Loss);
    let guess = losses.into_iter().find_map(|series| {
        let last = *series.points.last()?;
        let classes = last.value.exp().round();
        let known = context.setup.classes.is_none_or(|known| known as f64 == classes);
        // The last digit must tell C from its neighbours by far, and be the fifth or a later one.
        let sharp = last.resolution > 0.0 && last.resolution * classes < 0.02 && last.resolution < 2e-4;
        let near = |point: &&Point| (point.value - classes.ln()).abs() <= 0.6 * point.resolution;
        let repeats = series.points.iter().rev().take_while(near).count();
        (known && sharp && (2.0..=CLASSES).contains(&classes) && repeats >= REPEATS).then_some(Guess {
            series,
            last,
            classes,
            repeats,
        })
    })?;
    let accuracies = [Column::ValAccuracy, Column::TrainAccuracy]
        .into_iter()
        .filter_map(|column| context.column(column).last().map(|(_, reading)| reading.value));
    let limit = (2.5 / guess.classes).max(0.05).min(1.3 / guess.classes + 0.15);
    (accuracies.fold(0.0, f64::max) < limit).then_some(guess)
}
