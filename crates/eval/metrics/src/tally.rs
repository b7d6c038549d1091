//! Sums over photographs with weights, from which every figure follows: what a resample costs.
//!
//! A photograph is reduced once to a few numbers. A resample then is one pass over the photographs and one over the C²
//! cells of the confusion.

use crate::predictions::Predictions;
use crate::probability::{arg_max, cross_entropy, softmax};
use crate::reliability::{Binning, Reliability};
use crate::scores::{ClassScores, Scores, TOP, TopScore};

/// Bins of both calibration errors.
const BINS: usize = 15;

/// What figures need to know of the photographs: one entry each.
pub(crate) struct Cases {
    pub(crate) classes: usize,
    /// Whether each class occurs.
    occurs: Vec<bool>,
    /// Truths.
    pub(crate) labels: Vec<u32>,
    /// Most probable classes.
    pub(crate) calls: Vec<u32>,
    /// Classes that are named before the truth is.
    ranks: Vec<u32>,
    losses: Vec<f64>,
    briers: Vec<f64>,
    confidences: Vec<f64>,
}

impl Cases {
    pub(crate) fn new(predictions: &Predictions) -> Self {
        let mut cases = Self {
            classes: predictions.classes(),
            occurs: vec![false; predictions.classes()],
            labels: predictions.labels().to_vec(),
            calls: Vec::with_capacity(predictions.len()),
            ranks: Vec::with_capacity(predictions.len()),
            losses: Vec::with_capacity(predictions.len()),
            briers: Vec::with_capacity(predictions.len()),
            confidences: Vec::with_capacity(predictions.len()),
        };
        for (row, &label) in predictions.rows().zip(predictions.labels()) {
            let label = label as usize;
            let call = arg_max(row);
            let probabilities = softmax(row);
            let before = |&(class, &logit): &(usize, &f32)| {
                logit > row[label] || (logit == row[label] && class < label)
            };
            let square = |(class, p): (usize, &f64)| (p - f64::from(u8::from(class == label))).powi(2);
            cases.occurs[label] = true;
            cases.calls.push(call as u32);
            cases.ranks.push(row.iter().enumerate().filter(before).count() as u32);
            cases.losses.push(cross_entropy(row, label));
            cases.briers.push(probabilities.iter().enumerate().map(square).sum());
            cases.confidences.push(probabilities[call]);
        }
        cases
    }
}

/// Sums over photographs with weights.
pub(crate) struct Tally {
    whole: f64,
    loss: f64,
    brier: f64,
    /// N, a row a truth.
    confusion: Vec<f64>,
    /// Photographs by the classes that are named before the truth is.
    ranks: Vec<f64>,
    /// Calibration errors: in bins of equal width and of equal mass.
    errors: [f64; 2],
    reliabilities: [Reliability<1>; 2],
}

impl Tally {
    pub(crate) fn new(cases: &Cases) -> Self {
        let binnings = [Binning::EqualWidth(BINS), Binning::EqualMass(BINS)];
        Self {
            whole: 0.0,
            loss: 0.0,
            brier: 0.0,
            confusion: vec![0.0; cases.classes * cases.classes],
            ranks: vec![0.0; cases.classes],
            errors: [0.0; 2],
            reliabilities: binnings.map(|binning| Reliability::new(&cases.confidences, binning)),
        }
    }

    pub(crate) fn fill(&mut self, cases: &Cases, weights: &[u32]) {
        (self.whole, self.loss, self.brier) = (0.0, 0.0, 0.0);
        self.confusion.fill(0.0);
        self.ranks.fill(0.0);
        for (index, &weight) in weights.iter().enumerate() {
            let weight = f64::from(weight);
            self.whole += weight;
            self.loss += weight * cases.losses[index];
            self.brier += weight * cases.briers[index];
            self.confusion[cases.labels[index] as usize * cases.classes + cases.calls[index] as usize] +=
                weight;
            self.ranks[cases.ranks[index] as usize] += weight;
        }
        for (error, reliability) in self.errors.iter_mut().zip(&mut self.reliabilities) {
            let right = |index: usize| u64::from(cases.labels[index] == cases.calls[index]);
            [*error] = reliability.errors(|index| weights[index], right);
        }
    }

    /// The figures. Those of a class of which there is nothing to say are `unsaid`.
    pub(crate) fn scores(&self, cases: &Cases, unsaid: f64) -> Scores<f64> {
        let classes = cases.classes;
        let portion = |part: f64, whole: f64, without: f64| if whole > 0.0 { part / whole } else { without };
        let mean = |sum: f64| portion(sum, self.whole, 0.0);
        let truths: Vec<f64> = self.confusion.chunks_exact(classes).map(|row| row.iter().sum()).collect();
        let mut calls = vec![0.0; classes];
        for row in self.confusion.chunks_exact(classes) {
            calls.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
        }
        let hits: Vec<f64> = (0..classes).map(|class| self.confusion[class * classes + class]).collect();
        let right: f64 = hits.iter().sum();
        let (mut recalls, mut f1s) = (Mean::default(), Mean::default());
        let mut per_class = Vec::with_capacity(classes);
        for class in 0..classes {
            let (hits, truths, calls) = (hits[class], truths[class], calls[class]);
            let f1 = portion(2.0 * hits, truths + calls, unsaid);
            let recall = portion(hits, truths, unsaid);
            if truths > 0.0 {
                recalls.add(recall);
            }
            // Of a class without photographs nothing is known; in a resample it may be called only.
            if cases.occurs[class] && truths + calls > 0.0 {
                f1s.add(f1);
            }
            per_class.push(ClassScores { precision: portion(hits, calls, unsaid), recall, f1 });
        }
        let top = |k: usize| TopScore { k, accuracy: mean(self.ranks[..k].iter().sum()) };
        let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let square = self.whole * self.whole;
        let (chance, of_truths, of_calls) =
            (product(&truths, &calls), square - product(&truths, &truths), square - product(&calls, &calls));
        let agreement = right * self.whole - chance;
        Scores {
            accuracy: mean(right),
            balanced_accuracy: recalls.value(),
            macro_f1: f1s.value(),
            top: TOP.into_iter().filter(|&k| k < classes).map(top).collect(),
            matthews: portion(agreement, (of_truths * of_calls).sqrt(), 0.0),
            kappa: portion(agreement, square - chance, 0.0),
            loss: mean(self.loss),
            brier: mean(self.brier),
            calibration_error: self.errors[0],
            adaptive_calibration_error: self.errors[1],
            classes: per_class,
        }
    }
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn value(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}
