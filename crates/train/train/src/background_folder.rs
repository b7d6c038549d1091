//! The folder of backgrounds that a run is begun with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use foliar_files::Printable as _;
use foliar_vision::photo_file::{is_photo_file, load_photo};
use foliar_vision::{Digest, Limits, Resizer, Rgb};
use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// Most pictures of a folder.
const MOST: usize = 1000;
/// Shorter side that pictures are reduced to, in pixels: backgrounds need no detail.
const SIDE: u32 = 256;

/// A folder of pictures without leaves of the classes, and what they were when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackgroundFolder {
    /// The folder.
    #[serde(with = "foliar_files::any_path")]
    pub folder: PathBuf,
    /// Pictures in it, 1 to 1,000.
    pub pictures: usize,
    /// BLAKE3 of the digests of their files in ascending order, in hexadecimal digits: names are of no effect.
    pub digest: Digest,
}

impl BackgroundFolder {
    /// The folder as it is now. Folders in it are not entered.
    ///
    /// # Errors
    /// A folder that cannot be read, without a picture, with more than 1,000, or with one that cannot be decoded.
    pub fn of(folder: &Path) -> Result<Self, TrainError> {
        let read = read(folder)?;
        let folder = foliar_archive::canonical(folder).unwrap_or_else(|_| folder.to_owned());
        Ok(Self { folder, pictures: read.len(), digest: digest(&read) })
    }

    /// Its pictures, their shorter side at most 256 pixels, in the order of the digests of their files.
    ///
    /// # Errors
    /// As [`BackgroundFolder::of`], and pictures that are not those that the run began with.
    pub fn unchanged(&self) -> Result<Arc<[Rgb]>, TrainError> {
        let read = read(&self.folder)?;
        if digest(&read) != self.digest {
            let what = "these are not the pictures that the run began with; put the old ones back".to_owned();
            return Err(TrainError::Backgrounds { folder: self.folder.clone(), what });
        }
        Ok(read.into_iter().map(|(_, picture)| picture).collect())
    }
}

/// The pictures of a folder in the order of the digests of their files, each once.
fn read(folder: &Path) -> Result<Vec<(Digest, Rgb)>, TrainError> {
    let refused = |what: String| TrainError::Backgrounds { folder: folder.to_owned(), what };
    let mut paths = foliar_archive::entries(folder).map_err(|error| refused(error.to_string()))?;
    paths.retain(|path| foliar_archive::is_file(path) && is_photo_file(path));
    if paths.is_empty() {
        return Err(refused(
            "there are no photos in this folder; those in folders below it are not read".into(),
        ));
    }
    if paths.len() > MOST {
        return Err(refused(format!("it holds {} photos; at most {MOST} are taken", paths.len())));
    }
    paths.sort();
    let mut resizer = Resizer::default();
    let mut pictures = Vec::with_capacity(paths.len());
    for path in paths {
        let bad = |reason: &dyn std::fmt::Display| refused(format!("{}: {reason}", path.shown()));
        let bytes = foliar_archive::read(&path).map_err(|error| bad(&error))?;
        let photo =
            load_photo(&path, SIDE, &Limits::default(), &mut resizer).map_err(|reason| bad(&reason))?;
        pictures.push((Digest::of(&bytes), photo.picture));
    }
    pictures.sort_by_key(|(digest, _)| digest.0);
    pictures.dedup_by_key(|(digest, _)| digest.0);
    Ok(pictures)
}

fn digest(pictures: &[(Digest, Rgb)]) -> Digest {
    let all: Vec<u8> = pictures.iter().flat_map(|(digest, _)| digest.0).collect();
    Digest::of(&all)
}
