//! The photographs of another place.

use std::path::Path;

use foliar_model::Bundle;
use foliar_train::UnlabelledFolder;
use foliar_vision::{Limits, Photo, Resizer, Workspace, counted, load_photo};
use rayon::prelude::*;

use crate::division::spread;
use crate::error::DerivedError;

/// Most photographs that are looked at.
const MOST: usize = 1024;
/// Fewest photographs whose statistics are taken.
const FEWEST: usize = 32;

/// Photographs without labels.
pub(super) struct Place {
    /// Those that could be read, prepared: (n, size, size, 3).
    pub(super) images: Vec<f32>,
    /// n.
    pub(super) photographs: usize,
    /// From which the classifier had learned.
    pub(super) known: usize,
    /// That could not be read.
    pub(super) broken: usize,
}

impl Place {
    /// Those in `folder` or below it, each content once, at most [`MOST`] and evenly spread, prepared as for `bundle`.
    pub(super) fn read(folder: &Path, bundle: &Bundle) -> Result<Self, DerivedError> {
        let all = UnlabelledFolder::photographs_of(folder)?;
        let (known, new): (Vec<Photo>, Vec<Photo>) =
            all.into_iter().partition(|photo| bundle.training_digests.contains(&photo.digest));
        let chosen = spread(new, MOST);
        let preprocessing = &bundle.preprocessing;
        let pictures: Vec<_> = chosen
            .par_iter()
            .map(|photo| {
                let side = preprocessing.store_side;
                Some(load_photo(&photo.path, side, &Limits::default(), &mut Resizer::default()).ok()?.picture)
            })
            .collect();
        let (mut images, mut workspace, mut photographs) = (Vec::new(), Workspace::default(), 0);
        for picture in pictures.iter().flatten() {
            let begin = images.len();
            images.resize(begin + preprocessing.len(), 0.0);
            preprocessing.prepare_into(picture, &mut workspace, &mut images[begin..]);
            photographs += 1;
        }
        if photographs == 0 {
            let what = match known.len() {
                0 => "no photo in this folder or below it can be read".to_owned(),
                known => format!(
                    "the run has learned from {} here, and there is no other one that can be read; give photos of the new place",
                    counted(known, "photo", "photos")
                ),
            };
            return Err(DerivedError::Photographs { folder: folder.to_owned(), what });
        }
        Ok(Self { images, photographs, known: known.len(), broken: chosen.len() - photographs })
    }

    /// Whether there are as many as statistics need.
    pub(super) fn enough(&self, folder: &Path) -> Result<(), DerivedError> {
        if self.photographs >= FEWEST {
            return Ok(());
        }
        let what = format!(
            "{FEWEST} photos are needed that can be read and are new to the run, better 100, of all that occurs there, sick and healthy; here {}",
            match self.photographs {
                1 => "is one".to_owned(),
                photographs => format!("are {photographs}"),
            }
        );
        Err(DerivedError::Photographs { folder: folder.to_owned(), what })
    }
}
