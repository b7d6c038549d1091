//! Heat maps as pictures that a person can look at.

use foliar_vision::{Resizer, Rgb, Window};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};

use crate::explainer::Explanation;

/// How much of an overlay is colour; the rest is the photograph.
const STRENGTH: f32 = 0.65;
/// How bright the photograph is where the network does not see it.
const UNSEEN: f32 = 0.45;
/// Shorter side of a picture at least, in pixels.
const LEAST_SIDE: u32 = 256;
/// Pixels between two pictures.
const GAP: usize = 8;
const WHITE: [u8; 3] = [255; 3];

/// The heat map over the photograph that it explains, in the colours of inferno (black, purple, orange, yellow: of even steps
/// to the eye). The edge of the leaf is a white line where the leaf can be told; what the network does not see is dark and
/// without colour.
///
/// # Panics
/// If the photograph is not of the explanation's size.
#[must_use]
pub fn overlay(photo: &Rgb, explanation: &Explanation) -> Rgb {
    let Explanation { heat, leaf, .. } = explanation;
    assert_eq!((photo.width, photo.height), (heat.width, heat.height), "a heat map of this photo");
    let colours: Vec<[u8; 3]> =
        (0..256).map(|step| colorous::INFERNO.eval_rational(step, 256).as_array()).collect();
    let mut pixels = Vec::with_capacity(photo.pixels.len());
    let places = (0..photo.height).flat_map(|y| (0..photo.width).map(move |x| (x, y)));
    for (((x, y), pixel), &value) in places.zip(photo.pixels.chunks_exact(3)).zip(&heat.values) {
        let edge = || {
            let inside = leaf.contains(x, y);
            (x + 1 < photo.width && leaf.contains(x + 1, y) != inside)
                || (y + 1 < photo.height && leaf.contains(x, y + 1) != inside)
        };
        let colour: [u8; 3] = if leaf.is_trusted() && edge() {
            WHITE
        } else if heat.crop.contains(x, y) {
            let colour = colours[(value * 255.0).round() as usize];
            std::array::from_fn(|channel| mix(pixel[channel], colour[channel], STRENGTH))
        } else {
            let grey = pixel.iter().map(|&byte| f32::from(byte)).sum::<f32>() / 3.0;
            [(grey * UNSEEN).round() as u8; 3]
        };
        pixels.extend(colour);
    }
    Rgb::new(photo.width, photo.height, pixels)
}

fn mix(from: u8, to: u8, share: f32) -> u8 {
    (f32::from(from) + share * (f32::from(to) - f32::from(from))).round() as u8
}

/// The photograph and, to its right, its overlay; small ones enlarged to 256 pixels along the shorter side.
///
/// # Panics
/// If the photograph is not of the explanation's size.
#[must_use]
pub fn side_by_side(photo: &Rgb, explanation: &Explanation) -> Rgb {
    let pictures = [photo.clone(), overlay(photo, explanation)].map(|picture| enlarged(&picture));
    let (width, height) = (pictures[0].width, pictures[0].height);
    let row = width as usize * 3;
    let mut pixels = Vec::new();
    for y in 0..height as usize {
        pixels.extend_from_slice(&pictures[0].pixels[y * row..][..row]);
        pixels.extend(WHITE.repeat(GAP));
        pixels.extend_from_slice(&pictures[1].pixels[y * row..][..row]);
    }
    Rgb::new(2 * width + GAP as u32, height, pixels)
}

fn enlarged(picture: &Rgb) -> Rgb {
    let factor = LEAST_SIDE.div_ceil(picture.shorter_side());
    if factor == 1 {
        return picture.clone();
    }
    let (width, height) = (picture.width * factor, picture.height * factor);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let whole = Window::whole((picture.width, picture.height));
    Resizer::default().resize(picture, whole, width, height, &mut pixels);
    Rgb::new(width, height, pixels)
}

/// A picture as the bytes of a PNG file.
///
/// # Errors
/// What the encoder says of a picture that is too large for the format.
pub fn png(picture: &Rgb) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(
        &picture.pixels,
        picture.width,
        picture.height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}
