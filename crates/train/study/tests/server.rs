//! What only a server can do: lose its workers' connections, end, begin again, refuse, encrypt.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::server::{PASSWORD, Server, USER};
use common::{claim, continuous};
use foliar_bayes::{Outcome, Report, Step, TrialId};
use foliar_study::{Address, Budget, ConnectionEvent, NextJob, NextTrial, State, StoredStudy, StudyError};

const SHORT: Duration = Duration::from_millis(100);

fn address(server: &Server, name: &str) -> Address {
    Address::new(&server.url_with_password(), name).unwrap()
}

fn worker(server: &Server, name: &str) -> StoredStudy {
    StoredStudy::open_or_create(address(server, name), &continuous()).unwrap()
}

fn report(epoch: u32) -> Report {
    Report { step: Step { fold: 0, epoch }, value: f64::from(epoch) }
}

/// Ends the connections of the study's workers.
fn cut(server: &Server) {
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'foliar'");
}

/// These tests cut all connections, so that each has its own server and runs alone.
fn own_server() -> Option<Server> {
    Server::start(&[])
}

#[test]
fn a_worker_without_a_connection_comes_back_to_its_trial() {
    static LOST: AtomicU32 = AtomicU32::new(0);
    static RESTORED: AtomicU32 = AtomicU32::new(0);
    let Some(server) = own_server() else { return };
    let mut study = worker(&server, "back").with_observer(|event| {
        match event {
            ConnectionEvent::Lost { reason } => {
                assert!(!reason.contains(PASSWORD));
                LOST.fetch_add(1, Ordering::Relaxed)
            }
            ConnectionEvent::Waiting => 0,
            ConnectionEvent::Restored => RESTORED.fetch_add(1, Ordering::Relaxed),
        };
        ControlFlow::Continue(())
    });
    let mut other = worker(&server, "back");
    let first = claim(&mut study);
    study.report(&first, report(1)).unwrap();
    for round in 0..3 {
        match round {
            0 => cut(&server),
            crash => server.restart(crash == 2, SHORT),
        }
        // The other worker, which is back first, leaves the trial alone.
        let next = claim(&mut other);
        assert_eq!(next.id, TrialId(round + 1));
        other.finish(&next, Outcome::Value { value: 1.0 }).unwrap();
        match round {
            0 => study.heartbeat(&first).unwrap(),
            round => drop(study.report(&first, report(round as u32 + 1)).unwrap()),
        }
    }
    cut(&server);
    study.finish(&first, Outcome::Value { value: 0.5 }).unwrap();
    cut(&server);
    let trials = study.trials().unwrap();
    assert_eq!(trials.len(), 4);
    assert!(trials.iter().all(|trial| (trial.attempts, trial.lost_workers) == (1, 0)));
    assert_eq!(trials[0].record.reports, [report(1), report(2), report(3)]);
    assert_eq!(trials[0].record.value(), Some(0.5));
    // The other's heartbeat is worth one attempt only, and there was one.
    assert!(LOST.load(Ordering::Relaxed) >= 5);
    assert_eq!(RESTORED.load(Ordering::Relaxed), 5);
}

#[test]
fn a_worker_that_does_not_come_back_in_time_loses_its_trial() {
    let Some(server) = own_server() else { return };
    let mut lost = worker(&server, "late");
    let trial = claim(&mut lost);
    let names = ["job".to_owned()];
    let Ok(NextJob::Job(job)) = lost.claim_job("lost", &names) else { panic!() };
    cut(&server);
    let mut other = worker(&server, "late").with_reconnect_time(SHORT);
    // The first claim sees that the worker is gone, and gives it a little time.
    assert_eq!(claim(&mut other).id, TrialId(1));
    assert!(matches!(other.claim_job("other", &names).unwrap(), NextJob::Wait(_)));
    sleep(2 * SHORT);
    let taken = claim(&mut other);
    assert_eq!((taken.id, taken.attempt), (trial.id, 2));
    assert!(matches!(other.claim_job("other", &names).unwrap(), NextJob::Job(job) if job.attempt == 2));
    assert!(matches!(lost.finish_job(&job, ""), Err(StudyError::JobLost { .. })));
    let error = lost.finish(&trial, Outcome::Value { value: 9.0 }).unwrap_err();
    assert!(matches!(&error, StudyError::LeaseLost { state: State::Running, .. }), "{error}");
    other.finish(&taken, Outcome::Value { value: 0.3 }).unwrap();
    assert_eq!(other.trials().unwrap()[0].lost_workers, 1);
}

#[test]
fn without_a_server_a_heartbeat_does_not_wait_and_an_observer_ends_the_wait() {
    let Some(server) = own_server() else { return };
    let mut study = worker(&server, "gone");
    let trial = claim(&mut study);
    drop(server);
    let began = Instant::now();
    study.heartbeat(&trial).unwrap();
    study.heartbeat(&trial).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    let mut study = study.with_observer(|event| match event {
        ConnectionEvent::Waiting => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let error = study.finish(&trial, Outcome::Value { value: 1.0 }).unwrap_err();
    assert!(matches!(error, StudyError::Stopped { .. }), "{error}");
}

#[test]
fn a_claim_takes_four_round_trips() {
    let Some(server) = Server::start(&["log_statement = 'all'"]) else { return };
    let mut study = worker(&server, "trips");
    for _ in 0..3 {
        let trial = claim(&mut study);
        study.finish(&trial, Outcome::Value { value: 1.0 }).unwrap();
    }
    // A message of the simple protocol may hold several statements, and has one line; so has the execution of a prepared one.
    let trips = |work: &mut dyn FnMut()| {
        let before = server.log().len();
        work();
        let told = server.log()[before..].to_owned();
        let calls = ["LOG:  statement: ", "LOG:  execute "];
        (told.lines().filter(|line| calls.iter().any(|call| line.contains(call))).count(), told)
    };
    let mut trial = None;
    let (claiming, told) = trips(&mut || trial = Some(claim(&mut study)));
    assert_eq!(claiming, 4, "{told}");
    let (finishing, told) =
        trips(&mut || study.finish(trial.as_ref().unwrap(), Outcome::Value { value: 1.0 }).unwrap());
    assert_eq!(finishing, 1, "{told}");
}

#[test]
fn studies_of_one_database_know_nothing_of_each_other() {
    let Some(server) = Server::get() else { return };
    let (mut one, mut other) = (worker(server, "One.a"), worker(server, "one.a"));
    let trials = [claim(&mut one), claim(&mut other)];
    assert_eq!(trials.map(|trial| trial.id), [TrialId(0), TrialId(0)]);
    drop(one);
    // Its worker is gone; the other's is not.
    assert_eq!(claim(&mut worker(server, "One.a")).attempt, 2);
    assert_eq!(claim(&mut worker(server, "one.a")).id, TrialId(1));
}

#[test]
fn what_is_no_study_of_this_version_is_refused_and_not_changed() {
    let Some(server) = Server::get() else { return };
    let place = address(server, "versions");
    let error = StoredStudy::view(place.clone()).unwrap_err();
    assert!(matches!(error, StudyError::Absent { .. }));
    assert!(error.to_string().contains("study versions does not exist"), "{error}");
    drop(StoredStudy::create(place.clone(), &continuous()).unwrap());
    assert!(matches!(StoredStudy::create(place.clone(), &continuous()), Err(StudyError::Exists { .. })));
    let comment = |text: &str| server.sql(&format!("COMMENT ON SCHEMA \"foliar_versions\" IS '{text}'"));
    for (version, advice) in [(5, "use the newer program"), (3, "start a new study")] {
        comment(&format!("a study of foliar, version {version}"));
        let error = StoredStudy::open(place.clone(), &continuous()).unwrap_err();
        assert!(matches!(error, StudyError::Schema { found, known: 4, .. } if found == version));
        assert!(error.to_string().contains(advice), "{error}");
    }
    comment("mine");
    for opened in [StoredStudy::open_or_create(place.clone(), &continuous()), StoredStudy::view(place)] {
        let error = opened.unwrap_err();
        assert!(matches!(error, StudyError::NotAStudy { .. }), "{error}");
    }
    assert_eq!(server.sql("SELECT count(*) FROM \"foliar_versions\".trial"), "0");
    let other = foliar_study::Definition { fingerprint: "leaves 77aa".into(), ..continuous() };
    drop(worker(server, "another"));
    let error = StoredStudy::open(address(server, "another"), &other).unwrap_err();
    assert!(matches!(error, StudyError::OtherFingerprint { .. }), "{error}");
}

#[test]
fn refusals_name_the_study_and_no_password() {
    let Some(server) = Server::get() else { return };
    server.sql("CREATE ROLE guest LOGIN PASSWORD 'gu3st'");
    let url = server.url();
    let guest = format!("postgres://guest:gu3st@{}", url.split_once('@').unwrap().1);
    let wrong = format!("postgres://{USER}:wr0ng@{}", url.split_once('@').unwrap().1);
    let absent = format!("{}2", server.url_with_password());
    let closed = format!("postgres://{USER}:{PASSWORD}@127.0.0.1:1/{USER}");
    for (url, words) in [
        (&wrong, "password authentication failed"),
        (&guest, "GRANT CREATE ON DATABASE"),
        (&absent, "does not exist"),
        (&closed, "cannot be reached"),
    ] {
        let address = Address::new(url, "refused").unwrap();
        let error = StoredStudy::open_or_create(address, &continuous()).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(words) && text.contains("study refused"), "{text}");
        for secret in [PASSWORD, "gu3st", "wr0ng"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn certificates_are_checked_as_far_as_sslmode_says() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cli/tests/tls");
    let own = format!("{certificates}/certificate.pem");
    let stranger = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/stranger.pem");
    let key = folder.path().join("key.pem");
    fs::copy(format!("{certificates}/key.pem"), &key).unwrap();
    let Some(plain) = Server::get() else { return };
    let Some(encrypted) = Server::start_encrypted(&own, &key) else { return };
    let open = |server: &Server, options: &str| {
        let url = format!("{}?{options}", server.url_with_password());
        StoredStudy::open_or_create(Address::new(&url, "tls").unwrap(), &continuous()).map(drop)
    };
    // The name is not the certificate's; the address is that of the server.
    let elsewhere = |options: &str| {
        let url = encrypted.url_with_password().replace("127.0.0.1", "db.example.org");
        let url = format!("{url}?hostaddr=127.0.0.1&{options}");
        StoredStudy::open_or_create(Address::new(&url, "tls").unwrap(), &continuous()).map(drop)
    };
    open(plain, "sslmode=disable").unwrap();
    open(plain, "sslmode=prefer").unwrap();
    open(plain, "sslmode=require").unwrap_err();
    open(&encrypted, "sslmode=prefer").unwrap();
    open(&encrypted, "sslmode=require").unwrap();
    elsewhere("sslmode=require").unwrap();
    for mode in ["verify-ca", "verify-full"] {
        open(&encrypted, &format!("sslmode={mode}&sslrootcert={own}")).unwrap();
        let error = open(&encrypted, &format!("sslmode={mode}&sslrootcert={stranger}")).unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
        let error = open(&encrypted, &format!("sslmode={mode}&sslrootcert=/absent.pem")).unwrap_err();
        assert!(error.to_string().contains("/absent.pem"), "{error}");
    }
    // A file of root certificates is heeded where it is given.
    open(&encrypted, &format!("sslmode=require&sslrootcert={stranger}")).unwrap_err();
    elsewhere(&format!("sslmode=verify-ca&sslrootcert={own}")).unwrap();
    let error = elsewhere(&format!("sslmode=verify-full&sslrootcert={own}")).unwrap_err();
    assert!(error.to_string().contains("name"), "{error}");
    assert_eq!(
        encrypted.sql("SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid <> pg_backend_pid()"),
        "0",
        "all are closed"
    );
    let url = format!("{}?sslmode=require", encrypted.url_with_password());
    let mut study = StoredStudy::open(Address::new(&url, "tls").unwrap(), &continuous()).unwrap();
    assert!(matches!(study.claim("worker", Budget::trials(1)), Ok(NextTrial::Trial(_))));
    assert_eq!(encrypted.sql("SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid <> pg_backend_pid()"), "1");
}
