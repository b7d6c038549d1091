//! So few validation photos that the metric moves in steps of 1 / n.
//!
//! Idea: if all accuracies are multiples of 1 / n, the set has n photos; an accuracy p of n is known to
//! within about 2 sqrt(p (1 - p) / n). Source: the binomial distribution. Limits: needs three different
//! accuracies with enough digits, or the size given.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

const FEW: usize = 100;

/// Fewer photos do not tell a good classifier from a middling one.
const HARDLY_ANY: usize = 30;

/// Whether validation is so small that an accuracy on it is no proof.
pub(crate) fn proves_nothing(context: &Context<'_>) -> bool {
    context.validation_size().is_some_and(|size| size < HARDLY_ANY)
}

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let size = context.validation_size().filter(|&size| size < FEW)?;
    let &(index, last) = context.column(Column::ValAccuracy).last()?;
    // Few different values may share a factor with the size by chance.
    let mut values: Vec<f64> =
        context.column(Column::ValAccuracy).iter().map(|(_, reading)| reading.value).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let sure = context.setup.validation_size.is_some() || values.len() >= 7;
    let n = size as f64;
    // Wilson's interval does not shrink to nothing at an accuracy of 1.
    let p = (last.value * n + 2.0) / (n + 4.0);
    let noise = 2.0 * (p * (1.0 - p) / (n + 4.0)).sqrt();
    Some(Finding {
        id: Id::ValidationTooSmall,
        severity: if sure { Severity::Warning } else { Severity::Note },
        claim: format!(
            "Validation has {size} photos{}: one photo is worth {}, and an accuracy of {} could as well \
                be {} or {}.",
            if sure { "" } else { " or a small multiple of that" },
            percent(1.0 / n),
            percent(last.value),
            percent((p - noise).max(0.0)),
            percent((p + noise).min(1.0))
        ),
        evidence: vec![
            Evidence::at(last.line, quoted(&context.rows[index], index, "validation accuracy", last)),
            Evidence::whole(format!("every accuracy of the log is a multiple of 1/{}", number(n))),
        ],
        confidence: if context.setup.validation_size.is_some() { 0.99 } else { 0.95 },
        advice: "Hold out more photos (a few hundred, with some of every class), or average over \
            several splits (cross-validation), before you compare epochs or models."
            .to_owned(),
        code: None,
    })
}
