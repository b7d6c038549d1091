//! What a training run shows while it goes on.

use std::ops::ControlFlow;

use foliar_runlog::{Event, StopReason, chance_line, epoch_line, labels_chance_line};
use foliar_train::Recipe;
use indicatif::ProgressBar;

use crate::commands::digits::grouped;
use crate::watch::Watch;
use crate::{interrupt, progress};

/// Shows events: a line an epoch, and a bar within it where there is a terminal.
#[derive(Default)]
pub(crate) struct Screen {
    bar: Option<ProgressBar>,
    /// Whether it was said what guessing reaches.
    headed: bool,
    /// Whether photographs show any number of labels.
    of_labels: bool,
    /// What the bar counts, besides steps.
    counted: String,
    watch: Watch,
}

impl Screen {
    /// Shows a run of `recipe`.
    pub(crate) fn of(recipe: &Recipe) -> Self {
        Self { watch: Watch::of(recipe), of_labels: !recipe.task().is_multi_class(), ..Self::default() }
    }

    pub(crate) fn show(&mut self, event: &Event) -> ControlFlow<StopReason> {
        match event {
            Event::Start(start) => {
                self.watch.start(start);
                if let Some(step) = start.resumed_from_step {
                    say!("continuing after step {step}");
                }
                say!("{}: {} parameters", start.model, grouped(start.parameters));
            }
            Event::Step(step) => {
                let template = "{prefix} {bar:16} {pos}/{len}  {msg}  {eta} left";
                let bar = self.bar.get_or_insert_with(|| progress::bar(u64::from(step.steps), template));
                bar.set_prefix(format!("epoch {}/{}", step.epoch, step.epochs));
                bar.set_message(format!("loss {:.3}  {:.1} images/s", step.loss, step.images_per_second));
                bar.set_position(u64::from(step.step));
            }
            Event::Progress(progress) => {
                if self.counted != progress.what {
                    self.clear();
                    self.counted.clone_from(&progress.what);
                }
                let template = "{prefix} {bar:16} {pos}/{len}  {eta} left";
                let bar = self.bar.get_or_insert_with(|| progress::bar(progress.all as u64, template));
                bar.set_prefix(progress.what.clone());
                bar.set_position(progress.done as u64);
                if progress.done == progress.all {
                    self.clear();
                }
            }
            Event::Epoch(epoch) => {
                self.clear();
                if !std::mem::replace(&mut self.headed, true) {
                    match self.of_labels {
                        false => say!("{}", chance_line(epoch.classes)),
                        true => say!("{}", labels_chance_line()),
                    }
                    if epoch.calibrated_loss.is_some() {
                        say!("in brackets: the loss after calibration; the epoch with the lowest is kept");
                    }
                }
                say!("{}", epoch_line(epoch));
                self.watch.epoch(epoch).iter().for_each(|line| say!("doctor: {line}"));
            }
            Event::Note(note) => {
                self.clear();
                say!("{}", note.text);
            }
            Event::Stop(_) => self.clear(),
        }
        if interrupt::asked() {
            ControlFlow::Break(StopReason::Interrupted)
        } else {
            ControlFlow::Continue(())
        }
    }

    /// What the doctor has to say at the end.
    pub(crate) fn conclude(&mut self) {
        self.clear();
        self.watch.conclude().iter().for_each(|line| say!("doctor: {line}"));
    }

    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.counted.clear();
    }
}
