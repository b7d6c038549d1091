//! Named jobs and findings beside the trials of a study.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{claim, continuous};
use foliar_study::{Budget, Job, Next, NextJob, StudyError, StudyFile};

fn open(path: &Path) -> StudyFile {
    StudyFile::open_or_create(path, &continuous()).unwrap()
}

fn names() -> Vec<String> {
    ["fold 1", "fold 2"].map(String::from).to_vec()
}

fn job(study: &mut StudyFile) -> Job {
    match study.claim_job("worker", &names()).unwrap() {
        NextJob::Job(job) => job,
        next => panic!("{next:?}"),
    }
}

#[test]
fn every_job_is_done_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    let (mut one, mut other) = (open(&path), open(&path));
    let (first, second) = (job(&mut one), job(&mut other));
    assert_eq!((&*first.name, &*second.name, first.attempt), ("fold 1", "fold 2", 1));
    assert!(matches!(one.claim_job("worker", &names()).unwrap(), NextJob::Wait(_)));
    one.finish_job(&first, "0.25").unwrap();
    let error = one.finish_job(&first, "0.5").unwrap_err();
    assert!(matches!(&error, StudyError::JobLost { .. }) && error.to_string().contains("fold 1"), "{error}");
    other.release_job(&second).unwrap();
    let again = job(&mut one);
    assert_eq!((&*again.name, again.attempt), ("fold 2", 2));
    assert!(matches!(other.renew_job(&second), Err(StudyError::JobLost { .. })));
    one.renew_job(&again).unwrap();
    one.finish_job(&again, "0.75").unwrap();
    assert_eq!(other.claim_job("worker", &names()).unwrap(), NextJob::Done);
    let results = other.results().unwrap();
    assert_eq!((&*results["fold 1"], &*results["fold 2"]), ("0.25", "0.75"));
}

#[test]
fn the_dead_and_the_silent_give_their_jobs_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    let mut lost = open(&path);
    let first = job(&mut lost);
    let trial = claim(&mut lost);
    drop(lost);
    // Whoever takes the seat of the dead, by a job or by a trial, takes back both.
    let mut heir = open(&path);
    assert_eq!(job(&mut heir), Job { attempt: 2, ..first.clone() });
    assert!(
        matches!(heir.claim("worker", Budget::trials(9)).unwrap(), Next::Trial(next) if next.id == trial.id)
    );
    let mut silent = open(&path).with_lease(Duration::ZERO);
    let second = job(&mut silent);
    let mut awake = open(&path);
    assert_eq!(job(&mut awake), Job { attempt: 2, ..second.clone() });
    assert!(matches!(silent.finish_job(&second, ""), Err(StudyError::JobLost { .. })));
}

#[test]
fn the_first_finding_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    let (mut one, mut other) = (open(&path), open(&path));
    assert_eq!(one.settle("end", "noise").unwrap(), "noise");
    assert_eq!(other.settle("end", "time").unwrap(), "noise");
    assert_eq!(other.results().unwrap()["end"], "noise");
}

#[test]
fn the_first_settings_are_added_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    let mut study = open(&path);
    let setting = claim(&mut study).setting;
    study.begin_with(std::slice::from_ref(&setting)).unwrap();
    assert_eq!(study.counts().unwrap().total(), 1);
    let fresh = folder.path().join("fresh.sqlite");
    let (mut one, mut other) = (open(&fresh), open(&fresh));
    one.begin_with(&[setting.clone(), setting.clone()]).unwrap();
    other.begin_with(std::slice::from_ref(&setting)).unwrap();
    assert_eq!(one.counts().unwrap().waiting, 2);
    assert_eq!(claim(&mut other).setting, setting);
}
