//! How much worse photographs a classifier takes.

use std::path::Path;

use foliar_metrics::{Bootstrap, Groups};
use foliar_vision::corrupt::Corruption;
use foliar_vision::resize::{Resizer, reduce};
use foliar_vision::{Limits, Rgb};
use rayon::prelude::*;

use super::sample::Chosen;
use crate::error::LearnError;
use crate::evaluation::{Robustness, RobustnessRow};
use crate::predict::{Predictor, decode_reduced};

/// Photographs that are made worse, at most, evenly spread over all.
const MOST: usize = 300;
/// Name of the row of photographs as they are.
const PLAIN: &str = "as they are";

/// One kind at one severity; `None` is the photograph as it is.
type Trial = Option<(Corruption, u8)>;

/// Verdicts of one trial, a photograph each.
#[derive(Default)]
struct Verdicts {
    right: Vec<bool>,
    unanswered: Vec<bool>,
}

/// Measures on the photographs and on all that [`Corruption`] makes of them. `progress` is told (pictures seen, in all).
pub(super) fn measure(
    predictor: &mut Predictor,
    root: &Path,
    photographs: &[Chosen],
    limits: &Limits,
    bootstrap: &Bootstrap,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Robustness, LearnError> {
    let count = photographs.len().min(MOST);
    let chosen: Vec<&Chosen> = (0..count).map(|i| &photographs[i * photographs.len() / count]).collect();
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
        let decode = |photo: &Chosen| {
            let decoded = decode_reduced(&root.join(&photo.path), side, limits).ok()?;
            // As large as the network wants it, so that a severity means the same for every camera.
            Some(reduce(&decoded, size, &mut Resizer::default()).into_owned())
        };
        let decoded: Vec<(&Chosen, Rgb)> =
            batch.par_iter().filter_map(|&photo| Some((photo, decode(photo)?))).collect();
        groups.extend(decoded.iter().map(|(photo, _)| photo.group));
        let first = index * predictor.batch();
        for (trial, verdicts) in trials.iter().zip(&mut verdicts) {
            let worse = |(item, (_, photo)): (usize, &(&Chosen, Rgb))| match trial {
                None => photo.clone(),
                Some((kind, severity)) => kind.apply(photo, *severity, (first + item) as u64),
            };
            let worse: Vec<Rgb> = decoded.par_iter().enumerate().map(worse).collect();
            for (output, (photo, _)) in predictor.predict(&worse)?.iter().zip(&decoded) {
                verdicts.right.push(output.said() == photo.label as usize);
                verdicts.unanswered.push(output.doubt().is_some());
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
            row.unanswered.push(super::share(unanswered));
        }
    }
    Ok(Robustness { photographs: groups.photographs(), rows })
}
