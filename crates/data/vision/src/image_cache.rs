//! Decoded photos, kept in memory up to a budget.

use std::borrow::Cow;
use std::path::PathBuf;

use foliar_files::Printable as _;
use foliar_picture::{Resizer, Rgb, reduce, reduced_dimensions};
use rayon::prelude::*;

use crate::dataset::{Dataset, Photo};
use crate::decode::{decode_reduced, read_file};
use crate::digest::Digest;
use crate::limits::Limits;
use crate::problem::{Problem, Reason};

/// Why a batch could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A photo that could be decoded before cannot be decoded any more.
    #[error("{}: {reason}", path.shown())]
    Photograph {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: Reason,
    },
    /// A file has changed since the data set was scanned.
    #[error("{} was changed while it was in use; start again and do not change the photos meanwhile", path.shown())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A worker of the loader panicked; this is a bug in this program.
    #[error("batch {batch} could not be made: {detail}")]
    Worker {
        /// The batch.
        batch: usize,
        /// The message of the panic.
        detail: String,
    },
}

/// The pixels of the photos of a data set: from memory up to a budget, otherwise from the files. The pixels are the same in
/// both cases.
#[derive(Debug)]
pub struct ImageCache {
    side: u32,
    limits: Limits,
    photos: Vec<Stored>,
}

#[derive(Debug)]
struct Stored {
    path: PathBuf,
    digest: Digest,
    cached: Option<Rgb>,
}

impl ImageCache {
    /// Decodes every photo once, on the threads of the current `rayon` pool, to find those with broken pixels. Keeps pictures
    /// reduced to a shorter side of at most `side` pixels. Returns the data set without the broken photos, the cache (by
    /// index into the returned photos), and a problem for each photo that was left out, sorted by path.
    ///
    /// At most `budget` bytes of pixels are kept: in the order of indices, each photo that still fits. Photos that are `known`
    /// to be whole are decoded only when they are needed, and are not kept. `seen` is called from several threads, once for
    /// each finished photo, with its picture if it was decoded.
    ///
    /// # Panics
    /// If `side` is zero.
    #[must_use]
    pub fn prepare(
        dataset: Dataset,
        side: u32,
        budget: u64,
        limits: &Limits,
        known: &(dyn Fn(&Digest) -> bool + Sync),
        seen: &(dyn Fn(&Photo, Option<&Rgb>) + Sync),
    ) -> (Dataset, Self, Vec<Problem>) {
        let chosen = within_budget(&dataset, side, budget);
        let decoded: Vec<Result<Stored, Reason>> = dataset
            .photos
            .par_iter()
            .zip(&chosen)
            .map_init(Resizer::default, |resizer, (photo, &keep)| {
                let path = dataset.root.join(&photo.path);
                if known(&photo.digest) {
                    seen(photo, None);
                    return Ok(Stored { path, digest: photo.digest, cached: None });
                }
                let picture =
                    read_file(&path, limits).and_then(|bytes| decode_reduced(&bytes, side, limits, resizer));
                seen(photo, picture.as_ref().ok());
                Ok(Stored { path, digest: photo.digest, cached: Some(picture?).filter(|_| keep) })
            })
            .collect();

        let mut problems = Vec::new();
        for (photo, result) in dataset.photos.iter().zip(&decoded) {
            if let Err(reason) = result {
                problems.push(Problem::new(&photo.path, reason.clone()));
            }
        }
        let classes_before = dataset.classes.len();
        let (dataset, lost) = dataset.retain(|index| decoded[index].is_ok());
        problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        if classes_before >= 2 && dataset.classes.len() < 2 {
            problems.push(Problem::new("", Reason::TooFewClasses { count: dataset.classes.len() }));
        }
        let photos = decoded.into_iter().filter_map(Result::ok).collect();
        (dataset, Self { side, limits: *limits, photos }, problems)
    }

    /// A cache of pictures that are in memory already and have no files, reduced to `side`.
    ///
    /// # Panics
    /// If `side` is zero.
    #[must_use]
    pub fn of_pictures(pictures: Vec<Rgb>, side: u32) -> Self {
        let mut resizer = Resizer::default();
        let photos = pictures
            .iter()
            .map(|picture| Stored {
                path: PathBuf::new(),
                digest: Digest::of(&picture.pixels),
                cached: Some(reduce(picture, side, &mut resizer).into_owned()),
            })
            .collect();
        Self { side, limits: Limits::default(), photos }
    }

    /// The picture of a photo, whose shorter side is at most [`ImageCache::side`].
    ///
    /// # Errors
    /// [`LoadError`] if it is not in memory and its file cannot be decoded or has changed.
    ///
    /// # Panics
    /// If the index is out of range.
    pub fn get(&self, photo: usize) -> Result<Cow<'_, Rgb>, LoadError> {
        let stored = &self.photos[photo];
        if let Some(picture) = &stored.cached {
            return Ok(Cow::Borrowed(picture));
        }
        let failed = |reason| LoadError::Photograph { path: stored.path.clone(), reason };
        let bytes = read_file(&stored.path, &self.limits).map_err(failed)?;
        if Digest::of(&bytes) != stored.digest {
            return Err(LoadError::Changed { path: stored.path.clone() });
        }
        let picture = decode_reduced(&bytes, self.side, &self.limits, &mut Resizer::default());
        Ok(Cow::Owned(picture.map_err(failed)?))
    }

    /// A number that the bytes of a photo decide.
    ///
    /// # Panics
    /// If the index is out of range.
    pub(crate) fn number(&self, photo: usize) -> u64 {
        let Digest(bytes) = self.photos[photo].digest;
        bytes.iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte))
    }

    /// The largest shorter side, in pixels.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.side
    }

    /// Number of photos.
    #[must_use]
    pub fn len(&self) -> usize {
        self.photos.len()
    }

    /// Whether there are no photos.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty()
    }

    /// Number of photos in memory.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.photos.iter().filter(|stored| stored.cached.is_some()).count()
    }

    /// Bytes of pixels in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.photos
            .iter()
            .filter_map(|stored| stored.cached.as_ref())
            .map(|picture| picture.pixels.len() as u64)
            .sum()
    }
}

/// Whether each photo is kept. Depends on the dimensions in the headers alone, so that timing cannot change it.
fn within_budget(dataset: &Dataset, side: u32, budget: u64) -> Vec<bool> {
    let mut left = budget;
    dataset
        .photos
        .iter()
        .map(|photo| {
            let (width, height) = reduced_dimensions((photo.width, photo.height), side);
            let bytes = u64::from(width) * u64::from(height) * 3;
            let fits = bytes <= left;
            if fits {
                left -= bytes;
            }
            fits
        })
        .collect()
}
