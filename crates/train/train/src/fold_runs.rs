//! The runs of a cross-validation, one a fold, in one folder: `fold-1`, `fold-2`, ...
//!
//! Each is a run like any other. What the folder is follows from its first run, whose recipe says how many folds there are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_model::{Bundle, FileError};
use foliar_runlog::{Event, RunDir, StopReason};
use foliar_vision::{Dataset, portable_name};

use crate::error::TrainError;
use crate::fold::Fold;
use crate::out_of_fold::{OutOfFoldPredictions, OutOfFoldRow};
use crate::photographs::Photographs;
use crate::recipe::Recipe;
use crate::run::{Run, put};

/// The runs of a cross-validation.
pub struct FoldRuns {
    root: PathBuf,
    runs: Vec<Run>,
}

impl FoldRuns {
    /// File name of the summary.
    pub const SUMMARY: &str = "folds.json";

    /// Begins the runs of `recipe` on `count` folds of `photographs` in a new or empty folder. Other processes cannot write to
    /// them until they are trained, or dropped.
    ///
    /// # Errors
    /// As [`Run::create`], and folds without photographs.
    pub fn create(
        root: &Path,
        recipe: &Recipe,
        photographs: &Photographs,
        count: u32,
    ) -> Result<Self, TrainError> {
        RunDir::check(root)?;
        let run = |fold: Fold| {
            Run::create(
                &folder(root, fold.number),
                &recipe.of_fold(fold),
                &photographs.of_fold(fold, recipe.seed)?,
            )
        };
        let runs = Fold::all(count).map(run).collect::<Result<_, _>>()?;
        Ok(Self { root: root.to_owned(), runs })
    }

    /// The same in the first of `runs/NAME-folds-1`, `runs/NAME-folds-2`, ... that is free.
    ///
    /// # Errors
    /// As [`FoldRuns::create`].
    pub fn create_free(recipe: &Recipe, photographs: &Photographs, count: u32) -> Result<Self, TrainError> {
        let root = Run::free_folder(&format!("{}-folds", recipe.model));
        Self::create(&root, recipe, photographs, count)
    }

    /// Whether the runs of a cross-validation lie in `root`.
    #[must_use]
    pub fn are_in(root: &Path) -> bool {
        folder(root, 1).join(RunDir::RECIPE).is_file() && !root.join(RunDir::RECIPE).is_file()
    }

    /// Opens those that were begun earlier; the process may have been killed before it had begun all of them.
    ///
    /// # Errors
    /// As [`Run::open`], and a first run that is none of a fold.
    pub fn open(root: &Path) -> Result<Self, TrainError> {
        let first = Run::open(&folder(root, 1))?;
        let Some(Fold { of, .. }) = first.recipe.data.fold else {
            let what = "it is no run of a cross-validation".to_owned();
            return Err(FileError::Damaged { path: first.dir.recipe(), what }.into());
        };
        let mut runs = vec![first];
        for fold in Fold::all(of).skip(1) {
            let place = folder(root, fold.number);
            if !place.join(RunDir::RECIPE).is_file() {
                break;
            }
            let run = Run::open(&place)?;
            if run.recipe != runs[0].recipe.of_fold(fold) {
                return Err(TrainError::RecipeChanged { path: run.dir.recipe() });
            }
            runs.push(run);
        }
        Ok(Self { root: root.to_owned(), runs })
    }

    /// Begins those that were not, on the photographs of the first.
    ///
    /// # Errors
    /// As [`FoldRuns::create`], and photographs that are not those that the runs were begun with.
    pub fn complete(&mut self, photographs: &Photographs) -> Result<(), TrainError> {
        let recipe = self.recipe().clone();
        self.runs.iter().try_for_each(|run| run.check(photographs))?;
        for fold in Fold::all(self.folds()).skip(self.runs.len()) {
            let place = folder(&self.root, fold.number);
            let part = photographs.of_fold(fold, recipe.seed)?;
            self.runs.push(Run::create(&place, &recipe.of_fold(fold), &part)?);
        }
        Ok(())
    }

    /// Their folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Those that were begun, in the order of the folds.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The recipe of the first.
    pub fn recipe(&self) -> &Recipe {
        &self.runs[0].recipe
    }

    /// How many there are when all were begun.
    pub fn folds(&self) -> u32 {
        self.recipe().data.fold.map_or(0, |fold| fold.of)
    }

    /// Whether a run has ended with a classifier, and not since its loss was no longer finite.
    ///
    /// # Errors
    /// A log that cannot be read.
    pub fn is_done(run: &Run) -> Result<bool, TrainError> {
        if !run.dir.bundle().exists() {
            return Ok(false);
        }
        let (events, _) = foliar_runlog::jsonl::read(&run.dir.events()).map_err(TrainError::from)?;
        let stops = events.iter().rev().find_map(|event| match event {
            Event::Stop(stop) => Some(stop.reason),
            _ => None,
        });
        Ok(stops != Some(StopReason::NonFiniteLoss))
    }

    /// The predictions of all runs, each for its fold, in the order of the photographs of `dataset`; writes them to
    /// `out-of-fold.csv`.
    ///
    /// # Errors
    /// A run that has not ended, tables that cannot be read or are of other photographs, a file that cannot be written.
    pub fn pool(&self, dataset: &Dataset) -> Result<OutOfFoldPredictions, TrainError> {
        let photos = dataset.photos.iter().enumerate();
        let places: BTreeMap<String, usize> =
            photos.map(|(place, photo)| (portable_name(&photo.path), place)).collect();
        let mut pooled = OutOfFoldPredictions::default();
        for (run, number) in self.runs.iter().zip(1..) {
            // The bundle knows its outputs; where those are not those of the photographs the table is of others.
            let outputs = Bundle::read_any(&run.dir.bundle())?.classes;
            let damaged = |what: String| FileError::Damaged { path: run.dir.out_of_fold(), what };
            if outputs != dataset.outputs() {
                return Err(damaged("it is of other classes; train again".to_owned()).into());
            }
            let rows = match dataset.label_sets {
                None => run.out_of_fold(&outputs)?,
                Some(_) => run.out_of_fold_labels(&outputs)?,
            };
            for OutOfFoldRow { path, logits, .. } in rows {
                let Some(&photo) = places.get(&path) else {
                    return Err(damaged(format!("there is no photo {}", Path::new(&path).shown())).into());
                };
                pooled.photos.push(photo);
                pooled.labels.push(dataset.photos[photo].class as u32);
                pooled.folds.push(number);
                pooled.logits.extend(logits);
            }
        }
        let pooled = pooled.sorted(dataset.outputs().len());
        let table = pooled.table(dataset).map_err(|error| TrainError::Log(error.into()))?;
        put(&self.root.join(RunDir::OUT_OF_FOLD), &table)?;
        Ok(pooled)
    }
}

/// The folder of the run of a fold.
fn folder(root: &Path, number: u32) -> PathBuf {
    root.join(format!("fold-{number}"))
}
