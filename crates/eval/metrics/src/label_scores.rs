//! Scores of predictions of any number of labels.
//!
//! | score | definition |
//! | --- | --- |
//! | F1 of a label | 2 hits / (photographs that show it + photographs it is called for) |
//! | macro F1 | mean of the F1 of the labels that occur |
//! | micro F1 | the same quotient over all photographs and labels together |
//! | mean F1 | mean over photographs of 2 hits / (labels shown + labels called); 1 where both are none |
//! | average precision | Σ (Rᵢ - Rᵢ₋₁) Pᵢ over the thresholds, from the highest; mAP is its mean over the labels that occur |
//! | exact match | share of photographs with every label right |
//! | Hamming loss | share of the labels of photographs that are wrong |
//! | loss | mean over photographs and labels of -ln of the probability of the truth, in nats |
//!
//! Read (2009) and Zhang and Zhou (2014), "A Review on Multi-Label Learning Algorithms", section 2.2. Every sum over photographs
//! takes a weight, so that a resample of the bootstrap is a list of weights.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::estimate::Estimate;
use crate::label_predictions::LabelPredictions;

/// Probabilities are kept so far from 0 and 1 that a wrong one costs no more than 34 nats.
const LEAST: f64 = 1e-15;

/// Scores of one label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScore<T> {
    /// Share of the photographs it is called for that show it.
    pub precision: T,
    /// Share of the photographs that show it for which it is called.
    pub recall: T,
    /// Harmonic mean of both.
    pub f1: T,
    /// Area under precision over recall.
    pub average_precision: T,
}

/// Scores of all labels together, and of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScores<T> {
    /// Mean over photographs of their F1.
    pub mean_f1: T,
    /// Mean over labels of their F1.
    pub macro_f1: T,
    /// F1 of all decisions together.
    pub micro_f1: T,
    /// Mean over labels of their average precision.
    pub mean_average_precision: T,
    /// Share of photographs with every label right.
    pub exact_match: T,
    /// Share of wrong decisions.
    pub hamming_loss: T,
    /// Mean cross-entropy of a decision, in nats.
    pub loss: T,
    /// Each label; `None` for one that no photograph shows.
    pub labels: Vec<Option<LabelScore<T>>>,
}

/// What does not change from one resample to the next.
struct Cases {
    /// For each label the photographs by descending probability.
    orders: Vec<Vec<usize>>,
    /// For each label, (n).
    probabilities: Vec<Vec<f64>>,
    shown: Vec<Vec<bool>>,
    called: Vec<Vec<bool>>,
    /// Of each photograph: F1, whether all is right, and the mean loss.
    f1: Vec<f64>,
    right: Vec<f64>,
    losses: Vec<f64>,
}

impl LabelScores<f64> {
    /// Without intervals. All 0 without photographs.
    #[must_use]
    pub fn new(predictions: &LabelPredictions) -> Self {
        Cases::of(predictions).scores(&vec![1.0; predictions.len()])
    }
}

impl LabelScores<Estimate> {
    /// With intervals by group.
    #[must_use]
    pub fn with_intervals(predictions: &LabelPredictions, bootstrap: &Bootstrap) -> Self {
        let cases = Cases::of(predictions);
        let scores = cases.scores(&vec![1.0; predictions.len()]);
        let figures = scores.figures();
        let mut samples = vec![Vec::with_capacity(bootstrap.resamples); figures.len()];
        bootstrap.resample(predictions.groups(), |_, weights| {
            let weights: Vec<f64> = weights.iter().copied().map(f64::from).collect();
            let resample = cases.scores(&weights);
            let mut found = resample.figures();
            // A label that the resample does not show has no figures there.
            let present = scores.labels.iter().zip(&resample.labels).filter(|(here, _)| here.is_some());
            let mut rest = found.split_off(LabelScores::<f64>::OVERALL).into_iter();
            for (_, label) in present {
                match label {
                    Some(_) => found.extend(rest.by_ref().take(LabelScores::<f64>::BY_LABEL)),
                    None => found.extend([f64::NAN; LabelScores::<f64>::BY_LABEL]),
                }
            }
            samples.iter_mut().zip(found).for_each(|(sample, value)| sample.push(value));
        });
        let groups = predictions.groups().count();
        let estimates = figures.into_iter().zip(samples).map(|(value, mut sample)| {
            Estimate::new(value, bootstrap.interval(&mut sample, groups).unwrap_or([value; 2]))
        });
        scores.filled(&mut estimates.into_iter())
    }
}

impl LabelScores<f64> {
    const OVERALL: usize = 7;
    const BY_LABEL: usize = 4;

    /// Every figure: the overall ones, then those of each label that occurs.
    fn figures(&self) -> Vec<f64> {
        let Self {
            mean_f1, macro_f1, micro_f1, mean_average_precision, exact_match, hamming_loss, loss, ..
        } = self;
        let overall =
            [*mean_f1, *macro_f1, *micro_f1, *mean_average_precision, *exact_match, *hamming_loss, *loss];
        let of = |label: &LabelScore<f64>| [label.precision, label.recall, label.f1, label.average_precision];
        overall.into_iter().chain(self.labels.iter().flatten().flat_map(of)).collect()
    }

    /// The same scores with other values in the order of [`LabelScores::figures`].
    fn filled(&self, values: &mut dyn Iterator<Item = Estimate>) -> LabelScores<Estimate> {
        let mut next = || values.next().unwrap_or_default();
        LabelScores {
            mean_f1: next(),
            macro_f1: next(),
            micro_f1: next(),
            mean_average_precision: next(),
            exact_match: next(),
            hamming_loss: next(),
            loss: next(),
            labels: self
                .labels
                .iter()
                .map(|label| {
                    label.map(|_| LabelScore {
                        precision: next(),
                        recall: next(),
                        f1: next(),
                        average_precision: next(),
                    })
                })
                .collect(),
        }
    }
}

impl Cases {
    fn of(predictions: &LabelPredictions) -> Self {
        let labels = 0..predictions.labels();
        let probabilities: Vec<Vec<f64>> =
            labels.clone().map(|label| predictions.probabilities_of(label)).collect();
        let shown: Vec<Vec<bool>> = labels.clone().map(|label| predictions.shown_of(label)).collect();
        let order = |of: &Vec<f64>| {
            let mut order: Vec<usize> = (0..of.len()).collect();
            order.sort_by(|&a, &b| of[b].total_cmp(&of[a]));
            order
        };
        let count = |row: &[bool]| row.iter().filter(|&&there| there).count();
        let f1 = |(shown, called): (&[bool], &[bool])| {
            let hits = shown.iter().zip(called).filter(|(shown, called)| **shown && **called).count();
            match count(shown) + count(called) {
                0 => 1.0,
                both => 2.0 * hits as f64 / both as f64,
            }
        };
        let loss = |photo: usize| {
            let of = |label: usize| {
                let p = probabilities[label][photo].clamp(LEAST, 1.0 - LEAST);
                if shown[label][photo] { -p.ln() } else { -(1.0 - p).ln() }
            };
            labels.clone().map(of).sum::<f64>() / labels.len() as f64
        };
        Self {
            orders: probabilities.iter().map(order).collect(),
            called: labels.clone().map(|label| predictions.called_of(label)).collect(),
            f1: predictions.rows().map(f1).collect(),
            right: predictions.all_right().into_iter().map(|right| f64::from(u8::from(right))).collect(),
            losses: (0..predictions.len()).map(loss).collect(),
            probabilities,
            shown,
        }
    }

    fn scores(&self, weights: &[f64]) -> LabelScores<f64> {
        let total: f64 = weights.iter().sum();
        let mean = |values: &[f64]| {
            let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
            if total == 0.0 { 0.0 } else { sum / total }
        };
        let (mut all, mut wrong) = ([0.0; 3], 0.0);
        let mut labels = Vec::with_capacity(self.shown.len());
        for label in 0..self.shown.len() {
            // Hits, photographs that show it, photographs it is called for.
            let mut counts = [0.0; 3];
            for ((&shown, &called), &weight) in self.shown[label].iter().zip(&self.called[label]).zip(weights)
            {
                counts[0] += if shown && called { weight } else { 0.0 };
                counts[1] += if shown { weight } else { 0.0 };
                counts[2] += if called { weight } else { 0.0 };
                wrong += if shown == called { 0.0 } else { weight };
            }
            all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
            let [hits, shown, called] = counts;
            labels.push((shown > 0.0).then(|| LabelScore {
                precision: quotient(hits, called),
                recall: hits / shown,
                f1: quotient(2.0 * hits, shown + called),
                average_precision: self.average_precision(label, weights, shown),
            }));
        }
        let occurring = || labels.iter().flatten();
        let count = occurring().count() as f64;
        let decisions = total * self.shown.len() as f64;
        LabelScores {
            mean_f1: mean(&self.f1),
            macro_f1: quotient(occurring().map(|label| label.f1).sum(), count),
            micro_f1: quotient(2.0 * all[0], all[1] + all[2]),
            mean_average_precision: quotient(occurring().map(|label| label.average_precision).sum(), count),
            exact_match: mean(&self.right),
            hamming_loss: quotient(wrong, decisions),
            loss: mean(&self.losses),
            labels,
        }
    }

    fn average_precision(&self, label: usize, weights: &[f64], all_shown: f64) -> f64 {
        let (mut hits, mut called, mut before, mut area) = (0.0, 0.0, 0.0, 0.0);
        let (order, probabilities) = (&self.orders[label], &self.probabilities[label]);
        for (place, &photo) in order.iter().enumerate() {
            called += weights[photo];
            hits += if self.shown[label][photo] { weights[photo] } else { 0.0 };
            // Equal probabilities have one threshold.
            let next = order.get(place + 1);
            if next.is_none_or(|&next| probabilities[next] < probabilities[photo]) && hits > before {
                area += (hits - before) / all_shown * hits / called;
                before = hits;
            }
        }
        area
    }
}

fn quotient(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Groups;
    use crate::random::Purpose;

    fn drawn(seed: u64, photos: usize, labels: usize) -> LabelPredictions {
        let mut stream = Purpose::Bootstrap.stream(11, seed);
        let p = (0..photos * labels).map(|_| stream.below(8) as f64 / 7.0).collect();
        let shown = (0..photos * labels).map(|_| stream.chance(0.4)).collect();
        LabelPredictions::new(p, shown, &vec![0.5; labels], Groups::independent(photos)).unwrap()
    }

    /// Every score from its definition.
    #[test]
    fn scores_are_those_of_a_naive_computation() {
        for seed in 0..30 {
            let (photos, labels) = (1 + seed as usize % 17, 1 + seed as usize % 4);
            let predictions = drawn(seed, photos, labels);
            let scores = LabelScores::new(&predictions);
            let mut f1s = Vec::new();
            let mut aps = Vec::new();
            for label in 0..labels {
                let (p, shown, called) = (
                    predictions.probabilities_of(label),
                    predictions.shown_of(label),
                    predictions.called_of(label),
                );
                let positives = shown.iter().filter(|&&shown| shown).count() as f64;
                if positives == 0.0 {
                    assert_eq!(scores.labels[label], None);
                    continue;
                }
                let hits = (0..photos).filter(|&i| shown[i] && called[i]).count() as f64;
                let calls = called.iter().filter(|&&called| called).count() as f64;
                f1s.push(2.0 * hits / (positives + calls));
                // Over all distinct thresholds, from the highest.
                let (mut area, mut recall) = (0.0, 0.0);
                for step in (0..8).rev() {
                    let above: Vec<usize> =
                        (0..photos).filter(|&i| p[i] >= f64::from(step) / 7.0 - 1e-9).collect();
                    let hits = above.iter().filter(|&&i| shown[i]).count() as f64;
                    if !above.is_empty() {
                        area += (hits / positives - recall) * hits / above.len() as f64;
                        recall = hits / positives;
                    }
                }
                aps.push(area);
                let found = scores.labels[label].unwrap();
                assert!(
                    (found.f1 - f1s[f1s.len() - 1]).abs() < 1e-12
                        && (found.average_precision - area).abs() < 1e-12
                );
            }
            let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len().max(1) as f64;
            assert!((scores.macro_f1 - mean(&f1s)).abs() < 1e-12);
            assert!((scores.mean_average_precision - mean(&aps)).abs() < 1e-12);
            let wrong: usize =
                predictions.rows().map(|(s, c)| s.iter().zip(c).filter(|(s, c)| s != c).count()).sum();
            assert!((scores.hamming_loss - wrong as f64 / (photos * labels) as f64).abs() < 1e-12);
            let exact = predictions.rows().filter(|(s, c)| s == c).count() as f64 / photos as f64;
            assert!((scores.exact_match - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn a_photograph_without_labels_that_is_called_so_is_right() {
        let groups = Groups::independent(2);
        let predictions = LabelPredictions::new(
            vec![0.1, 0.2, 0.9, 0.1],
            vec![false, false, true, true],
            &[0.5; 2],
            groups,
        )
        .unwrap();
        let scores = LabelScores::new(&predictions);
        assert!((scores.mean_f1 - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!((scores.exact_match, scores.hamming_loss), (0.5, 0.25));
    }

    #[test]
    fn intervals_hold_the_value_and_are_wider_by_group() {
        let single = drawn(3, 60, 3);
        let scores =
            LabelScores::with_intervals(&single, &Bootstrap { resamples: 300, ..Bootstrap::default() });
        for estimate in [scores.mean_f1, scores.macro_f1, scores.mean_average_precision, scores.hamming_loss]
        {
            assert!(estimate.contains(estimate.value) && estimate.width() > 0.0, "{estimate:?}");
        }
        assert_eq!(scores.mean_f1.value, LabelScores::new(&single).mean_f1);
        let empty = LabelPredictions::new(vec![], vec![], &[0.5], Groups::independent(0)).unwrap();
        assert_eq!(LabelScores::new(&empty).mean_f1, 0.0);
    }
}
