//! Simple regret of the tuner on functions whose minimum is known.
//!
//! ```sh
//! cargo run --release -p foliar-bayes --example regret -- FUNCTION TRIALS SEEDS [--noise S] [--seed0 N] [--shift S] [--json]
//! ```
//!
//! FUNCTION is branin, hartmann6, ackley5, rosenbrock4 or sgd. `--noise` is the standard deviation added to every value (sgd:
//! 0.005 unless given), `--shift` moves the optimum by up to that fraction of the box, differently for every seed. The regret is
//! the noiseless value of the best trial minus the minimum. Without noise the study uses `Noise::Absent`. `reached` is the
//! regret of the best point that was tried.

#![allow(clippy::print_stdout)]

mod functions;

use std::time::Instant;

use foliar_bayes::{Direction, Noise, Options, Outcome, Parameter, Scale, Space, Study};
use functions::{Function, named, translation};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const USAGE: &str = "regret FUNCTION TRIALS SEEDS [--noise S] [--seed0 N] [--shift S] [--json]; FUNCTION: branin, hartmann6, ackley5, \
     rosenbrock4, sgd";

struct Arguments {
    function: Function,
    trials: u64,
    seeds: u64,
    noise: f64,
    seed0: u64,
    shift: f64,
    json: bool,
}

#[derive(serde::Serialize)]
struct Run {
    seed: u64,
    regret: f64,
    reached: f64,
    /// Mean time of ask and tell per trial.
    seconds: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = parse(std::env::args().skip(1)).ok_or(USAGE)?;
    let seeds = arguments.seed0..arguments.seed0 + arguments.seeds;
    let runs = seeds.map(|seed| run(&arguments, seed)).collect::<Result<Vec<Run>, _>>()?;
    let [low, median, high] = quartiles(runs.iter().map(|run| run.regret).collect());
    if arguments.json {
        let document = serde_json::json!({
            "function": arguments.function.name, "trials": arguments.trials, "noise": arguments.noise,
            "shift": arguments.shift, "median": median, "quartiles": [low, high], "runs": runs,
        });
        println!("{document}");
    } else {
        let [best_low, best, best_high] = quartiles(runs.iter().map(|run| run.reached).collect());
        let seconds = runs.iter().map(|run| run.seconds).sum::<f64>() / runs.len() as f64;
        println!(
            "{} {} trials, {} seeds, noise {}, shift {}: regret {median:.3e} ({low:.1e}, {high:.1e}), \
             reached {best:.3e} ({best_low:.1e}, {best_high:.1e}), {:.2} ms a trial",
            arguments.function.name,
            arguments.trials,
            arguments.seeds,
            arguments.noise,
            arguments.shift,
            1000.0 * seconds
        );
    }
    Ok(())
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let function = named(&words.next()?)?;
    let mut arguments = Arguments {
        noise: function.noise,
        function,
        trials: words.next()?.parse().ok()?,
        seeds: words.next()?.parse().ok().filter(|&seeds| seeds > 0)?,
        seed0: 0,
        shift: 0.0,
        json: false,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--noise" => arguments.noise = words.next()?.parse().ok()?,
            "--seed0" => arguments.seed0 = words.next()?.parse().ok()?,
            "--shift" => arguments.shift = words.next()?.parse().ok()?,
            "--json" => arguments.json = true,
            _ => return None,
        }
    }
    Some(arguments)
}

fn run(arguments: &Arguments, seed: u64) -> Result<Run, foliar_bayes::BayesError> {
    let function = &arguments.function;
    let names: Vec<String> = (0..function.bounds.len()).map(|axis| format!("x{axis}")).collect();
    let parameters = names.iter().zip(&function.bounds);
    let parameters = parameters.map(|(name, &(low, high))| Parameter::float(name, low, high, Scale::Linear));
    let noise = if arguments.noise == 0.0 { Noise::Absent } else { Noise::Learned };
    let options = Options { noise, ..Options::default() };
    let space = Space::new(parameters.collect())?;
    let mut study = Study::new(space, Direction::Minimise, seed).with_options(options);
    let moved = translation(function, arguments.shift, seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut regrets = Vec::new();
    let mut seconds = 0.0;
    for _ in 0..arguments.trials {
        let started = Instant::now();
        let trial = study.ask();
        seconds += started.elapsed().as_secs_f64();
        let coordinate = |axis: usize| trial.params.number(&names[axis]).unwrap_or(f64::NAN) - moved[axis];
        let point: Vec<f64> = (0..names.len()).map(coordinate).collect();
        let value = (function.value)(&point);
        regrets.push(value.map_or(f64::INFINITY, |value| value - function.minimum));
        let outcome = match value {
            Some(value) => Outcome::Value { value: value + arguments.noise * normal(&mut random) },
            None => Outcome::Infeasible,
        };
        let started = Instant::now();
        study.tell(trial.id, outcome)?;
        seconds += started.elapsed().as_secs_f64();
    }
    let regret = study.best().map_or(f64::INFINITY, |best| regrets[best.id.0 as usize]);
    let reached = regrets.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(Run { seed, regret, reached, seconds: seconds / arguments.trials as f64 })
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

/// Lower quartile, median and upper quartile, interpolated.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|share| {
        let place = share * (values.len() - 1) as f64;
        let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
        if below == above { below } else { below + place.fract() * (above - below) }
    })
}
