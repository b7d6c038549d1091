//! Confidence intervals of means over grouped photos.

use foliar_metrics::{Bootstrap, Estimate, Groups};

/// The mean of `values`, one a photo, with the percentile interval of the cluster bootstrap: whole groups are drawn with
/// replacement (Davison and Hinkley 1997, section 3.8), because photos of one leaf are not independent. `groups` has one
/// number a photo, equal within a group.
pub(crate) fn mean_by_group(values: &[f64], groups: &[usize]) -> Estimate {
    let groups: Vec<u64> = groups.iter().map(|&group| group as u64).collect();
    Bootstrap::default().mean(values, &Groups::new(&groups))
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
        let width = |interval: Estimate| interval.high - interval.low;
        // Of n independent halves: 2 x 1.96 x 0.5 / sqrt(n).
        assert!((width(alone) - 0.098).abs() < 0.02, "{alone:?}");
        assert!((width(grouped) - 0.438).abs() < 0.1, "{grouped:?}");
    }
}
