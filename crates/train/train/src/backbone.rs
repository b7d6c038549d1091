//! What a pretrained network without its classifier makes of photographs, for comparing photographs and not
//! to train.

use std::ops::ControlFlow;

use foliar_nn::{Device, Engine, EngineOptions, Statistics, zoo};
use foliar_runlog::StopReason;
use foliar_vision::Dataset;

use crate::error::TrainError;
use crate::features::{BATCH, Features, Source};
use crate::phase::{Freeze, Phase};
use crate::photographs::{DataOptions, Photographs};
use crate::recipe::Recipe;
use crate::train::first_weights;

/// Features of photographs.
#[derive(Clone, Debug, PartialEq)]
pub struct BackboneFeatures {
    /// Numbers a photograph.
    pub width: usize,
    /// The rows of all photographs, in the order of [`Dataset::photos`].
    pub values: Vec<f32>,
}

/// Features of all photographs of `dataset`, each as it is, by the weights that `recipe` begins with, all but the classifier,
/// whatever its phases freeze. What earlier runs have kept is not computed again. `progress` is told (photographs done, in
/// all) and may end the work.
///
/// # Errors
/// Weights that do not fit, photographs that cannot be read any more.
pub fn backbone_features(
    device: &dyn Device,
    recipe: &Recipe,
    dataset: Dataset,
    options: &DataOptions,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
) -> Result<ControlFlow<StopReason, BackboneFeatures>, TrainError> {
    recipe.validate()?;
    let phase = Phase { freeze: Freeze::Backbone, augmented_views: Some(1), ..recipe.phases[0].clone() };
    let photographs = Photographs::whole(dataset, recipe, options);
    let source = Source { photographs: &photographs, recipe, phase: &phase };
    let gathered = Features::gather(&source, &mut || front(device, recipe, &phase), progress)?;
    Ok(match gathered {
        ControlFlow::Continue(features) => {
            let (values, width) = features.plain_rows();
            ControlFlow::Continue(BackboneFeatures { width, values })
        }
        ControlFlow::Break(reason) => ControlFlow::Break(reason),
    })
}

/// The frozen part, with its weights.
fn front(device: &dyn Device, recipe: &Recipe, phase: &Phase) -> Result<Box<dyn Engine>, TrainError> {
    // The classifier is cut off, so that the number of classes is of no effect.
    let graph = zoo::build(&recipe.model, 2)?;
    let size = recipe.image_size();
    let cut = phase.freeze.cut(&graph)?.unwrap_or(0);
    let (front, tail) = graph.split(cut, size)?;
    let options = EngineOptions {
        image_size: size,
        batch: BATCH,
        seed: recipe.seed,
        optimizer: None,
        average: None,
        statistics: Statistics::Batch,
    };
    let (state, _) = first_weights(device, &graph, recipe, &[])?;
    let (frozen, _) = state.divide(&device.engine(&tail, &options)?.state());
    let mut engine = device.engine(&front, &options)?;
    engine.restore(&frozen)?;
    Ok(engine)
}
