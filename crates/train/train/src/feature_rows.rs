//! Rows of features, each under the key of its photograph: in a file for other runs, or on a feature_store for those that share
//! their photographs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use foliar_vision::Digest;

use crate::error::TrainError;
use crate::feature_cache::{self, FeatureCache, Key};
use crate::initial_weights::InitialWeights;
use crate::phase::Phase;
use crate::recipe::Recipe;

/// Bytes up to which features of photographs of other runs stay in the file.
const LARGEST_SHARED_FILE: usize = 1 << 30;

/// Where the features of a frozen network are kept.
pub(crate) struct FeatureFile {
    file: PathBuf,
    network: Key,
}

impl FeatureFile {
    /// The place in `folder` for features of `recipe`'s network, frozen as in `phase`.
    pub(crate) fn new(folder: &Path, recipe: &Recipe, phase: &Phase) -> Result<Self, TrainError> {
        let network = Self::network(recipe, phase)?;
        let name = format!("{}-{}.features", recipe.model, &Digest(network).to_string()[..16]);
        Ok(Self { file: folder.join(name), network })
    }

    /// The place in `folder` for what the teacher with this digest says.
    pub(crate) fn of_teacher(folder: &Path, digest: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("foliar lessons 1");
        for part in [env!("CARGO_PKG_VERSION"), foliar_vision::decode::PIXELS, digest] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        let network = *hasher.finalize().as_bytes();
        let name = format!("teacher-{}.lessons", &Digest(network).to_string()[..16]);
        Self { file: folder.join(name), network }
    }

    /// Names what computes the features.
    pub(crate) fn network(recipe: &Recipe, phase: &Phase) -> Result<Key, TrainError> {
        let preprocessing = serde_json::to_vec(&recipe.preprocessing)
            .map_err(|error| TrainError::RecipeText { what: error.to_string() })?;
        let origin = match &recipe.weights {
            Some(InitialWeights { digest, key: None, .. }) => digest.clone(),
            Some(InitialWeights { digest, key: Some(key), .. }) => format!("{digest} {key}"),
            None => format!("random {}", recipe.seed),
        };
        let mut hasher = blake3::Hasher::new_derive_key("foliar features 1");
        for part in [
            env!("CARGO_PKG_VERSION").as_bytes(),
            foliar_vision::decode::PIXELS.as_bytes(),
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

/// The key of one of its variations.
pub(crate) fn row_key(digest: &Digest, view: &[u8]) -> Key {
    *blake3::Hasher::new_derive_key("foliar feature row 2")
        .update(&digest.0)
        .update(view)
        .finalize()
        .as_bytes()
}

/// Rows of features in memory, and the place of each.
pub(crate) struct Rows {
    width: usize,
    values: Vec<f32>,
    index: BTreeMap<Key, usize>,
}

impl Rows {
    /// Copies of `rows`, `width` values each.
    pub(crate) fn new<'a>(width: usize, rows: impl Iterator<Item = (Key, &'a [f32])>) -> Self {
        let mut all = Self { width, values: Vec::new(), index: BTreeMap::new() };
        for (place, (key, row)) in rows.enumerate() {
            all.values.extend_from_slice(row);
            all.index.insert(key, place);
        }
        all
    }

    pub(crate) fn row(&self, place: usize) -> &[f32] {
        &self.values[place * self.width..(place + 1) * self.width]
    }

    pub(crate) fn holds(&self, key: &Key) -> bool {
        self.index.contains_key(key)
    }

    /// Where the row is that [`Rows::holds`].
    pub(crate) fn place_of(&self, key: &Key) -> usize {
        self.index[key]
    }

    /// The rows at some places, one after the other.
    pub(crate) fn gathered(&self, places: impl Iterator<Item = usize>) -> Vec<f32> {
        let mut values = Vec::new();
        places.for_each(|place| values.extend_from_slice(self.row(place)));
        values
    }
}

/// Puts what was computed together with what the cache holds, keeps it in the cache if that can be written, and returns what is
/// needed.
pub(crate) fn keep(
    computed_for: &[Key],
    computed: &[f32],
    width: usize,
    cache: Option<&FeatureCache>,
    needed: &BTreeSet<Key>,
    place: Option<&FeatureFile>,
) -> Rows {
    let mut rows: BTreeMap<Key, &[f32]> =
        computed_for.iter().copied().zip(computed.chunks_exact(width)).collect();
    if let Some(cache) = cache.filter(|cache| cache.width() == width) {
        let shared = cache.len() + 4 * computed.len() <= LARGEST_SHARED_FILE;
        rows.extend(cache.rows().filter(|(key, _)| shared || needed.contains(key)));
    }
    if let Some(place) = place {
        // Without a cache the features are computed again next time, which is no reason to fail.
        let _ = feature_cache::write(&place.file, &place.network, width, &rows);
    }
    Rows::new(width, rows.into_iter().filter(|(key, _)| needed.contains(key)))
}

/// Features that several runs over the same photographs share, by the network that computed them.
#[derive(Default)]
pub(crate) struct FeatureStore(Mutex<BTreeMap<Key, Arc<Rows>>>);

impl FeatureStore {
    pub(crate) fn find(&self, network: &Key) -> Option<Arc<Rows>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(network).cloned()
    }

    pub(crate) fn put(&self, network: Key, rows: &Arc<Rows>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(network, Arc::clone(rows));
    }
}
