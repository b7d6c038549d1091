//! Intervals of means over photographs that come in groups.

use foliar_vision::random::{Domain, Random};
use serde::{Deserialize, Serialize};

/// Times that groups are drawn anew.
const DRAWS: usize = 1000;

/// A mean and where it would lie with other groups of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The mean of `values`, one a photograph, with the percentile interval of the bootstrap in which whole groups are drawn
/// with replacement (Davison and Hinkley 1997, section 3.8): photographs of one leaf are not evidence of their own.
/// `groups` gives a number to each photograph that those share which belong together.
#[must_use]
pub fn mean_by_group(values: &[f64], groups: &[usize]) -> Interval {
    let mut sums = std::collections::BTreeMap::new();
    for (value, group) in values.iter().zip(groups) {
        let (sum, count) = sums.entry(group).or_insert((0.0, 0_u32));
        *sum += value;
        *count += 1;
    }
    let groups: Vec<(f64, u32)> = sums.into_values().collect();
    let mean = |drawn: &mut dyn Iterator<Item = (f64, u32)>| {
        let (sum, count) =
            drawn.fold((0.0, 0), |(sum, count), (more, members)| (sum + more, count + members));
        sum / f64::from(count.max(1))
    };
    let value = mean(&mut groups.iter().copied());
    if groups.is_empty() {
        return Interval { value, low: value, high: value };
    }
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let mut random = Random::keyed(Domain::Bootstrap, [draw as u64, groups.len() as u64, 0]);
            mean(&mut (0..groups.len()).map(|_| groups[random.below(groups.len() as u64) as usize]))
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = DRAWS / 40;
    Interval { value, low: means[tail], high: means[DRAWS - 1 - tail] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_widen_the_interval() {
        let values: Vec<f64> = (0..400).map(|number| f64::from(u8::from(number / 20 % 2 == 0))).collect();
        let alone = mean_by_group(&values, &(0..400).collect::<Vec<_>>());
        let grouped = mean_by_group(&values, &(0..400).map(|number| number / 20).collect::<Vec<_>>());
        assert_eq!((alone.value, grouped.value), (0.5, 0.5));
        let width = |interval: Interval| interval.high - interval.low;
        // Of n independent halves: 2 x 1.96 x 0.5 / sqrt(n).
        assert!((width(alone) - 0.098).abs() < 0.02, "{alone:?}");
        assert!((width(grouped) - 0.438).abs() < 0.1, "{grouped:?}");
    }
}
