//! Rounds of boosting that only training gains from, where the log itself tells the best value so far.
//!
//! Idea: `learn: 0.95 test: 0.83 best: 0.84 (12)` in round 60 says that the best round was long ago. Where training has become better since
//! then and is far better than what was held out, the rounds after it were learned by heart. Limits: how far is far is known for
//! shares (8 points) and for losses (a third); without it the best round is a matter for `plateau`.

use super::ADVICE;
use crate::context::Context;
use crate::scores::told_best;
use crate::words::printed;
use crate::{Evidence, Finding, Id, Severity};
use foliar_logread::Metric;

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    const POINTS: f64 = 0.08;
    const SHARE: f64 = 0.67;
    let told = told_best(context)?;
    let (first, last) = (told.train.points.first()?, told.train.points.last()?);
    let now = told.held_out.points.last()?;
    let apart = if told.held_out.metric == Metric::Loss {
        last.value < first.value && last.value < SHARE * now.value
    } else {
        last.value > first.value && last.value > now.value + POINTS
    };
    apart.then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "The best value on held-out data, {}, was reached {}. Since then training has gone on, to {}, and held-out data ends at {}: \
                the rounds after the best one are learned by heart.",
            printed(told.best),
            told.when(),
            printed(last.value),
            printed(now.value)
        ),
        evidence: vec![Evidence::at(
            now.line,
            format!(
                "training {}, held out {}, best {}",
                printed(last.value),
                printed(now.value),
                printed(told.best)
            ),
        )],
        confidence: 0.8,
        advice: ADVICE.replace("best validation epoch", "best round"),
        code: None,
    })
}
