//! What the teacher says of the photographs of a run: computed once a photograph, as it is, and kept.
//!
//! The rows are the teacher's calibrated logits for all of its classes, kept beside the features of frozen networks under the digest
//! of the teacher and that of each photograph. Students with other classes, seeds, networks and augmentations share them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use foliar_nn::{Device, EngineOptions, Statistics};
use foliar_runlog::StopReason;
use foliar_vision::Example;

use crate::error::TrainError;
use crate::feature_cache::Key;
use crate::feature_rows::{FeatureFile, Rows, keep, plain_key};
use crate::features::BATCH;
use crate::photographs::Photographs;
use crate::recipe::Recipe;

/// The teacher's logits for the photographs of a run.
pub(crate) struct Lessons {
    rows: Rows,
    /// Place among the teacher's classes of each class of the student.
    classes: Vec<usize>,
    /// Digest of the teacher.
    teacher: String,
}

/// Lessons that runs over the same photographs share.
#[derive(Default)]
pub(crate) struct LessonStore(Mutex<Option<Arc<Lessons>>>);

impl LessonStore {
    fn find(&self, teacher: &str, needed: &BTreeSet<Key>) -> Option<Arc<Lessons>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|held| held.teacher == teacher && needed.iter().all(|key| held.rows.holds(key)))
    }

    fn put(&self, lessons: &Arc<Lessons>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(lessons));
    }
}

impl Lessons {
    /// What the teacher of `recipe` says of the photographs for training and validation and of those without labels; `None` without
    /// a teacher. `progress` is told (photographs done, in all) and may end the work; what was computed is kept then too.
    pub(crate) fn gather(
        device: &dyn Device,
        recipe: &Recipe,
        photographs: &Photographs,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Option<Arc<Self>>>, TrainError> {
        let Some(teacher) = &recipe.teacher else { return Ok(ControlFlow::Continue(None)) };
        let photos = photographs.taught();
        let key = |&photo: &usize| plain_key(&photographs.photo(photo).digest);
        let needed: BTreeSet<Key> = photos.iter().map(key).collect();
        if let Some(lessons) = photographs.lesson_store().find(&teacher.digest, &needed) {
            return Ok(ControlFlow::Continue(Some(lessons)));
        }
        let bundle = teacher.open()?;
        let (classes, _) = teacher.places(&bundle.classes, photographs.dataset.outputs())?;
        let folder = photographs.feature_folder();
        let place = folder.map(|folder| FeatureFile::of_teacher(folder, &teacher.digest));
        let width = bundle.classes.len();
        let cache = place.as_ref().and_then(FeatureFile::open).filter(|cache| cache.width() == width);
        let absent = |photo: &usize| cache.as_ref().is_none_or(|cache| cache.find(&key(photo)).is_none());
        let mut missing: Vec<usize> = photos.into_iter().filter(absent).collect();
        missing.sort_by_key(key);
        missing.dedup_by_key(|photo| key(photo));
        let (mut computed, mut flow) = (Vec::new(), ControlFlow::Continue(()));
        if !missing.is_empty() {
            let options = EngineOptions {
                image_size: bundle.preprocessing.size as usize,
                batch: BATCH,
                seed: 0,
                optimizer: None,
                average: None,
                statistics: Statistics::Batch,
            };
            let mut engine = device.engine(&bundle.graph, &options)?;
            engine.restore(&bundle.state)?;
            let examples = (0..missing.len()).map(|photo| Example { photo, label: 0 }).collect();
            let loader = photographs.loader_of_others(&missing, examples, &bundle.preprocessing, BATCH);
            let mut images = vec![0.0; BATCH * bundle.preprocessing.len()];
            let scale = (1.0 / bundle.temperature) as f32;
            for batch in loader.epoch(0, 0, 0) {
                let batch = batch?;
                images[..batch.images.len()].copy_from_slice(&batch.images);
                images[batch.images.len()..].fill(0.0);
                // The rest of a short batch is zeros, and what is said of them is left out.
                let logits = engine.predict(&images)?;
                computed.extend(logits[..batch.len() * width].iter().map(|logit| logit * scale));
                flow = progress(computed.len() / width, missing.len());
                if flow.is_break() {
                    break;
                }
            }
        }
        if computed.iter().any(|logit| !logit.is_finite()) {
            let what = "the teacher says of a photo what is no number".to_owned();
            return Err(TrainError::Teacher { file: teacher.file.clone(), what });
        }
        let keys: Vec<Key> = missing.iter().map(key).collect();
        let changed = place.as_ref().filter(|_| !computed.is_empty());
        let rows = keep(&keys, &computed, width, cache.as_ref(), &needed, changed);
        if let ControlFlow::Break(reason) = flow {
            return Ok(ControlFlow::Break(reason));
        }
        let lessons = Arc::new(Self { rows, classes, teacher: teacher.digest.clone() });
        photographs.lesson_store().put(&lessons);
        Ok(ControlFlow::Continue(Some(lessons)))
    }

    /// (n, C): the logits of `photos`, places in the store of `photographs`, for the student's classes. Their softmax leaves
    /// out the teacher's other classes, and the rest adds up to 1.
    pub(crate) fn of(&self, photographs: &Photographs, photos: &[usize]) -> Vec<f32> {
        let row = |&photo: &usize| {
            let key = plain_key(&photographs.photo(photo).digest);
            let row = self.rows.row(self.rows.place_of(&key));
            self.classes.iter().map(move |&class| row[class])
        };
        photos.iter().flat_map(row).collect()
    }
}
