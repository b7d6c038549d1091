//! How good a bundle is on a folder of photographs that say their class.

use std::path::Path;

use foliar_metrics::Metrics;
use foliar_vision::{Limits, Part, Problem, Reason, Rgb, scan_for_evaluation};
use rayon::prelude::*;
use serde::Serialize;

use crate::error::LearnError;
use crate::predict::{Predictor, decode_reduced};

/// Figures, and what could not be used for them.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Every figure.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Classes of the folder that the bundle does not know; their photographs are left out.
    pub unknown_classes: Vec<String>,
    /// Files left out and why.
    pub problems: Vec<Problem>,
}

/// Runs `predictor` on every photograph below `root`, or on one `part` of it where it has train, val and test folders. The
/// class of a photograph is the name of its folder; photographs of classes that the bundle does not know are left out. `progress` is called with (photographs done, photographs found).
///
/// # Errors
/// A folder that is not laid out as classes, or that shares no class with the bundle.
pub fn evaluate(
    predictor: &mut Predictor,
    root: &Path,
    part: Option<Part>,
    limits: &Limits,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Evaluation, LearnError> {
    let (dataset, mut problems) = scan_for_evaluation(root, limits)?;
    let known = predictor.bundle().classes.clone();
    let label = |class: &String| known.iter().position(|name| name == class).map(|index| index as u32);
    let labels: Vec<Option<u32>> = dataset.classes.iter().map(label).collect();
    let unknown = dataset.classes.iter().zip(&labels).filter(|(_, label)| label.is_none());
    let unknown_classes = unknown.map(|(class, _)| class.clone()).collect();
    let chosen: Vec<(&Path, u32)> = dataset
        .photos
        .iter()
        .filter(|photo| part.is_none() || photo.part == part)
        .filter_map(|photo| Some((photo.path.as_path(), labels[photo.class]?)))
        .collect();
    if let Some(part) = part
        && dataset.photos.iter().all(|photo| photo.part != Some(part))
    {
        let what = format!("the folder has no photographs in a {part:?} part").to_lowercase();
        return Err(LearnError::TooFew { root: root.to_owned(), what });
    }
    if chosen.is_empty() {
        let what = format!(
            "no photograph of a class that the classifier knows; it knows {}, the folder has {}",
            known.join(", "),
            dataset.classes.join(", ")
        );
        return Err(LearnError::TooFew { root: root.to_owned(), what });
    }
    let (mut logits, mut truths) = (Vec::new(), Vec::new());
    for (index, batch) in chosen.chunks(predictor.batch()).enumerate() {
        let side = predictor.bundle().preprocessing.store_side;
        let decoded: Vec<Result<Rgb, Reason>> =
            batch.par_iter().map(|(path, _)| decode_reduced(&root.join(path), side, limits)).collect();
        let mut photographs = Vec::with_capacity(batch.len());
        for ((path, label), result) in batch.iter().zip(decoded) {
            match result {
                Ok(photograph) => {
                    photographs.push(photograph);
                    truths.push(*label);
                }
                Err(reason) => problems.push(Problem::new(*path, reason)),
            }
        }
        let outputs = predictor.predict(&photographs)?;
        logits.extend(outputs.into_iter().flat_map(|output| output.logits));
        progress(index * predictor.batch() + batch.len(), chosen.len());
    }
    if truths.is_empty() {
        let what = format!("none of the {} photographs could be read", chosen.len());
        return Err(LearnError::TooFew { root: root.to_owned(), what });
    }
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Evaluation { metrics: Metrics::new(&logits, &truths, &known), unknown_classes, problems })
}
