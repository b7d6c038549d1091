//! The tuned and the untuned classifier on photographs that neither they nor the search have seen.
//!
//! Intervals and p-values are by group: photographs that belong together err together. Losses are after calibration, as the
//! bundles predict.

use foliar_metrics::{Bootstrap, Estimate, Groups, MetricsError, PairedDifference, Predictions, Scores};
use foliar_model::{Bundle, Predictor, decode_reduced};
use foliar_runlog::RunDir;
use foliar_study::Job;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::event::TuneEvent;
use crate::job::Attempt;
use crate::session::Session;

/// Photographs in one pass of a network.
const BATCH: usize = 32;

/// How good a classifier is on the test photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Mean cross-entropy after calibration, in nats.
    pub loss: Estimate,
    /// Proportion predicted correctly.
    pub accuracy: Estimate,
    /// Mean F1 over the classes.
    pub macro_f1: Estimate,
}

/// The tuned and the untuned classifier on the same photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedComparison {
    /// The tuned classifier.
    pub tuned: Figures,
    /// The untuned one.
    pub untuned: Figures,
    /// Tuned minus untuned.
    pub difference: PairedDifference,
}

impl Session<'_> {
    pub(crate) fn compare(&mut self, job: &Job) -> Result<Attempt, TuneError> {
        let bundle = |folder: std::path::PathBuf| -> Result<Predictor, TuneError> {
            let bundle =
                Bundle::read(&folder.join(RunDir::BUNDLE)).map_err(foliar_train::TrainError::from)?;
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
                decode_reduced(&path, side, &Limits::default()).map_err(|reason| {
                    foliar_train::TrainError::TooFew {
                        root: path,
                        what: format!("{reason}; put the photograph back as it was and go on with --resume"),
                    }
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
        let clusters: Vec<u64> = test.iter().map(|&photo| cluster_of[photo] as u64).collect();
        let groups = Groups::new(&clusters);
        let bootstrap = Bootstrap { seed: self.plan.seed_of("bootstrap", 0), ..Bootstrap::default() };
        let comparison = PairedComparison::of(logits, &labels, &groups, dataset.classes.len(), &bootstrap)
            .map_err(foliar_train::TrainError::from)?;
        Ok(Attempt::Done { result: self.to_json(&comparison)?, value: None })
    }
}

impl PairedComparison {
    /// From the logits (n, `classes`) of the tuned and the untuned classifier, the `labels` (n) and the groups of the
    /// photographs.
    fn of(
        logits: [Vec<f32>; 2],
        labels: &[u32],
        groups: &Groups,
        classes: usize,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        let [tuned, untuned] =
            logits.map(|logits| Predictions::new(logits, labels.to_vec(), groups.clone(), classes));
        let (tuned, untuned) = (tuned?, untuned?);
        let figures = |predictions: &Predictions| {
            let Scores { loss, accuracy, macro_f1, .. } = Scores::with_intervals(predictions, bootstrap);
            Figures { loss, accuracy, macro_f1 }
        };
        Ok(Self {
            tuned: figures(&tuned),
            untuned: figures(&untuned),
            difference: PairedDifference::of(&tuned, &untuned, bootstrap)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits that are right on the photographs for which `right` says so.
    fn logits(labels: &[u32], right: impl Fn(usize) -> bool) -> Vec<f32> {
        let row = |(index, &label): (usize, &u32)| {
            let predicted = if right(index) { label } else { 1 - label };
            [0, 1].map(|class| if class == predicted { 2.0 } else { 0.0 })
        };
        labels.iter().enumerate().flat_map(row).collect()
    }

    fn comparison(right: [fn(usize) -> bool; 2], size: usize) -> PairedComparison {
        let labels: Vec<u32> = (0..400).map(|index| index % 2).collect();
        let groups: Vec<u64> = (0..400).map(|index| (index / 2 / size * 2 + index % 2) as u64).collect();
        let logits = right.map(|right| logits(&labels, right));
        PairedComparison::of(logits, &labels, &Groups::new(&groups), 2, &Bootstrap::default()).unwrap()
    }

    #[test]
    fn equals_do_not_differ() {
        let found = comparison([|index| index % 5 > 0, |index| index % 5 > 0], 1);
        assert_eq!(found.difference.accuracy, Estimate::default());
        assert_eq!((found.difference.loss, found.difference.accuracy_p_value), (Estimate::default(), 1.0));
        assert_eq!(found.tuned, found.untuned);
    }

    #[test]
    fn a_gain_is_seen_and_its_interval_is_the_binomial_one() {
        let difference = comparison([|index| index % 10 > 0, |index| index % 5 > 0], 1).difference;
        assert!((difference.accuracy.value - 0.1).abs() < 1e-12, "{difference:?}");
        assert_eq!((difference.only_first, difference.only_second, difference.groups), (40, 0, 400));
        assert!(difference.accuracy_p_value < 0.001 && difference.loss_p_value < 0.001);
        assert!(difference.loss.high < 0.0);
        // √(0.1 · 0.9 / 400) = 0.015
        let [low, high] = difference.accuracy.interval();
        assert!((low - (0.1 - 1.96 * 0.015)).abs() < 0.006 && (high - (0.1 + 1.96 * 0.015)).abs() < 0.006);
    }

    #[test]
    fn what_belongs_together_says_less() {
        let of =
            |size| comparison([|index| index / 40 % 10 > 0, |index| index / 40 % 5 > 0], size).difference;
        let (fine, coarse) = (of(1), of(20));
        assert_eq!((coarse.groups, coarse.accuracy.value), (20, fine.accuracy.value));
        assert!(coarse.accuracy.width() > 3.0 * fine.accuracy.width(), "{coarse:?} {fine:?}");
        assert!(fine.accuracy_p_value < 0.001 && coarse.accuracy_p_value > 0.05, "{coarse:?} {fine:?}");
    }

    #[test]
    fn the_whole_agrees_with_the_figures() {
        let PairedComparison { tuned, untuned, difference } =
            comparison([|index| index % 7 > 0, |index| index % 3 > 0], 1);
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
