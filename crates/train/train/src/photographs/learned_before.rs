//! Photographs that the first weights or the teacher have learned from, on which nothing may be measured.

use foliar_model::TrainingDigests;
use foliar_vision::{Dataset, Photo, Split, SplitSpec, Splits, cluster_of};

use crate::error::TrainError;
use crate::recipe::Recipe;

/// Photographs that the weights which a run begins with, or its teacher, have learned from, and all that stand on one side of a split with
/// them. They are trained on and never measured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedBefore {
    /// The file of weights or the teacher, or both, for people.
    pub file: String,
    /// How many photographs it has learned from.
    pub photographs: usize,
    /// Classes of which no other photographs are there.
    pub classes: Vec<String>,
    /// For each photograph whether it only trains.
    pub(super) train_only: Vec<bool>,
}

impl LearnedBefore {
    /// What the weights and the teacher of `recipe` have learned from of the photographs of `dataset`, whose `groups` stand on one side
    /// of a split. What a teacher says of a photograph that it has learned from holds the label.
    pub(super) fn of(recipe: &Recipe, dataset: &Dataset, groups: &[u64]) -> Result<Option<Self>, TrainError> {
        let weights = recipe.weights.as_ref().map(|weights| Ok((weights.name(), weights.learned_from()?)));
        let teacher = recipe.teacher.as_ref().map(|teacher| Ok((teacher.name(), teacher.learned_from()?)));
        let sources: Vec<(String, TrainingDigests)> =
            weights.into_iter().chain(teacher).collect::<Result<_, TrainError>>()?;
        let learned =
            |digests: &TrainingDigests| dataset.photos.iter().any(|photo| digests.contains(&photo.digest));
        let sources: Vec<&(String, TrainingDigests)> =
            sources.iter().filter(|(_, digests)| learned(digests)).collect();
        let names: Vec<&str> = sources.iter().map(|(name, _)| name.as_str()).collect();
        let is_known = |photo: &Photo| sources.iter().any(|(_, digests)| digests.contains(&photo.digest));
        let known: Vec<bool> = dataset.photos.iter().map(is_known).collect();
        let photographs = known.iter().filter(|&&known| known).count();
        if photographs == 0 {
            return Ok(None);
        }
        let clusters = cluster_of(dataset, Some(groups));
        let mut cluster_is_known = vec![false; clusters.len()];
        clusters.iter().zip(&known).for_each(|(&cluster, known)| cluster_is_known[cluster] |= known);
        let train_only: Vec<bool> = clusters.iter().map(|&cluster| cluster_is_known[cluster]).collect();
        let mut has_others = vec![false; dataset.classes.len()];
        let measured = dataset.photos.iter().zip(&train_only).filter(|&(_, only)| !only);
        measured.for_each(|(photo, _)| has_others[photo.class] = true);
        let classes = dataset.classes.iter().zip(has_others).filter(|(_, has)| !has);
        let classes = classes.map(|(class, _)| class.clone()).collect();
        Ok(Some(Self { file: names.join(" and "), photographs, classes, train_only }))
    }

    /// Refuses a split in which nothing is left to measure on where something was asked for.
    pub(super) fn check(&self, dataset: &Dataset, spec: &SplitSpec, splits: &Splits) -> Result<(), String> {
        let asked = |part: Split, share: f64| {
            share > 0.0 || dataset.photos.iter().any(|photo| photo.split == Some(part))
        };
        for (part, share, found, option) in [
            (Split::Validation, spec.validation, &splits.validation, "--validation 0"),
            (Split::Test, spec.test, &splits.test, "--test 0"),
        ] {
            if found.is_empty() && asked(part, share) {
                let set_apart =
                    if share > 0.0 { String::new() } else { format!("without those set apart for {part}, ") };
                return Err(format!(
                    "{} has learned from {} of the {} photos, and no others are left for {part}: accuracy on those it has \
                     learned from would say nothing. Add photos that it has not seen, start from the weights that it \
                     began with (a teacher: train it with --test 0.2), or go on without measuring ({set_apart}{option})",
                    self.file,
                    self.photographs,
                    dataset.photos.len()
                ));
            }
        }
        Ok(())
    }
}
