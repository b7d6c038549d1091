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
        assert_eq!(Groups::new(&[]), Groups::independent(0));
        assert_eq!(Groups::new(&[3, 5, 9]), Groups::independent(3));
    }
}
