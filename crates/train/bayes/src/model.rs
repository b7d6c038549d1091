//! From a history of trials to the Gaussian processes that are fitted to it.
//!
//! | trial | cost model | feasibility model |
//! | --- | --- | --- |
//! | finished with a value | its cost | 1 |
//! | pruned | the cost of the finished trial that was next worse at its last step | 1 |
//! | infeasible | | -1 |
//! | running | assumed to equal the posterior mean | |
//! | abandoned | | |

use crate::acquisition::Acquisition;
use crate::gp::{Hyperparameters, Moments, Process, TrainingSet};
use crate::normal::distribution;
use crate::{Direction, Noise, Outcome, Record, Report, Space};

/// Fewest observations for a model.
const FEWEST: usize = 2;
/// A full fit is repeated whenever the number of observations has grown by this factor.
const GROWTH: f64 = 1.2;
/// Evaluations of the marginal likelihood per start of a full fit.
const FULL_FIT: usize = 40;
/// Beyond this many observations a full fit starts from the previous one only, which is then reliable.
const FRESH_UP_TO: usize = 50;
/// Evaluations of the marginal likelihood in the fit to all observations, which starts from the last full fit.
const LAST_FIT: usize = 12;

/// Number of observed points to search around.
const SEARCHED: usize = 5;

/// A history in unit coordinates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observations {
    /// Points with a cost, in the order of their trials.
    pub(crate) inputs: Vec<Vec<f64>>,
    /// Their costs, finite.
    pub(crate) costs: Vec<f64>,
    /// Points that could not be run.
    pub(crate) infeasible: Vec<Vec<f64>>,
    /// Points of running trials.
    pub(crate) running: Vec<Vec<f64>>,
}

impl Observations {
    /// The observations in `records`, which are ordered by trial, at unit coordinates `units`.
    pub(crate) fn of(records: &[Record], units: &[Vec<f64>], direction: Direction) -> Self {
        let mut observations = Observations {
            inputs: Vec::new(),
            costs: Vec::new(),
            infeasible: Vec::new(),
            running: Vec::new(),
        };
        for (record, unit) in records.iter().zip(units) {
            match record.outcome {
                None => observations.running.push(unit.clone()),
                Some(Outcome::Value { value }) => {
                    observations.inputs.push(unit.clone());
                    observations.costs.push(direction.cost(value));
                }
                Some(Outcome::Pruned) => {
                    if let Some(cost) = pruned_cost(record, records, direction) {
                        observations.inputs.push(unit.clone());
                        observations.costs.push(cost);
                    }
                }
                Some(Outcome::Infeasible) => observations.infeasible.push(unit.clone()),
                Some(Outcome::Abandoned) => {}
            }
        }
        observations
    }

    fn data(&self, space: &Space, count: usize) -> TrainingSet {
        TrainingSet::of_costs(space.axes(), self.inputs[..count].to_vec(), &self.costs[..count])
    }
}

/// The estimated cost of a pruned trial: that of the finished trial that was next worse at the same step, or the worst cost
/// if none was worse; its own last value if no finished trial reported at that step.
fn pruned_cost(record: &Record, records: &[Record], direction: Direction) -> Option<f64> {
    let last: &Report = record.reports.iter().rev().find(|report| report.value.is_finite())?;
    let reached = direction.cost(last.value);
    let mut finals = Vec::new();
    let mut below = 0;
    for other in records {
        if let (Some(value), Some(then)) = (other.value(), other.reported(last.step)) {
            finals.push(direction.cost(value));
            below += usize::from(direction.cost(then) < reached);
        }
    }
    finals.sort_by(f64::total_cmp);
    finals.get(below.min(finals.len().saturating_sub(1))).copied().or(Some(reached))
}

/// A full fit and the data it was fitted to.
#[derive(Debug, Clone)]
struct Milestone {
    inputs: Vec<Vec<f64>>,
    costs: Vec<f64>,
    fitted: Hyperparameters,
}

/// Full fits to earlier parts of a history. This is only a cache: each fit is a function of the trials it covers, and is
/// computed again if it is missing or those trials have changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Milestones(Vec<Milestone>);

impl Milestones {
    /// Hyperparameters for all `observations`: those of the last full fit, refined.
    fn fit(&mut self, observations: &Observations, space: &Space) -> Hyperparameters {
        let total = observations.costs.len();
        let whole = observations.data(space, total);
        let fresh = Hyperparameters::starts(&whole);
        let mut starts = fresh.clone();
        let (mut count, mut place) = (FEWEST + 1, 0);
        while count <= total {
            let known = self.0.get(place).is_some_and(|milestone| {
                milestone.inputs == observations.inputs[..count]
                    && milestone.costs == observations.costs[..count]
            });
            if !known {
                self.0.truncate(place);
                let (fitted, _) = Hyperparameters::fit(&observations.data(space, count), &starts, FULL_FIT);
                let (inputs, costs) =
                    (observations.inputs[..count].to_vec(), observations.costs[..count].to_vec());
                self.0.push(Milestone { inputs, costs, fitted });
            }
            starts = vec![self.0[place].fitted.clone()];
            if count <= FRESH_UP_TO {
                starts.extend_from_slice(&fresh);
            }
            place += 1;
            count = (count + 1).max((count as f64 * GROWTH) as usize);
        }
        starts.truncate(1);
        Hyperparameters::fit(&whole, &starts, LAST_FIT).0
    }
}

/// The fitted models of a history.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// Model of costs, from finished and pruned trials.
    pub(crate) costs: Process,
    /// Model of feasibility labels; none while no trial was infeasible.
    pub(crate) feasibility: Option<Process>,
    /// The value to improve on, in warped units: the lowest posterior mean at an observed point, or the lowest cost where
    /// noise is absent.
    pub(crate) incumbent: f64,
    /// Observed points, best posterior mean first.
    ranked: Vec<Vec<f64>>,
    /// Points of running trials.
    running: Vec<Vec<f64>>,
}

impl Model {
    /// Fits `observations`; none if it has too few costs.
    pub(crate) fn fit(
        observations: Observations,
        space: &Space,
        noise: Noise,
        milestones: &mut Milestones,
    ) -> Option<Self> {
        if observations.costs.len() < FEWEST {
            return None;
        }
        let fitted = milestones.fit(&observations, space);
        let costs = Process::new(&observations.data(space, observations.costs.len()), fitted)?;
        let feasibility = fit_feasibility(&observations, space);
        let mut moments = Moments::default();
        let mut ranked: Vec<(f64, Vec<f64>)> =
            observations.inputs.into_iter().map(|input| (costs.mean(&input, &mut moments), input)).collect();
        ranked.sort_by(|left, right| left.0.total_cmp(&right.0));
        let incumbent = match noise {
            Noise::Learned => ranked.first()?.0,
            // The lowest cost has excess 0, so its warped cost is 0.
            Noise::Absent => 0.0,
        };
        let ranked = ranked.into_iter().map(|(_, input)| input).collect();
        Some(Model { costs, feasibility, incumbent, ranked, running: observations.running })
    }

    /// The observed points to search around, best posterior mean first.
    pub(crate) fn best_points(&self) -> &[Vec<f64>] {
        &self.ranked[..self.ranked.len().min(SEARCHED)]
    }

    /// Probability that `unit` is feasible.
    pub(crate) fn feasible(&self, unit: &[f64], moments: &mut Moments) -> f64 {
        self.feasibility.as_ref().map_or(1.0, |labels| {
            labels.predict(unit, moments);
            distribution(moments.mean / moments.deviation.hypot(labels.noise_deviation()))
        })
    }

    /// The acquisition function. Running trials count as observed at the posterior mean, so no new trial is placed beside
    /// one.
    pub(crate) fn acquisition(&self) -> Acquisition {
        let mut costs = self.costs.clone();
        let mut incumbent = self.incumbent;
        let mut moments = Moments::default();
        for point in &self.running {
            incumbent = incumbent.min(self.costs.mean(point, &mut moments));
            costs.believe(point);
        }
        Acquisition { costs, feasibility: self.feasibility.clone(), incumbent }
    }
}

fn fit_feasibility(observations: &Observations, space: &Space) -> Option<Process> {
    if observations.infeasible.is_empty() {
        return None;
    }
    let inputs: Vec<Vec<f64>> = observations.inputs.iter().chain(&observations.infeasible).cloned().collect();
    let mut labels = vec![1.0; observations.inputs.len()];
    labels.resize(inputs.len(), -1.0);
    let data = TrainingSet::of_labels(space.axes(), inputs, labels);
    let prior = Hyperparameters::prior(&data);
    Process::new(&data, Hyperparameters::fit(&data, &[prior], LAST_FIT).0)
}
