#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! | module      | what it describes                                                    |
//! | ----------- | -------------------------------------------------------------------- |
//! | `random`    | the generator behind every choice, keyed by (seed, class, index)     |
//! | `noise`     | textures: value noise and cells from an integer hash                 |
//! | `colour`    | light as red, green and blue                                         |
//! | `pose`      | where the leaf lies in the picture                                   |
//! | `outline`   | the border of a leaf                                                 |
//! | `veins`     | midrib and side veins                                                |
//! | `place`     | a place on the blade                                                 |
//! | `blemish`   | what happens to any leaf: dirt, dust, holes, a dry tip               |
//! | `leaf`      | a healthy leaf as a surface with colours                             |
//! | `lesion`    | what a disease does to a leaf                                        |
//! | `ground`    | what the leaf lies on                                                |
//! | `light`     | sun and shade                                                        |
//! | `camera`    | lens, exposure, white balance and sensor                             |
//! | `scene`     | all of these as one photograph                                       |
//! | `thing`     | photographs without a leaf: surfaces, patterns and objects           |

mod blemish;
mod camera;
mod colour;
mod ground;
mod leaf;
mod lesion;
mod light;
mod noise;
mod outline;
mod place;
mod pose;
mod random;
mod scene;
mod thing;
mod veins;

use std::fs;
use std::io;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};
use rayon::prelude::*;

use camera::Camera;
use ground::Ground;
use light::Light;
use random::{Part, Random};
use scene::Scene;
use thing::Thing;

/// Names of the classes, in the order of the numbers that [`draw`] takes.
pub const CLASSES: [&str; 5] = ["healthy", "angular_spot", "powdery_mildew", "rust_pustules", "tip_blight"];

/// What [`draw_thing`] can draw, in the order of the numbers that it takes. None of it is a leaf.
pub const THINGS: [&str; 17] = [
    "soil",
    "pebbles",
    "paper",
    "sky",
    "bricks",
    "wood",
    "cloth",
    "noise",
    "checkerboard",
    "stripes",
    "gradient",
    "dots",
    "shapes",
    "hand",
    "lettering",
    "night",
    "lights",
];

/// Allowed side lengths of a picture, in pixels.
pub const SIZES: std::ops::RangeInclusive<u32> = 16..=2048;

const JPEG_QUALITY: u8 = 90;

/// Draws photograph `index` of a class: a square of `size` x `size` pixels. The same arguments give the same picture;
/// another size gives the same scene at another resolution.
///
/// # Panics
///
/// If `class` is not below [`CLASSES`]`.len()` or `size` is outside [`SIZES`].
pub fn draw(seed: u64, class: usize, index: u64, size: u32) -> RgbImage {
    assert!(class < CLASSES.len(), "class {class} of {}", CLASSES.len());
    assert!(SIZES.contains(&size), "size {size} is outside {SIZES:?}");
    Scene::new(seed, class, index).photograph(size)
}

/// Draws photograph `index` of a thing that is not a leaf, to test whether a leaf classifier recognises it as
/// out-of-distribution. Light and camera are drawn as in [`draw`].
///
/// # Panics
///
/// If `thing` is not below [`THINGS`]`.len()` or `size` is outside [`SIZES`].
pub fn draw_thing(seed: u64, thing: usize, index: u64, size: u32) -> RgbImage {
    assert!(thing < THINGS.len(), "thing {thing} of {}", THINGS.len());
    assert!(SIZES.contains(&size), "size {size} is outside {SIZES:?}");
    let mut random = Random::new(seed, thing, index, Part::Thing);
    let thing = Thing::new(THINGS[thing], &mut random);
    let (light, camera) = (Light::new(&mut random), Camera::new(&mut random));
    let place = |place| thing.at(place, light.direction) * light.at(place);
    camera.develop(&scene::exposed(size, place), size)
}

/// Draws ground `index` without any plant on it: soil, pebbles or paper. Light and camera are drawn as in [`draw`].
///
/// # Panics
///
/// If `size` is outside [`SIZES`].
pub fn draw_ground(seed: u64, index: u64, size: u32) -> RgbImage {
    assert!(SIZES.contains(&size), "size {size} is outside {SIZES:?}");
    let mut random = Random::new(seed, 0, index, Part::Ground);
    let (ground, light) = (Ground::bare(&mut random), Light::new(&mut random));
    let camera = Camera::new(&mut random);
    let place = |place| ground.at(place, light.direction) * light.at(place);
    camera.develop(&scene::exposed(size, place), size)
}

/// Writes a data set as `dir/<class>/<class>_0000.jpg` and so on, `per_class` photographs of `size` x `size` pixels for
/// each class. Folders are made as needed, files of the same name are replaced, and the bytes depend on `seed` and
/// `size` alone.
///
/// # Errors
///
/// `InvalidInput` if `size` is outside [`SIZES`]; any I/O error, with the path in its message.
pub fn write_dataset(dir: &Path, seed: u64, per_class: usize, size: u32) -> io::Result<()> {
    if !SIZES.contains(&size) {
        let message = format!("a side of {size} pixels is outside {SIZES:?}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    for name in CLASSES {
        let folder = dir.join(name);
        fs::create_dir_all(&folder).map_err(with_path(&folder))?;
    }
    (0..CLASSES.len() * per_class).into_par_iter().try_for_each(|item| {
        let (class, index) = (item / per_class, item % per_class);
        let name = CLASSES[class];
        let path = dir.join(name).join(format!("{name}_{index:04}.jpg"));
        let bytes = jpeg(&draw(seed, class, index as u64, size)).map_err(with_path(&path))?;
        fs::write(&path, bytes).map_err(with_path(&path))
    })
}

fn jpeg(picture: &RgbImage) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .encode(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

fn with_path(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| io::Error::new(source.kind(), format!("{}: {source}", path.display()))
}

#[cfg(test)]
mod tests;
