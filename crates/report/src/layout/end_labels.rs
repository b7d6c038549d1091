//! Labels at the right ends of lines: each as near to its line's end as the others allow.
//!
//! Heights `y_i` (sorted) that must keep a distance `d` and move least in the sum of squares are an isotonic regression of
//! `y_i - i d`, solved by pooling adjacent violators (Ayer et al., 1955).

/// Moves `heights` (any order) apart to at least `distance` and into `top..=bottom` where there is room; returns them in
/// the given order. `None` where there is no room.
pub(crate) fn spread(heights: &[f64], distance: f64, top: f64, bottom: f64) -> Option<Vec<f64>> {
    if (heights.len().saturating_sub(1)) as f64 * distance > bottom - top {
        return None;
    }
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (rank, &index) in order.iter().enumerate() {
        let mut pool = (heights[index] - rank as f64 * distance, 1);
        while let Some(&(sum, count)) = pools.last()
            && sum / count as f64 > pool.0 / pool.1 as f64
        {
            pools.pop();
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let last = heights.len().saturating_sub(1) as f64 * distance;
    let fitted = pools.iter().flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    let mut spread = vec![0.0; heights.len()];
    for (rank, (&index, height)) in order.iter().zip(fitted).enumerate() {
        // Bounds on all the regressed heights together keep both their order and the ends inside.
        spread[index] = height.clamp(top, bottom - last) + rank as f64 * distance;
    }
    Some(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_labels_move_apart_symmetrically() {
        assert_eq!(spread(&[50.0, 50.0], 10.0, 0.0, 100.0).unwrap(), [45.0, 55.0]);
        assert_eq!(spread(&[80.0, 20.0], 10.0, 0.0, 100.0).unwrap(), [80.0, 20.0]);
    }

    #[test]
    fn labels_stay_inside() {
        let placed = spread(&[99.0, 98.0, 97.0], 10.0, 0.0, 100.0).unwrap();
        assert_eq!(placed, [100.0, 90.0, 80.0]);
        assert!(spread(&[1.0, 2.0, 3.0], 60.0, 0.0, 100.0).is_none());
    }
}
