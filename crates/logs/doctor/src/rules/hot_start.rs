//! The first losses are far above those of guessing, then recover.
//!
//! Idea: a network that knows nothing and is not confident starts at ln C. A first loss of 1.6 times that,
//! followed by one below it, means that the first outputs were confident without reason: large initial
//! weights, inputs that are not normalised, or a first step that was too long. Source: Karpathy, "A recipe
//! for training neural networks" (2019), "verify loss at init". Limits: needs the number of classes, or a
//! first loss above that of a hundred thousand classes beside an accuracy; needs means, not sums.

use foliar_logread::{Metric, Series, Split};

use crate::context::Context;
use crate::words::number;
use crate::{Evidence, Finding, Id, Severity};

/// A first loss that is too high whatever it counts, if it falls to the usual ones.
const ABSURD: f64 = 100.0;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let parts = |series: &Series| series.metric == Metric::LossPart && series.split == Some(Split::Train);
    // A sum over several tasks starts at the sum of what guessing costs in each, and what an optimiser calls its value may be one over
    // all samples.
    let of_optimiser = context.chosen.train_loss.is_some_and(|series| series.name == "value");
    let is_sum = context.has_heads || of_optimiser || context.log.series.iter().any(parts);
    // Without an accuracy or classes nothing says that a loss is a mean cross-entropy, which alone has a usual start.
    let classifies = context.setup.classes.is_some()
        || context
            .log
            .series
            .iter()
            .any(|series| matches!(series.metric, Metric::Accuracy | Metric::TopFive));
    if context.penalty.is_some() || context.scale_is_off() || is_sum {
        return None;
    }
    let losses = context.log.series.iter().filter(|series| {
        series.metric == Metric::Loss && series.split.is_none_or(|split| split == Split::Train)
    });
    let sure =
        |series: &Series| classifies || series.points.first().is_some_and(|first| first.value > ABSURD);
    losses.filter(|series| sure(series)).find_map(|series| hot(context, series))
}

fn hot(context: &Context<'_>, series: &Series) -> Option<Finding> {
    /// Two evaluations are no course.
    const READINGS: usize = 3;
    let chance = context.setup.chance_loss();
    let first = series.points.first().filter(|_| series.points.len() >= READINGS)?;
    let begins = first.epoch.is_none_or(|epoch| epoch <= 1.0) && first.step.is_none_or(|step| step <= 2000.0);
    let (limit, goal) = match chance {
        Some(chance) => (context.limits.hot_start * chance, 1.02 * chance),
        None => (11.5, 6.0),
    };
    let recovered = series.points.iter().position(|point| point.value < goal)?;
    let back = &series.points[recovered];
    let stays = series.points[recovered..].iter().filter(|point| point.value < limit).count();
    if !begins
        || !first.value.is_finite()
        || first.value < limit
        || 10 * stays < 9 * (series.points.len() - recovered)
    {
        return None;
    }
    let place = match (back.line, back.epoch) {
        (0, Some(epoch)) => format!("epoch {}", number(epoch)),
        (0, None) => format!("record {}", recovered + 1),
        (line, _) => format!("line {line}"),
    };
    Some(Finding {
        id: Id::HotStart,
        severity: Severity::Warning,
        claim: format!(
            "The first loss is {}; an untrained network should start at {}. The loss fell to that \
                level only in {}: the first steps were spent on undoing the start.",
            number(first.value),
            chance.map_or("11 or less".to_owned(), number),
            place
        ),
        evidence: vec![
            Evidence::at(first.line, format!("{} = {}", series.name, number(first.value))),
            Evidence::at(back.line, format!("{} = {}", series.name, number(back.value))),
        ],
        confidence: if chance.is_some() { 0.94 } else { 0.85 },
        advice: "Normalise the inputs, initialise the last layer with small weights, and warm up the \
                learning rate over the first few hundred steps."
            .to_owned(),
        code: Some(
            "torch.nn.init.normal_(model.fc.weight, std=0.01); torch.nn.init.zeros_(model.fc.bias)\n\
            warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=500)\n\
            warm_up.step()   # after every optimizer.step()"
                .to_owned(),
        ),
    })
}
