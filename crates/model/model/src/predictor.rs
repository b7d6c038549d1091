//! Runs a bundle on photographs.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use foliar_nn::{Graph, GraphError, PredictionEngine};
use foliar_vision::{Limits, LoadedPhoto, PhotoSource, Reason, Resizer, Rgb, Workspace, load_photo};
use rayon::prelude::*;

use crate::bundle::Bundle;
use crate::demands::{check_demands, check_weights_alone};
use crate::error::ModelError;
use crate::file_workers;
use crate::pooling::{feature_width, pooled_features};
use crate::prediction::Prediction;
use crate::views::{Views, turn_into};

/// Decodes the photograph at `path` and reduces it until its shorter side is at most `side` pixels, which is
/// [`foliar_vision::Preprocessing::store_side`]: the first step of preprocessing. A large photograph then takes its place in
/// memory for no longer than it must.
///
/// # Errors
/// What is wrong with the file.
pub fn decode_reduced(path: &Path, side: u32, limits: &Limits) -> Result<Rgb, Reason> {
    Ok(load_photo(path, side, limits, &mut Resizer::default())?.picture)
}

/// The prediction for a file, or what is wrong with it.
pub type FilePrediction = Result<Prediction, Reason>;

/// Takes the place of a file, what is said of it or what is wrong with it, and what is odd about it: reasons that do not
/// [exclude](Reason::excludes) it. Breaks where no more is wanted.
pub type EachFile<'a, T> = dyn FnMut(usize, Result<T, Reason>, &[Reason]) -> ControlFlow<()> + 'a;

/// What became of a file: what the network makes of it, with what is odd about it.
type Outcome<T> = Result<(T, Vec<Reason>), Reason>;

/// Photographs that a thread of its own decodes before the network sees them: as many as go through it together.
const PIECE: usize = 4;

/// What the network makes of a photograph.
pub(crate) struct RawOutputs {
    /// One a class or label, as the network gives them: the mean over the views.
    pub(crate) logits: Vec<f32>,
    /// Pooled, of what stands before the classifier, of the photograph as it is: what the detector was fitted to.
    features: Vec<f32>,
    views: Views,
}

impl RawOutputs {
    /// What a bundle of classes says of it.
    fn prediction(self, bundle: &Bundle) -> Prediction {
        let scale = (1.0 / bundle.temperature) as f32;
        let logits: Vec<f32> = self.logits.iter().map(|logit| logit * scale).collect();
        let uncertainty = bundle.uncertainty.as_ref();
        let details = uncertainty.map(|uncertainty| uncertainty.assess(&logits, &self.features));
        Prediction { logits, views: self.views.count(), details }
    }
}

/// No values yet, and room for so many.
fn room(floats: usize) -> Result<Vec<f32>, ModelError> {
    let mut values = Vec::new();
    values.try_reserve_exact(floats).map_err(|_| GraphError::Memory { mib: floats >> 18 })?;
    Ok(values)
}

/// Runs a bundle on photographs.
pub struct Predictor {
    /// Everything before the classifier.
    front: PredictionEngine,
    classifier: PredictionEngine,
    /// The classifier's graph, which begins with features.
    tail: Graph,
    bundle: Arc<Bundle>,
    workspace: Workspace,
    images: Vec<f32>,
    views: Views,
    /// The images as another view shows them; empty for a single view.
    turned: Vec<f32>,
}

impl Predictor {
    /// Plans for at most `batch` photographs at a time.
    ///
    /// # Errors
    /// A bundle whose weights do not fit its graph, and [`ModelError::MultiLabel`] for one of labels.
    pub fn new(bundle: impl Into<Arc<Bundle>>, batch: usize) -> Result<Self, ModelError> {
        let bundle: Arc<Bundle> = bundle.into();
        bundle.one_class()?;
        Self::of_any(bundle, batch)
    }

    /// The same for a bundle whose outputs mean whatever they may.
    pub(crate) fn of_any(bundle: Arc<Bundle>, batch: usize) -> Result<Self, ModelError> {
        let (size, batch) = (bundle.preprocessing.size as usize, batch.max(1));
        check_weights_alone(&bundle.graph, &bundle.state, size)?;
        check_demands(&bundle.graph, size)?;
        let (head, tail) = bundle.graph.split(bundle.graph.backbone(), size)?;
        let front = PredictionEngine::new(&head, &bundle.state, size, batch)?;
        let classifier = PredictionEngine::new(&tail, &bundle.state, size, batch)?;
        let images = room(batch * bundle.preprocessing.len())?;
        let workspace = Workspace::default();
        Ok(Self { front, classifier, tail, bundle, workspace, images, views: Views::ONE, turned: Vec::new() })
    }

    /// Another predictor of the same bundle, with the same weights, which are there once: for another thread.
    ///
    /// # Errors
    /// There is no memory for its photographs.
    pub fn another(&self) -> Result<Self, ModelError> {
        Ok(Self {
            front: self.front.another(),
            classifier: self.classifier.another(),
            tail: self.tail.clone(),
            bundle: Arc::clone(&self.bundle),
            workspace: Workspace::default(),
            images: room(self.batch() * self.bundle.preprocessing.len())?,
            views: self.views,
            turned: room(self.turned.capacity())?,
        })
    }

    /// Another predictor of the same bundle for a thread that is alone, of at most `batch` photographs at a time.
    fn alone(&self, batch: usize) -> Result<Self, ModelError> {
        let len = batch * self.bundle.preprocessing.len();
        Ok(Self {
            front: self.front.alone(batch)?,
            classifier: self.classifier.alone(batch)?,
            tail: self.tail.clone(),
            bundle: Arc::clone(&self.bundle),
            workspace: Workspace::default(),
            images: room(len)?,
            views: self.views,
            turned: room(if self.views.is_one() { 0 } else { len })?,
        })
    }

    /// What it runs.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Uses the thresholds of another target error rate; see [`Uncertainty::set_risk`](crate::Uncertainty::set_risk).
    ///
    /// # Errors
    /// A rate that the bundle has no thresholds for.
    pub fn set_risk(&mut self, risk: f64) -> Result<(), ModelError> {
        Arc::make_mut(&mut self.bundle)
            .uncertainty
            .as_mut()
            .map_or(Ok(()), |uncertainty| uncertainty.set_risk(risk))
    }

    /// Predicts from so many views of each photograph from now on, in as many times the time. Temperature, thresholds and prediction sets
    /// are those of the bundle, which were fitted to one view: of more, nothing is promised. Distances are those of the photograph as
    /// it is, and mean what they did.
    ///
    /// # Errors
    /// There is no memory for the views.
    pub fn set_views(&mut self, views: Views) -> Result<(), ModelError> {
        if !views.is_one() {
            self.turned = room(self.batch() * self.bundle.preprocessing.len())?;
        }
        self.views = views;
        Ok(())
    }

    /// How many views of each photograph it predicts from; one unless others were asked for.
    pub fn views(&self) -> Views {
        self.views
    }

    /// Most photographs in one call.
    pub fn batch(&self) -> usize {
        self.front.batch()
    }

    /// Prediction for each of at most [`Predictor::batch`] photographs, preprocessed as the bundle says.
    ///
    /// # Errors
    /// More photographs than were planned for.
    pub fn predict(&mut self, photographs: &[Rgb]) -> Result<Vec<Prediction>, ModelError> {
        let bundle = Arc::clone(&self.bundle);
        Ok(self.outputs(photographs)?.into_iter().map(|outputs| outputs.prediction(&bundle)).collect())
    }

    /// What the network makes of each of at most [`Predictor::batch`] photographs.
    fn outputs(&mut self, photographs: &[Rgb]) -> Result<Vec<RawOutputs>, ModelError> {
        if photographs.is_empty() {
            return Ok(Vec::new());
        }
        let preprocessing = &self.bundle.preprocessing;
        let len = preprocessing.len();
        self.images.resize(photographs.len() * len, 0.0);
        for (photograph, image) in photographs.iter().zip(self.images.chunks_exact_mut(len)) {
            preprocessing.prepare_into(photograph, &mut self.workspace, image);
        }
        let values = self.front.predict(&self.images)?;
        let mut logits = self.classifier.predict(&values)?;
        let features = pooled_features(&values, &self.tail);
        let side = preprocessing.size as usize;
        for view in 1..self.views.count() {
            self.turned.resize(self.images.len(), 0.0);
            let pairs = self.images.chunks_exact(len).zip(self.turned.chunks_exact_mut(len));
            pairs.for_each(|(image, out)| turn_into(view, image, side, out));
            let of_view = self.classifier.predict(&self.front.predict(&self.turned)?)?;
            logits.iter_mut().zip(of_view).for_each(|(sum, logit)| *sum += logit);
        }
        if !self.views.is_one() {
            let share = 1.0 / self.views.count() as f32;
            logits.iter_mut().for_each(|sum| *sum *= share);
        }
        let views = self.views;
        let outputs = |(logits, features): (&[f32], &[f32])| RawOutputs {
            logits: logits.to_vec(),
            features: features.to_vec(),
            views,
        };
        let rows = logits.chunks_exact(self.classifier.outputs());
        Ok(rows.zip(features.chunks_exact(feature_width(&self.tail))).map(outputs).collect())
    }

    /// Decodes the photos `paths`, which may be paths or other [sources](PhotoSource), and predicts; `each` gets the place of every file in turn and its prediction, or what is wrong
    /// with it. Every thread of the rayon pool has photographs of its own; a few photographs are decoded together and then share
    /// the threads.
    ///
    /// # Errors
    /// The network cannot be run; no file causes this.
    pub fn predict_files<P: PhotoSource + Sync>(
        &mut self,
        paths: &[P],
        limits: &Limits,
        each: &mut dyn FnMut(usize, FilePrediction),
    ) -> Result<(), ModelError> {
        self.predict_files_with_remarks(paths, limits, &mut |index, prediction, _| {
            each(index, prediction);
            ControlFlow::Continue(())
        })
    }

    /// As [`Predictor::predict_files`]; `each` also gets what is odd about a file that was predicted all the same. Where it breaks, no
    /// more files are predicted.
    ///
    /// # Errors
    /// The network cannot be run; no file causes this.
    pub fn predict_files_with_remarks<P: PhotoSource + Sync>(
        &mut self,
        paths: &[P],
        limits: &Limits,
        each: &mut EachFile<'_, Prediction>,
    ) -> Result<(), ModelError> {
        let bundle = Arc::clone(&self.bundle);
        self.outputs_of_files(paths, limits, &|outputs| outputs.prediction(&bundle), each)
    }

    /// The same with what `finish` makes of the outputs of the network, on any thread.
    pub(crate) fn outputs_of_files<P: PhotoSource + Sync, T: Send>(
        &mut self,
        paths: &[P],
        limits: &Limits,
        finish: &(dyn Fn(RawOutputs) -> T + Sync),
        each: &mut EachFile<'_, T>,
    ) -> Result<(), ModelError> {
        let mut hand_on = |first: usize, outcomes: Vec<Outcome<T>>| {
            (first..).zip(outcomes).try_for_each(|(index, outcome)| match outcome {
                Err(reason) => each(index, Err(reason), &[]),
                Ok((outputs, remarks)) => each(index, Ok(outputs), &remarks),
            })
        };
        let threads = rayon::current_num_threads();
        if threads > 1 && paths.len() >= 2 * threads {
            let piece = (paths.len() / (4 * threads)).clamp(1, PIECE);
            // Where memory is short fewer threads have photographs of their own.
            let mut workers: Vec<Self> = (0..threads).map_while(|_| self.alone(piece).ok()).collect();
            let make = |worker: &mut Self, range: std::ops::Range<usize>| {
                worker.outcomes(&paths[range], limits, finish)
            };
            let each = &mut |range: std::ops::Range<usize>, outcomes| hand_on(range.start, outcomes);
            if let Some(result) = file_workers::in_order(&mut workers, paths.len(), piece, make, each) {
                return result;
            }
        }
        let batch = self.batch();
        for (first, paths) in (0..).step_by(batch).zip(paths.chunks(batch)) {
            if hand_on(first, self.outcomes(paths, limits, finish)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// What becomes of the files at `paths`, which are decoded and then predicted.
    fn outcomes<P: PhotoSource + Sync, T>(
        &mut self,
        paths: &[P],
        limits: &Limits,
        finish: &dyn Fn(RawOutputs) -> T,
    ) -> Result<Vec<Outcome<T>>, ModelError> {
        let side = self.bundle.preprocessing.store_side;
        let load = |path: &P| load_photo(path, side, limits, &mut Resizer::default());
        let loaded: Vec<Result<LoadedPhoto, Reason>> = paths.par_iter().map(load).collect();
        let (mut pictures, mut files) = (Vec::with_capacity(loaded.len()), Vec::with_capacity(loaded.len()));
        for result in loaded {
            files.push(result.map(|LoadedPhoto { picture, remarks }| {
                pictures.push(picture);
                remarks
            }));
        }
        let mut outputs = self.outputs(&pictures)?.into_iter().map(finish);
        // There are as many outputs as pictures.
        let outcome = |file: Result<Vec<Reason>, Reason>| match file {
            Err(reason) => Some(Err(reason)),
            Ok(remarks) => outputs.next().map(|outputs| Ok((outputs, remarks))),
        };
        Ok(files.into_iter().filter_map(outcome).collect())
    }
}
