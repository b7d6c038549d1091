//! One of the runs that are merged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_model::Bundle;
use foliar_train::{Freeze, Head, OutOfFoldRow, Run};
use foliar_vision::{Digest, Split, path_of_name};

use crate::error::DerivedError;

/// What the network before the classifier has learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learned {
    /// Nothing: it is as the run found it.
    Nothing,
    /// The training photographs of the run's split.
    Training,
    /// Those for validation too.
    Everything,
}

/// A run that has ended, with its bundle.
pub(crate) struct Member {
    pub(crate) run: Run,
    pub(crate) bundle: Bundle,
    /// Digest of the bundle's file.
    pub(crate) digest: Digest,
    /// For each class of the first member, its place among those of this one.
    pub(crate) order: Vec<usize>,
    /// What models that had not learned from the photograph said of it, by its digest. Of copies the first counts.
    pub(crate) rows: BTreeMap<Digest, OutOfFoldRow>,
    /// Whether the classifier has learned from the photographs for validation too, in a refit.
    pub(crate) is_refitted: bool,
    pub(crate) learned: Learned,
    /// Photographs of the splits, with their class; those whose digest stands in several splits are in none.
    pub(crate) training: BTreeMap<Digest, String>,
    pub(crate) validation: BTreeMap<Digest, String>,
    /// The group of each photograph of the run, by its name.
    groups: BTreeMap<String, String>,
    /// Names of each photograph in the folder of the run.
    names: BTreeMap<Digest, String>,
}

impl Member {
    /// Opens the run in `folder`. Its classes have the order of their names until [`Member::follow`] is called.
    pub(crate) fn open(folder: &Path) -> Result<Self, DerivedError> {
        let run = Run::open(folder)?;
        let (bundle, digest) = Bundle::read_with_digest(&run.dir.bundle())?;
        if !run.dir.out_of_fold().exists() {
            let what = "the run held back no photos, so nothing could be promised of what it is merged into; train it again with a \
                        validation split (--validation 0.2)";
            return Err(DerivedError::Unusable { run: folder.to_owned(), what: what.to_owned() });
        }
        let rows = run.out_of_fold(&bundle.classes)?;
        let groups = run.groups()?;
        let of = |split| -> Result<BTreeMap<Digest, String>, DerivedError> {
            let named = run.photographs_of(split)?.into_iter();
            Ok(named.filter_map(|(name, class)| Some((*run.digest(&name)?, class))).collect())
        };
        let (mut training, mut validation) = (of(Split::Train)?, of(Split::Validation)?);
        let both: BTreeSet<Digest> =
            training.keys().filter(|digest| validation.contains_key(*digest)).copied().collect();
        training.retain(|digest, _| !both.contains(digest));
        validation.retain(|digest, _| !both.contains(digest));
        let is_refitted = bundle.provenance.train_photographs > run.photographs_of(Split::Train)?.len();
        let mut by_digest = BTreeMap::new();
        for row in rows {
            if let Some(&digest) = run.digest(&row.path) {
                by_digest.entry(digest).or_insert(row);
            }
        }
        let names = groups.keys().filter_map(|name| Some((*run.digest(name)?, name.clone()))).collect();
        Ok(Self {
            learned: learned(&run, &bundle, is_refitted),
            order: (0..bundle.classes.len()).collect(),
            rows: by_digest,
            run,
            bundle,
            digest,
            is_refitted,
            training,
            validation,
            groups,
            names,
        })
    }

    /// Puts the classes into the order of `classes`, which are the same ones.
    ///
    /// # Errors
    /// Names the classes that one of them lacks.
    pub(crate) fn follow(&mut self, classes: &[String]) -> Result<(), DerivedError> {
        let own = &self.bundle.classes;
        let lacks = |some: &[String], all: &[String]| -> Vec<String> {
            all.iter().filter(|name| !some.contains(name)).cloned().collect()
        };
        let (lacking, more) = (lacks(own, classes), lacks(classes, own));
        if !lacking.is_empty() || !more.is_empty() {
            let side = |words: &str, names: &[String]| match names {
                [] => String::new(),
                names => format!(" {words} {}", names.join(", ")),
            };
            let what = format!(
                "its classes are not those of the first run:{}{}",
                side("it lacks", &lacking),
                side(if lacking.is_empty() { "it also has" } else { "and also has" }, &more)
            );
            return Err(self.refuse(what));
        }
        self.order = classes
            .iter()
            .filter_map(|class| self.bundle.classes.iter().position(|name| name == class))
            .collect();
        Ok(())
    }

    /// Logits of an output row in the order of the first member's classes, divided by the temperature.
    pub(crate) fn scaled<'a>(&'a self, logits: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        self.order.iter().map(|&place| f64::from(logits[place]) / self.bundle.temperature)
    }

    /// What photographs share that belong together in this run; of those that the run does not have, nothing.
    pub(crate) fn group_of(&self, digest: &Digest) -> Option<&String> {
        let name = self.names.get(digest)?;
        Some(self.groups.get(name).unwrap_or(name))
    }

    /// Where the photograph was, if it is one of the run.
    pub(crate) fn place_of(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.run.data_root.join(path_of_name(self.names.get(digest)?)?))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.run.dir.root()
    }

    pub(crate) fn refuse(&self, what: impl Into<String>) -> DerivedError {
        DerivedError::Unusable { run: self.folder().to_owned(), what: what.into() }
    }
}

/// What the network of `bundle` before its classifier has learned from. A refit keeps the network of its last phase only where folds found
/// that better, and its bundle has an epoch then; where that is not certain, more is assumed.
fn learned(run: &Run, bundle: &Bundle, is_refitted: bool) -> Learned {
    let frozen = run.recipe.phases.iter().all(|phase| phase.freeze == Freeze::Backbone);
    // A classifier that was trained in the refit is one of the frozen network.
    let solved = run.recipe.head == Head::Trained || bundle.provenance.epoch == 0;
    match is_refitted {
        _ if frozen => Learned::Nothing,
        true if solved => Learned::Nothing,
        true => Learned::Everything,
        false => Learned::Training,
    }
}
