//! A network in training: a front that is frozen and only predicts, if there is one, and the rest, which learns.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use foliar_nn::{
    Batch, Device, Engine, EngineOptions, Graph, Mixture, StateDict, StepConfig, StepStats, Targets,
};
use foliar_runlog::StopReason;
use foliar_vision::loader::draws::draws;
use foliar_vision::{self as vision, LabelSets, Loader, Mixed, Mixing};

use crate::error::TrainError;
use crate::features::{self, Features};
use crate::lessons::Lessons;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};
use crate::phase::Phase;
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// What a network is trained on in one phase.
enum Feed {
    /// Photographs, which the front sees first if there is one.
    Photographs { train: Loader, validation: Option<Loader> },
    /// What the front has made of them.
    Features(Features),
}

/// A batch of one or the other.
enum Inputs {
    Photographs(vision::Batch),
    Features { values: Vec<f32>, labels: Vec<u32>, photos: Vec<usize> },
}

impl Inputs {
    fn batch(&self) -> Batch<'_> {
        match self {
            Inputs::Photographs(batch) => Batch { images: &batch.images, labels: &batch.labels },
            Inputs::Features { values, labels, .. } => Batch { images: values, labels },
        }
    }

    /// Places of its photographs in the store.
    fn photos(&self) -> &[usize] {
        match self {
            Inputs::Photographs(batch) => &batch.photos,
            Inputs::Features { photos, .. } => photos,
        }
    }

    /// Mixes photographs of `side` pixels with each other; `batch` is the key of what is random. Features stay as they are.
    fn mix(&mut self, mixing: &Mixing, batch: [u64; 3], side: usize) -> Option<Mixed> {
        match self {
            Inputs::Photographs(photos) => mixing.apply(batch, side, &photos.labels, &mut photos.images),
            Inputs::Features { .. } => None,
        }
    }
}

impl Feed {
    /// The training batches of an epoch of the run, from number `first` on: a pure function of seed, epoch and number.
    fn epoch<'a>(
        &'a self,
        recipe: &'a Recipe,
        epoch: u32,
        first: usize,
    ) -> Box<dyn Iterator<Item = Result<Inputs, TrainError>> + 'a> {
        match self {
            Feed::Photographs { train, .. } => {
                Box::new(train.epoch(recipe.seed, epoch, first).map(|batch| Ok(Inputs::Photographs(batch?))))
            }
            Feed::Features(features) => {
                let draws = draws(recipe.oversample, recipe.seed, epoch, features.train_labels());
                let size = recipe.batch_size;
                let batches = first..features.batches(size);
                Box::new(batches.map(move |batch| {
                    let (values, labels, photos) = features.train_batch(&draws, epoch, size, batch);
                    Ok(Inputs::Features { values, labels, photos })
                }))
            }
        }
    }
}

/// One phase of training under way.
pub(crate) struct PhaseTrainer<'a> {
    recipe: &'a Recipe,
    phase: &'a Phase,
    photographs: &'a Photographs,
    /// Runs the frozen part on photographs; absent if nothing is frozen or features are kept.
    front: Option<Box<dyn Engine>>,
    /// Tensors of the frozen part.
    frozen: StateDict,
    engine: Box<dyn Engine>,
    feed: Feed,
    rate_factors: Option<Vec<f64>>,
    class_weights: Option<Vec<f32>>,
    /// The sets that photographs show, where they show any number of labels; see [`Targets::AnyOf`].
    sets: Option<Vec<f32>>,
    /// What the teacher says, where there is one; see [`Targets::Taught`].
    lessons: Option<Arc<Lessons>>,
}

/// One step that was taken.
pub(crate) struct Step<'a> {
    /// What it found.
    pub(crate) stats: &'a StepStats,
    /// Learning rate that it was taken with.
    pub(crate) learning_rate: f64,
    /// Steps of an epoch.
    pub(crate) steps: usize,
}

/// What a phase is begun with.
pub(crate) struct PhaseInit<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: &'a Graph,
    pub(crate) recipe: &'a Recipe,
    pub(crate) phase: &'a Phase,
    pub(crate) photographs: &'a Photographs,
    /// All tensors of the network, with the optimiser's memory if the phase is continued.
    pub(crate) state: StateDict,
}

impl<'a> PhaseTrainer<'a> {
    /// Prepares a phase; with kept features this takes about one pass over the photographs. `progress` is told how far
    /// that is, and may end it.
    pub(crate) fn begin(
        init: PhaseInit<'a>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Self>, TrainError> {
        let PhaseInit { device, graph, recipe, phase, photographs, state } = init;
        let size = recipe.image_size();
        let class_weights = photographs.class_weights(&recipe.loss.class_weights)?;
        let sets = photographs.dataset.label_sets.as_ref().map(LabelSets::matrix);
        let lessons = match Lessons::gather(device, recipe, photographs, progress)? {
            ControlFlow::Continue(lessons) => lessons,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let live = || Feed::Photographs {
            train: photographs.train_loader(recipe, &phase.augment),
            validation: photographs.validation_loader(recipe),
        };
        let options = EngineOptions {
            image_size: size,
            batch: recipe.batch_size,
            seed: recipe.seed,
            optimizer: Some(phase.optimizer),
            average: phase.average,
            statistics: phase.statistics,
        };
        let mut rate_factors = phase.rate_factors(graph)?;
        let Some(cut) = phase.freeze.cut(graph)? else {
            let mut engine = device.engine(graph, &options)?;
            engine.restore(&state)?;
            let (front, frozen, feed) = (None, StateDict::default(), live());
            let whole = Self {
                recipe,
                phase,
                photographs,
                front,
                frozen,
                engine,
                feed,
                rate_factors,
                class_weights,
                sets,
                lessons,
            };
            return Ok(ControlFlow::Continue(whole));
        };
        let (front_graph, tail) = graph.split(cut, size)?;
        // The tail's first node stands for the cut.
        rate_factors = rate_factors.map(|factors| factors[cut..].to_vec());
        let mut engine = device.engine(&tail, &options)?;
        let (frozen, learning) = state.divide(&engine.state());
        engine.restore(&learning)?;
        let front = |batch: usize| -> Result<Box<dyn Engine>, TrainError> {
            let options = EngineOptions { batch, optimizer: None, average: None, ..options };
            let mut front = device.engine(&front_graph, &options)?;
            front.restore(&frozen)?;
            Ok(front)
        };
        let (front, feed) = if phase.is_cached() {
            let source = features::Source { photographs, recipe, phase };
            match Features::gather(&source, &mut || front(features::BATCH), progress)? {
                ControlFlow::Continue(features) => (None, Feed::Features(features)),
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            }
        } else {
            (Some(front(recipe.batch_size)?), live())
        };
        let parts = Self {
            recipe,
            phase,
            photographs,
            front,
            frozen,
            engine,
            feed,
            rate_factors,
            class_weights,
            sets,
            lessons,
        };
        Ok(ControlFlow::Continue(parts))
    }

    /// Steps of an epoch.
    pub(crate) fn batches(&self) -> usize {
        match &self.feed {
            Feed::Photographs { train, .. } => train.batches(),
            Feed::Features(features) => features.batches(self.recipe.batch_size),
        }
    }

    /// One epoch: forward pass, loss, backward pass and update for each batch, from number `first` on, with the learning rate
    /// of each batch. `observe` sees every step and may end the epoch.
    pub(crate) fn train_epoch(
        &mut self,
        epoch: u32,
        first: usize,
        learning_rate: &dyn Fn(usize) -> f64,
        observe: &mut dyn FnMut(&Step<'_>) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let steps = self.batches();
        let Self {
            feed,
            front,
            engine,
            recipe,
            phase,
            rate_factors,
            class_weights,
            sets,
            lessons,
            photographs,
            ..
        } = self;
        for (number, inputs) in (first..).zip(feed.epoch(recipe, epoch, first)) {
            let mut inputs = inputs?;
            let key = [recipe.seed, epoch.into(), number as u64];
            let mixed = inputs.mix(&phase.mixing, key, recipe.image_size());
            let Batch { images, labels } = inputs.batch();
            let images = match front {
                Some(front) => Cow::Owned(front.predict(images)?),
                None => Cow::Borrowed(images),
            };
            let said = lessons.as_ref().map(|lessons| lessons.of(photographs, inputs.photos()));
            let targets = match (&said, &recipe.teacher) {
                (Some(logits), Some(teacher)) => Targets::Taught(teacher.taught(logits)),
                _ => sets.as_deref().map_or(Targets::OneOf, Targets::AnyOf),
            };
            let config = StepConfig {
                learning_rate: learning_rate(number),
                rate_factors: rate_factors.as_deref(),
                label_smoothing: recipe.loss.label_smoothing,
                class_weights: class_weights.as_deref(),
                targets,
                focus: recipe.loss.focal_gamma.unwrap_or(0.0),
                mixture: mixed.as_ref().map(|mixed| Mixture { labels: &mixed.labels, share: mixed.share }),
            };
            let stats = engine.train_step(Batch { images: &images, labels }, &config)?;
            let step = Step { stats: &stats, learning_rate: config.learning_rate, steps };
            if let ControlFlow::Break(reason) = observe(&step) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How the network does on all validation photographs; `None` if none were held back.
    pub(crate) fn validate(&mut self) -> Result<Option<Validated>, TrainError> {
        Ok(Validated::of(self.out_of_fold()?, &self.photographs.dataset))
    }

    /// Outputs for all validation photographs.
    pub(crate) fn out_of_fold(&mut self) -> Result<OutOfFoldPredictions, TrainError> {
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        match &self.feed {
            Feed::Features(features) => {
                let (count, step) = (features.validation_len(), self.recipe.batch_size);
                for begin in (0..count).step_by(step) {
                    let (values, truths) = features.validation_batch(begin..(begin + step).min(count));
                    logits.extend(self.engine.predict(&values)?);
                    labels.extend_from_slice(truths);
                }
            }
            Feed::Photographs { validation, .. } => {
                for batch in validation.iter().flat_map(|loader| loader.epoch(0, 0, 0)) {
                    let batch = batch?;
                    let outputs = match &mut self.front {
                        Some(front) => self.engine.predict(&front.predict(&batch.images)?)?,
                        None => self.engine.predict(&batch.images)?,
                    };
                    logits.extend(outputs);
                    labels.extend_from_slice(&batch.labels);
                }
            }
        }
        let photos = self.photographs.splits.validation.clone();
        Ok(OutOfFoldPredictions { photos, labels, folds: Vec::new(), logits })
    }

    /// Gives the batch norms that learn running statistics of the training photographs as they are. `progress` is told
    /// (batches done, in all) and may end it.
    pub(crate) fn estimate_statistics(
        &mut self,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let loader = self.photographs.plain_loader(self.recipe);
        let batches = loader.batches();
        for (index, batch) in loader.epoch(0, 0, 0).enumerate() {
            let batch = batch?;
            // A last batch of few photographs would count as much as a whole one.
            if index > 0 && batch.len() < self.recipe.batch_size {
                break;
            }
            match &mut self.front {
                Some(front) => self.engine.estimate_statistics(&front.predict(&batch.images)?, index)?,
                None => self.engine.estimate_statistics(&batch.images, index)?,
            }
            if let ControlFlow::Break(reason) = progress(index + 1, batches) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What the teacher says of the photographs at these places, (n, C); `None` without a teacher.
    pub(crate) fn said_of(&self, photos: &[usize]) -> Option<Vec<f32>> {
        self.lessons.as_ref().map(|lessons| lessons.of(self.photographs, photos))
    }

    /// The kept features that it learns from, if it does.
    pub(crate) fn features(&self) -> Option<&Features> {
        match &self.feed {
            Feed::Features(features) => Some(features),
            Feed::Photographs { .. } => None,
        }
    }

    /// Whether batch norms learn from photographs, and so have statistics to estimate.
    pub(crate) fn sees_photographs(&self) -> bool {
        matches!(self.feed, Feed::Photographs { .. })
    }

    /// Gives the part that learns the tensors that `state` has for it.
    pub(crate) fn put(&mut self, state: StateDict) -> Result<(), TrainError> {
        let (_, learning) = state.divide(&self.engine.state());
        Ok(self.engine.restore(&learning)?)
    }

    /// All tensors of the network and what the part that learns remembers.
    pub(crate) fn state(&self) -> StateDict {
        self.whole(self.engine.state())
    }

    /// All tensors of the network as it is used.
    pub(crate) fn outcome(&self) -> StateDict {
        self.whole(self.engine.outcome())
    }

    fn whole(&self, mut state: StateDict) -> StateDict {
        state.tensors.extend(self.frozen.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone())));
        state
    }

    /// Says what its photographs lack.
    pub(crate) fn refuse(&self, what: &str) -> TrainError {
        TrainError::TooFew { root: self.photographs.dataset.root.clone(), what: what.to_owned() }
    }

    /// The phase.
    pub(crate) fn phase(&self) -> &'a Phase {
        self.phase
    }
}
