//! What a study asks for, and what it says of what it was told.

#![allow(clippy::unwrap_used)]

use foliar_bayes::{
    BayesError, Direction, Noise, Options, Outcome, Parameter, Record, Report, Scale, Setting, Side, Space,
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

fn mixed_loss(setting: &Setting) -> f64 {
    let rate = (setting.number("rate").unwrap() / 0.03).ln();
    let depth = setting.integer("depth").unwrap() as f64 - 6.0;
    let kind = if setting.choice("kind") == Some("b") { 0.0 } else { 1.0 };
    0.1 * rate * rate + 0.2 * depth * depth + kind
}

fn coordinates(setting: &Setting) -> (f64, f64) {
    (setting.number("x").unwrap(), setting.number("y").unwrap())
}

/// Runs `trials` more trials of `loss`; a value that is not finite is infeasible.
fn run(study: &mut Study, trials: usize, loss: impl Fn(&Setting) -> f64) {
    for _ in 0..trials {
        let trial = study.ask();
        study.tell(trial.id, Outcome::Value { value: loss(&trial.setting) }).unwrap();
    }
}

/// Noise of standard deviation 1 that is a function of the trial alone.
fn noise(id: TrialId) -> f64 {
    let uniform = |key: f64| ((id.0 as f64 + key).sin() * 43_758.545_3).rem_euclid(1.0);
    (0..12).map(|part| uniform(f64::from(part) * 17.17)).sum::<f64>() - 6.0
}

#[test]
fn a_resumed_study_goes_on_bit_for_bit() {
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
fn suggesting_is_asking_without_noting() {
    let mut study = Study::new(mixed(), Direction::Minimise, 5);
    run(&mut study, 12, mixed_loss);
    let setting = study.suggest(TrialId(12));
    assert_eq!(study.records().len(), 12);
    let trial = study.ask();
    assert_eq!((trial.id, &trial.setting), (TrialId(12), &setting));
    // A trial whose worker died is suggested as it was.
    assert_eq!(study.suggest(TrialId(12)), setting);
}

#[test]
fn seeds_differ_and_repeat() {
    let settings = |seed| {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 10, |setting| coordinates(setting).0);
        study.records().to_vec()
    };
    assert_eq!(settings(1), settings(1));
    assert_ne!(settings(1), settings(2));
}

#[test]
fn mixed_spaces_are_searched() {
    for seed in 0..5 {
        let mut study = Study::new(mixed(), Direction::Minimise, seed);
        run(&mut study, 40, mixed_loss);
        let best = study.best().unwrap();
        assert_eq!(best.setting.choice("kind"), Some("b"), "seed {seed}: {best:?}");
        assert!(best.value < 0.05, "seed {seed}: {best:?}");
    }
}

#[test]
fn maximising_is_minimising_the_negative() {
    let loss = |setting: &Setting| (coordinates(setting).0 - 0.3).powi(2) + coordinates(setting).1;
    let mut least = Study::new(square(), Direction::Minimise, 3);
    run(&mut least, 15, loss);
    let mut most = Study::new(square(), Direction::Maximise, 3);
    run(&mut most, 15, |setting| -loss(setting));
    let settings =
        |study: &Study| study.records().iter().map(|record| record.setting.clone()).collect::<Vec<_>>();
    assert_eq!(settings(&least), settings(&most));
    let prediction = most.best().unwrap().prediction.unwrap();
    assert!(prediction.better >= prediction.value && prediction.value >= prediction.worse);
}

#[test]
fn trials_that_run_at_once_are_spread() {
    let loss = |setting: &Setting| {
        let (x, y) = coordinates(setting);
        (8.0 * x).sin() + (9.0 * y).cos()
    };
    for seed in 0..5 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 7, loss);
        let asked: Vec<(f64, f64)> = (0..4).map(|_| coordinates(&study.ask().setting)).collect();
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
    // The loss falls towards x = 1, but beyond x = 0.7 nothing can be run.
    let loss = |setting: &Setting| {
        let (x, y) = coordinates(setting);
        if x > 0.7 { f64::NAN } else { 1.0 - x + (y - 0.5).powi(2) }
    };
    for seed in 0..5 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        run(&mut study, 30, loss);
        // The optimum lies on the border, so many trials end just beyond it; but few far beyond.
        let far = |record: &&Record| coordinates(&record.setting).0 > 0.75;
        let failed = study.records()[10..].iter().filter(far).count();
        let best = study.best().unwrap();
        assert!(failed <= 4, "seed {seed}: {failed} of 20 trials far beyond the border");
        assert!(best.value < 0.32, "seed {seed}: {best:?}");
        let beyond = [("x", Value::Float(0.9)), ("y", Value::Float(0.5))].into_iter().collect();
        let within = [("x", Value::Float(0.5)), ("y", Value::Float(0.5))].into_iter().collect();
        let feasible = |setting| study.predict(setting).unwrap().unwrap().feasible;
        assert!(feasible(&beyond) < 0.3 && feasible(&within) > 0.7, "seed {seed}");
    }
}

#[test]
fn a_wild_value_does_not_hide_the_rest() {
    let loss = |setting: &Setting| {
        let (x, y) = coordinates(setting);
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
    let loss = |setting: &Setting| {
        let (x, y) = coordinates(setting);
        4.0 * (x - 0.3).powi(2) + 4.0 * (y - 0.6).powi(2)
    };
    let (mut by_model, mut by_luck) = (0.0, 0.0);
    for seed in 0..30 {
        let mut study = Study::new(square(), Direction::Minimise, seed);
        for _ in 0..25 {
            let trial = study.ask();
            let value = loss(&trial.setting) + 0.5 * noise(TrialId(trial.id.0 + 100 * seed));
            study.tell(trial.id, Outcome::Value { value }).unwrap();
        }
        let finished = study.records().iter();
        let luckiest =
            finished.min_by(|left, right| left.value().unwrap().total_cmp(&right.value().unwrap()));
        by_luck += loss(&luckiest.unwrap().setting);
        by_model += loss(&study.best().unwrap().setting);
    }
    assert!(by_model < 0.9 * by_luck, "{by_model} against {by_luck}");
}

#[test]
fn without_noise_the_best_trial_is_the_best_measured() {
    // A ripple that the model takes for noise.
    let loss = |setting: &Setting| {
        let (x, y) = coordinates(setting);
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
    run(&mut study, 30, |setting| {
        (setting.number("strong").unwrap() - 0.4).powi(2)
            + 0.1 * (setting.number("weak").unwrap() - 0.8).powi(2)
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
fn an_optimum_at_the_border_is_named() {
    let mut study = Study::new(square(), Direction::Minimise, 4);
    assert!(study.borders().is_empty());
    run(&mut study, 20, |setting| (coordinates(setting).0 - 0.5).powi(2) - coordinates(setting).1);
    let borders = study.borders();
    assert_eq!(borders.len(), 1, "{borders:?}");
    assert_eq!((borders[0].name.as_str(), borders[0].side), ("y", Side::High));

    let space = Space::new(vec![
        Parameter::integer("depth", 1, 40, Scale::Log),
        Parameter::choice("kind", ["a", "b"]),
    ])
    .unwrap();
    let mut study = Study::new(space, Direction::Minimise, 4);
    run(&mut study, 15, |setting| setting.integer("depth").unwrap() as f64);
    let borders = study.borders();
    assert_eq!(borders.len(), 1, "{borders:?}");
    assert_eq!((borders[0].side, &borders[0].value), (Side::Low, &Value::Integer(1)));
}

#[test]
fn progress_falls_below_the_noise() {
    let mut study = Study::new(square(), Direction::Minimise, 6);
    assert_eq!(study.progress(), None);
    let mut early = None;
    for _ in 0..40 {
        let trial = study.ask();
        let (x, y) = coordinates(&trial.setting);
        let value = 4.0 * (x - 0.3).powi(2) + 4.0 * (y - 0.6).powi(2) + 0.05 * noise(trial.id);
        study.tell(trial.id, Outcome::Value { value }).unwrap();
        early = early.or_else(|| study.progress());
    }
    let late = study.progress().unwrap();
    assert!(late.below_noise(), "{late:?}");
    assert!((0.02..0.15).contains(&late.noise), "{late:?}");
    assert!(late.expected_improvement < early.unwrap().expected_improvement);
}

#[test]
fn pruned_trials_are_learnt_from() {
    // Only trials near the optimum finish; the others are stopped after their first epoch.
    let mut study = Study::new(square(), Direction::Minimise, 8);
    let step = Step { fold: 0, epoch: 1 };
    let mut pruned = 0;
    for _ in 0..30 {
        let trial = study.ask();
        let (x, y) = coordinates(&trial.setting);
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
fn abandoned_trials_say_nothing() {
    let mut with = Study::new(square(), Direction::Minimise, 9);
    run(&mut with, 10, |setting| coordinates(setting).0);
    let abandoned = with.ask();
    with.tell(abandoned.id, Outcome::Abandoned).unwrap();
    let mut without = Study::new(square(), Direction::Minimise, 9);
    run(&mut without, 10, |setting| coordinates(setting).0);
    assert_eq!(with.suggest(TrialId(20)), without.suggest(TrialId(20)));
}

#[test]
fn degenerate_histories_are_survived() {
    let everywhere_equal = |_: &Setting| 1.0;
    let nowhere = |_: &Setting| f64::NAN;
    let enormous = |setting: &Setting| 1e300 * coordinates(setting).0;
    let tiny = |setting: &Setting| 1e-300 * coordinates(setting).0;
    for loss in [everywhere_equal, nowhere, enormous, tiny] as [fn(&Setting) -> f64; 4] {
        let mut study = Study::new(square(), Direction::Minimise, 0);
        run(&mut study, 15, loss);
        study.importance();
        study.progress();
        study.borders();
        assert_eq!(study.best().is_some(), study.records()[0].value().is_some());
    }
    // A space with fewer settings than trials.
    let space = Space::new(vec![Parameter::choice("kind", ["a", "b"])]).unwrap();
    let mut study = Study::new(space, Direction::Minimise, 0);
    run(&mut study, 10, |setting| f64::from(u8::from(setting.choice("kind") == Some("a"))));
    assert_eq!(study.best().unwrap().setting.choice("kind"), Some("b"));
}

#[test]
fn a_trial_is_told_once_and_only_if_it_was_given_out() {
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
    assert!(matches!(elsewhere.unwrap_err(), BayesError::Setting { .. }));
}
