//! What a study suggests, and how it learns from outcomes.

#![allow(clippy::unwrap_used)]

use foliar_bayes::{
    BayesError, Bound, Direction, Noise, Options, Outcome, Parameter, Params, Record, Report, Scale, Space,
    Start, Step, Study, TrialId, Value,
};

fn square() -> Space {
    Space::new(vec![
        Parameter::float("x", 0.0, 1.0, Scale::Linear),
        Parameter::float("y", 0.0, 1.0, Scale::Linear),
    ])
    .unwrap()
}

fn mixed() -> Space {
    Space::new(vec![
        Parameter::float("rate", 1e-4, 1.0, Scale::Log),
        Parameter::integer("depth", 1, 8, Scale::Linear),
        Parameter::choice("kind", ["a", "b", "c"]),
    ])
    .unwrap()
}

fn mixed_loss(params: &Params) -> f64 {
    let rate = (params.number("rate").unwrap() / 0.03).ln();
    let depth = params.integer("depth").unwrap() as f64 - 6.0;
    let kind = if params.choice("kind") == Some("b") { 0.0 } else { 1.0 };
    0.1 * rate * rate + 0.2 * depth * depth + kind
}

fn coordinates(params: &Params) -> (f64, f64) {
    (params.number("x").unwrap(), params.number("y").unwrap())
}

/// Runs `trials` more trials of `loss`; a value that is not finite is infeasible.
fn run(study: &mut Study, trials: usize, loss: impl Fn(&Params) -> f64) {
    for _ in 0..trials {
        let trial = study.ask();
        study.tell(trial.id, Outcome::Value { value: loss(&trial.params) }).unwrap();
    }
}

/// Noise of standard deviation 1 that depends on the trial only.
fn noise(id: TrialId) -> f64 {
    let uniform = |key: f64| ((id.0 as f64 + key).sin() * 43_758.545_3).rem_euclid(1.0);
    (0..12).map(|part| uniform(f64::from(part) * 17.17)).sum::<f64>() - 6.0
}

#[test]
fn a_resumed_study_continues_bit_for_bit() {
    for start in [Start::Sobol, Start::LatinHypercube] {
        let options = Options { start, ..Options::default() };
        let mut whole = Study::new(mixed(), Direction::Minimise, 5).with_options(options);
        run(&mut whole, 25, mixed_loss);
        for stop in [0, 3, 8, 19] {
            let mut records = whole.records()[..stop].to_vec();
            records.reverse();
            let text = serde_json::to_string(&records).unwrap();
            let records = serde_json::from_str(&text).unwrap();
            let resumed = Study::from_history(mixed(), Direction::Minimise, 5, records).unwrap();
            let mut resumed = resumed.with_options(options);
            run(&mut resumed, 25 - stop, mixed_loss);
            assert_eq!(resumed.records(), whole.records(), "stopped at {stop}");
            assert_eq!(resumed.best(), whole.best());
        }
    }
}

#[test]
fn suggest_is_ask_without_recording() {
    let mut study = Study::new(mixed(), Direction::Minimise, 5);
    run(&mut study, 12, mixed_loss);
    let params = study.suggest(TrialId(12));
    assert_eq!(study.records().len(), 12);
    let trial = study.ask();
    assert_eq!((trial.id, &trial.params), (TrialId(12), &params));
    // A trial whose worker died is suggested again with the same parameters.
    assert_eq!(study.suggest(TrialId(12)), params);
}

#[test]
fn seeds_differ_and_repeat() {
    let records = |seed| {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 10, |params| coordinates(params).0);
        study.records().to_vec()
    };
    assert_eq!(records(1), records(1));
    assert_ne!(records(1), records(2));
}

#[test]
fn mixed_spaces_are_searched() {
    for seed in 0..5 {
        let mut study = Study::new(mixed(), Direction::Minimise, seed);
        run(&mut study, 40, mixed_loss);
        let best = study.best().unwrap();
        assert_eq!(best.params.choice("kind"), Some("b"), "seed {seed}: {best:?}");
        assert!(best.value < 0.05, "seed {seed}: {best:?}");
    }
}

#[test]
fn maximising_is_minimising_the_negative() {
    let loss = |params: &Params| (coordinates(params).0 - 0.3).powi(2) + coordinates(params).1;
    let mut least = Study::new(square(), Direction::Minimise, 3);
    run(&mut least, 15, loss);
    let mut most = Study::new(square(), Direction::Maximise, 3);
    run(&mut most, 15, |params| -loss(params));
    let points =
        |study: &Study| study.records().iter().map(|record| record.params.clone()).collect::<Vec<_>>();
    assert_eq!(points(&least), points(&most));
    let prediction = most.best().unwrap().prediction.unwrap();
    assert!(prediction.better >= prediction.value && prediction.value >= prediction.worse);
}

#[test]
fn concurrent_trials_are_spread() {
    let loss = |params: &Params| {
        let (x, y) = coordinates(params);
        (8.0 * x).sin() + (9.0 * y).cos()
    };
    for seed in 0..5 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 7, loss);
        let asked: Vec<(f64, f64)> = (0..4).map(|_| coordinates(&study.ask().params)).collect();
        for (place, left) in asked.iter().enumerate() {
            for right in &asked[..place] {
                let distance = (left.0 - right.0).hypot(left.1 - right.1);
                assert!(distance > 0.02, "seed {seed}: {asked:?}");
            }
        }
    }
}

#[test]
fn an_infeasible_region_is_avoided() {
    // The loss falls towards x = 1, but x above 0.7 is infeasible.
    let loss = |params: &Params| {
        let (x, y) = coordinates(params);
        if x > 0.7 { f64::NAN } else { 1.0 - x + (y - 0.5).powi(2) }
    };
    for seed in 0..5 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 30, loss);
        // The optimum lies on the boundary, so many trials fall just beyond it, but few far beyond.
        let far = |record: &&Record| coordinates(&record.params).0 > 0.75;
        let failed = study.records()[10..].iter().filter(far).count();
        let best = study.best().unwrap();
        assert!(failed <= 4, "seed {seed}: {failed} of 20 trials far beyond the boundary");
        assert!(best.value < 0.32, "seed {seed}: {best:?}");
        let beyond = [("x", Value::Float(0.9)), ("y", Value::Float(0.5))].into_iter().collect();
        let within = [("x", Value::Float(0.5)), ("y", Value::Float(0.5))].into_iter().collect();
        let feasible = |params| study.predict(params).unwrap().unwrap().feasible;
        assert!(feasible(&beyond) < 0.3 && feasible(&within) > 0.7, "seed {seed}");
    }
}

#[test]
fn an_extreme_value_does_not_hide_the_rest() {
    let loss = |params: &Params| {
        let (x, y) = coordinates(params);
        if x > 0.9 { 1e12 } else { (x - 0.3).powi(2) + (y - 0.6).powi(2) }
    };
    for seed in 0..5 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 25, loss);
        assert!(study.best().unwrap().value < 1e-3, "seed {seed}: {:?}", study.best());
    }
}

#[test]
fn under_noise_the_best_trial_is_not_the_luckiest() {
    let loss = |params: &Params| {
        let (x, y) = coordinates(params);
        4.0 * (x - 0.3).powi(2) + 4.0 * (y - 0.6).powi(2)
    };
    let (mut by_model, mut by_luck) = (0.0, 0.0);
    for seed in 0..30 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        for _ in 0..25 {
            let trial = study.ask();
            let value = loss(&trial.params) + 0.5 * noise(TrialId(trial.id.0 + 100 * seed));
            study.tell(trial.id, Outcome::Value { value }).unwrap();
        }
        let finished = study.records().iter();
        let luckiest =
            finished.min_by(|left, right| left.value().unwrap().total_cmp(&right.value().unwrap()));
        by_luck += loss(&luckiest.unwrap().params);
        by_model += loss(&study.best().unwrap().params);
    }
    assert!(by_model < 0.9 * by_luck, "{by_model} against {by_luck}");
}

#[test]
fn without_noise_the_best_trial_is_the_best_measured() {
    // A ripple that looks like noise to the model.
    let loss = |params: &Params| {
        let (x, y) = coordinates(params);
        (x - 0.3).powi(2) + (y - 0.6).powi(2) + 0.1 * (1000.0 * x).sin()
    };
    let options = Options { noise: Noise::Absent, ..Options::default() };
    let mut study = Study::new(square(), Direction::Minimise, 1).with_options(options);
    run(&mut study, 20, loss);
    let values = study.records().iter().filter_map(Record::value);
    assert_eq!(study.best().unwrap().value, values.fold(f64::INFINITY, f64::min));
}

#[test]
fn importance_ranks_the_parameters() {
    let space = Space::new(vec![
        Parameter::float("idle", 0.0, 1.0, Scale::Linear),
        Parameter::float("strong", 0.0, 1.0, Scale::Linear),
        Parameter::float("weak", 0.0, 1.0, Scale::Linear),
    ])
    .unwrap();
    let mut study = Study::new(space, Direction::Minimise, 2);
    assert_eq!(study.importance(), None);
    run(&mut study, 30, |params| {
        (params.number("strong").unwrap() - 0.4).powi(2)
            + 0.1 * (params.number("weak").unwrap() - 0.8).powi(2)
    });
    let importance = study.importance().unwrap();
    assert_eq!(importance[0].name, "idle");
    let total = |place: usize| importance[place].total;
    assert!(total(1) > 0.7 && total(1) > total(2) && total(2) > total(0), "{importance:?}");
    assert!(total(0) < 0.02 && importance[0].length > importance[1].length, "{importance:?}");
    for entry in &importance {
        assert!((0.0..=1.0).contains(&entry.main) && entry.main < entry.total + 0.05, "{entry:?}");
    }
}

#[test]
fn an_optimum_at_a_bound_is_reported() {
    let mut study = Study::new(square(), Direction::Minimise, 4);
    assert!(study.bound_hits().is_empty());
    run(&mut study, 20, |params| (coordinates(params).0 - 0.5).powi(2) - coordinates(params).1);
    let bound_hits = study.bound_hits();
    assert_eq!(bound_hits.len(), 1, "{bound_hits:?}");
    assert_eq!((bound_hits[0].name.as_str(), bound_hits[0].bound), ("y", Bound::Upper));

    let space = Space::new(vec![
        Parameter::integer("depth", 1, 40, Scale::Log),
        Parameter::choice("kind", ["a", "b"]),
    ])
    .unwrap();
    let mut study = Study::new(space, Direction::Minimise, 4);
    run(&mut study, 15, |params| params.integer("depth").unwrap() as f64);
    let bound_hits = study.bound_hits();
    assert_eq!(bound_hits.len(), 1, "{bound_hits:?}");
    assert_eq!((bound_hits[0].bound, &bound_hits[0].value), (Bound::Lower, &Value::Integer(1)));
}

#[test]
fn the_expected_gain_falls_below_the_noise() {
    let mut study = Study::new(square(), Direction::Minimise, 6);
    assert_eq!(study.expected_gain(), None);
    let mut early = None;
    for _ in 0..40 {
        let trial = study.ask();
        let (x, y) = coordinates(&trial.params);
        let value = 4.0 * (x - 0.3).powi(2) + 4.0 * (y - 0.6).powi(2) + 0.05 * noise(trial.id);
        study.tell(trial.id, Outcome::Value { value }).unwrap();
        early = early.or_else(|| study.expected_gain());
    }
    let late = study.expected_gain().unwrap();
    assert!(late.below_noise(), "{late:?}");
    assert!((0.02..0.15).contains(&late.noise), "{late:?}");
    assert!(late.expected_improvement < early.unwrap().expected_improvement);
}

#[test]
fn pruned_trials_are_used() {
    // Only trials near the optimum finish; the others are stopped after their first epoch.
    let mut study = Study::new(square(), Direction::Minimise, 8);
    let step = Step { fold: 0, epoch: 1 };
    let mut pruned = 0;
    for _ in 0..30 {
        let trial = study.ask();
        let (x, y) = coordinates(&trial.params);
        let value = (x - 0.3).powi(2) + (y - 0.6).powi(2);
        study.report(trial.id, Report { step, value: 5.0 * value + 1.0 }).unwrap();
        let stop = value > 0.1 && trial.id.0 > 2;
        pruned += i32::from(stop);
        let outcome = if stop { Outcome::Pruned } else { Outcome::Value { value } };
        study.tell(trial.id, outcome).unwrap();
    }
    assert!(pruned >= 2);
    assert!(study.best().unwrap().value < 1e-3, "{:?}", study.best());
    let corner = [("x", Value::Float(1.0)), ("y", Value::Float(0.0))].into_iter().collect();
    assert!(study.predict(&corner).unwrap().unwrap().value > 0.1);
}

#[test]
fn abandoned_trials_are_ignored() {
    let mut with = Study::new(square(), Direction::Minimise, 9);
    run(&mut with, 10, |params| coordinates(params).0);
    let abandoned = with.ask();
    with.tell(abandoned.id, Outcome::Abandoned).unwrap();
    let mut without = Study::new(square(), Direction::Minimise, 9);
    run(&mut without, 10, |params| coordinates(params).0);
    assert_eq!(with.suggest(TrialId(20)), without.suggest(TrialId(20)));
}

#[test]
fn degenerate_histories_do_not_fail() {
    let everywhere_equal = |_: &Params| 1.0;
    let nowhere = |_: &Params| f64::NAN;
    let enormous = |params: &Params| 1e300 * coordinates(params).0;
    let tiny = |params: &Params| 1e-300 * coordinates(params).0;
    for loss in [everywhere_equal, nowhere, enormous, tiny] as [fn(&Params) -> f64; 4] {
        let mut study = Study::new(square(), Direction::Minimise, 0);
        run(&mut study, 15, loss);
        study.importance();
        study.expected_gain();
        study.bound_hits();
        assert_eq!(study.best().is_some(), study.records()[0].value().is_some());
    }
    // A space with fewer points than trials.
    let space = Space::new(vec![Parameter::choice("kind", ["a", "b"])]).unwrap();
    let mut study = Study::new(space, Direction::Minimise, 0);
    run(&mut study, 10, |params| f64::from(u8::from(params.choice("kind") == Some("a"))));
    assert_eq!(study.best().unwrap().params.choice("kind"), Some("b"));
}

#[test]
fn only_running_trials_accept_outcomes() {
    let mut study = Study::new(square(), Direction::Minimise, 0);
    let trial = study.ask();
    let report = Report { step: Step { fold: 0, epoch: 1 }, value: 1.0 };
    study.report(trial.id, report).unwrap();
    study.tell(trial.id, Outcome::Value { value: f64::INFINITY }).unwrap();
    assert_eq!(study.records()[0].outcome, Some(Outcome::Infeasible));
    assert_eq!(study.tell(trial.id, Outcome::Pruned), Err(BayesError::FinishedTrial(trial.id)));
    assert_eq!(study.report(trial.id, report), Err(BayesError::FinishedTrial(trial.id)));
    assert_eq!(study.tell(TrialId(7), Outcome::Pruned), Err(BayesError::UnknownTrial(TrialId(7))));

    let record: Record = study.records()[0].clone();
    let twice = Study::from_history(square(), Direction::Minimise, 0, vec![record.clone(), record.clone()]);
    assert_eq!(twice.unwrap_err(), BayesError::RepeatedTrial(TrialId(0)));
    let elsewhere = Study::from_history(mixed(), Direction::Minimise, 0, vec![record]);
    assert!(matches!(elsewhere.unwrap_err(), BayesError::Params { .. }));
}
