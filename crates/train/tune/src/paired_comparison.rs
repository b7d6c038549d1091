//! The tuned and the untuned classifier, compared on photos that neither they nor the search have seen.
//!
//! Photos of one group (one leaf, or near duplicates) err together. Therefore every interval resamples whole groups and every
//! difference is paired: both classifiers are judged on the same resamples. Losses are after calibration, as the bundles
//! predict.

use std::path::Path;

use foliar_metrics::{Bootstrap, Estimate, Groups, MetricsError, PairedDifference, Predictions, Scores};
use foliar_model::{Bundle, Predictor, decode_reduced};
use foliar_runlog::RunDir;
use foliar_study::Job;
use foliar_train::TrainError;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::job::JobOutcome;
use crate::session::Session;

/// Photos in one pass of a network.
const BATCH: usize = 32;

/// Scores on the test photos with 95 % intervals by group, or differences of such scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// Mean cross-entropy after calibration, in nats.
    pub loss: Estimate,
    /// Accuracy, 0 to 1.
    pub accuracy: Estimate,
    /// Mean F1 over the classes, 0 to 1.
    pub macro_f1: Estimate,
}

impl From<Scores<Estimate>> for TestScores {
    fn from(Scores { loss, accuracy, macro_f1, .. }: Scores<Estimate>) -> Self {
        Self { loss, accuracy, macro_f1 }
    }
}

/// The tuned and the untuned classifier side by side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedComparison {
    /// Test photos.
    pub photographs: usize,
    /// Groups of test photos.
    pub groups: usize,
    /// The tuned classifier.
    pub tuned: TestScores,
    /// The untuned classifier.
    pub untuned: TestScores,
    /// Tuned minus untuned.
    pub difference: TestScores,
    /// Photos that only the tuned classifier gets right.
    pub only_tuned: usize,
    /// Photos that only the untuned classifier gets right.
    pub only_untuned: usize,
    /// Probability of a difference in accuracy at least this large if both classifiers were equally good, by group: the
    /// sign-flip permutation test.
    pub p_value: f64,
}

impl Session<'_> {
    /// Classifies the test photos with the bundles of both runs and compares the predictions.
    pub(crate) fn compare(&mut self, job: &Job) -> Result<JobOutcome, TuneError> {
        let mut predictors = [predictor(&self.folder.tuned())?, predictor(&self.folder.untuned())?];
        let dataset = &self.photographs.dataset;
        let side = self.plan.recipe.preprocessing.store_side;
        let test = &self.photographs.splits.test;
        let mut logits = [Vec::new(), Vec::new()];
        for (index, batch) in test.chunks(BATCH).enumerate() {
            let decode = |&photo: &usize| {
                let path = dataset.root.join(&dataset.photos[photo].path);
                decode_reduced(&path, side, &Limits::default()).map_err(|reason| TrainError::TooFew {
                    root: path,
                    what: format!("{reason}; restore the photo and continue with --resume"),
                })
            };
            let pictures: Vec<Rgb> = batch.par_iter().map(decode).collect::<Result<_, _>>()?;
            for (predictor, logits) in predictors.iter_mut().zip(&mut logits) {
                logits.extend(predictor.predict(&pictures)?.into_iter().flat_map(|output| output.logits));
            }
            self.study.renew_job(job)?;
            let done = index * BATCH + batch.len();
            if (self.observe)(TuneEvent::Test { done, all: test.len() }).is_break() {
                return Ok(JobOutcome::Interrupted);
            }
        }
        let labels: Vec<u32> = test.iter().map(|&photo| dataset.photos[photo].class as u32).collect();
        let group_of = self.photographs.clusters();
        let groups: Vec<u64> = test.iter().map(|&photo| group_of[photo] as u64).collect();
        let groups = Groups::new(&groups);
        let predictions =
            |logits| Predictions::new(logits, labels.clone(), groups.clone(), dataset.classes.len());
        let [tuned, untuned] = logits.map(predictions);
        let seed = self.plan.seed_of("bootstrap", 0);
        let comparison = PairedComparison::of(&tuned?, &untuned?, seed)?;
        Ok(JobOutcome::Done { result: self.to_json(&comparison)?, value: None })
    }
}

fn predictor(run: &Path) -> Result<Predictor, TuneError> {
    let bundle = Bundle::read(&run.join(RunDir::BUNDLE)).map_err(TrainError::from)?;
    Ok(Predictor::new(bundle, BATCH)?)
}

impl PairedComparison {
    /// Compares predictions for the same photos.
    ///
    /// # Errors
    /// The predictions are for different photos.
    fn of(tuned: &Predictions, untuned: &Predictions, seed: u64) -> Result<Self, MetricsError> {
        let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
        let PairedDifference { accuracy, accuracy_p_value, loss, macro_f1, only_first, only_second, .. } =
            PairedDifference::of(tuned, untuned, &bootstrap)?;
        Ok(Self {
            photographs: tuned.len(),
            groups: tuned.groups().count(),
            tuned: Scores::with_intervals(tuned, &bootstrap).into(),
            untuned: Scores::with_intervals(untuned, &bootstrap).into(),
            difference: TestScores { loss, accuracy, macro_f1 },
            only_tuned: only_first,
            only_untuned: only_second,
            p_value: accuracy_p_value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Predictions for 400 photos of two classes that are right where `right` says so; `group` photos of a class are a group.
    fn predictions(right: impl Fn(usize) -> bool, group: usize) -> Predictions {
        let labels: Vec<u32> = (0..400).map(|index| index % 2).collect();
        let groups: Vec<u64> = (0..400).map(|index| (index / 2 / group * 2 + index % 2) as u64).collect();
        let row = |(index, &label): (usize, &u32)| {
            let predicted = if right(index) { label } else { 1 - label };
            [0, 1].map(|class| if class == predicted { 2.0 } else { 0.0 })
        };
        let logits = labels.iter().enumerate().flat_map(row).collect();
        Predictions::new(logits, labels, Groups::new(&groups), 2).unwrap()
    }

    fn compare(right: [fn(usize) -> bool; 2], group: usize) -> PairedComparison {
        let [tuned, untuned] = right.map(|right| predictions(right, group));
        PairedComparison::of(&tuned, &untuned, 1).unwrap()
    }

    #[test]
    fn equal_classifiers_do_not_differ() {
        let comparison = compare([|index| index % 5 > 0, |index| index % 5 > 0], 1);
        let nothing = Estimate { value: 0.0, low: 0.0, high: 0.0 };
        assert_eq!((comparison.difference.accuracy, comparison.difference.loss), (nothing, nothing));
        assert_eq!(comparison.p_value, 1.0);
        assert_eq!(comparison.tuned, comparison.untuned);
    }

    #[test]
    fn a_gain_is_seen_and_its_interval_is_the_binomial_one() {
        let comparison = compare([|index| index % 10 > 0, |index| index % 5 > 0], 1);
        let TestScores { accuracy, loss, .. } = comparison.difference;
        assert!((accuracy.value - 0.1).abs() < 1e-12, "{comparison:?}");
        assert_eq!((comparison.only_tuned, comparison.only_untuned, comparison.groups), (40, 0, 400));
        assert!(comparison.p_value < 1e-3 && loss.value < 0.0 && loss.interval()[1] < 0.0);
        // √(0.1 · 0.9 / 400) = 0.015
        let [low, high] = accuracy.interval();
        assert!((low - (0.1 - 1.96 * 0.015)).abs() < 0.006 && (high - (0.1 + 1.96 * 0.015)).abs() < 0.006);
    }

    #[test]
    fn large_groups_give_wide_intervals() {
        let fine = compare([|index| index / 40 % 10 > 0, |index| index / 40 % 5 > 0], 1);
        let coarse = compare([|index| index / 40 % 10 > 0, |index| index / 40 % 5 > 0], 20);
        let width = |comparison: &PairedComparison| {
            let [low, high] = comparison.difference.accuracy.interval();
            high - low
        };
        assert_eq!(coarse.groups, 20);
        assert_eq!(coarse.difference.accuracy.value, fine.difference.accuracy.value);
        assert!(width(&coarse) > 3.0 * width(&fine), "{} {}", width(&coarse), width(&fine));
    }

    #[test]
    fn differences_are_those_of_the_scores() {
        let comparison = compare([|index| index % 7 > 0, |index| index % 3 > 0], 1);
        let PairedComparison { tuned, untuned, difference, .. } = comparison;
        for (difference, tuned, untuned) in [
            (difference.loss, tuned.loss, untuned.loss),
            (difference.accuracy, tuned.accuracy, untuned.accuracy),
            (difference.macro_f1, tuned.macro_f1, untuned.macro_f1),
        ] {
            assert!((difference.value - (tuned.value - untuned.value)).abs() < 1e-12);
            assert!(difference.contains(difference.value));
        }
    }
}
