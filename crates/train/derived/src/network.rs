//! A network before and at its classifier, on prepared photographs.

use foliar_model::{feature_width, pooled_features};
use foliar_nn::{Graph, PredictionEngine, StateDict};

use crate::error::DerivedError;

/// Photographs that go through the network together; nothing depends on it.
pub(crate) const BATCH: usize = 16;

/// What a network makes of a photograph.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    /// Pooled, of what stands before the classifier.
    pub(crate) features: Vec<f32>,
    pub(crate) logits: Vec<f32>,
}

/// A network that predicts.
pub(crate) struct Network {
    front: PredictionEngine,
    classifier: PredictionEngine,
    tail: Graph,
    /// Floats of a prepared photograph.
    length: usize,
    classes: usize,
}

impl Network {
    /// The network `graph` with the tensors `state`, for photographs of `size` x `size` pixels.
    pub(crate) fn new(graph: &Graph, state: &StateDict, size: usize) -> Result<Self, DerivedError> {
        let (head, tail) = graph.split(graph.backbone(), size)?;
        Ok(Self {
            front: PredictionEngine::new(&head, state, size, BATCH)?,
            classifier: PredictionEngine::new(&tail, state, size, BATCH)?,
            length: size * size * 3,
            classes: graph.classes(),
            tail,
        })
    }

    /// What it makes of each of `images`, (n, size, size, 3).
    pub(crate) fn outputs(&mut self, images: &[f32]) -> Result<Vec<Outputs>, DerivedError> {
        let mut found = Vec::with_capacity(images.len() / self.length);
        for batch in images.chunks(BATCH * self.length) {
            let values = self.front.predict(batch)?;
            let logits = self.classifier.predict(&values)?;
            let features = pooled_features(&values, &self.tail);
            let rows =
                features.chunks_exact(feature_width(&self.tail)).zip(logits.chunks_exact(self.classes));
            found.extend(
                rows.map(|(features, logits)| Outputs {
                    features: features.to_vec(),
                    logits: logits.to_vec(),
                }),
            );
        }
        Ok(found)
    }
}
