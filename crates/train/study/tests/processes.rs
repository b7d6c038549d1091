//! Worker processes that are killed, run out of disk, or start at the same time.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::{continuous, discrete, integrity, work};
use foliar_random::Random;
use foliar_study::{Definition, StoredStudy, StoredTrial};
use rusqlite::Connection;

const STUDY: &str = "FOLIAR_STUDY_TEST_PATH";
const KIND: &str = "FOLIAR_STUDY_TEST_KIND";
/// Duration of an epoch.
const EPOCH: Duration = Duration::from_millis(3);

fn definition(kind: &str) -> Definition {
    if kind == "discrete" { discrete() } else { continuous() }
}

/// The file that says how many trials the workers of the study at `path` may run; read before each trial.
fn budget_at(path: &Path) -> PathBuf {
    path.with_extension("budget")
}

/// The program of the worker processes that the other tests start.
#[test]
#[ignore = "started by the other tests"]
fn worker() {
    let Ok(path) = env::var(STUDY) else { return };
    let path = PathBuf::from(path);
    let budget = || fs::read_to_string(budget_at(&path)).unwrap().parse().unwrap();
    if let Err(error) = work(&path, &definition(&env::var(KIND).unwrap()), EPOCH, budget) {
        println!("error: {error}");
        std::process::exit(1);
    }
}

/// A worker's command line, after the shell commands `shell`.
fn command(shell: &str, path: &Path, kind: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{shell} exec \"$0\" --ignored --exact --nocapture worker"));
    command.arg(env::current_exe().unwrap()).env(STUDY, path).env(KIND, kind);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn start(path: &Path, kind: &str) -> Child {
    command("", path, kind).spawn().unwrap()
}

fn set_budget(path: &Path, trials: u64) {
    let beside = path.with_extension("budget.new");
    fs::write(&beside, trials.to_string()).unwrap();
    fs::rename(beside, budget_at(path)).unwrap();
}

fn trials(path: &Path) -> Vec<StoredTrial> {
    StoredStudy::view(path).unwrap().trials().unwrap()
}

/// Runs `workers` workers and kills `kills` of them, one at a time at a random moment, each time starting another. Then lets
/// them finish `trials` trials, or as many as they have begun by then.
fn kill_at_random(path: &Path, kind: &str, workers: usize, kills: usize, trials: u64) {
    let mut random = Random::seeded(kills as u64);
    set_budget(path, u64::MAX >> 1);
    let mut children: Vec<Child> = (0..workers).map(|_| start(path, kind)).collect();
    for _ in 0..kills {
        sleep(Duration::from_micros(20_000 + u64::from(random.bits32() % 130_000)));
        let child = &mut children[random.bits32() as usize % workers];
        assert_eq!(child.try_wait().unwrap(), None, "workers end only when killed");
        child.kill().unwrap();
        child.wait().unwrap();
        *child = start(path, kind);
    }
    let begun = StoredStudy::view(path).unwrap().counts().unwrap().total();
    set_budget(path, trials.max(begun));
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

/// Makes the database itself count how often each trial ends.
fn count_ends(path: &Path) {
    Connection::open(path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE ends (trial INTEGER);
             CREATE TRIGGER ended AFTER UPDATE OF state ON trial
                 WHEN new.state NOT IN ('waiting', 'running') BEGIN INSERT INTO ends VALUES (new.id); END;
             CREATE TRIGGER changed BEFORE UPDATE OF params, seed, id ON trial
                 BEGIN SELECT raise(ABORT, 'a trial keeps its parameters and seed'); END;",
        )
        .unwrap();
}

#[test]
fn three_workers_killed_fifty_times_finish_every_trial_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    drop(StoredStudy::create(&path, &discrete()).unwrap());
    count_ends(&path);
    kill_at_random(&path, "discrete", 3, 50, 60);

    assert_eq!(integrity(&path), "ok");
    let trials = trials(&path);
    assert!(trials.len() >= 60);
    assert!(trials.iter().all(|trial| trial.state.is_final() && trial.message.is_none()));
    let lost_workers: u32 = trials.iter().map(|trial| trial.lost_workers).sum();
    assert!((5..=50).contains(&lost_workers), "{lost_workers} of 50 kills hit a running trial");
    assert!(trials.iter().all(|trial| trial.attempts == trial.lost_workers + 1));
    let connection = Connection::open(&path).unwrap();
    let mut ends = BTreeMap::new();
    let mut statement = connection.prepare("SELECT trial FROM ends").unwrap();
    for trial in statement.query_map([], |row| row.get::<_, u64>(0)).unwrap() {
        *ends.entry(trial.unwrap()).or_insert(0) += 1;
    }
    let once: BTreeMap<u64, i32> = (0..trials.len() as u64).map(|trial| (trial, 1)).collect();
    assert_eq!(ends, once);

    let alone = folder.path().join("alone.sqlite");
    work(&alone, &discrete(), Duration::ZERO, || 60).unwrap();
    let best = |path: &Path| {
        let best = StoredStudy::view(path).unwrap().best().unwrap().unwrap();
        (best.params, best.value)
    };
    assert_eq!(best(&path), best(&alone));
}

#[test]
fn a_killed_and_resumed_worker_gives_the_same_study_as_one_never_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    kill_at_random(&path, "continuous", 1, 12, 25);
    let killed = trials(&path);
    let alone = folder.path().join("alone.sqlite");
    work(&alone, &continuous(), Duration::ZERO, || killed.len() as u64).unwrap();
    let lost_workers: u32 = killed.iter().map(|trial| trial.lost_workers).sum();
    assert!(lost_workers > 0);
    // Compared as text: different doubles print differently, and NaN equals itself.
    let comparable = |trials: &[StoredTrial]| -> Vec<String> {
        trials.iter().map(|trial| format!("{:?} {} {}", trial.record, trial.seed, trial.state)).collect()
    };
    assert_eq!(comparable(&killed), comparable(&trials(&alone)));
}

#[test]
fn processes_that_start_a_study_at_once_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    set_budget(&path, 12);
    let children: Vec<Child> = (0..6).map(|_| start(&path, "discrete")).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let trials = trials(&path);
    assert_eq!(trials.len(), 12);
    assert!(trials.iter().all(|trial| trial.state.is_final() && trial.attempts == 1));
}

#[test]
fn a_file_that_cannot_grow_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    set_budget(&path, 100);
    // In blocks of 512 bytes. Without the trap the signal would end the process.
    let limited =
        command("trap '' XFSZ; ulimit -f 400;", &path, "discrete").stdout(Stdio::piped()).output().unwrap();
    let output = String::from_utf8(limited.stdout).unwrap();
    assert!(
        !limited.status.success() && output.contains("cannot grow") && output.contains("study.sqlite"),
        "{output}"
    );
    assert_eq!(integrity(&path), "ok");
    let stored = trials(&path);
    let ended = stored.iter().filter(|trial| trial.state.is_final()).count();
    assert!((1..100).contains(&ended), "{ended}");

    set_budget(&path, stored.len() as u64 + 3);
    assert!(start(&path, "discrete").wait().unwrap().success());
    let resumed = trials(&path);
    assert_eq!(resumed.len(), stored.len() + 3);
    assert!(resumed.iter().all(|trial| trial.state.is_final()));
    for (before, after) in stored.iter().zip(&resumed).filter(|(before, _)| before.state.is_final()) {
        assert_eq!(before, after);
    }
}
