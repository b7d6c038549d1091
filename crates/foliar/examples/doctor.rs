//! Says what a training log means, whatever program wrote it: `cargo run --release -p foliar --example doctor -- train.log`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::path::Path;

use foliar::{RunSetup, diagnose, read_log_path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which log?")?;
    let log = read_log_path(Path::new(&path))?;
    for finding in diagnose(&log, &RunSetup::default()).findings {
        println!("{}", finding.claim);
    }
    Ok(())
}
