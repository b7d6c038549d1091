//! Which photographs a classifier is measured on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_vision::{
    Dataset, Limits, Problem, Reason, Split, cluster_of, portable_name, scan_for_evaluation, sequence,
};

use super::Subject;
use crate::error::LearnError;
use crate::evaluation::Origin;
use crate::held_out::HeldOutRow;
use crate::run::Run;

/// One photograph.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) path: PathBuf,
    /// Place of its class in the bundle.
    pub(super) label: u32,
    /// A number that photographs share which belong together.
    pub(super) group: u64,
    /// What a classifier of the run said of it that had not learnt from it, not yet divided by the temperature; `None` if
    /// the one in the bundle has not.
    pub(super) said: Option<Vec<f32>>,
    /// Whether it is none of those from which the run knows what photographs look like.
    pub(super) unseen: bool,
}

/// Photographs to measure on, and what could not be used.
pub(super) struct Choice {
    pub(super) root: PathBuf,
    pub(super) origin: Origin,
    pub(super) photographs: Vec<Chosen>,
    pub(super) unknown_classes: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

impl Choice {
    /// The photographs of `subject` whose class is one of `classes`.
    pub(super) fn of(subject: &Subject<'_>, classes: &[String], limits: &Limits) -> Result<Self, LearnError> {
        match *subject {
            Subject::Folder { root, split } => Self::of_folder(root, split, classes, limits),
            Subject::HeldBack(run) => Self::of_run(run, classes, limits),
        }
    }

    fn of_folder(
        root: &Path,
        split: Option<Split>,
        classes: &[String],
        limits: &Limits,
    ) -> Result<Self, LearnError> {
        let (dataset, problems) = scan_for_evaluation(root, limits)?;
        if let Some(split) = split
            && dataset.photos.iter().all(|photo| photo.split != Some(split))
        {
            let what = format!("the folder has no photographs in its {split} split");
            return Err(LearnError::TooFew { root: root.to_owned(), what });
        }
        let labels: Vec<Option<u32>> = dataset.classes.iter().map(|name| label(classes, name)).collect();
        let unknown = dataset.classes.iter().zip(&labels).filter(|(_, label)| label.is_none());
        let unknown_classes = unknown.map(|(class, _)| class.clone()).collect();
        let groups = groups(&dataset);
        let photographs: Vec<Chosen> = dataset
            .photos
            .iter()
            .zip(&groups)
            .filter(|(photo, _)| split.is_none() || photo.split == split)
            .filter_map(|(photo, &group)| {
                let (path, label) = (photo.path.clone(), labels[photo.class]?);
                Some(Chosen { path, label, group, said: None, unseen: true })
            })
            .collect();
        if photographs.is_empty() {
            let what = format!(
                "no photograph of a class that the classifier knows; it knows {}, the folder has {}",
                classes.join(", "),
                dataset.classes.join(", ")
            );
            return Err(LearnError::TooFew { root: root.to_owned(), what });
        }
        Ok(Self { root: dataset.root, origin: Origin::Folder, photographs, unknown_classes, problems })
    }

    /// What the run set aside for a test, or else what it said of photographs that it had not learnt from. A photograph that is
    /// no longer the one that the run was begun with is left out.
    fn of_run(run: &Run, classes: &[String], limits: &Limits) -> Result<Self, LearnError> {
        let test = run.photographs_of(Split::Test)?;
        let origin = if test.is_empty() { Origin::Validation } else { Origin::Test };
        let held_back: Vec<(HeldOutRow, bool)> = match origin {
            Origin::Validation => {
                let validation: BTreeSet<String> =
                    run.photographs_of(Split::Validation)?.into_iter().map(|(path, _)| path).collect();
                let rows = run.held_out(classes)?.into_iter();
                rows.map(|row| (validation.contains(&row.path), row)).map(|(own, row)| (row, own)).collect()
            }
            _ => test
                .into_iter()
                .map(|(path, class)| (HeldOutRow { path, class, logits: Vec::new() }, true))
                .collect(),
        };
        let (dataset, mut problems) = scan_for_evaluation(&run.data_root, limits)?;
        let groups = run.groups()?;
        let places: BTreeMap<String, usize> = dataset
            .photos
            .iter()
            .enumerate()
            .map(|(place, photo)| (portable_name(&photo.path), place))
            .collect();
        // What was wrong with other files is the run's concern.
        let names: BTreeSet<&str> = held_back.iter().map(|(row, _)| row.path.as_str()).collect();
        problems.retain(|problem| names.contains(portable_name(&problem.path).as_str()));
        let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
        let mut photographs = Vec::new();
        for (HeldOutRow { path, class, logits }, unseen) in held_back {
            let place = places.get(&path).copied();
            let unchanged = place.filter(|&place| run.digest(&path) == Some(&dataset.photos[place].digest));
            match (unchanged, label(classes, &class)) {
                (Some(place), Some(label)) => {
                    let next = numbers.len() as u64;
                    let name = groups.get(&path).unwrap_or(&path);
                    photographs.push(Chosen {
                        path: dataset.photos[place].path.clone(),
                        label,
                        group: *numbers.entry(name.clone()).or_insert(next),
                        said: (!logits.is_empty()).then_some(logits),
                        unseen,
                    });
                }
                _ => {
                    let detail = "it is gone or was changed since the run".to_owned();
                    problems.push(Problem::new(path, Reason::Unreadable { detail }));
                }
            }
        }
        if photographs.is_empty() {
            let what = "none of the photographs that the run held back is still as it was".to_owned();
            return Err(LearnError::TooFew { root: run.dir.root().to_owned(), what });
        }
        let root = run.data_root.clone();
        Ok(Self { root, origin, photographs, unknown_classes: Vec::new(), problems })
    }
}

fn label(classes: &[String], name: &str) -> Option<u32> {
    classes.iter().position(|class| class == name).map(|place| place as u32)
}

/// For each photograph a number that those share which are equal or were taken one after the other.
fn groups(dataset: &Dataset) -> Vec<u64> {
    let runs = sequence::runs(dataset);
    cluster_of(dataset, runs.as_deref()).into_iter().map(|first| first as u64).collect()
}
