//! What a finished network makes of the photographs of its run: features of those trained on and of those for validation.
//!
//! Features tell what photographs of the classes look like to the network. They are those of the division into training and
//! validation that the run began with, also where a last fit has made the classifier learn from all: what stands before the
//! classifier has learnt from none of them then.

use std::ops::ControlFlow;

use foliar_nn::{Device, Engine, EngineOptions, Graph, Op, State, Statistics};
use foliar_runlog::StopReason;
use foliar_vision::Item;

use crate::error::LearnError;
use crate::features::{self, BATCH, Features};
use crate::phase::{Freeze, Phase};
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::trainee::divide;

/// Most training photographs whose features are asked for: enough to know what features of leaves look like.
const MOST: usize = 2048;

/// Features of the photographs of a run.
pub(crate) struct Evidence {
    /// Values of the features of one photograph.
    pub(crate) width: usize,
    /// (n, width), of at most [`MOST`] training photographs.
    pub(crate) train: Vec<f32>,
    /// Class of each.
    pub(crate) train_labels: Vec<u32>,
    /// (m, width), of all validation photographs.
    pub(crate) validation: Vec<f32>,
    /// (m), a number that validation photographs share which belong together.
    pub(crate) validation_groups: Vec<u64>,
}

/// A finished network and its run.
pub(crate) struct Finished<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) photographs: &'a Photographs,
    pub(crate) state: &'a State,
    /// Phase, from 1, of the epoch that the weights are from.
    pub(crate) phase: u32,
}

impl Finished<'_> {
    /// Runs the network on the photographs, or on their kept features where it was trained on those. `progress` is told
    /// (photographs done, in all) and may end it.
    pub(crate) fn evidence(
        &self,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Evidence>, LearnError> {
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
        let (frozen, _) = divide(self.state.clone(), classifier.as_ref());
        let mut front = || -> Result<Box<dyn Engine>, LearnError> {
            let mut front = self.device.engine(&front_graph, &options)?;
            front.restore(&frozen)?;
            Ok(front)
        };
        let splits = &self.photographs.splits;
        let chosen = spread(splits.train.len(), MOST);
        let channels = channels(&tail);
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
        let clusters = self.photographs.clusters();
        Ok(ControlFlow::Continue(Evidence {
            width: channels,
            train: pooled(&train, &tail),
            train_labels: chosen
                .iter()
                .map(|&item| self.photographs.dataset.photos[splits.train[item]].class as u32)
                .collect(),
            validation: pooled(&validation, &tail),
            validation_groups: splits.validation.iter().map(|&photo| clusters[photo] as u64).collect(),
        }))
    }

    /// The phase whose kept features are those of the finished network: nothing before the classifier has ever learnt.
    fn kept_features(&self) -> Option<&Phase> {
        let phases = self.recipe.phases.get(..self.phase as usize)?;
        let frozen = phases.iter().all(|phase| phase.freeze == Freeze::Backbone);
        phases.last().filter(|phase| frozen && phase.is_cached())
    }

    /// Features of `photos` as they are, always in full batches: how a product is cut into blocks may depend on its size.
    fn compute(
        &self,
        photos: &[usize],
        front: &mut dyn Engine,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Vec<f32>>, LearnError> {
        let items = photos.iter().map(|&photo| Item { photo, label: 0 }).collect();
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

/// At most `most` of the numbers `0..count`, evenly spread.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most { (0..count).collect() } else { (0..most).map(|i| i * count / most).collect() }
}

/// Numbers that a photograph's features have once they are averaged over the picture; `tail` begins with them.
pub(crate) fn channels(tail: &Graph) -> usize {
    match tail.nodes.first().map(|node| node.op) {
        Some(Op::Features { channels, .. }) => channels,
        _ => 0,
    }
}

fn places(tail: &Graph) -> usize {
    match tail.nodes.first().map(|node| node.op) {
        Some(Op::Features { height, width, .. }) => height * width,
        _ => 0,
    }
}

/// The features that `tail` begins with, of any number of photographs, (n, height, width, channels), averaged over the
/// picture: (n, channels).
pub(crate) fn pooled(values: &[f32], tail: &Graph) -> Vec<f32> {
    let (places, channels) = (places(tail), channels(tail));
    if places == 1 {
        return values.to_vec();
    }
    let mut out = Vec::with_capacity(values.len() / places.max(1));
    for photograph in values.chunks_exact((places * channels).max(1)) {
        let mut sums = vec![0.0; channels];
        for place in photograph.chunks_exact(channels) {
            sums.iter_mut().zip(place).for_each(|(sum, value)| *sum += value);
        }
        out.extend(sums.into_iter().map(|sum| sum / places as f32));
    }
    out
}

#[cfg(test)]
mod tests {
    use foliar_nn::zoo;

    use super::*;

    #[test]
    fn photographs_are_spread_evenly() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(10, 5), [0, 2, 4, 6, 8]);
        assert!(spread(0, 5).is_empty());
    }

    #[test]
    fn maps_are_averaged_over_the_picture() {
        let graph = zoo::build("squeezenet1_0", 3).unwrap();
        let (_, tail) = graph.split(graph.backbone(), 64).unwrap();
        assert_eq!(channels(&tail), 512);
        let (places, channels) = (places(&tail), 512);
        assert!(places > 1);
        let values: Vec<f32> = (0..2 * places * channels)
            .map(|i| (i / (places * channels)) as f32 + (i % channels) as f32)
            .collect();
        let pooled = pooled(&values, &tail);
        assert_eq!(pooled.len(), 2 * channels);
        assert!((pooled[3] - 3.0).abs() < 1e-4 && (pooled[channels + 3] - 4.0).abs() < 1e-4);
    }
}
