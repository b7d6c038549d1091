//! Validation that drifts away from a training that goes on, by less than a fifth of its loss.
//!
//! Idea: one sign alone is within what a healthy run may do, several together are not: since the least validation loss it rises, training
//! improves by a fifth, the accuracies come apart, and that of validation gains nothing. Where validation is worse and training better in
//! every epoch since then, fewer points will do. After a hundred rounds and more, a training loss that still falls beside one of
//! validation that is five times as high and stays tells the same. Limits: eight epochs, five where each is worse; both accuracies.

use super::{ADVICE, code};
use foliar_logread::Series;

use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::words::{epoch_name, number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    comes_apart(context).or_else(|| worse_in_each(context)).or_else(|| after_many_rounds(context))
}

/// An epoch with all four numbers.
struct Whole {
    row: usize,
    train: f64,
    val: f64,
    learned: Reading,
    judged: Reading,
}

impl Whole {
    fn gap(&self) -> f64 {
        self.learned.value - self.judged.value
    }
}

fn whole(context: &Context<'_>) -> Vec<Whole> {
    let complete = |(row, train, val): (usize, f64, f64)| {
        let (learned, judged) = (context.rows[row].train_accuracy?, context.rows[row].val_accuracy?);
        Some(Whole { row, train, val, learned, judged })
    };
    context.mean_losses().into_iter().filter_map(complete).collect()
}

/// The epochs from that of the least validation loss on, where there are so many after it.
fn since_the_least(epochs: &[Whole], since: usize) -> Option<&[Whole]> {
    let turn = (0..epochs.len()).min_by(|&a, &b| epochs[a].val.total_cmp(&epochs[b].val))?;
    (epochs.len() - turn > since && epochs[turn].val > 0.0).then(|| &epochs[turn..])
}

fn finding(context: &Context<'_>, best: &Whole, last: &Whole, confidence: f64) -> Finding {
    let row = &context.rows[best.row];
    Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "Since {} the validation loss has risen from {} to {} and its accuracy has gained nothing ({}), while the training loss fell \
                from {} to {} and its accuracy rose to {}: what is learned since then holds for training photos alone.",
            epoch_name(row, best.row),
            number(best.val),
            number(last.val),
            percent(last.judged.value),
            number(best.train),
            number(last.train),
            percent(last.learned.value)
        ),
        evidence: vec![
            Evidence::at(best.judged.line, quoted(row, best.row, "validation accuracy", best.judged)),
            Evidence::at(
                last.judged.line,
                quoted(&context.rows[last.row], last.row, "validation accuracy", last.judged),
            ),
        ],
        confidence,
        advice: ADVICE.to_owned(),
        code: code(),
    }
}

fn comes_apart(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 8;
    const SINCE: usize = 4;
    /// Validation losses, in the least one: each of the last three, and the last.
    const ABOVE: (f64, f64) = (1.015, 1.05);
    /// Training loss that is left of that of the best epoch.
    const LEFT: f64 = 0.8;
    /// Points between the accuracies at the end, and by which they came apart since; and those that validation may gain.
    const APART: (f64, f64) = (0.1, 0.06);
    const GAIN: f64 = 0.015;
    let epochs = whole(context);
    let since = since_the_least(&epochs, SINCE).filter(|_| epochs.len() >= EPOCHS)?;
    let (best, last) = (since.first()?, since.last()?);
    let ups = since.windows(2).filter(|pair| pair[1].val > pair[0].val).count();
    let risen = since[since.len() - 3..].iter().all(|epoch| epoch.val > ABOVE.0 * best.val)
        && last.val > ABOVE.1 * best.val
        && 5 * ups >= 3 * (since.len() - 1);
    let size = context.validation_size().map_or(300.0, |size| size as f64);
    let noise = (last.judged.value * (1.0 - last.judged.value) / size).sqrt();
    let apart = last.gap() > APART.0.max(3.0 * noise) && last.gap() - best.gap() > APART.1;
    let gains = since.iter().any(|epoch| epoch.judged.value > best.judged.value + GAIN);
    (risen && apart && !gains && last.train < LEFT * best.train).then(|| finding(context, best, last, 0.7))
}

/// Validation that is worse and training that is better in every epoch since the least validation loss.
pub(super) fn worse_in_each(context: &Context<'_>) -> Option<Finding> {
    const SINCE: usize = 4;
    const RISE: (f64, f64) = (1.1, 0.05);
    const LEFT: f64 = 0.87;
    const LEARNED: f64 = 0.08;
    let epochs = whole(context);
    let since = since_the_least(&epochs, SINCE)?;
    let (best, last) = (since.first()?, since.last()?);
    let each = since.windows(2).all(|pair| pair[1].val > pair[0].val && pair[1].train < pair[0].train);
    let risen = last.val > RISE.0 * best.val && last.val > best.val + RISE.1;
    let learned = last.train < LEFT * best.train
        && last.learned.value > best.learned.value + LEARNED
        && last.gap() > LEARNED;
    (each && risen && learned && last.judged.value <= best.judged.value)
        .then(|| finding(context, best, last, 0.85))
}

fn after_many_rounds(context: &Context<'_>) -> Option<Finding> {
    const MANY: f64 = 100.0;
    const TIMES: f64 = 5.0;
    /// How far the losses of validation may lie apart, and what is left of that of training.
    const STAYS: f64 = 1.02;
    const LEFT: f64 = 0.9;
    let both = context.mean_losses();
    let (&(_, begin, _), &(index, train, val)) = (both.first()?, both.last()?);
    let round = |series: &Series| series.points.first().and_then(|point| point.epoch.or(point.step));
    let late = context.chosen.val_loss.and_then(round).is_some_and(|round| round >= MANY)
        || context.chosen.val_loss.is_some_and(|series| series.name.contains("'s "));
    let far = both.iter().all(|(_, train, val)| *train > 0.0 && *val > TIMES * train);
    let (least, most) = both
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(least, most), (.., val)| (least.min(*val), most.max(*val)));
    let stays = both.len() >= 2 && most < STAYS * least;
    let judged = context.rows[index].val_loss?;
    let trained = context.column(Column::TrainAccuracy).is_empty();
    (late && far && stays && trained && train < LEFT * begin && !context.scale_is_off()).then(|| Finding {
        id: Id::Overfit,
        severity: Severity::Warning,
        claim: format!(
            "The training loss fell from {} to {} while that of validation, {} times as high, stays at {}: what training still gains \
                is learned by heart.",
            number(begin),
            number(train),
            number((val / train).round()),
            number(val)
        ),
        evidence: vec![Evidence::at(
            judged.line,
            quoted(&context.rows[index], index, "validation loss", judged),
        )],
        confidence: 0.7,
        advice: ADVICE.replace("best validation epoch", "best round"),
        code: None,
    })
}
