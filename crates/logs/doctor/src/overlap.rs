//! Scores of held-out data that tell more than the accuracy of pixels or of a frequent class: overlaps (Dice, IoU), F1, kappa.

use foliar_logread::{Metric, Series, Split};

use crate::context::Context;
use crate::rows::Column;
use crate::scores::{key, middle_of_last_third};

/// Lines that a course needs.
pub(crate) const LINES: usize = 5;

/// A score of held-out data and that of training of the same name, where there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overlap<'a> {
    pub(crate) held_out: &'a Series,
    pub(crate) train: Option<&'a Series>,
}

/// All such scores of whole epochs that are shares.
pub(crate) fn overlaps<'a>(context: &Context<'a>) -> Vec<Overlap<'a>> {
    const NAMES: [&str; 7] = ["dice", "iou", "jaccard", "f1", "kappa", "qwk", "dsc"];
    let is_overlap = |series: &&Series| {
        let name = series.name.to_lowercase();
        matches!(series.metric, Metric::F1 | Metric::OtherScore)
            && !series.within_epoch
            && series.points.len() >= LINES
            && NAMES.iter().any(|word| name.contains(word))
            && !name.contains("loss")
            && series.points.iter().all(|point| (0.0..=1.0).contains(&point.value))
    };
    let of = |held_out: bool| {
        context.log.series.iter().filter(is_overlap).filter(move |series| match held_out {
            true => matches!(series.split, Some(Split::Validation | Split::Test)),
            false => series.split == Some(Split::Train),
        })
    };
    of(true)
        .map(|held_out| {
            let twin = |train: &&Series| {
                key(&train.name) == key(&held_out.name) && train.points.len() == held_out.points.len()
            };
            Overlap { held_out, train: of(false).find(twin) }
        })
        .collect()
}

/// Whether a score of held-out data that is high from the first line on rose further and ends near its best, while that of training rose
/// much and ends near it: nothing but learning does that.
pub(crate) fn proves(context: &Context<'_>) -> bool {
    /// What held-out data reach, how much they rise, and training.
    const REACHES: f64 = 0.7;
    const RISES: (f64, f64) = (0.02, 0.1);
    const APART: f64 = 0.08;
    const FALLS: f64 = 0.03;
    let values = |series: &Series| series.points.iter().map(|point| point.value).collect::<Vec<f64>>();
    let pairs = overlaps(context)
        .into_iter()
        .filter_map(|overlap| Some((values(overlap.train?), values(overlap.held_out))))
        .chain(of_losses(context));
    pairs.into_iter().any(|(train, held_out)| {
        let ends = |curve: &[f64]| Some((*curve.first()?, middle_of_last_third(curve)?));
        let Some(((began, learned), (first, end))) = ends(&train).zip(ends(&held_out)) else { return false };
        let best = held_out.iter().copied().fold(0.0, f64::max);
        end > REACHES
            && end > first + RISES.0
            && learned > began + RISES.1
            && learned < end + APART
            && held_out.last().is_some_and(|last| *last > best - FALLS)
    })
}

/// The overlaps of training and of held-out data behind losses that are overlaps below 0, as of networks that mark regions.
fn of_losses(context: &Context<'_>) -> Option<(Vec<f64>, Vec<f64>)> {
    let of = |column: Column| {
        let curve = context.best_run(column);
        let overlap = curve.len() >= LINES && curve.iter().all(|(_, loss)| (-1.0..0.0).contains(&loss.value));
        overlap.then(|| curve.iter().map(|(_, loss)| -loss.value).collect::<Vec<f64>>())
    };
    of(Column::TrainLoss).zip(of(Column::ValLoss))
}

#[cfg(test)]
mod tests {
    use foliar_logread::read_log;

    use super::*;
    use crate::RunSetup;

    #[test]
    fn a_loss_named_after_an_overlap_is_none() {
        let line = |epoch: usize| {
            let score = 0.5 + 0.05 * epoch as f64;
            format!("epoch {epoch} train_dice {score} val_dice {score} val_dice_loss {}\n", 1.0 - score)
        };
        let text: String = (0..6).map(line).collect();
        let Ok(log) = read_log(text.as_bytes()) else { panic!("not read") };
        let context = Context::new(&log, &RunSetup::default());
        let found = overlaps(&context);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].train.is_some());
        assert!(proves(&context));
    }
}
