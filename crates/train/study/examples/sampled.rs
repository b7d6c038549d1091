//! Creates a study of an invented objective, with every kind of parameter and trials in every final state.
//!
//! `cargo run -p foliar-study --example sampled -- STUDY.sqlite [TRIALS]`

use std::path::PathBuf;
use std::thread::sleep;

use foliar_bayes::{
    Direction, Options, Outcome, Parameter, Params, Pruner, Report, Scale, Space, Step, Verdict,
};
use foliar_study::{Budget, Definition, Lease, NextTrial, StoredStudy, StudyError};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("which file?")?);
    let trials = arguments.next().map_or(Ok(24), |count| count.to_string_lossy().parse())?;
    let definition = Definition {
        fingerprint: "an invented objective".into(),
        space: Space::new(vec![
            Parameter::float("learning rate", 1e-4, 1.0, Scale::Log),
            Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
            Parameter::integer("batch size", 8, 128, Scale::Log),
            Parameter::choice("augmentation", ["none", "flips", "all"]),
        ])?,
        direction: Direction::Minimise,
        seed: 1,
        options: Options::default(),
        pruner: Pruner::Median { trials: 4, epoch: 2 },
    };
    let mut study = StoredStudy::create(&path, &definition)?;
    loop {
        match study.claim("sampled", Budget::trials(trials))? {
            NextTrial::Trial(lease) if lease.id.0 == 3 => study.fail(&lease, "failed on purpose")?,
            NextTrial::Trial(lease) if lease.id.0 == 4 => study.finish(&lease, Outcome::Abandoned)?,
            NextTrial::Trial(lease) => run(&mut study, &lease)?,
            NextTrial::Wait(pause) => sleep(pause),
            NextTrial::Done => return Ok(()),
        }
    }
}

/// Five epochs of a bowl-shaped loss over the effective rate, which diverges when the rate is too high.
fn run(study: &mut StoredStudy, lease: &Lease) -> Result<(), StudyError> {
    let end = loss(&lease.params);
    for epoch in 1..=5 {
        let value = end + 2.0 * 0.4_f64.powi(epoch);
        match study.report(lease, Report { step: Step { fold: 0, epoch: epoch as u32 }, value })? {
            Verdict::Continue => {}
            Verdict::Prune => return study.finish(lease, Outcome::Pruned),
            Verdict::Diverged => return study.finish(lease, Outcome::Infeasible),
        }
    }
    study.finish(lease, Outcome::Value { value: end })
}

fn loss(params: &Params) -> f64 {
    let number = |name| params.number(name).unwrap_or(f64::NAN);
    let effective = (number("learning rate") / (1.0 - number("momentum")) / 0.1).log10();
    let batch = (number("batch size") / 24.0).ln();
    let plain = if params.choice("augmentation") == Some("none") { 0.08 } else { 0.0 };
    if effective > 1.0 { f64::NAN } else { 0.3 + 0.3 * effective * effective + 0.02 * batch * batch + plain }
}
