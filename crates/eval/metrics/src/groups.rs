//! Which photographs belong together.

use std::collections::BTreeSet;

/// The group of each photograph. Photographs of one leaf, or of one cluster of near duplicates, are one group: they err
/// together, so that each says less than a photograph of a leaf of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    of: Vec<u32>,
    count: usize,
}

impl Groups {
    /// From one number a photograph, equal for those that belong together. Only equality matters, and order: groups are
    /// counted in the order of their numbers, so that the order of the photographs changes nothing.
    pub fn new(numbers: &[u64]) -> Self {
        let distinct: Vec<u64> = numbers.iter().copied().collect::<BTreeSet<u64>>().into_iter().collect();
        let of =
            numbers.iter().map(|number| distinct.partition_point(|other| other < number) as u32).collect();
        Self { of, count: distinct.len() }
    }

    /// Each of `count` photographs is a group of its own.
    pub fn independent(count: usize) -> Self {
        Self { of: (0..count as u32).collect(), count }
    }

    /// Below so many groups, intervals are rough: ten groups are ten observations, however many photographs they hold.
    pub const FEW: usize = 10;

    /// Number of groups.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of photographs.
    pub fn photographs(&self) -> usize {
        self.of.len()
    }

    /// The group of each photograph, each below [`Groups::count`].
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// Photographs in each group.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        self.of.iter().for_each(|&group| sizes[group as usize] += 1);
        sizes
    }

    /// The groups of some of the photographs, in the order of their places, each of which is below n.
    pub(crate) fn subset(&self, places: &[usize]) -> Self {
        Self::new(&places.iter().map(|&place| u64::from(self.of[place])).collect::<Vec<u64>>())
    }

    /// Intraclass correlation of residuals, 0..=1: how far those of one group vary together, of their `deviations`, by the
    /// method of moments, Σ_g Σ_{i≠j} r_i r_j / Σ_g Σ_{i≠j} d_i d_j. `None` if no group has two that vary.
    pub(crate) fn correlation(&self, residuals: &[f64], deviations: &[f64]) -> Option<f64> {
        let pairs = |values: &[f64]| -> f64 {
            let (mut sums, mut squares) = (vec![0.0; self.count], 0.0);
            for (value, &group) in values.iter().zip(&self.of) {
                sums[group as usize] += value;
                squares += value * value;
            }
            sums.iter().map(|sum| sum * sum).sum::<f64>() - squares
        };
        let possible = pairs(deviations);
        (possible > 1e-12).then(|| (pairs(residuals) / possible).clamp(0.0, 1.0))
    }

    /// What each photograph counts where every group counts once: 1 / photographs in its group, (n).
    pub fn weights(&self) -> Vec<f64> {
        let sizes = self.sizes();
        self.of.iter().map(|&group| 1.0 / sizes[group as usize] as f64).collect()
    }

    /// The sum of one number a photograph over each group, (groups).
    pub(crate) fn sums(&self, numbers: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.count];
        numbers.iter().zip(&self.of).for_each(|(number, &group)| sums[group as usize] += number);
        sums
    }

    /// Of those photographs for which `chosen` is true, how many groups there are.
    pub(crate) fn count_where(&self, chosen: impl Fn(usize) -> bool) -> usize {
        let mut seen = vec![false; self.count];
        (0..self.of.len())
            .filter(|&index| chosen(index))
            .for_each(|index| seen[self.of[index] as usize] = true);
        seen.into_iter().filter(|&seen| seen).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_one_group() {
        let groups = Groups::new(&[7, u64::MAX, 7, 0]);
        assert_eq!((groups.of(), groups.count()), ([1, 2, 1, 0].as_slice(), 3));
        assert_eq!(groups.sizes(), [1, 2, 1]);
        assert_eq!(groups.count_where(|index| index != 3), 2);
        assert_eq!(groups.subset(&[3, 1]), Groups::new(&[0, 1]));
        assert_eq!(Groups::new(&[]), Groups::independent(0));
        assert_eq!(Groups::new(&[3, 5, 9]), Groups::independent(3));
    }

    #[test]
    fn correlation_of_all_none_and_half() {
        let groups = Groups::new(&[0, 0, 1, 1, 2, 2, 3, 3]);
        let of = |residuals: [f64; 8]| groups.correlation(&residuals, &[1.0; 8]).unwrap();
        assert_eq!(of([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0]), 1.0);
        assert_eq!(of([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0]), 0.0);
        assert_eq!(of([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0]), 0.5);
        assert_eq!(Groups::independent(2).correlation(&[1.0; 2], &[1.0; 2]), None);
    }
}
