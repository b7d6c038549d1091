//! Training the best parameters with other seeds, to see how much results vary by chance.

use std::ops::ControlFlow;

use foliar_train::Recipe;
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::job::Measured;
use crate::session::Session;

/// One training of the tuned parameters with another seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// Its seed.
    pub seed: u64,
    /// The objective on the validation photos; none if training diverged.
    pub value: Option<f64>,
}

/// Trainings of the tuned parameters with other seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeats {
    /// One for each seed.
    pub runs: Vec<Repeat>,
    /// Mean over the runs that did not diverge; none if all did.
    pub mean: Option<f64>,
    /// Standard deviation over the runs that did not diverge; none if there are fewer than two.
    pub deviation: Option<f64>,
}

impl Session<'_> {
    /// Trains `recipe` with as many other seeds as the plan says.
    pub(crate) fn repeat(&mut self, recipe: &Recipe) -> Result<ControlFlow<(), Option<Repeats>>, TuneError> {
        let plan = self.plan;
        if plan.repeats == 0 {
            return Ok(ControlFlow::Continue(None));
        }
        let names: Vec<String> = (1..=plan.repeats).map(|number| format!("repeat {number}")).collect();
        let seed = |place: usize| plan.seed_of("repeat", place as u32);
        let photographs = self.photographs;
        let flow = self.jobs(&names, &mut |session, job, place| {
            session.measure(job, &plan.seeded(recipe.clone(), seed(place)), photographs)
        })?;
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let run = |(place, name): (usize, &String)| {
            let measured: Measured = self.result(name)?;
            Ok(Repeat { seed: seed(place), value: measured.value })
        };
        let runs: Vec<Repeat> = names.iter().enumerate().map(run).collect::<Result<_, TuneError>>()?;
        Ok(ControlFlow::Continue(Some(Repeats::of(runs))))
    }
}

impl Repeats {
    fn of(runs: Vec<Repeat>) -> Self {
        let values: Vec<f64> = runs.iter().filter_map(|run| run.value).collect();
        let count = values.len() as f64;
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / count);
        let squares = |mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let deviation = mean.filter(|_| values.len() > 1).map(|mean| (squares(mean) / (count - 1.0)).sqrt());
        Self { runs, mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_of_runs_that_did_not_diverge() {
        let runs = |values: &[Option<f64>]| {
            Repeats::of(values.iter().map(|&value| Repeat { seed: 1, value }).collect())
        };
        let repeats = runs(&[Some(1.0), None, Some(3.0)]);
        assert_eq!((repeats.mean, repeats.deviation), (Some(2.0), Some(2f64.sqrt())));
        assert_eq!((runs(&[Some(1.0)]).mean, runs(&[Some(1.0)]).deviation), (Some(1.0), None));
        assert_eq!((runs(&[None]).mean, runs(&[None]).deviation), (None, None));
    }
}
