//! How much a random split flatters: the accuracy of one simple classifier on photographs whose group it may have seen, less
//! that on photographs of groups it has not.

use foliar_vision::{Dataset, folds};
use serde::{Deserialize, Serialize};

use crate::discriminant::{Samples, cross_predict};
use crate::groups::Groups;
use crate::interval::{Interval, mean_by_group};

/// Folds of a cross-validation.
pub const FOLDS: usize = 5;
/// Cross-validations with folds drawn anew, whose mean is taken.
const REPEATS: u64 = 3;

/// Features of photographs, and what made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// What made them, such as `mobilenet_v1_0.75`.
    pub name: String,
    /// Whether a network made them; else they are colours and textures.
    pub of_a_network: bool,
    /// Numbers a photograph.
    pub width: usize,
    /// All rows.
    pub values: Vec<f32>,
}

/// A random split beside a grouped one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitCheck {
    /// What the features are that it was measured on.
    pub features: String,
    /// Whether a network made them.
    pub of_a_network: bool,
    /// Groups that hold more than one photograph.
    pub groups: usize,
    /// Photographs in such groups.
    pub grouped_photographs: usize,
    /// Accuracy when folds are drawn at random.
    pub random: Interval,
    /// Accuracy when a group stays in one fold.
    pub grouped: Interval,
    /// The first less the second, photograph by photograph.
    pub flattery: Interval,
}

/// Logits of cross-validations.
pub(crate) struct Predictions {
    classes: usize,
    /// One n x C block of logits a repeat.
    pub(crate) repeats: Vec<Vec<f64>>,
}

impl Predictions {
    /// Predicts every photograph from others; `groups` stay in one fold.
    pub(crate) fn of(dataset: &Dataset, features: &Features, groups: Option<&[u64]>) -> Self {
        let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
        let classes = dataset.classes.len();
        let samples = Samples { features: &features.values, width: features.width, labels: &labels, classes };
        let all: Vec<usize> = (0..labels.len()).collect();
        let repeat = |seed| cross_predict(samples, &folds(dataset, &all, groups, FOLDS, seed));
        Self { classes, repeats: (1..=REPEATS).map(repeat).collect() }
    }

    /// For each photograph the share of the repeats in which its class was called.
    fn hits(&self, dataset: &Dataset) -> Vec<f64> {
        let mut hits = vec![0.0; dataset.photos.len()];
        for logits in &self.repeats {
            for ((row, photo), hits) in logits.chunks_exact(self.classes).zip(&dataset.photos).zip(&mut hits)
            {
                let called =
                    (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
                *hits += f64::from(u8::from(called == photo.class)) / self.repeats.len() as f64;
            }
        }
        hits
    }
}

/// Compares; `None` if no two photographs share a group, which leaves nothing to compare.
pub(crate) fn split_check(
    dataset: &Dataset,
    features: &Features,
    groups: &Groups,
    grouped: &Predictions,
) -> Option<SplitCheck> {
    let mut sizes = vec![0_usize; groups.of.len()];
    groups.of.iter().for_each(|&first| sizes[first] += 1);
    let shared: Vec<usize> = sizes.into_iter().filter(|&size| size > 1).collect();
    if shared.is_empty() {
        return None;
    }
    let random = Predictions::of(dataset, features, None).hits(dataset);
    let grouped = grouped.hits(dataset);
    let difference: Vec<f64> =
        random.iter().zip(&grouped).map(|(random, grouped)| random - grouped).collect();
    Some(SplitCheck {
        features: features.name.clone(),
        of_a_network: features.of_a_network,
        groups: shared.len(),
        grouped_photographs: shared.iter().sum(),
        random: mean_by_group(&random, &groups.of),
        grouped: mean_by_group(&grouped, &groups.of),
        flattery: mean_by_group(&difference, &groups.of),
    })
}
