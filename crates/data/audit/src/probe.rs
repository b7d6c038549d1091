//! What can be told of the class without looking at the leaf.
//!
//! A probe learns the class from a few numbers in which there is nothing of a disease, and is measured on photographs of
//! groups that it has not seen. If it does well, so may a network, and for the same reason.

use foliar_metrics::auroc;
use foliar_vision::Dataset;
use serde::{Deserialize, Serialize};

use crate::forest::{self, Table};
use crate::interval::{Interval, mean_by_group};
use crate::survey::Sight;

/// Least share of the way from the most frequent class to no mistake, at the lower end of the interval, that is a warning.
const FAR: f64 = 0.2;
/// Least balanced accuracy, in times that of guessing, for a warning.
const FAR_BALANCED: f64 = 1.5;

/// What a probe may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clue {
    /// Colours of the outer sixteenth.
    Border,
    /// Eight single pixels at the border.
    BorderPixels,
    /// Mean colour of the whole.
    MeanColour,
    /// Bytes of the file, and bytes a pixel.
    FileSize,
    /// Width, height and their quotient.
    Dimensions,
    /// Model, program and day in the EXIF block.
    Camera,
}

impl Clue {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Border, Self::BorderPixels, Self::MeanColour, Self::FileSize, Self::Dimensions, Self::Camera];

    /// How it is called in a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Border => "the outer border",
            Self::BorderPixels => "eight border pixels",
            Self::MeanColour => "the mean colour",
            Self::FileSize => "the size of the file",
            Self::Dimensions => "width and height",
            Self::Camera => "the camera and the day in the file",
        }
    }

    /// Whether there is none of the leaf in it: a mean colour shows the leaf too.
    #[must_use]
    pub fn is_beside_the_leaf(self) -> bool {
        self != Self::MeanColour
    }
}

/// What a probe came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What it looked at.
    pub clue: Clue,
    /// Share of photographs that it called rightly, with its interval.
    pub accuracy: Interval,
    /// Mean over the classes of the share that it called rightly.
    pub balanced_accuracy: f64,
    /// Accuracy of calling everything by the most frequent class.
    pub most_frequent: f64,
    /// Balanced accuracy of guessing: 1 / classes.
    pub guessing: f64,
    /// Whether it is far above both.
    pub far_above_chance: bool,
    /// For each class the area under the curve of telling it from the others; absent where it is the only one.
    pub class_auroc: Vec<Option<f64>>,
}

/// Runs all probes. `folds` hold every photograph once, those of a group together, whose first photograph `groups` gives.
/// A clue that is the same for all photographs is left out.
#[must_use]
pub fn probes(dataset: &Dataset, sights: &[Sight], groups: &[usize], folds: &[Vec<usize>]) -> Vec<Probe> {
    let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let judged = Clue::ALL.into_iter().filter_map(|clue| {
        let (values, width) = numbers(clue, dataset, sights);
        let varies = values.chunks_exact(width).any(|row| row != &values[..width]);
        varies.then(|| probe(clue, Table { values: &values, width }, dataset, &labels, groups, folds))
    });
    judged.collect()
}

fn probe(
    clue: Clue,
    table: Table<'_>,
    dataset: &Dataset,
    labels: &[usize],
    groups: &[usize],
    folds: &[Vec<usize>],
) -> Probe {
    let classes = dataset.classes.len();
    let mut shares = vec![0.0_f32; labels.len() * classes];
    for (number, fold) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != number);
        let train: Vec<usize> = others.flat_map(|(_, fold)| fold.iter().copied()).collect();
        let said = forest::predict(table, labels, classes, &train, fold, clue as u64);
        for (&photo, row) in fold.iter().zip(said.chunks_exact(classes)) {
            shares[photo * classes..(photo + 1) * classes].copy_from_slice(row);
        }
    }
    let rows: Vec<&[f32]> = shares.chunks_exact(classes).collect();
    let hits: Vec<f64> =
        rows.iter().zip(labels).map(|(row, &label)| f64::from(u8::from(best(row) == label))).collect();
    let accuracy = mean_by_group(&hits, groups);
    let counts = dataset.class_counts();
    let mut recalls = vec![0.0; classes];
    labels.iter().zip(&hits).for_each(|(&label, hit)| recalls[label] += hit / counts[label] as f64);
    let balanced_accuracy = recalls.iter().sum::<f64>() / classes as f64;
    let most_frequent = counts.iter().max().map_or(0.0, |&most| most as f64 / labels.len() as f64);
    let guessing = 1.0 / classes as f64;
    let way = (accuracy.low - most_frequent) / (1.0 - most_frequent).max(1e-9);
    let of_class = |class: usize| {
        let scores = |is_member: bool| -> Vec<f64> {
            let kind = rows.iter().zip(labels).filter(|&(_, &label)| (label == class) == is_member);
            kind.map(|(row, _)| f64::from(row[class])).collect()
        };
        let (others, members) = (scores(false), scores(true));
        (!others.is_empty() && !members.is_empty()).then(|| auroc(&others, &members))
    };
    Probe {
        clue,
        accuracy,
        balanced_accuracy,
        most_frequent,
        guessing,
        far_above_chance: way >= FAR && balanced_accuracy >= FAR_BALANCED * guessing,
        class_auroc: (0..classes).map(of_class).collect(),
    }
}

/// What a probe looks at: rows of equal width.
fn numbers(clue: Clue, dataset: &Dataset, sights: &[Sight]) -> (Vec<f32>, usize) {
    let rows: Vec<Vec<f32>> = match clue {
        Clue::Border => sights.iter().map(|sight| sight.surroundings.border.clone()).collect(),
        Clue::BorderPixels => sights.iter().map(|sight| sight.surroundings.pixels.clone()).collect(),
        Clue::MeanColour => sights.iter().map(|sight| sight.surroundings.mean.to_vec()).collect(),
        Clue::FileSize => dataset
            .photos
            .iter()
            .map(|photo| {
                let pixels = f64::from(photo.width) * f64::from(photo.height);
                vec![photo.bytes as f32, (photo.bytes as f64 / pixels.max(1.0)) as f32]
            })
            .collect(),
        Clue::Dimensions => dataset
            .photos
            .iter()
            .map(|photo| {
                let (width, height) = (photo.width as f32, photo.height as f32);
                vec![width, height, width / height.max(1.0)]
            })
            .collect(),
        Clue::Camera => {
            let fields: [Vec<Option<&str>>; 3] = [
                sights.iter().map(|sight| sight.camera.model.as_deref()).collect(),
                sights.iter().map(|sight| sight.camera.software.as_deref()).collect(),
                sights.iter().map(|sight| sight.camera.day.as_deref()).collect(),
            ];
            let ranks = fields.map(|field| ranks(&field));
            (0..sights.len()).map(|photo| ranks.iter().map(|ranks| ranks[photo]).collect()).collect()
        }
    };
    let width = rows.first().map_or(1, Vec::len);
    (rows.into_iter().flatten().collect(), width)
}

/// The rank of each text among all; 0 for none.
fn ranks(texts: &[Option<&str>]) -> Vec<f32> {
    let mut distinct: Vec<&str> = texts.iter().copied().flatten().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |text: &Option<&str>| {
        text.map_or(0.0, |text| distinct.partition_point(|other| *other < text) as f32 + 1.0)
    };
    texts.iter().map(rank).collect()
}

/// The place of the largest value, the first of equals.
pub(crate) fn best(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (place, &value)| if value > row[best] { place } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ranked() {
        assert_eq!(ranks(&[Some("b"), None, Some("a"), Some("b")]), [2.0, 0.0, 1.0, 2.0]);
    }
}
