//! The training loop.
//!
//! Epoch by epoch: every training photograph once, then every validation photograph in evaluation mode, then the log, then
//! the checkpoints. In this order: a process that is killed anywhere leaves a newest checkpoint and a log that is at least
//! as long, and whoever resumes cuts the log back to the checkpoint.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use foliar_nn::{Batch, Engine, Graph, State, StepPlan};
use foliar_runlog::{self as runlog, Event, Log, StopReason};
use foliar_vision::Loader;

use crate::bundle::{Bundle, Provenance, Validation};
use crate::checkpoint::{Best, Checkpoint, Progress};
use crate::error::LearnError;
use crate::metrics::Metrics;
use crate::photographs::Photographs;
use crate::run::Run;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub reason: StopReason,
    /// Epochs that are done.
    pub epochs: u32,
    /// The epoch whose weights the bundle holds.
    pub best: Option<Best>,
    /// The bundle; `None` if no epoch was finished.
    pub bundle: Option<PathBuf>,
}

/// Trains from the run's newest checkpoint, or from the engine's fresh weights if there is none, to the end of the recipe.
/// `observe` sees every event and may say stop after any step.
///
/// # Errors
/// Photographs that can not be read any more, a checkpoint that does not fit, a run folder that can not be written. What
/// was saved before stays.
pub fn train(
    engine: &mut dyn Engine,
    graph: &Graph,
    run: &Run,
    photographs: &Photographs,
    observe: &mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
) -> Result<Outcome, LearnError> {
    let _lock = run.lock()?;
    let recipe_digest = run.recipe.digest()?;
    let checkpoint = run.last_checkpoint()?;
    if checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.recipe != recipe_digest) {
        return Err(LearnError::RecipeChanged { path: run.dir.recipe() });
    }
    let progress = checkpoint.as_ref().map_or_else(Progress::default, |checkpoint| checkpoint.progress);
    let log = match &checkpoint {
        Some(checkpoint) => {
            engine.restore(&checkpoint.state)?;
            Log::resume(&run.dir, checkpoint.progress.total_step)?.0
        }
        None if run.dir.events().exists() => Log::resume(&run.dir, 0)?.0,
        None => Log::create(&run.dir)?,
    };
    let mut session = Session {
        train: photographs.train_loader(&run.recipe),
        validation: photographs.validation_loader(&run.recipe),
        class_weights: photographs.class_weights(run.recipe.loss.class_weights),
        engine,
        run,
        recipe_digest,
        photographs,
        log,
        progress,
        observe,
    };
    session.announce(checkpoint.is_some())?;
    let reason = session.epochs()?;
    let stop = runlog::Stop {
        reason,
        epoch: (session.progress.epochs + u32::from(session.progress.step > 0)).min(run.recipe.epochs),
        total_step: session.progress.total_step,
    };
    let _ = session.tell(Event::Stop(stop))?;
    // Whoever interrupts wants to leave now; resuming writes the bundle.
    let bundle = if reason == StopReason::Interrupted { None } else { session.bundle(graph)? };
    Ok(Outcome { reason, epochs: session.progress.epochs, best: session.progress.best, bundle })
}

struct Session<'a> {
    engine: &'a mut dyn Engine,
    run: &'a Run,
    recipe_digest: String,
    photographs: &'a Photographs,
    train: Loader,
    validation: Option<Loader>,
    class_weights: Option<Vec<f32>>,
    log: Log,
    progress: Progress,
    observe: &'a mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
}

impl Session<'_> {
    fn tell(&mut self, event: Event) -> Result<ControlFlow<StopReason>, LearnError> {
        self.log.write(&event)?;
        Ok((self.observe)(&event))
    }

    fn announce(&mut self, resumed: bool) -> Result<(), LearnError> {
        let summary = self.photographs.summary();
        let state = self.engine.state().without_optimizer();
        let trained = state.tensors.iter().filter(|(name, _)| !name.contains("running_"));
        let start = runlog::Start {
            foliar: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.run.recipe.model.clone(),
            classes: self.photographs.dataset.classes.clone(),
            train: summary.train,
            validation: summary.validation,
            skipped: summary.skipped,
            parameters: trained.map(|(_, tensor)| tensor.data.len() as u64).sum(),
            resumed_from_step: resumed.then_some(self.progress.total_step),
            time: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |t| t.as_secs_f64()),
        };
        // The start of a run can not be refused.
        let _ = self.tell(Event::Start(start))?;
        Ok(())
    }

    /// Runs what is left of the recipe.
    fn epochs(&mut self) -> Result<StopReason, LearnError> {
        while self.progress.epochs < self.run.recipe.epochs {
            let began = Instant::now();
            let earlier = self.progress.seconds;
            let flow = self.steps(began)?;
            self.progress.seconds = earlier + began.elapsed().as_secs_f64();
            if let ControlFlow::Break(reason) = flow {
                if reason == StopReason::NonFiniteLoss || !self.save_last()? {
                    return Ok(StopReason::NonFiniteLoss);
                }
                return Ok(reason);
            }
            let validation = self.validate()?;
            self.progress.seconds = earlier + began.elapsed().as_secs_f64();
            if validation.as_ref().is_some_and(|metrics| !metrics.loss.is_finite()) {
                return Ok(StopReason::NonFiniteLoss);
            }
            let flow = self.finish_epoch(validation)?;
            if let ControlFlow::Break(reason) = flow
                && (reason == StopReason::NonFiniteLoss || self.progress.epochs < self.run.recipe.epochs)
            {
                return Ok(reason);
            }
        }
        Ok(StopReason::Finished)
    }

    /// The steps of one epoch, or what is left of it.
    fn steps(&mut self, began: Instant) -> Result<ControlFlow<StopReason>, LearnError> {
        let recipe = &self.run.recipe;
        let steps = self.train.batches();
        let all_steps = steps as u64 * u64::from(recipe.epochs);
        let epoch = self.progress.epochs;
        let seen_before = self.progress.seen;
        for batch in self.train.epoch(recipe.seed, epoch, self.progress.step as usize) {
            let batch = batch?;
            let learning_rate = recipe.learning_rate.at(self.progress.total_step, all_steps);
            let plan = StepPlan {
                learning_rate,
                label_smoothing: recipe.loss.label_smoothing,
                class_weights: self.class_weights.as_deref(),
            };
            let stats =
                self.engine.train_step(Batch { images: &batch.images, labels: &batch.labels }, &plan)?;
            if !stats.taken {
                return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
            }
            self.progress.step += 1;
            self.progress.total_step += 1;
            self.progress.loss_sum += stats.loss_sum;
            self.progress.correct += stats.correct as u64;
            self.progress.seen += stats.photographs as u64;
            let event = Event::Step(runlog::Step {
                epoch: epoch + 1,
                epochs: recipe.epochs,
                step: self.progress.step,
                steps: steps as u32,
                total_step: self.progress.total_step,
                loss: self.progress.loss_sum / self.progress.seen as f64,
                learning_rate,
                images_per_second: (self.progress.seen - seen_before) as f64 / began.elapsed().as_secs_f64(),
            });
            if let ControlFlow::Break(reason) = (self.observe)(&event) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Figures on the validation photographs, in evaluation mode.
    fn validate(&mut self) -> Result<Option<Metrics>, LearnError> {
        let Some(loader) = &self.validation else { return Ok(None) };
        let mut logits = Vec::new();
        let mut labels = Vec::new();
        for batch in loader.epoch(0, 0, 0) {
            let batch = batch?;
            logits.extend(self.engine.predict(&batch.images)?);
            labels.extend_from_slice(&batch.labels);
        }
        Ok(Some(Metrics::new(&logits, &labels, &self.photographs.dataset.classes)))
    }

    /// Logs and saves an epoch whose steps are done.
    fn finish_epoch(&mut self, validation: Option<Metrics>) -> Result<ControlFlow<StopReason>, LearnError> {
        let Progress { epochs, total_step, loss_sum, correct, seen, seconds, best, .. } = self.progress;
        let seen = seen.max(1) as f64;
        let steps = u64::from(self.run.recipe.epochs) * self.train.batches() as u64;
        let candidate = Best {
            epoch: epochs + 1,
            accuracy: validation.as_ref().map(|metrics| metrics.accuracy),
            loss: validation.as_ref().map(|metrics| metrics.loss),
        };
        let is_best = best.is_none_or(|best| candidate.beats(&best));
        let state = self.engine.state();
        if !state.is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        let event = Event::Epoch(runlog::Epoch {
            epoch: epochs + 1,
            epochs: self.run.recipe.epochs,
            total_step,
            seconds,
            train_loss: loss_sum / seen,
            train_accuracy: correct as f64 / seen,
            validation_loss: validation.as_ref().map(|metrics| metrics.loss),
            validation_accuracy: validation.as_ref().map(|metrics| metrics.accuracy),
            validation_macro_f1: validation.as_ref().map(|metrics| metrics.macro_f1),
            learning_rate: self.run.recipe.learning_rate.at(total_step.saturating_sub(1), steps),
            classes: self.photographs.dataset.classes.len(),
            best: is_best,
        });
        self.log.write(&event)?;
        let best = if is_best { Some(candidate) } else { best };
        self.progress = Progress { epochs: epochs + 1, total_step, best, ..Progress::default() };
        if is_best {
            self.checkpoint(state.without_optimizer()).write(&self.run.best())?;
        }
        self.checkpoint(state).write(&self.run.last())?;
        Ok((self.observe)(&event))
    }

    fn checkpoint(&self, state: State) -> Checkpoint {
        Checkpoint { recipe: self.recipe_digest.clone(), progress: self.progress, state }
    }

    /// Saves, unless the weights are no longer finite: the checkpoint from before is worth more then.
    fn save_last(&self) -> Result<bool, LearnError> {
        let state = self.engine.state();
        let finite = state.is_finite();
        if finite {
            self.checkpoint(state).write(&self.run.last())?;
        }
        Ok(finite)
    }

    /// Writes the bundle of the best epoch, validated anew with the very weights that it holds.
    fn bundle(&mut self, graph: &Graph) -> Result<Option<PathBuf>, LearnError> {
        let Some(best) = self.progress.best else { return Ok(None) };
        let state: State = Checkpoint::read(&self.run.best())?.state;
        self.engine.restore(&state)?;
        let validation = self.validate()?.map(|metrics| Validation { metrics });
        let bundle = Bundle {
            classes: self.photographs.dataset.classes.clone(),
            preprocessing: self.run.recipe.preprocessing.clone(),
            graph: graph.clone(),
            provenance: Provenance {
                foliar: env!("CARGO_PKG_VERSION").to_owned(),
                recipe: self.run.recipe.clone(),
                epoch: best.epoch,
                train_photographs: self.photographs.splits.train.len(),
                data_fingerprint: self.run.fingerprint(),
            },
            validation,
            state,
        };
        let path = self.run.dir.bundle();
        bundle.write(&path)?;
        Ok(Some(path))
    }
}
