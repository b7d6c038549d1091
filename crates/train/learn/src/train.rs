//! The training loop.
//!
//! Phase by phase, epoch by epoch: every training photograph once, then every validation photograph in evaluation mode,
//! then the log, then the checkpoints. In this order: a process that is killed anywhere leaves a newest checkpoint and a
//! log that is at least as long, and whoever resumes cuts the log back to the checkpoint. At the end a classifier on kept
//! features learns from all photographs ([`crate::refit`]); interrupted in this, it begins with it again.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use foliar_metrics::Metrics;
use foliar_nn::{Device, EngineOptions, Graph, StateDict, Statistics, zoo};
use foliar_runlog::{self as runlog, Event, Log, StopReason};

use crate::bundle::{Bundle, Provenance, Validation};
use crate::caution::Caution;
use crate::checkpoint::{Best, Checkpoint, Progress};
use crate::error::LearnError;
use crate::evidence::Finished;
use crate::held_out::HeldOut;
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::refit::{self, Refit};
use crate::run::Run;
use crate::trainee::{Beginning, Trainee, Validated};

/// Epochs that are shorter than this share a checkpoint: a second of work is sooner repeated than saved.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(3);

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub reason: StopReason,
    /// Epochs that are done.
    pub epochs: u32,
    /// The epoch that did best on the validation photographs; the bundle holds its weights unless there was a last fit.
    pub best: Option<Best>,
    /// How many epochs the classifier of the bundle was trained for on all photographs, and what a cross-validation says of
    /// it; `None` if there was no last fit.
    pub refit: Option<Best>,
    /// The bundle; `None` if no epoch was finished.
    pub bundle: Option<PathBuf>,
}

/// Makes sure that a network can be built for the recipe and `classes` classes, before anything is written.
///
/// # Errors
/// A network that the photographs' size or the frozen part does not fit; weights that can not be read or are of another
/// network.
pub fn check(recipe: &Recipe, classes: usize) -> Result<(), LearnError> {
    let graph = zoo::build(&recipe.model, classes)?;
    foliar_nn::infer(&graph, recipe.batch_size, recipe.image_size(), recipe.image_size())?;
    for phase in &recipe.phases {
        phase.freeze.cut(&graph)?;
    }
    if let Some(weights) = &recipe.weights {
        weights.load(&graph)?;
    }
    Ok(())
}

/// Trains from the run's newest checkpoint, or from the first weights if there is none, to the end of the recipe.
/// `observe` sees every event and may say stop after any step.
///
/// # Errors
/// Photographs that can not be read any more, weights or a checkpoint that do not fit, a run folder that can not be
/// written. What was saved before stays.
pub fn train(
    device: &dyn Device,
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
    let graph = zoo::build(&run.recipe.model, photographs.dataset.classes.len())?;
    let log = match &checkpoint {
        Some(checkpoint) => Log::resume(&run.dir, checkpoint.progress.total_step)?.0,
        None if run.dir.events().exists() => Log::resume(&run.dir, 0)?.0,
        None => Log::create(&run.dir)?,
    };
    let resumed = checkpoint.is_some();
    let (progress, state, notes) = match checkpoint {
        Some(checkpoint) => (checkpoint.progress, checkpoint.state, Vec::new()),
        None => {
            let (state, notes) = first_weights(device, &graph, &run.recipe)?;
            (Progress::default(), state, notes)
        }
    };
    let mut session = Session {
        device,
        graph,
        run,
        recipe_digest,
        photographs,
        log,
        progress,
        unsaved_best: None,
        saved: Instant::now(),
        observe,
    };
    session.announce(&state, resumed)?;
    for text in notes {
        let _ = session.tell(Event::Note(runlog::Note { text }))?;
    }
    let (mut reason, refit) = match session.phases(state)? {
        StopReason::Finished => match session.refit()? {
            ControlFlow::Continue(refit) => (StopReason::Finished, refit),
            ControlFlow::Break(reason) => (reason, None),
        },
        reason => (reason, None),
    };
    let refitted = refit.as_ref().map(|refit| refit.best);
    // Whoever interrupts wants to leave now; resuming writes the bundle.
    let mut bundle = None;
    if reason != StopReason::Interrupted {
        match session.bundle(refit)? {
            ControlFlow::Continue(path) => bundle = path,
            ControlFlow::Break(stop) => reason = stop,
        }
    }
    let stop = runlog::Stop {
        reason,
        epoch: (session.progress.epochs + u32::from(session.progress.step > 0)).min(run.recipe.epochs()),
        total_step: session.progress.total_step,
    };
    let _ = session.tell(Event::Stop(stop))?;
    let Progress { epochs, choice, .. } = session.progress;
    Ok(Outcome { reason, epochs, best: choice.kept, refit: refitted, bundle })
}

/// The weights that a run begins with, and what there is to say of them.
pub(crate) fn first_weights(
    device: &dyn Device,
    graph: &Graph,
    recipe: &Recipe,
) -> Result<(StateDict, Vec<String>), LearnError> {
    let mut state = random_weights(device, graph, recipe)?;
    let Some(weights) = &recipe.weights else { return Ok((state, Vec::new())) };
    let (given, notes) = weights.load(graph)?;
    state.tensors.extend(given.tensors);
    Ok((state, notes))
}

/// Random weights of the recipe's seed.
pub(crate) fn random_weights(
    device: &dyn Device,
    graph: &Graph,
    recipe: &Recipe,
) -> Result<StateDict, LearnError> {
    let options = EngineOptions {
        image_size: recipe.image_size(),
        batch: 1,
        seed: recipe.seed,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    Ok(device.engine(graph, &options)?.state())
}

struct Session<'a> {
    device: &'a dyn Device,
    graph: Graph,
    run: &'a Run,
    recipe_digest: String,
    photographs: &'a Photographs,
    log: Log,
    progress: Progress,
    /// The best epoch's checkpoint while it is not on disk yet.
    unsaved_best: Option<Checkpoint>,
    /// When a checkpoint was written last.
    saved: Instant,
    observe: &'a mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
}

impl Session<'_> {
    fn tell(&mut self, event: Event) -> Result<ControlFlow<StopReason>, LearnError> {
        self.log.write(&event)?;
        Ok((self.observe)(&event))
    }

    fn announce(&mut self, state: &StateDict, resumed: bool) -> Result<(), LearnError> {
        let summary = self.photographs.summary();
        let state = state.clone().outcome();
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

    /// Runs what is left of the recipe, from `state`.
    fn phases(&mut self, mut state: StateDict) -> Result<StopReason, LearnError> {
        let (run, photographs, device) = (self.run, self.photographs, self.device);
        let graph = self.graph.clone();
        let recipe = &run.recipe;
        let mut end = 0;
        for (index, phase) in recipe.phases.iter().enumerate() {
            let begin = end;
            end += phase.epochs;
            let last = index + 1 == recipe.phases.len();
            if self.progress.epochs >= end && !(last && recipe.reestimate) {
                continue;
            }
            if self.progress.epochs == begin && self.progress.step == 0 {
                // What earlier phases remember of their weights means nothing to this one.
                state = state.outcome();
                if recipe.phases.len() > 1 {
                    let text =
                        format!("phase {} of {}: {}", index + 1, recipe.phases.len(), phase.describe());
                    let _ = self.tell(Event::Note(runlog::Note { text }))?;
                }
            }
            let beginning = Beginning { device, graph: &graph, recipe, phase, photographs, state };
            let observe = &mut *self.observe;
            let mut trainee = match Trainee::begin(beginning, &mut reporter(observe, "features"))? {
                ControlFlow::Continue(trainee) => trainee,
                ControlFlow::Break(reason) => return Ok(reason),
            };
            let reason = self.epochs(&mut trainee, begin, end)?;
            if reason != StopReason::Finished {
                return Ok(reason);
            }
            if last
                && recipe.reestimate
                && trainee.sees_photographs()
                && let ControlFlow::Break(reason) = self.reestimate(&mut trainee)?
            {
                return Ok(reason);
            }
            state = trainee.state();
        }
        Ok(StopReason::Finished)
    }

    /// Runs what is left of a phase, whose epochs are `begin..end` of the run.
    fn epochs(&mut self, trainee: &mut Trainee<'_>, begin: u32, end: u32) -> Result<StopReason, LearnError> {
        while self.progress.epochs < end {
            let began = Instant::now();
            let earlier = self.progress.seconds;
            let flow = self.steps(trainee, begin, began)?;
            self.progress.seconds = earlier + began.elapsed().as_secs_f64();
            if let ControlFlow::Break(reason) = flow {
                if reason == StopReason::NonFiniteLoss || !self.save_last(trainee)? {
                    return Ok(StopReason::NonFiniteLoss);
                }
                return Ok(reason);
            }
            let validation = trainee.validate()?;
            self.progress.seconds = earlier + began.elapsed().as_secs_f64();
            if validation.as_ref().is_some_and(|validated| !validated.is_finite()) {
                return Ok(StopReason::NonFiniteLoss);
            }
            let flow = self.finish_epoch(trainee, begin, validation)?;
            if let ControlFlow::Break(reason) = flow
                && (reason == StopReason::NonFiniteLoss || self.progress.epochs < self.run.recipe.epochs())
            {
                // A short epoch may not be on disk yet.
                if reason != StopReason::NonFiniteLoss {
                    self.save_last(trainee)?;
                }
                return Ok(reason);
            }
        }
        Ok(StopReason::Finished)
    }

    /// The steps of one epoch, or what is left of it.
    fn steps(
        &mut self,
        trainee: &mut Trainee<'_>,
        begin: u32,
        began: Instant,
    ) -> Result<ControlFlow<StopReason>, LearnError> {
        let phase = trainee.phase();
        let steps = trainee.batches();
        let (epochs, epoch) = (self.run.recipe.epochs(), self.progress.epochs);
        let learning_rate = |batch: usize| phase.rate(steps, epoch - begin, batch);
        let (progress, observe) = (&mut self.progress, &mut *self.observe);
        let seen_before = progress.seen;
        trainee.epoch(epoch, progress.step as usize, &learning_rate, &mut |stats, learning_rate| {
            if !stats.taken {
                return ControlFlow::Break(StopReason::NonFiniteLoss);
            }
            progress.step += 1;
            progress.total_step += 1;
            progress.loss_sum += stats.loss_sum;
            progress.correct += stats.correct as u64;
            progress.seen += stats.photographs as u64;
            observe(&Event::Step(runlog::Step {
                epoch: epoch + 1,
                epochs,
                step: progress.step,
                steps: steps as u32,
                total_step: progress.total_step,
                loss: progress.loss_sum / progress.seen as f64,
                learning_rate,
                images_per_second: (progress.seen - seen_before) as f64 / began.elapsed().as_secs_f64(),
            }))
        })
    }

    /// Logs and saves an epoch whose steps are done.
    fn finish_epoch(
        &mut self,
        trainee: &Trainee<'_>,
        begin: u32,
        validation: Option<Validated>,
    ) -> Result<ControlFlow<StopReason>, LearnError> {
        let Progress { epochs, total_step, loss_sum, correct, seen, seconds, mut choice, .. } = self.progress;
        let seen = seen.max(1) as f64;
        let steps = trainee.batches();
        let metrics = validation.as_ref().map(|validated| &validated.metrics);
        let phase = self.phase_of(epochs);
        let is_best = choice.take(Best::new(epochs + 1, phase, validation.as_ref()));
        let state = trainee.state();
        if !state.is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        let event = Event::Epoch(runlog::Epoch {
            epoch: epochs + 1,
            epochs: self.run.recipe.epochs(),
            phase,
            total_step,
            seconds,
            train_loss: loss_sum / seen,
            train_accuracy: correct as f64 / seen,
            validation_loss: metrics.map(|metrics| metrics.loss),
            validation_accuracy: metrics.map(|metrics| metrics.accuracy),
            validation_macro_f1: metrics.map(|metrics| metrics.macro_f1),
            learning_rate: trainee.phase().rate(steps, epochs - begin, steps.saturating_sub(1)),
            classes: self.photographs.dataset.classes.len(),
            best: is_best,
        });
        self.log.write(&event)?;
        self.progress = Progress { epochs: epochs + 1, total_step, choice, ..Progress::default() };
        if is_best {
            let held_out = validation.map(|validated| validated.held_out);
            self.unsaved_best = Some(self.checkpoint(trainee.outcome(), held_out));
        }
        let finished = self.progress.epochs == self.run.recipe.epochs();
        if finished || self.saved.elapsed() >= BETWEEN_CHECKPOINTS {
            self.save(state)?;
        }
        Ok((self.observe)(&event))
    }

    /// Batch norms get statistics of the photographs as they are; the result is kept if it is the best.
    fn reestimate(&mut self, trainee: &mut Trainee<'_>) -> Result<ControlFlow<StopReason>, LearnError> {
        let before = trainee.validate()?;
        let observe = &mut *self.observe;
        let flow = trainee.estimate_statistics(&mut reporter(observe, "statistics"))?;
        if flow.is_break() {
            return Ok(flow);
        }
        let after = trainee.validate()?;
        // The statistics are a choice of their own: they have to be better than those of training.
        let loss = |choice: Option<Best>| choice.and_then(|best| best.calibrated_loss);
        let candidate = Best::new(self.progress.epochs, self.run.recipe.phases.len() as u32, after.as_ref());
        let better = match (loss(Some(candidate)), loss(self.progress.choice.kept)) {
            (Some(ours), Some(theirs)) => ours < theirs,
            _ => false,
        };
        if better && trainee.outcome().is_finite() {
            self.progress.choice.kept = Some(candidate);
            self.checkpoint(trainee.outcome(), after.as_ref().map(|validated| validated.held_out.clone()))
                .write(&self.run.best())?;
        }
        if let (Some(before), Some(after)) = (before, after) {
            let text = format!(
                "batch norm with statistics of the photographs as they are: val loss {:.3} instead of {:.3}, {}",
                after.metrics.loss,
                before.metrics.loss,
                if better { "kept" } else { "not kept" }
            );
            return self.tell(Event::Note(runlog::Note { text }));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The phase, from 1, of an epoch counted from 0.
    fn phase_of(&self, epoch: u32) -> u32 {
        let mut end = 0;
        let phases = self.run.recipe.phases.iter();
        phases
            .take_while(|phase| {
                end += phase.epochs;
                end <= epoch
            })
            .count() as u32
            + 1
    }

    fn checkpoint(&self, state: StateDict, held_out: Option<HeldOut>) -> Checkpoint {
        Checkpoint { recipe: self.recipe_digest.clone(), progress: self.progress, held_out, state }
    }

    /// Saves, unless the weights are no longer finite: the checkpoint from before is worth more then.
    fn save_last(&mut self, trainee: &Trainee<'_>) -> Result<bool, LearnError> {
        let state = trainee.state();
        let finite = state.is_finite();
        if finite {
            self.save(state)?;
        }
        Ok(finite)
    }

    /// Writes the best checkpoint if it is newer than the one on disk, then the last one.
    fn save(&mut self, state: StateDict) -> Result<(), LearnError> {
        self.save_best()?;
        self.checkpoint(state, None).write(&self.run.last())?;
        self.saved = Instant::now();
        Ok(())
    }

    fn save_best(&mut self) -> Result<(), LearnError> {
        match self.unsaved_best.take() {
            Some(best) => Ok(best.write(&self.run.best())?),
            None => Ok(()),
        }
    }

    /// Trains a classifier on all photographs, where the recipe and the kept epoch allow it.
    fn refit(&mut self) -> Result<ControlFlow<StopReason, Option<Refit>>, LearnError> {
        let (recipe, photographs) = (&self.run.recipe, self.photographs);
        let Some(kept) = self.progress.choice.kept else { return Ok(ControlFlow::Continue(None)) };
        if !refit::applies(recipe, photographs, &kept) {
            return Ok(ControlFlow::Continue(None));
        }
        self.save_best()?;
        let mut beginning = Checkpoint::read(&self.run.best())?.state;
        let classifier = format!("{}.", self.graph.nodes[self.graph.classifier()].name);
        let fresh = random_weights(self.device, &self.graph, recipe)?.tensors.into_iter();
        beginning.tensors.extend(fresh.filter(|(name, _)| name.starts_with(&classifier)));
        let graph = self.graph.clone();
        let source = refit::Source { device: self.device, graph: &graph, recipe, photographs, beginning };
        let flow = source.refit(&mut reporter(&mut *self.observe, "classifiers on all but a fold"))?;
        let (text, flow) = match flow {
            ControlFlow::Continue(refit) => {
                let text = words(&refit, recipe.refit);
                (text, ControlFlow::Continue(Some(refit)))
            }
            ControlFlow::Break(StopReason::NonFiniteLoss) => {
                let text = "training on all photographs diverged; the weights of the best epoch are kept";
                (text.to_owned(), ControlFlow::Continue(None))
            }
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let _ = self.tell(Event::Note(runlog::Note { text }))?;
        Ok(flow)
    }

    /// Writes the bundle of the best epoch, or that of the last fit, and what it says of photographs that it has not learnt
    /// from. With it goes what the classifier knows of its own limits.
    fn bundle(
        &mut self,
        refit: Option<Refit>,
    ) -> Result<ControlFlow<StopReason, Option<PathBuf>>, LearnError> {
        let Some(kept) = self.progress.choice.kept else { return Ok(ControlFlow::Continue(None)) };
        self.save_best()?;
        let splits = &self.photographs.splits;
        let (state, best, held_out, learnt_from) = match refit {
            Some(Refit { state, best, held_out }) => {
                (state, best, Some(held_out), splits.train.len() + splits.validation.len())
            }
            None => {
                let Checkpoint { state, held_out, .. } = Checkpoint::read(&self.run.best())?;
                (state, kept, held_out, splits.train.len())
            }
        };
        let classes = &self.photographs.dataset.classes;
        let validation = match &held_out {
            Some(held_out) => {
                self.run.write_held_out(held_out, &self.photographs.dataset)?;
                Some(Validation { metrics: Metrics::new(&held_out.logits, &held_out.labels, classes) })
            }
            None => None,
        };
        let finished = Finished {
            device: self.device,
            graph: &self.graph,
            recipe: &self.run.recipe,
            photographs: self.photographs,
            state: &state,
            phase: kept.phase,
        };
        let progress = &mut reporter(&mut *self.observe, "what leaves look like");
        let caution = match held_out
            .as_ref()
            .map(|held_out| Caution::of(&finished, held_out, best.temperature, progress))
        {
            None => None,
            Some(caution) => match caution? {
                ControlFlow::Continue(caution) => Some(caution),
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            },
        };
        let bundle = Bundle {
            classes: classes.clone(),
            preprocessing: self.run.recipe.preprocessing.clone(),
            graph: self.graph.clone(),
            provenance: Provenance {
                foliar: env!("CARGO_PKG_VERSION").to_owned(),
                recipe: self.run.recipe.clone(),
                epoch: best.epoch,
                train_photographs: learnt_from,
                data_fingerprint: self.run.fingerprint(),
            },
            temperature: best.temperature,
            validation,
            caution,
            state,
        };
        let path = self.run.dir.bundle();
        bundle.write(&path)?;
        Ok(ControlFlow::Continue(Some(path)))
    }
}

/// What there is to say of a last fit.
fn words(refit: &Refit, folds: u32) -> String {
    let count = refit.held_out.photos.len();
    let Best { epoch, accuracy, loss, calibrated_loss, temperature, .. } = refit.best;
    let [accuracy, loss, calibrated] =
        [accuracy, loss, calibrated_loss].map(|figure| format!("{:.3}", figure.unwrap_or(f64::NAN)));
    format!(
        "trained again on all {count} photographs, for {epoch} epochs; in {folds} folds, each judged by a classifier that has \
         not learnt from it: loss {loss}, acc {accuracy}; calibrated with temperature {temperature:.2}, loss {calibrated}"
    )
}

/// Tells an observer how far some work is.
fn reporter<'a>(
    observe: &'a mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
    what: &'static str,
) -> impl FnMut(usize, usize) -> ControlFlow<StopReason> + 'a {
    move |done, all| observe(&Event::Progress(runlog::Progress { what: what.to_owned(), done, all }))
}
