//! The result of a tuning: the document `tuning.json`.
//!
//! It contains no times and no paths, so that equal tunings give equal documents.

use foliar_bayes::{Best, BoundHit, Direction, Importance, Params, Space, Value};
use foliar_results::PairedComparison;
use foliar_study::{State, StoredTrial};
use serde::Serialize;

use crate::cross_validation::WeightDecay;
use crate::error::TuneError;
use crate::final_runs::FinalTests;
use crate::folder::{TUNED, UNTUNED};
use crate::objective::Objective;
use crate::repeats::Repeats;
use crate::search_stop::SearchStop;
use crate::session::Session;

/// Version of the document's layout.
const SCHEMA: u32 = 2;

/// The result of a tuning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TuningResult {
    /// Version of the layout.
    pub schema: u32,
    /// Version of foliar.
    pub foliar: String,
    /// The network.
    pub model: String,
    /// The classes.
    pub classes: Vec<String>,
    /// Number of photos in each split.
    pub photographs: SplitSizes,
    /// The score that trials were compared by.
    pub objective: Objective,
    /// Whether it is minimised or maximised.
    pub direction: Direction,
    /// The search space.
    pub space: Space,
    /// When and why the search stopped.
    pub search: SearchStop,
    /// All trials, ordered by number.
    pub trials: Vec<TrialRow>,
    /// The trial whose parameters are used: the one with the best predicted mean.
    pub best: Best,
    /// Importance of each parameter; none if there are too few trials.
    pub importance: Option<Vec<Importance>>,
    /// Parameters of the best trial that lie at a bound of their range.
    pub bound_hits: Vec<BoundHit>,
    /// The cross-validation of the weight decay; none if it was not asked for.
    pub weight_decay: Option<WeightDecay>,
    /// The tuned parameters, with the weight decay.
    pub tuned: Params,
    /// The untuned parameters.
    pub untuned: Params,
    /// The default parameters.
    pub default: Params,
    /// The tuned parameters with other seeds; none if no repeats were asked for.
    pub repeats: Option<Repeats>,
    /// The comparison on the test photos; none if there are no test photos, or if the untuned run diverged.
    pub test: Option<PairedComparison>,
    /// The same against the run with the default parameters, which stands there as `untuned`.
    pub test_against_default: Option<PairedComparison>,
    /// Name of the tuned run's folder.
    pub tuned_run: String,
    /// Name of the untuned run's folder.
    pub untuned_run: String,
}

/// Number of photos in each split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SplitSizes {
    /// Training photos.
    pub train: usize,
    /// Validation photos.
    pub validation: usize,
    /// Test photos.
    pub test: usize,
}

/// A trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialRow {
    /// Its number, from 0.
    pub number: u64,
    /// Its state.
    pub state: State,
    /// Its parameters.
    pub params: Params,
    /// Its random seed.
    pub seed: u64,
    /// The objective, if it ran to its end.
    pub value: Option<f64>,
    /// The objective after each epoch of the tuned phase; none where it was not finite.
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
            params: trial.record.params,
        }
    }
}

impl Session<'_> {
    pub(crate) fn tuning_result(
        &mut self,
        best: Best,
        weight_decay: Option<WeightDecay>,
        repeats: Option<Repeats>,
        tests: FinalTests,
    ) -> Result<TuningResult, TuneError> {
        let Some(search) = self.search_stop()? else {
            return Err(TuneError::DamagedStudy {
                study: self.folder.study().clone(),
                problem: "its search has not stopped; continue with --resume".into(),
            });
        };
        let summary = self.photographs.summary();
        let decay = weight_decay.as_ref().map(|decay| decay.chosen);
        let tuned = self.plan.tuned(&best.params, decay);
        let trials = self.study.trials()?.into_iter().map(TrialRow::from).collect();
        let study = self.study.study()?;
        Ok(TuningResult {
            schema: SCHEMA,
            foliar: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.plan.recipe.model.clone(),
            classes: self.photographs.dataset.classes.clone(),
            photographs: SplitSizes {
                train: summary.train,
                validation: summary.validation,
                test: summary.test,
            },
            objective: self.plan.objective,
            direction: self.plan.objective.direction(),
            space: self.plan.space.clone(),
            search,
            trials,
            importance: study.importance(),
            bound_hits: study.bound_hits(),
            tuned: with_decay(&best.params, &tuned),
            untuned: untuned_params(&best.params, &self.plan.untuned()),
            default: untuned_params(&best.params, &self.plan.recipe),
            best,
            weight_decay,
            repeats,
            test: tests.untuned,
            test_against_default: tests.default,
            tuned_run: TUNED.to_owned(),
            untuned_run: UNTUNED.to_owned(),
        })
    }
}

/// `params` and the weight decay of `recipe`.
fn with_decay(params: &Params, recipe: &foliar_train::Recipe) -> Params {
    let decay = recipe.phases.last().map_or(0.0, |phase| match phase.optimizer {
        foliar_nn::Optimizer::Sgd { weight_decay, .. } | foliar_nn::Optimizer::AdamW { weight_decay, .. } => {
            weight_decay
        }
    });
    let values = params.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    values.chain([("weight-decay".to_owned(), Value::Float(decay))]).collect()
}

/// The values in the untuned `recipe` of the parameters in `params`, and its weight decay.
fn untuned_params(params: &Params, recipe: &foliar_train::Recipe) -> Params {
    let value = |name: &str| name.parse::<crate::Tunable>().ok()?.value(recipe);
    let own = params.iter().filter_map(|(name, _)| Some((name.to_owned(), value(name)?))).collect();
    with_decay(&own, recipe)
}
