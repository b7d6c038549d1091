//! Everything that tuning found: the document `tuning.json`.
//!
//! It speaks of no times and no places but the photographs', so that equal studies give equal documents.

use foliar_bayes::{Best, Border, Direction, Importance, Setting, Space, Value};
use foliar_study::{State, StoredTrial};
use serde::Serialize;

use crate::cross_validation::WeightDecay;
use crate::ending::SearchEnd;
use crate::error::TuneError;
use crate::folder::{TUNED, UNTUNED};
use crate::objective::Objective;
use crate::paired_comparison::PairedComparison;
use crate::repeats::Repeats;
use crate::session::Session;

/// Another layout of the document gets another number.
const SCHEMA: u32 = 1;

/// What tuning found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Layout of the document.
    pub schema: u32,
    /// Version of foliar.
    pub foliar: String,
    /// The network.
    pub model: String,
    /// The classes.
    pub classes: Vec<String>,
    /// Photographs trained on, validated on, and tested on.
    pub photographs: Parts,
    /// What trials were measured by.
    pub objective: Objective,
    /// Whether less or more of it is better.
    pub direction: Direction,
    /// What was searched.
    pub space: Space,
    /// How the search ended.
    pub search: SearchEnd,
    /// All trials, ordered by number.
    pub trials: Vec<TrialRow>,
    /// The trial whose setting is used: the one that the model expects most of.
    pub best: Best,
    /// Which parameter mattered; none if too little is known.
    pub importance: Option<Vec<Importance>>,
    /// Parameters that the best trial has at the border of their range.
    pub borders: Vec<Border>,
    /// The cross-validation of the weight decay; none if there was none.
    pub weight_decay: Option<WeightDecay>,
    /// The tuned setting, with the weight decay.
    pub tuned: Setting,
    /// The untuned setting.
    pub untuned: Setting,
    /// The tuned setting with other seeds; none if there were none.
    pub repeats: Option<Repeats>,
    /// The two runs on the test photographs; none without such photographs, or if the untuned run diverged.
    pub test: Option<PairedComparison>,
    /// Name of the run folder of the tuned classifier.
    pub tuned_run: String,
    /// Name of the run folder of the untuned one.
    pub untuned_run: String,
}

/// How many photographs are for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// To train on.
    pub train: usize,
    /// To choose by.
    pub validation: usize,
    /// Never seen until the end.
    pub test: usize,
}

/// A trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialRow {
    /// Its number, from 0.
    pub number: u64,
    /// How it ended.
    pub state: State,
    /// What it tried.
    pub setting: Setting,
    /// Of its random numbers.
    pub seed: u64,
    /// The objective, if it ran to its end.
    pub value: Option<f64>,
    /// The objective after each epoch of the phase that is tuned; none where it was not finite.
    pub epochs: Vec<Option<f64>>,
}

impl From<StoredTrial> for TrialRow {
    fn from(trial: StoredTrial) -> Self {
        let reports = trial.record.reports.iter();
        Self {
            number: trial.record.id.0,
            state: trial.state,
            seed: trial.seed,
            value: trial.record.value(),
            epochs: reports.map(|report| Some(report.value).filter(|value| value.is_finite())).collect(),
            setting: trial.record.setting,
        }
    }
}

impl Session<'_> {
    pub(crate) fn report(
        &mut self,
        best: Best,
        weight_decay: Option<WeightDecay>,
        repeats: Option<Repeats>,
        test: Option<PairedComparison>,
    ) -> Result<Report, TuneError> {
        let Some(search) = self.end()? else {
            return Err(TuneError::Damaged {
                path: self.folder.study(),
                problem: "its search has no end; go on with --resume".into(),
            });
        };
        let summary = self.photographs.summary();
        let decay = weight_decay.as_ref().map(|decay| decay.chosen);
        let tuned = self.plan.tuned(&best.setting, decay);
        let trials = self.study.trials()?.into_iter().map(TrialRow::from).collect();
        let study = self.study.study()?;
        Ok(Report {
            schema: SCHEMA,
            foliar: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.plan.recipe.model.clone(),
            classes: self.photographs.dataset.classes.clone(),
            photographs: Parts { train: summary.train, validation: summary.validation, test: summary.test },
            objective: self.plan.objective,
            direction: self.plan.objective.direction(),
            space: self.plan.space.clone(),
            search,
            trials,
            importance: study.importance(),
            borders: study.borders(),
            tuned: with_decay(&best.setting, &tuned),
            untuned: untuned_setting(&best.setting, &self.plan.untuned()),
            best,
            weight_decay,
            repeats,
            test,
            tuned_run: TUNED.to_owned(),
            untuned_run: UNTUNED.to_owned(),
        })
    }
}

/// `setting` and the weight decay of `recipe`.
fn with_decay(setting: &Setting, recipe: &foliar_train::Recipe) -> Setting {
    let decay = recipe.phases.last().map_or(0.0, |phase| match phase.optimizer {
        foliar_nn::Optimizer::Sgd { weight_decay, .. } | foliar_nn::Optimizer::AdamW { weight_decay, .. } => {
            weight_decay
        }
    });
    let values = setting.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    values.chain([("weight-decay".to_owned(), Value::Float(decay))]).collect()
}

/// What the untuned `recipe` has of the parameters of `setting`, and its weight decay.
fn untuned_setting(setting: &Setting, recipe: &foliar_train::Recipe) -> Setting {
    let value = |name: &str| name.parse::<crate::Tunable>().ok()?.value(recipe);
    let own = setting.iter().filter_map(|(name, _)| Some((name.to_owned(), value(name)?))).collect();
    with_decay(&own, recipe)
}
