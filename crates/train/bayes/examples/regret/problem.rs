//! A study on a function with a known minimum, and its regret.

use std::time::Instant;

use foliar_bayes::{BayesError, Direction, Options, Outcome, Parameter, Scale, Space, Study};
use foliar_random::Random;

use crate::functions::{Function, translation};

/// What a study minimises, and how long.
pub(crate) struct Problem {
    pub(crate) function: Function,
    pub(crate) trials: u64,
    /// Standard deviation of the noise that is added to every value.
    pub(crate) noise: f64,
    /// Moves the optimum by up to this fraction of the box, by an amount that depends on the seed.
    pub(crate) shift: f64,
    pub(crate) options: Options,
}

/// The result for one seed.
#[derive(serde::Serialize)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    /// Noiseless value of the best trial minus the minimum.
    pub(crate) regret: f64,
    /// The same for the best point that was tried.
    pub(crate) reached: f64,
    /// Mean time of ask and tell per trial.
    pub(crate) seconds: f64,
}

impl Problem {
    /// Runs a study with this seed.
    pub(crate) fn run(&self, seed: u64) -> Result<Run, BayesError> {
        let Problem { function, noise, .. } = self;
        let names: Vec<String> = (0..function.bounds.len()).map(|axis| format!("x{axis}")).collect();
        let parameters = names.iter().zip(&function.bounds);
        let parameters =
            parameters.map(|(name, &(low, high))| Parameter::float(name, low, high, Scale::Linear));
        let space = Space::new(parameters.collect())?;
        let mut study = Study::new(space, Direction::Minimise, seed).with_options(self.options);
        let moved = translation(function, self.shift, seed);
        let mut random = Random::seeded(seed);
        let mut regrets = Vec::new();
        let mut seconds = 0.0;
        for _ in 0..self.trials {
            let started = Instant::now();
            let trial = study.ask();
            seconds += started.elapsed().as_secs_f64();
            let coordinate =
                |axis: usize| trial.params.number(&names[axis]).unwrap_or(f64::NAN) - moved[axis];
            let point: Vec<f64> = (0..names.len()).map(coordinate).collect();
            let value = (function.value)(&point);
            regrets.push(value.map_or(f64::INFINITY, |value| value - function.minimum));
            let outcome = match value {
                Some(value) => Outcome::Value { value: value + noise * random.normal() },
                None => Outcome::Infeasible,
            };
            let started = Instant::now();
            study.tell(trial.id, outcome)?;
            seconds += started.elapsed().as_secs_f64();
        }
        let regret = study.best().map_or(f64::INFINITY, |best| regrets[best.id.0 as usize]);
        let reached = regrets.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(Run { seed, regret, reached, seconds: seconds / self.trials as f64 })
    }
}

/// Lower quartile, median and upper quartile, interpolated. `values` must not be empty.
pub(crate) fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|share| {
        let place = share * (values.len() - 1) as f64;
        let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
        if below == above { below } else { below + place.fract() * (above - below) }
    })
}
