//! Copies in a folder of photos, and how long the search for them takes: `cargo run --release -p foliar-audit --example copies
//! FOLDER`.

#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use foliar_audit::{Thumbnail, find_copies, survey};
use foliar_scan::{ScanOptions, scan_for_evaluation};
use foliar_vision::{Digest, Limits, portable_name};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("the argument is a folder of photos");
        return ExitCode::from(2);
    };
    let began = Instant::now();
    let (dataset, _) = match scan_for_evaluation(Path::new(&folder), &ScanOptions::default()) {
        Ok(found) => found,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (dataset, stats, _) = survey(dataset, &Limits::default(), &|| ());
    let surveyed = began.elapsed().as_secs_f64();
    let thumbnails: Vec<&Thumbnail> = stats.iter().map(|stats| &stats.thumbnail).collect();
    let digests: Vec<Digest> = dataset.photos.iter().map(|photo| photo.digest).collect();
    let copies = find_copies(&digests, &thumbnails);
    for copy in copies.iter().filter(|copy| !copy.exact) {
        let [a, b] = [copy.a, copy.b].map(|place| portable_name(&dataset.photos[place].path));
        println!(
            "{a}\t{b}\t{:?}\tangle {:.0}\tscale {:.2}\tsimilarity {:.3}\tdetail {:.3}\toverlap {:.2}",
            copy.symmetry, copy.angle, copy.scale, copy.similarity, copy.detail, copy.overlap
        );
    }
    println!(
        "{} photos, {} pairs of copies; survey {surveyed:.2} s, search {:.2} s",
        dataset.photos.len(),
        copies.len(),
        began.elapsed().as_secs_f64() - surveyed
    );
    ExitCode::SUCCESS
}
