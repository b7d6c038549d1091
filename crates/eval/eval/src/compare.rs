//! Several runs side by side, on the validation photographs that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_metrics::{Bootstrap, Groups, PairedDifference, Predictions, Scores};
use foliar_model::Bundle;
use foliar_results::{ComparedRun, Comparison, PairwiseTest};
use foliar_runlog::{Epoch, Event, jsonl};
use foliar_train::{OutOfFoldRow, Run};
use foliar_vision::UnionFind;

use crate::error::EvalError;
use crate::out_of_fold::held_back_something;

/// Compares `runs` by their predictions for the photographs that none of them was trained on when it predicted them. Intervals
/// and p-values go by group: photographs that stand in one group in the split of any run belong together.
///
/// # Errors
/// A run without a bundle, runs of other photographs or other classes, runs that held back no photograph in common.
pub fn compare(runs: &[PathBuf]) -> Result<Comparison, EvalError> {
    let opened: Vec<Opened> = runs.iter().map(|path| Opened::open(path)).collect::<Result<_, _>>()?;
    let Some(first) = opened.first() else {
        return Ok(Comparison { photographs: 0, groups: 0, runs: Vec::new(), pairs: Vec::new() });
    };
    let refuse = |run: &Run, what: &str| EvalError::Unusable {
        root: run.dir.root().to_owned(),
        what: what.to_owned(),
    };
    let mut common: BTreeSet<&String> = first.out_of_fold.keys().collect();
    for other in &opened[1..] {
        if other.run.fingerprint() != first.run.fingerprint() {
            return Err(refuse(&other.run, "this run was made with other photos than the first run"));
        }
        if other.classes != first.classes {
            return Err(refuse(&other.run, "this run has other classes than the first run"));
        }
        common.retain(|path| other.out_of_fold.contains_key(*path));
    }
    if common.is_empty() {
        return Err(refuse(
            &first.run,
            "the runs have no validation photo in common; use one seed for all of them",
        ));
    }
    let groups = groups(&opened, &common)?;
    let bootstrap = Bootstrap::default();
    let predictions: Vec<Predictions> =
        opened.iter().map(|run| run.predictions(&common, &groups)).collect::<Result<_, _>>()?;
    let compared =
        opened.iter().zip(&predictions).map(|(run, predictions)| run.result(predictions, &bootstrap));
    let pairs =
        (0..opened.len()).flat_map(|first| (first + 1..opened.len()).map(move |second| (first, second)));
    let pair = |(first, second): (usize, usize)| {
        let difference = PairedDifference::of(&predictions[first], &predictions[second], &bootstrap)?;
        Ok(PairwiseTest { first, second, difference })
    };
    Ok(Comparison {
        photographs: common.len(),
        groups: groups.count(),
        runs: compared.collect::<Result<_, _>>()?,
        pairs: pairs.map(pair).collect::<Result<_, EvalError>>()?,
    })
}

/// The groups of the common photographs, in their order. What any run takes for one group is one here, so that the result does
/// not depend on which run is named first.
fn groups(runs: &[Opened], common: &BTreeSet<&String>) -> Result<Groups, EvalError> {
    let mut sets = UnionFind::new(common.len());
    for opened in runs {
        let names = opened.run.groups()?;
        let mut first: BTreeMap<&String, usize> = BTreeMap::new();
        for (place, &path) in common.iter().enumerate() {
            let name = names.get(path).unwrap_or(path);
            sets.join(place, *first.entry(name).or_insert(place));
        }
    }
    Ok(Groups::new(&sets.names().into_iter().map(|name| name as u64).collect::<Vec<_>>()))
}

/// A run with its out-of-fold predictions.
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
        held_back_something(
            &run,
            "the run held back no validation photos to compare on; train it again with a validation split (--validation 0.2), \
             or measure it on other photos (`foliar evaluate RUN --data FOLDER`)",
        )?;
        let rows = run.out_of_fold(&classes)?;
        let out_of_fold = rows.into_iter().map(|row| (row.path.clone(), row)).collect();
        Ok(Self { run, classes, temperature, out_of_fold })
    }

    /// Its predictions for some of its photographs, with calibrated probabilities.
    fn predictions(
        &self,
        photographs: &BTreeSet<&String>,
        groups: &Groups,
    ) -> Result<Predictions, EvalError> {
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        let scale = (1.0 / self.temperature) as f32;
        for OutOfFoldRow { class, logits: row, .. } in
            photographs.iter().filter_map(|&path| self.out_of_fold.get(path))
        {
            let Some(label) = self.classes.iter().position(|name| name == class) else {
                let what = format!("its bundle has no class {class}");
                return Err(EvalError::Unusable { root: self.run.dir.root().to_owned(), what });
            };
            labels.push(label as u32);
            logits.extend(row.iter().map(|logit| logit * scale));
        }
        Ok(Predictions::new(logits, labels, groups.clone(), self.classes.len())?)
    }

    fn result(&self, predictions: &Predictions, bootstrap: &Bootstrap) -> Result<ComparedRun, EvalError> {
        let run = &self.run;
        let (events, _) = jsonl::read(&run.dir.events())?;
        let epochs: Vec<Epoch> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::Epoch(epoch) => Some(epoch),
                _ => None,
            })
            .collect();
        let Scores { accuracy, macro_f1, loss, .. } = Scores::with_intervals(predictions, bootstrap);
        Ok(ComparedRun {
            run: run.dir.root().to_owned(),
            model: run.recipe.model.clone(),
            learning_rate: run.recipe.phases.last().map_or(0.0, |phase| phase.learning_rate.peak),
            seconds: epochs.iter().map(|epoch| epoch.seconds).fold(0.0, |sum, seconds| sum + seconds),
            epochs,
            accuracy,
            macro_f1,
            loss,
        })
    }
}
