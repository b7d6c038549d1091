//! One pass over all photographs, in which everything is measured that the questions need.

use foliar_vision::decode::read_file;
use foliar_vision::resize::Resizer;
use foliar_vision::{Dataset, Limits, Photo, Problem, Reason, Rgb, decode_reduced};
use rayon::prelude::*;

use crate::camera::Camera;
use crate::quality::Measures;
use crate::surroundings::Surroundings;
use crate::texture::texture;
use crate::thumbnail::Thumbnail;

/// Shorter side that photographs are reduced to before anything is measured, in pixels.
const SIDE: u32 = 256;

/// What is kept of one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// What copies are found by.
    pub thumbnail: Thumbnail,
    /// Its quality.
    pub measures: Measures,
    /// What lies around the leaf.
    pub surroundings: Surroundings,
    /// Colours and textures, [`crate::texture::WIDTH`] numbers.
    pub texture: Vec<f32>,
    /// What its file says of the camera.
    pub camera: Camera,
}

impl Sight {
    fn of(bytes: &[u8], photo: &Photo, picture: &Rgb, resizer: &mut Resizer) -> Self {
        Self {
            thumbnail: Thumbnail::of(picture, resizer),
            measures: Measures::of(picture, photo.width, photo.height),
            surroundings: Surroundings::of(picture, resizer),
            texture: texture(picture, resizer),
            camera: Camera::of(bytes),
        }
    }
}

/// Decodes every photograph of `dataset` once, on the threads of the current `rayon` pool, and keeps what is measured.
/// Returns the data set without those that can not be decoded, a sight for each that is left, and what was left out.
/// `progress` is called from several threads, once for each photograph.
#[must_use]
pub fn survey(
    dataset: Dataset,
    limits: &Limits,
    progress: &(dyn Fn() + Sync),
) -> (Dataset, Vec<Sight>, Vec<Problem>) {
    let seen: Vec<Result<Sight, Reason>> = dataset
        .photos
        .par_iter()
        .map_init(Resizer::default, |resizer, photo| {
            let sight = read_file(&dataset.root.join(&photo.path), limits).and_then(|bytes| {
                let picture = decode_reduced(&bytes, SIDE, limits, resizer)?;
                Ok(Sight::of(&bytes, photo, &picture, resizer))
            });
            progress();
            sight
        })
        .collect();
    let mut problems = Vec::new();
    for (photo, sight) in dataset.photos.iter().zip(&seen) {
        if let Err(reason) = sight {
            problems.push(Problem::new(&photo.path, reason.clone()));
        }
    }
    let (dataset, lost) = dataset.retain(|place| seen[place].is_ok());
    problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
    (dataset, seen.into_iter().filter_map(Result::ok).collect(), problems)
}
