//! How long the search for near hashes takes: `cargo run --release -p foliar-audit --example search [HASHES]`.
//!
//! Draws hashes, of which one in a hundred is another one with a few bits changed, asks for the neighbours of each under all
//! eight symmetries and in three windows, as the search for copies does, and prints time and finds.

#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::process::ExitCode;
use std::time::Instant;

use foliar_audit::fingerprint::Hash;
use foliar_audit::hash_index::HashIndex;
use foliar_audit::near_duplicates::RADIUS;
use foliar_results::audit::Symmetry;
use foliar_vision::Digest;
use rayon::prelude::*;

/// Windows of each photo.
const WINDOWS: usize = 3;

fn main() -> ExitCode {
    let Some(count) = std::env::args().nth(1).map_or(Some(100_000), |word| word.parse().ok()) else {
        eprintln!("the argument is the number of hashes");
        return ExitCode::from(2);
    };
    let mut hashes: Vec<Hash> = Vec::with_capacity(count);
    for place in 0..count {
        let drawn = Digest::of(&place.to_le_bytes())
            .0
            .iter()
            .take(8)
            .fold(0, |bits, &byte| bits << 8 | u64::from(byte));
        hashes.push(match hashes.len().checked_sub(50) {
            Some(earlier) if place % 100 == 0 => Hash(hashes[earlier].0 ^ 0b1011),
            _ => Hash(drawn & !1),
        });
    }
    let began = Instant::now();
    let index = HashIndex::new(hashes.clone(), RADIUS);
    let found: usize = hashes
        .par_iter()
        .map_init(Vec::new, |near, hash| {
            let mut others = 0;
            for symmetry in Symmetry::ALL {
                for _ in 0..WINDOWS {
                    near.clear();
                    index.near(hash.seen(symmetry), near);
                    others += near.len();
                }
            }
            others
        })
        .sum();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{count} hashes, {} queries within {RADIUS} bits: {seconds:.1} s, {found} finds",
        count * 8 * WINDOWS
    );
    ExitCode::SUCCESS
}
