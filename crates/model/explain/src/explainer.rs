//! A classifier that is asked where it looks.

use foliar_metrics::softmax_at;
use foliar_nn::{ActivationProbe, Graph, StateDict};
use foliar_vision::{LeafMask, Preprocessing, Rgb, Workspace, leaf_mask};
use serde::{Deserialize, Serialize};

use crate::background_share::BackgroundShare;
use crate::error::ExplainError;
use crate::grad_cam::grad_cam;
use crate::heat::{CropGeometry, HeatMap};
use crate::occlusion::Occluder;

/// Side of the image that evidence is sought in, in pixels at least: that of the last one of the usual networks for
/// photographs of 224 pixels. Networks for smaller photographs have one of it earlier.
const LEAST_SIDE: usize = 7;
/// What is taken where there is no such image.
const SMALLEST_SIDE: usize = 2;
/// Inputs in one pass of the network for an occlusion map.
const OCCLUSION_BATCH: usize = 16;

/// How evidence is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// [`crate::grad_cam`]: fast, and coarse.
    #[default]
    GradCam,
    /// [`crate::occlusion`]: slow, and true by construction.
    Occlusion,
}

/// A trained network, in parts.
#[derive(Clone, Copy, Debug)]
pub struct Classifier<'a> {
    /// The network.
    pub graph: &'a Graph,
    /// Its weights and running statistics.
    pub state: &'a StateDict,
    /// How a photograph becomes its input.
    pub preprocessing: &'a Preprocessing,
    /// What its outputs are divided by, above 0.
    pub temperature: f64,
}

/// Where a network looks in one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The class whose evidence is shown, in the order of the logits.
    pub class: usize,
    /// The most probable class.
    pub predicted: usize,
    /// Probability of each class; they add up to 1.
    pub probabilities: Vec<f64>,
    /// Where the evidence lies.
    pub heat: HeatMap,
    /// The leaf, and whether it could be told from the background.
    pub leaf: LeafMask,
    /// How much of the evidence and of the area is background; `None` where the leaf cannot be told or nothing speaks for the class.
    pub background: Option<BackgroundShare>,
}

/// Explains what a classifier says of photographs.
pub struct Explainer {
    probe: ActivationProbe,
    preprocessing: Preprocessing,
    temperature: f64,
    method: Method,
    workspace: Workspace,
}

impl Explainer {
    /// Looks into `classifier` at the last image of at least 7 x 7 pixels that it computes, or at the patches of the picture among
    /// the tokens that its last attention takes.
    ///
    /// # Errors
    /// A graph that computes no image, [`ExplainError::NoImage`] where the photograph itself is the only one, or weights that are not the
    /// graph's.
    pub fn new(classifier: Classifier<'_>, method: Method) -> Result<Self, ExplainError> {
        let Classifier { graph, state, preprocessing, temperature } = classifier;
        let size = preprocessing.size as usize;
        let batch = match method {
            Method::GradCam => 1,
            Method::Occlusion => OCCLUSION_BATCH,
        };
        // Networks that were merged have one image in common alone, which is small where photographs are.
        let place = match graph.last_image(size, size.min(LEAST_SIDE))? {
            0 => graph.last_image(size, size.min(SMALLEST_SIDE))?,
            place => place,
        };
        // Gradients by the photograph itself say nothing of where the evidence is.
        if place == 0 && method == Method::GradCam {
            return Err(ExplainError::NoImage);
        }
        let probe = ActivationProbe::new(graph, state, place, size, batch)?;
        let (preprocessing, workspace) = (preprocessing.clone(), Workspace::default());
        Ok(Self { probe, preprocessing, temperature, method, workspace })
    }

    /// Explains one photograph for `class`, or for the most probable one.
    ///
    /// # Errors
    /// A class that the network does not have, or outputs that are not finite.
    pub fn explain(&mut self, photo: &Rgb, class: Option<usize>) -> Result<Explanation, ExplainError> {
        let mut input = vec![0.0; self.preprocessing.len()];
        self.preprocessing.prepare_into(photo, &mut self.workspace, &mut input);
        let activations = self.probe.activations(&input)?;
        let probabilities = self.probabilities(&activations)?.concat();
        let predicted = most_probable(&probabilities);
        let class = class.unwrap_or(predicted);
        let Some(&probability) = probabilities.get(class) else {
            return Err(ExplainError::Class { class, classes: probabilities.len() });
        };
        let (grid, cells) = match self.method {
            Method::GradCam => {
                let (_, [height, width, _]) = self.probe.picture();
                (grad_cam(&mut self.probe, &activations, class)?, [height, width])
            }
            Method::Occlusion => {
                let side = self.preprocessing.size as usize;
                (self.occluded(&input, class, probability)?, [side, side])
            }
        };
        let crop = CropGeometry::of(&self.preprocessing, photo.width, photo.height);
        let heat = HeatMap::from_grid(&grid, cells, [photo.width, photo.height], crop);
        let leaf = leaf_mask(photo);
        let background = BackgroundShare::of(&heat, &leaf);
        Ok(Explanation { class, predicted, probabilities, heat, leaf, background })
    }

    /// Evidence at each pixel of an input by covering its parts.
    fn occluded(&mut self, input: &[f32], class: usize, probability: f64) -> Result<Vec<f32>, ExplainError> {
        let occluder = Occluder::usual(self.preprocessing.size as usize);
        let mut losses = Vec::new();
        for batch in occluder.all().chunks(self.probe.batch()) {
            let mut inputs = input.repeat(batch.len());
            for (patch, input) in batch.iter().zip(inputs.chunks_exact_mut(input.len())) {
                occluder.cover(patch, input);
            }
            let activations = self.probe.activations(&inputs)?;
            let rows = self.probabilities(&activations)?;
            losses.extend(rows.iter().map(|row| probability - row[class]));
        }
        Ok(occluder.evidence(&losses))
    }

    /// Probabilities of the classes, a row for each input behind `activations`.
    fn probabilities(&mut self, activations: &[f32]) -> Result<Vec<Vec<f64>>, ExplainError> {
        let logits = self.probe.outputs_of(activations)?;
        if !logits.iter().all(|logit| logit.is_finite()) {
            return Err(ExplainError::NotFinite);
        }
        Ok(logits.chunks_exact(self.probe.outputs()).map(|row| softmax_at(row, self.temperature)).collect())
    }
}

/// The first of the largest.
fn most_probable(probabilities: &[f64]) -> usize {
    let first = (0, f64::NEG_INFINITY);
    let larger = |best: (usize, f64), (class, &p): (usize, &f64)| if p > best.1 { (class, p) } else { best };
    probabilities.iter().enumerate().fold(first, larger).0
}
