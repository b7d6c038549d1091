//! One classifier on the thread that predicts.

use foliar_explain::{Explainer, Explanation, Method};
use foliar_model::{Bundle, ModelError, Prediction, Predictor};
use foliar_vision::Rgb;

use super::Task;
use super::alone::together_or_alone;

pub(super) struct Classifier {
    predictor: Predictor,
    /// Made when the first explanation is asked for: it holds the weights a second time.
    explainer: Option<Explainer>,
}

/// A prediction, and where the evidence lies if that was asked.
type Outcome = Result<(Prediction, Option<(Rgb, Explanation)>), String>;

impl Classifier {
    pub(super) fn new(bundle: Bundle, batch: usize) -> Result<Self, ModelError> {
        Ok(Self { predictor: Predictor::new(bundle, batch.max(1))?, explainer: None })
    }

    /// A result for each photograph.
    pub(super) fn run(&mut self, photos: Vec<Rgb>, task: Task) -> Vec<Outcome> {
        // On a thread of the pool: from outside of it every layer would wake the pool and wait for it.
        rayon::scope(|_| self.run_here(photos, task))
    }

    fn run_here(&mut self, photos: Vec<Rgb>, task: Task) -> Vec<Outcome> {
        let predict = |photos: &[Rgb]| self.predictor.predict(photos).map_err(|error| error.to_string());
        let predictions = together_or_alone(&photos, predict);
        let results = predictions.into_iter().zip(photos);
        match task {
            Task::Predict => results.map(|(prediction, _)| Ok((prediction?, None))).collect(),
            Task::Explain { class } => results
                .map(|(prediction, photo)| {
                    let explanation = self.explain(&photo, class)?;
                    Ok((prediction?, Some((photo, explanation))))
                })
                .collect(),
        }
    }

    fn explain(&mut self, photo: &Rgb, class: Option<usize>) -> Result<Explanation, String> {
        if self.explainer.is_none() {
            let bundle = self.predictor.bundle();
            let classifier = foliar_explain::Classifier {
                graph: &bundle.graph,
                state: &bundle.state,
                preprocessing: &bundle.preprocessing,
                temperature: bundle.temperature,
            };
            self.explainer =
                Some(Explainer::new(classifier, Method::GradCam).map_err(|error| error.to_string())?);
        }
        let Some(explainer) = &mut self.explainer else { return Err(String::new()) };
        let explain = |photos: &[&Rgb]| {
            photos
                .iter()
                .map(|photo| explainer.explain(photo, class).map_err(|error| error.to_string()))
                .collect()
        };
        together_or_alone(&[photo], explain).pop().unwrap_or_else(|| Err(String::new()))
    }
}
