//! A training loss that is level at ln 2, where nothing else is printed: that of guessing between two classes.
//!
//! Limits: an objective that compares pairs begins at ln 2 too, and a discriminator that is fooled rests there; in each of them nothing
//! is told apart.

use super::{ends, finding};
use crate::Finding;
use crate::context::Context;
use crate::rows::Column;
use crate::words::number;

/// Lines, and how far in the loss of guessing its readings lie from it, and from each other.
const LINES: usize = 12;
const NEAR: f64 = 0.01;

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    let curve = context.column(Column::TrainLoss);
    let alone = [Column::ValLoss, Column::TrainAccuracy, Column::ValAccuracy]
        .iter()
        .all(|column| context.column(*column).is_empty());
    let chance = std::f64::consts::LN_2;
    let level = curve.iter().all(|(_, reading)| (reading.value / chance - 1.0).abs() < NEAR);
    let (first, last) = (curve.first()?, curve.last()?);
    let falls = last.1.value < first.1.value - 0.5 * NEAR * chance;
    let told = curve.len() >= LINES
        && alone
        && level
        && !falls
        && context.setup.classes.is_none_or(|classes| classes == 2);
    (told && !context.is_own).then(|| {
        finding(
            format!(
                "The training loss stays between {} and {} in {} lines. Guessing between two classes costs ln 2 = {}.",
                number(first.1.value.min(last.1.value)),
                number(first.1.value.max(last.1.value)),
                curve.len(),
                number(chance)
            ),
            ends(context, &[*first, *last], "training loss"),
            0.7,
        )
    })
}
