//! The thread that explains: an explanation needs the weights once more, and should not be there for each thread.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use foliar_explain::{Classifier, Explainer, Explanation, Method};
use foliar_model::{Bundle, Prediction};
use foliar_vision::{Reason, Rgb};
use rayon::ThreadPool;

use super::alone::together_or_alone;
use super::{Failure, Found, Ticket};

/// A photograph with its prediction, of which the evidence is asked.
pub(super) struct ToExplain {
    pub(super) model: usize,
    pub(super) photo: Rgb,
    /// The most probable one if there is none.
    pub(super) class: Option<usize>,
    pub(super) prediction: Prediction,
    pub(super) remarks: Vec<Reason>,
    pub(super) ticket: Ticket,
}

/// One classifier, and what explains it once that was asked for.
struct Explained {
    bundle: Arc<Bundle>,
    explainer: Option<Explainer>,
}

/// Explains until no thread is left that asks for it.
pub(super) fn explain_all(bundles: Vec<Arc<Bundle>>, asked: &Receiver<ToExplain>, pool: &ThreadPool) {
    let mut models: Vec<Explained> =
        bundles.into_iter().map(|bundle| Explained { bundle, explainer: None }).collect();
    for ToExplain { model, photo, class, prediction, remarks, ticket } in asked {
        if ticket.is_given_up() {
            continue;
        }
        let explained = pool.install(|| models[model].explain(&photo, class));
        let found =
            explained.map(|explanation| Found { prediction, remarks, explained: Some((photo, explanation)) });
        ticket.answer(found.map_err(Failure::Fault));
    }
}

impl Explained {
    fn explain(&mut self, photo: &Rgb, class: Option<usize>) -> Result<Explanation, String> {
        let explainer = match &mut self.explainer {
            Some(explainer) => explainer,
            none => {
                let bundle = &self.bundle;
                let classifier = Classifier {
                    graph: &bundle.graph,
                    state: &bundle.state,
                    preprocessing: &bundle.preprocessing,
                    temperature: bundle.temperature,
                };
                none.insert(Explainer::new(classifier, Method::GradCam).map_err(|error| error.to_string())?)
            }
        };
        let explain = |photos: &[&Rgb]| {
            photos
                .iter()
                .map(|photo| explainer.explain(photo, class).map_err(|error| error.to_string()))
                .collect()
        };
        together_or_alone(&[photo], explain).pop().unwrap_or_else(|| Err(String::new()))
    }
}
