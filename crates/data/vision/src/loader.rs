//! The batches of an epoch, prepared ahead of time on threads.
//!
//! The order of an epoch is a pure function of `(seed, epoch)`, and each augmented picture of `(seed, epoch, item)`. Threads
//! only decide when a batch is made. Training batches are balanced: an epoch of `n` items has `ceil(n / batch_size)` batches
//! whose sizes differ by at most one, because a very small last batch would disturb batch norm. Evaluation keeps the given
//! order and cuts it into plain chunks.

pub mod draws;
mod epoch;
pub mod order;
mod pool;
mod queue;

use std::sync::Arc;

pub use self::draws::{Draw, Oversample};
pub use self::epoch::{Batch, Example, Transform};
use self::epoch::{Epoch, Source};
use self::pool::Pool;
pub use self::queue::Batches;
use crate::image_cache::ImageCache;

/// Makes the batches of any epoch.
#[derive(Clone, Debug)]
pub struct Loader {
    source: Arc<Source>,
    workers: usize,
    look_ahead: usize,
}

impl Loader {
    /// Batches of at most `batch_size` of `items`. Two threads work ahead by four batches.
    ///
    /// # Panics
    /// If `batch_size` is zero, an item's photograph is not in the store, the store's side is not the `store_side` of the
    /// preprocessing, or the check of the preprocessing or the augmentation fails.
    #[must_use]
    pub fn new(store: Arc<ImageCache>, items: Vec<Example>, transform: Transform, batch_size: usize) -> Self {
        assert!(batch_size > 0, "a batch has at least one picture");
        assert!(items.iter().all(|item| item.photo < store.len()), "items are in the store");
        let preprocessing = transform.preprocessing();
        assert_eq!(preprocessing.check(), Ok(()), "preprocessing is possible");
        assert_eq!(store.side(), preprocessing.store_side, "the store is made for this preprocessing");
        if let Transform::Train { augment, .. } | Transform::Vary { augment, .. } = &transform {
            assert_eq!(augment.check(), Ok(()), "augmentation is possible");
        }
        let (workers, look_ahead) = (2, 4);
        let pool = Arc::new(Pool::new(look_ahead + 2));
        let oversample = Oversample::None;
        let source = Source { store, items, transform, oversample, batch_size, pool };
        Self { source: Arc::new(source), workers, look_ahead }
    }

    /// The same loader, whose training epochs take photographs of rare classes more often. What is not shuffled takes each once.
    #[must_use]
    pub fn with_oversampling(mut self, oversample: Oversample) -> Self {
        Arc::make_mut(&mut self.source).oversample = oversample;
        self
    }

    /// The same loader with another number of threads; with 0, each batch is made when it is needed. The batches are the
    /// same.
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

    /// The batches of an epoch from number `first_batch` on; they are equal to the last batches of the whole epoch. Dropping
    /// the iterator early stops its threads.
    #[must_use]
    pub fn epoch(&self, seed: u64, epoch: u32, first_batch: usize) -> Batches {
        let work =
            Epoch { draws: self.source.draws(seed, epoch), source: Arc::clone(&self.source), seed, epoch };
        Batches::start(work, first_batch..self.batches(), self.workers, self.look_ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_cache::LoadError;
    use crate::preprocess::Preprocessing;
    use foliar_picture::Rgb;

    /// A bug that `Loader::new` rules out: an item that is not in the cache.
    #[test]
    fn a_panic_in_a_worker_is_an_error_in_its_place() {
        let preprocessing = Preprocessing::imagenet(8);
        let store = ImageCache::of_pictures(vec![Rgb::new(9, 9, vec![0; 243])], preprocessing.store_side);
        let source = Source {
            store: Arc::new(store),
            items: [0, 7, 0].map(|photo| Example { photo, label: 0 }).to_vec(),
            transform: Transform::Evaluate { preprocessing },
            oversample: Oversample::None,
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
