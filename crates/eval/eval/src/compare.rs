//! Several runs side by side, on the photographs that all of them held back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_metrics::{Metrics, arg_max, mcnemar};
use foliar_model::Bundle;
use foliar_results::{ComparedRun, Comparison, PairwiseTest};
use foliar_runlog::{Epoch, Event, jsonl};
use foliar_train::{OutOfFoldRow, Run};

use crate::error::EvalError;

/// Compares `runs` by what they said of the photographs that none of them had learnt from when it spoke.
///
/// # Errors
/// A run without a bundle, runs of other photographs or other classes, runs that held back no photograph in common.
pub fn compare(runs: &[PathBuf]) -> Result<Comparison, EvalError> {
    let opened: Vec<Opened> = runs.iter().map(|path| Opened::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = opened.first() else {
        return Ok(Comparison { photographs: 0, runs: Vec::new(), pairs: Vec::new() });
    };
    let refuse = |run: &Run, what: &str| EvalError::Unusable {
        root: run.dir.root().to_owned(),
        what: what.to_owned(),
    };
    let mut common: BTreeSet<&String> = first.out_of_fold.keys().collect();
    for other in &opened[1..] {
        if other.run.fingerprint() != first.run.fingerprint() {
            return Err(refuse(&other.run, "this run was made with other photographs than the first"));
        }
        common.retain(|path| other.out_of_fold.contains_key(*path));
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
    out_of_fold: BTreeMap<String, OutOfFoldRow>,
}

impl Opened {
    fn open(path: &Path) -> Result<Self, EvalError> {
        let run = Run::open(path)?;
        let Bundle { classes, temperature, .. } = Bundle::read(&run.dir.bundle())?;
        let rows = run.out_of_fold(&classes)?;
        let out_of_fold = rows.into_iter().map(|row| (row.path.clone(), row)).collect();
        Ok(Self { run, classes, temperature, out_of_fold })
    }

    /// Its figures on some of its photographs, and on which it is right.
    fn judged_on(&self, photographs: &BTreeSet<&String>) -> Result<(ComparedRun, Vec<bool>), EvalError> {
        let Self { run, classes, .. } = self;
        let (mut logits, mut labels, mut right) = (Vec::new(), Vec::new(), Vec::new());
        let scale = (1.0 / self.temperature) as f32;
        for OutOfFoldRow { class, logits: row, .. } in
            photographs.iter().filter_map(|&path| self.out_of_fold.get(path))
        {
            let Some(label) = classes.iter().position(|name| name == class) else {
                let what = format!("its bundle knows no class {class}");
                return Err(EvalError::Unusable { root: run.dir.root().to_owned(), what });
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
        let compared = ComparedRun {
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

fn pair(first: usize, second: usize, a: &[bool], b: &[bool]) -> PairwiseTest {
    let only_first = a.iter().zip(b).filter(|&(&a, &b)| a && !b).count();
    let only_second = a.iter().zip(b).filter(|&(&a, &b)| b && !a).count();
    PairwiseTest { first, second, only_first, only_second, p_value: mcnemar(only_first, only_second) }
}
