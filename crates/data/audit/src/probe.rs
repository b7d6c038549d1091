//! Shortcut probes: how well the class is predicted from cues that do not show the disease.
//!
//! A probe learns the class from a few numbers and is tested on photos of groups that it has not seen. If it does well, a
//! network may learn the same shortcut.

use foliar_metrics::auroc;
use foliar_results::audit::{Probe, ShortcutCue};
use foliar_vision::Dataset;

use crate::forest::{self, Table};
use crate::grouped_mean::mean_by_group;
use crate::image_stats::ImageStats;

/// Least gain over the most frequent class, as a proportion of the largest possible gain, at the lower end of the interval,
/// for a warning.
const FAR: f64 = 0.2;
/// Least balanced accuracy, in multiples of chance, for a warning.
const FAR_BALANCED: f64 = 1.5;

/// Runs all probes. `folds` hold every photo once, and the photos of a group together; `groups` has the first photo of each
/// photo's group. A cue that is equal in all photos is left out.
#[must_use]
pub fn probes(dataset: &Dataset, stats: &[ImageStats], groups: &[usize], folds: &[Vec<usize>]) -> Vec<Probe> {
    let probed = ShortcutCue::ALL.into_iter().filter_map(|cue| {
        let (values, width) = numbers(cue, dataset, stats);
        let varies = values.chunks_exact(width).any(|row| row != &values[..width]);
        varies.then(|| probe_of(cue, Table { values: &values, width }, dataset, groups, folds))
    });
    probed.collect()
}

/// The probe that sees the numbers of `table`, one row a photo.
pub(crate) fn probe_of(
    cue: ShortcutCue,
    table: Table<'_>,
    dataset: &Dataset,
    groups: &[usize],
    folds: &[Vec<usize>],
) -> Probe {
    let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let probabilities = out_of_fold(table, &labels, dataset.classes.len(), folds, cue as u64);
    probe(cue, &probabilities, dataset, &labels, groups)
}

/// Probability of each class, n x C: each fold is predicted by a forest that learned from the other folds.
fn out_of_fold(
    table: Table<'_>,
    labels: &[usize],
    classes: usize,
    folds: &[Vec<usize>],
    seed: u64,
) -> Vec<f32> {
    let mut probabilities = vec![0.0; labels.len() * classes];
    for (number, fold) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != number);
        let train: Vec<usize> = others.flat_map(|(_, fold)| fold.iter().copied()).collect();
        let predicted = forest::predict(table, labels, classes, &train, fold, seed);
        for (&photo, row) in fold.iter().zip(predicted.chunks_exact(classes)) {
            probabilities[photo * classes..(photo + 1) * classes].copy_from_slice(row);
        }
    }
    probabilities
}

fn probe(
    cue: ShortcutCue,
    probabilities: &[f32],
    dataset: &Dataset,
    labels: &[usize],
    groups: &[usize],
) -> Probe {
    let classes = dataset.classes.len();
    let rows: Vec<&[f32]> = probabilities.chunks_exact(classes).collect();
    let hits: Vec<f64> =
        rows.iter().zip(labels).map(|(row, &label)| f64::from(u8::from(best(row) == label))).collect();
    let accuracy = mean_by_group(&hits, groups);
    let counts = dataset.class_counts();
    let mut recalls = vec![0.0; classes];
    labels.iter().zip(&hits).for_each(|(&label, hit)| recalls[label] += hit / counts[label] as f64);
    let balanced_accuracy = recalls.iter().sum::<f64>() / classes as f64;
    let most_frequent = counts.iter().max().map_or(0.0, |&most| most as f64 / labels.len() as f64);
    let guessing = 1.0 / classes as f64;
    let gain = (accuracy.low - most_frequent) / (1.0 - most_frequent).max(1e-9);
    let of_class = |class: usize| {
        let scores = |is_member: bool| -> Vec<f64> {
            let kind = rows.iter().zip(labels).filter(|&(_, &label)| (label == class) == is_member);
            kind.map(|(row, _)| f64::from(row[class])).collect()
        };
        let (others, members) = (scores(false), scores(true));
        (!others.is_empty() && !members.is_empty()).then(|| auroc(&others, &members))
    };
    Probe {
        cue,
        accuracy,
        balanced_accuracy,
        most_frequent,
        guessing,
        far_above_chance: gain >= FAR && balanced_accuracy >= FAR_BALANCED * guessing,
        class_auroc: (0..classes).map(of_class).collect(),
    }
}

/// The numbers of a cue, one row a photo, and their width.
fn numbers(cue: ShortcutCue, dataset: &Dataset, stats: &[ImageStats]) -> (Vec<f32>, usize) {
    let rows: Vec<Vec<f32>> = match cue {
        ShortcutCue::Border => stats.iter().map(|stats| stats.border.border.clone()).collect(),
        ShortcutCue::BorderPixels => stats.iter().map(|stats| stats.border.pixels.clone()).collect(),
        ShortcutCue::MeanColour => stats.iter().map(|stats| stats.border.mean.to_vec()).collect(),
        ShortcutCue::FileSize => dataset
            .photos
            .iter()
            .map(|photo| {
                let pixels = f64::from(photo.width) * f64::from(photo.height);
                vec![photo.bytes as f32, (photo.bytes as f64 / pixels.max(1.0)) as f32]
            })
            .collect(),
        ShortcutCue::Dimensions => dataset
            .photos
            .iter()
            .map(|photo| {
                let (width, height) = (photo.width as f32, photo.height as f32);
                vec![width, height, width / height.max(1.0)]
            })
            .collect(),
        ShortcutCue::Camera => {
            let fields: [Vec<Option<&str>>; 3] = [
                stats.iter().map(|stats| stats.camera.model.as_deref()).collect(),
                stats.iter().map(|stats| stats.camera.software.as_deref()).collect(),
                stats.iter().map(|stats| stats.camera.day.as_deref()).collect(),
            ];
            let ranks = fields.map(|field| ranks(&field));
            (0..stats.len()).map(|photo| ranks.iter().map(|ranks| ranks[photo]).collect()).collect()
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

/// The index of the largest value, the first of equals.
fn best(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (place, &value)| if value > row[best] { place } else { best })
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;

    use super::*;

    #[test]
    fn texts_are_ranked() {
        assert_eq!(ranks(&[Some("b"), None, Some("a"), Some("b")]), [2.0, 0.0, 1.0, 2.0]);
    }

    /// Groups of photos with similar numbers and one label each, drawn at random, in folds that hold whole groups and as many
    /// of each class: features, labels and folds.
    fn random_groups(seed: u64, groups: usize, each: usize) -> (Vec<f32>, Vec<usize>, Vec<Vec<usize>>) {
        let mut random = Random::keyed([6, seed, 0, 0]);
        let of_group: Vec<usize> = random.permutation(groups).into_iter().map(|place| place % 2).collect();
        let (mut values, mut labels, mut folds, mut next) = (vec![], vec![], vec![vec![]; 5], [0; 2]);
        for (group, &label) in of_group.iter().enumerate() {
            let centre = [random.uniform(), random.uniform(), random.uniform()];
            folds[next[label] % 5].extend(group * each..(group + 1) * each);
            next[label] += 1;
            for _ in 0..each {
                values.extend(centre.map(|value| (value + 0.02 * random.uniform()) as f32));
                labels.push(label);
            }
        }
        (values, labels, folds)
    }

    fn right(values: &[f32], labels: &[usize], folds: &[Vec<usize>], seed: u64) -> usize {
        let probabilities = out_of_fold(Table { values, width: 3 }, labels, 2, folds, seed);
        probabilities.chunks(2).zip(labels).filter(|(row, label)| best(row) == **label).count()
    }

    #[test]
    fn random_labels_of_groups_are_predicted_at_chance() {
        const SEEDS: u64 = 60;
        let (groups, each) = (30, 4);
        let mut hits = 0;
        let mut shuffled_hits = 0;
        for seed in 0..SEEDS {
            let (values, labels, folds) = random_groups(seed, groups, each);
            hits += right(&values, &labels, &folds, seed);
            // Folds that tear groups apart show each label in training: far above chance.
            let torn: Vec<Vec<usize>> =
                (0..4).map(|fold| (fold..labels.len()).step_by(4).collect()).collect();
            shuffled_hits += right(&values, &labels, &torn, seed);
        }
        let count = SEEDS as f64 * (groups * each) as f64;
        // Photos of a group are predicted alike: four standard errors of the binomial distribution over groups.
        let error = 4.0 * (0.25 / (SEEDS as f64 * groups as f64)).sqrt();
        let accuracy = hits as f64 / count;
        assert!((accuracy - 0.5).abs() < error, "{accuracy} is not within {error} of a half");
        assert!(shuffled_hits as f64 / count > 0.9, "{shuffled_hits} of {count}");
    }

    #[test]
    fn labels_of_a_fold_do_not_change_its_predictions() {
        let (values, labels, folds) = random_groups(1, 20, 3);
        let predict =
            |labels: &[usize]| out_of_fold(Table { values: &values, width: 3 }, labels, 2, &folds, 1);
        let before = predict(&labels);
        for fold in &folds {
            let mut shifted = labels.clone();
            fold.iter().for_each(|&photo| shifted[photo] = 1 - shifted[photo]);
            let after = predict(&shifted);
            assert!(fold.iter().all(|photo| before[photo * 2..][..2] == after[photo * 2..][..2]));
            assert_ne!(before, after);
        }
    }
}
