//! A loss that equals the logarithm of a clipped probability.
//!
//! Idea: programs clip probabilities before taking the logarithm, and a network that is confident in the
//! wrong class prints exactly that logarithm. Source: `-ln` of the smallest normal float32 is 87.3365
//! (Caffe), of float32's epsilon 15.9424, of float64's 36.0437, of the smallest
//! float32 103.279, of a power of ten 2.302585 times its exponent (1e-7: 16.1181, Keras); PyTorch's binary cross-entropy
//! stops at 100. Limits: except for 87.3365 the value must
//! be printed twice, because any number may occur once. Where a program prints means, such a network's loss is the logarithm times its
//! share of errors in every epoch.

use foliar_logread::Metric;

use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::words::number;
use crate::{Evidence, Finding, Id, Severity};

/// The value, what it is the logarithm of, and how often it must be printed.
const VALUES: [(f64, &str, usize); 5] = [
    (87.336_54, "the smallest normal float32", 1),
    (103.278_93, "the smallest float32", 1),
    (15.942_4, "float32's epsilon", 2),
    (36.043_65, "float64's epsilon", 2),
    (100.0, "e^-100, where PyTorch's binary cross-entropy clips", 3),
];
/// Exponents of the powers of ten that programs clip at; larger ones are losses that occur.
const POWERS: std::ops::RangeInclusive<u32> = 5..=40;

fn values() -> impl Iterator<Item = (f64, String, usize)> {
    let named = VALUES.into_iter().map(|(value, name, least)| (value, name.to_owned(), least));
    let power = |exponent: u32| (f64::from(exponent) * std::f64::consts::LN_10, format!("1e-{exponent}"), 2);
    named.chain(POWERS.map(power))
}

/// Clips of the usual programs, which a mean over errors gives away where single errors are not printed.
const CLIPS: [(f64, &str); 5] = [
    (16.118_1, "1e-7"),
    (15.942_4, "float32's epsilon"),
    (36.043_65, "float64's epsilon"),
    (34.538_8, "1e-15"),
    (100.0, "e^-100"),
];
/// Epochs in which each error costs a clip, and what they may differ from it beside rounding.
const SURE: (usize, f64) = (3, 1e-3);

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    by_value(context).or_else(|| by_error(context))
}

/// Every error costs the logarithm of the clip and every right answer nothing: the loss is that times the share of errors.
fn by_error(context: &Context<'_>) -> Option<Finding> {
    let columns = [(Column::TrainLoss, Column::TrainAccuracy), (Column::ValLoss, Column::ValAccuracy)];
    columns.into_iter().find_map(|(losses, accuracies)| {
        let rows: Vec<(Reading, Reading)> =
            context.rows.iter().filter_map(|row| Some((row.get(losses)?, row.get(accuracies)?))).collect();
        CLIPS.into_iter().find_map(|(clip, name)| {
            let costs = |(loss, accuracy): &(Reading, Reading)| {
                let wrong = 1.0 - accuracy.value;
                let rounding = 0.5 * (loss.resolution + clip * accuracy.resolution);
                wrong > 0.02 && (loss.value - clip * wrong).abs() < SURE.1 * loss.value + rounding
            };
            let exact = |(loss, accuracy): &&(Reading, Reading)| {
                clip * accuracy.resolution + loss.resolution < 0.01 * loss.value
            };
            // The first epochs may still have had something to learn.
            let stuck = &rows[rows.len() - rows.iter().rev().take_while(|row| costs(row)).count()..];
            let (first, last) = (stuck.first()?, stuck.last()?);
            let lasts = stuck.len() >= SURE.0 && 2 * stuck.len() >= rows.len();
            (lasts && stuck.iter().filter(exact).count() >= SURE.0).then(|| Finding {
                id: Id::SaturatedLoss,
                severity: Severity::Error,
                claim: format!(
                    "In {} of {} epochs the loss is {clip:.2} times the share of errors (1 - accuracy), and {clip:.2} is -ln of {name}: \
                        every error has a predicted probability of zero, so the loss is at the end of its scale and measures nothing \
                        but the errors.",
                    stuck.len(),
                    rows.len()
                ),
                evidence: vec![
                    Evidence::at(first.0.line, format!("{} / (1 - {})", number(first.0.value), number(first.1.value))),
                    Evidence::at(last.0.line, format!("{} / (1 - {})", number(last.0.value), number(last.1.value))),
                ],
                confidence: 0.9,
                advice: ADVICE.to_owned(),
                code: Some(CODE.to_owned()),
            })
        })
    })
}

const ADVICE: &str = "Normalise the inputs (subtract the mean, divide by the standard deviation), use a smaller initialisation and \
    lower the learning rate, because the logits are enormous. Pass logits, not probabilities, to the loss.";
const CODE: &str = "loss = torch.nn.functional.cross_entropy(logits, labels)   # logits, not probabilities\n\
    # Keras: Dense(classes) without activation, and\n\
    model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))";

fn by_value(context: &Context<'_>) -> Option<Finding> {
    let losses = context.log.series.iter().filter(|series| series.metric == Metric::Loss);
    losses.into_iter().find_map(|series| {
        values().find_map(|(value, name, least)| {
            let named = VALUES.iter().any(|known| known.0 == value) || name == "1e-7";
            let at: Vec<_> = series
                .points
                .iter()
                .filter(|point| named || point.resolution <= 1e-3)
                .filter(|point| (point.value - value).abs() < 1e-5 * value + 0.5 * point.resolution.min(1e-2))
                .collect();
            let first = at.first().filter(|_| at.len() >= least)?;
            let stays = series.points.last().is_some_and(|point| (point.value - value).abs() < 1e-3 * value);
            Some(Finding {
                id: Id::SaturatedLoss,
                severity: if stays { Severity::Error } else { Severity::Warning },
                claim: format!(
                    "{} is {} in {} of {} places: that is -ln of {name}. The predicted probability of \
                        the true class is zero, so the loss is at the end of its scale and measures \
                        nothing.",
                    series.name,
                    number(first.value),
                    at.len(),
                    series.points.len()
                ),
                evidence: vec![Evidence::at(first.line, format!("{} = {}", series.name, first.value))],
                confidence: if least == 1 { 0.97 } else { 0.8 },
                advice: ADVICE.to_owned(),
                code: Some(CODE.to_owned()),
            })
        })
    })
}
