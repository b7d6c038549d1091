//! Studies for tests, and an objective that depends on parameters and seed only.

#![allow(dead_code, clippy::unwrap_used)]

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use foliar_bayes::{
    Direction, Noise, Options, Outcome, Parameter, Params, Pruner, Report, Scale, Space, Step, Verdict,
};
use foliar_study::{Address, Budget, Definition, Lease, NextTrial, Place, StoredStudy, StudyError};
use rusqlite::Connection;
use tempfile::TempDir;

#[cfg(unix)]
pub(crate) mod server;

/// Where a test keeps its studies: in files, or in a database.
pub(crate) enum Bed {
    Files(TempDir),
    #[cfg(unix)]
    Server {
        server: &'static server::Server,
        prefix: String,
    },
}

impl Bed {
    pub(crate) fn files() -> Option<Bed> {
        Some(Bed::Files(tempfile::tempdir().unwrap()))
    }

    /// None where there is no server.
    #[cfg(unix)]
    pub(crate) fn server(test: &str) -> Option<Bed> {
        let server = server::Server::get()?;
        let test = test.rsplit("::").next().unwrap();
        Some(Bed::Server { server, prefix: test.chars().take(38).collect() })
    }

    /// The place of a study of this test.
    pub(crate) fn place(&self, name: &str) -> Place {
        match self {
            Bed::Files(folder) => folder.path().join(format!("{name}.sqlite")).into(),
            #[cfg(unix)]
            Bed::Server { server, prefix } => {
                Address::new(&server.url_with_password(), &format!("{prefix}-{name}")).unwrap().into()
            }
        }
    }
}

#[allow(unused_macros)]
/// Runs each test on a file and on a server.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test(&crate::common::Bed::files().unwrap());
            })*
        }
        #[cfg(unix)]
        mod postgres {
            $(#[test]
            fn $test() {
                if let Some(bed) = crate::common::Bed::server(stringify!($test)) {
                    super::$test(&bed);
                }
            })*
        }
    };
}
#[allow(unused_imports)]
pub(crate) use on_both;

/// Rate and momentum, with noise.
pub(crate) fn continuous() -> Definition {
    let space = Space::new(vec![
        Parameter::float("rate", 1e-4, 1.0, Scale::Log),
        Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
    ])
    .unwrap();
    Definition {
        fingerprint: "leaves 3f2a, recipe 91c0".into(),
        space,
        direction: Direction::Minimise,
        seed: u64::MAX - 5,
        options: Options { start_trials: Some(5), ..Options::default() },
        pruner: Pruner::Median { trials: 4, epoch: 1 },
    }
}

/// 144 points, one of which is best, without noise.
pub(crate) fn discrete() -> Definition {
    let space = Space::new(vec![
        Parameter::choice("kind", ["a", "b", "c"]),
        Parameter::integer("depth", 1, 8, Scale::Linear),
        Parameter::integer("width", 1, 6, Scale::Linear),
    ])
    .unwrap();
    let options = Options { noise: Noise::Absent, ..Options::default() };
    Definition { space, options, ..continuous() }
}

/// The objective after the last epoch; not finite where the trial diverges.
pub(crate) fn objective(params: &Params, seed: u64) -> f64 {
    match params.choice("kind") {
        None => {
            let (rate, momentum) = (params.number("rate").unwrap(), params.number("momentum").unwrap());
            let effective = (rate / (1.0 - momentum) / 0.3).ln();
            let noise = 0.05 * (seed % 1000) as f64 / 1000.0;
            if effective > 3.0 {
                f64::NAN
            } else {
                0.1 * effective * effective + (momentum - 0.8).powi(2) + noise
            }
        }
        Some(kind) => {
            let depth = params.integer("depth").unwrap() as f64;
            let width = params.integer("width").unwrap() as f64;
            let kind = match kind {
                "a" => 0.7,
                "b" => 0.0,
                _ if depth > 7.0 => f64::NAN,
                _ => 1.1,
            };
            kind + 0.1 * (depth - 6.0).powi(2) + 0.07 * (width - 3.0).powi(2)
        }
    }
}

/// Runs a trial to its end: three epochs of `pause` each.
pub(crate) fn run(study: &mut StoredStudy, lease: &Lease, pause: Duration) -> Result<(), StudyError> {
    let value = objective(&lease.params, lease.seed);
    for epoch in 1..=3 {
        sleep(pause);
        let step = Step { fold: 0, epoch };
        let report = Report { step, value: value + f64::from(3 - epoch) };
        match study.report(lease, report)? {
            Verdict::Continue => {}
            Verdict::Prune => return study.finish(lease, Outcome::Pruned),
            Verdict::Diverged => return study.finish(lease, Outcome::Infeasible),
        }
    }
    study.finish(lease, Outcome::Value { value })
}

/// Runs trials until the budget, read before each trial, is used up.
pub(crate) fn work(
    place: impl Into<Place>,
    definition: &Definition,
    pause: Duration,
    budget: impl Fn() -> u64,
) -> Result<(), StudyError> {
    let mut study = StoredStudy::open_or_create(place, definition)?;
    loop {
        let budget = Budget { lost_workers: u32::MAX, ..Budget::trials(budget()) };
        match study.claim("worker", budget)? {
            NextTrial::Trial(lease) => run(&mut study, &lease, pause)?,
            NextTrial::Wait(pause) => sleep(pause),
            NextTrial::Done => return Ok(()),
        }
    }
}

/// Claims the next trial, which must exist.
pub(crate) fn claim(study: &mut StoredStudy) -> Lease {
    match study.claim("worker", Budget::trials(u64::MAX)).unwrap() {
        NextTrial::Trial(lease) => lease,
        next => panic!("{next:?}"),
    }
}

/// The result of SQLite's integrity check: "ok".
pub(crate) fn integrity(path: &Path) -> String {
    let connection = Connection::open(path).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
