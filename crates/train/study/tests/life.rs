//! The states of a trial, with one or two workers in one process.

#![allow(clippy::unwrap_used)]

mod common;

use std::thread::{self, sleep};
use std::time::Duration;

use common::{Bed, claim, continuous, discrete, on_both, run, work};
use foliar_bayes::{Outcome, Params, Report, Step, Study, TrialId, Value, Verdict};
use foliar_study::{Budget, Counts, Definition, NextTrial, State, StoredStudy, StudyError};

on_both! {
    a_lone_worker_runs_what_the_optimiser_asks_for,
    the_pruner_judges_as_it_would_with_the_whole_history,
    two_workers_get_different_trials,
    threads_share_a_study,
    a_trial_ends_once,
    a_silent_workers_trial_goes_to_another_worker_and_its_own_result_is_refused,
    a_late_heartbeat_keeps_a_trial_that_nobody_claimed,
    a_worker_that_exits_is_noticed_at_once,
    a_trial_that_kills_its_workers_fails,
    a_released_trial_waits_and_counts_no_lost_worker,
    a_new_attempt_replaces_reports_from_its_first_step_on,
    values_that_are_not_finite_are_kept_as_infeasible,
    enqueued_parameters_are_claimed_first,
    a_used_up_budget_waits_for_running_trials,
}

const SHORT: Duration = Duration::from_millis(20);

struct Fixture<'a> {
    bed: &'a Bed,
    definition: Definition,
}

impl<'a> Fixture<'a> {
    fn new(bed: &'a Bed, definition: Definition) -> Self {
        Fixture { bed, definition }
    }

    fn worker(&self) -> StoredStudy {
        StoredStudy::open_or_create(self.bed.place("study"), &self.definition).unwrap()
    }
}

fn report(fold: u32, epoch: u32, value: f64) -> Report {
    Report { step: Step { fold, epoch }, value }
}

fn lost(result: Result<(), StudyError>, expected: State) {
    match result {
        Err(StudyError::LeaseLost { state, .. }) => assert_eq!(state, expected),
        other => panic!("{other:?}"),
    }
}

fn a_lone_worker_runs_what_the_optimiser_asks_for(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    work(fixture.bed.place("study"), &fixture.definition, Duration::ZERO, || 20).unwrap();
    let mut file = fixture.worker();
    let mut asked =
        Study::new(fixture.definition.space.clone(), fixture.definition.direction, fixture.definition.seed)
            .with_options(fixture.definition.options);
    for record in file.records().unwrap().to_vec() {
        let trial = asked.ask();
        assert_eq!((trial.id, &trial.params), (record.id, &record.params));
        asked.put(record).unwrap();
    }
    assert_eq!(asked.records().len(), 20);
    assert_eq!(file.best().unwrap(), asked.best());
    let counts = file.counts().unwrap();
    assert!(counts.finished > 5 && counts.pruned > 0, "{counts:?}");
    assert_eq!((counts.total(), counts.ended()), (20, 20));
}

fn the_pruner_judges_as_it_would_with_the_whole_history(bed: &Bed) {
    let fixture = Fixture::new(bed, discrete());
    let mut file = fixture.worker();
    for _ in 0..12 {
        let lease = claim(&mut file);
        let value = common::objective(&lease.params, lease.seed);
        for epoch in 1..=3 {
            let verdict =
                file.report(&lease, report(epoch % 2, epoch, value + 0.1 / f64::from(epoch))).unwrap();
            let records = file.records().unwrap().to_vec();
            let definition = file.definition();
            assert_eq!(verdict, definition.pruner.judge(lease.id, &records, definition.direction));
        }
        file.finish(&lease, Outcome::Value { value }).unwrap();
    }
}

fn two_workers_get_different_trials(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let (mut first, mut second) = (fixture.worker(), fixture.worker());
    for _ in 0..6 {
        let trial = claim(&mut first);
        run(&mut first, &trial, Duration::ZERO).unwrap();
    }
    let (one, two) = (claim(&mut first), claim(&mut second));
    assert_eq!((one.id, two.id), (TrialId(6), TrialId(7)));
    assert_ne!(one.params, two.params);
    assert_ne!(one.seed, two.seed);
    second.finish(&two, Outcome::Value { value: 1.0 }).unwrap();
    first.finish(&one, Outcome::Abandoned).unwrap();
    assert_eq!(first.trials().unwrap()[6].state, State::Abandoned);
    assert_eq!(first.records().unwrap()[7].value(), Some(1.0));
}

fn threads_share_a_study(bed: &Bed) {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    let fixture = Fixture::new(bed, discrete());
    drop(movable(fixture.worker()));
    let place = fixture.bed.place("study");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work(&place, &fixture.definition, Duration::from_millis(1), || 24).unwrap());
        }
    });
    let trials = fixture.worker().trials().unwrap();
    assert_eq!(trials.len(), 24);
    assert!(trials.iter().all(|trial| trial.state.is_final() && trial.attempts == 1));
}

#[test]
fn the_journal_is_a_log_beside_the_file_and_nothing_stays_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.sqlite");
    let mut file = StoredStudy::create(&path, &continuous()).unwrap();
    claim(&mut file);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    drop((connection, file));
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["study.sqlite"]);
}

fn a_trial_ends_once(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut file = fixture.worker();
    let first = claim(&mut file);
    file.finish(&first, Outcome::Value { value: 1.0 }).unwrap();
    lost(file.finish(&first, Outcome::Value { value: 2.0 }), State::Finished);
    lost(file.fail(&first, "late"), State::Finished);
    lost(file.release(&first), State::Finished);
    lost(file.heartbeat(&first), State::Finished);
    lost(file.report(&first, report(0, 1, 1.0)).map(drop), State::Finished);
    assert_eq!(file.records().unwrap()[0].outcome, Some(Outcome::Value { value: 1.0 }));
    assert!(file.records().unwrap()[0].reports.is_empty());
}

fn a_silent_workers_trial_goes_to_another_worker_and_its_own_result_is_refused(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut silent = fixture.worker().with_lease_time(SHORT);
    let mut other = fixture.worker();
    let old = claim(&mut silent);
    silent.report(&old, report(0, 1, 0.5)).unwrap();
    sleep(2 * SHORT);
    let new = claim(&mut other);
    assert_eq!((new.id, &new.params, new.seed), (old.id, &old.params, old.seed));
    assert_eq!((old.attempt, new.attempt), (1, 2));
    assert_eq!(new.reports, [report(0, 1, 0.5)]);
    lost(silent.heartbeat(&old), State::Running);
    lost(silent.report(&old, report(0, 2, 0.4)).map(drop), State::Running);
    lost(silent.finish(&old, Outcome::Value { value: 9.0 }), State::Running);
    // Nobody else runs it: the next claim is a new trial.
    assert_eq!(claim(&mut silent).id, TrialId(1));
    other.finish(&new, Outcome::Value { value: 0.3 }).unwrap();
    lost(silent.finish(&old, Outcome::Value { value: 9.0 }), State::Finished);
    let trial = &other.trials().unwrap()[0];
    assert_eq!((trial.record.value(), trial.attempts, trial.lost_workers), (Some(0.3), 2, 1));
}

fn a_late_heartbeat_keeps_a_trial_that_nobody_claimed(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut slow = fixture.worker().with_lease_time(SHORT);
    let trial = claim(&mut slow);
    sleep(2 * SHORT);
    slow = slow.with_lease_time(Duration::from_secs(600));
    slow.heartbeat(&trial).unwrap();
    assert_eq!(claim(&mut fixture.worker()).id, TrialId(1));
    slow.finish(&trial, Outcome::Infeasible).unwrap();
}

fn a_worker_that_exits_is_noticed_at_once(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut staying = fixture.worker();
    let held = claim(&mut staying);
    let mut leaving = fixture.worker();
    let left = claim(&mut leaving);
    drop(leaving);
    let taken = claim(&mut staying);
    assert_eq!((taken.id, taken.attempt), (left.id, 2));
    staying.finish(&held, Outcome::Value { value: 1.0 }).unwrap();
    staying.finish(&taken, Outcome::Value { value: 1.0 }).unwrap();
}

fn a_trial_that_kills_its_workers_fails(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    for attempt in 1..=3 {
        assert_eq!((claim(&mut fixture.worker()).id, attempt).0, TrialId(0));
    }
    let mut file = fixture.worker();
    assert_eq!(claim(&mut file).id, TrialId(1));
    let trial = &file.trials().unwrap()[0];
    assert_eq!((trial.state, trial.lost_workers), (State::Failed, 3));
    assert_eq!(trial.message.as_deref(), Some("its worker died 3 times"));
    assert_eq!(trial.record.outcome, Some(Outcome::Abandoned));
}

fn a_released_trial_waits_and_counts_no_lost_worker(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut file = fixture.worker();
    for attempt in 1..=5 {
        let trial = claim(&mut file);
        assert_eq!((trial.id, trial.attempt), (TrialId(0), attempt));
        file.release(&trial).unwrap();
        lost(file.heartbeat(&trial), State::Waiting);
    }
    assert_eq!(file.counts().unwrap(), Counts { waiting: 1, ..Counts::default() });
    let trial = claim(&mut file);
    file.fail(&trial, "disk full").unwrap();
    let trial = &file.trials().unwrap()[0];
    assert_eq!((trial.state, trial.lost_workers, trial.attempts), (State::Failed, 0, 6));
    assert_eq!(trial.message.as_deref(), Some("disk full"));
    assert!(trial.started <= trial.ended && trial.ended.is_some());
}

fn a_new_attempt_replaces_reports_from_its_first_step_on(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut file = fixture.worker();
    let first = claim(&mut file);
    for (fold, epoch) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
        file.report(&first, report(fold, epoch, f64::from(epoch))).unwrap();
    }
    file.release(&first).unwrap();
    let second = claim(&mut file);
    assert_eq!(second.reports.len(), 4);
    file.report(&second, report(1, 1, 7.0)).unwrap();
    let expected = [report(0, 1, 1.0), report(0, 2, 2.0), report(1, 1, 7.0)];
    assert_eq!(file.records().unwrap()[0].reports, expected);
    file.release(&second).unwrap();
    let third = claim(&mut file);
    file.report(&third, report(0, 1, 8.0)).unwrap();
    assert_eq!(file.records().unwrap()[0].reports, [report(0, 1, 8.0)]);
}

fn values_that_are_not_finite_are_kept_as_infeasible(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut file = fixture.worker();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let trial = claim(&mut file);
        assert_eq!(file.report(&trial, report(0, 1, value)).unwrap(), Verdict::Diverged);
        file.finish(&trial, Outcome::Value { value }).unwrap();
        let record = file.records().unwrap().last().unwrap();
        assert_eq!(record.outcome, Some(Outcome::Infeasible));
        assert_eq!(record.reports[0].value.is_nan(), value.is_nan());
    }
    assert_eq!(file.best().unwrap(), None);
}

fn enqueued_parameters_are_claimed_first(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let mut file = fixture.worker();
    let params: Params =
        [("rate", Value::Float(0.001)), ("momentum", Value::Float(0.9))].into_iter().collect();
    assert_eq!(file.enqueue(&params).unwrap(), TrialId(0));
    assert_eq!(file.enqueue(&params).unwrap(), TrialId(1));
    let (first, second) = (claim(&mut file), claim(&mut file));
    assert_eq!((&first.params, &second.params), (&params, &params));
    assert_ne!(first.seed, second.seed);
    assert_ne!(claim(&mut file).params, params);
    let wrong: Params = [("rate", Value::Float(7.0))].into_iter().collect();
    assert!(matches!(file.enqueue(&wrong), Err(StudyError::Bayes(_))));
}

fn a_used_up_budget_waits_for_running_trials(bed: &Bed) {
    let fixture = Fixture::new(bed, continuous());
    let (mut first, mut second) = (fixture.worker(), fixture.worker());
    let one = claim(&mut first);
    let budget = Budget::trials(1);
    let next = second.claim("second", budget).unwrap();
    assert!(
        matches!(next, NextTrial::Wait(pause) if pause > Duration::ZERO && pause < Duration::from_secs(1))
    );
    first.finish(&one, Outcome::Value { value: 1.0 }).unwrap();
    assert_eq!(second.claim("second", budget).unwrap(), NextTrial::Done);
    assert!(matches!(second.claim("second", Budget::trials(2)).unwrap(), NextTrial::Trial(_)));
    assert_eq!(first.trials().unwrap()[1].worker.as_deref(), Some("second"));
}
