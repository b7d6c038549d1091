//! How optimistic a random split is: the accuracy of one simple classifier under random folds, less its accuracy under folds
//! that keep each group together.

use foliar_results::audit::SplitCheck;
use foliar_vision::{Dataset, folds};

use crate::grouped_mean::mean_by_group;
use crate::groups::PhotoGroups;
use crate::lda::{CrossValidation, LabelledFeatures};

/// Folds of a cross-validation.
pub const FOLDS: usize = 5;
/// Cross-validations with newly drawn folds, whose mean is taken.
const REPEATS: u64 = 3;

/// Features of photos, and what made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// What made them, such as `mobilenet_v1_0.75`.
    pub name: String,
    /// Whether a network made them; otherwise they are colours and textures.
    pub of_a_network: bool,
    /// Numbers a photo.
    pub width: usize,
    /// All rows, one a photo.
    pub values: Vec<f32>,
}

/// Out-of-fold predictions of repeated cross-validations.
pub(crate) struct OutOfFold {
    /// For each photo the proportion of repeats that predict its class.
    pub(crate) hits: Vec<f64>,
    /// Calibrated probabilities, n x C, the mean over the repeats.
    pub(crate) probabilities: Vec<f64>,
}

impl OutOfFold {
    /// Predicts every photo from others; photos of equal `groups` stay in one fold.
    pub(crate) fn of(dataset: &Dataset, features: &Features, groups: &[u64]) -> Self {
        let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
        let mut hits = vec![0.0; labels.len()];
        let mut probabilities = vec![0.0; labels.len() * dataset.classes.len()];
        each_repeat(dataset, features, &labels, Some(groups), |validation| {
            let logits = validation.logits();
            add_hits(&logits, &labels, dataset.classes.len(), &mut hits);
            let repeat = validation.probabilities(&logits);
            probabilities.iter_mut().zip(repeat).for_each(|(mean, one)| *mean += one / REPEATS as f64);
        });
        Self { hits, probabilities }
    }
}

/// Calls `work` with [`REPEATS`] cross-validations.
fn each_repeat(
    dataset: &Dataset,
    features: &Features,
    labels: &[usize],
    groups: Option<&[u64]>,
    mut work: impl FnMut(&CrossValidation<'_>),
) {
    let classes = dataset.classes.len();
    let data = LabelledFeatures { features: &features.values, width: features.width, labels, classes };
    let all: Vec<usize> = (0..labels.len()).collect();
    for seed in 1..=REPEATS {
        work(&CrossValidation::new(data, &folds(dataset, &all, groups, FOLDS, seed)));
    }
}

/// Adds one repeat's share to `hits` for each photo whose largest logit is that of its label.
fn add_hits(logits: &[f32], labels: &[usize], classes: usize, hits: &mut [f64]) {
    for ((row, &label), hits) in logits.chunks_exact(classes).zip(labels).zip(hits) {
        let predicted = (0..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        *hits += f64::from(u8::from(predicted == label)) / REPEATS as f64;
    }
}

/// Compares, on the photos whose class is in two groups or more: of a class in one group there is no grouped split. `None` if no
/// two of them share a group, which leaves nothing to compare.
pub(crate) fn split_check(
    dataset: &Dataset,
    features: &Features,
    groups: &PhotoGroups,
    grouped: &OutOfFold,
) -> Option<SplitCheck> {
    let others = groups.have_others_of_their_class(dataset);
    let judged: Vec<usize> = (0..dataset.photos.len()).filter(|&photo| others[photo]).collect();
    let mut sizes = vec![0; dataset.photos.len()];
    judged.iter().for_each(|&photo| sizes[groups.of[photo]] += 1);
    sizes.retain(|&size| size > 1);
    if sizes.is_empty() {
        return None;
    }
    let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let mut random = vec![0.0; labels.len()];
    each_repeat(dataset, features, &labels, None, |validation| {
        add_hits(&validation.logits(), &labels, dataset.classes.len(), &mut random);
    });
    let of_judged =
        |value: &dyn Fn(usize) -> f64| -> Vec<f64> { judged.iter().map(|&photo| value(photo)).collect() };
    let names: Vec<usize> = judged.iter().map(|&photo| groups.of[photo]).collect();
    let mean = |value: &dyn Fn(usize) -> f64| mean_by_group(&of_judged(value), &names);
    Some(SplitCheck {
        features: features.name.clone(),
        of_a_network: features.of_a_network,
        groups: sizes.len(),
        grouped_photographs: sizes.iter().sum(),
        random: mean(&|photo| random[photo]),
        grouped: mean(&|photo| grouped.hits[photo]),
        optimism: mean(&|photo| random[photo] - grouped.hits[photo]),
    })
}
