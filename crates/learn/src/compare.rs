//! Several runs side by side, on the photographs that all of them held back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_metrics::{Metrics, arg_max, mcnemar};
use foliar_runlog::{Epoch, Event, jsonl};
use foliar_vision::{Limits, Part, Rgb, decode_file};
use rayon::prelude::*;
use serde::Serialize;

use crate::bundle::Bundle;
use crate::error::LearnError;
use crate::predict::Predictor;
use crate::run::Run;

/// Photographs in one pass of a network.
const BATCH: usize = 32;

/// One run of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The run folder.
    pub run: PathBuf,
    /// Name of the network.
    pub model: String,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Seconds that all its epochs took.
    pub seconds: f64,
    /// Its epochs.
    pub epochs: Vec<Epoch>,
    /// Figures on the common photographs.
    pub metrics: Metrics,
}

/// Two runs of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Place of the first among the runs.
    pub first: usize,
    /// Place of the second.
    pub second: usize,
    /// Photographs on which the first alone is right.
    pub only_first: usize,
    /// Photographs on which the second alone is right.
    pub only_second: usize,
    /// Probability of a difference at least as large if the two were equally good (exact, two-sided).
    pub p_value: f64,
}

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Photographs that every run held back for validation.
    pub photographs: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<Compared>,
    /// Every two of them.
    pub pairs: Vec<Pair>,
}

/// Compares the bundles of `runs` on the photographs that all of them held back for validation.
///
/// # Errors
/// A run without a bundle, runs of other photographs or other classes, runs that held back no photograph in common.
pub fn compare(runs: &[PathBuf]) -> Result<Comparison, LearnError> {
    let opened: Vec<Run> = runs.iter().map(|path| Run::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = opened.first() else {
        return Ok(Comparison { photographs: 0, runs: Vec::new(), pairs: Vec::new() });
    };
    let refuse =
        |path: &Path, what: &str| LearnError::TooFew { root: path.to_owned(), what: what.to_owned() };
    let mut common: BTreeSet<(String, String)> = first.photographs_of(Part::Validation)?.into_iter().collect();
    for run in &opened[1..] {
        if run.fingerprint() != first.fingerprint() {
            return Err(refuse(run.dir.root(), "this run was made with other photographs than the first"));
        }
        let theirs: BTreeSet<(String, String)> = run.photographs_of(Part::Validation)?.into_iter().collect();
        common = common.intersection(&theirs).cloned().collect();
    }
    if common.is_empty() {
        return Err(refuse(
            first.dir.root(),
            "the runs held back no photograph in common; use one seed for all",
        ));
    }
    let common: Vec<(String, String)> = common.into_iter().collect();
    let mut compared = Vec::new();
    let mut verdicts = Vec::new();
    for run in &opened {
        let (result, right) = judge(run, &common)?;
        compared.push(result);
        verdicts.push(right);
    }
    let pairs = (0..opened.len())
        .flat_map(|first| (first + 1..opened.len()).map(move |second| (first, second)))
        .map(|(first, second)| pair(first, second, &verdicts[first], &verdicts[second]))
        .collect();
    Ok(Comparison { photographs: common.len(), runs: compared, pairs })
}

/// The figures of one run, and on which photographs it is right.
fn judge(run: &Run, photographs: &[(String, String)]) -> Result<(Compared, Vec<bool>), LearnError> {
    let bundle = Bundle::read(&run.dir.bundle())?;
    let classes = bundle.classes.clone();
    let mut predictor = Predictor::new(bundle, BATCH)?;
    let (mut logits, mut labels, mut right) = (Vec::new(), Vec::new(), Vec::new());
    for batch in photographs.chunks(BATCH) {
        let decode = |(name, _): &(String, String)| {
            let path = run.data_root.join(name);
            decode_file(&path, &Limits::default()).map_err(|reason| LearnError::TooFew {
                root: path,
                what: format!("{reason}; the runs can not be compared without it"),
            })
        };
        let pictures: Vec<Rgb> = batch.par_iter().map(decode).collect::<Result<_, _>>()?;
        for (output, (_, class)) in predictor.predict(&pictures)?.into_iter().zip(batch) {
            let Some(label) = classes.iter().position(|name| name == class) else {
                let what = format!("its bundle knows no class {class}");
                return Err(LearnError::TooFew { root: run.dir.root().to_owned(), what });
            };
            right.push(arg_max(&output.logits) == label);
            labels.push(label as u32);
            logits.extend(output.logits);
        }
    }
    let (events, _) = jsonl::read(&run.dir.events())?;
    let epochs: Vec<Epoch> = events
        .into_iter()
        .filter_map(|event| match event {
            Event::Epoch(epoch) => Some(epoch),
            _ => None,
        })
        .collect();
    let compared = Compared {
        run: run.dir.root().to_owned(),
        model: run.recipe.model.clone(),
        learning_rate: run.recipe.phases.last().map_or(0.0, |phase| phase.learning_rate.peak),
        seconds: epochs.iter().map(|epoch| epoch.seconds).fold(0.0, |sum, seconds| sum + seconds),
        epochs,
        metrics: Metrics::new(&logits, &labels, &classes),
    };
    Ok((compared, right))
}

fn pair(first: usize, second: usize, a: &[bool], b: &[bool]) -> Pair {
    let only_first = a.iter().zip(b).filter(|&(&a, &b)| a && !b).count();
    let only_second = a.iter().zip(b).filter(|&(&a, &b)| b && !a).count();
    Pair { first, second, only_first, only_second, p_value: mcnemar(only_first, only_second) }
}
