//! Training: a recipe, a data set, a run folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_model::{Classifier, ModelError};
use foliar_nn::Cpu;
use foliar_runlog::{Event, StopReason};
use foliar_train::{Outcome, Photographs, Recipe, Run, TrainError, check, train};

use crate::dataset::Dataset;

/// Trains classifiers as a recipe says.
///
/// ```
/// use foliar::{Dataset, Recipe, Trainer};
///
/// # let folder = tempfile::tempdir()?;
/// # let (photos, run) = (folder.path().join("photos"), folder.path().join("run"));
/// # foliar_synth::write_dataset(&photos, 1, 6, 48)?;
/// let mut recipe = Recipe::scratch("baseline");
/// recipe.preprocessing = Recipe::preprocessing("baseline", 32);
/// recipe.phases[0].epochs = 2;
/// let fit = Trainer::new(recipe).run_folder(&run).fit(&Dataset::new(&photos))?;
/// println!("{:?}", fit.outcome.best);
/// # let mut classifier = fit.classifier()?.unwrap();
/// # assert_eq!(classifier.classes().len(), foliar_synth::CLASSES.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer {
    recipe: Recipe,
    folder: RunFolder,
}

/// Where the run is written to.
#[derive(Clone, Debug)]
enum RunFolder {
    /// The first free name below `runs`.
    Free,
    /// A new or empty folder.
    New(PathBuf),
    /// The folder of a run that was begun earlier.
    Begun(PathBuf),
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The run folder.
    pub folder: PathBuf,
    /// How it ended, and the best epoch.
    pub outcome: Outcome,
}

impl Trainer {
    /// Trains as `recipe` says: [`Recipe::quick`], [`Recipe::fine`] or [`Recipe::scratch`], changed as you like.
    #[must_use]
    pub fn new(recipe: Recipe) -> Self {
        Self { recipe, folder: RunFolder::Free }
    }

    /// Goes on with the run in `folder` where its newest checkpoint left it. The result is that of a run without the break, to
    /// the bit. The data set may have moved, but its photographs must be those that the run was begun with.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use foliar::{Dataset, Event, Recipe, StopReason, Trainer};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let (photos, run) = (folder.path().join("photos"), folder.path().join("run"));
    /// # foliar_synth::write_dataset(&photos, 1, 6, 48)?;
    /// # let mut recipe = Recipe::scratch("baseline");
    /// # recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    /// # recipe.phases[0].epochs = 2;
    /// let photos = Dataset::new(&photos);
    /// let fit = Trainer::new(recipe).run_folder(&run).fit_observed(&photos, &mut |event| match event {
    ///     Event::Epoch(_) => ControlFlow::Break(StopReason::Interrupted),
    ///     _ => ControlFlow::Continue(()),
    /// })?;
    /// assert_eq!(fit.outcome.epochs, 1);
    /// assert!(fit.classifier()?.is_none());
    ///
    /// let fit = Trainer::resume(&run)?.fit(&photos)?;
    /// assert_eq!(fit.outcome.epochs, 2);
    /// assert!(fit.classifier()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A folder that is no run, or files in it that cannot be read.
    pub fn resume(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let run = Run::open(folder.as_ref())?;
        Ok(Self { recipe: run.recipe, folder: RunFolder::Begun(run.dir.root().to_owned()) })
    }

    /// Writes the run to `folder`, which must be new or empty; the first free `runs/NAME-1`, `runs/NAME-2` and so on unless this
    /// is called.
    #[must_use]
    pub fn run_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = RunFolder::New(folder.as_ref().to_owned());
        self
    }

    /// Trains to the end of the recipe.
    ///
    /// # Errors
    /// A recipe out of range, photographs of which too little can be used or which are not those of the resumed run, a run folder
    /// that cannot be written.
    pub fn fit(&self, dataset: &Dataset) -> Result<Fit, TrainError> {
        self.fit_observed(dataset, &mut |_| ControlFlow::Continue(()))
    }

    /// The same; `observe` sees every event and may stop the run after any step.
    ///
    /// # Errors
    /// As [`Trainer::fit`].
    pub fn fit_observed(
        &self,
        dataset: &Dataset,
        observe: &mut dyn FnMut(&Event) -> ControlFlow<StopReason>,
    ) -> Result<Fit, TrainError> {
        let photographs = Photographs::open(&dataset.root, &self.recipe, &dataset.options, &|_, _| {})?;
        // A network that does not fit leaves no run folder behind.
        check(&self.recipe, photographs.dataset.outputs())?;
        let run = match &self.folder {
            RunFolder::Free => Run::create_free(&self.recipe.model, &self.recipe, &photographs)?,
            RunFolder::New(folder) => Run::create(folder, &self.recipe, &photographs)?,
            RunFolder::Begun(folder) => {
                let run = Run::open(folder)?;
                run.check(&photographs)?;
                run
            }
        };
        let outcome = train(&Cpu, &run, &photographs, observe)?;
        Ok(Fit { folder: run.dir.root().to_owned(), outcome })
    }
}

impl Fit {
    /// The classifier; `None` if the run ended before its first epoch did, or if the observer ended it with
    /// [`StopReason::Interrupted`]: [`Trainer::resume`] goes on then. To end early and keep what was learned, break with
    /// [`StopReason::Observer`].
    ///
    /// # Errors
    /// A bundle that cannot be read any more.
    pub fn classifier(&self) -> Result<Option<Classifier>, ModelError> {
        self.outcome.bundle.as_ref().map(Classifier::open).transpose()
    }
}
