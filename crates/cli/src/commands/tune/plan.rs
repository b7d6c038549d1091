//! Builds the plan from the arguments.

use std::path::Path;

use foliar_bayes::{Pruner, Space};
use foliar_train::Recipe;
use foliar_tune::{Folder, Objective, Plan, Tunable, weight_decays};

use crate::arguments::{ObjectiveName, PrunerName, TuneArguments};
use crate::commands::train::{beginning, recipe};
use crate::exit::UsageError;

/// Default number of trials.
const TRIALS: u64 = 40;

/// The plan that the arguments ask for.
pub(super) fn of(photos: &Path, arguments: &TuneArguments) -> anyhow::Result<Plan> {
    let recipe = recipe::from_arguments(&beginning::settle(&arguments.recipe, photos)?)?;
    let pruner = match arguments.pruner {
        None => Plan::usual_pruner(&recipe),
        Some(PrunerName::Never) => Pruner::Never,
        Some(PrunerName::Halving) => Pruner::Halving { first: 1, factor: 3 },
        Some(PrunerName::Median) => {
            let epochs = recipe.phases.last().map_or(1, |phase| phase.epochs);
            Pruner::Median { trials: 4, epoch: epochs.div_ceil(4) }
        }
    };
    let mut decays = arguments.weight_decays.clone();
    decays.sort_by(f64::total_cmp);
    let plan = Plan {
        photographs: foliar_archive::canonical(photos).unwrap_or_else(|_| photos.to_owned()),
        objective: match arguments.objective {
            ObjectiveName::Loss => Objective::Loss,
            ObjectiveName::Accuracy => Objective::Accuracy,
            ObjectiveName::MacroF1 => Objective::MacroF1,
        },
        space: space(arguments, &recipe)?,
        pruner,
        trials: TRIALS,
        seconds: None,
        stop_below_noise: true,
        folds: arguments.cv_weight_decay,
        weight_decays: if decays.is_empty() { weight_decays(&recipe) } else { decays },
        repeats: arguments.repeats,
        untuned_rate: arguments.untuned_lr,
        recipe,
    };
    limited(plan, arguments)
}

/// The tuning in `root`, with the budget that the arguments ask for.
pub(super) fn open(root: &Path, arguments: &TuneArguments) -> anyhow::Result<Folder> {
    let budget = Budget::of(arguments)?;
    Ok(Folder::open(root)?.with_plan(|plan| *plan = budget.applied(plan.clone())))
}

/// `plan` with the budget that the arguments ask for.
pub(super) fn limited(plan: Plan, arguments: &TuneArguments) -> anyhow::Result<Plan> {
    Ok(Budget::of(arguments)?.applied(plan))
}

/// The options that can differ between processes.
struct Budget {
    trials: Option<u64>,
    seconds: Option<f64>,
    all: bool,
}

impl Budget {
    fn of(arguments: &TuneArguments) -> anyhow::Result<Self> {
        let seconds = arguments.time.as_deref().map(seconds).transpose()?;
        Ok(Self { trials: arguments.trials, seconds, all: arguments.no_early_stop })
    }

    fn applied(&self, plan: Plan) -> Plan {
        Plan {
            trials: self.trials.unwrap_or(plan.trials),
            seconds: self.seconds.or(plan.seconds),
            stop_below_noise: plan.stop_below_noise && !self.all,
            ..plan
        }
    }
}

/// Learning rate, momentum, and the other named parameters, in a fixed order.
fn space(arguments: &TuneArguments, recipe: &Recipe) -> anyhow::Result<Space> {
    let ranges: Vec<(Tunable, [f64; 2])> =
        arguments.range.iter().map(|text| range(text)).collect::<Result<_, _>>()?;
    let named = |tunable: &Tunable| {
        matches!(tunable, Tunable::LearningRate | Tunable::Momentum)
            || arguments.tune.contains(tunable)
            || ranges.iter().any(|(of, _)| of == tunable)
    };
    let parameter = |tunable: Tunable| {
        // The last range given for a parameter counts, as for every option.
        let range = ranges.iter().rev().find(|(of, _)| *of == tunable).map(|(_, range)| *range);
        tunable.parameter(recipe, range)
    };
    let parameters = Tunable::ALL.into_iter().filter(named).map(parameter).collect::<Result<Vec<_>, _>>()?;
    Ok(Space::new(parameters).map_err(|error| UsageError(format!("--range: {error}")))?)
}

/// Reads `learning-rate=1e-4:10`.
fn range(text: &str) -> anyhow::Result<(Tunable, [f64; 2])> {
    let refuse =
        || UsageError(format!("--range takes NAME=LOW:HIGH, such as learning-rate=1e-4:10, not `{text}`"));
    let (name, bounds) = text.split_once('=').ok_or_else(refuse)?;
    let (low, high) = bounds.split_once(':').ok_or_else(refuse)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| refuse());
    Ok((name.trim().parse()?, [number(low)?, number(high)?]))
}

/// Reads `90s`, `30m`, `1h30m`.
fn seconds(text: &str) -> anyhow::Result<f64> {
    let refuse = || UsageError(format!("--time takes 90s, 30m or 1h30m, not `{text}`"));
    let (mut rest, mut sum) = (text.trim(), 0.0);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic()).ok_or_else(refuse)?;
        let number: f64 = rest[..end].parse().map_err(|_| refuse())?;
        sum += number
            * match &rest[end..=end] {
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return Err(refuse().into()),
            };
        rest = &rest[end + 1..];
    }
    if sum > 0.0 { Ok(sum) } else { Err(refuse().into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [("90s", 90.0), ("30m", 1800.0), ("1h30m", 5400.0), ("0.5h", 1800.0)] {
            assert_eq!(seconds(text).unwrap(), expected, "{text}");
        }
        for wrong in ["", "30", "m", "1d", "-3m", "1h30", "0s", "1ü"] {
            assert!(seconds(wrong).unwrap_err().to_string().contains("1h30m"), "{wrong}");
        }
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("learning-rate=1e-4:10").unwrap(), (Tunable::LearningRate, [1e-4, 10.0]));
        for wrong in ["learning-rate", "learning-rate=1", "learning-rate=a:b", "depth=1:2"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
