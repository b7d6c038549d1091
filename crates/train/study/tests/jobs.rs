//! Named jobs and agreed values beside the trials of a study.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bed, claim, continuous, on_both};
use foliar_study::{Budget, Job, NextJob, NextTrial, Place, StoredStudy, StudyError};

on_both! {
    every_job_is_done_once_and_in_order,
    jobs_of_dead_and_silent_workers_wait_again,
    the_first_stored_value_stays,
    the_first_trials_are_enqueued_once,
    files_come_with_the_result_of_a_job_or_not_at_all,
}

fn open(place: &Place) -> StoredStudy {
    StoredStudy::open_or_create(place, &continuous()).unwrap()
}

fn names() -> Vec<String> {
    ["fold 1", "fold 2"].map(String::from).to_vec()
}

fn job(study: &mut StoredStudy) -> Job {
    match study.claim_job("worker", &names()).unwrap() {
        NextJob::Job(job) => job,
        next => panic!("{next:?}"),
    }
}

fn every_job_is_done_once_and_in_order(bed: &Bed) {
    let place = bed.place("study");
    let (mut one, mut other) = (open(&place), open(&place));
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

fn jobs_of_dead_and_silent_workers_wait_again(bed: &Bed) {
    let place = bed.place("study");
    let mut lost = open(&place);
    let first = job(&mut lost);
    let trial = claim(&mut lost);
    drop(lost);
    // The worker that takes the dead worker's lock, for a job or a trial, requeues both.
    let mut successor = open(&place);
    assert_eq!(job(&mut successor), Job { attempt: 2, ..first.clone() });
    assert!(
        matches!(successor.claim("worker", Budget::trials(9)).unwrap(), NextTrial::Trial(next) if next.id == trial.id)
    );
    let mut silent = open(&place).with_lease_time(Duration::ZERO);
    let second = job(&mut silent);
    let mut awake = open(&place);
    assert_eq!(job(&mut awake), Job { attempt: 2, ..second.clone() });
    assert!(matches!(silent.finish_job(&second, ""), Err(StudyError::JobLost { .. })));
}

fn the_first_stored_value_stays(bed: &Bed) {
    let place = bed.place("study");
    let (mut one, mut other) = (open(&place), open(&place));
    assert_eq!(one.store_once("end", "noise").unwrap(), "noise");
    assert_eq!(other.store_once("end", "time").unwrap(), "noise");
    assert_eq!(other.results().unwrap()["end"], "noise");
}

fn the_first_trials_are_enqueued_once(bed: &Bed) {
    let place = bed.place("study");
    let mut study = open(&place);
    let params = claim(&mut study).params;
    study.enqueue_if_empty(std::slice::from_ref(&params)).unwrap();
    assert_eq!(study.counts().unwrap().total(), 1);
    let fresh = bed.place("fresh");
    let (mut one, mut other) = (open(&fresh), open(&fresh));
    one.enqueue_if_empty(&[params.clone(), params.clone()]).unwrap();
    other.enqueue_if_empty(std::slice::from_ref(&params)).unwrap();
    assert_eq!(one.counts().unwrap().waiting, 2);
    assert_eq!(claim(&mut other).params, params);
}

fn files_come_with_the_result_of_a_job_or_not_at_all(bed: &Bed) {
    let place = bed.place("study");
    let (mut one, mut other) = (open(&place), open(&place));
    let first = job(&mut one);
    let files = |content: &[u8]| {
        vec![("run/model".to_owned(), content.to_vec()), ("run/empty".to_owned(), Vec::new())]
    };
    one.finish_job_with(&first, "", &files(&[0, 255, 7])).unwrap();
    assert!(matches!(other.finish_job_with(&first, "", &files(&[1])), Err(StudyError::JobLost { .. })));
    assert_eq!(other.file("run/model").unwrap().unwrap(), [0, 255, 7]);
    assert!(other.file("run/empty").unwrap().unwrap().is_empty());
    assert_eq!(other.file("run").unwrap(), None);
    assert_eq!(other.file_names("run/").unwrap(), ["run/empty", "run/model"]);
}
