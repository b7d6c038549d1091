//! The audit of a run's photographs.

use std::collections::BTreeMap;

use foliar_audit::GroupRule;
use foliar_scan::{ScanError, scan_for_evaluation};
use foliar_train::{Phase, Run, TrainError};
use foliar_vision::{Split, portable_name};

use crate::commands::audit::{Examined, examine};

/// Audits the photographs that a run has used, with the splits and the groups of its split: what it left out, such as copies and
/// those of a quarantine, has spoilt nothing. `None` if none of them is left, or if the user interrupts.
pub(super) fn of_run(run: &Run) -> anyhow::Result<Option<Examined>> {
    let scanning = match run.scanning() {
        Err(error @ TrainError::Scan(ScanError::Review(_))) => {
            say!("note: {error}: the audit doubts again what was judged");
            run.scanning_without_review()?
        }
        scanning => scanning?,
    };
    let (dataset, problems) = scan_for_evaluation(&run.data_root, &scanning)?;
    let mut splits: BTreeMap<String, Split> = BTreeMap::new();
    for split in [Split::Train, Split::Validation, Split::Test] {
        splits.extend(run.photographs_of(split)?.into_iter().map(|(name, _)| (name, split)));
    }
    let used: Vec<Option<Split>> =
        dataset.photos.iter().map(|photo| splits.get(&portable_name(&photo.path)).copied()).collect();
    let (mut dataset, _) = dataset.retain(|place| used[place].is_some());
    if dataset.photos.is_empty() {
        return Ok(None);
    }
    for (photo, split) in dataset.photos.iter_mut().zip(used.into_iter().flatten()) {
        photo.split = Some(split);
    }
    // The network that the run began with tells photographs apart better than colours and textures do.
    let mut recipe = run.recipe.clone();
    recipe.weights = recipe.weights.filter(|weights| weights.file.is_file());
    let cached = recipe.weights.is_some() && recipe.phases.iter().any(Phase::is_cached);
    let recipe = cached.then_some(&recipe);
    // The groups that the run used, whatever they rested on.
    let rule = GroupRule::table(&run.dir.split())?;
    examine((dataset, problems), &rule, recipe, scanning.review.as_ref())
}
