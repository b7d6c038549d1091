//! A study: trials asked for, told, and learnt from.
//!
//! A study's only state is its history and its seed. What it asks next is a function of both and of the trial's number: a
//! study rebuilt from stored records goes on exactly as the one that was interrupted would have, and workers that share a
//! history need share nothing else.

use crate::gp::Moments;
use crate::model::{Milestones, Model, Observations};
use crate::random::{Purpose, latin_hypercube, sobol};
use crate::search::maximise;
use crate::{BayesError, Direction, Outcome, Record, Report, Setting, Space, Trial, TrialId};

/// How the first settings are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A scrambled Sobol sequence: even at every length.
    #[default]
    Sobol,
    /// Latin hypercubes, each as large as the start: every parameter takes evenly spread values.
    LatinHypercube,
}

/// What is known of the objective's noise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// It is learnt. The best trial is the one that the model expects most of.
    #[default]
    Learnt,
    /// There is none: the same setting always has the same value, and the best trial is the one that measured best.
    Absent,
}

/// What a study may be told beyond its space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Options {
    /// How the first settings are spread.
    #[serde(default)]
    pub start: Start,
    /// What is known of the objective's noise.
    #[serde(default)]
    pub noise: Noise,
    /// How many settings are spread before the model chooses. Default: two more than twice the number of parameters, at most 12.
    #[serde(default)]
    pub start_trials: Option<u64>,
}

/// What the model expects of a setting, in the objective's units.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prediction {
    /// Median of the objective without its noise.
    pub value: f64,
    /// The better end of the central 68 %.
    pub better: f64,
    /// The worse end of the central 68 %.
    pub worse: f64,
    /// Chance that the setting can be run, 0 to 1.
    pub feasible: f64,
}

/// The trial to use.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Best {
    /// Its number.
    pub id: TrialId,
    /// The value of every parameter.
    pub setting: Setting,
    /// What it measured.
    pub value: f64,
    /// What the model expects of it; none before two trials have finished.
    pub prediction: Option<Prediction>,
}

/// A search for the best setting.
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
    /// A study without a trial.
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

    /// A study that goes on from stored `records`, in any order.
    ///
    /// # Errors
    /// A setting that does not belong to `space`, a number that occurs twice.
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

    /// The parameters it searches.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether less or more is better.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// All trials, ordered by number.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Adds `record`, or replaces the one of the same number: how trials of other workers, and settings chosen by hand, come
    /// in. A value that is not finite is kept as infeasible.
    ///
    /// # Errors
    /// A setting that does not belong to the space.
    pub fn put(&mut self, mut record: Record) -> Result<(), BayesError> {
        let unit = self.space.encode(&record.setting)?;
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

    /// The next trial, noted as running. Its number follows the largest so far.
    pub fn ask(&mut self) -> Trial {
        let id = self.records.last().map_or(TrialId(0), |last| TrialId(last.id.0 + 1));
        let unit = self.suggest_unit(id);
        let trial = Trial { id, setting: self.space.decode(&unit) };
        // Decoding and encoding need not be exact inverses; the model sees what a resumed study would.
        let unit = self.space.encode(&trial.setting).unwrap_or(unit);
        self.records.push(Record::running(trial.clone()));
        self.units.push(unit);
        trial
    }

    /// The setting that trial `id` should try, given the history of the other trials; notes nothing. For workers whose
    /// numbers are handed out by a shared store.
    pub fn suggest(&mut self, id: TrialId) -> Setting {
        let unit = self.suggest_unit(id);
        self.space.decode(&unit)
    }

    /// Notes an intermediate value of a running trial.
    ///
    /// # Errors
    /// A trial that is not in the study or has finished.
    pub fn report(&mut self, id: TrialId, report: Report) -> Result<(), BayesError> {
        self.running(id)?.reports.push(report);
        Ok(())
    }

    /// Notes how a running trial ended. A value that is not finite counts as infeasible.
    ///
    /// # Errors
    /// A trial that is not in the study or has finished.
    pub fn tell(&mut self, id: TrialId, outcome: Outcome) -> Result<(), BayesError> {
        self.running(id)?.outcome = Some(finite(outcome));
        Ok(())
    }

    /// The finished trial with the best posterior mean, for under noise the best measurement is mostly luck; the best
    /// measurement where noise is absent. None before a trial has finished with a value.
    pub fn best(&self) -> Option<Best> {
        let model = self.model();
        let mut moments = Moments::default();
        let ranking = match &model {
            Some(model) if self.options.noise == Noise::Learnt => {
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
        Some(Best { id: record.id, setting: record.setting.clone(), value, prediction })
    }

    /// What the model expects of `setting`; none before two trials have finished.
    ///
    /// # Errors
    /// A setting that does not belong to the space.
    pub fn predict(&self, setting: &Setting) -> Result<Option<Prediction>, BayesError> {
        Ok(self.predict_all(std::slice::from_ref(setting))?.and_then(|mut all| all.pop()))
    }

    /// What the model, fitted once, expects of each of `settings`; none before two trials have finished.
    ///
    /// # Errors
    /// A setting that does not belong to the space.
    pub fn predict_all(&self, settings: &[Setting]) -> Result<Option<Vec<Prediction>>, BayesError> {
        let units: Vec<Vec<f64>> =
            settings.iter().map(|setting| self.space.encode(setting)).collect::<Result<_, _>>()?;
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
                // A trial that is being suggested anew does not wait for itself.
                observations.running.retain(|unit| *unit != self.units[place]);
            }
            if let Some(model) =
                Model::fit(observations, &self.space, self.options.noise, &mut self.milestones)
            {
                let mut stream = Purpose::Candidates.stream(self.seed, id);
                return maximise(&model.acquisition(), &self.space, model.best_settings(), &mut stream).point;
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
