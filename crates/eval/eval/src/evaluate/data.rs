//! Which photographs a classifier is measured on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_scan::{AlikeClasses, ScanError, ScanOptions, scan_for_evaluation};
use foliar_vision::{
    Dataset, Photo, Problem, Reason, Split, labels_of_name, normal_class_name, portable_name,
};

use foliar_audit::{GroupRule, NearDuplicates, file_problem, group_photos};
use foliar_model::{Bundle, Outputs};
use foliar_results::{EvaluationData, FileProblem, Origin, UnknownClass};
use foliar_train::{Group, OutOfFoldRow, Run};

use super::EvalSource;
use crate::error::EvalError;
use crate::out_of_fold::held_back_something;

/// One photograph.
#[derive(Clone)]
pub(super) struct EvalPhotograph {
    pub(super) path: PathBuf,
    /// Place of its class in the bundle, or of the set of its labels in [`EvalPhotographs::sets`].
    pub(super) label: u32,
    /// A number that photographs share which belong together.
    pub(super) group: u64,
    /// Logits of the model of the run that was not trained on it, not yet divided by the temperature; `None` if the model of
    /// the bundle was not.
    pub(super) out_of_fold: Option<Vec<f32>>,
    /// Whether the out-of-distribution detector was not fitted to it.
    pub(super) unseen: bool,
}

/// Photographs to measure on, and what could not be used.
pub(super) struct EvalPhotographs {
    pub(super) root: PathBuf,
    pub(super) origin: Origin,
    pub(super) list: Vec<EvalPhotograph>,
    /// Whether each label of the bundle is in each set of labels; none for a bundle of classes.
    pub(super) sets: Vec<Vec<bool>>,
    /// How the folder was understood, in one sentence, if there is something to say.
    pub(super) layout: Option<String>,
    /// Those that are left out because the classifier was trained on them.
    pub(super) training_left_out: Vec<String>,
    /// Those among the list that it was trained on.
    pub(super) training_included: usize,
    /// What the groups of a folder rest on; `None` for those of a run, which its split tells.
    pub(super) grouped_by: Option<String>,
    /// Whether the split of the run kept what belongs together on one side; `None` for a folder.
    pub(super) split_by_group: Option<bool>,
    pub(super) unknown_classes: Vec<UnknownClass>,
    pub(super) skipped: Vec<FileProblem>,
}

impl EvalPhotographs {
    /// The photographs of `source` whose class is one of those of `bundle`.
    pub(super) fn of(
        source: &EvalSource<'_>,
        bundle: &Bundle,
        scanning: &ScanOptions,
    ) -> Result<Self, EvalError> {
        match *source {
            EvalSource::Folder { root, split, grouping, include_training } => {
                Self::of_folder(root, split, grouping, bundle, include_training, scanning)
            }
            EvalSource::HeldBack(run) => Self::of_run(run, bundle),
        }
    }

    fn of_folder(
        root: &Path,
        split: Option<Split>,
        grouping: &GroupRule,
        bundle: &Bundle,
        include_training: bool,
        scanning: &ScanOptions,
    ) -> Result<Self, EvalError> {
        let unusable = |what: String| EvalError::Unusable { root: root.to_owned(), what };
        let classes = &bundle.classes;
        let (dataset, problems) = scan_for_evaluation(root, scanning)?;
        let chosen = |photo: &Photo| split.is_none() || photo.split == split;
        if let Some(split) = split.filter(|_| !dataset.photos.iter().any(chosen)) {
            return Err(unusable(format!("the folder has no photos in its {split} split")));
        }
        let (labels, sets) = match &bundle.outputs {
            Outputs::OneOf => (labels(&dataset, classes, scanning.match_names)?, Vec::new()),
            Outputs::AnyOf(_) => {
                let mut known = Sets::of(classes);
                let found = |class: &String| known.place(class);
                (dataset.classes.iter().map(found).collect(), known.rows)
            }
        };
        let unknown_classes = unknown(&dataset, &labels, chosen);
        let groups = group_photos(&dataset, grouping, NearDuplicates::Decode(&scanning.limits))?;
        let (mut list, mut left_out, mut included) = (Vec::new(), Vec::new(), 0);
        for (photo, group) in dataset.photos.iter().zip(groups.of).filter(|(photo, _)| chosen(photo)) {
            let Some(label) = labels[photo.class] else { continue };
            let trained_on = bundle.training_digests.contains(&photo.digest);
            if trained_on && !include_training {
                left_out.push(portable_name(&photo.path));
                continue;
            }
            included += usize::from(trained_on);
            let path = photo.path.clone();
            let group = group as u64;
            list.push(EvalPhotograph { path, label, group, out_of_fold: None, unseen: !trained_on });
        }
        if list.is_empty() {
            return Err(unusable(match left_out.len() {
                0 => format!(
                    "no photo is of a class of this classifier; its classes are {}, the folder has {}",
                    classes.join(", "),
                    dataset.classes.join(", ")
                ),
                count => format!(
                    "the classifier was trained, tuned or calibrated on all {count} photos, so results on them would \
                     measure memorisation; give photos that it has not seen, or leave --data out to see the run's own \
                     results, or measure them anyway (--include-training)"
                ),
            }));
        }
        Ok(Self {
            root: dataset.root,
            origin: Origin::Folder,
            layout: dataset.layout,
            list,
            sets,
            training_left_out: left_out,
            training_included: included,
            // There is no split here, of which the sentence of the source speaks.
            grouped_by: Some(groups.source.words().to_owned()),
            split_by_group: None,
            unknown_classes,
            skipped: problems.iter().map(file_problem).collect(),
        })
    }

    /// The test photographs of the run, or else its out-of-fold predictions. A photograph that was changed since the run began
    /// is left out.
    fn of_run(run: &Run, bundle: &Bundle) -> Result<Self, EvalError> {
        let classes = &bundle.classes;
        let mut known = Sets::of(classes);
        let mut label_of = |class: &String| match &bundle.outputs {
            Outputs::OneOf => label(classes, class),
            Outputs::AnyOf(_) => known.place(class),
        };
        let test = run.photographs_of(Split::Test)?;
        let origin = if test.is_empty() { Origin::Validation } else { Origin::Test };
        if origin == Origin::Validation {
            held_back_something(
                run,
                "the run has no validation or test photos; test it on other photos with --data FOLDER",
            )?;
        }
        let held_back: Vec<(OutOfFoldRow, bool)> = match origin {
            Origin::Validation => {
                let validation: BTreeSet<String> =
                    run.photographs_of(Split::Validation)?.into_iter().map(|(path, _)| path).collect();
                let rows = match &bundle.outputs {
                    Outputs::OneOf => run.out_of_fold(classes)?,
                    Outputs::AnyOf(_) => run.out_of_fold_labels(classes)?,
                };
                let rows = rows.into_iter();
                rows.map(|row| (validation.contains(&row.path), row)).map(|(own, row)| (row, own)).collect()
            }
            _ => test
                .into_iter()
                .map(|(path, class)| (OutOfFoldRow { path, class, logits: Vec::new() }, true))
                .collect(),
        };
        let (dataset, mut problems) = scan_for_evaluation(&run.data_root, &run.scanning_without_review()?)?;
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
        let mut list = Vec::new();
        for (OutOfFoldRow { path, class, logits }, unseen) in held_back {
            let place = places.get(&path).copied();
            let unchanged = place.filter(|&place| run.digest(&path) == Some(&dataset.photos[place].digest));
            match (unchanged, label_of(&class)) {
                (Some(place), Some(label)) => {
                    let next = numbers.len() as u64;
                    let name = groups.get(&path).unwrap_or(&path);
                    list.push(EvalPhotograph {
                        path: dataset.photos[place].path.clone(),
                        label,
                        group: *numbers.entry(name.clone()).or_insert(next),
                        out_of_fold: (!logits.is_empty()).then_some(logits),
                        unseen,
                    });
                }
                _ => {
                    let detail = "it was removed or changed since the run began".to_owned();
                    problems.push(Problem::new(path, Reason::Unreadable { detail }));
                }
            }
        }
        if list.is_empty() {
            let what = "all photos that the run held back were removed or changed".to_owned();
            return Err(EvalError::Unusable { root: run.dir.root().to_owned(), what });
        }
        // Groups that are single photographs are none.
        let in_groups = numbers.len() < list.len();
        Ok(Self {
            root: run.data_root.clone(),
            origin,
            layout: None,
            list,
            sets: known.rows,
            training_left_out: Vec::new(),
            training_included: 0,
            grouped_by: None,
            split_by_group: Some(in_groups && run.recipe.data.group != Group::None),
            unknown_classes: Vec::new(),
            skipped: problems.iter().map(file_problem).collect(),
        })
    }
}

impl EvalPhotographs {
    /// What was measured on, for people; the photographs are in so many groups.
    pub(super) fn described(self, groups: usize) -> EvaluationData {
        EvaluationData {
            root: self.root,
            origin: self.origin,
            layout: self.layout,
            training_left_out: self.training_left_out,
            training_included: self.training_included,
            grouped_by: self.grouped_by,
            groups,
            split_by_group: self.split_by_group,
        }
    }
}

/// Sets of the labels of a classifier, by the names of classes of a data set.
struct Sets<'a> {
    labels: &'a [String],
    places: BTreeMap<String, u32>,
    rows: Vec<Vec<bool>>,
}

impl<'a> Sets<'a> {
    fn of(labels: &'a [String]) -> Self {
        Self { labels, places: BTreeMap::new(), rows: Vec::new() }
    }

    /// Place of the set that a class is; `None` where the classifier does not know one of its labels.
    fn place(&mut self, class: &str) -> Option<u32> {
        if let Some(&place) = self.places.get(class) {
            return Some(place);
        }
        let mut row = vec![false; self.labels.len()];
        for name in labels_of_name(class) {
            row[label(self.labels, name)? as usize] = true;
        }
        self.rows.push(row);
        let place = self.rows.len() as u32 - 1;
        self.places.insert(class.to_owned(), place);
        Some(place)
    }
}

/// The classes without a label, with how many of the photographs that `chosen` takes are theirs.
fn unknown(dataset: &Dataset, labels: &[Option<u32>], chosen: impl Fn(&Photo) -> bool) -> Vec<UnknownClass> {
    let unlabelled = dataset.classes.iter().enumerate().filter(|(class, _)| labels[*class].is_none());
    let counted = unlabelled.map(|(index, class)| {
        let of_class = |photo: &&Photo| photo.class == index && chosen(photo);
        UnknownClass { class: class.clone(), photographs: dataset.photos.iter().filter(of_class).count() }
    });
    counted.filter(|class| class.photographs > 0).collect()
}

/// For each class of the folder its place among those of the classifier.
///
/// # Errors
/// Classes that differ from those of the classifier in spelling only, unless `match_names`.
fn labels(dataset: &Dataset, classes: &[String], match_names: bool) -> Result<Vec<Option<u32>>, EvalError> {
    let normal: Vec<String> = classes.iter().map(|class| normal_class_name(class)).collect();
    let like = |name: &String| normal.iter().position(|class| *class == normal_class_name(name));
    let mut labels = Vec::with_capacity(dataset.classes.len());
    let mut pairs = Vec::new();
    for (index, name) in dataset.classes.iter().enumerate() {
        let exact = label(classes, name);
        let found = exact.or_else(|| like(name).map(|place| place as u32));
        if let (None, Some(place), false) = (exact, found, match_names) {
            pairs.push(AlikeClasses {
                folder: name.clone(),
                photographs: dataset.photos.iter().filter(|photo| photo.class == index).count(),
                like: format!("the classifier's {}", classes[place as usize]),
            });
        }
        labels.push(found);
    }
    if pairs.is_empty() {
        Ok(labels)
    } else {
        Err(EvalError::Scan(ScanError::ClassesAlike { root: dataset.root.clone(), pairs }))
    }
}

fn label(classes: &[String], name: &str) -> Option<u32> {
    classes.iter().position(|class| class == name).map(|place| place as u32)
}
