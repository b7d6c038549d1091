//! `foliar predict`: photographs in, classes out.

mod rows;

use std::io;

use foliar_train::{Outputs, Predictor, decode_reduced};
use foliar_vision::{Limits, Reason, Rgb};
use rayon::prelude::*;

use self::rows::{Answer, Row, Writer};
use super::inputs::{self, Input};
use super::{open_bundle_for, use_threads};
use crate::arguments::PredictArguments;
use crate::exit::Exit;

/// Photographs in one pass of the network.
const BATCH: usize = 16;

pub(crate) fn run(arguments: &PredictArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let bundle = open_bundle_for(&arguments.bundle, arguments.error)?;
    let inputs = inputs::find(&arguments.paths);
    // One photograph needs no room for sixteen.
    let mut predictor = Predictor::new(bundle, inputs.len().clamp(1, BATCH))?;
    let classes = predictor.bundle().classes.clone();
    let side = predictor.bundle().preprocessing.store_side;
    let top = (arguments.top as usize).min(classes.len());
    let mut writer = Writer::new(io::stdout().lock(), arguments.format, top)?;
    let mut failures = 0;
    for batch in inputs.chunks(predictor.batch()) {
        let decoded: Vec<Result<Rgb, String>> = batch.par_iter().map(|input| decode(input, side)).collect();
        let mut photographs = Vec::with_capacity(batch.len());
        let mut faults = Vec::with_capacity(batch.len());
        for photo in decoded {
            match photo {
                Ok(photo) => {
                    photographs.push(photo);
                    faults.push(None);
                }
                Err(reason) => faults.push(Some(reason)),
            }
        }
        let mut outputs = predictor.predict(&photographs)?.into_iter();
        for (input, fault) in batch.iter().zip(faults) {
            let result = match (fault, &mut outputs) {
                (Some(reason), _) => Err(reason),
                (None, outputs) => outputs
                    .next()
                    .filter(|output| output.logits.iter().all(|logit| logit.is_finite()))
                    .map(|output| answer(&output, top, &classes))
                    .ok_or_else(|| "the network's outputs are not finite numbers".to_owned()),
            };
            failures += usize::from(result.is_err());
            writer.write(&Row { path: input.name(), result })?;
        }
    }
    writer.finish()?;
    Ok(Exit::with_problems(failures > 0))
}

fn decode(input: &Input, side: u32) -> Result<Rgb, String> {
    match input {
        Input::File(path) => {
            decode_reduced(path, side, &Limits::default()).map_err(|reason: Reason| reason.to_string())
        }
        Input::Missing { reason, .. } => Err(reason.clone()),
    }
}

fn answer<'a>(output: &Outputs, top: usize, classes: &'a [String]) -> Answer<'a> {
    let name = |class: usize| classes[class].as_str();
    Answer {
        ranking: output.top(top).into_iter().map(|(class, probability)| (name(class), probability)).collect(),
        doubt: output.doubt(),
        set: output.set().map(|set| set.iter().map(|&class| name(class)).collect()),
        distance: output.distance(),
    }
}
