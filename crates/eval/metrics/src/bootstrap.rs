//! Intervals of any figure: the bootstrap, by group (Efron 1979, "Bootstrap Methods"; Davison and Hinkley 1997, section 3.8:
//! where photographs depend on each other within groups, whole groups are drawn).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | G | groups: of a figure for a part of the photographs, those with a photograph of that part |
//! | B | resamples |
//! | w | (n) how often a resample holds each photograph: as often as it holds its group |
//! | α | 1 - level |
//! | t_ν | upper α / 2 point of Student's distribution with ν degrees of freedom |
//!
//! A resample draws G of the G groups with replacement. The interval runs between two quantiles of the figure over the B
//! resamples. The usual quantiles, α / 2 and 1 - α / 2 (Efron 1981), give intervals that are too narrow where groups are few, as
//! an interval of a mean would be that divides by G instead of G - 1 and takes the normal distribution for Student's. So the
//! tails are α' / 2 = Φ(-√(G / (G - 1)) t_{G-1}) (the expanded percentile interval: Hesterberg 2015, "What Teachers Should Know
//! About the Bootstrap", section 5.4). Below [`Groups::FEW`] groups they still are somewhat too narrow for figures that are far
//! from normal, which a reader should be told.

use serde::{Deserialize, Serialize};

use crate::distributions::{normal_cdf, student_upper};
use crate::estimate::Estimate;
use crate::groups::Groups;
use crate::proportion::wilson;
use crate::random::Purpose;

/// How intervals are found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// B; 2,000 unless told. More make the ends steadier, not closer.
    pub resamples: usize,
    /// Probability that an interval holds the truth, above 0 and below 1; 0.95 unless told.
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
            self.draw(groups, number, &mut drawn, &mut weights);
            visit(number, &weights);
        }
    }

    /// The weights w, (n), of the resample `number`; `drawn`, (G), is overwritten with how often each group is in it.
    pub(crate) fn draw(&self, groups: &Groups, number: usize, drawn: &mut [u32], weights: &mut [u32]) {
        let mut stream = Purpose::Bootstrap.stream(self.seed, number as u64);
        drawn.fill(0);
        (0..groups.count()).for_each(|_| drawn[stream.below(groups.count())] += 1);
        weights.iter_mut().zip(groups.of()).for_each(|(weight, &group)| *weight = drawn[group as usize]);
    }

    /// The interval of a figure from its value in each resample of `groups` groups. Values that are not finite, where a
    /// resample says nothing, are left out; `None` if no value is left. Sorts and shortens `values`.
    pub fn interval(&self, values: &mut Vec<f64>, groups: usize) -> Option<[f64; 2]> {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        let tail = self.tail(groups);
        (!values.is_empty()).then(|| [quantile(values, tail), quantile(values, 1.0 - tail)])
    }

    /// α' / 2.
    fn tail(&self, groups: usize) -> f64 {
        if groups < 2 {
            return 0.0;
        }
        let (g, tail) = (groups as f64, (1.0 - self.level) / 2.0);
        normal_cdf(-(g / (g - 1.0)).sqrt() * student_upper(g - 1.0, tail))
    }

    /// Σ `parts` / Σ `wholes` of two numbers a photograph; 0 and no interval where the second sum is 0.
    ///
    /// # Panics
    /// If there are fewer or more numbers than photographs.
    pub fn ratio(&self, parts: &[f64], wholes: &[f64], groups: &Groups) -> Estimate {
        assert_eq!(parts.len(), groups.photographs(), "a part for each photo");
        assert_eq!(wholes.len(), groups.photographs(), "a whole for each photo");
        let (parts, wholes) = (groups.sums(parts), groups.sums(wholes));
        let whole = wholes.iter().sum::<f64>();
        let value = if whole == 0.0 { 0.0 } else { parts.iter().sum::<f64>() / whole };
        let mut ratios = Vec::with_capacity(self.resamples);
        self.resample(&Groups::independent(groups.count()), |_, weights| {
            let weighed =
                |list: &[f64]| -> f64 { list.iter().zip(weights).map(|(x, &w)| x * f64::from(w)).sum() };
            ratios.push(weighed(&parts) / weighed(&wholes));
        });
        // Groups without a whole say nothing: the ratio rests on the others.
        let speaking = wholes.iter().filter(|&&whole| whole != 0.0).count();
        Estimate::new(value, self.interval(&mut ratios, speaking).unwrap_or([value; 2]))
    }

    /// The mean of one number a photograph; 0 and no interval without any photograph.
    ///
    /// # Panics
    /// If there are fewer or more numbers than photographs.
    pub fn mean(&self, numbers: &[f64], groups: &Groups) -> Estimate {
        self.ratio(numbers, &vec![1.0; numbers.len()], groups)
    }

    /// The proportion of photographs for which something holds. The interval of a proportion of 0 or 1, on which all resamples
    /// agree, is Wilson's of as many trials as there are groups.
    ///
    /// # Panics
    /// If there are fewer or more verdicts than photographs.
    pub fn proportion(&self, holds: &[bool], groups: &Groups) -> Estimate {
        self.proportion_of(holds, &vec![true; holds.len()], groups)
    }

    /// The proportion of the photographs that are `chosen` for which something holds.
    ///
    /// # Panics
    /// If there are fewer or more verdicts than photographs.
    pub fn proportion_of(&self, holds: &[bool], chosen: &[bool], groups: &Groups) -> Estimate {
        let number = |&chosen: &bool| f64::from(u8::from(chosen));
        let parts: Vec<f64> =
            holds.iter().zip(chosen).map(|(&holds, &chosen)| number(&(holds && chosen))).collect();
        let wholes: Vec<f64> = chosen.iter().map(number).collect();
        let estimate = self.ratio(&parts, &wholes, groups);
        proportion_interval(estimate, groups.count_where(|index| chosen[index]))
    }
}

/// The interval of a proportion over `groups`. Where it is 0 or 1 all resamples agree, although so many groups cannot tell it
/// from 0.01 or 0.99: then it is Wilson's interval of as many trials as there are groups. One group or none says nothing of a
/// proportion in between.
pub(crate) fn proportion_interval(estimate: Estimate, groups: usize) -> Estimate {
    let Estimate { value, low, high } = estimate;
    let extreme = value <= 0.0 || value >= 1.0;
    if groups == 0 || (low == high && extreme) {
        return Estimate::new(value, wilson(if value >= 1.0 { groups } else { 0 }, groups));
    }
    if groups == 1 { Estimate::new(value, [0.0, 1.0]) } else { estimate }
}

/// Value below which a `proportion` of the ascending `values` lies, linear between two (Hyndman and Fan 1996, type 7).
///
/// # Panics
/// Without any value.
pub fn quantile(values: &[f64], proportion: f64) -> f64 {
    let place = proportion.clamp(0.0, 1.0) * (values.len() - 1) as f64;
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
        for (proportion, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&values, proportion) - expected).abs() < 1e-12);
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
            let within = |groups: &Groups| usize::from(bootstrap.mean(&numbers, groups).contains(0.0));
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
    fn few_groups_widen_the_interval_as_students_distribution_does() {
        // Means of G normal numbers; the plain percentile interval of 5 groups holds the truth in 83 % of the cases.
        for (groups, least) in [(5, 0.90), (8, 0.91), (15, 0.925)] {
            let bootstrap = Bootstrap { resamples: 500, ..Bootstrap::default() };
            let (mut expanded, mut plain) = (0, 0);
            for trial in 0..600 {
                let mut stream = Purpose::Calibrated.stream(groups, trial);
                let numbers: Vec<f64> = (0..groups).map(|_| stream.normal()).collect();
                let all = Groups::independent(groups as usize);
                expanded += usize::from(bootstrap.mean(&numbers, &all).contains(0.0));
                let mut means = Vec::new();
                bootstrap.resample(&all, |_, w| {
                    means.push(numbers.iter().zip(w).map(|(x, &w)| x * f64::from(w)).sum::<f64>());
                });
                means.sort_unstable_by(f64::total_cmp);
                plain += usize::from(quantile(&means, 0.025) <= 0.0 && 0.0 <= quantile(&means, 0.975));
            }
            let proportion = f64::from(expanded as u32) / 600.0;
            assert!((least..=0.98).contains(&proportion), "{groups} groups: {proportion}");
            assert!(expanded > plain + 6, "{groups} groups: {expanded} {plain}");
        }
        assert_eq!(Bootstrap::default().tail(1), 0.0);
        assert!((Bootstrap::default().tail(100_000) - 0.025).abs() < 1e-5);
    }

    #[test]
    fn the_interval_of_a_ratio_covers_it_as_often_as_it_says() {
        // Errors among the answered: groups of 3 answer and err together; of the answered 0.2 err.
        let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::default() };
        let mut covered = 0;
        for trial in 0..400 {
            let mut stream = Purpose::Calibrated.stream(3, trial);
            let (mut wrong, mut answered, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for group in 0..60 {
                let (answers, errs) = (stream.chance(0.7), stream.chance(0.2));
                for _ in 0..1 + group % 3 {
                    answered.push(answers);
                    wrong.push(errs);
                    ids.push(group);
                }
            }
            let found = bootstrap.proportion_of(&wrong, &answered, &Groups::new(&ids));
            covered += usize::from(found.contains(0.2));
        }
        assert!((364..=394).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn a_proportion_of_all_or_none_is_not_certain() {
        let groups = Groups::new(&[0, 0, 1, 1, 2, 2]);
        let bootstrap = Bootstrap::default();
        assert_eq!(bootstrap.proportion(&[true; 6], &groups).interval(), wilson(3, 3));
        assert_eq!(bootstrap.proportion(&[false; 6], &groups).interval(), wilson(0, 3));
        assert_eq!(bootstrap.proportion(&[], &Groups::independent(0)).interval(), [0.0, 1.0]);
        assert_eq!(bootstrap.mean(&[], &Groups::independent(0)), Estimate::default());
    }

    #[test]
    fn one_group_says_nothing_of_a_proportion() {
        let found = Bootstrap::default().proportion(&[true, false, true], &Groups::new(&[4, 4, 4]));
        assert_eq!(found.interval(), [0.0, 1.0]);
    }
}
