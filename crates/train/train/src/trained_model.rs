//! What a finished network makes of the photographs of its run: features of those trained on and of those for validation.
//!
//! Features tell what photographs of the classes look like to the network. They are those of the division into training and
//! validation that the run began with, also where a refit has made the classifier learn from all: what stands before the
//! classifier has learned from none of them then. Where stages of the network have learned from all, the threshold of the distance is
//! that of a network which was tuned alike on the photographs for training alone: features of photographs that it has learned from lie
//! closer than those of any others.

use std::ops::ControlFlow;

use foliar_metrics::{Calibrated, Groups, Predictions};
use foliar_model::{FeatureSamples, LabelRules, OodDetector, Uncertainty, feature_width, pooled_features};
use foliar_nn::{Device, Engine, EngineOptions, Graph, StateDict, Statistics};
use foliar_runlog::StopReason;
use foliar_vision::{Example, LabelSets};

use crate::error::TrainError;
use crate::features::{self, BATCH, Features};
use crate::out_of_fold::OutOfFoldPredictions;
use crate::phase::{Freeze, Phase};
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// Most training photographs whose features are asked for: enough to know what features of leaves look like.
const MOST: usize = 2048;

/// A finished network and its run.
pub(crate) struct TrainedModel<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) photographs: &'a Photographs,
    pub(crate) state: &'a StateDict,
    /// The network that was trained alike and has not learned from the photographs for validation, if that is another.
    pub(crate) unseen: Option<&'a StateDict>,
    /// Phase, from 1, of the epoch that the weights are from.
    pub(crate) phase: u32,
}

impl TrainedModel<'_> {
    /// How far the classifier can be trusted: fitted to `out_of_fold` predictions, calibrated with `temperature`, and to features
    /// of the photographs. `progress` is told (photographs done, in all) and may end it.
    pub(crate) fn uncertainty(
        &self,
        out_of_fold: &OutOfFoldPredictions,
        temperature: f64,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Uncertainty>, TrainError> {
        let features = match self.feature_samples(self.state, progress)? {
            ControlFlow::Continue(features) => features,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let unseen = match self.unseen.map(|state| self.feature_samples(state, progress)).transpose()? {
            Some(ControlFlow::Break(reason)) => return Ok(ControlFlow::Break(reason)),
            Some(ControlFlow::Continue(features)) => Some(features),
            None => None,
        };
        let scale = (1.0 / temperature) as f32;
        let logits = out_of_fold.logits.iter().map(|logit| logit * scale).collect();
        let classes = self.photographs.dataset.classes.len();
        let predictions =
            Predictions::new(logits, out_of_fold.labels.clone(), self.groups_of(out_of_fold), classes)?;
        let mut uncertainty = Uncertainty::fit(&predictions, calibrated(out_of_fold), &features)?;
        if let Some(unseen) = unseen {
            let threshold = OodDetector::fit(&unseen).ok().map(|detector| detector.threshold);
            let moved = uncertainty.ood.zip(threshold);
            uncertainty.ood = moved.map(|(detector, threshold)| OodDetector { threshold, ..detector });
        }
        Ok(ControlFlow::Continue(uncertainty))
    }

    /// How the outputs of labels become answers: fitted to `out_of_fold` predictions, where there are any.
    pub(crate) fn label_rules(
        &self,
        sets: &LabelSets,
        out_of_fold: Option<&OutOfFoldPredictions>,
    ) -> Result<LabelRules, TrainError> {
        let labels = sets.names.len();
        let Some(out_of_fold) = out_of_fold else { return Ok(LabelRules::unfitted(labels)) };
        let groups = self.groups_of(out_of_fold);
        let shown = out_of_fold.shown(sets);
        Ok(LabelRules::fit(&out_of_fold.logits, &shown, &groups, calibrated(out_of_fold), labels)?)
    }

    /// Which photographs of `out_of_fold` belong together.
    fn groups_of(&self, out_of_fold: &OutOfFoldPredictions) -> Groups {
        let clusters = self.photographs.clusters();
        Groups::new(&out_of_fold.photos.iter().map(|&photo| clusters[photo] as u64).collect::<Vec<u64>>())
    }

    /// Runs the network with the tensors `state` on the photographs, or on their kept features where it was trained on those. `progress` is
    /// told (photographs done, in all) and may end it.
    pub(crate) fn feature_samples(
        &self,
        state: &StateDict,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, FeatureSamples>, TrainError> {
        let size = self.recipe.image_size();
        let (front_graph, tail) = self.graph.split(self.graph.backbone(), size)?;
        let options = EngineOptions {
            image_size: size,
            batch: BATCH,
            seed: 0,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        let classifier = self.device.engine(&tail, &options)?;
        let (frozen, _) = state.clone().divide(&classifier.state());
        let mut front = || -> Result<Box<dyn Engine>, TrainError> {
            let mut front = self.device.engine(&front_graph, &options)?;
            front.restore(&frozen)?;
            Ok(front)
        };
        let splits = &self.photographs.splits;
        let chosen = spread(splits.train.len(), MOST);
        let (train, validation) = match self.kept_features() {
            Some(phase) => {
                let source = features::Source { photographs: self.photographs, recipe: self.recipe, phase };
                match Features::gather(&source, &mut front, progress)? {
                    ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
                    ControlFlow::Continue(features) => {
                        let train = chosen.iter().flat_map(|&item| features.plain(item));
                        let validation = features.validation_batch(0..features.validation_len()).0;
                        (train.copied().collect(), validation)
                    }
                }
            }
            None => {
                let photos = chosen.iter().map(|&item| splits.train[item]);
                let photos: Vec<usize> = photos.chain(splits.validation.iter().copied()).collect();
                let mut front = front()?;
                match self.compute(&photos, front.as_mut(), progress)? {
                    ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
                    ControlFlow::Continue(mut train) => {
                        let validation = train.split_off(chosen.len() * front.outputs());
                        (train, validation)
                    }
                }
            }
        };
        Ok(ControlFlow::Continue(FeatureSamples {
            width: feature_width(&tail),
            train: pooled_features(&train, &tail),
            train_labels: chosen
                .iter()
                .map(|&item| self.photographs.dataset.photos[splits.train[item]].class as u32)
                .collect(),
            validation: pooled_features(&validation, &tail),
            validation_groups: {
                let clusters = self.photographs.clusters();
                splits.validation.iter().map(|&photo| clusters[photo] as u64).collect()
            },
        }))
    }

    /// The phase whose kept features are those of the finished network: nothing before the classifier has ever learned.
    fn kept_features(&self) -> Option<&Phase> {
        let phases = self.recipe.phases.get(..self.phase as usize)?;
        let frozen = phases.iter().all(|phase| phase.freeze == Freeze::Backbone);
        phases.last().filter(|phase| frozen && phase.is_cached())
    }

    /// Features of `photos` as they are.
    fn compute(
        &self,
        photos: &[usize],
        front: &mut dyn Engine,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Vec<f32>>, TrainError> {
        let items = photos.iter().map(|&photo| Example { photo, label: 0 }).collect();
        let loader = self.photographs.view_loader(self.recipe, items, None, BATCH);
        let mut images = vec![0.0; BATCH * self.recipe.preprocessing.len()];
        let mut computed = Vec::new();
        for batch in loader.epoch(0, 0, 0) {
            let batch = batch?;
            images[..batch.images.len()].copy_from_slice(&batch.images);
            images[batch.images.len()..].fill(0.0);
            computed.extend_from_slice(&front.predict(&images)?[..batch.len() * front.outputs()]);
            if let ControlFlow::Break(reason) = progress(computed.len() / front.outputs(), photos.len()) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(computed))
    }
}

/// On what thresholds are fitted: where there are folds, the refit of the classifier on all photographs makes the answers; without,
/// the very photographs chose the epoch and the temperature.
fn calibrated(out_of_fold: &OutOfFoldPredictions) -> Calibrated {
    if out_of_fold.folds.is_empty() { Calibrated::Reused } else { Calibrated::Refitted }
}

/// At most `most` of the numbers `0..count`, evenly spread.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most { (0..count).collect() } else { (0..most).map(|i| i * count / most).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_are_spread_evenly() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(10, 5), [0, 2, 4, 6, 8]);
        assert!(spread(0, 5).is_empty());
    }
}
