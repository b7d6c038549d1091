//! Whether confidences mean what they say: reliability bins and the expected calibration error.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | photographs |
//! | p | confidence of a photograph: the probability of its most probable class |
//! | B | bins |
//! | n_b, conf_b, acc_b | photographs of a bin, their mean confidence, the proportion of them that is right |
//!
//! ECE = Σ n_b / n |acc_b - conf_b| (Naeini et al. 2015; Guo et al. 2017, equation 3).

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, proportion_interval};
use crate::error::{MetricsError, check_length, check_verdicts};
use crate::estimate::Estimate;
use crate::groups::Groups;

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
    /// Groups among them.
    pub groups: usize,
    /// Mean confidence; 0 without photographs.
    pub confidence: f64,
    /// Proportion that is right, with its interval by group; 0 to 1 without photographs.
    pub accuracy: Estimate,
}

/// Sums over a bin, with K outcomes of the same photographs.
#[derive(Clone, Copy, Debug)]
struct Sums<const K: usize> {
    photographs: f64,
    confidence: f64,
    right: [f64; K],
}

impl<const K: usize> Sums<K> {
    const NONE: Self = Self { photographs: 0.0, confidence: 0.0, right: [0.0; K] };

    /// Adds photographs of weight `weight` and confidence `p` whose outcome k is bit k of `right`.
    fn count(&mut self, weight: f64, p: f64, right: u64) {
        self.photographs += weight;
        self.confidence += weight * p;
        for (bit, sum) in self.right.iter_mut().enumerate() {
            *sum += if right >> bit & 1 == 1 { weight } else { 0.0 };
        }
    }

    fn add(&mut self, part: f64, block: &Self) {
        self.photographs += part * block.photographs;
        self.confidence += part * block.confidence;
        self.right.iter_mut().zip(&block.right).for_each(|(sum, right)| *sum += part * right);
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

    /// The photographs of each bin by ascending confidence, each with the part of it that the bin holds.
    fn members(&self) -> Vec<Vec<(usize, f64)>> {
        let mut members = vec![Vec::new(); self.sums.len()];
        if let Binning::EqualWidth(_) = self.binning {
            for (&index, &bin) in self.order.iter().zip(&self.bins) {
                members[bin as usize].push((index as usize, 1.0));
            }
            return members;
        }
        let (whole, count) = (self.order.len(), self.sums.len());
        // The part of the photographs from the first on that the bins up to each one hold.
        let ends: Vec<usize> =
            (1..=count).map(|bins| whole / count * bins + bins.min(whole % count)).collect();
        let mut start = 0;
        for tied in self.confidences.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
            let (end, mut from) = (start + tied.len(), start);
            for (bin, &bin_end) in ends.iter().enumerate().skip_while(|(_, bin_end)| **bin_end <= start) {
                let part = bin_end.min(end).saturating_sub(from) as f64 / tied.len() as f64;
                if part <= 0.0 {
                    break;
                }
                members[bin].extend(self.order[start..end].iter().map(|&index| (index as usize, part)));
                from = bin_end;
            }
            start = end;
        }
        members
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
            let mut block = Sums::NONE;
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

/// Bins of photographs of the given `confidences`, each in 0..=1, whether each is `right`, and their groups. Bins of equal width
/// are given even where they are empty; of bins of equal mass those with at least one photograph. The interval of a bin comes
/// from resamples of the groups in it.
///
/// # Errors
/// Lists of different lengths, a confidence outside 0..=1.
pub fn reliability_bins(
    confidences: &[f64],
    right: &[bool],
    groups: &Groups,
    binning: Binning,
    bootstrap: &Bootstrap,
) -> Result<Vec<ReliabilityBin>, MetricsError> {
    check_verdicts(confidences, right)?;
    check_length("groups", groups.photographs(), confidences.len())?;
    let reliability = Reliability::<1>::new(confidences, binning);
    let members = reliability.members();
    let count = members.len();
    let bin = |(index, members): (usize, Vec<(usize, f64)>)| {
        let parts: Vec<f64> = members.iter().map(|&(_, part)| part).collect();
        let rights: Vec<f64> =
            members.iter().map(|&(place, part)| if right[place] { part } else { 0.0 }).collect();
        let places: Vec<usize> = members.iter().map(|&(place, _)| place).collect();
        let groups = groups.subset(&places);
        let whole: f64 = parts.iter().sum();
        let sum: f64 = members.iter().map(|&(place, part)| part * confidences[place]).sum();
        let edge = |place: Option<&usize>| place.map_or(0.0, |&place| confidences[place]);
        let (low, high) = match binning {
            Binning::EqualWidth(_) => (index as f64 / count as f64, (index + 1) as f64 / count as f64),
            Binning::EqualMass(_) => (edge(places.first()), edge(places.last())),
        };
        ReliabilityBin {
            low,
            high,
            photographs: whole.round() as usize,
            groups: groups.count(),
            confidence: if whole > 0.0 { sum / whole } else { 0.0 },
            accuracy: proportion_interval(bootstrap.ratio(&rights, &parts, &groups), groups.count()),
        }
    };
    let equal_width = matches!(binning, Binning::EqualWidth(_));
    let kept = |(_, members): &(usize, Vec<(usize, f64)>)| equal_width || !members.is_empty();
    Ok(members.into_iter().enumerate().filter(kept).map(bin).collect())
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
    use crate::random::Purpose;

    fn bins_of(
        confidences: &[f64],
        right: &[bool],
        binning: Binning,
    ) -> Result<Vec<ReliabilityBin>, MetricsError> {
        let bootstrap = Bootstrap { resamples: 50, ..Bootstrap::default() };
        reliability_bins(confidences, right, &Groups::independent(right.len()), binning, &bootstrap)
    }

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
        let bins = bins_of(&confidences, &right, Binning::EqualWidth(4)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [0, 1, 2, 1]);
        assert_eq!(
            (bins[0].accuracy.interval(), bins[2].accuracy.value, bins[2].low),
            ([0.0, 1.0], 0.5, 0.5)
        );
        assert!((bins[2].confidence - 0.65).abs() < 1e-12);
    }

    #[test]
    fn edges_belong_to_the_bin_below() {
        let bins = bins_of(&[0.0, 0.5, 1.0], &[true; 3], Binning::EqualWidth(2)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn equal_confidences_are_shared_out() {
        // All bins have the accuracy of the whole.
        let right: Vec<bool> = (0..10).map(|index| index < 5).collect();
        let bins = bins_of(&[0.8; 10], &right, Binning::EqualMass(3)).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.photographs).collect::<Vec<_>>(), [4, 3, 3]);
        assert!(bins.iter().all(|bin| (bin.accuracy.value - 0.5).abs() < 1e-12));
    }

    #[test]
    fn nothing_and_no_bins_do_no_harm() {
        for binning in [Binning::EqualWidth(0), Binning::EqualMass(0), Binning::default()] {
            assert_eq!(calibration_error(&[], &[], binning).unwrap(), 0.0);
            assert!((calibration_error(&[0.7], &[true], binning).unwrap() - 0.3).abs() < 1e-12);
            assert!(calibration_error(&[f64::NAN], &[true], binning).is_err());
            assert!(calibration_error(&[0.7], &[], binning).is_err());
        }
        assert!(bins_of(&[], &[], Binning::default()).unwrap().is_empty());
    }

    #[test]
    fn intervals_of_bins_hold_their_accuracy_as_often_as_promised() {
        // Leaves of 4 photographs with one confidence that are right together with probability 0.8; one bin by photograph.
        let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::default() };
        let (mut by_group, mut by_photograph) = (0, 0);
        for trial in 0..200 {
            let mut stream = Purpose::Calibrated.stream(43, trial);
            let (mut confidences, mut right, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for leaf in 0..90 {
                let (confidence, is_right) = (0.5 + 0.5 * stream.uniform(), stream.chance(0.8));
                for _ in 0..4 {
                    confidences.push(confidence);
                    right.push(is_right);
                    ids.push(leaf);
                }
            }
            let holds = |groups: &Groups| {
                let bins = reliability_bins(&confidences, &right, groups, Binning::EqualMass(3), &bootstrap);
                bins.unwrap().iter().filter(|bin| bin.accuracy.contains(0.8)).count()
            };
            by_group += holds(&Groups::new(&ids));
            by_photograph += holds(&Groups::independent(ids.len()));
        }
        assert!((546..=592).contains(&by_group), "{by_group} of 600");
        assert!(by_photograph < 460, "{by_photograph} of 600 by photograph");
    }

    proptest! {
        #[test]
        fn bins_add_up_to_the_error(cases in prop::collection::vec((0_u8..12, any::<bool>()), 1..40), bins in 1_usize..9) {
            let confidences: Vec<f64> = cases.iter().map(|case| f64::from(case.0) / 11.0).collect();
            let right: Vec<bool> = cases.iter().map(|case| case.1).collect();
            for binning in [Binning::EqualWidth(bins), Binning::EqualMass(bins)] {
                let found = bins_of(&confidences, &right, binning).unwrap();
                prop_assert_eq!(found.iter().map(|bin| bin.photographs).sum::<usize>(), cases.len());
                let gap = |bin: &ReliabilityBin| bin.photographs as f64 * (bin.accuracy.value - bin.confidence).abs();
                let sum = found.iter().map(gap).sum::<f64>() / cases.len() as f64;
                prop_assert!((sum - calibration_error(&confidences, &right, binning).unwrap()).abs() < 1e-9);
                for bin in &found {
                    prop_assert!(bin.low <= bin.high && bin.groups >= bin.photographs);
                }
            }
        }

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
