//! Photos whose label is probably wrong: confident learning (Northcutt, Jiang and Chuang, *Confident Learning: Estimating
//! Uncertainty in Dataset Labels*, 2021), with the nearest neighbours as a second opinion.
//!
//! | symbol | is |
//! | --- | --- |
//! | p_c | out-of-fold calibrated probability of class c: its classifier has not seen the group of the photo |
//! | y | class given by the folder |
//! | s | class of the largest p_c |
//! | n_c | proportion of class c among the photo's nearest neighbours outside its group, by the cosine of the features |
//! | margin | `p_s - p_y`, from 0 to 1 |
//! | evidence | `ln((p_s + e) / (p_y + e)) + 3 (n_s - n_y)` with e = 0.001: from -3 to about 10 |
//!
//! A photo is a label issue if s is not y and the evidence is positive: off the diagonal of the confusion matrix of
//! out-of-fold predictions (their C_confusion, section 4). The margin alone ranks hard photos as high as wrong labels.
//! Where the neighbours, found by another rule, agree with the classifier, the label is wrong far more often.

use std::collections::BTreeMap;

use foliar_results::audit::LabelIssue;
use foliar_vision::{Dataset, portable_name};
use rayon::prelude::*;

use crate::groups::PhotoGroups;
use crate::split_check::{Features, OutOfFold};

/// Number of nearest neighbours.
pub const NEIGHBOURS: usize = 10;
/// Weight of the neighbours in the evidence.
const NEIGHBOUR_WEIGHT: f64 = 3.0;
/// e: differences between smaller probabilities do not count.
const LEAST_PROBABILITY: f64 = 1e-3;
/// Evidence from which an issue is strong.
const STRONG: f64 = 4.0;

/// The most similar photos of others, by the index of the other and nearest first.
pub(crate) type Nearest = BTreeMap<usize, Vec<usize>>;

/// Photos whose label is probably wrong, the most likely first; not those of a class in one group, which no classifier knows
/// that has not seen the photo itself; and the nearest neighbours of each.
pub(crate) fn label_issues(
    dataset: &Dataset,
    features: &Features,
    groups: &PhotoGroups,
    predictions: &OutOfFold,
) -> (Vec<LabelIssue>, Nearest) {
    let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let classes = dataset.classes.len();
    let directions = directions(features);
    let others = groups.have_others_of_their_class(dataset);
    let mut found: Vec<(LabelIssue, usize, Vec<usize>)> = predictions
        .probabilities
        .par_chunks_exact(classes)
        .enumerate()
        .filter(|&(photo, _)| others[photo])
        .filter_map(|(photo, row)| {
            let own = labels[photo];
            let class =
                (0..classes).fold(own, |best, class| if row[class] > row[best] { class } else { best });
            if class == own {
                return None;
            }
            let near = neighbours(&directions, features.width, groups, photo);
            let of = |wanted: usize| near.iter().filter(|&&other| labels[other] == wanted).count();
            let (suggested, mine) = (of(class), of(own));
            let lead = (suggested as f64 - mine as f64) / near.len().max(1) as f64;
            let ratio = (row[class] + LEAST_PROBABILITY) / (row[own] + LEAST_PROBABILITY);
            let evidence = ratio.ln() + NEIGHBOUR_WEIGHT * lead;
            let name = &dataset.classes[class];
            if evidence <= 0.0 || evidence.is_nan() {
                return None;
            }
            let issue = LabelIssue {
                path: portable_name(&dataset.photos[photo].path),
                class: dataset.classes[own].clone(),
                suggested: name.clone(),
                probability: row[class],
                own_probability: row[own],
                margin: row[class] - row[own],
                evidence,
                neighbours: near.len(),
                neighbours_suggested: suggested,
                neighbours_own: mine,
                strong: evidence >= STRONG,
                reason: format!(
                    "probability of {name} {:.2}, of its own class {:.2}; of the {} most similar photos {suggested} {} \
                     {name} and {mine} of its own class",
                    row[class],
                    row[own],
                    near.len(),
                    if suggested == 1 { "is" } else { "are" }
                ),
            };
            Some((issue, photo, near))
        })
        .collect();
    found.sort_by(|(a, ..), (b, ..)| b.evidence.total_cmp(&a.evidence).then_with(|| a.path.cmp(&b.path)));
    let nearest = found.iter().map(|(_, photo, near)| (*photo, near.clone())).collect();
    (found.into_iter().map(|(issue, ..)| issue).collect(), nearest)
}

/// The most similar photos of each of `photos`.
pub(crate) fn nearest(features: &Features, groups: &PhotoGroups, photos: &[usize]) -> Nearest {
    let directions = directions(features);
    photos.par_iter().map(|&photo| (photo, neighbours(&directions, features.width, groups, photo))).collect()
}

/// The features less their mean, as vectors of length 1.
fn directions(features: &Features) -> Vec<f32> {
    let width = features.width;
    let count = (features.values.len() / width).max(1) as f64;
    let mut means = vec![0.0_f64; width];
    for row in features.values.chunks_exact(width) {
        means.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value) / count);
    }
    let unit = |row: &[f32]| {
        let centred: Vec<f32> = row.iter().zip(&means).map(|(&value, &mean)| value - mean as f32).collect();
        let length = centred.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        centred.into_iter().map(move |value| value / length).collect::<Vec<f32>>()
    };
    features.values.chunks_exact(width).flat_map(unit).collect()
}

/// The nearest photos of other groups, nearest first.
fn neighbours(directions: &[f32], width: usize, groups: &PhotoGroups, photo: usize) -> Vec<usize> {
    let own = &directions[photo * width..(photo + 1) * width];
    let mut near: Vec<(f32, usize)> = directions
        .chunks_exact(width)
        .enumerate()
        .filter(|(other, _)| groups.of[*other] != groups.of[photo])
        .map(|(other, row)| (own.iter().zip(row).map(|(a, b)| a * b).sum(), other))
        .collect();
    let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if near.len() > NEIGHBOURS {
        near.select_nth_unstable_by(NEIGHBOURS, order);
        near.truncate(NEIGHBOURS);
    }
    near.sort_by(order);
    near.into_iter().map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;
    use foliar_vision::{Digest, Photo};

    use super::*;
    use crate::groups::{GroupRule, NearDuplicates, group_photos};

    /// Three clouds of features in which nine photos carry the label of another cloud.
    #[test]
    fn exchanged_labels_come_first() {
        let (count, width) = (180, 6);
        let mut random = Random::seeded(8);
        let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let truth: Vec<usize> = (0..count).map(|photo| photo % 3).collect();
        let values: Vec<f32> = (0..count * width)
            .map(|place| {
                (normal() + if place % width % 3 == truth[place / width] { 3.5 } else { 0.0 }) as f32
            })
            .collect();
        let wrong = |photo: usize| photo % 20 == 7;
        let photos = (0..count)
            .map(|photo| Photo {
                path: format!("{photo:03}").into(),
                class: if wrong(photo) { (truth[photo] + 1) % 3 } else { truth[photo] },
                split: None,
                digest: Digest::of(&photo.to_le_bytes()),
                bytes: 1,
                width: 1,
                height: 1,
            })
            .collect();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let dataset =
            Dataset { root: "r".into(), classes, photos, layout: None, tables: None, label_sets: None };
        let groups = group_photos(&dataset, &GroupRule::None, NearDuplicates::Off).unwrap();
        let features = Features { name: "clouds".to_owned(), of_a_network: false, width, values };
        let predictions = OutOfFold::of(&dataset, &features, &groups.numbers());
        let (found, near) = label_issues(&dataset, &features, &groups, &predictions);
        let first: Vec<usize> = found.iter().take(9).map(|issue| issue.path.parse().unwrap()).collect();
        let hits = first.iter().filter(|photo| wrong(**photo)).count();
        assert!(hits >= 8, "{first:?}");
        let named = |issue: &&LabelIssue| {
            let photo: usize = issue.path.parse().unwrap();
            !wrong(photo) || issue.suggested == dataset.classes[truth[photo]]
        };
        assert!(found.iter().take(9).all(|issue| named(&issue)));
        // The same neighbours, asked for by themselves.
        let photos: Vec<usize> = near.keys().copied().collect();
        assert_eq!(nearest(&features, &groups, &photos), near);
        assert!(photos.len() == found.len() && near.values().all(|near| near.len() == NEIGHBOURS));
    }
}
