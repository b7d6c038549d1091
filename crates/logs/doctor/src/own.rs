//! Runs of foliar's own.
//!
//! Of these more is known than any log tells: losses are means per photo in nats, inputs are normalised, the last layer begins
//! small, training and evaluation are one program, the epoch with the lowest validation loss is kept, and its probabilities are
//! calibrated. So whatever a rule concludes from a loss that is too high, it can be no sum, no penalty and no bad start: the
//! learning rate is too high, or too low. And advice names options of `foliar train`, never one that the run already used.

use foliar_logread::Metric;

use crate::context::Context;
use crate::rows::Column;
use crate::rules::overfit;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Practice, Severity};

/// Faults of other programs.
const FOREIGN: [Id; 9] = [
    Id::LossScaled,
    Id::PenaltyInLoss,
    Id::DoubleSoftmax,
    Id::LabelSmoothing,
    Id::DegenerateMetric,
    Id::SaturatedLoss,
    Id::ImpossibleValue,
    Id::SeveralRuns,
    Id::HotStart,
];

/// What a learning rate that is too high makes of the curves.
const OF_THE_RATE: [Id; 8] = [
    Id::LrTooHigh,
    Id::UnstableValidation,
    Id::ValSpikes,
    Id::TrainEvalMismatch,
    Id::Overfit,
    Id::Plateau,
    Id::AtChance,
    Id::Underfit,
];

/// What is concluded from training photos that do badly, or worse than those of validation: nothing, where they are mixed.
/// Validation that is far worse than training is a fault there too.
const OF_PHOTOS_AS_THEY_ARE: [Id; 2] = [Id::Underfit, Id::ValBetterThanTrain];

/// First training loss beyond which the steps were too long, in multiples of that of guessing. At twice it classifiers on kept
/// features are still none the worse.
const HOT: f64 = 3.0;
/// Validation loss beyond which a network is sure of wrong answers, in the same unit.
const SURE: f64 = 1.6;
/// Validation loss beyond which no temperature makes good outputs, in the same unit.
const FAR: f64 = 5.0;
/// Share of the epochs in which a loss falls that falls steadily.
const STEADY: f64 = 0.9;
/// Share of the first training loss, and of that of guessing, that is left where hardly anything was learned.
const HARDLY: f64 = 0.75;
/// Epochs of a run that is slow; the first ones of many are.
const SLOW_EPOCHS: usize = 10;

/// Replaces findings that cannot be so in a run of foliar's by what is so.
pub(crate) fn translate(context: &Context<'_>, found: &mut Vec<Finding>) {
    found.retain(|finding| !FOREIGN.contains(&finding.id));
    found.retain(|finding| !(context.is_mixed && OF_PHOTOS_AS_THEY_ARE.contains(&finding.id)));
    let lost = found.iter().any(|finding| matches!(finding.id, Id::Nan | Id::Diverged));
    let too_sure = found.iter().any(|finding| finding.id == Id::Overconfident);
    if let Some(hot) = too_high(context, too_sure).filter(|_| !lost) {
        found.retain(|finding| !OF_THE_RATE.contains(&finding.id));
        found.push(hot);
    }
    // A loss that falls in every epoch is no network that learns nothing, however little it falls.
    if falls(context) {
        found.retain(|finding| finding.id != Id::AtChance);
    }
    if let Some(slow) = too_slow(context).filter(|_| !lost && !context.is_mixed) {
        found.retain(|finding| !matches!(finding.id, Id::AtChance | Id::Underfit | Id::StillImproving));
        found.push(slow);
    }
    for finding in found {
        match finding.id {
            // Calibration corrects it at the end of the run.
            Id::Overconfident | Id::Plateau => finding.severity = Severity::Note,
            // What memory costs stands beside every result; a loss that has not risen costs nothing.
            Id::Overfit if !overfit::has_risen(context) => finding.severity = Severity::Note,
            // How little so few photos tell stands beside every result, as its interval.
            Id::ValidationTooSmall => finding.severity = Severity::Note,
            _ => {}
        }
    }
}

/// A first epoch that costs far more than guessing; `too_sure` says that the last one does not explain its loss.
pub(crate) fn too_high(context: &Context<'_>, too_sure: bool) -> Option<Finding> {
    let chance = context.setup.chance_loss()?;
    let curve = context.column(Column::TrainLoss);
    let &(index, first) = curve.first()?;
    if first.value <= HOT * chance {
        return None;
    }
    let classes = context.setup.classes.unwrap_or_default();
    let sure = match (context.column(Column::ValLoss).last(), context.column(Column::ValAccuracy).last()) {
        (Some((_, loss)), Some((_, accuracy))) if too_sure || loss.value > SURE * chance => format!(
            " With {} of the validation photos right, the validation loss is {}: the classifier is far too sure of its errors \
             (overconfident).",
            percent(accuracy.value),
            number(loss.value)
        ),
        _ => String::new(),
    };
    Some(Finding {
        id: Id::LrTooHigh,
        severity: Severity::Warning,
        claim: format!(
            "The learning rate{} is too high: the first epoch has a training loss of {}, and guessing among {classes} classes has \
             {chance:.3}.{sure}",
            rate(context).map_or(String::new(), |rate| format!(" ({})", plain(rate))),
            number(first.value),
        ),
        evidence: vec![Evidence::at(first.line, quoted(&context.rows[index], index, "training loss", first))],
        confidence: 0.95,
        advice: format!("Train again with a lower one{}.", option(context, chance / first.value)),
        code: None,
    })
}

/// A loss that falls in nearly every epoch, hardly falls, and ends near that of guessing.
fn too_slow(context: &Context<'_>) -> Option<Finding> {
    let chance = context.setup.chance_loss()?;
    let curve = context.column(Column::TrainLoss);
    let (&(_, first), &(index, last)) = (curve.first()?, curve.last()?);
    let steady = curve.len() >= SLOW_EPOCHS && falls(context);
    let hardly =
        last.value < first.value && last.value > HARDLY * first.value && last.value > HARDLY * chance;
    (steady && hardly).then(|| Finding {
        id: Id::Underfit,
        severity: Severity::Warning,
        claim: format!(
            "The training loss falls steadily but hardly, from {} to {} in {} epochs: the learning rate{} is too low.",
            number(first.value),
            number(last.value),
            curve.len(),
            rate(context).map_or(String::new(), |rate| format!(" ({})", plain(rate))),
        ),
        evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last))],
        confidence: 0.9,
        advice: format!("Train again with a rate ten times higher{}, or for more epochs.", option(context, 10.0)),
        code: None,
    })
}

/// Whether the training loss falls in nearly every epoch, of four or more.
fn falls(context: &Context<'_>) -> bool {
    let curve = context.column(Column::TrainLoss);
    let (Some((_, first)), Some((_, last))) = (curve.first(), curve.last()) else { return false };
    // What is rounded may stay the same.
    let falls = curve.windows(2).filter(|pair| pair[1].1.value <= pair[0].1.value).count();
    let steps = curve.len() - 1;
    steps >= 3 && last.value < first.value && falls as f64 >= STEADY * steps as f64
}

/// The highest learning rate of the log, to two digits; that of a schedule lies a little above what single epochs end with.
fn rate(context: &Context<'_>) -> Option<f64> {
    let rates = context.log.series.iter().filter(|series| series.metric == Metric::LearningRate);
    let highest = rates.flat_map(|series| &series.points).map(|point| point.value).fold(0.0, f64::max);
    (highest > 0.0 && highest.is_finite()).then_some(highest)
}

/// A rate to two digits: `0.3`, `0.015`, `1e-5`.
fn plain(rate: f64) -> String {
    let rounded = format!("{rate:.1e}").parse().unwrap_or(rate);
    if rounded < 1e-4 { format!("{rounded:e}") } else { format!("{rounded}") }
}

/// ` (--lr 0.03)`: the rate times `factor`, to one digit.
fn option(context: &Context<'_>, factor: f64) -> String {
    let Some(rate) = rate(context) else { return " (--lr)".to_owned() };
    format!(" (--lr {})", plain(format!("{:.0e}", factor * rate).parse().unwrap_or(rate)))
}

/// Whether the last validation loss is so far above that of guessing that errors of more than confidence are in it.
fn is_beyond_a_temperature(context: &Context<'_>) -> bool {
    let last = context.column(Column::ValLoss).last().map(|(_, loss)| loss.value);
    context.setup.chance_loss().zip(last).is_some_and(|(chance, loss)| loss > FAR * chance)
}

/// Advice for a run of foliar's in the place of that for programs in general.
pub(crate) fn advise(context: &Context<'_>, findings: &mut [Finding]) {
    for finding in findings {
        finding.code = None;
        if let Some(advice) = advice(context, finding) {
            finding.advice = advice;
        }
    }
}

fn advice(context: &Context<'_>, finding: &Finding) -> Option<String> {
    let practice = context.setup.practice;
    let lower = || option(context, 0.1);
    Some(match finding.id {
        Id::Nan | Id::Diverged => {
            let warm_up = practice.filter(|done| !done.warm_up);
            let warm_up = warm_up.map_or("", |_| " and a warm-up (--warmup 0.1 --schedule cosine)");
            format!("Train again with a tenth of the learning rate{}{warm_up}.", lower())
        }
        Id::LrTooHigh if finding.advice.contains("--lr") => return None,
        Id::LrTooHigh => format!("Train again with a tenth of the learning rate{}.", lower()),
        Id::UnstableValidation | Id::ValSpikes => {
            let statistics = practice.filter(|done| !done.running_statistics);
            let statistics = statistics.map_or("", |_| ", or with --batch-norm running");
            format!(
                "The epoch with the lowest validation loss is kept. For a steadier run, train with a third of the learning \
                 rate{}{statistics}.",
                option(context, 1.0 / 3.0)
            )
        }
        Id::TrainEvalMismatch | Id::WorseThanChance => {
            "The validation photos may differ from those of training: other places, another camera, other labels. \
             `foliar audit` on the photos looks for that."
                .to_owned()
        }
        Id::AtChance => format!(
            "Look through some photos of each class: do their labels fit? `foliar audit` looks for wrong ones, `foliar lr-find` \
             for a learning rate.{}",
            practice.filter(|done| !done.pretrained).map_or("", |_| " Pretrained weights help most (--weights).")
        ),
        Id::Overfit if finding.severity == Severity::Note => {
            format!("The validation loss has not risen, so nothing is lost. {}", against_overfitting(practice))
        }
        Id::Overfit => format!(
            "The epoch with the lowest validation loss is kept, so the classifier is none the worse for it. {}",
            against_overfitting(practice)
        ),
        Id::Underfit if finding.advice.contains("--lr") => return None,
        Id::Underfit => match practice {
            Some(done) if done.frozen => "Train the whole network (--recipe fine), or a larger one (--model).".to_owned(),
            Some(done) if !done.pretrained => "Start from pretrained weights (--weights), or train longer (--epochs).".to_owned(),
            _ => "Train longer (--epochs), or a larger network (--model). Labels that contradict each other look the same: \
                  `foliar audit` looks for them."
                .to_owned(),
        },
        Id::Overconfident if is_beyond_a_temperature(context) => format!(
            "A temperature, which foliar fits at the end, cannot make good outputs that are this far off. Train again with a lower \
             learning rate{}.",
            option(context, 0.1)
        ),
        Id::Overconfident => {
            "Nothing has to be done: at the end foliar corrects the probabilities with a temperature that it fits to validation \
             photos."
                .to_owned()
        }
        Id::ValidationTooSmall => match practice {
            Some(done) if done.cross_validated => {
                "Judge by the result at the end: it is cross-validated over all photos.".to_owned()
            }
            _ => "More photos help; with weights, the recipe `quick` judges by all photos (cross-validation).".to_owned(),
        },
        Id::Plateau => "Nothing has to be done: the epoch with the lowest validation loss is kept.".to_owned(),
        Id::StillImproving => "More epochs may help (--epochs).".to_owned(),
        Id::TooLittleToTell => match context.column(Column::ValLoss).len() {
            0 => "Keep photos for validation (--validation 0.2): without them nothing can be judged.".to_owned(),
            1 | 2 => "Train for more epochs (--epochs).".to_owned(),
            _ => "Train longer, start from pretrained weights (--weights), or give more photos.".to_owned(),
        },
        Id::TooGood => {
            "Copies of one photo, or photos of one plant, may be in training and in validation: run `foliar audit` on the photos, \
             and test on photos from another place (`foliar evaluate --data`)."
                .to_owned()
        }
        Id::Healthy => match practice {
            Some(done) if done.grouped => {
                "Test it on photos from other places: `foliar evaluate` with --data.".to_owned()
            }
            _ => "Test it on photos from other places: `foliar evaluate` with --data. If several photos show one leaf or plant, \
                  say so (--group-by)."
                .to_owned(),
        },
        _ => return None,
    })
}

/// What helps against overfitting and is not done yet.
fn against_overfitting(practice: Option<Practice>) -> String {
    let Some(done) = practice else { return "More photos help most.".to_owned() };
    let more = [
        (!done.pretrained, "pretrained weights (--weights)"),
        (!done.augmented && done.frozen, "augmented views (--augmented-views 4)"),
        (!done.augmented && !done.frozen, "augmentation (--augment)"),
        (!done.weight_decay, "weight decay (--weight-decay 0.0005)"),
        (!done.label_smoothing, "label smoothing (--label-smoothing 0.1)"),
    ];
    let more: Vec<&str> = more.into_iter().filter(|(helps, _)| *helps).map(|(_, what)| what).collect();
    match more.as_slice() {
        [] => "More photos help most.".to_owned(),
        [only] => format!("More photos help most; {only} may help too."),
        [first @ .., last] => format!("More photos help most; {} or {last} may help too.", first.join(", ")),
    }
}

/// The beginning of the verdict, where that for other programs would say what cannot be.
pub(crate) fn head(id: Id) -> Option<&'static str> {
    match id {
        Id::TrainEvalMismatch => {
            Some("The network does far worse on validation photos than on those it trains on.")
        }
        Id::WorseThanChance => Some("At its end this run is worse than guessing on validation photos."),
        Id::Overfit => Some(
            "The run overfits: the network memorises its training photos and does not improve on others.",
        ),
        _ => None,
    }
}
