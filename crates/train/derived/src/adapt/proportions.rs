//! How frequent classes are in photographs without labels (Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to
//! new a priori probabilities", equation 2.8), drawn to what they were in training.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p_ic | calibrated probability of class c for photograph i of n |
//! | τ_c | share of class c among the training photographs |
//! | π_c | share of class c among these photographs |
//! | s | how many photographs the old shares count as |
//!
//! π_c is repeatedly set to (Σ_i q_ic + s τ_c) / (n + s), where q_ic is p_ic π_c / τ_c made to add up to 1. Without s, classes that a
//! classifier takes for others vanish altogether.

/// s, as a share of n.
const DRAWN: f64 = 0.5;
/// How often; later changes are small.
const STEPS: usize = 20;

/// π of photographs with the probabilities `probabilities`, (n, C), where `training` is τ.
pub(super) fn proportions(probabilities: &[f64], training: &[f64]) -> Vec<f64> {
    let classes = training.len().max(1);
    let n = (probabilities.len() / classes) as f64;
    let drawn = DRAWN * n;
    let mut found = training.to_vec();
    for _ in 0..STEPS {
        let mut sums = vec![0.0; classes];
        for row in probabilities.chunks_exact(classes) {
            let weighted = |place: usize| match training[place] > 0.0 {
                true => row[place] * found[place] / training[place],
                false => 0.0,
            };
            let all: f64 = (0..classes).map(weighted).sum();
            if all > 0.0 {
                sums.iter_mut().enumerate().for_each(|(place, sum)| *sum += weighted(place) / all);
            }
        }
        let counted = sums.iter().sum::<f64>() + drawn;
        if counted > 0.0 {
            found = sums.iter().zip(training).map(|(sum, share)| (sum + drawn * share) / counted).collect();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sure_is_counted_and_what_is_not_stays_as_in_training() {
        let training = [0.25, 0.75];
        let sure: Vec<f64> =
            (0..40).flat_map(|i| if i < 30 { [0.999, 0.001] } else { [0.001, 0.999] }).collect();
        let found = proportions(&sure, &training);
        // 30 of 40, drawn to a quarter by 20 more.
        assert!((found[0] - 35.0 / 60.0).abs() < 0.01, "{found:?}");
        let unsure = proportions(&training.repeat(40), &training);
        assert!((unsure[0] - 0.25).abs() < 1e-9, "{unsure:?}");
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(proportions(&[], &training), training);
    }

    #[test]
    fn a_class_without_training_photographs_has_no_share() {
        let found = proportions(&[0.5, 0.3, 0.2].repeat(9), &[0.5, 0.0, 0.5]);
        assert_eq!(found[1], 0.0);
        assert!(found.iter().all(|share| share.is_finite()));
    }
}
