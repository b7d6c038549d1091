//! The threads that decode and predict.
//!
//! ```text
//! requests ──> decoders, as many as cores ──> one thread with the classifiers: takes what waits, up to a batch
//! ```
//!
//! Every photograph holds a place of the queue until it is answered or its client has gone, so that no channel grows beyond it.

mod alone;
mod classifier;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use foliar_explain::Explanation;
use foliar_http::body::Share;
use foliar_model::{ModelError, Prediction};
use foliar_vision::{Limits, LoadedPhoto, Reason, Resizer, Rgb, photo_of_bytes, reduce};
use hyper::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use self::classifier::Classifier;
use crate::health::Health;
use crate::metrics::{Metrics, Stage};
use crate::model::Model;

/// A photograph to be.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, with its name if it has one.
    File { name: Option<PathBuf>, bytes: Bytes },
    /// Pixels.
    Pixels(Rgb),
}

/// What is asked of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Predict,
    /// The evidence for a class, or for the most probable one.
    Explain {
        class: Option<usize>,
    },
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) prediction: Prediction,
    pub(crate) remarks: Vec<Reason>,
    /// The reduced photograph and where the evidence in it lies.
    pub(crate) explained: Option<(Rgb, Explanation)>,
}

/// Why nothing was found.
#[derive(Debug)]
pub(crate) enum Failure {
    Photo(Reason),
    /// A fault of the network or of the program.
    Fault(String),
}

/// One photograph on its way.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) model: usize,
    pub(crate) source: Source,
    /// Of the body that the photograph came in, whether or not its client still waits.
    pub(crate) share: Arc<Share>,
    pub(crate) task: Task,
    pub(crate) ticket: Ticket,
}

/// Where the answer goes, and the place in the queue until then.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) reply: oneshot::Sender<Result<Found, Failure>>,
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) since: Instant,
}

impl Ticket {
    fn answer(self, result: Result<Found, Failure>) {
        let Self { reply, place, .. } = self;
        // The place is free before the client knows.
        drop(place);
        // A client that has gone wants no answer.
        let _ = reply.send(result);
    }

    fn is_given_up(&self) -> bool {
        self.reply.is_closed()
    }
}

/// A decoded photograph.
pub(crate) struct Ready {
    model: usize,
    photo: LoadedPhoto,
    task: Task,
    ticket: Ticket,
}

/// The threads. They end when this is dropped and all work is done.
pub(crate) struct Workers {
    inbox: Sender<Work>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `decoders` threads and the one that predicts, with at most `batch` photographs at a time.
    ///
    /// # Errors
    /// The name of a model whose weights do not fit its network.
    pub(crate) fn start(
        models: Vec<Model>,
        decoders: usize,
        batch: usize,
        limits: Limits,
        metrics: &Arc<Metrics>,
        health: &Arc<Health>,
    ) -> Result<Self, (String, ModelError)> {
        let sides: Arc<[u32]> = models.iter().map(|model| model.bundle.preprocessing.store_side).collect();
        let classifiers = models
            .into_iter()
            .map(|model| Classifier::new(model.bundle, batch).map_err(|error| (model.name, error)))
            .collect::<Result<Vec<_>, _>>()?;
        let (inbox, taken) = channel();
        let (decoded, ready) = channel();
        let taken = Arc::new(Mutex::new(taken));
        let mut threads = Vec::new();
        for _ in 0..decoders.max(1) {
            let (taken, decoded, sides, metrics) =
                (Arc::clone(&taken), decoded.clone(), Arc::clone(&sides), Arc::clone(metrics));
            let shift = health.shift();
            threads.push(thread::spawn(move || {
                let _shift = shift;
                decode_all(&taken, &decoded, &sides, &limits, &metrics);
            }));
        }
        let (metrics, shift) = (Arc::clone(metrics), health.shift());
        threads.push(thread::spawn(move || {
            let _shift = shift;
            predict_all(classifiers, &ready, batch, &metrics);
        }));
        Ok(Self { inbox, threads })
    }

    /// Where work goes.
    pub(crate) fn inbox(&self) -> Sender<Work> {
        self.inbox.clone()
    }

    /// Waits until all work is done; every other inbox must be gone.
    pub(crate) fn finish(self) {
        drop(self.inbox);
        for thread in self.threads {
            // A thread that panicked has dropped its work, which the clients were told.
            let _ = thread.join();
        }
    }
}

fn decode_all(
    taken: &Mutex<Receiver<Work>>,
    decoded: &Sender<Ready>,
    sides: &[u32],
    limits: &Limits,
    metrics: &Metrics,
) {
    let mut resizer = Resizer::default();
    loop {
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Work { model, source, share, task, ticket }) = next else { return };
        if ticket.is_given_up() {
            continue;
        }
        metrics.time(Stage::Queue, ticket.since.elapsed());
        let start = Instant::now();
        let loaded = catch_unwind(AssertUnwindSafe(|| load(source, sides[model], limits, &mut resizer)));
        drop(share);
        metrics.time(Stage::Decode, start.elapsed());
        match loaded {
            Ok(Ok(photo)) => {
                if decoded.send(Ready { model, photo, task, ticket }).is_err() {
                    return;
                }
            }
            Ok(Err(reason)) => ticket.answer(Err(Failure::Photo(reason))),
            Err(_) => {
                resizer = Resizer::default();
                ticket.answer(Err(Failure::Fault("the photo made the decoder fail".to_owned())));
            }
        }
    }
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

fn predict_all(mut classifiers: Vec<Classifier>, ready: &Receiver<Ready>, most: usize, metrics: &Metrics) {
    let mut waiting: VecDeque<Ready> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            let Ok(first) = ready.recv() else { return };
            waiting.push_back(first);
        }
        waiting.extend(ready.try_iter());
        waiting.retain(|work| !work.ticket.is_given_up());
        let Some(first) = waiting.front() else { continue };
        let (model, task) = (first.model, first.task);
        // An explanation is work for one photograph; predictions for one model go together.
        let most = if task == Task::Predict { most } else { 1 };
        let alike =
            waiting.iter().take_while(|work| work.model == model && work.task == task).take(most).count();
        let (mut photos, mut tickets) = (Vec::with_capacity(alike), Vec::with_capacity(alike));
        for Ready { photo: LoadedPhoto { picture, remarks }, ticket, .. } in waiting.drain(..alike) {
            photos.push(picture);
            tickets.push((ticket, remarks));
        }
        let start = Instant::now();
        let results = classifiers[model].run(photos, task);
        metrics.time(Stage::Infer, start.elapsed());
        metrics.batch(alike);
        for ((ticket, remarks), result) in tickets.into_iter().zip(results) {
            if let (Ok((prediction, _)), Task::Predict) = (&result, task)
                && prediction.logits.iter().all(|logit| logit.is_finite())
            {
                metrics.prediction(model, prediction);
            }
            let result = result.map(|(prediction, explained)| Found { prediction, remarks, explained });
            ticket.answer(result.map_err(Failure::Fault));
        }
    }
}
