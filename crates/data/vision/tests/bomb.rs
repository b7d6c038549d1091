//! A file of a few bytes that declares billions of pixels costs next to no memory.
//!
//! The only test of its program, so that no other test allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "../../../../fuzz/checks/memory.rs"]
mod memory;

use common::{
    bmp_of_size, encode, gif_of_size, jpeg_of_size, png_of_size, quarters, tiff_of_size, webp_of_size,
};
use foliar_vision::{Limits, Reason, decode_bytes};
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
}
