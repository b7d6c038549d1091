//! foliar's regret against that of Optuna's samplers, which `bench/optuna_fixture.py` has measured.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../examples/regret/functions.rs"]
#[allow(dead_code)]
mod functions;
#[path = "../examples/regret/problem.rs"]
#[allow(dead_code)]
mod problem;

use std::collections::BTreeMap;

use foliar_bayes::{Noise, Options};
use functions::named;
use problem::{Problem, quartiles};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    seeds: Vec<u64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    function: String,
    trials: u64,
    noise: f64,
    /// For each sampler, the simple regret of each seed.
    regrets: BTreeMap<String, Vec<f64>>,
}

#[test]
fn the_median_regret_is_at_most_that_of_optunas_samplers() {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/optuna.json")).unwrap();
    assert!(fixture.cases.len() >= 6 && fixture.seeds.len() >= 11);
    for Case { function, trials, noise, regrets } in fixture.cases {
        let noise_kind = if noise == 0.0 { Noise::Absent } else { Noise::Learned };
        let options = Options { noise: noise_kind, ..Options::default() };
        let problem = Problem { function: named(&function).unwrap(), trials, noise, shift: 0.0, options };
        let ours = fixture.seeds.iter().map(|&seed| problem.run(seed).unwrap().regret).collect();
        let [_, ours, _] = quartiles(ours);
        assert!(regrets.contains_key("TPESampler") && regrets.contains_key("RandomSampler"));
        for (sampler, regrets) in regrets {
            assert_eq!(regrets.len(), fixture.seeds.len());
            let [_, theirs, _] = quartiles(regrets);
            assert!(
                ours <= theirs,
                "{function}, noise {noise}: {ours:.3e} against {theirs:.3e} of {sampler}"
            );
        }
    }
}
