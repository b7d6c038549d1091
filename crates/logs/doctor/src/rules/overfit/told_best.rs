//! Rounds of boosting that only training gains from, where the log itself tells the best value so far.
//!
//! Idea: `learn: 0.95 test: 0.83 best: 0.84 (12)` in round 60 says that the best round was long ago. Where training has become better since
//! then and is far better than what was held out, the rounds after it were learned by heart. Where few lines are given, the number of their round tells how long. Limits: how far is far is known for
//! shares (8 points) and for losses (a third). A score of both that is printed in each line shows the same: 10 points; without it the best round is a matter for `plateau`.

use super::ADVICE;
use crate::context::Context;
use crate::scores::{long_past, middle_of_last_third, told_best, twins};
use crate::words::printed;
use crate::{Evidence, Finding, Id, Severity};
use foliar_logread::{Metric, Series};

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    told(context).or_else(|| by_score(context)).or_else(|| gains_nothing(context))
}

/// A score of held-out data that lies far below that of training, and gains next to nothing of what training still gains, or falls
/// behind it farther and farther.
fn gains_nothing(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 8;
    const APART: f64 = 0.1;
    const GAIN: f64 = 0.003;
    const SHARE: f64 = 0.1;
    /// How far apart they end, and how much farther than they began, where held-out data still gain.
    const BEHIND: (f64, f64) = (0.15, 0.08);
    twins(context, LINES).into_iter().find_map(|(held_out, train)| {
        let train = train?;
        let values = |series: &Series| series.points.iter().map(|point| point.value).collect::<Vec<f64>>();
        let (learned, judged) = (values(train), values(held_out));
        let (first, last) = (*learned.first()?, *learned.last()?);
        let end = middle_of_last_third(&judged)?;
        let ups = learned.windows(2).filter(|pair| pair[1] > pair[0]).count();
        let rises = last > first + GAIN && 5 * ups >= 4 * (learned.len() - 1);
        let nothing = end - judged[0] < SHARE * (last - first);
        let behind = last - end > BEHIND.0 && last - end > first - judged[0] + BEHIND.1;
        let line = held_out.points.last()?.line;
        let now = held_out.points.last()?.value;
        (rises && (nothing && last > end + APART || behind)).then(|| Finding {
            id: Id::Overfit,
            severity: Severity::Warning,
            claim: format!(
                "`{}` rises from {} to {} while `{}` ends at {}: most of what training gains is learned by heart.",
                train.name.trim(),
                printed(first),
                printed(last),
                held_out.name.trim(),
                printed(end)
            ),
            evidence: vec![Evidence::at(
                line,
                format!("{} = {}", held_out.name.trim(), printed(now)),
            )],
            confidence: 0.75,
            advice: ADVICE.replace("best validation epoch", "best round"),
            code: None,
        })
    })
}

/// A score of held-out data that was best long ago, while that of training has risen since and is far better.
fn by_score(context: &Context<'_>) -> Option<Finding> {
    const APART: f64 = 0.1;
    const RISE: f64 = 0.02;
    let common = long_past(context)?;
    let (then, now) = (common.train.points.get(common.turn)?, common.train.points.last()?);
    let (best, last) = (common.held_out.points.get(common.turn)?, common.held_out.points.last()?);
    let apart = now.value > common.end + APART && now.value > then.value + RISE;
    let place = match (best.epoch.or(best.step), best.line) {
        (Some(round), _) => format!("round {}", printed(round)),
        (None, line) => format!("line {line}"),
    };
    apart.then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "`{}` was best near {place}, with {}, and ends near {}, while `{}` has risen from {} to {} since: what training gained is \
                learned by heart.",
            common.held_out.name.trim(),
            printed(common.best),
            printed(common.end),
            common.train.name.trim(),
            printed(then.value),
            printed(now.value)
        ),
        evidence: vec![
            Evidence::at(best.line, format!("{} = {}", common.held_out.name.trim(), printed(best.value))),
            Evidence::at(last.line, format!("{} = {}", common.held_out.name.trim(), printed(last.value))),
        ],
        confidence: 0.8,
        advice: ADVICE.replace("best validation epoch", "best round"),
        code: None,
    })
}

fn told(context: &Context<'_>) -> Option<Finding> {
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
