//! Photographs without labels, of which only a teacher speaks.

use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_scan::{is_litter, is_own};
use foliar_vision::decode::inspect;
use foliar_vision::photo_file::is_photo_file;
use foliar_vision::{Digest, Limits, Photo};
use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// A folder of photographs that lie anywhere below it, and what they were when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlabelledFolder {
    /// The folder.
    #[serde(with = "foliar_files::any_path")]
    pub folder: PathBuf,
    /// Photographs in it, each content once.
    pub photographs: usize,
    /// BLAKE3 of the digests of their files in ascending order: names are of no effect.
    pub digest: Digest,
}

impl UnlabelledFolder {
    /// The folder as it is now.
    ///
    /// # Errors
    /// A folder that cannot be read, or without a photograph.
    pub fn of(folder: &Path) -> Result<Self, TrainError> {
        let photos = read(folder)?;
        let folder = foliar_archive::canonical(folder).unwrap_or_else(|_| folder.to_owned());
        Ok(Self { folder, photographs: photos.len(), digest: digest(&photos) })
    }

    /// The photographs in `folder` or below it, each content once, in the order of the digests of their files, with whole paths, as of class 0.
    ///
    /// # Errors
    /// A folder that cannot be read, or without a photograph.
    pub fn photographs_of(folder: &Path) -> Result<Vec<Photo>, TrainError> {
        read(folder)
    }

    /// Its photographs in the order of the digests of their files, with whole paths, as of class 0.
    ///
    /// # Errors
    /// As [`UnlabelledFolder::of`], and photographs that are not those that the run began with.
    pub(crate) fn unchanged(&self) -> Result<Vec<Photo>, TrainError> {
        let photos = read(&self.folder)?;
        if digest(&photos) == self.digest {
            return Ok(photos);
        }
        let what = "these are not the photos that the run began with; put the old ones back".to_owned();
        Err(TrainError::Unlabelled { folder: self.folder.clone(), what })
    }
}

fn read(folder: &Path) -> Result<Vec<Photo>, TrainError> {
    let refused = |what: String| TrainError::Unlabelled { folder: folder.to_owned(), what };
    let whole = foliar_archive::canonical(folder).map_err(|error| refused(error.to_string()))?;
    let mut photos = Vec::new();
    let mut folders = vec![whole];
    while let Some(here) = folders.pop() {
        let entries =
            foliar_archive::entries(&here).map_err(|error| refused(format!("{}: {error}", here.shown())))?;
        for path in entries {
            if path.file_name().is_some_and(is_litter) || is_own(&path) {
                continue;
            }
            // A link to a folder may lead round in a circle.
            if foliar_archive::is_folder(&path) && !path.is_symlink() {
                folders.push(path);
            } else if foliar_archive::is_file(&path) && is_photo_file(&path) {
                let bytes = foliar_archive::read(&path)
                    .map_err(|error| refused(format!("{}: {error}", path.shown())))?;
                let digest = Digest::of(&bytes);
                // One that cannot be read is left out when it is decoded, with the reason.
                let [width, height] = inspect(&bytes, &Limits::default())
                    .map_or([1; 2], |header| [header.width, header.height]);
                let bytes = bytes.len() as u64;
                photos.push(Photo { path, class: 0, split: None, digest, bytes, width, height });
            }
        }
    }
    if photos.is_empty() {
        return Err(refused("there are no photos in this folder or below it".to_owned()));
    }
    photos.sort_by(|a, b| (a.digest.0, &a.path).cmp(&(b.digest.0, &b.path)));
    photos.dedup_by_key(|photo| photo.digest.0);
    Ok(photos)
}

fn digest(photos: &[Photo]) -> Digest {
    let all: Vec<u8> = photos.iter().flat_map(|photo| photo.digest.0).collect();
    Digest::of(&all)
}
