//! The batches of an epoch, made ahead of time on threads.
//!
//! What an epoch holds, and in which order, is a pure function of `(seed, epoch)`; each sample of `(seed, epoch, item)`.
//! Threads only decide when a batch is made. Training batches are balanced: an epoch of `n` items has
//! `ceil(n / batch_size)` batches whose sizes differ by at most one, so that no runt of a batch upsets batch norm.
//! Evaluation keeps the given order and cuts it into plain chunks.

pub mod order;
mod pool;
mod queue;

use std::ops::{Deref, Range};
use std::sync::Arc;

use self::pool::Pool;
pub use self::queue::Batches;
use crate::augment::{Augment, AugmentKey};
use crate::image_cache::{ImageCache, LoadError};
use crate::preprocess::{Preprocessing, Workspace};

/// A photograph and the label to learn or expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// Index into the [`ImageCache`].
    pub photo: usize,
    /// Index of its class.
    pub label: u32,
}

/// What is done to a picture on its way into a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// Random changes, in random order.
    Train {
        /// Sizes and normalisation.
        preprocessing: Preprocessing,
        /// The random changes.
        augment: Augment,
    },
    /// Random changes, in the given order.
    Vary {
        /// Sizes and normalisation.
        preprocessing: Preprocessing,
        /// The random changes.
        augment: Augment,
    },
    /// The central crop, in the given order.
    Evaluate {
        /// Sizes and normalisation.
        preprocessing: Preprocessing,
    },
}

impl Transform {
    /// Sizes and normalisation.
    #[must_use]
    pub fn preprocessing(&self) -> &Preprocessing {
        match self {
            Self::Train { preprocessing, .. }
            | Self::Vary { preprocessing, .. }
            | Self::Evaluate { preprocessing } => preprocessing,
        }
    }
}

/// Prepared pictures. When it is dropped its memory serves a later batch.
#[derive(Debug)]
pub struct Batch {
    /// `n x size x size x 3` numbers, channels last.
    pub images: Vec<f32>,
    /// The `n` labels.
    pub labels: Vec<u32>,
    /// The `n` indices into the [`ImageCache`].
    pub photos: Vec<usize>,
    pool: Arc<Pool>,
}

impl Batch {
    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none; a [`Loader`] makes no such batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut self.images));
    }
}

/// Makes the batches of any epoch.
#[derive(Clone, Debug)]
pub struct Loader {
    source: Arc<Source>,
    workers: usize,
    look_ahead: usize,
}

/// What the threads share.
#[derive(Clone, Debug)]
struct Source {
    store: Arc<ImageCache>,
    items: Vec<Example>,
    transform: Transform,
    batch_size: usize,
    pool: Arc<Pool>,
}

impl Loader {
    /// Batches of at most `batch_size` of `items`. Two threads work ahead by four batches.
    ///
    /// # Panics
    /// If `batch_size` is zero, an item's photograph is not in the store, the store's side is not the `store_side` of the
    /// preprocessing, or the check of the preprocessing or the augmentation fails.
    #[must_use]
    pub fn new(store: Arc<ImageCache>, items: Vec<Example>, transform: Transform, batch_size: usize) -> Self {
        assert!(batch_size > 0, "a batch has pictures");
        assert!(items.iter().all(|item| item.photo < store.len()), "items are in the store");
        let preprocessing = transform.preprocessing();
        assert_eq!(preprocessing.check(), Ok(()), "preprocessing is possible");
        assert_eq!(store.side(), preprocessing.store_side, "the store is made for this preprocessing");
        if let Transform::Train { augment, .. } | Transform::Vary { augment, .. } = &transform {
            assert_eq!(augment.check(), Ok(()), "augmentation is possible");
        }
        let (workers, look_ahead) = (2, 4);
        let pool = Arc::new(Pool::new(look_ahead + 2));
        Self { source: Arc::new(Source { store, items, transform, batch_size, pool }), workers, look_ahead }
    }

    /// The same loader with another number of threads; with 0 each batch is made when it is asked for. The batches are
    /// the same.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Number of items in an epoch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.items.len()
    }

    /// Whether an epoch has no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source.items.is_empty()
    }

    /// Number of batches in an epoch: `ceil(items / batch_size)`.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.source.items.len().div_ceil(self.source.batch_size)
    }

    /// The batches of an epoch from number `first_batch` on, which equal those that the whole epoch ends with. Dropping
    /// the iterator early stops its threads.
    #[must_use]
    pub fn epoch(&self, seed: u64, epoch: u32, first_batch: usize) -> Batches {
        let work =
            Epoch { order: self.source.order(seed, epoch), source: Arc::clone(&self.source), seed, epoch };
        Batches::start(work, first_batch..self.batches(), self.workers, self.look_ahead)
    }
}

impl Source {
    /// Positions in `items`, in the order of the epoch.
    fn order(&self, seed: u64, epoch: u32) -> Vec<usize> {
        match self.transform {
            Transform::Train { .. } => order::shuffled(seed, epoch, self.items.len()),
            Transform::Vary { .. } | Transform::Evaluate { .. } => (0..self.items.len()).collect(),
        }
    }

    /// Which places of the order make up a batch.
    fn places(&self, batch: usize) -> Range<usize> {
        let count = self.items.len();
        match self.transform {
            Transform::Train { .. } => order::balanced(count, self.batch_size, batch),
            Transform::Vary { .. } | Transform::Evaluate { .. } => {
                let start = batch * self.batch_size;
                start..(start + self.batch_size).min(count)
            }
        }
    }
}

/// One epoch of a loader: what a worker needs to make any batch of it.
#[derive(Debug)]
struct Epoch {
    source: Arc<Source>,
    order: Vec<usize>,
    seed: u64,
    epoch: u32,
}

impl Deref for Epoch {
    type Target = Source;

    fn deref(&self) -> &Source {
        &self.source
    }
}

impl Epoch {
    fn make(&self, batch: usize, workspace: &mut Workspace) -> Result<Batch, LoadError> {
        let positions = &self.order[self.places(batch)];
        let preprocessing = self.transform.preprocessing();
        let items: Vec<Example> = positions.iter().map(|&position| self.items[position]).collect();
        let mut made = Batch {
            images: self.pool.take(items.len() * preprocessing.len()),
            labels: items.iter().map(|item| item.label).collect(),
            photos: items.iter().map(|item| item.photo).collect(),
            pool: Arc::clone(&self.pool),
        };
        let pictures = made.images.chunks_exact_mut(preprocessing.len());
        for ((out, item), &position) in pictures.zip(&items).zip(positions) {
            let photo = self.store.get(item.photo)?;
            match &self.transform {
                Transform::Evaluate { .. } => preprocessing.prepare_into(&photo, workspace, out),
                Transform::Train { augment, .. } | Transform::Vary { augment, .. } => {
                    let sample =
                        AugmentKey { seed: self.seed, epoch: u64::from(self.epoch), item: position as u64 };
                    augment.prepare_into(preprocessing, &photo, sample, workspace, out);
                }
            }
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rgb::Rgb;

    /// A mistake of this crate's own, which `Loader::new` rules out: an item that is not in the store.
    #[test]
    fn a_panic_in_a_worker_is_an_error_in_its_place() {
        let preprocessing = Preprocessing::imagenet(8);
        let store = ImageCache::of_pictures(vec![Rgb::new(9, 9, vec![0; 243])], preprocessing.store_side);
        let source = Source {
            store: Arc::new(store),
            items: [0, 7, 0].map(|photo| Example { photo, label: 0 }).to_vec(),
            transform: Transform::Evaluate { preprocessing },
            batch_size: 1,
            pool: Arc::new(Pool::new(1)),
        };
        for workers in [0, 2] {
            let loader = Loader { source: Arc::new(source.clone()), workers, look_ahead: 2 };
            let results: Vec<_> = loader.epoch(0, 0, 0).collect();
            assert!(results[0].is_ok() && results[2].is_ok());
            assert!(matches!(&results[1], Err(LoadError::Worker { batch: 1, .. })), "{:?}", results[1]);
        }
    }
}
