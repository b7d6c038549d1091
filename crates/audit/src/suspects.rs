//! Photographs whose class is probably wrong: confident learning (Northcutt, Jiang and Chuang, *Confident Learning:
//! Estimating Uncertainty in Dataset Labels*, 2021).
//!
//! | symbol | is |
//! | --- | --- |
//! | p_c | probability of class c, said by a classifier that has not seen the photograph's group, calibrated |
//! | y | class that the folder says |
//! | t_c | mean of p_c over the photographs of class c: how sure the classifier usually is of it |
//! | margin | `max p_c over c != y, less p_y`: from -1 to 1 |
//!
//! A photograph is suspect if the likeliest of the classes with `p_c >= t_c` is not y (their equation 1). The list is
//! ordered by the margin. Beside it stands what the photograph's neighbours are called: its nearest by the cosine of the
//! features, without those of its group.

use foliar_vision::{Dataset, portable_name};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::groups::Groups;
use crate::split_check::{Features, Predictions};

/// Neighbours that are asked.
pub const NEIGHBOURS: usize = 10;
/// Neighbours of the suggested class from which on a suspicion is strong.
const MANY: usize = 6;
/// Least margin of a strong suspicion.
const STRONG_MARGIN: f64 = 0.5;

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
    let mut thresholds = vec![0.0; classes];
    let counts = dataset.class_counts();
    for (row, &label) in probabilities.chunks_exact(classes).zip(&labels) {
        thresholds[label] += row[label] / counts[label] as f64;
    }
    let mut found: Vec<(f64, usize, usize)> = Vec::new();
    for (photo, (row, &label)) in probabilities.chunks_exact(classes).zip(&labels).enumerate() {
        let sure = (0..classes).filter(|&class| row[class] >= thresholds[class]);
        let likeliest = sure.max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)));
        if let Some(class) = likeliest.filter(|&class| class != label) {
            found.push((row[class] - row[label], photo, class));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let directions = directions(features);
    found
        .into_par_iter()
        .map(|(margin, photo, class)| {
            let near = neighbours(&directions, features.width, groups, photo);
            let of = |wanted: usize| near.iter().filter(|&&other| labels[other] == wanted).count();
            let row = &probabilities[photo * classes..(photo + 1) * classes];
            let own = labels[photo];
            let (suggested, mine) = (of(class), of(own));
            let name = &dataset.classes[class];
            Suspect {
                path: portable_name(&dataset.photos[photo].path),
                class: dataset.classes[own].clone(),
                suggested: name.clone(),
                probability: row[class],
                own_probability: row[own],
                margin,
                neighbours: near.len(),
                neighbours_suggested: suggested,
                neighbours_own: mine,
                strong: margin >= STRONG_MARGIN && suggested >= MANY && mine < suggested / 3,
                reason: format!(
                    "looks like {name} with probability {:.2}, like its own class with {:.2}; of its {} nearest photographs \
                     {suggested} are {name} and {mine} of its own class",
                    row[class],
                    row[own],
                    near.len()
                ),
            }
        })
        .collect()
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
