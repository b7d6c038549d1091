//! What a data set whose photos have any number of labels must have.

use std::path::Path;

use foliar_vision::dataset::{Dataset, Split};
use foliar_vision::problem::{Problem, Reason};
use foliar_vision::{BETWEEN_LABELS, LabelSets, normal_class_name};

use crate::error::ScanError;
use crate::options::ScanOptions;

/// Refuses options that are about classes, names of labels that cannot stand in a set, and labels whose names differ in
/// spelling only.
pub(crate) fn refuse(root: &Path, sets: &LabelSets, options: &ScanOptions) -> Result<(), ScanError> {
    let given = [(options.review.is_some(), "--review"), (options.match_names, "--match-names")];
    if let Some((_, what)) = given.into_iter().find(|(given, _)| *given) {
        return Err(ScanError::OfOneClass { root: root.to_owned(), what });
    }
    if let Some(label) = sets.names.iter().find(|name| name.contains(BETWEEN_LABELS)) {
        return Err(ScanError::BarInLabel { root: root.to_owned(), label: label.clone() });
    }
    let like = |(place, name): (usize, &String)| {
        let other = |other: &&String| normal_class_name(other) == normal_class_name(name);
        Some([sets.names[..place].iter().find(other)?.clone(), name.clone()])
    };
    match sets.names.iter().enumerate().find_map(like) {
        None => Ok(()),
        Some(labels) => Err(ScanError::LabelsAlike { root: root.to_owned(), labels }),
    }
}

/// The photos whose labels all occur in training, where at least one label is on some of these and not on others.
pub(crate) fn checked(
    dataset: Dataset,
    mut problems: Vec<Problem>,
) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let Some(sets) = dataset.label_sets.clone() else { return Ok((dataset, problems)) };
    let is_trained = |split: Option<Split>| split.is_none_or(|split| split == Split::Train);
    let (mut trained, mut all) = (vec![0; sets.names.len()], vec![0; sets.names.len()]);
    for photo in &dataset.photos {
        for &label in sets.of(photo.class) {
            all[label] += 1;
            trained[label] += usize::from(is_trained(photo.split));
        }
    }
    let photos = dataset.photos.iter().filter(|photo| is_trained(photo.split)).count();
    if photos == 0 {
        return Err(ScanError::NothingToTrainOn { root: dataset.root });
    }
    for ((name, &trained), &all) in sets.names.iter().zip(&trained).zip(&all) {
        match trained {
            0 => problems.push(Problem::new(name, Reason::ClassNotInTraining { photographs: all })),
            1 => problems.push(Problem::new(name, Reason::ClassWithOnePhotograph)),
            _ => {}
        }
    }
    if !trained.iter().any(|&count| count > 0 && count < photos) {
        return Err(ScanError::NothingToTellApart { root: dataset.root, labels: sets.names });
    }
    let known: Vec<bool> = dataset
        .photos
        .iter()
        .map(|photo| sets.of(photo.class).iter().all(|&label| trained[label] > 0))
        .collect();
    let (dataset, _) = dataset.retain(|index| known[index]);
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((dataset, problems))
}
