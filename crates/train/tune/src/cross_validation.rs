//! Choosing the weight decay by cross-validation.
//!
//! Every candidate is trained on the same folds with the same seed, so that two candidates differ in their weight decay only.
//! Test photos are not used.

use std::ops::ControlFlow;

use foliar_bayes::{Best, Candidate, Selection, one_standard_error};
use serde::{Deserialize, Serialize};

use crate::error::TuneError;
use crate::job::Measured;
use crate::session::Session;

/// The result of one candidate weight decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightDecayResult {
    /// The weight decay.
    pub weight_decay: f64,
    /// The objective on each fold; none where training diverged.
    pub folds: Vec<Option<f64>>,
    /// Mean over the folds; none if one of them diverged.
    pub mean: Option<f64>,
    /// Standard error of the mean.
    pub standard_error: Option<f64>,
}

/// The result of the cross-validation of the weight decay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightDecay {
    /// The candidates, in increasing order.
    pub candidates: Vec<WeightDecayResult>,
    /// The weight decay with the best mean.
    pub best: f64,
    /// The largest weight decay within one standard error of the best: the one that is used.
    pub chosen: f64,
    /// The best mean, made worse by one standard error.
    pub threshold: f64,
    /// Whether the largest candidate was chosen: a larger one may be as good.
    pub at_upper_bound: bool,
}

impl Session<'_> {
    /// Chooses the weight decay for the best parameters; none if the plan has no folds, or every candidate diverged on some
    /// fold.
    pub(crate) fn cross_validate(
        &mut self,
        best: &Best,
    ) -> Result<ControlFlow<(), Option<WeightDecay>>, TuneError> {
        let (plan, count) = (self.plan, self.plan.folds);
        if count == 0 {
            return Ok(ControlFlow::Continue(None));
        }
        let folds = self.photographs.folds(count, plan.seed_of("folds", 0));
        let seed = plan.seed_of("cross-validation", 0);
        let pairs: Vec<(f64, usize)> =
            plan.weight_decays.iter().flat_map(|&decay| (0..count).map(move |fold| (decay, fold))).collect();
        let names: Vec<String> = pairs.iter().map(|&(decay, fold)| name(decay, fold)).collect();
        let flow = self.jobs(&names, &mut |session, job, place| {
            let (decay, fold) = pairs[place];
            let recipe = plan.seeded(plan.tuned(&best.params, Some(decay)), seed);
            session.measure(job, &recipe, &folds[fold])
        })?;
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut candidates = Vec::with_capacity(plan.weight_decays.len());
        for &penalty in &plan.weight_decays {
            let folds = (0..count).map(|fold| Ok(self.result::<Measured>(&name(penalty, fold))?.value));
            let folds: Vec<Option<f64>> = folds.collect::<Result<_, TuneError>>()?;
            candidates.push((penalty, folds));
        }
        Ok(ControlFlow::Continue(self.select(candidates)))
    }

    fn select(&self, candidates: Vec<(f64, Vec<Option<f64>>)>) -> Option<WeightDecay> {
        let diverged = |value: &Option<f64>| value.unwrap_or(f64::NAN);
        let plain = |(penalty, folds): &(f64, Vec<Option<f64>>)| Candidate {
            penalty: *penalty,
            folds: folds.iter().map(diverged).collect(),
        };
        let plain: Vec<Candidate> = candidates.iter().map(plain).collect();
        let Selection { means, best, chosen, threshold } =
            one_standard_error(&plain, self.plan.objective.direction())?;
        let row = |((penalty, folds), mean): ((f64, Vec<Option<f64>>), &foliar_bayes::CandidateMean)| {
            WeightDecayResult {
                weight_decay: penalty,
                folds,
                mean: Some(mean.mean).filter(|mean| mean.is_finite()),
                standard_error: Some(mean.standard_error).filter(|error| error.is_finite()),
            }
        };
        Some(WeightDecay {
            best: plain[best].penalty,
            chosen: plain[chosen].penalty,
            threshold,
            at_upper_bound: chosen + 1 == plain.len(),
            candidates: candidates.into_iter().zip(&means).map(row).collect(),
        })
    }
}

fn name(decay: f64, fold: usize) -> String {
    format!("weight decay {decay:?}, fold {}", fold + 1)
}
