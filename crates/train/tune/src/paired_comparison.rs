//! The tuned and the untuned classifier, compared on photos that neither they nor the search have seen.
//!
//! Photos of one group (one leaf, or near duplicates) err together. Therefore intervals and p-values are by group: see
//! [`PairedDifference`]. Losses are after calibration, as the bundles predict.

use std::path::Path;

use foliar_metrics::{Bootstrap, Groups, MetricsError, PairedDifference, Predictions, Scores};
use foliar_model::{Bundle, Predictor, decode_reduced};
use foliar_results::{PairedComparison, TestScores};
use foliar_runlog::RunDir;
use foliar_study::Job;
use foliar_train::TrainError;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::folder::TUNED;
use crate::job::JobOutcome;
use crate::session::Session;

/// Photos in one pass of a network.
const BATCH: usize = 32;

impl Session<'_> {
    /// Classifies the test photos with the bundles of the tuned run and of the run `other`, and compares the predictions.
    pub(crate) fn compare(&mut self, job: &Job, other: &str) -> Result<JobOutcome, TuneError> {
        [TUNED, other].into_iter().try_for_each(|run| self.fetch(run))?;
        let mut predictors = [predictor(&self.folder.tuned())?, predictor(&self.folder.run(other))?];
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
        let comparison = compare(&tuned?, &untuned?, seed)?;
        Ok(JobOutcome::Done { result: self.to_json(&comparison)?, value: None, files: Vec::new() })
    }
}

fn predictor(run: &Path) -> Result<Predictor, TuneError> {
    let bundle = Bundle::read(&run.join(RunDir::BUNDLE)).map_err(TrainError::from)?;
    Ok(Predictor::new(bundle, BATCH)?)
}

/// Compares predictions for the same photos.
///
/// # Errors
/// The predictions are for different photos.
fn compare(tuned: &Predictions, untuned: &Predictions, seed: u64) -> Result<PairedComparison, MetricsError> {
    let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
    let scores = |predictions| {
        let Scores { loss, accuracy, macro_f1, .. } = Scores::with_intervals(predictions, &bootstrap);
        TestScores { loss, accuracy, macro_f1 }
    };
    Ok(PairedComparison {
        tuned: scores(tuned),
        untuned: scores(untuned),
        difference: PairedDifference::of(tuned, untuned, &bootstrap)?,
    })
}

#[cfg(test)]
mod tests {
    use foliar_metrics::Estimate;

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

    fn compared(right: [fn(usize) -> bool; 2], group: usize) -> PairedComparison {
        let [tuned, untuned] = right.map(|right| predictions(right, group));
        compare(&tuned, &untuned, 1).unwrap()
    }

    #[test]
    fn equal_classifiers_do_not_differ() {
        let comparison = compared([|index| index % 5 > 0, |index| index % 5 > 0], 1);
        let PairedDifference { accuracy, loss, accuracy_p_value, .. } = comparison.difference;
        assert_eq!((accuracy, loss, accuracy_p_value), (Estimate::default(), Estimate::default(), 1.0));
        assert_eq!(comparison.tuned, comparison.untuned);
    }

    #[test]
    fn a_gain_is_seen_and_its_interval_is_the_binomial_one() {
        let difference = compared([|index| index % 10 > 0, |index| index % 5 > 0], 1).difference;
        assert!((difference.accuracy.value - 0.1).abs() < 1e-12, "{difference:?}");
        assert_eq!((difference.only_first, difference.only_second, difference.groups), (40, 0, 400));
        assert!(difference.accuracy_p_value < 1e-3 && difference.loss_p_value < 1e-3);
        assert!(difference.loss.value < 0.0 && difference.loss.high < 0.0);
        // √(0.1 · 0.9 / 400) = 0.015
        let [low, high] = difference.accuracy.interval();
        assert!((low - (0.1 - 1.96 * 0.015)).abs() < 0.006 && (high - (0.1 + 1.96 * 0.015)).abs() < 0.006);
    }

    #[test]
    fn large_groups_give_wide_intervals_and_large_p_values() {
        // The classifiers differ on 40 photos in a row. As 40 independent photos that would be beyond doubt, but they are two
        // groups of 20, one of each class.
        let right: [fn(usize) -> bool; 2] =
            [|index| index / 40 != 3, |index| index / 40 != 3 && index / 40 != 7];
        let difference = |group| compared(right, group).difference;
        let (fine, coarse) = (difference(1), difference(20));
        assert_eq!((fine.groups, coarse.groups), (400, 20));
        assert_eq!(coarse.accuracy.value, fine.accuracy.value);
        assert!(coarse.accuracy.width() > 3.0 * fine.accuracy.width(), "{coarse:?} {fine:?}");
        assert!(fine.accuracy_p_value < 1e-3, "{fine:?}");
        assert_eq!(coarse.accuracy_p_value, 0.5, "two groups can only agree or not");
    }

    #[test]
    fn differences_are_those_of_the_scores() {
        let comparison = compared([|index| index % 7 > 0, |index| index % 3 > 0], 1);
        let PairedComparison { tuned, untuned, difference } = comparison;
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
