//! Bundles and pictures that somebody made to do harm: a sentence or a result, in little time and memory.
//!
//! Each test draws a few of them. `cargo test --release -p foliar-cli --test hostile -- --ignored --nocapture` draws 5,000 resealed
//! bundles and 10,000 pictures, and prints how they ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::time::{Duration, Instant};

use common::{Finished, Scene};
use foliar_model::container::reseal;
use foliar_random::Random;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

/// Memory of a process, in KiB of addresses.
const MEMORY: u64 = 500_000;
/// The most time of a processor that one bundle takes, or one picture; others may want the processor, too.
const LONGEST: Duration = Duration::from_secs(5);
/// Pictures of one process.
const FOLDER: usize = 250;

/// A small classifier in `run/`, and its bundle.
fn scene() -> (Scene, Vec<u8>) {
    let scene = Scene::new(6);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let bundle = fs::read(scene.path("run/model.foliar")).unwrap();
    (scene, bundle)
}

/// Runs the program with [`MEMORY`], on one thread.
fn limited(scene: &Scene, arguments: &[&str]) -> (Finished, Duration) {
    scene.measured(Some(MEMORY), &[arguments, &["--threads", "1"]].concat())
}

/// Numbers that programs stumble over.
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "2",
    "3",
    "255",
    "1023",
    "1024",
    "16384",
    "65536",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "18446744073709551615",
    "-1",
    "1e308",
    "0.5",
];

/// The bundle with some of its header's numbers and words exchanged and some bytes changed, under a digest that fits. The header's
/// length is mended where its text has become longer or shorter.
fn altered(bundle: &[u8], random: &mut Random) -> Vec<u8> {
    let length = u64::from_le_bytes(bundle[..8].try_into().unwrap()) as usize;
    let mut header = bundle[8..8 + length].to_vec();
    let mut tensors = bundle[8 + length..].to_vec();
    for _ in 0..1 + random.below(4) {
        match random.below(8) {
            // A number for another one.
            0..=4 => {
                let digits: Vec<usize> = (1..header.len())
                    .filter(|&place| {
                        header[place].is_ascii_digit() && !header[place - 1].is_ascii_alphanumeric()
                    })
                    .collect();
                let start = digits[random.below(digits.len())];
                let rest = header[start..].iter();
                let end =
                    start + rest.take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'-')).count();
                header.splice(start..end, NUMBERS[random.below(NUMBERS.len())].bytes());
            }
            // A piece of the header somewhere else.
            5 => {
                let (from, to) = (random.below(header.len() - 64), random.below(header.len()));
                let piece = header[from..from + 1 + random.below(64)].to_vec();
                header.splice(to..to, piece);
            }
            6 => {
                let place = random.below(header.len());
                header[place] = random.bits32() as u8;
            }
            _ => {
                let place = random.below(tensors.len());
                tensors[place] = random.bits32() as u8;
                if random.below(4) == 0 {
                    tensors.truncate(place);
                }
            }
        }
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(tensors);
    let _ = reseal(&mut bytes);
    bytes
}

/// Predicts with so many altered bundles, and tells how often each exit code came, and the longest time.
fn bundles(count: u64) -> (BTreeMap<Option<i32>, usize>, Duration) {
    let (scene, bundle) = scene();
    let mut codes = BTreeMap::new();
    let mut longest = Duration::ZERO;
    for number in 0..count {
        let mut random = Random::keyed([number, 0, 0, 0]);
        fs::write(scene.path("altered.foliar"), altered(&bundle, &mut random)).unwrap();
        let photo = "photos/healthy/healthy_0000.jpg";
        let command = match number % 5 {
            0 => &["explain", "altered.foliar", photo, "--out", "maps"][..],
            _ => &["predict", "altered.foliar", photo],
        };
        let (ended, took) = limited(&scene, command);
        longest = longest.max(took);
        let is_a_sentence = ended.code == Some(0) || ended.err.contains("error: ") || ended.code == Some(3);
        let is_a_fault = ended.err.contains("fault of foliar") || ended.err.contains("memory allocation");
        if !matches!(ended.code, Some(0..=3)) || !is_a_sentence || is_a_fault || took > LONGEST {
            let kept = std::env::temp_dir().join(format!("foliar-hostile-{number}.foliar"));
            fs::copy(scene.path("altered.foliar"), &kept).unwrap();
            panic!("bundle {number}, kept as {}: {command:?} took {took:?}: {ended:#?}", kept.display());
        }
        // What only the limit of this test refuses would take more without it.
        if command[0] == "predict" && ended.code == Some(1) && ended.err.contains("MiB") {
            let free = scene.run(command);
            assert_eq!(free.code, Some(1), "bundle {number} takes more than {MEMORY} KiB: {free:?}");
        }
        *codes.entry(ended.code).or_insert(0) += 1;
    }
    (codes, longest)
}

/// A leaf in every format that can be written here, and one larger JPEG.
fn originals() -> Vec<(&'static str, Vec<u8>)> {
    let leaf = foliar_synth::draw(1, 3, 0, 64);
    let formats = [
        ("jpg", ImageFormat::Jpeg),
        ("png", ImageFormat::Png),
        ("gif", ImageFormat::Gif),
        ("bmp", ImageFormat::Bmp),
        ("tif", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
    ];
    let written = |picture: &RgbImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).ok()?;
        Some(bytes.into_inner())
    };
    let mut all: Vec<_> =
        formats.into_iter().filter_map(|(name, format)| Some((name, written(&leaf, format)?))).collect();
    let large = foliar_synth::draw(1, 2, 0, 600);
    all.push(("jpeg", written(&large, ImageFormat::Jpeg).unwrap()));
    all
}

/// A picture with some bytes changed, taken out or put in; numbers of its beginning are changed more often.
fn mutated(picture: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = picture.to_vec();
    for _ in 0..1 + random.below(6) {
        let length = bytes.len();
        let within = if random.below(2) == 0 { length.min(200) } else { length };
        let place = random.below(within);
        match random.below(6) {
            0 | 1 => bytes[place] = random.bits32() as u8,
            2 => bytes[place] ^= 1 << random.below(8),
            3 => bytes[place..].iter_mut().take(4).for_each(|byte| *byte = 0xFF),
            4 => bytes.truncate(length - random.below(length / 2)),
            _ => {
                let piece = bytes[place..].iter().copied().take(1 + random.below(40)).collect::<Vec<u8>>();
                let to = random.below(length);
                bytes.splice(to..to, piece);
            }
        }
        if bytes.len() < 16 {
            return picture[..8].to_vec();
        }
    }
    bytes
}

/// Predicts so many mutated pictures, a folder at a time, and tells how many were read, and the longest time of a folder.
fn pictures(count: usize) -> (usize, Duration) {
    let (scene, _) = scene();
    let originals = originals();
    assert!(originals.len() >= 6);
    let (mut read, mut longest) = (0, Duration::ZERO);
    for first in (0..count).step_by(FOLDER) {
        let folder = scene.path("mutated");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let numbers = first..count.min(first + FOLDER);
        for number in numbers.clone() {
            let (name, bytes) = &originals[number % originals.len()];
            let mut random = Random::keyed([number as u64, 1, 0, 0]);
            fs::write(folder.join(format!("{number:06}.{name}")), mutated(bytes, &mut random)).unwrap();
        }
        let (ended, took) = limited(&scene, &["predict", "run", "mutated", "--format", "jsonl"]);
        longest = longest.max(took);
        let rows: Vec<Value> = ended
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{ended:#?}")))
            .collect();
        assert!(matches!(ended.code, Some(0 | 3)), "pictures {numbers:?}: {:?} {}", ended.code, ended.err);
        assert_eq!(rows.len(), numbers.len(), "pictures {numbers:?}");
        read += rows.iter().filter(|row| row["error"].is_null()).count();
        assert!(longest < LONGEST * 12, "pictures {numbers:?} took {longest:?}");
    }
    (read, longest)
}

#[test]
fn altered_bundles_under_a_right_digest_end_in_a_sentence_or_a_prediction() {
    let (codes, _) = bundles(60);
    assert!(codes[&Some(1)] > 10 && codes.contains_key(&Some(0)), "{codes:?}");
}

#[test]
#[ignore = "takes minutes"]
fn five_thousand_altered_bundles() {
    let (codes, longest) = bundles(5_000);
    println!("exit codes {codes:?}, the longest took {longest:?}");
}

#[test]
fn mutated_pictures_have_a_row_each() {
    let (read, _) = pictures(350);
    assert!(read > 20, "{read}");
}

#[test]
#[ignore = "takes minutes"]
fn ten_thousand_mutated_pictures() {
    let (read, longest) = pictures(10_000);
    println!("{read} of 10,000 were read, the slowest {FOLDER} took {longest:?}");
}

/// A file of a few kilobytes that asks for what no machine has.
#[test]
fn a_small_bundle_that_asks_for_much_is_refused_at_once() {
    let (scene, bundle) = scene();
    let length = u64::from_le_bytes(bundle[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bundle[8..8 + length].to_vec()).unwrap();
    let size = "\\\"resize_side\\\":37,\\\"size\\\":32";
    assert!(header.contains(size), "{header}");
    for (old, new) in [
        (size, "\\\"resize_side\\\":16384,\\\"size\\\":16384"),
        (size, "\\\"resize_side\\\":4000,\\\"size\\\":4000"),
        // A prediction would hold 400 MB.
        (size, "\\\"resize_side\\\":1920,\\\"size\\\":1920"),
        ("\\\"channels\\\":", "\\\"channels\\\":65536,\\\"x\\\":"),
        ("\\\"features\\\":5", "\\\"features\\\":65536"),
    ] {
        let header = header.replace(old, new);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(&bundle[8 + length..]);
        reseal(&mut bytes).unwrap();
        fs::write(scene.path("greedy.foliar"), bytes).unwrap();
        let photo = "photos/healthy/healthy_0000.jpg";
        for arguments in [
            &["predict", "greedy.foliar", photo][..],
            &["explain", "greedy.foliar", photo],
            &["export", "greedy.foliar"],
            &["train", "photos", "--weights", "greedy.foliar", "--out", "other"],
        ] {
            let began = Instant::now();
            let refused = scene.run(arguments);
            assert!(matches!(refused.code, Some(1 | 2)), "{new}: {arguments:?}: {refused:?}");
            assert!(
                refused.err.contains("error: ") && !refused.err.contains("fault of foliar"),
                "{refused:?}"
            );
            assert!(began.elapsed() < LONGEST, "{new}: {arguments:?} took {:?}", began.elapsed());
        }
    }
}

/// One picture too large for the memory there is, among others: it has a row, and so have they.
#[test]
fn a_picture_whose_memory_is_not_to_be_had_ends_nothing() {
    let (scene, _) = scene();
    let folder = scene.path("mixed");
    fs::create_dir(&folder).unwrap();
    for number in 0..3 {
        let name = format!("healthy_000{number}.jpg");
        fs::copy(scene.path("photos/healthy").join(&name), folder.join(name)).unwrap();
    }
    // 330 MB to decode: within the limit of a photo, and more than there is.
    RgbImage::from_pixel(10_500, 10_500, Rgb([90, 120, 60])).save(folder.join("a_large.png")).unwrap();
    let whole = scene.run(&["predict", "run", "mixed", "--format", "jsonl"]).expect(0);
    let arguments = ["predict", "run", "mixed", "--format", "jsonl", "--threads", "1"];
    let ended = scene.measured(Some(360_000), &arguments).0.expect(3);
    let rows =
        |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let (all, some) = (rows(&whole.out), rows(&ended.out));
    assert_eq!(some.len(), 4);
    assert!(some[0]["error"].as_str().unwrap().contains("memory"), "{}", some[0]);
    assert_eq!(some[1..], all[1..]);
}
