//! The output warp: costs are modelled on a shifted log scale whose offset is learned.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `y` | cost: the objective, negated when larger is better |
//! | `e = (y - best) / scale` | excess over the lowest observed cost; `scale` is the third quartile of the excesses |
//! | `u` | `e`, and above `K` the flatter `K (1 + ln (e / K))` |
//! | `c` | offset; large: no warp, small: the logarithm of the excess |
//! | `g = ln(1 + u / c)` | warped cost |
//!
//! A cost that spans orders of magnitude (a rate that nearly diverges) is flattened at large values and stays resolved near
//! its minimum, where the search happens. `K` limits extreme values, so that a single one does not hide the rest. This is the
//! warped Gaussian process of Snelson, Rasmussen and Ghahramani (2004) with a one-parameter warp: `c` is fitted together with
//! the other hyperparameters, and the Jacobian of `g` keeps marginal likelihoods comparable.

/// Costs beyond this are clipped, so that differences stay finite.
const LARGEST_COST: f64 = 1e150;

/// `K`.
const KNEE: f64 = 100.0;

/// Maps costs to excesses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Excess {
    best: f64,
    scale: f64,
}

impl Excess {
    /// The map for `costs`, all finite. If all costs are equal, the scale is 1.
    pub(crate) fn of(costs: &[f64]) -> Self {
        let mut sorted: Vec<f64> = costs.iter().map(|cost| cost.clamp(-LARGEST_COST, LARGEST_COST)).collect();
        sorted.sort_by(f64::total_cmp);
        let best = sorted.first().copied().unwrap_or(0.0);
        let quartile = sorted.get(3 * sorted.len() / 4).map_or(0.0, |quartile| quartile - best);
        let largest = sorted.last().map_or(0.0, |largest| largest - best);
        let scale = [quartile, largest].into_iter().find(|&scale| scale > 0.0).unwrap_or(1.0);
        Excess { best, scale }
    }

    /// `u` of a cost.
    pub(crate) fn forward(self, cost: f64) -> f64 {
        let excess = (cost.clamp(-LARGEST_COST, LARGEST_COST) - self.best) / self.scale;
        if excess > KNEE { KNEE * (1.0 + (excess / KNEE).ln()) } else { excess }
    }

    /// The cost of `u`.
    pub(crate) fn backward(self, excess: f64) -> f64 {
        let excess = if excess > KNEE { KNEE * (excess / KNEE - 1.0).exp() } else { excess };
        self.best + self.scale * excess
    }

    /// Cost per unit of `u` below the knee.
    pub(crate) fn scale(self) -> f64 {
        self.scale
    }
}

/// `g` of excess `u`.
pub(crate) fn warp(excess: f64, offset: f64) -> f64 {
    (excess / offset).ln_1p()
}

/// `u` of warped cost `g`.
pub(crate) fn unwarp(warped: f64, offset: f64) -> f64 {
    offset * warped.exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_come_back() {
        let costs = [3.0, -1.0, 7.5, 0.0, 1e9];
        let excess = Excess::of(&costs);
        for cost in costs {
            assert!((excess.backward(excess.forward(cost)) - cost).abs() <= 1e-9 * (1.0 + cost.abs()));
        }
        assert_eq!(excess.forward(-1.0), 0.0);
        assert!((unwarp(warp(0.3, 1e-4), 1e-4) - 0.3).abs() < 1e-15);
    }

    #[test]
    fn extreme_costs_keep_their_order_and_lose_their_weight() {
        let costs = [0.0, 0.1, 0.2, 0.3, 0.4, 1e6, 1e12, 1e200];
        let excess = Excess::of(&costs[..6]);
        let mapped: Vec<f64> = costs.iter().map(|&cost| excess.forward(cost)).collect();
        assert!(mapped.windows(2).all(|pair| pair[0] < pair[1]), "{mapped:?}");
        assert!(mapped[7] < 1e5, "{mapped:?}");
    }

    #[test]
    fn equal_costs_have_no_excess() {
        assert_eq!(Excess::of(&[2.0, 2.0]).forward(2.0), 0.0);
    }
}
