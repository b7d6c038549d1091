//! A photo takes no more memory than its limit: it is reduced while it is read, or refused by its header.
//!
//! The only test of its program, so that no other test allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "../../../../fuzz/checks/memory.rs"]
mod memory;

use common::heic_grid::heic_grid;
use common::{encode, exif, noise, with_segment};
use foliar_vision::{Limits, Reason, Resizer, decode_bytes, decode_reduced, reduce};
use image::{DynamicImage, ImageFormat, RgbImage};

/// Smooth, with some grain.
fn scene(width: u32, height: u32) -> RgbImage {
    let grain = noise(3, width, height);
    RgbImage::from_fn(width, height, |x, y| {
        let [r, g, b] = grain.get_pixel(x, y).0.map(|value| value / 8);
        image::Rgb([r + (x * 200 / width) as u8, g + (y * 200 / height) as u8, b + 100])
    })
}

#[test]
fn large_files_are_reduced_while_they_are_read_or_refused() {
    const SIDE: u32 = 32;
    let scene = DynamicImage::ImageRgb8(scene(2_401, 1_801));
    let files = [
        ("8-bit PNG", encode(scene.clone(), ImageFormat::Png)),
        ("PNG with opacity", encode(scene.to_rgba8(), ImageFormat::Png)),
        ("16-bit PNG", encode(scene.to_rgb16(), ImageFormat::Png)),
        ("grey PNG", encode(scene.to_luma8(), ImageFormat::Png)),
        ("8-bit TIFF", encode(scene.clone(), ImageFormat::Tiff)),
        ("16-bit TIFF", encode(scene.to_rgb16(), ImageFormat::Tiff)),
        ("float TIFF", encode(scene.to_rgb32f(), ImageFormat::Tiff)),
        ("HEIC", heic_grid(20, 20, 1_900, 1_250, 0)),
        ("turned HEIC", heic_grid(20, 20, 1_900, 1_250, 1)),
        ("JPEG", encode(scene.clone(), ImageFormat::Jpeg)),
        (
            "turned JPEG",
            with_segment(
                &encode(scene.clone(), ImageFormat::Jpeg),
                0xE1,
                &[b"Exif\0\0", &exif(6)[..]].concat(),
            ),
        ),
    ];
    for (name, bytes) in files {
        let whole = decode_bytes(&bytes, &Limits::default()).unwrap();
        let expected = reduce(&whole, SIDE, &mut Resizer::default()).into_owned();
        let limits = Limits { memory: bytes.len() as u64 + 4_000_000, ..Limits::default() };
        // The resizer's tables are its own.
        let (small, cost) =
            memory::peak_of(|| decode_reduced(&bytes, SIDE, &limits, &mut Resizer::default()));
        assert!(cost as u64 <= limits.memory, "{name} cost {cost} bytes; the file has {}", bytes.len());
        let small = small.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!((small.width, small.height), (expected.width, expected.height), "{name}");
        let mean =
            small.pixels.iter().zip(&expected.pixels).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
                / small.pixels.len() as f64;
        assert!(mean < 1.0, "{name}: {mean}");
        let (refused, cost) = memory::peak_of(|| decode_bytes(&bytes, &limits));
        assert!(matches!(refused, Err(Reason::TooMuchMemory { .. })), "{name}");
        assert!(cost as u64 <= limits.memory, "{name} cost {cost} bytes to refuse");
    }
    // No format of these can be read in parts.
    let scene = DynamicImage::ImageRgb8(self::scene(601, 451));
    for format in [ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif] {
        let bytes = encode(scene.clone(), format);
        let limits = Limits { memory: bytes.len() as u64 + 400_000, ..Limits::default() };
        let (refused, cost) =
            memory::peak_of(|| decode_reduced(&bytes, SIDE, &limits, &mut Resizer::default()));
        assert!(matches!(refused, Err(Reason::TooMuchMemory { .. })), "{format:?}");
        assert!(cost as u64 <= limits.memory, "{format:?} cost {cost} bytes to refuse");
    }
    // What is let through stays within what was reckoned.
    for (name, bytes) in [
        ("WebP", encode(scene.clone(), ImageFormat::WebP)),
        ("WebP with opacity", encode(scene.to_rgba8(), ImageFormat::WebP)),
        ("lossy WebP", common::fixture("lossy.webp")),
        ("BMP", encode(scene.clone(), ImageFormat::Bmp)),
        ("GIF", encode(scene.clone(), ImageFormat::Gif)),
        ("TIFF", encode(scene.to_rgba16(), ImageFormat::Tiff)),
        ("PNG", encode(scene.to_rgba16(), ImageFormat::Png)),
        ("progressive JPEG", common::fixture("progressive.jpg")),
        ("HEIC", common::fixture("quarters.heic")),
    ] {
        let least = least_memory(&bytes);
        let limits = Limits { memory: least, ..Limits::default() };
        let (_, cost) =
            memory::peak_of(|| decode_reduced(&bytes, 10_000, &limits, &mut Resizer::default()).unwrap());
        eprintln!("{name}: {cost} of {least}");
        // Tables of the decoders take some hundred kilobytes, whatever the size.
        assert!(cost as u64 <= least + 600_000, "{name} cost {cost} bytes and not {least}");
    }
}

/// The least memory with which a file is not refused. A part of it may be asked for before the whole is known.
fn least_memory(bytes: &[u8]) -> u64 {
    let mut least = 0;
    loop {
        let limits = Limits { memory: least, ..Limits::default() };
        match decode_reduced(bytes, 10_000, &limits, &mut Resizer::default()) {
            Err(Reason::TooMuchMemory { bytes, .. }) => {
                assert!(bytes > least, "{bytes} bytes are refused where {least} are allowed");
                least = bytes;
            }
            Ok(_) if least > 0 => return least,
            other => panic!("{other:?}"),
        }
    }
}
