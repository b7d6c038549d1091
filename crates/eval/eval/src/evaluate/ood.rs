//! Photographs of something that shows none of the classes.

use std::path::PathBuf;

use foliar_model::{Prediction, Predictor};
use foliar_synth::THINGS;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;

use crate::error::EvalError;

/// Pictures of each drawn thing.
const EACH: usize = 8;
/// Random seed of the drawings.
const SEED: u64 = 7;

/// Photographs of something else, in kinds.
pub(super) struct ForeignPhotographs {
    pub(super) name: String,
    /// Name of each kind and the predictions for its photographs.
    pub(super) kinds: Vec<(String, Vec<Prediction>)>,
}

impl ForeignPhotographs {
    /// Drawings of things that are not leaves.
    pub(super) fn drawn(
        predictor: &mut Predictor,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, EvalError> {
        let side = predictor.bundle().preprocessing.resize_side;
        let side = side.clamp(*foliar_synth::SIZES.start(), *foliar_synth::SIZES.end());
        let mut kinds = Vec::new();
        for (thing, name) in THINGS.iter().enumerate() {
            let draw = |index: usize| {
                Rgb::new(side, side, foliar_synth::draw_thing(SEED, thing, index as u64, side).into_raw())
            };
            let pictures: Vec<Rgb> = (0..EACH).into_par_iter().map(draw).collect();
            let mut predictions = Vec::with_capacity(EACH);
            for batch in pictures.chunks(predictor.batch()) {
                predictions.extend(predictor.predict(batch)?);
            }
            kinds.push(((*name).to_owned(), predictions));
            progress((thing + 1) * EACH, THINGS.len() * EACH);
        }
        Ok(Self { name: "drawn things".to_owned(), kinds })
    }

    /// Photographs in files; those that cannot be read are left out.
    pub(super) fn read(
        predictor: &mut Predictor,
        name: &str,
        files: &[PathBuf],
        limits: &Limits,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, EvalError> {
        let mut predictions = Vec::with_capacity(files.len());
        predictor.predict_files(files, limits, &mut |index, prediction| {
            predictions.extend(prediction.ok());
            progress(index + 1, files.len());
        })?;
        Ok(Self { name: name.to_owned(), kinds: vec![("photographs".to_owned(), predictions)] })
    }

    pub(super) fn predictions(&self) -> impl Iterator<Item = &Prediction> {
        self.kinds.iter().flat_map(|(_, predictions)| predictions)
    }
}
