//! How good a classifier is on photographs whose class is known, and how well it knows its limits.

mod data;
mod labels;
mod measure;
mod ood;
mod robustness;
mod table;
mod views;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_audit::{GroupRule, file_problem};
use foliar_metrics::Bootstrap;
use foliar_model::{Bundle, ModelError, Prediction, Predictor};
use foliar_results::Evaluation;
use foliar_scan::{ClassMap, ClassesFrom, LabelSource, Review, ScanOptions};
use foliar_train::Run;
use foliar_vision::problem::FILE_REMARKS;
use foliar_vision::{Limits, Problem, Split, portable_name};

use self::data::{EvalPhotograph, EvalPhotographs};
pub use self::labels::{evaluate_labels, labels_table};
use self::measure::Answer;
use self::ood::ForeignPhotographs;
pub use self::table::predictions_table;
pub use self::views::{ViewsEvaluation, evaluate_views};
use crate::error::EvalError;

/// What a classifier is measured on.
#[derive(Clone, Copy)]
pub enum EvalSource<'a> {
    /// A folder of photographs, a subfolder a class, or one split of it where it has train, val and test folders.
    Folder {
        /// The folder.
        root: &'a Path,
        /// The split; all if `None`.
        split: Option<Split>,
        /// Which photographs belong together; copies always do.
        grouping: &'a GroupRule,
        /// Whether photographs that the classifier was trained on are measured too; otherwise they are left out and named.
        include_training: bool,
    },
    /// What a run set aside for a test, or for validation if it set none aside.
    HeldBack(&'a Run),
}

/// What is measured besides.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// Largest photographs that are accepted.
    pub limits: Limits,
    /// Which folders are the classes, where it is given; see [`ScanOptions`].
    pub classes_from: Option<ClassesFrom>,
    /// The tables that say the classes of a folder, where they are given.
    pub labels: LabelSource,
    /// What becomes of the classes of a folder.
    pub classes: Option<ClassMap>,
    /// Whether a folder is of the class whose name differs in spelling only; see [`ScanOptions`].
    pub match_names: bool,
    /// What a person has decided about single photographs: their class, and whether they are used.
    pub review: Option<Review>,
    /// Whether the classifier is asked about drawings of things that are not leaves.
    pub drawn: bool,
    /// Photographs of something else, by name: none of them may show one of the classes.
    pub ood: Vec<(String, Vec<PathBuf>)>,
    /// Whether it is asked about corrupted photographs.
    pub robustness: bool,
}

impl Default for EvaluateOptions {
    /// Drawn things, nothing else.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            classes_from: None,
            labels: LabelSource::default(),
            classes: None,
            match_names: false,
            review: None,
            drawn: true,
            ood: Vec::new(),
            robustness: false,
        }
    }
}

/// What an evaluation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The photographs themselves.
    Photographs,
    /// Drawn things and photographs of something else.
    Ood,
    /// Corrupted photographs.
    Robustness,
}

/// Runs `predictor` on the photographs of `source`. The class of a photograph is the name of its folder, or what a table says;
/// photographs of
/// classes that the bundle does not know are left out. `progress` is told what is being done, how much of it is done, and how
/// much there is.
///
/// # Errors
/// A folder that is not laid out as classes, or that shares no class with the bundle; a run that held nothing back.
pub fn evaluate(
    predictor: &mut Predictor,
    source: &EvalSource<'_>,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<Evaluation, EvalError> {
    if !options.labels.task.is_multi_class() {
        return Err(ModelError::OneClass.into());
    }
    let scanning = ScanOptions {
        limits: options.limits,
        classes_from: options.classes_from,
        labels: options.labels.clone(),
        classes: options.classes.clone(),
        match_names: options.match_names,
        review: options.review.clone(),
    };
    let mut photographs = EvalPhotographs::of(source, predictor.bundle(), &scanning)?;
    if !predictor.views().is_one() && photographs.list.iter().any(|photo| photo.out_of_fold.is_some()) {
        let what = "the run keeps predictions of one view for its validation photos, and its classifier was trained on them; measure several \
                    views (--views) on other photos (--data FOLDER), or set some aside before training (--test 0.2)";
        return Err(EvalError::Unusable { root: photographs.root, what: what.to_owned() });
    }
    if options.robustness && photographs.list.iter().any(|photo| photo.out_of_fold.is_some()) {
        let what = "the classifier was trained on the run's validation photos; measure its robustness on other photos (--data FOLDER), \
                    or set some aside before training (--test 0.2)";
        return Err(EvalError::Unusable { root: photographs.root, what: what.to_owned() });
    }
    let answers = answers(predictor, &mut photographs, &options.limits, &mut |done, all| {
        progress(Stage::Photographs, done, all);
    })?;
    let mut foreign = Vec::new();
    if options.drawn {
        foreign.push(ForeignPhotographs::drawn(predictor, &mut |done, all| progress(Stage::Ood, done, all))?);
    }
    for (name, files) in &options.ood {
        let progress = &mut |done, all| progress(Stage::Ood, done, all);
        foreign.push(ForeignPhotographs::read(predictor, name, files, &options.limits, progress)?);
    }
    let bootstrap = Bootstrap::default();
    let robustness = match options.robustness {
        false => None,
        true => {
            let progress = &mut |done, all| progress(Stage::Robustness, done, all);
            Some(robustness::measure(predictor, &photographs, &options.limits, &bootstrap, progress)?)
        }
    };
    measure::evaluation(predictor.bundle(), photographs, &answers, &foreign, robustness, &bootstrap)
}

/// The answer for each photograph that can be read; the others are added to the skipped files.
fn answers(
    predictor: &mut Predictor,
    photographs: &mut EvalPhotographs,
    limits: &Limits,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Answer>, EvalError> {
    let EvalPhotographs { root, list, skipped, .. } = photographs;
    let paths: Vec<PathBuf> = list.iter().map(|photo| root.join(&photo.path)).collect();
    let mut predictions = Vec::with_capacity(paths.len());
    predictor.predict_files(&paths, limits, &mut |index, prediction| {
        let photo = &list[index];
        match prediction {
            Ok(prediction) => predictions.push((index, prediction)),
            Err(reason) => skipped.push(file_problem(&Problem::new(&photo.path, reason))),
        }
        progress(index + 1, paths.len());
    })?;
    // What was remarked of a file from its header says that it is used.
    let broken: BTreeSet<String> =
        skipped.iter().filter(|problem| problem.excluded).map(|problem| problem.path.clone()).collect();
    skipped
        .retain(|problem| !(FILE_REMARKS.contains(&problem.code.as_str()) && broken.contains(&problem.path)));
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    let bundle = predictor.bundle();
    let answers: Vec<Answer> = predictions
        .into_iter()
        .map(|(index, prediction)| {
            let photo = &list[index];
            Answer {
                path: portable_name(&photo.path),
                label: photo.label,
                group: photo.group,
                prediction: honest(bundle, photo, prediction),
                assessable: photo.unseen,
            }
        })
        .collect();
    let finite = |answer: &Answer| answer.prediction.logits.iter().all(|logit| logit.is_finite());
    if answers.is_empty() || !answers.iter().all(finite) {
        let what = match answers.len() {
            0 => format!("none of the {} photos could be read", list.len()),
            _ => "the network's outputs are not finite numbers; train again at a lower learning rate"
                .to_owned(),
        };
        return Err(EvalError::Unusable { root: root.clone(), what });
    }
    Ok(answers)
}

/// The prediction without what was learned from the photograph itself: that of the model that was not trained on it, and no
/// distance where the detector was fitted to it.
fn honest(bundle: &Bundle, photo: &EvalPhotograph, prediction: Prediction) -> Prediction {
    if photo.out_of_fold.is_none() && photo.unseen {
        return prediction;
    }
    let distance = prediction.distance().filter(|_| photo.unseen);
    let scale = (1.0 / bundle.temperature) as f32;
    let logits = match &photo.out_of_fold {
        Some(logits) => logits.iter().map(|logit| logit * scale).collect(),
        None => prediction.logits,
    };
    let details = bundle.uncertainty.as_ref().map(|uncertainty| uncertainty.assess_at(&logits, distance));
    Prediction { logits, views: prediction.views, details }
}
