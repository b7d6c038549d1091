//! The focal loss of one probability: what is right already counts less.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p | probability of what is there, in [0, 1] |
//! | h | `-ln p`, its surprise in nats |
//! | γ | the focus, 0 or more; 0 is cross-entropy |
//! | f | `(1 - p)^γ h` |
//! | g | `p df/dp = -γ p (1 - p)^(γ - 1) h - (1 - p)^γ` |
//!
//! Lin et al. 2017, "Focal loss for dense object detection", equation 4. With targets t over the classes the loss is `Σ t f`, which
//! for a whole target is theirs; with class weights in t it is their equation 5. Under a softmax its gradient with respect to the logit
//! z of class k is `t g - p Σ t g`, under a sigmoid `(1 - p) t g - p (1 - t) g'`, where g' is g of what is not there.

/// f and g of a probability whose surprise is h, 0 or more. A `focus` of 0 gives exactly h and -1.
pub(crate) fn focal(surprise: f64, focus: f64) -> (f64, f64) {
    if focus == 0.0 {
        return (surprise, -1.0);
    }
    let probability = (-surprise).exp();
    let rest = -(-surprise).exp_m1();
    // h / (1 - p) nears 1 where both near 0.
    let ratio = if rest > 0.0 { surprise / rest } else { 1.0 };
    let power = rest.powf(focus);
    (power * surprise, -power * (focus * probability * ratio + 1.0))
}

#[cfg(test)]
mod tests {
    use super::focal;

    #[test]
    fn the_slope_is_that_of_the_loss() {
        for focus in [0.0, 0.5, 1.0, 2.0, 5.0] {
            for probability in [1e-6, 0.01, 0.3, 0.7, 0.99, 0.999_999] {
                let at = |p: f64| focal(-p.ln(), focus).0;
                let step = 1e-4 * probability * (1.0 - probability);
                let slope = (at(probability + step) - at(probability - step)) / (2.0 * step);
                let (_, found) = focal(-probability.ln(), focus);
                let error = (found - slope * probability).abs();
                assert!(error < 1e-6 * found.abs().max(1e-3), "{focus} {probability}: {found}");
            }
        }
    }

    #[test]
    fn the_ends_are_finite() {
        for focus in [0.3, 2.0] {
            assert_eq!(focal(0.0, focus).0, 0.0);
            assert_eq!(focal(0.0, focus).1, 0.0);
            assert_eq!(focal(1e30, focus), (1e30, -1.0));
        }
        // Half right: (1 / 2)^2 ln 2.
        assert!((focal(2f64.ln(), 2.0).0 - 2f64.ln() / 4.0).abs() < 1e-15);
    }
}
