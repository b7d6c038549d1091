//! Intervals of any figure: the bootstrap, by group (Efron 1979, "Bootstrap Methods"; Davison and Hinkley 1997, section 3.8:
//! where photographs depend on each other within groups, whole groups are drawn).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | G | groups |
//! | B | resamples |
//! | w | (n) how often a resample holds each photograph: as often as it holds its group |
//!
//! A resample draws G of the G groups with replacement. The interval runs between two quantiles of the figure over the B
//! resamples (the percentile interval, Efron 1981).

use serde::{Deserialize, Serialize};

use crate::groups::Groups;
use crate::random::Purpose;
use crate::share::wilson;

/// A figure and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure on the photographs at hand.
    pub value: f64,
    /// Where it lies for photographs like these.
    pub interval: [f64; 2],
}

/// How intervals are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// B; 2,000 unless told. More make the ends steadier, not closer.
    pub resamples: usize,
    /// Share of the resamples inside an interval, above 0 and below 1; 0.95 unless told.
    pub level: f64,
    /// What the draws follow from.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 2000, level: 0.95, seed: 0 }
    }
}

impl Bootstrap {
    /// Calls `visit` with the number of each resample and its weights w, (n). Without photographs it is never called.
    pub fn resample(&self, groups: &Groups, mut visit: impl FnMut(usize, &[u32])) {
        if groups.count() == 0 {
            return;
        }
        let mut drawn = vec![0; groups.count()];
        let mut weights = vec![0; groups.photographs()];
        for number in 0..self.resamples {
            let mut stream = Purpose::Bootstrap.stream(self.seed, number as u64);
            drawn.fill(0);
            (0..groups.count()).for_each(|_| drawn[stream.below(groups.count())] += 1);
            weights.iter_mut().zip(groups.of()).for_each(|(weight, &group)| *weight = drawn[group as usize]);
            visit(number, &weights);
        }
    }

    /// The interval of a figure from its value in each resample. Values that are not finite, where a resample says
    /// nothing, are left out; `None` if no value is left. Sorts and shortens `values`.
    pub fn interval(&self, values: &mut Vec<f64>) -> Option<[f64; 2]> {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        (!values.is_empty()).then(|| [quantile(values, tail), quantile(values, 1.0 - tail)])
    }

    /// The mean of one number a photograph; 0 and an empty interval around it without any photograph.
    ///
    /// # Panics
    /// If there are fewer or more numbers than photographs.
    pub fn mean(&self, numbers: &[f64], groups: &Groups) -> Estimate {
        assert_eq!(numbers.len(), groups.photographs(), "a number for each photograph");
        let value = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
        let (mut sums, mut sizes) = (vec![0.0; groups.count()], vec![0.0; groups.count()]);
        for (number, &group) in numbers.iter().zip(groups.of()) {
            sums[group as usize] += number;
            sizes[group as usize] += 1.0;
        }
        let mut means = Vec::with_capacity(self.resamples);
        self.resample(&Groups::independent(groups.count()), |_, weights| {
            let weighed =
                |list: &[f64]| -> f64 { list.iter().zip(weights).map(|(x, &w)| x * f64::from(w)).sum() };
            means.push(weighed(&sums) / weighed(&sizes));
        });
        Estimate { value, interval: self.interval(&mut means).unwrap_or([value; 2]) }
    }

    /// The share of photographs for which something holds. The interval of a share of 0 or 1, on which all resamples agree, is
    /// Wilson's of as many trials as there are groups.
    ///
    /// # Panics
    /// If there are fewer or more verdicts than photographs.
    pub fn share(&self, holds: &[bool], groups: &Groups) -> Estimate {
        let numbers: Vec<f64> = holds.iter().map(|&holds| f64::from(u8::from(holds))).collect();
        let Estimate { value, interval } = self.mean(&numbers, groups);
        Estimate { value, interval: share_interval(value, interval, groups.count()) }
    }
}

/// The interval of a share over `groups`. Where it is 0 or 1 all resamples agree, although so many groups can not tell it
/// from 0.01 or 0.99: then it is Wilson's interval of as many trials as there are groups.
pub(crate) fn share_interval(value: f64, interval: [f64; 2], groups: usize) -> [f64; 2] {
    if groups == 0 || (interval[0] == interval[1] && (value <= 0.0 || value >= 1.0)) {
        return wilson(if value >= 1.0 { groups } else { 0 }, groups);
    }
    interval
}

/// Value below which a `share` of the ascending `values` lies, linear between two (Hyndman and Fan 1996, type 7).
///
/// # Panics
/// Without any value.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(values.len() - 1);
    values[low] + (place - low as f64) * (values[high] - values[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let values = [1.0, 2.0, 4.0, 8.0];
        for (share, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, share) - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(&[3.0], 0.7), 3.0);
    }

    #[test]
    fn a_resample_holds_whole_groups_and_as_many_as_there_are() {
        let groups = Groups::new(&[0, 0, 1, 2, 2, 2]);
        let mut visited = 0;
        Bootstrap::default().resample(&groups, |_, w| {
            visited += 1;
            assert!(w[0] == w[1] && w[3] == w[4] && w[4] == w[5]);
            assert_eq!(w[0] + w[2] + w[3], 3);
        });
        assert_eq!(visited, 2000);
    }

    #[test]
    fn the_interval_of_a_mean_covers_it_as_often_as_it_says() {
        // 40 groups of 1 to 4 photographs whose numbers are the group's plus noise; the true mean is 0.
        let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::default() };
        let mut covered = [0; 2];
        for trial in 0..400 {
            let mut stream = Purpose::Calibrated.stream(1, trial);
            let (mut numbers, mut ids) = (Vec::new(), Vec::new());
            for group in 0..40 {
                let common = stream.normal();
                for _ in 0..=group % 4 {
                    numbers.push(common + 0.3 * stream.normal());
                    ids.push(group);
                }
            }
            let within = |groups: &Groups| {
                let [low, high] = bootstrap.mean(&numbers, groups).interval;
                usize::from(low <= 0.0 && 0.0 <= high)
            };
            covered[0] += within(&Groups::new(&ids));
            covered[1] += within(&Groups::independent(numbers.len()));
        }
        assert!((364..=392).contains(&covered[0]), "{covered:?} of 400");
        assert!(
            covered[1] < 340,
            "photographs that depend on each other were taken for independent: {covered:?}"
        );
    }

    #[test]
    fn a_share_of_all_or_none_is_not_certain() {
        let groups = Groups::new(&[0, 0, 1, 1, 2, 2]);
        let bootstrap = Bootstrap::default();
        assert_eq!(bootstrap.share(&[true; 6], &groups).interval, wilson(3, 3));
        assert_eq!(bootstrap.share(&[false; 6], &groups).interval, wilson(0, 3));
        assert_eq!(bootstrap.share(&[], &Groups::independent(0)).interval, [0.0, 1.0]);
        assert_eq!(bootstrap.mean(&[], &Groups::independent(0)), Estimate { value: 0.0, interval: [0.0; 2] });
    }
}
