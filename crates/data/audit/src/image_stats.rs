//! One pass over all photos that measures everything an audit needs.

use foliar_results::audit::Measures;
use foliar_vision::decode::read_file;
use foliar_vision::{Dataset, Limits, Photo, Problem, Reason, Resizer, Rgb, decode_reduced};
use rayon::prelude::*;

use crate::border_colors::BorderColors;
use crate::camera::Camera;
use crate::quality::measure;
use crate::texture::texture;
use crate::thumbnail::Thumbnail;

/// Shorter side that photos are reduced to before they are measured, in pixels.
pub(crate) const SIDE: u32 = 256;

/// What is kept of one photo.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageStats {
    /// Small grey picture, for the search for copies.
    pub thumbnail: Thumbnail,
    /// Quality.
    pub measures: Measures,
    /// Colours of the border.
    pub border: BorderColors,
    /// Colours and textures, [`crate::texture::WIDTH`] numbers.
    pub texture: Vec<f32>,
    /// What the file says about the camera.
    pub camera: Camera,
}

impl ImageStats {
    fn of(bytes: &[u8], photo: &Photo, picture: &Rgb, resizer: &mut Resizer) -> Self {
        Self {
            thumbnail: Thumbnail::of(picture, resizer),
            measures: measure(picture, photo.width, photo.height),
            border: BorderColors::of(picture, resizer),
            texture: texture(picture, resizer),
            camera: Camera::of(bytes),
        }
    }
}

/// Decodes every photo of `dataset` once, on the threads of the current `rayon` pool, and measures it. Returns the data set
/// without the photos that cannot be decoded, the stats of each remaining photo, and a problem for each photo that was
/// left out. `progress` is called from several threads, once a photo.
#[must_use]
pub fn survey(
    dataset: Dataset,
    limits: &Limits,
    progress: &(dyn Fn() + Sync),
) -> (Dataset, Vec<ImageStats>, Vec<Problem>) {
    let measured: Vec<Result<ImageStats, Reason>> = dataset
        .photos
        .par_iter()
        .map_init(Resizer::default, |resizer, photo| {
            let stats = read_file(&dataset.root.join(&photo.path), limits).and_then(|bytes| {
                let picture = decode_reduced(&bytes, SIDE, limits, resizer)?;
                Ok(ImageStats::of(&bytes, photo, &picture, resizer))
            });
            progress();
            stats
        })
        .collect();
    let mut problems = Vec::new();
    for (photo, stats) in dataset.photos.iter().zip(&measured) {
        if let Err(reason) = stats {
            problems.push(Problem::new(&photo.path, reason.clone()));
        }
    }
    let (dataset, lost) = dataset.retain(|place| measured[place].is_ok());
    problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
    (dataset, measured.into_iter().filter_map(Result::ok).collect(), problems)
}
