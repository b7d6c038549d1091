//! Files of every format with bytes altered, left out, repeated and cut: each is decoded or refused, without a panic, in little
//! time and memory.
//!
//! The only test of its program, so that no other allocates meanwhile.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "../../../../fuzz/checks/memory.rs"]
mod memory;

use std::time::{Duration, Instant};

use common::flat_jpeg::FlatJpeg;
use common::heic_grid::heic_grid;
use common::{QUARTERS, encode, fixture, noise, png_chunk};
use foliar_vision::decode::inspect;
use foliar_vision::{Limits, Reason, Resizer, decode_reduced};
use image::{DynamicImage, ImageFormat};

const MOST_TIME: Duration = Duration::from_secs(5);
const MOST_MEMORY: usize = 500_000_000;

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let photo = DynamicImage::ImageRgb8(noise(1, 61, 47));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("jpeg", encode(photo.clone(), ImageFormat::Jpeg)),
        (
            "jpeg of scans",
            FlatJpeg { interleaved: false, restart_interval: 9, ..FlatJpeg::plain(200, 150) }.bytes(QUARTERS),
        ),
        ("jpeg of quarter chroma", FlatJpeg { sampling: (2, 2), ..FlatJpeg::plain(90, 70) }.bytes(QUARTERS)),
        ("jpeg of tall chroma", FlatJpeg { sampling: (1, 2), ..FlatJpeg::plain(90, 70) }.bytes(QUARTERS)),
        ("png", encode(photo.clone(), ImageFormat::Png)),
        ("deep png", encode(photo.to_rgba16(), ImageFormat::Png)),
        ("webp", encode(photo.clone(), ImageFormat::WebP)),
        ("bmp", encode(photo.clone(), ImageFormat::Bmp)),
        ("gif", encode(photo.clone(), ImageFormat::Gif)),
        ("tiff", encode(photo.clone(), ImageFormat::Tiff)),
        ("heic of tiles", heic_grid(3, 2, 280, 125, 1)),
        ("float tiff", encode(photo.to_rgb32f(), ImageFormat::Tiff)),
    ];
    for name in [
        "progressive.jpg",
        "cmyk.jpg",
        "palette.png",
        "lossy.webp",
        "animated.webp",
        "animated.gif",
        "lzw.tif",
        "quarters.heic",
    ] {
        files.push((name, fixture(name)));
    }
    files
}

/// Small numbers from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

fn mutated(bytes: &[u8], draw: &mut Draw) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=draw.below(4) {
        // Most that matters stands at the beginning.
        let reach = if draw.below(2) == 0 { bytes.len().min(200) } else { bytes.len() };
        let place = draw.below(reach);
        match draw.below(7) {
            0 => bytes[place] = draw.below(256) as u8,
            1 => bytes[place] ^= 1 << draw.below(8),
            2 => bytes[place] = [0, 0x7F, 0x80, 0xFF][draw.below(4)],
            3 => {
                let end = (place + draw.below(9)).min(bytes.len());
                bytes[place..end].fill(0xFF);
            }
            4 => {
                let end = (place + draw.below(64)).min(bytes.len());
                bytes.drain(place..end);
            }
            5 => {
                let end = (place + draw.below(64)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            _ => bytes.truncate(place.max(1)),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

/// A PNG with the check sums of its chunks mended, so that decoders look at what is in them.
fn with_sums(bytes: &[u8]) -> Vec<u8> {
    let (mut mended, mut rest) =
        bytes.split_at_checked(8).map_or((bytes.to_vec(), &[][..]), |(a, b)| (a.to_vec(), b));
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(content) = after.get(..length).filter(|_| after.len() >= length + 4) else { break };
        mended.extend(png_chunk(&[head[4], head[5], head[6], head[7]], content));
        rest = &after[length + 4..];
    }
    mended.extend(rest);
    mended
}

fn survive(seeds: std::ops::Range<u64>) {
    let limits = Limits::default();
    for (name, original) in files() {
        let mut panics = 0;
        let mut slowest = Duration::ZERO;
        for seed in seeds.clone() {
            let mut bytes = mutated(&original, &mut Draw(seed));
            if name.contains("png") && seed % 4 > 0 {
                bytes = with_sums(&bytes);
            }
            let begun = Instant::now();
            let (result, cost) = memory::peak_of(|| {
                let header = inspect(&bytes, &limits).map(|_| ());
                header.and(decode_reduced(&bytes, 64, &limits, &mut Resizer::default()).map(|_| ()))
            });
            let time = begun.elapsed();
            slowest = slowest.max(time);
            assert!(time < MOST_TIME, "{name}, seed {seed}: {time:?}");
            assert!(cost < MOST_MEMORY, "{name}, seed {seed}: {cost} bytes");
            let panicked =
                matches!(&result, Err(Reason::Damaged { detail }) if detail.contains("the decoder failed"));
            if panicked {
                eprintln!("{name}, seed {seed}: a decoder panicked");
                panics += 1;
            }
        }
        eprintln!("{name}: slowest {slowest:?}, {panics} panics");
        assert_eq!(panics, 0, "{name}");
    }
}

#[test]
fn a_thousand_of_each() {
    survive(0..1_000);
}
