//! A file of a few bytes that declares billions of pixels costs next to no memory.
//!
//! The only test of its program, so that no other test allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "../../../../fuzz/checks/memory.rs"]
mod memory;

use common::flat_jpeg::FlatJpeg;
use common::{
    bmp_of_size, encode, fixture, gif_of_size, jpeg_of_size, png_of_size, quarters, tiff_of_size,
    webp_of_size,
};
use foliar_vision::decode::inspect;
use foliar_vision::{Limits, Reason, Resizer, decode_bytes, decode_reduced};
use image::ImageFormat;

/// A small WebP whose last chunk, of metadata, claims a length that the file does not have.
fn webp_with_metadata(claimed: u32) -> Vec<u8> {
    const WITH_EXIF: u8 = 8;
    let plain = encode(quarters(8, 8), ImageFormat::WebP);
    let extended = [WITH_EXIF, 0, 0, 0, 7, 0, 0, 7, 0, 0];
    let metadata = [&b"EXIF"[..], &claimed.to_le_bytes()].concat();
    let content = [&b"WEBPVP8X\x0A\0\0\0"[..], &extended, &plain[12..], &metadata].concat();
    [&b"RIFF"[..], &(content.len() as u32).to_le_bytes(), &content].concat()
}

#[test]
fn bombs_cost_no_memory() {
    let limits = Limits::default();
    // A GIF whose first frame is far larger than its screen, which alone is within the limit.
    let mut frame = gif_of_size(48, 32);
    let descriptor = frame.windows(9).position(|w| w == [0x2C, 0, 0, 0, 0, 48, 0, 32, 0]).unwrap();
    frame[descriptor + 5..descriptor + 9].fill(0xFF);
    let bombs = [
        ("png", png_of_size(60_000, 60_000, &[0x78, 0x9C]), true),
        ("png of 2^31 a side", png_of_size(0x7FFF_FFFF, 0x7FFF_FFFF, &[0x78, 0x9C]), true),
        ("jpeg", jpeg_of_size(60_000, 60_000), true),
        ("bmp", bmp_of_size(60_000, 60_000), true),
        ("gif", gif_of_size(60_000, 60_000), true),
        ("gif frame", frame, false),
        ("webp", webp_of_size(16_383, 16_383), true),
        ("webp with metadata", webp_with_metadata(0x7FFF_FFFE), false),
        ("tiff", tiff_of_size(60_000, 60_000), true),
    ];
    for (name, bytes, by_pixels) in bombs {
        let (decoded, cost) = memory::peak_of(|| decode_bytes(&bytes, &limits));
        let reason = decoded.unwrap_err();
        assert_eq!(matches!(reason, Reason::TooManyPixels { .. }), by_pixels, "{name}: {reason:?}");
        assert!(cost < 1 << 20, "{name} cost {cost} bytes");
    }
    sizes_without_data();
}

/// A progressive JPEG whose frame header declares another size than its data has.
fn progressive_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = fixture("progressive.jpg");
    let frame = bytes.windows(3).position(|three| three == [0xFF, 0xC2, 0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A HEIC whose properties declare another size than its picture has.
fn heic_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = fixture("quarters.heic");
    let sizes: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, name)| *name == b"ispe")
        .map(|(place, _)| place + 8)
        .collect();
    for place in sizes {
        bytes[place..place + 4].copy_from_slice(&width.to_be_bytes());
        bytes[place + 4..place + 8].copy_from_slice(&height.to_be_bytes());
    }
    bytes
}

/// Files of every format and of sizes near every limit, whose data is not there.
fn sizes_without_data() {
    const SIDES: [(u16, u16); 12] = [
        (16_000, 16_000),
        (15_999, 15_999),
        (65_500, 3_900),
        (3_900, 65_500),
        (65_535, 1),
        (1, 65_535),
        (30_000, 8_000),
        (12_000, 9_000),
        (9_000, 7_000),
        (8_000, 6_000),
        (5_000, 5_000),
        (65_535, 65_535),
    ];
    let mut count = 0;
    for (width, height) in SIDES {
        let (w, h) = (u32::from(width), u32::from(height));
        for (name, bytes) in [
            ("png", png_of_size(w, h, &[0x78, 0x9C])),
            ("jpeg", jpeg_of_size(width, height)),
            ("progressive jpeg", progressive_of_size(width, height)),
            (
                "jpeg of scans",
                FlatJpeg { interleaved: false, ..FlatJpeg::plain(64, 64) }.resized(width, height),
            ),
            ("bmp", bmp_of_size(i32::from(width as i16), i32::from(height as i16))),
            ("gif", gif_of_size(width, height)),
            ("tiff", tiff_of_size(w, h)),
            ("webp", webp_of_size(w.min(16_383), h.min(16_383))),
            ("heic", heic_of_size(w, h)),
        ] {
            count += 1;
            let begun = std::time::Instant::now();
            let (_, cost) = memory::peak_of(|| {
                let _ = inspect(&bytes, &Limits::default());
                decode_reduced(&bytes, 256, &Limits::default(), &mut Resizer::default()).is_ok()
            });
            assert!(
                cost as u64 <= Limits::default().memory,
                "{name} of {width} x {height} cost {cost} bytes"
            );
            assert!(begun.elapsed().as_secs() < 5, "{name} of {width} x {height}: {:?}", begun.elapsed());
        }
    }
    assert!(count >= 100);
}
