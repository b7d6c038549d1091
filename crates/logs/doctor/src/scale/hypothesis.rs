//! The ways of adding up that programs use, as pairs of factors with prior weights.
//!
//! Where batch and set sizes are known, each way is one pair; where not, it is spread over the usual ones.

use crate::Reduction;
use crate::setup::RunSetup;

/// One pair of factors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypothesis {
    pub(crate) reduction: Reduction,
    /// Logarithms of the factors.
    pub(crate) train: f64,
    pub(crate) val: f64,
    /// How far each may stray, for lack of knowledge of sizes or a last batch that is smaller.
    pub(crate) width: f64,
    pub(crate) prior: f64,
}

/// What is known of the sizes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) setup: RunSetup,
    /// Steps an epoch, as the log states them.
    pub(crate) steps: Option<usize>,
    /// Validation samples as inferred from the accuracies; the true number may be a multiple.
    pub(crate) accuracy_resolution: Option<usize>,
}

/// Batch sizes in use, with weights.
const BATCHES: [(f64, f64); 18] = [
    (4.0, 0.003),
    (8.0, 0.05),
    (10.0, 0.02),
    (12.0, 0.01),
    (16.0, 0.14),
    (20.0, 0.02),
    (24.0, 0.02),
    (32.0, 0.23),
    (40.0, 0.01),
    (48.0, 0.01),
    (50.0, 0.02),
    (64.0, 0.22),
    (96.0, 0.01),
    (100.0, 0.03),
    (128.0, 0.12),
    (256.0, 0.05),
    (512.0, 0.02),
    (1024.0, 0.01),
];

/// Training samples for each validation sample, with weights: splits of 80/20, 90/10, 70/30, 75/25, 95/5,
/// 50/50 and others.
const SPLITS: [(f64, f64); 11] = [
    (1.0, 0.03),
    (1.5, 0.04),
    (7.0 / 3.0, 0.12),
    (3.0, 0.12),
    (4.0, 0.32),
    (5.0, 0.08),
    (17.0 / 3.0, 0.06),
    (7.0, 0.05),
    (9.0, 0.12),
    (13.0, 0.03),
    (19.0, 0.03),
];

const MEAN: f64 = 0.85;
const BATCH_SUM: f64 = 0.05;
const SUM_OF_BATCH_MEANS: f64 = 0.05;
const TOTAL_SUM: f64 = 0.04;
const OVER_SAMPLES: f64 = 0.005;
/// Share of each way for a program that uses it in one of the columns alone.
const ONE_COLUMN: f64 = 0.002;
/// Steps that a log states may be those of something else, such as a bar of fixed length.
const STEPS_TRUST: f64 = 0.3;

const EXACT: f64 = 0.02;

/// All of them; the priors add up to about one.
pub(crate) fn hypotheses(sizes: &Sizes) -> Vec<Hypothesis> {
    let mut all =
        vec![Hypothesis { reduction: Reduction::Mean, train: 0.0, val: 0.0, width: EXACT, prior: MEAN }];
    let batches = batches(sizes);
    let sets = sets(sizes);
    for &(batch, weight) in &batches {
        let over = |n: Option<usize>| match n {
            Some(n) => (n as f64 / (n as f64 / batch).ceil()).ln(),
            None => batch.ln(),
        };
        let (train, val) = (over(sizes.setup.train_size), over(sizes.setup.validation_size));
        let width = if sizes.setup.batch_size.is_some() { EXACT } else { 0.05 };
        all.push(Hypothesis { reduction: Reduction::BatchSum, train, val, width, prior: BATCH_SUM * weight });
        all.push(Hypothesis {
            reduction: Reduction::BatchMeansOverSamples,
            train: -train,
            val: -val,
            width,
            prior: OVER_SAMPLES * weight,
        });
    }
    let exact = sizes.setup.train_size.is_some() && sizes.setup.validation_size.is_some();
    let width = if exact { EXACT } else { 0.15 };
    let told = sizes.steps.filter(|_| sizes.setup.batch_size.is_none());
    let unstated = if told.is_some() { 1.0 - STEPS_TRUST } else { 1.0 };
    // Where no size is known, a spread over set sizes is one over numbers of batches.
    let unsized_sets =
        sizes.setup.train_size.or(sizes.setup.validation_size).or(sizes.accuracy_resolution).is_none();
    let divisors: &[(f64, f64)] =
        if unsized_sets && sizes.setup.batch_size.is_none() { &[(40.0, 1.0)] } else { &batches };
    for &(train, val, weight) in &sets {
        let prior = TOTAL_SUM * weight;
        let (x_t, x_v) = (train.ln(), val.ln());
        all.push(Hypothesis { reduction: Reduction::TotalSum, train: x_t, val: x_v, width, prior });
        for &(batch, share) in divisors {
            let prior = SUM_OF_BATCH_MEANS * weight * share * unstated;
            let (x_t, x_v) = ((train / batch).ceil().ln(), (val / batch).ceil().ln());
            all.push(Hypothesis {
                reduction: Reduction::SumOfBatchMeans,
                train: x_t,
                val: x_v,
                width,
                prior,
            });
        }
    }
    if let Some(steps) = told {
        for &(split, weight) in &SPLITS {
            let prior = SUM_OF_BATCH_MEANS * STEPS_TRUST * weight;
            let x = (steps.max(1) as f64).ln();
            let (reduction, val) = (Reduction::SumOfBatchMeans, (x - split.ln()).max(0.0));
            all.push(Hypothesis { reduction, train: x, val, width: 0.15, prior });
        }
    }
    let alone: Vec<Hypothesis> = all
        .iter()
        .filter(|one| one.reduction != Reduction::Mean)
        .flat_map(|one| {
            let prior = one.prior * ONE_COLUMN;
            [Hypothesis { val: 0.0, prior, ..*one }, Hypothesis { train: 0.0, prior, ..*one }]
        })
        .collect();
    all.extend(alone);
    all
}

fn batches(sizes: &Sizes) -> Vec<(f64, f64)> {
    match sizes.setup.batch_size {
        Some(batch) => vec![(batch as f64, 1.0)],
        None => BATCHES.to_vec(),
    }
}

/// Training samples, validation samples, weight.
fn sets(sizes: &Sizes) -> Vec<(f64, f64, f64)> {
    let by_val = |val: f64, weight: f64| SPLITS.map(|(split, share)| (val * split, val, weight * share));
    match (sizes.setup.train_size, sizes.setup.validation_size, sizes.accuracy_resolution) {
        (Some(train), Some(val), _) => vec![(train as f64, val as f64, 1.0)],
        (Some(train), None, _) => {
            SPLITS.iter().map(|(split, share)| (train as f64, train as f64 / split, *share)).collect()
        }
        (None, Some(val), _) => by_val(val as f64, 1.0).to_vec(),
        (None, None, Some(accuracy_resolution)) => [(1.0, 0.8), (2.0, 0.12), (3.0, 0.04), (4.0, 0.04)]
            .into_iter()
            .flat_map(|(times, weight)| by_val(times * accuracy_resolution as f64, weight))
            .collect(),
        (None, None, None) => {
            let steps = 16;
            (0..steps)
                .flat_map(|step| {
                    let val = 40.0 * (1000f64).powf(f64::from(step) / f64::from(steps - 1));
                    by_val(val, 1.0 / f64::from(steps))
                })
                .collect()
        }
    }
}
