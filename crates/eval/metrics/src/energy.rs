//! How little a network has to say: the energy of its logits (Liu et al. 2020, "Energy-based Out-of-distribution Detection",
//! equation 4, at temperature 1).

use crate::probability::log_sum_exp;

/// -ln Σ exp(logit) over the logits of one photograph; the higher, the less like the training photographs. Infinite without any.
///
/// The published score takes the logits as the network gives them. Multiplied by the temperature that they were divided by,
/// the energy of scaled logits is the published one at that temperature.
pub fn energy(logits: &[f32]) -> f64 {
    -log_sum_exp(logits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_by_hand() {
        assert!((energy(&[0.0; 4]) + 4f64.ln()).abs() < 1e-12);
        assert!((energy(&[1000.0, 1000.0]) + 1000.0 + 2f64.ln()).abs() < 1e-9);
        assert_eq!(energy(&[]), f64::INFINITY);
        assert!(energy(&[5.0, 0.0]) < energy(&[1.0, 0.0]), "a loud answer is less strange");
    }
}
