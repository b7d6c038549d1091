//! Photographs of something that is none of the classes.

use std::path::PathBuf;

use foliar_synth::THINGS;
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;

use crate::error::LearnError;
use crate::predict::{Outputs, Predictor, decode_reduced};

/// Pictures of each drawn thing.
const EACH: usize = 8;
/// Key of the drawings.
const SEED: u64 = 7;

/// Photographs from outside, in kinds.
pub(super) struct Outsiders {
    pub(super) name: String,
    /// Name of each kind and what was said of its photographs.
    pub(super) kinds: Vec<(String, Vec<Outputs>)>,
}

impl Outsiders {
    /// Pictures drawn of things that are no leaves.
    pub(super) fn drawn(
        predictor: &mut Predictor,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, LearnError> {
        let side = predictor.bundle().preprocessing.resize_side;
        let side = side.clamp(*foliar_synth::SIZES.start(), *foliar_synth::SIZES.end());
        let mut kinds = Vec::new();
        for (thing, name) in THINGS.iter().enumerate() {
            let draw = |index: usize| {
                Rgb::new(side, side, foliar_synth::draw_thing(SEED, thing, index as u64, side).into_raw())
            };
            let pictures: Vec<Rgb> = (0..EACH).into_par_iter().map(draw).collect();
            let mut said = Vec::with_capacity(EACH);
            for batch in pictures.chunks(predictor.batch()) {
                said.extend(predictor.predict(batch)?);
            }
            kinds.push(((*name).to_owned(), said));
            progress((thing + 1) * EACH, THINGS.len() * EACH);
        }
        Ok(Self { name: "drawn things".to_owned(), kinds })
    }

    /// Photographs in files; those that can not be read are left out.
    pub(super) fn read(
        predictor: &mut Predictor,
        name: &str,
        files: &[PathBuf],
        limits: &Limits,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, LearnError> {
        let side = predictor.bundle().preprocessing.store_side;
        let mut said = Vec::with_capacity(files.len());
        for (index, batch) in files.chunks(predictor.batch()).enumerate() {
            let decode = |path: &PathBuf| decode_reduced(path, side, limits).ok();
            let pictures: Vec<Rgb> = batch.par_iter().filter_map(decode).collect();
            said.extend(predictor.predict(&pictures)?);
            progress(index * predictor.batch() + batch.len(), files.len());
        }
        Ok(Self { name: name.to_owned(), kinds: vec![("photographs".to_owned(), said)] })
    }

    pub(super) fn said(&self) -> impl Iterator<Item = &Outputs> {
        self.kinds.iter().flat_map(|(_, said)| said)
    }
}
