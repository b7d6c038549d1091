//! A study: it suggests trials and learns from their outcomes.
//!
//! A study's only state is its history and its seed. The next trial is a function of both and of the trial's number. So a
//! study rebuilt from stored records continues exactly as if it had not been interrupted, and workers that share a history
//! need to share nothing else.

use crate::gp::Moments;
use crate::model::{Milestones, Model, Observations};
use crate::random::{Purpose, latin_hypercube, sobol};
use crate::search::maximise;
use crate::{BayesError, Direction, Outcome, Params, Record, Report, Space, Trial, TrialId};

/// How the first points are placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A scrambled Sobol sequence: evenly spread at every length.
    #[default]
    Sobol,
    /// Latin hypercubes with as many points as there are start trials: every parameter takes evenly spread values.
    LatinHypercube,
}

/// What is known about the objective's noise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// The noise is learned. The best trial is the one with the best predicted mean.
    #[default]
    Learned,
    /// There is no noise: equal parameters always give the same value, and the best trial is the one with the best value.
    Absent,
}

/// Options of a study.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Options {
    /// How the first points are placed.
    #[serde(default)]
    pub start: Start,
    /// What is known about the objective's noise.
    #[serde(default)]
    pub noise: Noise,
    /// Trials before the model chooses points. Default: twice the number of parameters plus two, at most 12.
    #[serde(default)]
    pub start_trials: Option<u64>,
}

/// What the model predicts at a point, in the objective's units.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prediction {
    /// Median of the objective without noise.
    pub value: f64,
    /// The better end of the central 68 %.
    pub better: f64,
    /// The worse end of the central 68 %.
    pub worse: f64,
    /// Probability that the point is feasible, 0 to 1.
    pub feasible: f64,
}

/// The best trial.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Best {
    /// Its number.
    pub id: TrialId,
    /// The value of every parameter.
    pub params: Params,
    /// Its measured value.
    pub value: f64,
    /// The model's prediction for it; none before two trials have finished.
    pub prediction: Option<Prediction>,
}

/// A search for the best parameter values.
#[derive(Debug, Clone)]
pub struct Study {
    space: Space,
    direction: Direction,
    seed: u64,
    options: Options,
    /// Ordered by trial.
    records: Vec<Record>,
    /// Unit coordinates of `records`.
    units: Vec<Vec<f64>>,
    milestones: Milestones,
}

impl Study {
    /// A study without trials.
    pub fn new(space: Space, direction: Direction, seed: u64) -> Self {
        Study {
            space,
            direction,
            seed,
            options: Options::default(),
            records: Vec::new(),
            units: Vec::new(),
            milestones: Milestones::default(),
        }
    }

    /// A study that continues from stored `records`, in any order.
    ///
    /// # Errors
    /// Parameters do not belong to `space`, or a trial number occurs twice.
    pub fn from_history(
        space: Space,
        direction: Direction,
        seed: u64,
        records: Vec<Record>,
    ) -> Result<Self, BayesError> {
        let mut study = Study::new(space, direction, seed);
        for record in records {
            if study.place(record.id).is_ok() {
                return Err(BayesError::RepeatedTrial(record.id));
            }
            study.put(record)?;
        }
        Ok(study)
    }

    /// The same study with other options.
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The parameters that it searches.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether the objective is minimised or maximised.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// All trials, ordered by number.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Adds `record`, or replaces the one with the same number: for trials of other workers and for given parameters. A value
    /// that is not finite is stored as infeasible.
    ///
    /// # Errors
    /// The parameters do not belong to the space.
    pub fn put(&mut self, mut record: Record) -> Result<(), BayesError> {
        let unit = self.space.encode(&record.params)?;
        record.outcome = record.outcome.map(finite);
        match self.place(record.id) {
            Ok(place) => {
                self.records[place] = record;
                self.units[place] = unit;
            }
            Err(place) => {
                self.records.insert(place, record);
                self.units.insert(place, unit);
            }
        }
        Ok(())
    }

    /// The next trial, recorded as running. Its number follows the largest so far.
    pub fn ask(&mut self) -> Trial {
        let id = self.records.last().map_or(TrialId(0), |last| TrialId(last.id.0 + 1));
        let unit = self.suggest_unit(id);
        let trial = Trial { id, params: self.space.decode(&unit) };
        // Decoding and encoding are not exact inverses; the model must see what a resumed study would see.
        let unit = self.space.encode(&trial.params).unwrap_or(unit);
        self.records.push(Record::running(trial.clone()));
        self.units.push(unit);
        trial
    }

    /// The parameters that trial `id` should try, given the history of the other trials. Records nothing. For workers that get
    /// their trial numbers from a shared store.
    pub fn suggest(&mut self, id: TrialId) -> Params {
        let unit = self.suggest_unit(id);
        self.space.decode(&unit)
    }

    /// Records an intermediate value of a running trial.
    ///
    /// # Errors
    /// The trial is not in the study or has finished.
    pub fn report(&mut self, id: TrialId, report: Report) -> Result<(), BayesError> {
        self.running(id)?.reports.push(report);
        Ok(())
    }

    /// Records how a running trial ended. A value that is not finite counts as infeasible.
    ///
    /// # Errors
    /// The trial is not in the study or has finished.
    pub fn tell(&mut self, id: TrialId, outcome: Outcome) -> Result<(), BayesError> {
        self.running(id)?.outcome = Some(finite(outcome));
        Ok(())
    }

    /// The finished trial with the best posterior mean, because under noise the best measurement is mostly luck; where noise is
    /// absent, the trial with the best value. None before a trial has finished with a value.
    pub fn best(&self) -> Option<Best> {
        let model = self.model();
        let mut moments = Moments::default();
        let ranking = match &model {
            Some(model) if self.options.noise == Noise::Learned => {
                self.units.iter().map(|unit| model.costs.mean(unit, &mut moments)).collect()
            }
            _ => vec![0.0; self.units.len()],
        };
        let finished = self.records.iter().enumerate();
        let finished = finished.filter_map(|(place, record)| Some((place, record.value()?)));
        let (place, value) = finished.min_by(|left, right| {
            let measured = self.direction.cost(left.1).total_cmp(&self.direction.cost(right.1));
            ranking[left.0].total_cmp(&ranking[right.0]).then(measured)
        })?;
        let record = &self.records[place];
        let prediction = model.map(|model| self.prediction(&model, &self.units[place], &mut moments));
        Some(Best { id: record.id, params: record.params.clone(), value, prediction })
    }

    /// The model's prediction at `params`; none before two trials have finished.
    ///
    /// # Errors
    /// The parameters do not belong to the space.
    pub fn predict(&self, params: &Params) -> Result<Option<Prediction>, BayesError> {
        Ok(self.predict_all(std::slice::from_ref(params))?.and_then(|mut all| all.pop()))
    }

    /// The model's prediction at each of `points`, from one fit; none before two trials have finished.
    ///
    /// # Errors
    /// Parameters do not belong to the space.
    pub fn predict_all(&self, points: &[Params]) -> Result<Option<Vec<Prediction>>, BayesError> {
        let units: Vec<Vec<f64>> =
            points.iter().map(|params| self.space.encode(params)).collect::<Result<_, _>>()?;
        let mut moments = Moments::default();
        let predict =
            |model: Model| units.iter().map(|unit| self.prediction(&model, unit, &mut moments)).collect();
        Ok(self.model().map(predict))
    }

    pub(crate) fn prediction(&self, model: &Model, unit: &[f64], moments: &mut Moments) -> Prediction {
        let feasible = model.feasible(unit, moments);
        model.costs.predict(unit, moments);
        let value = |deviations: f64| {
            self.direction.cost(model.costs.cost(moments.mean + deviations * moments.deviation))
        };
        Prediction { value: value(0.0), better: value(-1.0), worse: value(1.0), feasible }
    }

    /// The model of the history.
    pub(crate) fn model(&self) -> Option<Model> {
        let observations = Observations::of(&self.records, &self.units, self.direction);
        Model::fit(observations, &self.space, self.options.noise, &mut self.milestones.clone())
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    fn suggest_unit(&mut self, id: TrialId) -> Vec<f64> {
        let dimensions = self.space.dimensions();
        let start_trials = self.options.start_trials.unwrap_or((2 * dimensions as u64 + 2).min(12));
        if id.0 >= start_trials {
            let mut observations = Observations::of(&self.records, &self.units, self.direction);
            if let Ok(place) = self.place(id) {
                // A trial that is suggested again must not count as running itself.
                observations.running.retain(|unit| *unit != self.units[place]);
            }
            if let Some(model) =
                Model::fit(observations, &self.space, self.options.noise, &mut self.milestones)
            {
                let mut stream = Purpose::Candidates.stream(self.seed, id);
                return maximise(&model.acquisition(), &self.space, model.best_points(), &mut stream).point;
            }
        }
        self.start_unit(id, start_trials.max(1))
    }

    fn start_unit(&self, id: TrialId, start_trials: u64) -> Vec<f64> {
        let dimensions = self.space.dimensions();
        match self.options.start {
            Start::Sobol => {
                let seed = Purpose::Start.stream(self.seed, TrialId(0)).bits32();
                sobol(id.0, dimensions, seed)
            }
            Start::LatinHypercube => {
                let (cube, place) = (id.0 / start_trials, id.0 % start_trials);
                let mut stream = Purpose::Start.stream(self.seed, TrialId(cube));
                latin_hypercube(start_trials as usize, dimensions, &mut stream).swap_remove(place as usize)
            }
        }
    }

    fn place(&self, id: TrialId) -> Result<usize, usize> {
        self.records.binary_search_by_key(&id, |record| record.id)
    }

    fn running(&mut self, id: TrialId) -> Result<&mut Record, BayesError> {
        let place = self.place(id).map_err(|_| BayesError::UnknownTrial(id))?;
        let record = &mut self.records[place];
        match record.outcome {
            None => Ok(record),
            Some(_) => Err(BayesError::FinishedTrial(id)),
        }
    }
}

fn finite(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Value { value } if !value.is_finite() => Outcome::Infeasible,
        other => other,
    }
}
