//! Two classifiers on photographs that neither they nor the search have seen.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | test photographs |
//! | G | their clusters: photographs that belong together, and so err together; each has one class, its first one's |
//! | B | 2,000, resamples |
//!
//! An interval holds the middle 95 % of the difference, tuned minus untuned, in B resamples of the clusters of each class, drawn
//! with replacement, both classifiers on the same ones (the percentile interval of Efron and Tibshirani, "An Introduction to
//! the Bootstrap" (1993), section 13.3, by clusters as in Davison and Hinkley (1997), section 3.8). Classes keep their shares,
//! as the split has them keep. Losses are after calibration, as the bundles predict.

use std::collections::BTreeMap;

use foliar_metrics::{Metrics, arg_max, cross_entropy, mcnemar, quantile};
use foliar_model::{Bundle, Predictor, decode_reduced};
use foliar_random::Random;
use foliar_runlog::RunDir;
use foliar_study::Job;
use foliar_train::TrainError;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::job::Attempt;
use crate::session::Session;

/// Photographs in one pass of a network.
const BATCH: usize = 32;
/// B.
const RESAMPLES: usize = 2000;

/// How good a classifier is on the test photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean cross-entropy after calibration, in nats.
    pub loss: f64,
    /// Share called rightly.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub accuracy_interval: [f64; 2],
    /// Mean F1 over the classes.
    pub macro_f1: f64,
}

/// Tuned minus untuned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// On the test photographs.
    pub value: f64,
    /// 95 % interval.
    pub interval: [f64; 2],
}

/// The tuned and the untuned classifier side by side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contest {
    /// n.
    pub photographs: usize,
    /// G.
    pub clusters: usize,
    /// The tuned classifier.
    pub tuned: Figures,
    /// The untuned one.
    pub untuned: Figures,
    /// Of the losses; below 0 is better.
    pub loss: Difference,
    /// Of the accuracies; above 0 is better.
    pub accuracy: Difference,
    /// Of the mean F1; above 0 is better.
    pub macro_f1: Difference,
    /// Photographs on which the tuned one alone is right.
    pub only_tuned: usize,
    /// Photographs on which the untuned one alone is right.
    pub only_untuned: usize,
    /// McNemar's exact probability of a difference so large or larger were the two equally good.
    pub p_value: f64,
}

impl Session<'_> {
    pub(crate) fn contest(&mut self, job: &Job) -> Result<Attempt, TuneError> {
        let bundle = |folder: std::path::PathBuf| -> Result<Predictor, TuneError> {
            let bundle = Bundle::read(&folder.join(RunDir::BUNDLE)).map_err(TrainError::from)?;
            Ok(Predictor::new(bundle, BATCH)?)
        };
        let mut predictors = [bundle(self.folder.tuned())?, bundle(self.folder.untuned())?];
        let dataset = &self.photographs.dataset;
        let side = self.plan.recipe.preprocessing.store_side;
        let test = &self.photographs.splits.test;
        let mut logits = [Vec::new(), Vec::new()];
        for (index, batch) in test.chunks(BATCH).enumerate() {
            let decode = |&photo: &usize| {
                let path = dataset.root.join(&dataset.photos[photo].path);
                decode_reduced(&path, side, &Limits::default()).map_err(|reason| TrainError::TooFew {
                    root: path,
                    what: format!("{reason}; put the photograph back as it was and go on with --resume"),
                })
            };
            let pictures: Vec<Rgb> = batch.par_iter().map(decode).collect::<Result<_, _>>()?;
            for (predictor, logits) in predictors.iter_mut().zip(&mut logits) {
                logits.extend(predictor.predict(&pictures)?.into_iter().flat_map(|output| output.logits));
            }
            self.study.renew_job(job)?;
            let done = index * BATCH + batch.len();
            if (self.observe)(TuneEvent::Test { done, all: test.len() }).is_break() {
                return Ok(Attempt::Interrupted);
            }
        }
        let labels: Vec<u32> = test.iter().map(|&photo| dataset.photos[photo].class as u32).collect();
        let cluster_of = self.photographs.clusters();
        let clusters: Vec<usize> = test.iter().map(|&photo| cluster_of[photo]).collect();
        let seed = self.plan.seed_of("bootstrap", 0);
        let contest = Contest::of(&logits, &labels, &clusters, &dataset.classes, seed);
        Ok(Attempt::Done { result: self.to_json(&contest)?, value: None })
    }
}

/// What two classifiers say of one photograph, the tuned one first.
struct Answer {
    label: usize,
    called: [usize; 2],
    loss: [f64; 2],
}

impl Contest {
    /// From the logits (n, classes) of the tuned and the untuned classifier, the `labels` (n) and the number of each
    /// photograph's cluster (n).
    fn of(logits: &[Vec<f32>; 2], labels: &[u32], clusters: &[usize], classes: &[String], seed: u64) -> Self {
        let width = classes.len();
        let answer = |(index, &label): (usize, &u32)| {
            let rows = logits.each_ref().map(|logits| &logits[index * width..(index + 1) * width]);
            let label = label as usize;
            Answer { label, called: rows.map(arg_max), loss: rows.map(|row| cross_entropy(row, label)) }
        };
        let answers: Vec<Answer> = labels.iter().enumerate().map(answer).collect();
        let mut members: BTreeMap<usize, Vec<&Answer>> = BTreeMap::new();
        for (answer, &cluster) in answers.iter().zip(clusters) {
            members.entry(cluster).or_default().push(answer);
        }
        let members: Vec<Vec<&Answer>> = members.into_values().collect();
        // Places of each class's clusters.
        let mut strata = vec![Vec::new(); width];
        for (place, cluster) in members.iter().enumerate() {
            cluster.iter().take(1).for_each(|answer| strata[answer.label].push(place));
        }
        let whole = differences(members.iter().flatten().copied(), width);
        let mut random = Random::seeded(seed);
        let resamples: Vec<[f64; 3]> = (0..RESAMPLES)
            .map(|_| {
                let mut drawn = Vec::with_capacity(members.len());
                for stratum in &strata {
                    drawn.extend(stratum.iter().map(|_| stratum[random.below(stratum.len())]));
                }
                differences(drawn.iter().flat_map(|&cluster| members[cluster].iter().copied()), width)
            })
            .collect();
        let difference = |place: usize| {
            let mut values: Vec<f64> = resamples.iter().map(|resample| resample[place]).collect();
            values.sort_by(f64::total_cmp);
            Difference { value: whole[place], interval: [quantile(&values, 0.025), quantile(&values, 0.975)] }
        };
        let [tuned, untuned] = logits.each_ref().map(|logits| {
            let Metrics { loss, accuracy, accuracy_interval, macro_f1, .. } =
                Metrics::new(logits, labels, classes);
            Figures { loss, accuracy, accuracy_interval, macro_f1 }
        });
        let right = |answer: &Answer| answer.called.map(|called| called == answer.label);
        let alone = |wanted: [bool; 2]| answers.iter().filter(|answer| right(answer) == wanted).count();
        let (only_tuned, only_untuned) = (alone([true, false]), alone([false, true]));
        Self {
            photographs: labels.len(),
            clusters: members.len(),
            tuned,
            untuned,
            loss: difference(0),
            accuracy: difference(1),
            macro_f1: difference(2),
            only_tuned,
            only_untuned,
            p_value: mcnemar(only_tuned, only_untuned),
        }
    }
}

/// Loss, accuracy and mean F1 of the first classifier minus those of the second.
fn differences<'a>(answers: impl Iterator<Item = &'a Answer>, classes: usize) -> [f64; 3] {
    let (mut count, mut loss, mut right) = (0.0, 0.0, 0.0);
    // Of each class: photographs, and for both classifiers those called so and those called so rightly.
    let mut truths = vec![0.0; classes];
    let mut calls = [vec![0.0; classes], vec![0.0; classes]];
    let mut hits = [vec![0.0; classes], vec![0.0; classes]];
    for answer in answers {
        count += 1.0;
        loss += answer.loss[0] - answer.loss[1];
        truths[answer.label] += 1.0;
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            calls[side][answer.called[side]] += 1.0;
            if answer.called[side] == answer.label {
                hits[side][answer.label] += 1.0;
                right += sign;
            }
        }
    }
    let macro_f1 = |side: usize| {
        let (mut sum, mut occurring) = (0.0, 0.0);
        for ((truths, calls), hits) in truths.iter().zip(&calls[side]).zip(&hits[side]) {
            // 2 hits / (truths + calls), the harmonic mean of precision and recall.
            let both: f64 = truths + calls;
            if both > 0.0 {
                sum += 2.0 * hits / both;
                occurring += 1.0;
            }
        }
        sum / f64::max(occurring, 1.0)
    };
    let count = f64::max(count, 1.0);
    [loss / count, right / count, macro_f1(0) - macro_f1(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|class| class.to_string()).collect()
    }

    /// Logits that are right on the photographs for which `right` says so.
    fn logits(labels: &[u32], right: impl Fn(usize) -> bool) -> Vec<f32> {
        let row = |(index, &label): (usize, &u32)| {
            let called = if right(index) { label } else { 1 - label };
            [0, 1].map(|class| if class == called { 2.0 } else { 0.0 })
        };
        labels.iter().enumerate().flat_map(row).collect()
    }

    fn contest(right: [fn(usize) -> bool; 2], cluster: usize) -> Contest {
        let labels: Vec<u32> = (0..400).map(|index| index % 2).collect();
        let clusters: Vec<usize> = (0..400).map(|index| index / 2 / cluster * 2 + index % 2).collect();
        Contest::of(&right.map(|right| logits(&labels, right)), &labels, &clusters, &names(2), 1)
    }

    #[test]
    fn equals_do_not_differ() {
        let contest = contest([|index| index % 5 > 0, |index| index % 5 > 0], 1);
        assert_eq!(contest.accuracy, Difference { value: 0.0, interval: [0.0, 0.0] });
        assert_eq!((contest.loss.interval, contest.p_value), ([0.0, 0.0], 1.0));
        assert_eq!(contest.tuned, contest.untuned);
    }

    #[test]
    fn a_gain_is_seen_and_its_interval_is_the_binomial_one() {
        let contest = contest([|index| index % 10 > 0, |index| index % 5 > 0], 1);
        assert!((contest.accuracy.value - 0.1).abs() < 1e-12, "{contest:?}");
        assert_eq!((contest.only_tuned, contest.only_untuned, contest.clusters), (40, 0, 400));
        assert!(contest.p_value < 1e-9 && contest.loss.value < 0.0 && contest.loss.interval[1] < 0.0);
        // √(0.1 · 0.9 / 400) = 0.015
        let [low, high] = contest.accuracy.interval;
        assert!((low - (0.1 - 1.96 * 0.015)).abs() < 0.006 && (high - (0.1 + 1.96 * 0.015)).abs() < 0.006);
    }

    #[test]
    fn what_belongs_together_says_less() {
        let fine = contest([|index| index / 40 % 10 > 0, |index| index / 40 % 5 > 0], 1);
        let coarse = contest([|index| index / 40 % 10 > 0, |index| index / 40 % 5 > 0], 20);
        let width = |contest: &Contest| contest.accuracy.interval[1] - contest.accuracy.interval[0];
        assert_eq!((coarse.clusters, coarse.accuracy.value), (20, fine.accuracy.value));
        assert!(width(&coarse) > 3.0 * width(&fine), "{} {}", width(&coarse), width(&fine));
    }

    #[test]
    fn the_whole_agrees_with_the_figures() {
        let contest = contest([|index| index % 7 > 0, |index| index % 3 > 0], 1);
        for (difference, tuned, untuned) in [
            (contest.loss, contest.tuned.loss, contest.untuned.loss),
            (contest.accuracy, contest.tuned.accuracy, contest.untuned.accuracy),
            (contest.macro_f1, contest.tuned.macro_f1, contest.untuned.macro_f1),
        ] {
            assert!((difference.value - (tuned - untuned)).abs() < 1e-12);
            assert!(difference.interval[0] <= difference.value && difference.value <= difference.interval[1]);
        }
    }
}
