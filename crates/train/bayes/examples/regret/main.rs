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
mod problem;

use foliar_bayes::{Noise, Options};
use functions::named;
use problem::{Problem, Run, quartiles};

const USAGE: &str = "regret FUNCTION TRIALS SEEDS [--noise S] [--seed0 N] [--shift S] [--json]; FUNCTION: branin, hartmann6, ackley5, \
     rosenbrock4, sgd";

struct Arguments {
    problem: Problem,
    seeds: u64,
    seed0: u64,
    json: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { problem, seeds, seed0, json } = parse(std::env::args().skip(1)).ok_or(USAGE)?;
    let runs = (seed0..seed0 + seeds).map(|seed| problem.run(seed)).collect::<Result<Vec<Run>, _>>()?;
    let [low, median, high] = quartiles(runs.iter().map(|run| run.regret).collect());
    let Problem { function, trials, noise, shift, .. } = &problem;
    if json {
        let document = serde_json::json!({
            "function": function.name, "trials": trials, "noise": noise, "shift": shift,
            "median": median, "quartiles": [low, high], "runs": runs,
        });
        println!("{document}");
    } else {
        let [best_low, best, best_high] = quartiles(runs.iter().map(|run| run.reached).collect());
        let seconds = runs.iter().map(|run| run.seconds).sum::<f64>() / runs.len() as f64;
        println!(
            "{} {trials} trials, {seeds} seeds, noise {noise}, shift {shift}: regret {median:.3e} ({low:.1e}, {high:.1e}), \
             reached {best:.3e} ({best_low:.1e}, {best_high:.1e}), {:.2} ms a trial",
            function.name,
            1000.0 * seconds
        );
    }
    Ok(())
}

fn parse(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
    let function = named(&words.next()?)?;
    let trials = words.next()?.parse().ok()?;
    let seeds = words.next()?.parse().ok().filter(|&seeds| seeds > 0)?;
    let (mut noise, mut shift, mut seed0, mut json) = (function.noise, 0.0, 0, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--noise" => noise = words.next()?.parse().ok()?,
            "--seed0" => seed0 = words.next()?.parse().ok()?,
            "--shift" => shift = words.next()?.parse().ok()?,
            "--json" => json = true,
            _ => return None,
        }
    }
    let options =
        Options { noise: if noise == 0.0 { Noise::Absent } else { Noise::Learned }, ..Options::default() };
    Some(Arguments { problem: Problem { function, trials, noise, shift, options }, seeds, seed0, json })
}
