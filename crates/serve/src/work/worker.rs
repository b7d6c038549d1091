//! A thread that decodes and predicts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use foliar_model::{Prediction, Predictor};
use foliar_vision::{Limits, LoadedPhoto, Reason, Resizer, photo_of_bytes, reduce};
use rayon::ThreadPool;

use super::alone::together_or_alone;
use super::explaining::ToExplain;
use super::queue::{Queue, Taken};
use super::{Failure, Found, Source, Task, Ticket, Work};
use crate::metrics::{Metrics, Stage};

/// What a thread that decodes and predicts has.
pub(super) struct Worker {
    pub(super) queue: Arc<Queue>,
    /// Of each classifier.
    pub(super) predictors: Vec<Predictor>,
    /// Threads for a photograph that is alone, if they are more than one.
    pub(super) wide: Option<Arc<ThreadPool>>,
    pub(super) explaining: Sender<ToExplain>,
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
    pub(super) resizer: Resizer,
}

/// A decoded photograph.
struct Decoded {
    photo: LoadedPhoto,
    task: Task,
    ticket: Ticket,
}

impl Worker {
    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self, most: usize) {
        let queue = Arc::clone(&self.queue);
        let _giving_up = GiveUp(&queue);
        while let Some(Taken { work, is_all, .. }) = &mut queue.take(most) {
            let Some(model) = work.first().map(|work| work.model) else { continue };
            let decoded: Vec<Decoded> = work.drain(..).filter_map(|work| self.decode(work)).collect();
            self.predict(model, decoded, *is_all);
        }
    }

    /// The photograph, unless it was answered or nobody waits for it.
    fn decode(&mut self, work: Work) -> Option<Decoded> {
        let Work { model, source, share, task, ticket } = work;
        if ticket.is_given_up() {
            return None;
        }
        self.metrics.time(Stage::Queue, ticket.since.elapsed());
        let start = Instant::now();
        let side = self.predictors[model].bundle().preprocessing.store_side;
        let loaded = catch_unwind(AssertUnwindSafe(|| load(source, side, &self.limits, &mut self.resizer)));
        drop(share);
        self.metrics.time(Stage::Decode, start.elapsed());
        match loaded {
            Ok(Ok(photo)) => Some(Decoded { photo, task, ticket }).filter(|it| !it.ticket.is_given_up()),
            Ok(Err(reason)) => {
                ticket.answer(Err(Failure::Photo(reason)));
                None
            }
            Err(_) => {
                self.resizer = Resizer::default();
                ticket.answer(Err(Failure::Fault("the photo made the decoder fail".to_owned())));
                None
            }
        }
    }

    fn predict(&mut self, model: usize, decoded: Vec<Decoded>, is_all: bool) {
        if decoded.is_empty() {
            return;
        }
        let (mut photos, mut rest) = (Vec::with_capacity(decoded.len()), Vec::with_capacity(decoded.len()));
        for Decoded { photo: LoadedPhoto { picture, remarks }, task, ticket } in decoded {
            photos.push(picture);
            rest.push((remarks, task, ticket));
        }
        let start = Instant::now();
        let predictor = &mut self.predictors[model];
        let mut predict = || {
            together_or_alone(&photos, |photos| predictor.predict(photos).map_err(|error| error.to_string()))
        };
        // On this thread alone: threads that share a layer wait for each other after each.
        let results = match &self.wide {
            Some(wide) if is_all => wide.install(predict),
            _ => predict(),
        };
        self.metrics.time(Stage::Infer, start.elapsed());
        self.metrics.batch(photos.len());
        for ((photo, (remarks, task, ticket)), result) in photos.into_iter().zip(rest).zip(results) {
            match (result, task) {
                (Err(fault), _) => ticket.answer(Err(Failure::Fault(fault))),
                (Ok(prediction), Task::Predict) => {
                    if is_finite(&prediction) {
                        self.metrics.prediction(model, &prediction);
                    }
                    ticket.answer(Ok(Found { prediction, remarks, explained: None }));
                }
                (Ok(prediction), Task::Explain { class }) => {
                    // Where that thread has gone, the ticket goes too, and the client is told.
                    let _ =
                        self.explaining.send(ToExplain { model, photo, class, prediction, remarks, ticket });
                }
            }
        }
    }
}

fn is_finite(prediction: &Prediction) -> bool {
    prediction.logits.iter().all(|logit| logit.is_finite())
}

fn load(source: Source, side: u32, limits: &Limits, resizer: &mut Resizer) -> Result<LoadedPhoto, Reason> {
    match source {
        Source::File { name, bytes } => photo_of_bytes(name.as_deref(), &bytes, side, limits, resizer),
        Source::Pixels(pixels) => {
            limits.check_dimensions(pixels.width, pixels.height)?;
            Ok(LoadedPhoto { picture: reduce(&pixels, side, resizer).into_owned(), remarks: Vec::new() })
        }
    }
}

/// A thread that panics leaves nothing waiting for it.
struct GiveUp<'a>(&'a Queue);

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.give_up();
        }
    }
}
