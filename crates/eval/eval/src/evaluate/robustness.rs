//! Accuracy on corrupted photographs.

use foliar_metrics::{Bootstrap, Groups};
use foliar_synth::{SIZES, draw_ground};
use foliar_vision::{Corruption, Limits, Resizer, Rgb, reduce};
use rayon::prelude::*;

use super::data::{EvalPhotograph, EvalPhotographs};
use crate::error::EvalError;
use foliar_model::{Predictor, decode_reduced};
use foliar_results::{Robustness, RobustnessRow};

/// Most photographs that are corrupted, evenly spread over all.
const MOST: usize = 300;
/// Name of the row of photographs as they are.
const PLAIN: &str = "as they are";

/// Seed of the drawn grounds.
const GROUND_SEED: u64 = 11;

/// One kind at one severity; `None` is the photograph as it is.
type Trial = Option<(Corruption, u8)>;

/// Verdicts of one trial, one a photograph.
#[derive(Default)]
struct Verdicts {
    right: Vec<bool>,
    unanswered: Vec<bool>,
}

/// Measures on the photographs and on every corruption of them. `progress` is told (pictures seen, in all).
pub(super) fn measure(
    predictor: &mut Predictor,
    photographs: &EvalPhotographs,
    limits: &Limits,
    bootstrap: &Bootstrap,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Robustness, EvalError> {
    let EvalPhotographs { root, list, .. } = photographs;
    let count = list.len().min(MOST);
    let chosen: Vec<&EvalPhotograph> = (0..count).map(|i| &list[i * list.len() / count]).collect();
    let kinds =
        Corruption::ALL.iter().flat_map(|&kind| (1..=kind.severities()).map(move |step| Some((kind, step))));
    let trials: Vec<Trial> = std::iter::once(None).chain(kinds).collect();
    let mut verdicts: Vec<Verdicts> = trials.iter().map(|_| Verdicts::default()).collect();
    let mut groups = Vec::new();
    let (side, size) = {
        let preprocessing = &predictor.bundle().preprocessing;
        (preprocessing.store_side, preprocessing.resize_side)
    };
    let whole = chosen.len() * trials.len();
    let mut seen = 0;
    for (index, batch) in chosen.chunks(predictor.batch()).enumerate() {
        let decode = |photo: &EvalPhotograph| {
            let decoded = decode_reduced(&root.join(&photo.path), side, limits).ok()?;
            // As large as the network wants it, so that a severity means the same for every camera.
            Some(reduce(&decoded, size, &mut Resizer::default()).into_owned())
        };
        let decoded: Vec<(&EvalPhotograph, Rgb)> =
            batch.par_iter().filter_map(|&photo| Some((photo, decode(photo)?))).collect();
        groups.extend(decoded.iter().map(|(photo, _)| photo.group));
        let first = index * predictor.batch();
        for (trial, verdicts) in trials.iter().zip(&mut verdicts) {
            let worse = |(item, (_, photo)): (usize, &(&EvalPhotograph, Rgb))| match trial {
                None => photo.clone(),
                Some((kind, severity)) => kind.apply(photo, *severity, (first + item) as u64, other_ground),
            };
            let worse: Vec<Rgb> = decoded.par_iter().enumerate().map(worse).collect();
            for (output, (photo, _)) in predictor.predict(&worse)?.iter().zip(&decoded) {
                verdicts.right.push(output.predicted() == photo.label as usize);
                verdicts.unanswered.push(output.abstention().is_some());
            }
            seen += batch.len();
            progress(seen, whole);
        }
    }
    let groups = Groups::new(&groups);
    let mut rows: Vec<RobustnessRow> = Vec::new();
    for (trial, Verdicts { right, unanswered }) in trials.iter().zip(&verdicts) {
        let name = trial.map_or(PLAIN, |(kind, _)| kind.name());
        if rows.last().is_none_or(|row| row.corruption != name) {
            rows.push(RobustnessRow {
                corruption: name.to_owned(),
                accuracy: Vec::new(),
                unanswered: Vec::new(),
            });
        }
        if let Some(row) = rows.last_mut() {
            row.accuracy.push(bootstrap.proportion(right, &groups));
            row.unanswered.push(share(unanswered));
        }
    }
    Ok(Robustness { photographs: groups.photographs(), rows })
}

/// Share of what is true.
fn share(verdicts: &[bool]) -> f64 {
    verdicts.iter().filter(|&&verdict| verdict).count() as f64 / verdicts.len().max(1) as f64
}

/// Ground `item`, drawn as close to `side` as can be drawn.
fn other_ground(item: u64, side: u32) -> Rgb {
    let side = side.clamp(*SIZES.start(), *SIZES.end());
    Rgb::new(side, side, draw_ground(GROUND_SEED, item, side).into_raw())
}
