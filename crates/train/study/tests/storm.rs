//! Eight worker processes on one server, with clocks an hour apart, that are killed, cut off and left without a server.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use common::server::Server;
use common::{continuous, objective, run};
use foliar_bayes::{Options, Outcome, Pruner};
use foliar_random::Random;
use foliar_study::{Address, Budget, Definition, NextTrial, StoredStudy, StoredTrial, StudyError};

const URL: &str = "FOLIAR_STUDY_TEST_URL";
const TRIALS: &str = "FOLIAR_STUDY_TEST_TRIALS";
/// Duration of an epoch.
const EPOCH: Duration = Duration::from_millis(10);
/// How long a worker that is cut off has to come back.
const RECONNECT_TIME: Duration = Duration::from_millis(500);

/// Most trials that a model is fitted to: of thousands it takes longer than a worker lives here.
const MODELLED: u64 = 500;

/// All but the last trials need no model, and none where there are thousands.
fn definition(trials: u64) -> Definition {
    let start_trials = Some(if trials > MODELLED { trials } else { trials.saturating_sub(4) });
    let options = Options { start_trials, ..Options::default() };
    // A pruner reads the reports of all trials at each step, which would take much of the time, too.
    Definition { options, pruner: Pruner::Never, ..continuous() }
}

fn budget(trials: u64) -> Budget {
    Budget { lost_workers: u32::MAX, ..Budget::trials(trials) }
}

/// The program of the worker processes.
#[test]
#[ignore = "started by the other tests"]
fn worker() {
    let Ok(url) = env::var(URL) else { return };
    let address = Address::new(&url, "storm").unwrap();
    let trials: u64 = env::var(TRIALS).unwrap().parse().unwrap();
    let study = loop {
        match StoredStudy::open_or_create(address.clone(), &definition(trials)) {
            // Started while there is no server.
            Err(StudyError::Unreachable { .. }) => sleep(Duration::from_millis(100)),
            study => break study,
        }
    };
    let mut study = study.unwrap().with_reconnect_time(RECONNECT_TIME);
    loop {
        match study.claim("worker", budget(trials)).unwrap() {
            NextTrial::Trial(lease) => match run(&mut study, &lease, EPOCH) {
                // It was given to another worker.
                Ok(()) | Err(StudyError::LeaseLost { .. }) => {}
                Err(error) => panic!("{error}"),
            },
            NextTrial::Wait(pause) => sleep(pause),
            NextTrial::Done => return,
        }
    }
}

/// Starts worker `index`. For two of three it is an hour earlier or later, if `faketime` is installed.
fn start(server: &Server, index: usize, trials: u64) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "worker"]);
    command.env(URL, server.url_with_password()).env(TRIALS, trials.to_string());
    // Not by the program `faketime`, which would be killed in the worker's place.
    if let (Some(library), Some(offset)) = (faketime(), ["-1h", "+1h"].get(index % 3)) {
        command.env("LD_PRELOAD", library).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The library that gives a process another time.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let library = |folder: PathBuf| folder.join("faketime/libfaketimeMT.so.1");
    folders.map(library).find(|library| library.is_file())
}

fn storm(trials: u64, workers: usize) {
    let Some(server) = Server::start(&[]) else { return };
    if faketime().is_none() {
        println!("faketime is not installed: the workers' clocks agree");
    }
    let address = || Address::new(&server.url_with_password(), "storm").unwrap();
    drop(StoredStudy::create(address(), &definition(trials)).unwrap());
    // The database itself counts how often each trial ends.
    server.sql(
        "SET search_path = foliar_storm; CREATE TABLE ends (trial bigint);
         CREATE FUNCTION ended() RETURNS trigger SET search_path = foliar_storm LANGUAGE plpgsql AS
             'BEGIN INSERT INTO ends VALUES (new.id); RETURN new; END';
         CREATE TRIGGER ended AFTER UPDATE OF state ON trial FOR EACH ROW
             WHEN (new.state NOT IN ('waiting', 'running')) EXECUTE FUNCTION ended();
         CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''a trial keeps its parameters and seed''; END';
         CREATE TRIGGER changed BEFORE UPDATE OF params, seed, id ON trial FOR EACH ROW
             EXECUTE FUNCTION changed()",
    );
    let began = (Instant::now(), SystemTime::now());
    let mut random = Random::seeded(trials);
    let mut children: Vec<Child> = (0..workers).map(|index| start(&server, index, trials)).collect();
    let ended = || -> u64 { server.sql("SELECT count(*) FROM foliar_storm.ends").parse().unwrap() };
    let (mut killed, mut cut, mut restarted, mut done) = (0, 0, 0, 0);
    while done < trials {
        sleep(Duration::from_millis(40 + u64::from(random.bits32() % 120)));
        done = ended();
        assert!(began.0.elapsed() < Duration::from_secs(500), "{done} of {trials} trials");
        let place = random.bits32() as usize % workers;
        if random.bits32().is_multiple_of(2) {
            let child = &mut children[place];
            // Near the end a worker may have nothing left to do.
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            }
            child.wait().unwrap();
            *child = start(&server, place, trials);
        } else {
            let one = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
                 WHERE application_name = 'foliar' ORDER BY random() LIMIT 1) AS one";
            cut += server.sql(one).parse::<u32>().unwrap();
        }
        if done > trials / 3 * (restarted + 1) && restarted < 2 {
            server.restart(restarted == 1, Duration::from_millis(200));
            restarted += 1;
        }
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut study = StoredStudy::view(address()).unwrap();
    let stored = study.trials().unwrap();
    println!(
        "{trials} trials by {workers} workers in {:.1} s: {killed} killed, {cut} cut off, {restarted} restarts of the server, {} attempts lost",
        began.0.elapsed().as_secs_f64(),
        stored.iter().map(|trial| trial.lost_workers).sum::<u32>()
    );
    assert!(killed > 3 && cut > 0 && restarted == 2);
    assert_eq!(stored.len() as u64, trials);
    assert!(stored.iter().all(|trial| trial.state.is_final() && trial.message.is_none()));
    assert!(stored.iter().all(|trial| trial.attempts == trial.lost_workers + 1));
    // Every trial ended once.
    let mut ends: BTreeMap<u64, u32> = BTreeMap::new();
    for trial in server.sql("SELECT trial FROM foliar_storm.ends").lines() {
        *ends.entry(trial.parse().unwrap()).or_default() += 1;
    }
    assert_eq!(ends, (0..trials).map(|trial| (trial, 1)).collect());
    // What is stored is what was measured, and by the server's clock.
    let now = SystemTime::now();
    for trial in &stored {
        if let Some(value) = trial.record.value() {
            assert_eq!(value, objective(&trial.record.params, trial.seed));
        }
        assert!(
            trial.started.unwrap() >= began.1 - Duration::from_secs(5)
                && trial.ended.unwrap() <= now + Duration::from_secs(5)
        );
        assert!(trial.started <= trial.ended);
    }
    // One worker alone has the same history, of which the best trial is a function; a model of thousands takes minutes.
    let folder = tempfile::tempdir().unwrap();
    let mut alone = StoredStudy::create(folder.path().join("alone.sqlite"), &definition(trials)).unwrap();
    replay(&mut alone, &stored);
    if trials <= MODELLED {
        assert_eq!(study.best().unwrap(), alone.best().unwrap());
    }
    // Compared as text: NaN equals itself.
    let texts = |study: &mut StoredStudy| -> Vec<String> {
        study.records().unwrap().iter().map(|record| format!("{record:?}")).collect()
    };
    for (ours, theirs) in texts(&mut study).iter().zip(&texts(&mut alone)) {
        assert_eq!(ours, theirs);
    }
}

/// Repeats what `trials` reported and how they ended.
fn replay(study: &mut StoredStudy, trials: &[StoredTrial]) {
    for trial in trials {
        study.enqueue(&trial.record.params).unwrap();
        let NextTrial::Trial(lease) = study.claim("alone", Budget::trials(0)).unwrap() else { panic!() };
        assert_eq!((lease.id, lease.seed), (trial.record.id, trial.seed));
        for &report in &trial.record.reports {
            study.report(&lease, report).unwrap();
        }
        study.finish(&lease, trial.record.outcome.unwrap_or(Outcome::Abandoned)).unwrap();
    }
}

#[test]
fn a_short_storm_loses_no_trial() {
    storm(240, 8);
}

#[test]
#[ignore = "takes a minute: two thousand trials"]
fn a_storm_loses_no_trial() {
    storm(2000, 8);
}
