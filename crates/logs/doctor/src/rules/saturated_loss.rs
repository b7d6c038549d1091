//! A loss that equals the logarithm of a clipped probability.
//!
//! Idea: programs clip probabilities before taking the logarithm, and a network that is confident in the
//! wrong class prints exactly that logarithm. Source: `-ln` of the smallest normal float32 is 87.3365
//! (Caffe), of float32's epsilon 15.9424, of float64's 36.0437, of the smallest
//! float32 103.279, of a power of ten 2.302585 times its exponent (1e-7: 16.1181, Keras); PyTorch's binary cross-entropy
//! stops at 100. Limits: except for 87.3365 the value must
//! be printed twice, because any number may occur once.

use foliar_logread::Metric;

use crate::context::Context;
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

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
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
                advice: "Normalise the inputs (subtract the mean, divide by the standard deviation), \
                    use a smaller initialisation and lower the learning rate, because the logits are \
                    enormous. Pass logits, not probabilities, to the loss.".to_owned(),
                code: Some(
                    "loss = torch.nn.functional.cross_entropy(logits, labels)   # logits, not probabilities\n\
                    # Keras: Dense(classes) without activation, and\n\
                    model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))".to_owned()),
            })
        })
    })
}
