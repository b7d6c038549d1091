//! Drawn backgrounds: foliage, soil, blurred gardens, surfaces, sky.

use foliar_picture::{Resizer, Rgb, Window};
use foliar_random::Random;

use super::canvas::Canvas;
use super::cutout::Cutout;
use super::field::Field;
use super::light::Light;
use super::placement::Placement;

/// Colours of what is green or dry.
const PLANTS: [[f32; 3]; 8] = [
    [38.0, 62.0, 28.0],
    [62.0, 96.0, 40.0],
    [88.0, 128.0, 58.0],
    [122.0, 158.0, 82.0],
    [20.0, 34.0, 18.0],
    [150.0, 160.0, 90.0],
    [166.0, 140.0, 84.0],
    [70.0, 110.0, 76.0],
];
/// Colours of soil, straw, bark and stones.
const GROUND: [[f32; 3]; 7] = [
    [92.0, 68.0, 50.0],
    [128.0, 98.0, 72.0],
    [58.0, 44.0, 34.0],
    [158.0, 128.0, 96.0],
    [122.0, 74.0, 54.0],
    [140.0, 134.0, 126.0],
    [186.0, 168.0, 130.0],
];
/// Colours of cloth, paper, wood, skin, walls and sky.
const SURFACES: [[f32; 3]; 9] = [
    [235.0, 235.0, 232.0],
    [200.0, 198.0, 195.0],
    [176.0, 134.0, 92.0],
    [120.0, 84.0, 56.0],
    [214.0, 160.0, 130.0],
    [60.0, 60.0, 64.0],
    [150.0, 176.0, 204.0],
    [206.0, 218.0, 230.0],
    [90.0, 110.0, 150.0],
];

/// A scene of the given size; `leaf` is what other leaves in it look like, `shade` their shadow.
pub(super) fn draw(
    width: usize,
    height: usize,
    leaf: &Cutout,
    shade: &Cutout,
    random: &mut Random,
) -> Canvas {
    let kind = random.uniform();
    let (mut canvas, leaves) = match kind {
        // Foliage near and far.
        _ if kind < 0.45 => (mottled(width, height, &PLANTS, random), 4 + random.below(8)),
        // Soil with some leaves.
        _ if kind < 0.65 => (mottled(width, height, &GROUND, random), random.below(5)),
        // A garden out of focus.
        _ if kind < 0.85 => {
            let mut canvas = mottled(width, height, &PLANTS, random);
            let other = mottled(width, height, if random.chance(0.5) { &GROUND } else { &SURFACES }, random);
            blend(&mut canvas, &other, random);
            let radius = canvas.shorter() as usize * (2 + random.below(5)) / 100;
            canvas.blur(radius.max(1));
            (canvas, random.below(4))
        }
        // Something that the leaf was laid on, or is held against.
        _ => (surface(width, height, random), 0),
    };
    let focus = if random.chance(0.6) { random.below(4) } else { 0 };
    for number in 0..leaves {
        let placement = Placement::behind(leaf, &canvas, random);
        let light = Light::of_others(random);
        if random.chance(0.5) {
            canvas.cast_shadow(shade, &placement, random);
        }
        canvas.draw(leaf, &placement, &light);
        // What lies deeper is less sharp.
        if focus > 0 && number + 1 == leaves / 2 {
            canvas.blur(focus);
        }
    }
    if focus > 0 && random.chance(0.7) {
        canvas.blur(focus);
    }
    canvas
}

/// A part of `picture`, between a half and the whole of its shorter side, as large as the scene.
pub(super) fn of(picture: &Rgb, width: usize, height: usize, random: &mut Random) -> Canvas {
    let shape = width as f64 / height as f64;
    let bounds = (picture.width, picture.height);
    let widest = f64::from(bounds.0).min(f64::from(bounds.1) * shape);
    let across = widest * random.between(0.5, 1.0);
    let down = across / shape;
    let left = random.between(0.0, f64::from(bounds.0) - across);
    let top = random.between(0.0, f64::from(bounds.1) - down);
    let mut pixels = vec![0; width * height * 3];
    let window = Window::within(bounds, left, top, across, down);
    Resizer::default().resize(picture, window, width as u32, height as u32, &mut pixels);
    let colour = |pixel: &[u8]| [0, 1, 2].map(|channel| f32::from(pixel[channel]));
    Canvas { width, height, pixels: pixels.chunks_exact(3).map(colour).collect() }
}

/// Three colours, mixed by noise.
fn mottled(width: usize, height: usize, colours: &[[f32; 3]], random: &mut Random) -> Canvas {
    let [first, second, third] = [(); 3].map(|()| shaded(colours[random.below(colours.len())], random));
    let shorter = width.min(height) as f32;
    let coarsest = shorter * random.between(0.08, 0.6) as f32;
    let fall = random.between(1.1, 2.2) as f32;
    let [between, light] = [(); 2].map(|()| Field::draw(width, height, coarsest, fall, random).values);
    let depth = random.between(0.1, 0.45) as f32;
    let mut canvas = Canvas::plain(width, height, first);
    for ((pixel, &between), &light) in canvas.pixels.iter_mut().zip(&between).zip(&light) {
        let towards = if between > 0.0 { second } else { third };
        let part = (between.abs() * 0.8).min(1.0);
        let factor = (depth * light).exp();
        for (value, other) in pixel.iter_mut().zip(towards) {
            *value = (*value + part * (other - *value)) * factor;
        }
    }
    canvas
}

/// A colour a little changed.
fn shaded(colour: [f32; 3], random: &mut Random) -> [f32; 3] {
    let factor = random.between(0.6, 1.4);
    colour.map(|value| value * (factor * random.between(0.88, 1.12)) as f32)
}

/// Lays `other` over a part of the canvas, with an outline of noise.
fn blend(canvas: &mut Canvas, other: &Canvas, random: &mut Random) {
    let field = Field::draw(canvas.width, canvas.height, canvas.shorter() / 2.0, 2.5, random);
    for ((pixel, other), value) in canvas.pixels.iter_mut().zip(&other.pixels).zip(&field.values) {
        let part = (value * 2.0 + 0.3).clamp(0.0, 1.0);
        pixel.iter_mut().zip(other).for_each(|(value, other)| *value += part * (other - *value));
    }
}

/// A surface: one colour with a gradient of light and its texture.
fn surface(width: usize, height: usize, random: &mut Random) -> Canvas {
    let colour = shaded(SURFACES[random.below(SURFACES.len())], random);
    let mut canvas = Canvas::plain(width, height, colour);
    let texture = Field::draw(width, height, random.between(2.0, 24.0) as f32, 1.2, random);
    let stretch = if random.chance(0.4) { 6 } else { 1 };
    let depth = random.between(0.0, 0.12) as f32;
    let angle = random.between(0.0, std::f64::consts::TAU);
    let slope = random.between(0.0, 0.6) as f32;
    let (sin, cos) = (angle.sin() as f32, angle.cos() as f32);
    for (place, pixel) in canvas.pixels.iter_mut().enumerate() {
        let (x, y) = (place % width, place / width);
        let across = (x as f32 / width as f32 - 0.5) * cos + (y as f32 / height as f32 - 0.5) * sin;
        // Grain of wood runs along one axis.
        let value = texture.values[(y / stretch) * width + x];
        let factor = (slope * across + depth * value).exp();
        pixel.iter_mut().for_each(|channel| *channel *= factor);
    }
    canvas
}
