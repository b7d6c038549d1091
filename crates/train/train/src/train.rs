//! The training loop.
//!
//! Phase by phase, epoch by epoch: every training photograph once, then every validation photograph in evaluation mode,
//! then the log, then the checkpoints. In this order: a process that is killed anywhere leaves a newest checkpoint and a
//! log that is at least as long, and resuming cuts the log back to the checkpoint. At the end a classifier on kept
//! features learns from all photographs ([`crate::refit`]); an interrupted refit starts again.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use foliar_model::{MOST_CLASSES, check_demands};
use foliar_nn::{Device, EngineOptions, Graph, StateDict, Statistics};
use foliar_runlog::{self as runlog, Event, Log, StopReason};
use foliar_vision::Task;

use crate::best_epoch::EpochScore;
use crate::checkpoint::{Checkpoint, Progress};
use crate::epochs::{Observer, Position, train_epochs};
use crate::error::{self, TrainError};
use crate::initial::Given;
use crate::lessons::Lessons;
use crate::out_of_fold::{Figures, OutOfFoldPredictions, Validated};
use crate::phase_trainer::{PhaseInit, PhaseTrainer, Step};
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::run::Run;

/// Epochs that are shorter than this share a checkpoint: a second of work is sooner repeated than saved.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(3);

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub reason: StopReason,
    /// Epochs that are done.
    pub epochs: u32,
    /// The epoch that did best on the validation photographs; the bundle holds its weights unless there was a refit.
    pub best: Option<EpochScore>,
    /// How good classifiers on all but a fold were before one was found on all photographs, and the number of epochs that
    /// cross-validation chose, 0 for a classifier that was solved; `None` if there was no refit.
    pub refit: Option<EpochScore>,
    /// The bundle; `None` if no epoch was finished, or if the run was interrupted: resuming it writes the bundle.
    pub bundle: Option<PathBuf>,
}

/// Makes sure that a network can be built for the recipe and `classes`, before anything is written. Returns what there is to
/// say of the weights that it begins with; [`train()`] says it itself.
///
/// # Errors
/// A network that the photographs' size or the frozen part does not fit; weights that cannot be read or are of another
/// network.
pub fn check(recipe: &Recipe, classes: &[String]) -> Result<Vec<String>, TrainError> {
    let (count, few) = (classes.len() as f64, classes.len() <= MOST_CLASSES);
    error::check("the number of classes", count, few, "at most 5000; --classes selects or merges some")?;
    let graph = recipe.network(classes.len())?;
    foliar_nn::infer(&graph, recipe.batch_size, recipe.image_size(), recipe.image_size())?;
    check_demands(&graph, recipe.image_size())?;
    for phase in &recipe.phases {
        phase.freeze.cut(&graph)?;
    }
    recipe.loss.class_weights.check(classes)?;
    let mut notes = given(&graph, recipe, classes)?.notes;
    if let Some(teacher) = &recipe.teacher {
        let bundle = teacher.open()?;
        check_demands(&bundle.graph, bundle.preprocessing.size as usize)?;
        notes.extend(teacher.places(&bundle.classes, classes)?.1);
    }
    Ok(notes)
}

/// Whether the weights that the recipe begins with know some of `classes`, so that training goes on from their classifier.
///
/// # Errors
/// Weights that cannot be read or are of another network.
pub fn goes_on(recipe: &Recipe, classes: &[String]) -> Result<bool, TrainError> {
    Ok(given(&recipe.network(classes.len())?, recipe, classes)?.knows_classes())
}

/// Trains from the run's newest checkpoint, or from the first weights if there is none, to the end of the recipe.
/// `observe` sees every event and may say stop after any step.
///
/// # Errors
/// Photographs that cannot be read any more, weights or a checkpoint that do not fit, a run folder that cannot be
/// written. What was saved before stays.
pub fn train(
    device: &dyn Device,
    run: &Run,
    photographs: &Photographs,
    observe: &mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
) -> Result<Outcome, TrainError> {
    let _lock = run.lock()?;
    let recipe_digest = run.recipe.digest()?;
    let checkpoint = run.last_checkpoint()?;
    if checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.recipe != recipe_digest) {
        return Err(TrainError::RecipeChanged { path: run.dir.recipe() });
    }
    let classes = photographs.dataset.outputs();
    let graph = run.recipe.network(classes.len())?;
    let log = match &checkpoint {
        Some(checkpoint) => Log::resume(&run.dir, checkpoint.progress.total_step)?.0,
        None if run.dir.events().exists() => Log::resume(&run.dir, 0)?.0,
        None => Log::create(&run.dir)?,
    };
    let resumed = checkpoint.is_some();
    let (progress, state, notes) = match checkpoint {
        Some(checkpoint) => (checkpoint.progress, checkpoint.state, Vec::new()),
        None => {
            let (state, mut notes) = first_weights(device, &graph, &run.recipe, classes)?;
            notes.extend(run.recipe.loss.remark());
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
        clock: EpochClock::new(&progress),
        with_unlabelled: {
            let labelled = photographs.splits.train.len() as f64;
            (labelled + photographs.unlabelled().len() as f64) / labelled
        },
        observe,
    };
    session.announce(&state, resumed)?;
    for text in notes {
        let _ = session.tell(Event::Note(runlog::Note { text }))?;
    }
    if let (Some(teacher), false) = (&run.recipe.teacher, resumed) {
        let also = teacher.places(&teacher.open()?.classes, classes)?.1;
        for text in also.into_iter().chain([teacher.words()]) {
            let _ = session.tell(Event::Note(runlog::Note { text }))?;
        }
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

/// The weights that a run over `classes` begins with, and what there is to say of them.
pub(crate) fn first_weights(
    device: &dyn Device,
    graph: &Graph,
    recipe: &Recipe,
    classes: &[String],
) -> Result<(StateDict, Vec<String>), TrainError> {
    let mut state = random_weights(device, graph, recipe)?;
    let given = given(graph, recipe, classes)?;
    given.put_into(&mut state);
    Ok((state, given.notes))
}

/// What the file of the recipe gives to the first weights; nothing if it has none.
pub(crate) fn given(graph: &Graph, recipe: &Recipe, classes: &[String]) -> Result<Given, TrainError> {
    // What told classes apart says nothing of labels, each of which is a question of its own.
    let classes = if recipe.task().is_multi_class() { classes } else { &[] };
    match &recipe.weights {
        Some(weights) => weights.load(graph, classes, &recipe.preprocessing),
        None => Ok(Given::default()),
    }
}

/// Random weights of the recipe's seed.
pub(crate) fn random_weights(
    device: &dyn Device,
    graph: &Graph,
    recipe: &Recipe,
) -> Result<StateDict, TrainError> {
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

/// A run under way.
pub(crate) struct Session<'a> {
    pub(crate) device: &'a dyn Device,
    pub(crate) graph: Graph,
    pub(crate) run: &'a Run,
    pub(crate) recipe_digest: String,
    pub(crate) photographs: &'a Photographs,
    log: Log,
    pub(crate) progress: Progress,
    /// The best epoch's checkpoint while it is not on disk yet.
    unsaved_best: Option<Checkpoint>,
    /// When a checkpoint was written last.
    saved: Instant,
    clock: EpochClock,
    /// Training photographs, those without labels too, for each with a label.
    with_unlabelled: f64,
    pub(crate) observe: &'a mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
}

/// The time that an epoch takes, over interruptions.
struct EpochClock {
    began: Instant,
    /// Seconds spent in it before the last interruption.
    earlier: f64,
    /// Photographs seen in it before.
    seen_before: u64,
}

impl EpochClock {
    fn new(progress: &Progress) -> Self {
        Self { began: Instant::now(), earlier: progress.seconds, seen_before: progress.seen }
    }

    fn seconds(&self) -> f64 {
        self.earlier + self.began.elapsed().as_secs_f64()
    }

    /// Photographs a second since the epoch, or what is left of it, began.
    fn images_per_second(&self, seen: u64) -> f64 {
        (seen - self.seen_before) as f64 / self.began.elapsed().as_secs_f64()
    }
}

impl Observer for Session<'_> {
    fn step(&mut self, step: &Step<'_>) -> ControlFlow<StopReason> {
        let progress = &mut self.progress;
        progress.step += 1;
        progress.total_step += 1;
        progress.loss_sum += step.stats.loss_sum;
        progress.correct += step.stats.correct as u64;
        progress.seen += step.stats.photographs as u64;
        (self.observe)(&Event::Step(runlog::Step {
            epoch: progress.epochs + 1,
            epochs: self.run.recipe.epochs(),
            step: progress.step,
            steps: step.steps as u32,
            total_step: progress.total_step,
            // No photograph of the first steps may have a label.
            loss: progress.loss_sum / progress.seen.max(1) as f64,
            learning_rate: step.learning_rate,
            images_per_second: self.clock.images_per_second(progress.seen) * self.with_unlabelled,
        }))
    }

    fn epoch(
        &mut self,
        trainer: &mut PhaseTrainer<'_>,
        epoch: u32,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let validation = trainer.validate()?;
        if validation.as_ref().is_some_and(|validated| !validated.is_finite()) {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        self.finish_epoch(trainer, epoch, validation)
    }
}

impl Session<'_> {
    pub(crate) fn tell(&mut self, event: Event) -> Result<ControlFlow<StopReason>, TrainError> {
        self.log.write(&event)?;
        Ok((self.observe)(&event))
    }

    fn announce(&mut self, state: &StateDict, resumed: bool) -> Result<(), TrainError> {
        let summary = self.photographs.summary();
        let state = state.clone().outcome();
        let trained = state.tensors.iter().filter(|(name, _)| !name.contains("running_"));
        let start = runlog::Start {
            foliar: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.run.recipe.model.clone(),
            classes: self.photographs.dataset.outputs().to_vec(),
            train: summary.train,
            validation: summary.validation,
            skipped: summary.skipped,
            parameters: trained.map(|(_, tensor)| tensor.data.len() as u64).sum(),
            resumed_from_step: resumed.then_some(self.progress.total_step),
            time: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |t| t.as_secs_f64()),
        };
        // The start of a run cannot be refused.
        let _ = self.tell(Event::Start(start))?;
        Ok(())
    }

    /// Runs what is left of the recipe, from `state`.
    fn phases(&mut self, mut state: StateDict) -> Result<StopReason, TrainError> {
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
            let init = PhaseInit { device, graph: &graph, recipe, phase, photographs, state };
            let observe = &mut *self.observe;
            let taught = {
                let mut teaching = reporter(&mut *observe, "what the teacher says");
                Lessons::gather(device, recipe, photographs, &mut teaching)?
            };
            if let ControlFlow::Break(reason) = taught {
                return Ok(reason);
            }
            let mut trainer = match PhaseTrainer::begin(init, &mut reporter(observe, "features"))? {
                ControlFlow::Continue(trainer) => trainer,
                ControlFlow::Break(reason) => return Ok(reason),
            };
            if let ControlFlow::Break(reason) = self.epochs(&mut trainer, begin)? {
                return Ok(reason);
            }
            if last
                && recipe.reestimate
                && graph.has_batch_norm()
                && trainer.sees_photographs()
                && let ControlFlow::Break(reason) = self.reestimate(&mut trainer)?
            {
                return Ok(reason);
            }
            state = trainer.state();
        }
        Ok(StopReason::Finished)
    }

    /// Runs what is left of a phase, whose epochs are `begin..end` of the run.
    fn epochs(
        &mut self,
        trainer: &mut PhaseTrainer<'_>,
        begin: u32,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let Progress { epochs, step, .. } = self.progress;
        let position = Position { epochs_before: begin, epoch: epochs - begin, step };
        self.clock = EpochClock::new(&self.progress);
        let flow = train_epochs(trainer, position, self)?;
        let ControlFlow::Break(reason) = flow else { return Ok(flow) };
        self.progress.seconds = if self.progress.step == 0 { 0.0 } else { self.clock.seconds() };
        // Weights that are no longer finite are not saved: the checkpoint from before is worth more then.
        let state = trainer.state();
        if reason == StopReason::NonFiniteLoss || !state.is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        self.save(state)?;
        Ok(flow)
    }

    /// Logs and saves an epoch whose steps are done.
    fn finish_epoch(
        &mut self,
        trainer: &PhaseTrainer<'_>,
        epoch_of_phase: u32,
        validation: Option<Validated>,
    ) -> Result<ControlFlow<StopReason>, TrainError> {
        let Progress { epochs, total_step, loss_sum, correct, seen, mut choice, .. } = self.progress;
        let seen = seen.max(1) as f64;
        // Every label of a photograph is an answer that is right or wrong.
        let (answers, chance_of) = match self.photographs.dataset.task() {
            Task::MultiClass => (1, self.graph.classes()),
            Task::MultiLabel => (self.graph.classes(), 2),
        };
        let steps = trainer.batches();
        let figures = validation.as_ref().map(|validated| &validated.figures);
        let phase = self.phase_of(epochs);
        let is_best = choice.take(EpochScore::new(epochs + 1, phase, validation.as_ref()));
        let state = trainer.state();
        if !state.is_finite() {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        }
        let event = Event::Epoch(runlog::Epoch {
            epoch: epochs + 1,
            epochs: self.run.recipe.epochs(),
            phase,
            total_step,
            seconds: self.clock.seconds(),
            mixed: !trainer.phase().mixing.is_none(),
            train_loss: loss_sum / seen,
            train_accuracy: correct as f64 / seen / answers as f64,
            validation_loss: figures.map(Figures::loss),
            validation_accuracy: figures.map(Figures::accuracy),
            validation_macro_f1: figures.map(Figures::macro_f1),
            validation_mean_f1: figures.and_then(Figures::mean_f1),
            calibrated_loss: validation.as_ref().map(|validated| validated.calibration.loss),
            learning_rate: trainer.phase().rate(steps, epoch_of_phase, steps.saturating_sub(1)),
            classes: chance_of,
            best: is_best,
        });
        self.log.write(&event)?;
        self.progress = Progress { epochs: epochs + 1, total_step, choice, ..Progress::default() };
        if is_best {
            let out_of_fold = validation.map(|validated| validated.out_of_fold);
            self.unsaved_best = Some(self.checkpoint(trainer.outcome(), out_of_fold));
        }
        let finished = self.progress.epochs == self.run.recipe.epochs();
        if finished || self.saved.elapsed() >= BETWEEN_CHECKPOINTS {
            self.save(state)?;
        }
        let flow = (self.observe)(&event);
        self.clock = EpochClock::new(&self.progress);
        // Nothing is left to stop.
        Ok(if finished { ControlFlow::Continue(()) } else { flow })
    }

    /// Batch norms get statistics of the photographs as they are; the result is kept if it is the best.
    fn reestimate(&mut self, trainer: &mut PhaseTrainer<'_>) -> Result<ControlFlow<StopReason>, TrainError> {
        let before = trainer.validate()?;
        let observe = &mut *self.observe;
        let flow = trainer.estimate_statistics(&mut reporter(observe, "statistics"))?;
        if flow.is_break() {
            return Ok(flow);
        }
        let after = trainer.validate()?;
        // The statistics are a choice of their own: they have to be better than those of training.
        let loss = |choice: Option<EpochScore>| choice.and_then(|best| best.calibrated_loss);
        let candidate =
            EpochScore::new(self.progress.epochs, self.run.recipe.phases.len() as u32, after.as_ref());
        let better = match (loss(Some(candidate)), loss(self.progress.choice.kept)) {
            (Some(ours), Some(theirs)) => ours < theirs,
            _ => false,
        };
        if better && trainer.outcome().is_finite() {
            self.progress.choice.kept = Some(candidate);
            self.checkpoint(trainer.outcome(), after.as_ref().map(|validated| validated.out_of_fold.clone()))
                .write(&self.run.best())?;
        }
        if let (Some(before), Some(after)) = (before, after) {
            let text = format!(
                "batch-norm statistics without augmentation: val loss {:.3} instead of {:.3}, {}",
                after.figures.loss(),
                before.figures.loss(),
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

    fn checkpoint(&self, state: StateDict, out_of_fold: Option<OutOfFoldPredictions>) -> Checkpoint {
        Checkpoint { recipe: self.recipe_digest.clone(), progress: self.progress, out_of_fold, state }
    }

    /// Writes the best checkpoint if it is newer than the one on disk, then the last one.
    fn save(&mut self, state: StateDict) -> Result<(), TrainError> {
        self.save_best()?;
        self.checkpoint(state, None).write(&self.run.last())?;
        self.saved = Instant::now();
        Ok(())
    }

    pub(crate) fn save_best(&mut self) -> Result<(), TrainError> {
        match self.unsaved_best.take() {
            Some(best) => Ok(best.write(&self.run.best())?),
            None => Ok(()),
        }
    }
}

/// Tells an observer how far some work is.
pub(crate) fn reporter<'a>(
    observe: &'a mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
    what: &'static str,
) -> impl FnMut(usize, usize) -> ControlFlow<StopReason> + 'a {
    move |done, all| observe(&Event::Progress(runlog::Progress { what: what.to_owned(), done, all }))
}
