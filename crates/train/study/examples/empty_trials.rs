//! How long a study takes for trials that do nothing, by processes that share it. `bench/study_storage.py` compares it.
//!
//! `cargo run --release -p foliar-study --example empty_trials -- POSTGRES_URL NAME WORKERS TRIALS [model]`
//!
//! Without `model` every trial is a quasi-random point, so that the time is that of the storage.

#![allow(clippy::print_stdout, reason = "it is a program of the terminal")]

use std::error::Error;
use std::process::Command;
use std::thread::sleep;
use std::time::Instant;

use foliar_bayes::{Direction, Options, Outcome, Parameter, Pruner, Scale, Space};
use foliar_study::{Address, Budget, Definition, NextTrial, StoredStudy};

/// Marks the processes that this one starts.
const WORKER: &str = "EMPTY_TRIALS_WORKER";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, name, workers, trials, more @ ..] = arguments.as_slice() else {
        return Err("give POSTGRES_URL NAME WORKERS TRIALS".into());
    };
    let (workers, trials): (usize, u64) = (workers.parse()?, trials.parse()?);
    let start_trials = if more.is_empty() { Some(trials) } else { None };
    let definition = Definition {
        fingerprint: "empty trials".into(),
        space: Space::new(vec![
            Parameter::float("rate", 1e-4, 1.0, Scale::Log),
            Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
        ])?,
        direction: Direction::Minimise,
        seed: 1,
        options: Options { start_trials, ..Options::default() },
        pruner: Pruner::Never,
    };
    let mut study = StoredStudy::open_or_create(Address::new(url, name)?, &definition)?;
    if std::env::var_os(WORKER).is_some() {
        return work(study, trials);
    }
    let began = Instant::now();
    let program = std::env::current_exe()?;
    let start = |_| Command::new(&program).args(&arguments).env(WORKER, "1").spawn();
    for child in (0..workers).map(start).collect::<Result<Vec<_>, _>>()? {
        if !{ child }.wait()?.success() {
            return Err("a worker failed".into());
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let counts = study.counts()?;
    if (counts.finished, counts.total()) != (trials, trials) {
        return Err(format!("{counts:?}").into());
    }
    println!("{seconds:.3}");
    Ok(())
}

fn work(mut study: StoredStudy, trials: u64) -> Result<(), Box<dyn Error>> {
    loop {
        match study.claim("worker", Budget::trials(trials))? {
            NextTrial::Trial(lease) => {
                let rate = lease.params.number("rate").unwrap_or(1.0);
                study.finish(&lease, Outcome::Value { value: (rate / 0.01).ln().powi(2) })?;
            }
            NextTrial::Wait(pause) => sleep(pause),
            NextTrial::Done => return Ok(()),
        }
    }
}
