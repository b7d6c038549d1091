//! A history, turned into what the Gaussian processes learn from, and the processes themselves.
//!
//! | trial | cost model | feasibility model |
//! | --- | --- | --- |
//! | finished with a value | its cost | 1 |
//! | pruned | the cost of the finished trial that stood next above it at its last step | 1 |
//! | infeasible | | -1 |
//! | running | believed at the posterior mean | |
//! | abandoned | | |

use crate::acquisition::Acquisition;
use crate::gp::{Hyperparameters, Moments, Process, Sample};
use crate::normal::distribution;
use crate::{Direction, Noise, Outcome, Record, Report, Space};

/// Observations below which a model says nothing.
const FEWEST: usize = 2;
/// From one full fit to the next the number of observations grows by this factor.
const GROWTH: f64 = 1.2;
/// Calls of the evidence per start of a full fit.
const FULL_FIT: usize = 40;
/// Beyond this many observations a full fit begins at the one before only: there is little left to be wrong about.
const FRESH_UP_TO: usize = 50;
/// Calls of the evidence in the fit to all observations, which begins at the last full fit.
const LAST_FIT: usize = 12;

/// Observed settings around which to search.
const SEARCHED: usize = 5;

/// What a history says, in unit coordinates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observations {
    /// Settings with a cost, in the order of their trials.
    pub(crate) inputs: Vec<Vec<f64>>,
    /// Their costs, finite.
    pub(crate) costs: Vec<f64>,
    /// Settings that could not be run.
    pub(crate) infeasible: Vec<Vec<f64>>,
    /// Settings of trials that still run.
    pub(crate) running: Vec<Vec<f64>>,
}

impl Observations {
    /// Of `records`, ordered by trial, with their unit coordinates.
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

    fn sample(&self, space: &Space, count: usize) -> Sample {
        Sample::of_costs(space.axes(), self.inputs[..count].to_vec(), &self.costs[..count])
    }
}

/// What a pruned trial would have cost: as much as the finished trial that stood next above it at the same step, or as the
/// worst if none did; its own last value if no finished trial reported at that step.
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

/// A full fit and what it was fitted to.
#[derive(Debug, Clone)]
struct Milestone {
    inputs: Vec<Vec<f64>>,
    costs: Vec<f64>,
    fitted: Hyperparameters,
}

/// Full fits of earlier parts of a history. A memory only: each is a function of the trials it covers, and is fitted again
/// where it is missing or those trials have changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Milestones(Vec<Milestone>);

impl Milestones {
    /// Hyperparameters for all of `observations`: those of the last milestone, refined.
    fn fit(&mut self, observations: &Observations, space: &Space) -> Hyperparameters {
        let total = observations.costs.len();
        let whole = observations.sample(space, total);
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
                let (fitted, _) = Hyperparameters::fit(&observations.sample(space, count), &starts, FULL_FIT);
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
    /// Of costs, from finished and pruned trials.
    pub(crate) costs: Process,
    /// Of labels; none while nothing was infeasible.
    pub(crate) feasibility: Option<Process>,
    /// What is to be improved on: the lowest posterior mean at an observed setting, or the lowest cost where noise is absent.
    /// In warped units.
    pub(crate) incumbent: f64,
    /// Observed settings, best posterior mean first.
    ranked: Vec<Vec<f64>>,
    /// Settings of trials that still run.
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
        let costs = Process::new(&observations.sample(space, observations.costs.len()), fitted)?;
        let feasibility = fit_feasibility(&observations, space);
        let mut moments = Moments::default();
        let mut ranked: Vec<(f64, Vec<f64>)> =
            observations.inputs.into_iter().map(|input| (costs.mean(&input, &mut moments), input)).collect();
        ranked.sort_by(|left, right| left.0.total_cmp(&right.0));
        let incumbent = match noise {
            Noise::Learnt => ranked.first()?.0,
            // The lowest cost has no excess, and so a warped cost of 0.
            Noise::Absent => 0.0,
        };
        let ranked = ranked.into_iter().map(|(_, input)| input).collect();
        Some(Model { costs, feasibility, incumbent, ranked, running: observations.running })
    }

    /// The observed settings around which to search, best posterior mean first.
    pub(crate) fn best_settings(&self) -> &[Vec<f64>] {
        &self.ranked[..self.ranked.len().min(SEARCHED)]
    }

    /// Chance that `unit` can be run.
    pub(crate) fn feasible(&self, unit: &[f64], moments: &mut Moments) -> f64 {
        self.feasibility.as_ref().map_or(1.0, |labels| {
            labels.predict(unit, moments);
            distribution(moments.mean / moments.deviation.hypot(labels.noise_deviation()))
        })
    }

    /// The acquisition, with running trials believed: there is nothing to be gained where one of them already is.
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
    let sample = Sample::of_labels(space.axes(), inputs, labels);
    let prior = Hyperparameters::prior(&sample);
    Process::new(&sample, Hyperparameters::fit(&sample, &[prior], LAST_FIT).0)
}
