//! Photographs whose class is probably wrong: confident learning (Northcutt, Jiang and Chuang, *Confident Learning:
//! Estimating Uncertainty in Dataset Labels*, 2021), with the neighbours as a second witness.
//!
//! | symbol | is |
//! | --- | --- |
//! | p_c | probability of class c, said by a classifier that has not seen the photograph's group, calibrated |
//! | y | class that the folder says |
//! | s | class of the largest p_c |
//! | n_c | share of class c among the photograph's nearest, by the cosine of the features, without those of its group |
//! | margin | `p_s - p_y`, from 0 to 1 |
//! | evidence | `ln((p_s + e) / (p_y + e)) + 3 (n_s - n_y)` with e = 0.001: from -3 to about 10 |
//!
//! A photograph is suspect if s is not y and the evidence is positive: off the diagonal of the confusion matrix of
//! predictions out of fold (their C_confusion, section 4). Their margin alone ranks hard photographs beside wrong ones; where
//! the neighbours, who are asked by another rule, say the same as the classifier, the class is wrong far more often.

use foliar_vision::{Dataset, portable_name};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::groups::Groups;
use crate::split_check::{Features, Predictions};

/// Neighbours that are asked.
pub const NEIGHBOURS: usize = 10;
/// Weight of what the neighbours say.
const NEIGHBOUR_WEIGHT: f64 = 3.0;
/// e: probabilities below are all the same.
const LEAST_PROBABILITY: f64 = 1e-3;
/// Evidence from which on a suspicion is strong.
const STRONG: f64 = 4.0;

/// A photograph whose class is probably wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Path relative to the folder.
    pub path: String,
    /// Class that its folder says.
    pub class: String,
    /// Class that it looks like.
    pub suggested: String,
    /// Calibrated probability of the suggested class.
    pub probability: f64,
    /// Calibrated probability of the class that its folder says.
    pub own_probability: f64,
    /// The one less the other.
    pub margin: f64,
    /// How much speaks for the suggested class and against its own, 0 to about 10; see the table above.
    pub evidence: f64,
    /// How many of its nearest photographs were asked.
    pub neighbours: usize,
    /// How many of them are of the suggested class.
    pub neighbours_suggested: usize,
    /// How many of them are of the class that its folder says.
    pub neighbours_own: usize,
    /// Whether probability and neighbours agree that the class is wrong.
    pub strong: bool,
    /// The reason in words.
    pub reason: String,
}

/// Photographs whose class is probably wrong, likeliest first.
pub(crate) fn suspects(
    dataset: &Dataset,
    features: &Features,
    groups: &Groups,
    predictions: &Predictions,
) -> Vec<Suspect> {
    let labels: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let classes = dataset.classes.len();
    let probabilities = calibrated(&predictions.repeats, &labels, classes);
    let directions = directions(features);
    let mut suspects: Vec<Suspect> = probabilities
        .par_chunks_exact(classes)
        .enumerate()
        .filter_map(|(photo, row)| {
            let own = labels[photo];
            let class = (0..classes).fold(own, |best, class| if row[class] > row[best] { class } else { best });
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
            (evidence > 0.0).then(|| Suspect {
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
                    "looks like {name} with probability {:.2}, like its own class with {:.2}; of its {} nearest photographs \
                     {suggested} are {name} and {mine} of its own class",
                    row[class],
                    row[own],
                    near.len()
                ),
            })
        })
        .collect();
    suspects.sort_by(|a, b| b.evidence.total_cmp(&a.evidence).then_with(|| a.path.cmp(&b.path)));
    suspects
}

/// Probabilities, n x C: softmax of each repeat's logits divided by one temperature, that of the lowest mean
/// cross-entropy, and their mean.
fn calibrated(repeats: &[Vec<f64>], labels: &[usize], classes: usize) -> Vec<f64> {
    let mean = |temperature: f64| {
        let mut mean = vec![0.0; labels.len() * classes];
        for logits in repeats {
            for (row, sums) in logits.chunks_exact(classes).zip(mean.chunks_exact_mut(classes)) {
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let shares = row.iter().map(|logit| ((logit - most) / temperature).exp());
                let whole: f64 = shares.clone().sum();
                sums.iter_mut()
                    .zip(shares)
                    .for_each(|(sum, share)| *sum += share / whole / repeats.len() as f64);
            }
        }
        mean
    };
    let loss = |temperature: f64| {
        let said = mean(temperature);
        let of_own = said.chunks_exact(classes).zip(labels).map(|(row, &label)| -row[label].max(1e-12).ln());
        of_own.sum::<f64>()
    };
    // Golden section over the logarithm of the temperature.
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = ((0.05_f64).ln(), (100.0_f64).ln());
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut losses = inner.map(|place| loss(place.exp()));
    for _ in 0..20 {
        if losses[0] < losses[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            losses = [loss(inner[0].exp()), losses[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            losses = [losses[1], loss(inner[1].exp())];
        }
    }
    mean(((low + high) / 2.0).exp())
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

/// The nearest photographs of other groups, nearest first.
fn neighbours(directions: &[f32], width: usize, groups: &Groups, photo: usize) -> Vec<usize> {
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
    use crate::groups::Rule;

    /// Three clouds of features in which nine photographs carry the name of another cloud.
    #[test]
    fn exchanged_classes_come_first() {
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
                part: None,
                digest: Digest::of(&photo.to_le_bytes()),
                bytes: 1,
                width: 1,
                height: 1,
            })
            .collect();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let dataset = Dataset { root: "r".into(), classes, photos };
        let groups = Rule::None.groups(&dataset, &[]).unwrap();
        let features = Features { name: "clouds".to_owned(), of_a_network: false, width, values };
        let predictions = Predictions::of(&dataset, &features, None);
        let found = suspects(&dataset, &features, &groups, &predictions);
        let first: Vec<usize> = found.iter().take(9).map(|suspect| suspect.path.parse().unwrap()).collect();
        let hits = first.iter().filter(|photo| wrong(**photo)).count();
        assert!(hits >= 8, "{first:?}");
        let named = |suspect: &&Suspect| {
            let photo: usize = suspect.path.parse().unwrap();
            !wrong(photo) || suspect.suggested == dataset.classes[truth[photo]]
        };
        assert!(found.iter().take(9).all(|suspect| named(&suspect)));
    }
}
