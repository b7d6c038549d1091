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

use crate::error::{MetricsError, check_verdicts};
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

/// Sums over a bin, with K outcomes of the same photographs.
#[derive(Clone, Copy, Debug)]
struct Sums<const K: usize> {
    photographs: f64,
    confidence: f64,
    right: [f64; K],
    low: f64,
    high: f64,
}

impl<const K: usize> Sums<K> {
    const NONE: Self = Self { photographs: 0.0, confidence: 0.0, right: [0.0; K], low: 0.0, high: 0.0 };

    /// Adds photographs of weight `weight` and confidence `p` whose outcome k is bit k of `right`.
    fn count(&mut self, weight: f64, p: f64, right: u64) {
        self.photographs += weight;
        self.confidence += weight * p;
        for (bit, sum) in self.right.iter_mut().enumerate() {
            *sum += if right >> bit & 1 == 1 { weight } else { 0.0 };
        }
    }

    fn add(&mut self, share: f64, block: &Self) {
        if self.photographs == 0.0 {
            self.low = block.low;
        }
        self.high = block.high;
        self.photographs += share * block.photographs;
        self.confidence += share * block.confidence;
        self.right.iter_mut().zip(&block.right).for_each(|(sum, right)| *sum += share * right);
    }
}

/// Confidences, ready to be put in bins again and again with other weights and K other outcomes at a time, K up to 64.
#[derive(Clone, Debug)]
pub(crate) struct Reliability<const K: usize> {
    binning: Binning,
    /// Places of the photographs, by ascending confidence.
    order: Vec<u32>,
    /// Confidences in this order.
    confidences: Vec<f64>,
    /// Bin of each in this order, where bins do not depend on weights.
    bins: Vec<u32>,
    sums: Vec<Sums<K>>,
}

impl<const K: usize> Reliability<K> {
    pub(crate) fn new(confidences: &[f64], binning: Binning) -> Self {
        let mut order: Vec<u32> = (0..confidences.len() as u32).collect();
        order.sort_by(|&a, &b| confidences[a as usize].total_cmp(&confidences[b as usize]));
        let confidences: Vec<f64> = order.iter().map(|&index| confidences[index as usize]).collect();
        let bins = match binning {
            Binning::EqualWidth(count) => confidences.iter().map(|&p| place(p, count)).collect(),
            Binning::EqualMass(_) => Vec::new(),
        };
        let (Binning::EqualWidth(count) | Binning::EqualMass(count)) = binning;
        Self { binning, order, confidences, bins, sums: vec![Sums::NONE; count.max(1)] }
    }

    /// The expected calibration error of each of K outcomes, with a weight and the K outcomes (a bit each, the first the
    /// lowest) of a photograph, in the order in which the confidences were given; 0 if the weights add up to 0.
    pub(crate) fn errors(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> u64) -> [f64; K] {
        self.fill(weight, right);
        let (mut gaps, mut whole) = ([0.0; K], 0.0);
        for sums in &self.sums {
            whole += sums.photographs;
            gaps.iter_mut().zip(&sums.right).for_each(|(gap, right)| *gap += (right - sums.confidence).abs());
        }
        if whole > 0.0 { gaps.map(|gap| gap / whole) } else { [0.0; K] }
    }

    /// Places of the photographs, by ascending confidence.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// For each photograph, 1 or 0 as it is right, minus its confidence, minus the mean of this over its fifth of the
    /// photographs by confidence.
    pub(crate) fn residuals(&self, right: &[bool]) -> Vec<f64> {
        let mut residuals = vec![0.0; right.len()];
        let size = right.len().div_ceil(5).max(1);
        for (order, confidences) in self.order.chunks(size).zip(self.confidences.chunks(size)) {
            let of = |(&index, p): (&u32, &f64)| f64::from(u8::from(right[index as usize])) - p;
            let mean = order.iter().zip(confidences).map(of).sum::<f64>() / order.len() as f64;
            for one in order.iter().zip(confidences) {
                residuals[*one.0 as usize] = of(one) - mean;
            }
        }
        residuals
    }

    fn fill(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> u64) {
        self.sums.fill(Sums::NONE);
        match self.binning {
            Binning::EqualWidth(_) => {
                for ((&index, &p), &bin) in self.order.iter().zip(&self.confidences).zip(&self.bins) {
                    let index = index as usize;
                    self.sums[bin as usize].count(f64::from(weight(index)), p, right(index));
                }
            }
            Binning::EqualMass(_) => self.fill_equally(weight, right),
        }
    }

    fn fill_equally(&mut self, weight: impl Fn(usize) -> u32, right: impl Fn(usize) -> u64) {
        let whole: u64 = self.order.iter().map(|&index| u64::from(weight(index as usize))).sum();
        let count = self.sums.len() as u64;
        let capacity = |bin: usize| (whole / count + u64::from((bin as u64) < whole % count)) as f64;
        let (mut bin, mut room) = (0, capacity(0));
        let mut start = 0;
        while start < self.order.len() {
            let p = self.confidences[start];
            let mut block = Sums { low: p, high: p, ..Sums::NONE };
            while start < self.order.len() && self.confidences[start].total_cmp(&p).is_eq() {
                let index = self.order[start] as usize;
                block.count(f64::from(weight(index)), p, right(index));
                start += 1;
            }
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
/// Lists of different lengths, a confidence outside 0..=1.
pub fn reliability_bins(
    confidences: &[f64],
    right: &[bool],
    binning: Binning,
) -> Result<Vec<ReliabilityBin>, MetricsError> {
    check_verdicts(confidences, right)?;
    let mut reliability = Reliability::<1>::new(confidences, binning);
    reliability.fill(|_| 1, |index| u64::from(right[index]));
    let count = reliability.sums.len();
    let bin = |(index, sums): (usize, &Sums<1>)| {
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
            accuracy: mean(sums.right[0]),
            interval: wilson_of(sums.right[0], sums.photographs),
        }
    };
    let equal_width = matches!(binning, Binning::EqualWidth(_));
    let kept = |(_, sums): &(usize, &Sums<1>)| equal_width || sums.photographs > 0.0;
    Ok(reliability.sums.iter().enumerate().filter(kept).map(bin).collect())
}

/// The expected calibration error of photographs of the given `confidences`, each in 0..=1, and whether each is `right`;
/// 0 without any.
///
/// # Errors
/// Lists of different lengths, a confidence outside 0..=1.
pub fn calibration_error(confidences: &[f64], right: &[bool], binning: Binning) -> Result<f64, MetricsError> {
    check_verdicts(confidences, right)?;
    let [error] = Reliability::new(confidences, binning).errors(|_| 1, |index| u64::from(right[index]));
    Ok(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn errors_by_hand() {
        // Four equal widths: 0.3 wrong; 0.6 right, 0.7 wrong; 0.9 right.
        let (confidences, right) = ([0.9, 0.3, 0.6, 0.7], [true, false, true, false]);
        let of = |binning| calibration_error(&confidences, &right, binning).unwrap();
        assert!((of(Binning::EqualWidth(4)) - (0.3 + 0.3 + 0.1) / 4.0).abs() < 1e-12);
        // Two of equal mass: 0.3 and 0.6 of which one is right; 0.7 and 0.9 of which one is.
        assert!((of(Binning::EqualMass(2)) - (0.1 + 0.6) / 4.0).abs() < 1e-12);
        // Three: the first holds two.
        assert!((of(Binning::EqualMass(3)) - (0.1 + 0.7 + 0.1) / 4.0).abs() < 1e-12);
        let bins = reliability_bins(&confidences, &right, Binning::EqualWidth(4)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [0, 1, 2, 1]);
        assert_eq!((bins[0].interval, bins[2].accuracy, bins[2].low), ([0.0, 1.0], 0.5, 0.5));
        assert!((bins[2].confidence - 0.65).abs() < 1e-12);
    }

    #[test]
    fn edges_belong_to_the_bin_below() {
        let bins = reliability_bins(&[0.0, 0.5, 1.0], &[true; 3], Binning::EqualWidth(2)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn equal_confidences_are_shared_out() {
        // All bins have the accuracy of the whole.
        let right: Vec<bool> = (0..10).map(|index| index < 5).collect();
        let bins = reliability_bins(&[0.8; 10], &right, Binning::EqualMass(3)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [4, 3, 3]);
        assert!(bins.iter().all(|bin| (bin.accuracy - 0.5).abs() < 1e-12));
    }

    #[test]
    fn nothing_and_no_bins_do_no_harm() {
        for binning in [Binning::EqualWidth(0), Binning::EqualMass(0), Binning::default()] {
            assert_eq!(calibration_error(&[], &[], binning).unwrap(), 0.0);
            assert!((calibration_error(&[0.7], &[true], binning).unwrap() - 0.3).abs() < 1e-12);
            assert!(calibration_error(&[f64::NAN], &[true], binning).is_err());
            assert!(calibration_error(&[0.7], &[], binning).is_err());
        }
        assert!(reliability_bins(&[], &[], Binning::default()).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn weights_are_repetitions(
            cases in prop::collection::vec((0_u8..12, any::<bool>(), 0_u32..4), 1..40),
            bins in 1_usize..9,
        ) {
            let confidences: Vec<f64> = cases.iter().map(|case| f64::from(case.0) / 11.0).collect();
            let repeated: Vec<usize> =
                (0..cases.len()).flat_map(|index| vec![index; cases[index].2 as usize]).collect();
            for binning in [Binning::EqualWidth(bins), Binning::EqualMass(bins)] {
                // The second outcome is the opposite, which must not disturb the first.
                let outcomes = |index: usize| if cases[index].1 { 0b01 } else { 0b10 };
                let [weighed, _] = Reliability::new(&confidences, binning).errors(|index| cases[index].2, outcomes);
                // In another order, which does not matter.
                let of: Vec<usize> = repeated.iter().rev().copied().collect();
                let list: Vec<f64> = of.iter().map(|&index| confidences[index]).collect();
                let right: Vec<bool> = of.iter().map(|&index| cases[index].1).collect();
                let written_out = calibration_error(&list, &right, binning).unwrap();
                prop_assert!((weighed - written_out).abs() < 1e-9, "{binning:?}: {weighed} {written_out}");
                prop_assert!((0.0..=1.0).contains(&weighed));
            }
        }
    }
}
