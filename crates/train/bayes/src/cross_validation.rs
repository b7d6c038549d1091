//! Choosing a penalty by cross-validation with the one-standard-error rule.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `eᵢₖ` | `[candidates][folds]` | value of candidate `i` on fold `k` |
//! | `mᵢ` | | mean over the folds |
//! | `sᵢ` | | standard error of `mᵢ`: deviation of the folds over `√K` |
//!
//! Of all candidates within one standard error of the best mean, the strongest penalty is chosen: the simplest model that the
//! data cannot distinguish from the best. Breiman, Friedman, Olshen and Stone (1984), section 3.4.3; Hastie, Tibshirani and
//! Friedman, The Elements of Statistical Learning (2009), section 7.10.1.

use serde::{Deserialize, Serialize};

use crate::Direction;

/// A penalty and its result on every fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Strength of the penalty, such as the weight decay. Larger means a simpler model.
    pub penalty: f64,
    /// The objective on each fold. A fold that diverged is not finite and rules the candidate out.
    pub folds: Vec<f64>,
}

/// A candidate's mean over the folds, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CandidateMean {
    /// The candidate's penalty.
    pub penalty: f64,
    /// Mean over the folds.
    pub mean: f64,
    /// Standard error of the mean; 0 with a single fold.
    pub standard_error: f64,
}

/// The result of a cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// One for each candidate, in the given order. The mean of a candidate that was ruled out is not finite.
    pub means: Vec<CandidateMean>,
    /// Index of the best mean.
    pub best: usize,
    /// Index of the strongest penalty within one standard error of the best mean.
    pub chosen: usize,
    /// The best mean, made worse by one standard error.
    pub threshold: f64,
}

/// Applies the one-standard-error rule. None if no candidate has folds that are all finite.
pub fn one_standard_error(candidates: &[Candidate], direction: Direction) -> Option<Selection> {
    let means: Vec<CandidateMean> = candidates.iter().map(mean_of).collect();
    let cost = |mean: &CandidateMean| direction.cost(mean.mean);
    let usable = || means.iter().enumerate().filter(|(_, mean)| mean.mean.is_finite());
    // Of equal means the stronger penalty counts as better.
    let (best, lowest) = usable().min_by(|(_, left), (_, right)| {
        cost(left).total_cmp(&cost(right)).then(right.penalty.total_cmp(&left.penalty))
    })?;
    let limit = cost(lowest) + lowest.standard_error;
    let (chosen, _) = usable()
        .filter(|(_, mean)| cost(mean) <= limit)
        .max_by(|(_, left), (_, right)| left.penalty.total_cmp(&right.penalty))?;
    let threshold = direction.cost(limit);
    Some(Selection { best, chosen, threshold, means })
}

fn mean_of(candidate: &Candidate) -> CandidateMean {
    let count = candidate.folds.len() as f64;
    let mean = candidate.folds.iter().sum::<f64>() / count;
    let squares: f64 = candidate.folds.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = if count > 1.0 { (squares / (count - 1.0) / count).sqrt() } else { 0.0 };
    CandidateMean { penalty: candidate.penalty, mean, standard_error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(folds: &[(f64, &[f64])]) -> Vec<Candidate> {
        folds.iter().map(|&(penalty, folds)| Candidate { penalty, folds: folds.to_vec() }).collect()
    }

    #[test]
    fn the_strongest_penalty_within_one_standard_error_is_chosen() {
        // Best mean 1.0 with standard error √(0.02 / 3 / 4) = 0.0408: 1.04 is within, 1.05 is not.
        let candidates = candidates(&[
            (0.0, &[1.1; 4]),
            (1e-4, &[0.9, 1.0, 1.0, 1.1]),
            (1e-3, &[1.04; 4]),
            (1e-2, &[1.05; 4]),
        ]);
        let selection = one_standard_error(&candidates, Direction::Minimise).unwrap();
        assert_eq!((selection.best, selection.chosen), (1, 2));
        assert!((selection.means[1].standard_error - (0.02_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert!((selection.threshold - 1.0 - selection.means[1].standard_error).abs() < 1e-15);
    }

    #[test]
    fn accuracy_is_maximised() {
        let candidates = candidates(&[(0.0, &[0.9, 0.92]), (0.1, &[0.9, 0.91]), (1.0, &[0.8, 0.8])]);
        let selection = one_standard_error(&candidates, Direction::Maximise).unwrap();
        assert_eq!((selection.best, selection.chosen), (0, 1));
        assert!(selection.threshold < 0.91);
    }

    #[test]
    fn a_candidate_with_a_diverged_fold_is_ruled_out() {
        let some = candidates(&[(0.0, &[1.0, 1.2]), (1.0, &[1.0, f64::NAN])]);
        assert_eq!(one_standard_error(&some, Direction::Minimise).unwrap().chosen, 0);
        let none = candidates(&[(0.0, &[]), (1.0, &[f64::INFINITY])]);
        assert_eq!(one_standard_error(&none, Direction::Minimise), None);
    }

    #[test]
    fn without_spread_only_ties_are_simplified() {
        let candidates = candidates(&[(0.0, &[1.0]), (0.5, &[1.0]), (1.0, &[1.1])]);
        let selection = one_standard_error(&candidates, Direction::Minimise).unwrap();
        assert_eq!((selection.best, selection.chosen), (1, 1));
    }
}
