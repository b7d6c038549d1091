//! The features of a run's photographs: what the frozen part of the network makes of them, from the cache or anew.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use foliar_nn::{Engine, UNLABELLED};
use foliar_runlog::StopReason;
use foliar_vision::Example;
use foliar_vision::loader::{Draw, order};

use crate::error::TrainError;
use crate::feature_cache::Key;
use crate::feature_rows::{FeatureFile, Rows, keep, plain_key, row_key};
use crate::phase::{Freeze, Phase};
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// Photographs that the frozen part sees at a time. Always the same, so that a photograph's features do not depend on the
/// recipe's batch size.
pub(crate) const BATCH: usize = 32;

/// One row that is needed.
#[derive(Clone)]
struct Request {
    key: Key,
    /// Position in the list of the photographs for training, then those for validation, then those without labels.
    position: usize,
    view: u32,
}

/// The rows that are needed.
struct Requests {
    /// The views of each training photograph.
    train: Vec<Vec<Request>>,
    /// The validation photographs as they are.
    validation: Vec<Request>,
    /// What a refit will ask for besides.
    later: Vec<Request>,
    /// The views of each photograph without a label.
    unlabelled: Vec<Vec<Request>>,
}

/// Features of the photographs of a run: rows of equal width.
pub(crate) struct Features {
    rows: Arc<Rows>,
    /// Place of the rows of each training photograph, one a view; photographs without labels are the last ones.
    train: Vec<Vec<usize>>,
    train_labels: Vec<u32>,
    /// Place in the store of each training photograph.
    photos: Vec<usize>,
    validation: Vec<usize>,
    validation_labels: Vec<u32>,
}

/// What [`Features::gather`] works with.
pub(crate) struct Source<'a> {
    pub(crate) photographs: &'a Photographs,
    pub(crate) recipe: &'a Recipe,
    pub(crate) phase: &'a Phase,
}

impl Features {
    /// Reads from the cache what is there and lets `front`, planned for batches of [`BATCH`], compute the rest, which is
    /// then kept. `progress` is called with (done, in all) and may end the work early; what was computed is kept then too.
    pub(crate) fn gather(
        source: &Source<'_>,
        front: &mut dyn FnMut() -> Result<Box<dyn Engine>, TrainError>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Self>, TrainError> {
        let Source { photographs, recipe, phase } = source;
        let network = FeatureFile::network(recipe, phase)?;
        let Requests { train, validation, later, unlabelled } = source.requests()?;
        let later: Vec<Request> = later.into_iter().chain(unlabelled.iter().flatten().cloned()).collect();
        let mut requests = train.iter().flatten().chain(&validation).chain(&later);
        let stored = photographs
            .feature_store()
            .find(&network)
            .filter(|rows| requests.all(|request| rows.holds(&request.key)));
        let rows = match stored {
            Some(rows) => rows,
            None => match source.rows(&train, &[validation.as_slice(), &later], front, progress)? {
                ControlFlow::Continue(rows) => Arc::new(rows),
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            },
        };
        photographs.feature_store().put(network, &rows);
        let find = |request: &Request| rows.place_of(&request.key);
        let own = photographs.dataset.photos.len();
        let usable = photographs.unlabelled();
        let views = train.iter().chain(usable.iter().map(|&photo| &unlabelled[photo - own]));
        let mut train_labels = photographs.labels(&photographs.splits.train);
        train_labels.extend(usable.iter().map(|_| UNLABELLED));
        Ok(ControlFlow::Continue(Self {
            train: views.map(|views| views.iter().map(find).collect()).collect(),
            train_labels,
            photos: photographs.splits.train.iter().copied().chain(usable.iter().copied()).collect(),
            validation: validation.iter().map(find).collect(),
            validation_labels: photographs.labels(&photographs.splits.validation),
            rows,
        }))
    }

    /// Training batches of an epoch.
    pub(crate) fn batches(&self, batch_size: usize) -> usize {
        self.train.len().div_ceil(batch_size)
    }

    /// Training batch number `batch` of an epoch whose `draws` are given: features, labels, and the places of the photographs in the
    /// store. A photograph that is drawn again is the next of its views.
    pub(crate) fn train_batch(
        &self,
        draws: &[Draw],
        epoch: u32,
        batch_size: usize,
        batch: usize,
    ) -> (Vec<f32>, Vec<u32>, Vec<usize>) {
        let chosen = &draws[order::balanced(draws.len(), batch_size, batch)];
        let place = |&Draw { position, repetition }: &Draw| {
            let views = &self.train[position];
            views[(epoch as usize + position + repetition) % views.len()]
        };
        let labels = chosen.iter().map(|draw| self.train_labels[draw.position]).collect();
        let photos = chosen.iter().map(|draw| self.photos[draw.position]).collect();
        (self.rows.gathered(chosen.iter().map(place)), labels, photos)
    }

    /// Features of a training photograph as it is.
    pub(crate) fn plain(&self, item: usize) -> &[f32] {
        self.rows.row(self.train[item][0])
    }

    /// How many views of each training photograph there are, at least 1.
    pub(crate) fn views(&self) -> usize {
        self.train.first().map_or(1, Vec::len)
    }

    /// Rows of all views of the training photographs, those of one after the other, the photograph as it is first.
    pub(crate) fn rows_of_views(&self) -> Vec<f32> {
        self.rows.gathered(self.train.iter().flatten().copied())
    }

    /// Rows of the training photographs as they are, one after the other, and the width of each.
    pub(crate) fn plain_rows(&self) -> (Vec<f32>, usize) {
        let rows: Vec<&[f32]> = self.train.iter().map(|views| self.rows.row(views[0])).collect();
        (rows.concat(), rows.first().map_or(0, |row| row.len()))
    }

    /// The class of each training photograph, [`UNLABELLED`] for the last ones where there are some without.
    pub(crate) fn train_labels(&self) -> &[u32] {
        &self.train_labels
    }

    /// Place in the store of each training photograph.
    pub(crate) fn photos(&self) -> &[usize] {
        &self.photos
    }

    /// Validation photographs.
    pub(crate) fn validation_len(&self) -> usize {
        self.validation.len()
    }

    /// Some of the validation photographs, in their order.
    pub(crate) fn validation_batch(&self, range: Range<usize>) -> (Vec<f32>, &[u32]) {
        let rows = self.rows.gathered(self.validation[range.clone()].iter().copied());
        (rows, &self.validation_labels[range])
    }
}

impl Source<'_> {
    /// The rows of `train` and `validation` from the cache, and what is not there from `front`, which is then kept.
    fn rows(
        &self,
        train: &[Vec<Request>],
        others: &[&[Request]],
        front: &mut dyn FnMut() -> Result<Box<dyn Engine>, TrainError>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Rows>, TrainError> {
        // What a stage computes takes a hundred times the room of what the whole network does.
        let is_small = self.phase.freeze == Freeze::Backbone;
        let place = match self.photographs.feature_folder().filter(|_| is_small) {
            Some(folder) => Some(FeatureFile::new(folder, self.recipe, self.phase)?),
            None => None,
        };
        let cache = place.as_ref().and_then(FeatureFile::open);
        let all = || train.iter().flatten().chain(others.iter().copied().flatten());
        let needed: BTreeSet<Key> = all().map(|request| request.key).collect();
        let absent = |key: &Key| cache.as_ref().is_none_or(|cache| cache.find(key).is_none());
        let mut missing: Vec<&Request> = all().filter(|request| absent(&request.key)).collect();
        missing.sort_by_key(|request| (request.view, request.key));
        missing.dedup_by_key(|request| request.key);
        match cache {
            Some(cache) if missing.is_empty() => {
                let rows = cache.rows().filter(|(key, _)| needed.contains(key));
                Ok(ControlFlow::Continue(Rows::new(cache.width(), rows)))
            }
            cache => {
                let mut front = front()?;
                let mut computed = Vec::new();
                let flow = self.compute(&missing, front.as_mut(), &mut computed, progress)?;
                let keys: Vec<Key> = missing.iter().map(|request| request.key).collect();
                let rows = keep(&keys, &computed, front.outputs(), cache.as_ref(), &needed, place.as_ref());
                Ok(match flow {
                    ControlFlow::Continue(()) => ControlFlow::Continue(rows),
                    ControlFlow::Break(reason) => ControlFlow::Break(reason),
                })
            }
        }
    }

    /// The rows that are needed of the photographs.
    fn requests(&self) -> Result<Requests, TrainError> {
        let Self { photographs, recipe, phase } = self;
        let variation = match &recipe.data.backgrounds {
            None => serde_json::to_string(&(recipe.seed, &phase.augment)),
            Some(folder) => serde_json::to_string(&(recipe.seed, &phase.augment, folder.digest)),
        };
        let variation = variation.map_err(|error| TrainError::RecipeText { what: error.to_string() })?;
        let is_refitted = phase.is_cached() && recipe.refit > 0;
        let digest = |photo: usize| &photographs.photo(photo).digest;
        let plain = |(position, &photo): (usize, &usize)| Request {
            key: plain_key(digest(photo)),
            position,
            view: 0,
        };
        let varied = |(position, photo): (usize, &usize)| -> Vec<Request> {
            let key = |view: u32| row_key(digest(*photo), format!("{view} {variation}").as_bytes());
            let views = 1..phase.augmented_views.unwrap_or(1);
            views.map(|view| Request { key: key(view), position, view }).collect()
        };
        let views = |(position, photo): (usize, &usize)| {
            std::iter::once(plain((position, photo))).chain(varied((position, photo))).collect()
        };
        let train = photographs.splits.train.iter().enumerate().map(views).collect();
        let behind = photographs.splits.train.len();
        let validation = || (behind..).zip(&photographs.splits.validation);
        // A refit learns from the validation photographs too.
        let later = if is_refitted { validation().flat_map(varied).collect() } else { Vec::new() };
        let beyond = behind + photographs.splits.validation.len();
        let others: Vec<usize> = photographs.all_unlabelled().collect();
        let unlabelled = (beyond..).zip(&others).map(views).collect();
        Ok(Requests { train, validation: validation().map(plain).collect(), later, unlabelled })
    }

    /// Features of `missing`, sorted by view, appended in their order.
    fn compute(
        &self,
        missing: &[&Request],
        front: &mut dyn Engine,
        computed: &mut Vec<f32>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let splits = &self.photographs.splits;
        let pool = splits.train.iter().chain(&splits.validation).copied();
        let photos: Vec<usize> = pool.chain(self.photographs.all_unlabelled()).collect();
        let image_len = self.recipe.preprocessing.len();
        let width = front.outputs();
        let mut images = vec![0.0; BATCH * image_len];
        for group in missing.chunk_by(|a, b| a.view == b.view) {
            let view = group[0].view;
            let items = |request: &&Request| Example {
                photo: photos[request.position],
                label: request.position as u32,
            };
            let loader = self.photographs.view_loader(
                self.recipe,
                group.iter().map(items).collect(),
                (view > 0).then_some(&self.phase.augment),
                BATCH,
            );
            for batch in loader.epoch(self.recipe.seed, view, 0) {
                let batch = batch?;
                images[..batch.images.len()].copy_from_slice(&batch.images);
                images[batch.images.len()..].fill(0.0);
                // The rest of a short batch is zeros, and its features are left out.
                let features = front.predict(&images)?;
                computed.extend_from_slice(&features[..batch.len() * width]);
                if let ControlFlow::Break(reason) = progress(computed.len() / width, missing.len()) {
                    return Ok(ControlFlow::Break(reason));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
