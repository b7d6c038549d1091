//! Loss and accuracy of validation jump together, while training is smooth.
//!
//! Idea: a few extreme photos move the loss alone (`val-spikes`). Where accuracy falls with it for single epochs and comes back, the
//! network itself is another one in evaluation: the running statistics of batch norm lag behind weights that move fast. A
//! drop is an epoch whose accuracy lies far below the better of its neighbours on both sides, or below the one before at the
//! end, while the training accuracy does not fall. In a short run one drop is enough where the loss doubles with it. The same shows as a
//! validation that lies far behind training in most epochs from the first on, when all photos are new, and meets it at the end; and as a
//! loss that doubles again and again, where no accuracy says whether few photos or all cause it; or as an overlap that falls and comes back. Source: Ioffe and Szegedy 2015; the
//! standard error of an accuracy. Limits: needs five epochs; small validation sets jump by chance, hence five standard errors.

mod by_overlap;

use foliar_logread::{Metric, Point};

use crate::context::Context;
use crate::rows::{Column, Reading, Row};
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 5;
/// A drop that counts alone.
const DEEP: f64 = 0.25;
/// A drop that counts even where all is well at the end.
const ABYSS: f64 = 0.38;

/// A drop that counts where the loss doubles with it, again and again.
const TOGETHER: f64 = 0.05;
/// A training loss, in nats, whose multiples are no jumps.
const TRIFLE: f64 = 0.02;
/// How often that is.
const SEVERAL: usize = 3;
/// Validations of a short run, in which one drop is a large part of what is known: it counts where the loss doubles with it.
const SHORT: usize = 8;

/// An epoch whose validation falls far below its neighbours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drop {
    /// Index of its row.
    index: usize,
    /// Validations after it.
    since: usize,
    /// Line of its accuracy.
    pub(crate) line: usize,
    /// Its accuracy.
    pub(crate) accuracy: f64,
    /// That of the neighbours.
    usual: f64,
}

impl Drop {
    fn depth(&self) -> f64 {
        self.usual - self.accuracy
    }
}

/// The drops, where they are several or one is deep.
pub(crate) fn drops(context: &Context<'_>) -> Vec<Drop> {
    let curve: Vec<(usize, &Row, Reading)> = context
        .rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            Some((index, row, row.val_accuracy.filter(|reading| reading.value.is_finite())?))
        })
        .collect();
    if curve.len() < EPOCHS {
        return Vec::new();
    }
    let size = context.validation_size().map_or(200.0, |size| size as f64);
    let error = |p: f64| (p * (1.0 - p) / size).sqrt();
    let best =
        |epochs: &[(usize, &Row, Reading)]| epochs.iter().map(|epoch| epoch.2.value).fold(0.0, f64::max);
    let drop = |place: usize| {
        let (index, row, reading) = curve[place];
        let before = best(&curve[place.saturating_sub(2)..place]);
        let after = &curve[place + 1..(place + 4).min(curve.len())];
        let usual = if after.is_empty() { before } else { before.min(best(after)) };
        let earlier = curve[place - 1].1;
        let steady = match (earlier.train_accuracy, row.train_accuracy, earlier.train_loss, row.train_loss) {
            (Some(before), Some(now), ..) => now.value > before.value - 0.03,
            // Next to nothing may become twice as much.
            (_, _, Some(before), Some(now)) => {
                now.value < (1.15 * before.value).max(context.factors().0 * TRIFLE)
            }
            _ => false,
        };
        let drop = Drop {
            index,
            since: curve.len() - 1 - place,
            line: reading.line,
            accuracy: reading.value,
            usual,
        };
        // A loss that jumps with it makes a lesser drop count.
        let jumps = |times: f64| {
            let losses = earlier.val_loss.zip(row.val_loss);
            losses.is_some_and(|(before, now)| now.value > times * before.value)
        };
        let least = context.limits.unstable_drop * if jumps(4.0) { 0.6 } else { 1.0 };
        let alone = steady && drop.depth() > least.max(5.0 * error(usual));
        let doubles = steady && jumps(2.0);
        let together = doubles && drop.depth() > TOGETHER.max(2.5 * error(usual));
        // Where the curve rises steeply, what was to be expected lies between the neighbours.
        let next = after.first().map_or(usual, |(.., next)| next.value);
        let due = usual.max(0.5 * (usual + next));
        let deep = due - drop.accuracy > context.limits.unstable_drop.max(4.0 * error(due));
        let short = curve.len() <= SHORT && together && deep;
        (alone || together).then_some((drop, alone, short))
    };
    let drops: Vec<(Drop, bool, bool)> = (1..curve.len()).filter_map(drop).collect();
    if let [(drop, _, true)] = drops[..] {
        return vec![drop];
    }
    let alone: Vec<Drop> = drops.iter().filter(|(_, alone, _)| *alone).map(|(drop, ..)| *drop).collect();
    // Of few epochs two that fall so are many.
    let marked = drops.iter().any(|(_, alone, short)| *alone || *short);
    let often = marked && drops.len() >= 2 && 6 * drops.len() >= curve.len();
    if drops.len() >= SEVERAL || often {
        drops.into_iter().map(|(drop, ..)| drop).collect()
    } else if alone.len() >= 2 || alone.iter().any(|drop| drop.depth() >= DEEP) {
        alone
    } else {
        Vec::new()
    }
}

/// Whether the learning rate of the row `index`, where the log prints one, has fallen to less than a third since.
fn is_past_its_peak(context: &Context<'_>, index: usize) -> bool {
    let rates = context.log.series.iter().filter(|series| series.metric == Metric::LearningRate);
    let line = context.rows[index].val_accuracy.map_or(0, |reading| reading.line);
    let epoch = context.rows[index].epoch;
    rates.into_iter().any(|series| {
        let same = |point: &&Point| if line > 0 { point.line >= line } else { point.epoch >= epoch };
        let then = series.points.iter().find(same).map_or(0.0, |point| point.value);
        series.points.last().is_some_and(|last| last.value < then / 3.0)
    })
}

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    by_drops(context)
        .or_else(|| lags(context))
        .or_else(|| by_loss(context))
        .or_else(|| by_overlap::find(context))
}

const ADVICE: &str = "Lower the learning rate, let it fall during training (cosine), and give batch norm larger batches or a \
    momentum that follows faster. Do not choose an epoch by one lucky value.";

fn code() -> Option<String> {
    Some(
        "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)\n\
        for module in model.modules():\n    \
        if isinstance(module, torch.nn.BatchNorm2d): module.momentum = 0.2"
            .to_owned(),
    )
}

/// Validation far behind training in most epochs from the first one on, where memory explains no gap, and level with it at
/// the end.
fn lags(context: &Context<'_>) -> Option<Finding> {
    let losses = context.mean_losses();
    let far: Vec<bool> = losses
        .iter()
        .map(|&(index, train, val)| {
            let row = &context.rows[index];
            let accuracies = row.train_accuracy.zip(row.val_accuracy);
            accuracies.is_some_and(|(train, val)| val.value < 0.75 * train.value)
                && val > 1.5 * train
                && val - train > 0.5
        })
        .collect();
    let count = far.iter().filter(|&&far| far).count();
    let lagged = far.len() >= EPOCHS && far.first() == Some(&true) && far.last() == Some(&false);
    if !lagged || 5 * count < 3 * far.len() {
        return None;
    }
    let (index, train, val) = losses[0];
    let row = &context.rows[index];
    Some(Finding {
        id: Id::UnstableValidation,
        severity: Severity::Warning,
        claim: format!(
            "In {count} of {} epochs, from {} on, the validation loss lies far above that of training ({} against {} at \
                first), and then level with it: the network is another one in evaluation, and the last epoch may be luck.",
            far.len(),
            epoch_name(row, index),
            number(val),
            number(train)
        ),
        evidence: vec![Evidence::at(
            row.val_loss?.line,
            quoted(row, index, "validation loss", row.val_loss?),
        )],
        confidence: 0.7,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

/// A validation loss that is twice that of its neighbours again and again, where no accuracy is printed and training is smooth.
fn by_loss(context: &Context<'_>) -> Option<Finding> {
    /// In nats.
    const RISE: f64 = 0.3;
    let both = context.mean_losses();
    let told = !context.column(Column::ValAccuracy).is_empty();
    let smooth = both.windows(2).all(|pair| pair[1].1 < 1.15 * pair[0].1);
    if told || !smooth || both.len() < EPOCHS || context.penalty.is_some() {
        return None;
    }
    let least = |part: &[(usize, f64, f64)]| part.iter().map(|row| row.2).fold(f64::INFINITY, f64::min);
    let usual = |place: usize| {
        let after = &both[place + 1..(place + 3).min(both.len())];
        let before = least(&both[place.saturating_sub(2)..place]);
        if after.is_empty() { before } else { before.max(least(after)) }
    };
    let spikes: Vec<usize> = (1..both.len())
        .filter(|&place| {
            both[place].2 > context.limits.spike * usual(place) && both[place].2 - usual(place) > RISE
        })
        .collect();
    let &place = spikes.iter().max_by(|&&a, &&b| both[a].2.total_cmp(&both[b].2))?;
    let (index, _, loss) = both[place];
    let row = &context.rows[index];
    let often = spikes.len() >= 2 && 6 * spikes.len() >= both.len();
    (often || both.len() <= SHORT).then(|| Finding {
        id: Id::UnstableValidation,
        severity: if often { Severity::Warning } else { Severity::Note },
        claim: format!(
            "The validation loss jumps in {} of {} epochs, in {} to {} where its neighbours have at most {}, while training is smooth. \
                Whether a few photos or all cause it, only the accuracy tells.",
            spikes.len(),
            both.len(),
            epoch_name(row, index),
            number(loss),
            number(usual(place))
        ),
        evidence: row
            .val_loss
            .map(|loss| Evidence::at(loss.line, quoted(row, index, "validation loss", loss)))
            .into_iter()
            .collect(),
        confidence: 0.7,
        advice: ADVICE.to_owned(),
        code: code(),
    })
}

fn by_drops(context: &Context<'_>) -> Option<Finding> {
    let drops = drops(context);
    let deepest = drops.iter().max_by(|a, b| a.depth().total_cmp(&b.depth()))?;
    // What ended is over, if it was neither frequent nor worse than a lag of the running statistics makes it.
    let validations = context.column(Column::ValAccuracy).len();
    let lasting = drops.iter().any(|drop| drop.since < 2) || 4 * drops.len() >= validations;
    let over = drops.iter().all(|drop| is_past_its_peak(context, drop.index));
    let name = |drop: &Drop| epoch_name(&context.rows[drop.index], drop.index);
    Some(Finding {
        id: Id::UnstableValidation,
        severity: if !over && (lasting || deepest.depth() >= ABYSS) {
            Severity::Warning
        } else {
            Severity::Note
        },
        claim: format!(
            "The validation accuracy falls to {} in {} where it is {} before and after, and drops like that in {} \
                epoch(s), while training is smooth.",
            percent(deepest.accuracy),
            name(deepest),
            percent(deepest.usual),
            drops.len()
        ),
        evidence: drops
            .iter()
            .take(3)
            .map(|drop| {
                Evidence::at(
                    drop.line,
                    format!("{}: validation accuracy {}", name(drop), percent(drop.accuracy)),
                )
            })
            .collect(),
        confidence: if drops.len() > 1 { 0.94 } else { 0.85 },
        advice: ADVICE.to_owned(),
        code: code(),
    })
}
