//! Whether confidences mean what they say: reliability bins and the expected calibration error.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | photographs |
//! | p | confidence of a photograph: the probability of its most probable class |
//! | B | bins |
//! | n_b, conf_b, acc_b | photographs of a bin, their mean confidence, the share of them that is right |
//!
//! ECE = Σ n_b / n |acc_b - conf_b| (Naeini et al. 2015; Guo et al. 2017, equation 3).

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_length};
use crate::share::wilson_of;

/// How confidences are put in bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// So many bins of equal width from 0 to 1, each without its lower and with its upper edge (Guo et al. 2017).
    EqualWidth(usize),
    /// So many bins of equally many photographs (Nixon et al. 2019, "Measuring Calibration in Deep Learning", section 4);
    /// where they do not divide, the first bins hold one more. Photographs of equal confidence that an edge falls among
    /// are shared out to both sides in proportion, so that their order does not matter.
    EqualMass(usize),
}

impl Default for Binning {
    /// 15 bins of equally many photographs.
    fn default() -> Self {
        Self::EqualMass(15)
    }
}

/// Photographs of similar confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge: of the bin where widths are equal, else the lowest confidence in it.
    pub low: f64,
    /// Upper edge, or the highest confidence in it.
    pub high: f64,
    /// Photographs.
    pub photographs: usize,
    /// Mean confidence; 0 without photographs.
    pub confidence: f64,
    /// Share that is right; 0 without photographs.
    pub accuracy: f64,
    /// 95 % Wilson interval of this share; \[0, 1\] without photographs.
    pub interval: [f64; 2],
}

/// Sums over a bin.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    photographs: f64,
    confidence: f64,
    right: f64,
    low: f64,
    high: f64,
}

impl Sums {
    fn add(&mut self, share: f64, block: &Sums) {
        if self.photographs == 0.0 {
            self.low = block.low;
        }
        self.high = block.high;
        self.photographs += share * block.photographs;
        self.confidence += share * block.confidence;
        self.right += share * block.right;
    }
}

/// Confidences, ready to be put in bins again and again with other weights and other outcomes.
#[derive(Clone, Debug)]
pub(crate) struct Reliability {
    binning: Binning,
    /// Places of the photographs, by ascending confidence.
    order: Vec<u32>,
    /// Confidences in this order.
    confidences: Vec<f64>,
    /// Bin of each in this order, where bins do not depend on weights.
    bins: Vec<u32>,
    sums: Vec<Sums>,
}

impl Reliability {
    pub(crate) fn new(confidences: &[f64], binning: Binning) -> Self {
        let mut order: Vec<u32> = (0..confidences.len() as u32).collect();
        order.sort_by(|&a, &b| confidences[a as usize].total_cmp(&confidences[b as usize]));
        let confidences: Vec<f64> = order.iter().map(|&index| confidences[index as usize]).collect();
        let bins = match binning {
            Binning::EqualWidth(count) => confidences.iter().map(|&p| place(p, count)).collect(),
            Binning::EqualMass(_) => Vec::new(),
        };
        let (Binning::EqualWidth(count) | Binning::EqualMass(count)) = binning;
        Self { binning, order, confidences, bins, sums: vec![Sums::default(); count.max(1)] }
    }

    /// The expected calibration error with a weight and an outcome a photograph, in the order in which the confidences
    /// were given; 0 if the weights add up to 0.
    pub(crate) fn error(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> bool) -> f64 {
        self.fill(weight, right);
        let gap = |sums: &Sums| (sums.right - sums.confidence).abs();
        let (gaps, whole) = self
            .sums
            .iter()
            .fold((0.0, 0.0), |(gaps, whole), sums| (gaps + gap(sums), whole + sums.photographs));
        if whole > 0.0 { gaps / whole } else { 0.0 }
    }

    fn fill(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> bool) {
        self.sums.fill(Sums::default());
        match self.binning {
            Binning::EqualWidth(_) => {
                for ((&index, &p), &bin) in self.order.iter().zip(&self.confidences).zip(&self.bins) {
                    let weight = f64::from(weight(index as usize));
                    let sums = &mut self.sums[bin as usize];
                    sums.photographs += weight;
                    sums.confidence += weight * p;
                    sums.right += if right(index as usize) { weight } else { 0.0 };
                }
            }
            Binning::EqualMass(_) => self.fill_equally(weight, right),
        }
    }

    fn fill_equally(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> bool) {
        let whole: u64 = self.order.iter().map(|&index| u64::from(weight(index as usize))).sum();
        let count = self.sums.len() as u64;
        let capacity = |bin: usize| (whole / count + u64::from((bin as u64) < whole % count)) as f64;
        let (mut bin, mut room) = (0, capacity(0));
        let mut start = 0;
        while start < self.order.len() {
            let p = self.confidences[start];
            let mut block = Sums { low: p, high: p, ..Sums::default() };
            while start < self.order.len() && self.confidences[start] == p {
                let index = self.order[start] as usize;
                let weight = f64::from(weight(index));
                block.photographs += weight;
                block.right += if right(index) { weight } else { 0.0 };
                start += 1;
            }
            block.confidence = block.photographs * p;
            let mut left = block.photographs;
            while left > 0.0 && bin < self.sums.len() {
                let taken = left.min(room);
                if taken > 0.0 {
                    self.sums[bin].add(taken / block.photographs, &block);
                }
                left -= taken;
                room -= taken;
                if room <= 0.0 {
                    bin += 1;
                    room = if bin < self.sums.len() { capacity(bin) } else { 0.0 };
                }
            }
        }
    }
}

/// Bin of a confidence among `count` of equal width.
fn place(p: f64, count: usize) -> u32 {
    let count = count.max(1);
    ((p * count as f64).ceil() as usize).clamp(1, count) as u32 - 1
}

/// Bins of photographs of the given `confidences`, each in 0..=1, and whether each is `right`. Bins of equal width are
/// given even where they are empty; of bins of equal mass those with at least one photograph.
///
/// # Errors
/// Lists of different lengths.
pub fn reliability_bins(
    confidences: &[f64],
    right: &[bool],
    binning: Binning,
) -> Result<Vec<ReliabilityBin>, MetricsError> {
    check_length("verdicts", right.len(), confidences.len())?;
    let mut reliability = Reliability::new(confidences, binning);
    reliability.fill(|_| 1, |index| right[index]);
    let count = reliability.sums.len();
    let bin = |(index, sums): (usize, &Sums)| {
        let mean = |sum: f64| if sums.photographs > 0.0 { sum / sums.photographs } else { 0.0 };
        let (low, high) = match binning {
            Binning::EqualWidth(_) => (index as f64 / count as f64, (index + 1) as f64 / count as f64),
            Binning::EqualMass(_) => (sums.low, sums.high),
        };
        ReliabilityBin {
            low,
            high,
            photographs: sums.photographs.round() as usize,
            confidence: mean(sums.confidence),
            accuracy: mean(sums.right),
            interval: wilson_of(sums.right, sums.photographs),
        }
    };
    let equal_width = matches!(binning, Binning::EqualWidth(_));
    let kept = |(_, sums): &(usize, &Sums)| equal_width || sums.photographs > 0.0;
    Ok(reliability.sums.iter().enumerate().filter(kept).map(bin).collect())
}

/// The expected calibration error of photographs of the given `confidences`, each in 0..=1, and whether each is `right`;
/// 0 without any.
///
/// # Errors
/// Lists of different lengths.
pub fn calibration_error(confidences: &[f64], right: &[bool], binning: Binning) -> Result<f64, MetricsError> {
    check_length("verdicts", right.len(), confidences.len())?;
    Ok(Reliability::new(confidences, binning).error(|_| 1, |index| right[index]))
}
