//! A bundle at work.

use foliar_metrics::softmax;
use foliar_nn::{CpuEngine, Engine, EngineOptions, Statistics};
use std::path::Path;

use foliar_vision::decode::read_file;
use foliar_vision::resize::Resizer;
use foliar_vision::{Limits, Reason, Rgb, Workspace};

use crate::bundle::Bundle;
use crate::error::LearnError;

/// What a network says of one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// One a class, divided by the bundle's temperature.
    pub logits: Vec<f32>,
}

impl Outputs {
    /// Probability of each class; they add up to 1.
    pub fn probabilities(&self) -> Vec<f64> {
        softmax(&self.logits)
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
    engine: CpuEngine,
    bundle: Bundle,
    workspace: Workspace,
    images: Vec<f32>,
}

impl Predictor {
    /// Plans for at most `batch` photographs at a time.
    ///
    /// # Errors
    /// A bundle whose weights do not fit its graph.
    pub fn new(bundle: Bundle, batch: usize) -> Result<Self, LearnError> {
        let options = EngineOptions {
            image_size: bundle.preprocessing.size as usize,
            batch: batch.max(1),
            seed: 0,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        let mut engine = CpuEngine::new(&bundle.graph, options)?;
        engine.restore(&bundle.state)?;
        Ok(Self { engine, bundle, workspace: Workspace::default(), images: Vec::new() })
    }

    /// What it runs.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Most photographs in one call.
    pub fn batch(&self) -> usize {
        self.engine.batch()
    }

    /// Outputs for each of at most [`Predictor::batch`] photographs, preprocessed as the bundle says.
    ///
    /// # Errors
    /// More photographs than were planned for.
    pub fn predict(&mut self, photographs: &[Rgb]) -> Result<Vec<Outputs>, LearnError> {
        if photographs.is_empty() {
            return Ok(Vec::new());
        }
        let preprocessing = &self.bundle.preprocessing;
        let len = preprocessing.len();
        self.images.resize(photographs.len() * len, 0.0);
        for (photograph, image) in photographs.iter().zip(self.images.chunks_exact_mut(len)) {
            preprocessing.prepare_into(photograph, &mut self.workspace, image);
        }
        let logits = self.engine.predict(&self.images)?;
        let scale = (1.0 / self.bundle.temperature) as f32;
        let outputs = |row: &[f32]| Outputs { logits: row.iter().map(|logit| logit * scale).collect() };
        Ok(logits.chunks_exact(self.engine.outputs()).map(outputs).collect())
    }
}
