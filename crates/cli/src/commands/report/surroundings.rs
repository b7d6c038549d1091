//! What other backgrounds have changed, where a run was trained with them or an earlier run is named.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use foliar_audit::{PhotoGroups, border_change};
use foliar_eval::{Explanations, earlier_evidence};
use foliar_files::Printable as _;
use foliar_results::{BorderChange, EarlierEvidence, Evaluation, MissingSection};
use foliar_train::Run;
use foliar_vision::augment::AugmentKey;
use foliar_vision::{Augment, Dataset, Limits};

use crate::commands::open_bundle;
use crate::progress;

/// What the border of the photos that a run has used tells, as they are and as training saw them; `None` for a run that put no leaves
/// before other backgrounds.
pub(super) fn border(
    run: &Run,
    (dataset, groups): (&Dataset, &PhotoGroups),
    missing: &mut Vec<MissingSection>,
) -> Option<BorderChange> {
    let mut missed = |reason: String| {
        missing.push(MissingSection::new("What the border tells before other backgrounds", reason));
    };
    let augment = match trained_with(run)? {
        Ok(augment) => augment,
        Err(reason) => {
            missed(reason);
            return None;
        }
    };
    let bar = progress::photographs("putting leaves before other backgrounds");
    bar.set_length(dataset.photos.len() as u64);
    let done = AtomicUsize::new(0);
    let view = |place: usize, photo: &_| {
        let key = AugmentKey { seed: run.recipe.seed, epoch: 0, item: place as u64 };
        augment.before_another_background(photo, key)
    };
    let side = run.recipe.preprocessing.store_side;
    let found = border_change(dataset, groups, side, &view, &|| {
        bar.set_position(done.fetch_add(1, Ordering::Relaxed) as u64 + 1);
    });
    bar.finish_and_clear();
    if found.is_none() {
        missed("photos of the run cannot be read any more".to_owned());
    }
    found
}

/// The augmentation of the last phase of a run that changes backgrounds, with its pictures; `None` if none does.
fn trained_with(run: &Run) -> Option<Result<Augment, String>> {
    let changing = |augment: &&Augment| !augment.background.is_none();
    let mut augment = run.recipe.phases.iter().map(|phase| &phase.augment).rfind(changing)?.clone();
    if let Some(folder) = &run.recipe.data.backgrounds {
        match folder.unchanged() {
            Ok(pictures) => augment.background.pictures = pictures,
            Err(error) => return Some(Err(error.to_string())),
        }
    }
    Some(Ok(augment))
}

/// Where the classifier of an earlier run looks on the photos that `explanations` were measured on.
pub(super) fn earlier(
    before: &Path,
    evaluation: &Evaluation,
    explanations: &Explanations,
    missing: &mut Vec<MissingSection>,
) -> anyhow::Result<Option<EarlierEvidence>> {
    let bundle = open_bundle(before)?;
    let bar = progress::photographs("explaining the earlier classifier");
    let name = before.shown().to_string();
    let found =
        earlier_evidence((&name, &bundle), evaluation, explanations, &Limits::default(), &mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        });
    bar.finish_and_clear();
    let reason = match found {
        Ok(Some(found)) => return Ok(Some(found)),
        Ok(None) => "the leaf was found in no photo that both classifiers explain".to_owned(),
        Err(error) => error.to_string(),
    };
    missing.push(MissingSection::new(format!("Where {name} looks"), reason));
    Ok(None)
}

/// What to say of a run that was trained with other backgrounds when no run without them is named.
pub(super) fn unnamed(run: &Run) -> Option<MissingSection> {
    run.recipe.changes_backgrounds().then(|| {
        MissingSection::new(
            "Where it looked before",
            "to see what other backgrounds changed, train without them on the same photos and name that run with --before RUN",
        )
    })
}
