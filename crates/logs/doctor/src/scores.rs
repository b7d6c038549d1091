//! Scores of held-out photos other than the accuracy: F1, average precision, overlap.

use foliar_logread::{Metric, Series, Split};

use crate::context::Context;

/// A score that rises over the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rise<'a> {
    pub(crate) series: &'a Series,
    pub(crate) first: f64,
    /// The median of the last third.
    pub(crate) end: f64,
}

/// A score that has clearly risen since the first line, is high at the end, and ends near its best.
pub(crate) fn rising<'a>(context: &Context<'a>) -> Option<Rise<'a>> {
    const LINES: usize = 4;
    /// Shares by which it rises, and that it reaches, at least, and that it ends below its best, at most.
    const RISES: f64 = 0.15;
    const REACHES: f64 = 0.3;
    const FALLS: f64 = 0.05;
    let held_out = |series: &&Series| {
        matches!(series.metric, Metric::F1 | Metric::OtherScore)
            && matches!(series.split, Some(Split::Validation | Split::Test))
            && !series.within_epoch
            && series.points.len() >= LINES
            && series.points.iter().all(|point| (0.0..=1.0).contains(&point.value))
    };
    context.log.series.iter().filter(held_out).find_map(|series| {
        let points = &series.points;
        let mut late: Vec<f64> =
            points[points.len() - points.len().div_ceil(3)..].iter().map(|point| point.value).collect();
        late.sort_by(f64::total_cmp);
        let (first, last) = (points.first()?.value, points.last()?.value);
        let end = *late.get(late.len() / 2)?;
        let best = points.iter().map(|point| point.value).fold(0.0, f64::max);
        (end > first + RISES && end > REACHES && last > best - FALLS).then_some(Rise { series, first, end })
    })
}
