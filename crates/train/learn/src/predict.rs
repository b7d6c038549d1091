//! A bundle at work.

use std::path::Path;

use foliar_metrics::{arg_max, softmax};
use foliar_nn::{CpuEngine, Engine, EngineOptions, Graph, Statistics};
use foliar_vision::decode::read_file;
use foliar_vision::resize::Resizer;
use foliar_vision::{Limits, Reason, Rgb, Workspace};

use crate::bundle::Bundle;
use crate::caution::{Doubt, Judgement};
use crate::error::LearnError;
use crate::evidence::{channels, pooled};
use crate::trainee::divide;

/// What a classifier says of one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// One a class, divided by the bundle's temperature.
    pub logits: Vec<f32>,
    /// What the classifier knows of its own limits here; `None` for a bundle without [`Caution`](crate::Caution).
    pub judgement: Option<Judgement>,
}

impl Outputs {
    /// Probability of each class; they add up to 1.
    pub fn probabilities(&self) -> Vec<f64> {
        softmax(&self.logits)
    }

    /// Place of the most probable class, the first of equals.
    pub fn said(&self) -> usize {
        arg_max(&self.logits)
    }

    /// Why the classifier does not know; `None` if it does, or if its bundle can not tell.
    pub fn doubt(&self) -> Option<Doubt> {
        self.judgement.as_ref()?.doubt
    }

    /// Distance of the photograph's features from those learnt from: above 1 is outside. `None` if the bundle can not tell.
    pub fn distance(&self) -> Option<f64> {
        self.judgement.as_ref()?.distance
    }

    /// Places of the classes that may be the truth, the most probable first; `None` if the bundle can not tell.
    pub fn set(&self) -> Option<&[usize]> {
        Some(&self.judgement.as_ref()?.set)
    }

    /// The `count` most probable classes with their probabilities, most probable first; equals in the order of the
    /// classes.
    pub fn top(&self, count: usize) -> Vec<(usize, f64)> {
        let mut ranked: Vec<(usize, f64)> = self.probabilities().into_iter().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(count);
        ranked
    }
}

/// Decodes the photograph at `path` and reduces it until its shorter side is at most `side` pixels, which is
/// [`foliar_vision::Preprocessing::store_side`]: the first step of preprocessing. A large photograph then takes its place in
/// memory for no longer than it must.
///
/// # Errors
/// What is wrong with the file.
pub fn decode_reduced(path: &Path, side: u32, limits: &Limits) -> Result<Rgb, Reason> {
    foliar_vision::decode_reduced(&read_file(path, limits)?, side, limits, &mut Resizer::default())
}

/// Runs a bundle on photographs.
pub struct Predictor {
    /// Everything before the classifier.
    front: CpuEngine,
    classifier: CpuEngine,
    /// The classifier's graph, which begins with features.
    tail: Graph,
    bundle: Bundle,
    workspace: Workspace,
    images: Vec<f32>,
}

impl Predictor {
    /// Plans for at most `batch` photographs at a time.
    ///
    /// # Errors
    /// A bundle whose weights do not fit its graph.
    pub fn new(mut bundle: Bundle, batch: usize) -> Result<Self, LearnError> {
        let options = EngineOptions {
            image_size: bundle.preprocessing.size as usize,
            batch: batch.max(1),
            seed: 0,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        let (head, tail) = bundle.graph.split(bundle.graph.backbone(), options.image_size)?;
        let mut front = CpuEngine::new(&head, options)?;
        let mut classifier = CpuEngine::new(&tail, options)?;
        let (frozen, learnt) = divide(std::mem::take(&mut bundle.state), &classifier);
        front.restore(&frozen)?;
        classifier.restore(&learnt)?;
        bundle.state = frozen;
        bundle.state.tensors.extend(learnt.tensors);
        Ok(Self { front, classifier, tail, bundle, workspace: Workspace::default(), images: Vec::new() })
    }

    /// What it runs.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Most photographs in one call.
    pub fn batch(&self) -> usize {
        self.front.batch()
    }

    /// Outputs for each of at most [`Predictor::batch`] photographs, preprocessed as the bundle says.
    ///
    /// # Errors
    /// More photographs than were planned for.
    pub fn predict(&mut self, photographs: &[Rgb]) -> Result<Vec<Outputs>, LearnError> {
        if photographs.is_empty() {
            return Ok(Vec::new());
        }
        let Bundle { preprocessing, caution, temperature, .. } = &self.bundle;
        let len = preprocessing.len();
        self.images.resize(photographs.len() * len, 0.0);
        for (photograph, image) in photographs.iter().zip(self.images.chunks_exact_mut(len)) {
            preprocessing.prepare_into(photograph, &mut self.workspace, image);
        }
        let values = self.front.predict(&self.images)?;
        let logits = self.classifier.predict(&values)?;
        let features = pooled(&values, &self.tail);
        let scale = (1.0 / temperature) as f32;
        let outputs = |(logits, features): (&[f32], &[f32])| {
            let logits: Vec<f32> = logits.iter().map(|logit| logit * scale).collect();
            let judgement = caution.as_ref().map(|caution| caution.judge(&logits, features));
            Outputs { logits, judgement }
        };
        let rows = logits.chunks_exact(self.classifier.outputs());
        Ok(rows.zip(features.chunks_exact(channels(&self.tail))).map(outputs).collect())
    }
}
