//! What a run ends with: the refit, where there is one, and the bundle.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_metrics::{Metrics, PairedDifference};
use foliar_model::{Bundle, FileError, Outputs, Provenance, Validation};
use foliar_nn::Graph;
use foliar_runlog::{self as runlog, Event, StopReason};
use foliar_vision::counted;

use crate::best_epoch::EpochScore;
use crate::checkpoint::Checkpoint;
use crate::error::TrainError;
use crate::phase::Freeze;
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::refit::{self, Judged, Refit, Tuned};
use crate::train::{Session, given, random_weights, reporter};
use crate::trained_model::TrainedModel;

impl Session<'_> {
    /// Trains a classifier on all photographs, where the recipe and the kept epoch allow it.
    pub(crate) fn refit(&mut self) -> Result<ControlFlow<StopReason, Option<Refit>>, TrainError> {
        let (recipe, photographs) = (&self.run.recipe, self.photographs);
        let Some(kept) = self.progress.choice.kept else { return Ok(ControlFlow::Continue(None)) };
        if !refit::may_apply(recipe, photographs, &kept) {
            return Ok(ControlFlow::Continue(None));
        }
        let given = given(&self.graph, recipe, photographs.dataset.outputs())?;
        let mut init = random_weights(self.device, &self.graph, recipe)?;
        given.put_into(&mut init);
        let graph = self.graph.clone();
        let goes_on = given.knows_classes();
        let source = refit::Source { device: self.device, graph: &graph, recipe, photographs, init, goes_on };
        if !source.applies(&kept)? {
            return Ok(ControlFlow::Continue(None));
        }
        self.save_best()?;
        let flow = source.refit(&mut reporter(&mut *self.observe, "classifiers on all but a fold"))?;
        let (texts, flow) = match flow {
            ControlFlow::Continue(refit) => {
                let judged = refit.judged.as_ref().map(|judged| verdict(judged, &self.graph, recipe));
                let texts = judged.into_iter().chain([words(&refit, recipe.refit, photographs)]).collect();
                (texts, ControlFlow::Continue(Some(refit)))
            }
            ControlFlow::Break(StopReason::NonFiniteLoss) => {
                let text = "training on all photos diverged; the weights of the best epoch are kept";
                (vec![text.to_owned()], ControlFlow::Continue(None))
            }
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        for text in texts {
            let _ = self.tell(Event::Note(runlog::Note { text }))?;
        }
        Ok(flow)
    }

    /// Writes the bundle of the best epoch, or that of the refit, and the predictions of models that were not trained on the
    /// photograph. The thresholds of the bundle are fitted to them.
    pub(crate) fn bundle(
        &mut self,
        refit: Option<Refit>,
    ) -> Result<ControlFlow<StopReason, Option<PathBuf>>, TrainError> {
        let Some(kept) = self.progress.choice.kept else { return Ok(ControlFlow::Continue(None)) };
        self.save_best()?;
        let splits = &self.photographs.splits;
        let phase = refit.as_ref().map_or(kept.phase, Refit::phase);
        // What stands before the classifier may have learned from the photographs for validation in a refit alone.
        let unseen = match &refit {
            Some(refit) if refit.phase() > 1 => {
                Some(self.checkpoint_of_run(&self.run.last())?.state.outcome())
            }
            _ => None,
        };
        let (graph, state, best, out_of_fold, learned_from) = match refit {
            Some(Refit { graph, state, best, out_of_fold, .. }) => {
                (graph, state, best, Some(out_of_fold), splits.train.len() + splits.validation.len())
            }
            None => {
                let Checkpoint { state, out_of_fold, .. } = self.checkpoint_of_run(&self.run.best())?;
                (self.graph.clone(), state, kept, out_of_fold, splits.train.len())
            }
        };
        let dataset = &self.photographs.dataset;
        if let Some(out_of_fold) = &out_of_fold {
            self.run.write_out_of_fold(out_of_fold, dataset)?;
        }
        let finished = TrainedModel {
            device: self.device,
            graph: &graph,
            recipe: &self.run.recipe,
            photographs: self.photographs,
            state: &state,
            unseen: unseen.as_ref(),
            phase,
        };
        let progress = &mut reporter(&mut *self.observe, "fitting the out-of-distribution detector");
        let (mut validation, mut uncertainty, mut outputs) = (None, None, Outputs::OneOf);
        match (&dataset.label_sets, &out_of_fold) {
            (Some(sets), _) => outputs = Outputs::AnyOf(finished.label_rules(sets, out_of_fold.as_ref())?),
            (None, Some(out_of_fold)) => {
                let metrics = Metrics::new(&out_of_fold.logits, &out_of_fold.labels, &dataset.classes);
                validation = Some(Validation { metrics });
                match finished.uncertainty(out_of_fold, best.temperature, progress)? {
                    ControlFlow::Continue(fitted) => uncertainty = Some(fitted),
                    ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
                }
            }
            (None, None) => {}
        }
        let bundle = Bundle {
            classes: dataset.outputs().to_vec(),
            preprocessing: self.run.recipe.preprocessing.clone(),
            graph,
            provenance: Provenance {
                foliar: env!("CARGO_PKG_VERSION").to_owned(),
                recipe: self.run.recipe.to_json()?,
                epoch: best.epoch,
                train_photographs: learned_from,
                data_fingerprint: self.run.fingerprint(),
                members: Vec::new(),
            },
            temperature: best.temperature,
            training_digests: self.photographs.training_digests(&self.run.recipe)?,
            validation,
            uncertainty,
            outputs,
            state,
        };
        let path = self.run.dir.bundle();
        bundle.write(&path)?;
        Ok(ControlFlow::Continue(Some(path)))
    }

    /// The checkpoint at `path`, of this recipe and these photographs.
    fn checkpoint_of_run(&self, path: &Path) -> Result<Checkpoint, TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        let dataset = &self.photographs.dataset;
        let fits = checkpoint.out_of_fold.as_ref().is_none_or(|predictions| predictions.fit(dataset));
        if checkpoint.recipe == self.recipe_digest && fits {
            return Ok(checkpoint);
        }
        let what = "it is of another run; put that of this run back, or start a new run".to_owned();
        Err(FileError::Damaged { path: path.to_owned(), what }.into())
    }
}

/// What the folds say of tuning the last stages.
fn verdict(judged: &Judged, graph: &Graph, recipe: &Recipe) -> String {
    let part = recipe.phases.last().map(|phase| phase.freeze);
    let stages = match (part, graph.stages()) {
        (Some(Freeze::Stages(frozen)), Ok(stages)) => {
            counted(stages.len() - frozen.min(stages.len()), "stage", "stages")
        }
        _ => "stages".to_owned(),
    };
    let Judged::Compared { tuned, difference } = judged else {
        return format!("tuning the last {stages} diverged on a fold; the frozen network is kept");
    };
    let of = match tuned {
        Tuned::Whole => "tuned",
        Tuned::Halfway => "tuned halfway (the mean of the weights before and after)",
    };
    let PairedDifference { accuracy, loss, loss_p_value, groups, .. } = difference;
    let outcome = if judged.is_tuned() {
        "better by more than a standard error, and kept"
    } else {
        "not better by more than a standard error, so the frozen network is kept"
    };
    format!(
        "last {stages} {of}, against the frozen network, both by cross-validation: loss {:+.3} ({:+.3} to {:+.3}), acc {:+.3} ({:+.3} to \
         {:+.3}) over {groups} groups, p {loss_p_value:.4}: {outcome}",
        loss.value, loss.low, loss.high, accuracy.value, accuracy.low, accuracy.high
    )
}

/// What there is to say of a refit.
fn words(refit: &Refit, folds: u32, photographs: &Photographs) -> String {
    let count = photographs.splits.train.len() + photographs.splits.validation.len();
    let judged = match (refit.out_of_fold.photos.len(), &photographs.learned_before) {
        (judged, Some(_)) => {
            format!(" on the {judged} that the first weights, or the teacher, had not learned from")
        }
        (_, None) => String::new(),
    };
    let EpochScore { epoch: epochs, accuracy, mean_f1, loss, calibrated_loss, temperature, .. } = refit.best;
    let [accuracy, loss, calibrated] =
        [accuracy, loss, calibrated_loss].map(|figure| format!("{:.3}", figure.unwrap_or(f64::NAN)));
    let found = match refit.strength {
        Some(strength) if refit.phase() > 1 => {
            format!("solved with penalty {strength} and tuned on all {count} photos")
        }
        Some(strength) => {
            let form =
                if refit.graph.has_hellinger() { ", on square roots of the features' shares" } else { "" };
            format!("solved on all {count} photos with penalty {strength}{form}")
        }
        None => {
            let epochs = counted(epochs as usize, "epoch", "epochs");
            format!("trained again on all {count} photos for {epochs}")
        }
    };
    if let Some(mean_f1) = mean_f1 {
        return format!(
            "{found}; {folds}-fold cross-validation{judged}: loss {loss} ({calibrated} after calibration of each label), mean F1 \
             {mean_f1:.3} before labels have thresholds of their own"
        );
    }
    format!(
        "{found}; {folds}-fold cross-validation{judged}: loss {loss} ({calibrated} after calibration with temperature \
         {temperature:.2}), acc {accuracy}"
    )
}
