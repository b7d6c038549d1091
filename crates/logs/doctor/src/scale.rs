//! The scale finder: by which factor the printed losses exceed the mean per sample.
//!
//! Every way of adding up ([`hypothesis`]) is weighed by how well it brings the printed losses to where the
//! accuracies, the other column and the start from guessing say they must be ([`likelihood`]). The answer is
//! the posterior: an interval that holds the factor with 90 % probability, and the likeliest way.
//!
//! Limits: without any accuracy nothing is said. An accuracy of exactly 1 bounds the error rate by about `3 /
//! n` and says little; the first epochs then decide. A focal loss, a margin or soft labels are other losses:
//! their scale is theirs.

pub(crate) mod hypothesis;
pub(crate) mod likelihood;
pub(crate) mod one_column;
pub(crate) mod reference;

use hypothesis::{Hypothesis, Sizes, hypotheses};
use likelihood::Likelihood;
use one_column::OneColumn;
use reference::Known;

use crate::rows::Row;
use crate::{Reduction, ScaleEstimate};

/// Rows that are weighed; longer logs are thinned.
const MOST_ROWS: usize = 48;
/// Below this probability of being a mean, a loss is called scaled.
pub(crate) const HARDLY_A_MEAN: f64 = 0.08;
/// Half of what is left out of the interval.
const TAIL: f64 = 0.05;

/// What the log says about the scale of its losses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Posterior {
    pub(crate) train: Option<ScaleEstimate>,
    pub(crate) val: Option<ScaleEstimate>,
    /// Probability that both columns are means.
    pub(crate) mean: f64,
    /// The likeliest way of adding up.
    pub(crate) reduction: Option<Reduction>,
    /// Its probability.
    pub(crate) certainty: f64,
    /// Whether the two columns show it by their ratio.
    pub(crate) by_ratio: bool,
}

impl Posterior {
    /// What is known where another cause has settled that the losses are means plus something.
    pub(crate) fn of_means(train: bool, val: bool) -> Self {
        let one = ScaleEstimate { low: 1.0, high: 1.0, best: 1.0, reduction: Some(Reduction::Mean) };
        Self {
            train: train.then_some(one),
            val: val.then_some(one),
            mean: 1.0,
            reduction: Some(Reduction::Mean),
            certainty: 1.0,
            by_ratio: false,
        }
    }

    /// What is known where one column has a factor and the other one is a mean.
    pub(crate) fn of_one(column: OneColumn) -> Self {
        let mean = Self::of_means(true, true);
        let (train, val, estimate) = match column {
            OneColumn::Train(estimate) => (Some(estimate), mean.val, estimate),
            OneColumn::Validation(estimate) => (mean.train, Some(estimate), estimate),
        };
        Self { train, val, mean: 0.1, reduction: estimate.reduction, certainty: 0.7, by_ratio: true }
    }
}

/// Weighs all hypotheses. `from_scratch` if the first row is the first epoch of training.
pub(crate) fn posterior(rows: &[Row], sizes: &Sizes, from_scratch: bool) -> Posterior {
    let rows = usable(rows);
    let (has_train, has_val) =
        (rows.iter().any(|row| row.train_loss.is_some()), rows.iter().any(|row| row.val_loss.is_some()));
    let classes = sizes.setup.classes;
    let samples = sizes.setup.validation_size.or(sizes.accuracy_resolution);
    let train = Known { classes, samples: sizes.setup.train_size };
    let likelihood = Likelihood::new(&rows, train, Known { classes, samples }, from_scratch);
    if !likelihood.is_informed() {
        return Posterior::default();
    }
    let weighed = weigh(&hypotheses(sizes), &likelihood);
    let probability = |reduction| {
        weighed.iter().filter(|(one, _)| one.reduction == reduction).map(|(_, weight)| weight).sum::<f64>()
    };
    let ways = [
        Reduction::Mean,
        Reduction::BatchSum,
        Reduction::SumOfBatchMeans,
        Reduction::TotalSum,
        Reduction::BatchMeansOverSamples,
    ];
    let (reduction, certainty) = ways
        .map(|reduction| (reduction, probability(reduction)))
        .into_iter()
        .fold((Reduction::Mean, 0.0), |best, way| if way.1 > best.1 { way } else { best });
    // The interval of a loss that is hardly a mean is that of the other ways.
    let mean = probability(Reduction::Mean);
    let ways: Vec<(Hypothesis, f64)> = if mean < HARDLY_A_MEAN {
        let others = weighed.iter().filter(|(one, _)| one.reduction != Reduction::Mean);
        others.map(|(one, weight)| (*one, weight / (1.0 - mean))).collect()
    } else {
        weighed.clone()
    };
    let estimate = |read: fn(&Hypothesis) -> f64| Some(marginal(&ways, reduction, read));
    Posterior {
        train: has_train.then(|| estimate(|one| one.train)).flatten(),
        val: has_val.then(|| estimate(|one| one.val)).flatten(),
        mean,
        reduction: Some(reduction),
        certainty,
        by_ratio: false,
    }
}

/// Hypotheses with their posterior weights, which add up to one.
fn weigh(hypotheses: &[Hypothesis], likelihood: &Likelihood) -> Vec<(Hypothesis, f64)> {
    let fits: Vec<f64> =
        hypotheses.iter().map(|one| likelihood.at(one.train, one.val) + one.prior.ln()).collect();
    let top = fits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = fits.iter().map(|fit| (fit - top).exp()).sum();
    hypotheses.iter().zip(fits).map(|(one, fit)| (*one, (fit - top).exp() / total)).collect()
}

/// Interval and likeliest value of one column's factor.
fn marginal(
    weighed: &[(Hypothesis, f64)],
    reduction: Reduction,
    read: fn(&Hypothesis) -> f64,
) -> ScaleEstimate {
    let mut sorted: Vec<(f64, f64, f64)> =
        weighed.iter().map(|(one, weight)| (read(one), one.width, *weight)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let quantile = |share: f64, side: f64| {
        let mut sum = 0.0;
        let mut place = 0.0;
        for &(x, width, weight) in &sorted {
            sum += weight;
            place = x + side * width;
            if sum >= share {
                break;
            }
        }
        place.exp()
    };
    let of_way = weighed.iter().filter(|(one, _)| one.reduction == reduction);
    let likeliest = of_way.fold(
        (0.0, 0.0),
        |best: (f64, f64), (one, weight)| {
            if *weight > best.1 { (read(one), *weight) } else { best }
        },
    );
    let best = likeliest.0.exp();
    ScaleEstimate {
        low: quantile(TAIL, -1.0).min(best),
        high: quantile(1.0 - TAIL, 1.0).max(best),
        best,
        reduction: Some(if best == 1.0 { Reduction::Mean } else { reduction }),
    }
}

/// Rows before anything exploded, without numbers that are no losses, thinned to [`MOST_ROWS`].
fn usable(rows: &[Row]) -> Vec<Row> {
    let end = explosion(rows).unwrap_or(rows.len());
    let rows = &rows[..end];
    let stride = rows.len().div_ceil(MOST_ROWS).max(1);
    let thinned = rows.iter().enumerate().filter(|(index, _)| index % stride == 0 || *index < 8);
    thinned
        .map(|(_, row)| {
            let sound = |reading: &crate::rows::Reading| reading.value.is_finite() && reading.value > 0.0;
            Row { train_loss: row.train_loss.filter(sound), val_loss: row.val_loss.filter(sound), ..*row }
        })
        .collect()
}

/// Index of the first row whose training loss is not finite, or twice the first and ten times the least so
/// far.
pub(crate) fn explosion(rows: &[Row]) -> Option<usize> {
    let mut first: Option<f64> = None;
    let mut least = f64::INFINITY;
    for (index, row) in rows.iter().enumerate() {
        if let Some(loss) = row.train_loss.map(|loss| loss.value) {
            let start = *first.get_or_insert(loss);
            if !loss.is_finite() || (loss > 2.0 * start && loss > 10.0 * least) {
                return Some(index);
            }
            least = least.min(loss);
        }
    }
    None
}
