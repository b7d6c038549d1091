//! The loss of programs that print its parts alone: `train/box_loss`, `train/cls_loss`, `val/box_loss`, `val/cls_loss`.
//!
//! What training minimises is their sum, up to weights that are part of each. Where training and validation print the same parts, two at
//! least, and no loss as a whole, both are added up. Limits: what is not printed, such as a penalty, is not in the sum.

use crate::run_log::{Metric, Point, Series, Split};

/// Adds the sums of the parts of both splits to the series of a log that has no loss as a whole.
pub(crate) fn add(series: &mut Vec<Series>) {
    if series.iter().any(|series| series.metric == Metric::Loss) {
        return;
    }
    let of = |split: Split| {
        let parts = series.iter().filter(|series| {
            series.metric == Metric::LossPart && series.split == Some(split) && !series.within_epoch
        });
        parts.collect::<Vec<&Series>>()
    };
    let (train, val) = (of(Split::Train), of(Split::Validation));
    let keys = |parts: &[&Series]| {
        let mut keys: Vec<String> = parts.iter().map(|part| key(&part.name)).collect();
        keys.sort_unstable();
        keys
    };
    let known = keys(&train);
    let distinct = known.windows(2).all(|pair| pair[0] != pair[1]) && known.iter().all(|key| !key.is_empty());
    if train.len() < 2 || !distinct || known != keys(&val) {
        return;
    }
    let sums = [sum(&train, Split::Train), sum(&val, Split::Validation)];
    if let [Some(train), Some(val)] = sums {
        series.extend([train, val]);
    }
}

/// The sum of parts that are printed together, under a name such as `box_loss + cls_loss`.
fn sum(parts: &[&Series], split: Split) -> Option<Series> {
    let (first, rest) = parts.split_first()?;
    let beside = |part: &&Series| {
        part.points.len() == first.points.len()
            && part.points.iter().zip(&first.points).all(|(point, other)| point.row == other.row)
    };
    if first.points.is_empty() || !rest.iter().all(beside) {
        return None;
    }
    let add = |(place, point): (usize, &Point)| Point {
        value: parts.iter().map(|part| part.points[place].value).sum(),
        resolution: parts.iter().map(|part| part.points[place].resolution).fold(0.0, f64::max),
        ..*point
    };
    let names: Vec<String> = parts.iter().map(|part| key(&part.name)).collect();
    Some(Series {
        name: names.join(" + "),
        split: Some(split),
        metric: Metric::Loss,
        within_epoch: false,
        points: first.points.iter().enumerate().map(add).collect(),
    })
}

/// The name of a part without the photos that it was measured on.
fn key(name: &str) -> String {
    const PHOTOS: [&str; 6] = ["train", "training", "val", "valid", "validation", "eval"];
    let lower = name.trim().to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !PHOTOS.contains(word)).collect::<Vec<&str>>().join("_")
}
