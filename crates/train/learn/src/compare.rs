//! Several runs side by side, on the photographs that all of them held back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_metrics::{Metrics, arg_max, mcnemar};
use foliar_runlog::{Epoch, Event, jsonl};
use serde::Serialize;

use crate::bundle::Bundle;
use crate::error::LearnError;
use crate::held_out::HeldOutRow;
use crate::run::Run;

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
    /// Photographs that no run had learnt from when it spoke of them.
    pub photographs: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<Compared>,
    /// Every two of them.
    pub pairs: Vec<Pair>,
}

/// Compares `runs` by what they said of the photographs that none of them had learnt from when it spoke.
///
/// # Errors
/// A run without a bundle, runs of other photographs or other classes, runs that held back no photograph in common.
pub fn compare(runs: &[PathBuf]) -> Result<Comparison, LearnError> {
    let opened: Vec<Opened> = runs.iter().map(|path| Opened::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = opened.first() else {
        return Ok(Comparison { photographs: 0, runs: Vec::new(), pairs: Vec::new() });
    };
    let refuse =
        |run: &Run, what: &str| LearnError::TooFew { root: run.dir.root().to_owned(), what: what.to_owned() };
    let mut common: BTreeSet<&String> = first.held_out.keys().collect();
    for other in &opened[1..] {
        if other.run.fingerprint() != first.run.fingerprint() {
            return Err(refuse(&other.run, "this run was made with other photographs than the first"));
        }
        common.retain(|path| other.held_out.contains_key(*path));
    }
    if common.is_empty() {
        return Err(refuse(&first.run, "the runs held back no photograph in common; use one seed for all"));
    }
    let mut compared = Vec::new();
    let mut verdicts = Vec::new();
    for run in &opened {
        let (result, right) = run.judged_on(&common)?;
        compared.push(result);
        verdicts.push(right);
    }
    let pairs = (0..opened.len())
        .flat_map(|first| (first + 1..opened.len()).map(move |second| (first, second)))
        .map(|(first, second)| pair(first, second, &verdicts[first], &verdicts[second]))
        .collect();
    Ok(Comparison { photographs: common.len(), runs: compared, pairs })
}

/// A run with what it said.
struct Opened {
    run: Run,
    classes: Vec<String>,
    temperature: f64,
    /// By path.
    held_out: BTreeMap<String, HeldOutRow>,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, LearnError> {
        let run = Run::open(path)?;
        let Bundle { classes, temperature, .. } = Bundle::read(&run.dir.bundle())?;
        let rows = run.held_out(&classes)?;
        let held_out = rows.into_iter().map(|row| (row.path.clone(), row)).collect();
        Ok(Self { run, classes, temperature, held_out })
    }

    /// Its figures on some of its photographs, and on which it is right.
    fn judged_on(&self, photographs: &BTreeSet<&String>) -> Result<(Compared, Vec<bool>), LearnError> {
        let Self { run, classes, .. } = self;
        let (mut logits, mut labels, mut right) = (Vec::new(), Vec::new(), Vec::new());
        let scale = (1.0 / self.temperature) as f32;
        for HeldOutRow { class, logits: row, .. } in
            photographs.iter().filter_map(|&path| self.held_out.get(path))
        {
            let Some(label) = classes.iter().position(|name| name == class) else {
                let what = format!("its bundle knows no class {class}");
                return Err(LearnError::TooFew { root: run.dir.root().to_owned(), what });
            };
            right.push(arg_max(row) == label);
            labels.push(label as u32);
            logits.extend(row.iter().map(|logit| logit * scale));
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
            metrics: Metrics::new(&logits, &labels, classes),
        };
        Ok((compared, right))
    }
}

fn pair(first: usize, second: usize, a: &[bool], b: &[bool]) -> Pair {
    let only_first = a.iter().zip(b).filter(|&(&a, &b)| a && !b).count();
    let only_second = a.iter().zip(b).filter(|&(&a, &b)| b && !a).count();
    Pair { first, second, only_first, only_second, p_value: mcnemar(only_first, only_second) }
}
