//! Decoding at reduced scale: near the full way in every pixel, and as strict about broken files.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::{encode, exif, fixture, noise, with_segment};
use foliar_vision::{Limits, Reason, Resizer, Rgb, decode_bytes, decode_reduced, reduce};
use image::{DynamicImage, ImageFormat, RgbImage};

fn reduced(bytes: &[u8], side: u32) -> Rgb {
    decode_reduced(bytes, side, &Limits::default(), &mut Resizer::default()).unwrap()
}

fn the_full_way(bytes: &[u8], side: u32) -> Rgb {
    let full = decode_bytes(bytes, &Limits::default()).unwrap();
    reduce(&full, side, &mut Resizer::default()).into_owned()
}

/// Leaves on a ground, more or less: discs with hard edges, shading and noise.
fn scene(width: u32, height: u32) -> RgbImage {
    let grain = noise(3, width, height);
    RgbImage::from_fn(width, height, |x, y| {
        let (fx, fy) = (x as f32 / width as f32, y as f32 / height as f32);
        let disc = (0..40_u8).rev().find(|&i| {
            let i = f32::from(i);
            let (cx, cy) = ((i * 0.618).fract(), (i * 0.414).fract());
            (fx - cx).hypot(fy - cy) < 0.02 + 0.06 * (i * 0.271).fract()
        });
        let base = disc.map_or([90.0 + 60.0 * fx, 80.0, 60.0 + 40.0 * fy], |i| {
            let i = f32::from(i);
            [60.0 + i, 120.0 + 2.0 * i, 40.0 + 80.0 * (i * 0.37).fract()]
        });
        let grain = grain.get_pixel(x, y).0.map(|value| (f32::from(value) - 128.0) / 12.0);
        image::Rgb([0, 1, 2].map(|channel| (base[channel] + grain[channel]) as u8))
    })
}

/// Root of the mean square of the differences, their mean, and the largest.
fn difference(a: &Rgb, b: &Rgb) -> (f64, f64, u8) {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let pairs = || a.pixels.iter().zip(&b.pixels);
    let count = a.pixels.len() as f64;
    let mean = pairs().map(|(a, b)| f64::from(*a) - f64::from(*b)).sum::<f64>() / count;
    let square = pairs().map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum::<f64>() / count;
    (square.sqrt(), mean, pairs().map(|(a, b)| a.abs_diff(*b)).max().unwrap())
}

fn assert_near(a: &Rgb, b: &Rgb, what: &str) {
    let (root, mean, largest) = difference(a, b);
    assert!(root < 1.0 && mean.abs() < 0.2 && largest < 16, "{what}: {root:.3} {mean:.3} {largest}");
}

#[test]
fn pixels_are_near_those_of_the_full_way() {
    // With sides that are no multiples of blocks, or of the divisor.
    for (width, height) in [(960, 720), (1003, 701), (709, 1001)] {
        let bytes = encode(scene(width, height), ImageFormat::Jpeg);
        // A quarter, a half, and whole: only the last is to the bit.
        for side in [48, 96] {
            assert_near(&reduced(&bytes, side), &the_full_way(&bytes, side), &format!("{width} to {side}"));
        }
        assert_eq!(reduced(&bytes, 240), the_full_way(&bytes, 240));
    }
}

#[test]
fn grey_pictures_too() {
    let grey = DynamicImage::ImageRgb8(scene(900, 700)).to_luma8();
    let bytes = encode(grey, ImageFormat::Jpeg);
    let picture = reduced(&bytes, 80);
    assert!(picture.pixels.chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
    assert_near(&picture, &the_full_way(&bytes, 80), "grey");
}

#[test]
fn every_orientation() {
    let upright = encode(scene(603, 405), ImageFormat::Jpeg);
    for orientation in 1..=8 {
        let bytes = with_segment(&upright, 0xE1, &[b"Exif\0\0", &exif(orientation)[..]].concat());
        assert_near(&reduced(&bytes, 50), &the_full_way(&bytes, 50), &format!("orientation {orientation}"));
    }
}

#[test]
fn unusual_pictures_go_the_full_way() {
    for name in ["progressive.jpg", "cmyk.jpg", "palette.png", "lossy.webp"] {
        let bytes = fixture(name);
        assert_eq!(reduced(&bytes, 4), the_full_way(&bytes, 4), "{name}");
    }
}

#[test]
fn every_prefix_is_refused() {
    let bytes = fixture("restart.jpg");
    reduced(&bytes, 4);
    // All but the end marker is enough.
    for length in 0..bytes.len() - 2 {
        let result = decode_reduced(&bytes[..length], 4, &Limits::default(), &mut Resizer::default());
        assert!(result.is_err(), "{length} bytes");
    }
}

/// Any single altered byte is survived, by the decoders' own checks and not by catching a panic; the two decoders nearly always
/// agree on whether the file is still good.
#[test]
fn every_altered_byte_is_survived() {
    let limits = Limits { pixels: 1_000_000, ..Limits::default() };
    let bytes = fixture("restart.jpg");
    let mut differences = 0;
    for at in 0..bytes.len() {
        for value in [0, 0xFF, bytes[at] ^ 0x10] {
            let mut altered = bytes.clone();
            altered[at] = value;
            let picture = decode_reduced(&altered, 4, &limits, &mut Resizer::default());
            let panicked =
                matches!(&picture, Err(Reason::Damaged { detail }) if detail.contains("the decoder failed"));
            assert!(!panicked, "{value} at {at} panics");
            differences += usize::from(picture.is_err() != decode_bytes(&altered, &limits).is_err());
        }
    }
    assert!(differences * 50 < bytes.len() * 3, "{differences} of {}", bytes.len() * 3);
}
