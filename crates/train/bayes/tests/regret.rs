//! How close a study comes to known minima. For more seeds and other samplers see `bench/bayes.py`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../examples/regret/functions.rs"]
mod functions;
#[path = "../examples/regret/problem.rs"]
#[allow(dead_code)]
mod problem;

use foliar_bayes::Options;
use functions::named;
use problem::{Problem, quartiles};

/// Median regret over eleven seeds, each with the optimum moved.
fn median_regret(name: &str, trials: u64) -> f64 {
    let function = named(name).unwrap();
    assert_eq!(function.name, name);
    let problem = Problem { function, trials, noise: 0.0, shift: 0.3, options: Options::default() };
    let [_, median, _] = quartiles((500..511).map(|seed| problem.run(seed).unwrap().regret).collect());
    median
}

#[test]
fn minima_are_where_the_table_says() {
    for name in ["branin", "hartmann6", "ackley5", "rosenbrock4", "sgd"] {
        let function = named(name).unwrap();
        let value = |point: &[f64]| (function.value)(point).unwrap();
        assert!((value(&function.optimum) - function.minimum).abs() < 1e-12, "{name}");
        for axis in 0..function.optimum.len() {
            for step in [-1e-3, 1e-3] {
                let mut point = function.optimum.clone();
                point[axis] += step;
                assert!(value(&point) > function.minimum, "{name}");
            }
        }
        assert!(function.noise >= 0.0);
    }
}

#[test]
fn branin_in_30_trials() {
    assert!(median_regret("branin", 30) < 0.006);
}

#[test]
fn hartmann_in_60_trials() {
    // An unlucky study ends in the second-best basin, 0.12 above the best.
    assert!(median_regret("hartmann6", 60) < 0.13);
}

#[test]
fn a_rate_and_momentum_in_20_trials() {
    assert!(median_regret("sgd", 20) < 0.003);
}
