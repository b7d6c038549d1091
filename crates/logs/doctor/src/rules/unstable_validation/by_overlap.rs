//! An overlap, an F1 or a kappa of held-out data that falls for single epochs and comes back, while that of training is smooth.
//!
//! An accuracy of pixels is high whatever the network does, for most pixels are background; an overlap with the masks is not.

use foliar_logread::{Point, Series};

use super::{ADVICE, code};
use crate::context::Context;
use crate::overlap::{Overlap, overlaps};
use crate::words::percent;
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 8;
/// How far below the better of its neighbours on both sides a drop lies, how often there is one, and how smooth training is.
const DEPTH: f64 = 0.12;
const SHARE: usize = 6;
const SMOOTH: f64 = 0.05;

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    overlaps(context).into_iter().find_map(of_one)
}

fn of_one(overlap: Overlap<'_>) -> Option<Finding> {
    let points = &overlap.held_out.points;
    let best = |part: &[Point]| part.iter().map(|point| point.value).fold(0.0, f64::max);
    let usual = |place: usize| {
        let before = best(&points[place.saturating_sub(2)..place]);
        let after = &points[place + 1..(place + 4).min(points.len())];
        if after.is_empty() { before } else { before.min(best(after)) }
    };
    let drops: Vec<usize> =
        (1..points.len()).filter(|&place| usual(place) - points[place].value > DEPTH).collect();
    let is_smooth = |series: &Series| {
        let falls = series.points.windows(2).filter(|pair| pair[1].value < pair[0].value - SMOOTH).count();
        10 * falls <= series.points.len()
    };
    let &deepest = drops
        .iter()
        .max_by(|&&a, &&b| (usual(a) - points[a].value).total_cmp(&(usual(b) - points[b].value)))?;
    let often = drops.len() >= 2 && SHARE * drops.len() >= points.len();
    let name = overlap.held_out.name.trim();
    (points.len() >= EPOCHS && often && overlap.train.is_some_and(is_smooth)).then(|| Finding {
        id: Id::UnstableValidation,
        severity: Severity::Warning,
        claim: format!(
            "`{name}` falls to {} where it is {} before and after, and drops like that in {} of {} epochs, while training is smooth.",
            percent(points[deepest].value),
            percent(usual(deepest)),
            drops.len(),
            points.len()
        ),
        evidence: drops
            .iter()
            .take(3)
            .map(|&place| {
                Evidence::at(points[place].line, format!("{name} = {}", percent(points[place].value)))
            })
            .collect(),
        confidence: 0.8,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}
