//! How good a bundle is on photographs that say their class, and how far it knows when it is not.

mod figures;
mod outside;
mod robustness;
mod sample;
mod table;
mod words;

use std::path::{Path, PathBuf};

use foliar_metrics::Bootstrap;
use foliar_vision::{Limits, Problem, Reason, Rgb, Split, portable_name};
use rayon::prelude::*;

use self::figures::Asked;
use self::outside::Outsiders;
use self::sample::{Choice, Chosen};
use crate::bundle::Bundle;
use crate::error::LearnError;
use crate::evaluation::Evaluation;
use crate::predict::{Outputs, Predictor, decode_reduced};
use crate::run::Run;

/// What a classifier is measured on.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// A folder of photographs, a subfolder a class, or one split of it where it has train, val and test folders.
    Folder {
        /// The folder.
        root: &'a Path,
        /// The split; all if `None`.
        split: Option<Split>,
    },
    /// What a run set aside for a test, or for validation if it set none aside.
    HeldBack(&'a Run),
}

/// What is measured besides.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// Largest photographs that are accepted.
    pub limits: Limits,
    /// Whether the classifier is asked about pictures drawn of things that are no leaves.
    pub drawn: bool,
    /// Photographs of something else, by name: none of them may be of one of the classes.
    pub outside: Vec<(String, Vec<PathBuf>)>,
    /// Whether it is asked about photographs that were made worse.
    pub robustness: bool,
}

impl Default for EvaluateOptions {
    /// Drawn things, nothing else.
    fn default() -> Self {
        Self { limits: Limits::default(), drawn: true, outside: Vec::new(), robustness: false }
    }
}

/// What an evaluation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The photographs themselves.
    Photographs,
    /// Drawn things and photographs of something else.
    Outside,
    /// Photographs made worse.
    Robustness,
}

/// Runs `predictor` on the photographs of `subject`. The class of a photograph is the name of its folder; photographs of
/// classes that the bundle does not know are left out. `progress` is called with what is being done and (done, in all).
///
/// # Errors
/// A folder that is not laid out as classes, or that shares no class with the bundle; a run that held nothing back.
pub fn evaluate(
    predictor: &mut Predictor,
    subject: &Subject<'_>,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<Evaluation, LearnError> {
    let known = predictor.bundle().classes.clone();
    let mut choice = Choice::of(subject, &known, &options.limits)?;
    if options.robustness && choice.photographs.iter().any(|photo| photo.said.is_some()) {
        let what = "the classifier has learnt from the photographs that the run held back; measure its robustness on others \
                    (--data FOLDER), or set some aside before training (--test 0.2)";
        return Err(LearnError::TooFew { root: choice.root, what: what.to_owned() });
    }
    let (asked, broken) =
        ask(predictor, &choice, &options.limits, &mut |done, all| progress(Stage::Photographs, done, all))?;
    choice.problems.extend(broken);
    choice.problems.sort_by(|a, b| a.path.cmp(&b.path));
    let mut outside = Vec::new();
    if options.drawn {
        outside.push(Outsiders::drawn(predictor, &mut |done, all| progress(Stage::Outside, done, all))?);
    }
    for (name, files) in &options.outside {
        let progress = &mut |done, all| progress(Stage::Outside, done, all);
        outside.push(Outsiders::read(predictor, name, files, &options.limits, progress)?);
    }
    let bootstrap = Bootstrap::default();
    let robustness = match options.robustness {
        false => None,
        true => Some(robustness::measure(
            predictor,
            &choice.root,
            &choice.photographs,
            &options.limits,
            &bootstrap,
            &mut |done, all| progress(Stage::Robustness, done, all),
        )?),
    };
    figures::evaluation(predictor.bundle(), choice, &asked, &outside, robustness, &bootstrap)
}

/// What is said of each photograph that can be read.
fn ask(
    predictor: &mut Predictor,
    choice: &Choice,
    limits: &Limits,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Vec<Asked>, Vec<Problem>), LearnError> {
    let side = predictor.bundle().preprocessing.store_side;
    let (mut asked, mut problems) = (Vec::with_capacity(choice.photographs.len()), Vec::new());
    for (index, batch) in choice.photographs.chunks(predictor.batch()).enumerate() {
        let decode = |photo: &Chosen| decode_reduced(&choice.root.join(&photo.path), side, limits);
        let decoded: Vec<Result<Rgb, Reason>> = batch.par_iter().map(decode).collect();
        let (mut photographs, mut readable) = (Vec::with_capacity(batch.len()), Vec::new());
        for (photo, result) in batch.iter().zip(decoded) {
            match result {
                Ok(photograph) => {
                    photographs.push(photograph);
                    readable.push(photo);
                }
                Err(reason) => problems.push(Problem::new(&photo.path, reason)),
            }
        }
        let outputs = predictor.predict(&photographs)?;
        asked.extend(readable.into_iter().zip(outputs).map(|(photo, outputs)| Asked {
            path: portable_name(&photo.path),
            label: photo.label,
            group: photo.group,
            outputs: unlearnt(predictor.bundle(), photo, outputs),
        }));
        progress(index * predictor.batch() + batch.len(), choice.photographs.len());
    }
    let finite = |asked: &Asked| asked.outputs.logits.iter().all(|logit| logit.is_finite());
    if asked.is_empty() || !asked.iter().all(finite) {
        let what = match asked.len() {
            0 => format!("none of the {} photographs could be read", choice.photographs.len()),
            _ => {
                "the network's outputs are not finite numbers; train anew at a lower learning rate".to_owned()
            }
        };
        return Err(LearnError::TooFew { root: choice.root.clone(), what });
    }
    Ok((asked, problems))
}

/// What there is to say of a photograph without what was learnt from it: the outputs of the classifier that had not learnt from
/// it, and no distance if the run knows from it what photographs look like.
fn unlearnt(bundle: &Bundle, photo: &Chosen, outputs: Outputs) -> Outputs {
    if photo.said.is_none() && photo.unseen {
        return outputs;
    }
    let distance = outputs.distance().filter(|_| photo.unseen);
    let scale = (1.0 / bundle.temperature) as f32;
    let logits = match &photo.said {
        Some(said) => said.iter().map(|logit| logit * scale).collect(),
        None => outputs.logits,
    };
    let judgement = bundle.caution.as_ref().map(|caution| caution.judge_at(&logits, distance));
    Outputs { logits, judgement }
}

/// Share of what is true.
fn share(verdicts: &[bool]) -> f64 {
    verdicts.iter().filter(|&&verdict| verdict).count() as f64 / verdicts.len().max(1) as f64
}

/// Share of `said` for which `holds`.
fn share_of<'a>(said: impl Iterator<Item = &'a Outputs>, holds: impl Fn(&Outputs) -> bool) -> f64 {
    share(&said.map(holds).collect::<Vec<bool>>())
}
