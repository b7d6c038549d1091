//! The features of a run's photographs: what the frozen part of the network makes of them, from the cache or anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use foliar_nn::Engine;
use foliar_runlog::StopReason;
use foliar_vision::loader::order;
use foliar_vision::{Digest, Item};

use crate::error::LearnError;
use crate::feature_cache::{self, FeatureCache, Key};
use crate::phase::Phase;
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// Photographs that the frozen part sees at a time. Always the same, so that a photograph's features do not depend on the
/// recipe's batch size.
pub(crate) const BATCH: usize = 32;
/// Bytes up to which features of photographs of other runs stay in the file.
const LARGEST_SHARED_FILE: usize = 1 << 30;

/// Where the features of a frozen network are kept.
pub(crate) struct Place {
    file: PathBuf,
    network: Key,
}

impl Place {
    /// The place in `folder` for features of `recipe`'s network, frozen as in `phase`.
    pub(crate) fn new(folder: &Path, recipe: &Recipe, phase: &Phase) -> Result<Self, LearnError> {
        let network = Self::network(recipe, phase)?;
        let name = format!("{}-{}.features", recipe.model, &Digest(network).to_string()[..16]);
        Ok(Self { file: folder.join(name), network })
    }

    /// Names what computes the features.
    fn network(recipe: &Recipe, phase: &Phase) -> Result<Key, LearnError> {
        let preprocessing = serde_json::to_vec(&recipe.preprocessing)
            .map_err(|error| LearnError::RecipeText { what: error.to_string() })?;
        let origin = match &recipe.weights {
            Some(weights) => weights.digest.clone(),
            None => format!("random {}", recipe.seed),
        };
        let mut hasher = blake3::Hasher::new_derive_key("foliar features 1");
        for part in [
            env!("CARGO_PKG_VERSION").as_bytes(),
            recipe.model.as_bytes(),
            phase.freeze.to_string().as_bytes(),
            origin.as_bytes(),
            &preprocessing,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Ok(*hasher.finalize().as_bytes())
    }

    /// What is kept already.
    pub(crate) fn open(&self) -> Option<FeatureCache> {
        FeatureCache::open(&self.file, &self.network)
    }
}

/// The key of a photograph's features as it is, without variation.
pub(crate) fn plain_key(digest: &Digest) -> Key {
    row_key(digest, b"")
}

fn row_key(digest: &Digest, view: &[u8]) -> Key {
    *blake3::Hasher::new_derive_key("foliar feature row 2")
        .update(&digest.0)
        .update(view)
        .finalize()
        .as_bytes()
}

/// One row that is needed.
struct Request {
    key: Key,
    /// Position in the list of the photographs that are varied, which with the view decides how.
    position: usize,
    view: u32,
}

/// Features that several runs over the same photographs share, by the network that computed them.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<Key, Arc<Rows>>>);

impl Shelf {
    fn find(&self, network: &Key) -> Option<Arc<Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(network).cloned()
    }

    fn put(&self, network: Key, rows: &Arc<Rows>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(network, Arc::clone(rows));
    }
}

/// Features of the photographs of a run: rows of equal width.
pub(crate) struct Features {
    rows: Arc<Rows>,
    /// Place of the rows of each training photograph, one a view.
    train: Vec<Vec<usize>>,
    train_labels: Vec<u32>,
    validation: Vec<usize>,
    validation_labels: Vec<u32>,
}

/// Rows of features and the place of each.
pub(crate) struct Rows {
    values: Values,
    index: BTreeMap<Key, usize>,
}

enum Values {
    Mapped(FeatureCache),
    Kept { width: usize, values: Vec<f32> },
}

impl Rows {
    fn mapped(cache: FeatureCache) -> Self {
        let index = cache.rows().enumerate().map(|(place, (key, _))| (key, place)).collect();
        Self { values: Values::Mapped(cache), index }
    }

    fn row(&self, place: usize) -> &[f32] {
        match &self.values {
            Values::Mapped(cache) => cache.row(place),
            Values::Kept { width, values } => &values[place * width..(place + 1) * width],
        }
    }

    /// The rows at some places, one after the other.
    fn gathered(&self, places: impl Iterator<Item = usize>) -> Vec<f32> {
        let mut values = Vec::new();
        places.for_each(|place| values.extend_from_slice(self.row(place)));
        values
    }
}

/// Puts what was computed together with what the cache holds, keeps it in the cache if that can be written, and returns it.
fn keep(
    computed_for: &[&Request],
    computed: &[f32],
    width: usize,
    cache: Option<&FeatureCache>,
    needed: &BTreeSet<Key>,
    place: Option<&Place>,
) -> Rows {
    let keys = computed_for.iter().map(|request| request.key);
    let mut rows: BTreeMap<Key, &[f32]> = keys.zip(computed.chunks_exact(width)).collect();
    if let Some(cache) = cache.filter(|cache| cache.width() == width) {
        let shared = cache.len() + 4 * computed.len() <= LARGEST_SHARED_FILE;
        rows.extend(cache.rows().filter(|(key, _)| shared || needed.contains(key)));
    }
    // Without a cache the features are computed again next time, which is no reason to fail.
    let written = place
        .filter(|place| feature_cache::write(&place.file, &place.network, width, &rows).is_ok())
        .and_then(Place::open);
    written.map_or_else(
        || Rows {
            index: rows.keys().enumerate().map(|(place, key)| (*key, place)).collect(),
            values: Values::Kept { width, values: rows.values().copied().flatten().copied().collect() },
        },
        Rows::mapped,
    )
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
        front: &mut dyn FnMut() -> Result<Box<dyn Engine>, LearnError>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Self>, LearnError> {
        let Source { photographs, recipe, phase } = source;
        let network = Place::network(recipe, phase)?;
        let (train, validation) = source.requests()?;
        let shelved = photographs.shelf().find(&network).filter(|rows| {
            train.iter().flatten().chain(&validation).all(|request| rows.index.contains_key(&request.key))
        });
        let rows = match shelved {
            Some(rows) => rows,
            None => match source.rows(&train, &validation, front, progress)? {
                ControlFlow::Continue(rows) => Arc::new(rows),
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            },
        };
        photographs.shelf().put(network, &rows);
        let find = |request: &Request| rows.index[&request.key];
        Ok(ControlFlow::Continue(Self {
            train: train.iter().map(|views| views.iter().map(find).collect()).collect(),
            train_labels: photographs.labels(&photographs.splits.train),
            validation: validation.iter().map(find).collect(),
            validation_labels: photographs.labels(&photographs.splits.validation),
            rows,
        }))
    }

    /// Training batches of an epoch.
    pub(crate) fn batches(&self, batch_size: usize) -> usize {
        self.train.len().div_ceil(batch_size)
    }

    /// Training batch number `batch` of an epoch whose `order` is given.
    pub(crate) fn train_batch(
        &self,
        order: &[usize],
        epoch: u32,
        batch_size: usize,
        batch: usize,
    ) -> (Vec<f32>, Vec<u32>) {
        let chosen = &order[order::balanced(order.len(), batch_size, batch)];
        let place = |&item: &usize| {
            let views = &self.train[item];
            views[(epoch as usize + item) % views.len()]
        };
        let labels = chosen.iter().map(|&item| self.train_labels[item]).collect();
        (self.rows.gathered(chosen.iter().map(place)), labels)
    }

    /// Features of a training photograph as it is.
    pub(crate) fn plain(&self, item: usize) -> &[f32] {
        self.rows.row(self.train[item][0])
    }

    /// Rows of the training photographs as they are, one after the other, and the width of each.
    pub(crate) fn plain_rows(&self) -> (Vec<f32>, usize) {
        let rows: Vec<&[f32]> = self.train.iter().map(|views| self.rows.row(views[0])).collect();
        (rows.concat(), rows.first().map_or(0, |row| row.len()))
    }

    /// Training photographs.
    pub(crate) fn len(&self) -> usize {
        self.train.len()
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
        validation: &[Request],
        front: &mut dyn FnMut() -> Result<Box<dyn Engine>, LearnError>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Rows>, LearnError> {
        let place = match self.photographs.feature_folder() {
            Some(folder) => Some(Place::new(folder, self.recipe, self.phase)?),
            None => None,
        };
        let cache = place.as_ref().and_then(Place::open);
        let needed: BTreeSet<Key> =
            train.iter().flatten().chain(validation).map(|request| request.key).collect();
        let absent = |key: &Key| cache.as_ref().is_none_or(|cache| cache.find(key).is_none());
        let mut missing: Vec<&Request> =
            train.iter().flatten().chain(validation).filter(|request| absent(&request.key)).collect();
        missing.sort_by_key(|request| (request.view, request.key));
        missing.dedup_by_key(|request| request.key);
        match cache {
            Some(cache) if missing.is_empty() => Ok(ControlFlow::Continue(Rows::mapped(cache))),
            cache => {
                let mut front = front()?;
                let mut computed = Vec::new();
                let flow = self.compute(&missing, front.as_mut(), &mut computed, progress)?;
                let rows =
                    keep(&missing, &computed, front.outputs(), cache.as_ref(), &needed, place.as_ref());
                Ok(match flow {
                    ControlFlow::Continue(()) => ControlFlow::Continue(rows),
                    ControlFlow::Break(reason) => ControlFlow::Break(reason),
                })
            }
        }
    }

    /// The rows of the training photographs, a list of views each, and of the validation photographs.
    fn requests(&self) -> Result<(Vec<Vec<Request>>, Vec<Request>), LearnError> {
        let Self { photographs, recipe, phase } = self;
        let variation = serde_json::to_string(&(recipe.seed, &phase.augment))
            .map_err(|error| LearnError::RecipeText { what: error.to_string() })?;
        let digest = |photo: usize| &photographs.dataset.photos[photo].digest;
        let plain = |(position, &photo): (usize, &usize)| Request {
            key: plain_key(digest(photo)),
            position,
            view: 0,
        };
        let views = |(position, photo): (usize, &usize)| {
            let varied = (1..phase.views.unwrap_or(1)).map(|view| Request {
                key: row_key(digest(*photo), format!("{view} {position} {variation}").as_bytes()),
                position,
                view,
            });
            std::iter::once(plain((position, photo))).chain(varied).collect()
        };
        let train = photographs.splits.train.iter().enumerate().map(views).collect();
        let behind = photographs.splits.train.len();
        let validation = photographs.splits.validation.iter().enumerate();
        Ok((train, validation.map(|(position, photo)| plain((behind + position, photo))).collect()))
    }

    /// Features of `missing`, sorted by view, appended in their order.
    fn compute(
        &self,
        missing: &[&Request],
        front: &mut dyn Engine,
        computed: &mut Vec<f32>,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason>, LearnError> {
        let splits = &self.photographs.splits;
        let photos: Vec<usize> = splits.train.iter().chain(&splits.validation).copied().collect();
        let image_len = self.recipe.preprocessing.len();
        let width = front.outputs();
        let mut images = vec![0.0; BATCH * image_len];
        for group in missing.chunk_by(|a, b| a.view == b.view) {
            let view = group[0].view;
            let items =
                |request: &&Request| Item { photo: photos[request.position], label: request.position as u32 };
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
                // Always a full batch: how a product is cut into blocks may depend on how large it is.
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
