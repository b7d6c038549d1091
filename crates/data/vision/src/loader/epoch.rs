//! One epoch: its examples, their order, and how a batch is made.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::draws::{Draw, Oversample, draws};
use super::order;
use super::pool::Pool;
use crate::augment::{Augment, AugmentKey};
use crate::image_cache::{ImageCache, LoadError};
use crate::preprocess::{Preprocessing, Workspace};

/// A photo and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// Index into the [`ImageCache`].
    pub photo: usize,
    /// Index of its class.
    pub label: u32,
}

/// How a picture is prepared for a batch.
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

/// Prepared pictures. When it is dropped, its memory is reused for a later batch.
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

    /// Whether there are none; a [`Loader`](crate::Loader) makes no such batch.
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

/// What all threads use.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) store: Arc<ImageCache>,
    pub(super) items: Vec<Example>,
    pub(super) transform: Transform,
    pub(super) oversample: Oversample,
    pub(super) batch_size: usize,
    pub(super) pool: Arc<Pool>,
}

impl Source {
    /// The items of the epoch, in its order.
    pub(super) fn draws(&self, seed: u64, epoch: u32) -> Vec<Draw> {
        match self.transform {
            Transform::Train { .. } => {
                let labels: Vec<u32> = self.items.iter().map(|item| item.label).collect();
                draws(self.oversample, seed, epoch, &labels)
            }
            Transform::Vary { .. } | Transform::Evaluate { .. } => {
                (0..self.items.len()).map(|position| Draw { position, repetition: 0 }).collect()
            }
        }
    }

    /// What the changes of an example depend on: its position, and how often the epoch has taken it before; in a given order its
    /// photo, so that a view of a photo is the same wherever it stands.
    fn number(&self, draw: Draw, photo: usize) -> u64 {
        match self.transform {
            Transform::Vary { .. } => self.store.number(photo),
            Transform::Train { .. } | Transform::Evaluate { .. } => {
                (draw.position + draw.repetition * self.items.len()) as u64
            }
        }
    }

    /// The positions in the order that make up a batch.
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

/// One epoch of a loader: all that a worker needs to make any of its batches.
#[derive(Debug)]
pub(super) struct Epoch {
    pub(super) source: Arc<Source>,
    pub(super) draws: Vec<Draw>,
    pub(super) seed: u64,
    pub(super) epoch: u32,
}

impl Deref for Epoch {
    type Target = Source;

    fn deref(&self) -> &Source {
        &self.source
    }
}

impl Epoch {
    pub(super) fn make(&self, batch: usize, workspace: &mut Workspace) -> Result<Batch, LoadError> {
        let draws = &self.draws[self.places(batch)];
        let preprocessing = self.transform.preprocessing();
        let items: Vec<Example> = draws.iter().map(|draw| self.items[draw.position]).collect();
        let mut made = Batch {
            images: self.pool.take(items.len() * preprocessing.len()),
            labels: items.iter().map(|item| item.label).collect(),
            photos: items.iter().map(|item| item.photo).collect(),
            pool: Arc::clone(&self.pool),
        };
        let pictures = made.images.chunks_exact_mut(preprocessing.len());
        for ((out, item), &draw) in pictures.zip(&items).zip(draws) {
            let photo = self.store.get(item.photo)?;
            match &self.transform {
                Transform::Evaluate { .. } => preprocessing.prepare_into(&photo, workspace, out),
                Transform::Train { augment, .. } | Transform::Vary { augment, .. } => {
                    let sample = AugmentKey {
                        seed: self.seed,
                        epoch: u64::from(self.epoch),
                        item: self.number(draw, item.photo),
                    };
                    augment.prepare_into(preprocessing, &photo, sample, workspace, out);
                }
            }
        }
        Ok(made)
    }
}
