//! A folder of photographs, made ready for a recipe.

mod division;
mod learned_before;
mod unlabelled;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foliar_audit::GroupSource;
use foliar_model::TrainingDigests;
use foliar_nn::UNLABELLED;
use foliar_scan::{ScanOptions, leave_out, scan};
use foliar_vision::{
    Augment, Dataset, Digest, Example, ImageCache, Limits, Loader, Manifest, Photo, Preprocessing, Problem,
    Reason, Rgb, Split, SplitSpec, Splits, Transform, cluster_of, counted, folds, leaf_mask, split,
};

use crate::class_weights::ClassWeights;
use crate::error::TrainError;
use crate::feature_cache::FeatureCache;
use crate::feature_rows::{FeatureFile, FeatureStore, plain_key};
use crate::fold::Fold;
use crate::indivisible::Indivisible;
use crate::lessons::LessonStore;
use crate::recipe::{DataSpec, Recipe};
use crate::thumbnails::Thumbnails;

pub use self::division::{Grouping, planned_split};
use self::division::{groups, leaked, listed, unmeasured};
pub use self::learned_before::LearnedBefore;
use self::unlabelled::Unlabelled;
pub use self::unlabelled::UnlabelledFound;

/// What may differ between two runs of equal numbers.
#[derive(Clone, Debug)]
pub struct DataOptions {
    /// Largest photographs that are accepted.
    pub limits: Limits,
    /// Bytes of decoded photographs kept in memory.
    pub cache_bytes: u64,
    /// Threads that decode ahead.
    pub workers: usize,
    /// The folder in which features of frozen networks are kept; `None` keeps them for the run alone.
    pub features: Option<PathBuf>,
}

impl Default for DataOptions {
    /// 4 GiB of memory, one thread, no folder for features.
    fn default() -> Self {
        Self { limits: Limits::default(), cache_bytes: 4 << 30, workers: 1, features: None }
    }
}

/// Photographs that were found, decoded and split.
pub struct Photographs {
    /// The good ones, with their classes.
    pub dataset: Dataset,
    /// Which are for what.
    pub splits: Splits,
    /// What was left out, and what else is odd.
    pub problems: Vec<Problem>,
    /// Which photographs stay in one split, and why.
    pub grouping: Grouping,
    /// What the weights that the recipe begins with have learned from; `None` if they are known to have learned from none of
    /// these photographs.
    pub learned_before: Option<LearnedBefore>,
    /// On how many photographs a leaf can be cut out; `None` where no phase asks for it.
    pub leaves: Option<LeavesFound>,
    /// For each photograph the number of its group.
    groups: Vec<u64>,
    /// Photographs without labels.
    unlabelled: Arc<Unlabelled>,
    lessons: Arc<LessonStore>,
    /// Pictures before which leaves are put.
    backgrounds: Arc<[Rgb]>,
    store: Arc<ImageCache>,
    workers: usize,
    limits: Limits,
    features: Option<PathBuf>,
    feature_store: Arc<FeatureStore>,
}

/// On how many photographs a leaf is surely found; see [`foliar_vision::LeafMask::is_sure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeavesFound {
    /// Photographs whose leaf is put before other backgrounds.
    pub found: usize,
    /// All photographs.
    pub photographs: usize,
}

/// Counts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Photographs to train on.
    pub train: usize,
    /// Photographs for validation.
    pub validation: usize,
    /// Photographs that neither training nor validation sees.
    pub test: usize,
    /// Files left out.
    pub skipped: usize,
    /// Photographs kept decoded in memory.
    pub cached: usize,
}

impl Photographs {
    /// Scans `root`, decodes every photograph once and splits them as `recipe` says. Photographs of which only features are
    /// needed, and are kept, are not decoded. `progress` is called with
    /// (photographs decoded, photographs found), from several threads.
    ///
    /// # Errors
    /// A folder that is not laid out as classes of photographs, or of which too little is left.
    pub fn open(
        root: &Path,
        recipe: &Recipe,
        options: &DataOptions,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, TrainError> {
        let scanning = ScanOptions { limits: options.limits, ..recipe.data.scanning(root)? };
        let (dataset, mut problems) = scan(root, &scanning)?;
        let (dataset, given) = listed(dataset, &recipe.data, &mut problems)?;
        let unlabelled = Unlabelled::read(recipe, &dataset)?;
        let dataset = unlabelled.behind(dataset);
        let found = dataset.photos.len();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let side = recipe.preprocessing.store_side;
        let kept = kept_features(recipe, options)?;
        let searched = recipe.data.near_duplicates;
        let thumbnails = searched.then(|| Thumbnails::open(options.features.as_deref(), side));
        let known = |digest: &Digest| {
            kept.as_ref().is_some_and(|kept| kept.find(&plain_key(digest)).is_some())
                && thumbnails.as_ref().is_none_or(|thumbnails| thumbnails.has(digest))
        };
        let sought = recipe.changes_backgrounds();
        let backgrounds = match &recipe.data.backgrounds {
            Some(folder) => folder.unchanged()?,
            None => Arc::default(),
        };
        let sure = std::sync::atomic::AtomicUsize::new(0);
        let seen = |photo: &Photo, picture: Option<&Rgb>| {
            if sought && picture.is_some_and(|picture| leaf_mask(picture).is_sure()) {
                sure.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            if let (Some(thumbnails), Some(picture)) = (&thumbnails, picture) {
                thumbnails.make(&photo.digest, picture);
            }
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, found);
        };
        let (dataset, store, broken) =
            ImageCache::prepare(dataset, side, options.cache_bytes, &options.limits, &known, &seen);
        leave_out(&mut problems, broken);
        let thumbnails = thumbnails.map(|thumbnails| thumbnails.finish(&dataset));
        let (dataset, mut unlabelled) = unlabelled.part(dataset);
        if let Some(lost) = problems.iter().find(|problem| matches!(problem.reason, Reason::NoMemory { .. }))
        {
            return Err(TrainError::NoMemory { what: lost.to_string() });
        }
        let too_few = |what: String| TrainError::TooFew { root: root.to_owned(), what };
        if dataset.classes.len() < 2 || dataset.outputs().is_empty() {
            let skipped = skipped(&problems);
            return Err(too_few(format!(
                "{} with readable photos left ({} could not be used); at least 2 are needed",
                counted(dataset.classes.len(), "class is", "classes are"),
                counted(skipped, "file", "files")
            )));
        }
        if let Some(thumbnails) = &thumbnails {
            unlabelled.find_copies(&dataset, thumbnails)?;
        }
        let own = dataset.photos.len();
        let thumbnails = thumbnails.map(|thumbnails| thumbnails.into_iter().take(own).collect());
        let (groups, grouping) = groups(&dataset, &recipe.data, given.as_ref(), thumbnails)?;
        let DataSpec { validation, test, .. } = recipe.data;
        let shares = match (&given, recipe.data.fold) {
            (Some(_), _) => [0.0; 2],
            (None, Some(_)) => [0.0, test],
            (None, None) => [validation, test],
        };
        let learned_before = LearnedBefore::of(recipe, &dataset, &groups)?;
        let train_only = learned_before.as_ref().map(|learned| learned.train_only.clone());
        let spec =
            SplitSpec { validation: shares[0], test: shares[1], groups: Some(groups.clone()), train_only };
        let splits = split(&dataset, &spec, recipe.seed);
        problems.extend(splits.problems.iter().cloned());
        if let Some(learned) = &learned_before {
            learned.check(&dataset, &spec, &splits).map_err(too_few)?;
        }
        if recipe.data.fold.is_none() {
            problems.extend(unmeasured(&dataset, &splits, &problems));
        }
        if let Some(what) = leaked(&dataset, &splits) {
            return Err(too_few(what));
        }
        if splits.train.len() < 2 {
            return Err(too_few(format!(
                "{} left to train on; at least 2 are needed",
                counted(splits.train.len(), "photo is", "photos are")
            )));
        }
        let leaves = sought.then(|| LeavesFound {
            found: sure.load(std::sync::atomic::Ordering::Relaxed),
            photographs: dataset.photos.len() + unlabelled.photos.len(),
        });
        let (store, features) = (Arc::new(store), options.features.clone());
        let workers = options.workers;
        let feature_store = Arc::default();
        let whole = Self {
            dataset,
            splits,
            problems,
            grouping,
            learned_before,
            leaves,
            groups,
            unlabelled: Arc::new(unlabelled),
            lessons: Arc::default(),
            backgrounds,
            store,
            workers,
            limits: options.limits,
            features,
            feature_store,
        };
        match recipe.data.fold {
            Some(fold) => whole.of_fold(fold, recipe.seed),
            None => Ok(whole),
        }
    }

    /// All photographs of `dataset`, known to be whole, in the training split: for features alone.
    pub(crate) fn whole(dataset: Dataset, recipe: &Recipe, options: &DataOptions) -> Self {
        let side = recipe.preprocessing.store_side;
        let count = dataset.photos.len();
        let (dataset, store, _) =
            ImageCache::prepare(dataset, side, 0, &options.limits, &|_| true, &|_, _| {});
        Self {
            dataset,
            splits: Splits { train: (0..count).collect(), ..Splits::default() },
            problems: Vec::new(),
            grouping: Grouping {
                source: GroupSource::Copies,
                given_split: false,
                groups: count,
                unnamed: count,
                exact: 0,
                near: 0,
                across_classes: 0,
                by_name: [0; 2],
                unsure_names: 0,
            },
            learned_before: None,
            leaves: None,
            groups: (0..count as u64).collect(),
            unlabelled: Arc::default(),
            lessons: Arc::default(),
            backgrounds: Arc::default(),
            store: Arc::new(store),
            workers: options.workers,
            limits: options.limits,
            features: options.features.clone(),
            feature_store: Arc::default(),
        }
    }

    /// The photographs for training and validation as `count` data sets of a cross-validation: the validation photographs
    /// of each are one fold, those for training all others. Photographs that only train are in no fold; see
    /// [`LearnedBefore`]. The test photographs stay apart. What the split keeps on one
    /// side stays in one fold; see [`foliar_vision::folds()`]. All share the features of frozen networks with these.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn folds(&self, count: usize, seed: u64) -> Vec<Photographs> {
        let mut pool = [&self.splits.train[..], &self.splits.validation].concat();
        pool.sort_unstable();
        let measured: Vec<usize> = pool.iter().copied().filter(|&photo| self.is_measured(photo)).collect();
        let folds = folds(&self.dataset, &measured, Some(&self.groups), count, seed);
        let data_set = |validation: Vec<usize>| {
            let train =
                pool.iter().copied().filter(|photo| validation.binary_search(photo).is_err()).collect();
            self.with_splits(Splits {
                train,
                validation,
                test: self.splits.test.clone(),
                problems: Vec::new(),
            })
        };
        folds.into_iter().map(data_set).collect()
    }

    /// The photographs for training and validation with a fold of them for validation: the fold of [`Photographs::folds`] with
    /// that number.
    ///
    /// # Errors
    /// [`TrainError::TooFew`] where some fold would be empty: there are fewer groups than folds.
    pub fn of_fold(&self, fold: Fold, seed: u64) -> Result<Photographs, TrainError> {
        fold.validate()?;
        let mut folds = self.folds(fold.of as usize, seed);
        let is_empty = |part: &Photographs| part.splits.validation.is_empty() || part.splits.train.len() < 2;
        if folds.iter().any(is_empty) {
            let clusters = self.clusters();
            let pool = self.splits.train.iter().chain(&self.splits.validation);
            let measured = pool.filter(|&&photo| self.is_measured(photo));
            let groups = measured.map(|&photo| clusters[photo]).collect::<BTreeSet<_>>().len();
            let what = format!(
                "the photos that may be measured on are {}, which stay whole: too few for {} folds. Ask for fewer (--folds)",
                counted(groups, "group", "groups"),
                fold.of
            );
            return Err(TrainError::TooFew { root: self.dataset.root.clone(), what });
        }
        let mut part = folds.swap_remove(fold.number as usize - 1);
        let of_splits = |problem: &&Problem| !matches!(problem.reason, Reason::ClassNotMeasured { .. });
        part.problems = self.problems.iter().filter(of_splits).cloned().collect();
        let missing = unmeasured(&part.dataset, &part.splits, &part.problems);
        part.problems.extend(missing);
        Ok(part)
    }

    /// How many photographs for training and validation may be measured on.
    pub fn measurable(&self) -> usize {
        let pool = self.splits.train.iter().chain(&self.splits.validation);
        pool.filter(|&&photo| self.is_measured(photo)).count()
    }

    fn is_measured(&self, photo: usize) -> bool {
        self.learned_before.as_ref().is_none_or(|learned| !learned.train_only[photo])
    }

    /// The photographs for training and validation as a data set that trains on all of them.
    pub(crate) fn undivided(&self) -> Photographs {
        let Splits { train, validation, test, .. } = &self.splits;
        let mut train = [&train[..], validation].concat();
        train.sort_unstable();
        let (validation, problems) = (Vec::new(), Vec::new());
        self.with_splits(Splits { train, validation, test: test.clone(), problems })
    }

    fn with_splits(&self, splits: Splits) -> Photographs {
        Self {
            dataset: self.dataset.clone(),
            splits,
            problems: Vec::new(),
            grouping: self.grouping,
            learned_before: self.learned_before.clone(),
            leaves: self.leaves,
            groups: self.groups.clone(),
            unlabelled: Arc::clone(&self.unlabelled),
            lessons: Arc::clone(&self.lessons),
            backgrounds: Arc::clone(&self.backgrounds),
            store: Arc::clone(&self.store),
            workers: self.workers,
            limits: self.limits,
            features: self.features.clone(),
            feature_store: Arc::clone(&self.feature_store),
        }
    }

    /// Whether there are photographs for validation, and a draw chose them, not the folder that they lie in nor a split that
    /// was given.
    pub(crate) fn validation_is_drawn(&self) -> bool {
        let in_folder = |&photo: &usize| self.dataset.photos[photo].split == Some(Split::Validation);
        let set_apart = self.grouping.given_split || self.splits.validation.iter().any(in_folder);
        !self.splits.validation.is_empty() && !set_apart
    }

    /// For each photograph the lowest index of those that stand on one side with it; see [`foliar_vision::cluster_of`].
    pub fn clusters(&self) -> Vec<usize> {
        cluster_of(&self.dataset, Some(&self.groups))
    }

    /// Where features of runs over these photographs are shared.
    pub(crate) fn feature_store(&self) -> &FeatureStore {
        &self.feature_store
    }

    /// Where what a teacher says of these photographs is shared.
    pub(crate) fn lesson_store(&self) -> &LessonStore {
        &self.lessons
    }

    /// A photograph by its place in the store: those without labels follow those with.
    pub(crate) fn photo(&self, place: usize) -> &Photo {
        let labelled = &self.dataset.photos;
        labelled.get(place).unwrap_or_else(|| &self.unlabelled.photos[place - labelled.len()])
    }

    /// Places of all photographs that a teacher may be asked of: those for training and validation, and those without labels.
    pub(crate) fn taught(&self) -> Vec<usize> {
        let pool = self.splits.train.iter().chain(&self.splits.validation).copied();
        pool.chain(self.all_unlabelled()).collect()
    }

    /// Places of all photographs without labels.
    pub(crate) fn all_unlabelled(&self) -> impl Iterator<Item = usize> {
        let own = self.dataset.photos.len();
        own..own + self.unlabelled.photos.len()
    }

    /// Places of the photographs without labels that are learned from: those that are no copies of what is held back.
    pub(crate) fn unlabelled(&self) -> Vec<usize> {
        let own = self.dataset.photos.len();
        self.unlabelled.usable(&self.splits).into_iter().map(|number| own + number).collect()
    }

    /// What there is of photographs without labels; `None` where nobody asked for any.
    pub fn unlabelled_found(&self) -> Option<UnlabelledFound> {
        let Unlabelled { photos, labelled, .. } = &*self.unlabelled;
        let used = self.unlabelled().len();
        let found = UnlabelledFound { used, labelled: *labelled, held_back: photos.len() - used };
        (photos.len() + labelled > 0).then_some(found)
    }

    /// Batches of the photographs at `places` as they are, for another network with its own preprocessing; `examples` name them by
    /// their number in `places`.
    pub(crate) fn loader_of_others(
        &self,
        places: &[usize],
        examples: Vec<Example>,
        preprocessing: &Preprocessing,
        batch_size: usize,
    ) -> Loader {
        let photos = places.iter().map(|&place| Photo { class: 0, ..self.photo(place).clone() }).collect();
        let dataset = Dataset {
            root: self.dataset.root.clone(),
            classes: vec![String::new()],
            photos,
            layout: None,
            tables: None,
            label_sets: None,
        };
        let side = preprocessing.store_side;
        let (_, store, _) = ImageCache::prepare(dataset, side, 0, &self.limits, &|_| true, &|_, _| {});
        let transform = Transform::Evaluate { preprocessing: preprocessing.clone() };
        Loader::new(Arc::new(store), examples, transform, batch_size).with_workers(self.workers)
    }

    /// Training photographs, and those without labels, varied as `augment` says, in the order of the seed, as often as the recipe
    /// draws them.
    pub fn train_loader(&self, recipe: &Recipe, augment: &Augment) -> Loader {
        let preprocessing = recipe.preprocessing.clone();
        let transform = Transform::Train { preprocessing, augment: self.with_backgrounds(augment) };
        let label = |&photo: &usize| Example { photo, label: self.dataset.photos[photo].class as u32 };
        let mut items: Vec<Example> = self.splits.train.iter().map(label).collect();
        items.extend(self.unlabelled().into_iter().map(|photo| Example { photo, label: UNLABELLED }));
        Loader::new(Arc::clone(&self.store), items, transform, recipe.batch_size)
            .with_workers(self.workers)
            .with_oversampling(recipe.oversample)
    }

    /// Training photographs as they are, in their order.
    pub(crate) fn plain_loader(&self, recipe: &Recipe) -> Loader {
        let transform = Transform::Evaluate { preprocessing: recipe.preprocessing.clone() };
        self.loader(&self.splits.train, transform, recipe.batch_size)
    }

    /// `items` in their order, varied if there is an `augment`.
    pub(crate) fn view_loader(
        &self,
        recipe: &Recipe,
        items: Vec<Example>,
        augment: Option<&Augment>,
        batch_size: usize,
    ) -> Loader {
        let preprocessing = recipe.preprocessing.clone();
        let transform = match augment {
            Some(augment) => Transform::Vary { preprocessing, augment: self.with_backgrounds(augment) },
            None => Transform::Evaluate { preprocessing },
        };
        Loader::new(Arc::clone(&self.store), items, transform, batch_size).with_workers(self.workers)
    }

    /// `augment` with the pictures that it puts leaves before.
    fn with_backgrounds(&self, augment: &Augment) -> Augment {
        let mut augment = augment.clone();
        augment.background.pictures = Arc::clone(&self.backgrounds);
        augment
    }

    /// Classes of `photos`.
    pub(crate) fn labels(&self, photos: &[usize]) -> Vec<u32> {
        photos.iter().map(|&photo| self.dataset.photos[photo].class as u32).collect()
    }

    /// Where features of frozen networks are kept.
    pub(crate) fn feature_folder(&self) -> Option<&Path> {
        self.features.as_deref()
    }

    /// Validation photographs, as they are; `None` if none were held back.
    pub fn validation_loader(&self, recipe: &Recipe) -> Option<Loader> {
        let items = &self.splits.validation;
        let transform = Transform::Evaluate { preprocessing: recipe.preprocessing.clone() };
        (!items.is_empty()).then(|| self.loader(items, transform, recipe.batch_size))
    }

    fn loader(&self, photos: &[usize], transform: Transform, batch_size: usize) -> Loader {
        let label = |&photo: &usize| Example { photo, label: self.dataset.photos[photo].class as u32 };
        let items = photos.iter().map(label).collect();
        Loader::new(Arc::clone(&self.store), items, transform, batch_size).with_workers(self.workers)
    }

    /// Weight of each class in the loss; `None` if all count the same.
    ///
    /// # Errors
    /// A table that is of other classes.
    pub fn class_weights(&self, choice: &ClassWeights) -> Result<Option<Vec<f32>>, TrainError> {
        match choice {
            ClassWeights::None => Ok(None),
            ClassWeights::Balanced => Ok(Some(self.balanced_weights())),
            ClassWeights::Table(table) => Ok(Some(self.of_mean_one(table.of(&self.dataset.classes)?))),
        }
    }

    /// `weights` of classes as given, or, where photographs without a label count 1 beside them, scaled so that those of the training
    /// photographs have the mean 1.
    fn of_mean_one(&self, mut weights: Vec<f32>) -> Vec<f32> {
        let train = &self.splits.train;
        if self.unlabelled().is_empty() || train.is_empty() {
            return weights;
        }
        let sum: f64 = train.iter().map(|&photo| f64::from(weights[self.dataset.photos[photo].class])).sum();
        let scale = train.len() as f64 / sum;
        weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * scale) as f32);
        weights
    }

    /// Weights with which the training photographs of each class count the same.
    fn balanced_weights(&self) -> Vec<f32> {
        let mut counts = vec![0usize; self.dataset.classes.len()];
        self.splits.train.iter().for_each(|&photo| counts[self.dataset.photos[photo].class] += 1);
        let whole = self.splits.train.len() as f32;
        let balanced = |&count: &usize| if count == 0 { 0.0 } else { whole / (counts.len() * count) as f32 };
        counts.iter().map(balanced).collect()
    }

    /// What keeps these from being divided as `data`, of their recipe, asks; `None` if they are.
    pub fn indivisible(&self, data: &DataSpec) -> Option<Indivisible> {
        Indivisible::of(&self.dataset, data, &self.splits, &self.groups, self.grouping.source)
    }

    /// Names and digests of all photographs.
    pub fn manifest(&self) -> Manifest {
        self.dataset.manifest()
    }

    /// Digests of the photographs for training and validation, with labels or without, and of those that the first weights and the
    /// teacher have learned from.
    pub(crate) fn training_digests(&self, recipe: &Recipe) -> Result<TrainingDigests, TrainError> {
        let seen = self.splits.train.iter().chain(&self.splits.validation);
        let seen = TrainingDigests::new(seen.map(|&photo| &self.dataset.photos[photo].digest));
        let seen = match &recipe.weights {
            Some(weights) => seen.and(&weights.learned_from()?),
            None => seen,
        };
        let Some(teacher) = &recipe.teacher else { return Ok(seen) };
        let unlabelled = self.unlabelled.photos.iter().map(|photo| &photo.digest);
        Ok(seen.and(&teacher.learned_from()?).and(&TrainingDigests::new(unlabelled)))
    }

    /// Counts for people.
    pub fn summary(&self) -> Summary {
        Summary {
            train: self.splits.train.len(),
            validation: self.splits.validation.len(),
            test: self.splits.test.len(),
            skipped: skipped(&self.problems),
            cached: self.store.cached(),
        }
    }
}

/// Features that are kept of earlier runs, if they are all that `recipe` needs of a photograph.
fn kept_features(recipe: &Recipe, options: &DataOptions) -> Result<Option<FeatureCache>, TrainError> {
    let (Some(folder), [phase]) = (&options.features, &recipe.phases[..]) else { return Ok(None) };
    let plain = phase.is_cached() && phase.augmented_views == Some(1);
    if plain { Ok(FeatureFile::new(folder, recipe, phase)?.open()) } else { Ok(None) }
}

/// Files that were left out.
fn skipped(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| problem.reason.excludes()).map(|problem| problem.reason.files()).sum()
}
