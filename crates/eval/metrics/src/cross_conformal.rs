//! Prediction sets from a cross-validation: CV+ (Barber, Candès, Ramdas and Tibshirani 2021, "Predictive inference with the
//! jackknife+", section 3; for classes: Romano, Sesia and Candès 2020, "Classification with valid and adaptive coverage", section
//! 2.3), over groups (Lee, Barber and Willett 2023, "Distribution-free inference with hierarchical data", section 3.2).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | α | how often the truth may be missing |
//! | G, K, m_g | groups, folds of whole groups, photographs of group g |
//! | k(i) | fold of photograph i; model k has learned from all folds but k |
//! | s_k(x, y) | score of class y for photograph x under model k |
//! | s_i | s_k(i)(x_i, y_i): of photograph i and its true class, under the model that has not learned from it |
//!
//! A set holds every class y with Σ_i \[s_i < s_k(i)(x, y)\] / m_g(i) < (1 - α)(G + 1). Every photograph helps to train and to
//! calibrate, but a new photograph has to be shown to all K models. One model that is fitted again on all photographs, with the
//! thresholds of the fold models, is cheaper; no promise that holds for every distribution can be made for it.
//! [`Calibrated::guaranteed_coverage`] says what can.

use serde::{Deserialize, Serialize};

use crate::conformal::{ConformalScore, ROUNDING, descending};
use crate::error::{MetricsError, check_length, check_proportion};
use crate::predictions::Predictions;
use crate::probability::softmax;

/// On what prediction sets were calibrated, and which model makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrated {
    /// On photographs that neither the model nor the choice of its epoch and temperature has seen: split conformal prediction.
    HeldOut,
    /// On every fold, by the model that has not seen it; all models make the sets: [`CrossConformalSets`].
    CvPlus {
        /// K.
        folds: usize,
    },
    /// On every fold, by the model that has not seen it; a model that was fitted again on all photographs makes the sets.
    Refitted,
    /// On photographs that also chose the epoch or the temperature of the model.
    Reused,
}

impl Calibrated {
    /// The probability with which sets of level `alpha`, calibrated on `groups` groups, hold the truth of a photograph of a new
    /// group, whatever the distribution and the network: 1 - α for held-out photographs; for CV+ of folds of equal size
    /// 1 - 2α - min(2 (1 - 1/K) / (G/K + 1), (1 - K/G) / (K + 1)) (Barber et al. 2021, theorem 4), although it mostly is near
    /// 1 - α. `None` where nothing is guaranteed: where a refitted model is as good as those of the folds the coverage is near
    /// 1 - α, but only a test shows it.
    pub fn guaranteed_coverage(self, alpha: f64, groups: usize) -> Option<f64> {
        match self {
            Self::HeldOut => Some(1.0 - alpha),
            Self::CvPlus { folds } => {
                let (g, k) = (groups.max(1) as f64, folds.clamp(1, groups.max(1)) as f64);
                let excess = f64::min(2.0 * (1.0 - 1.0 / k) / (g / k + 1.0), (1.0 - k / g) / (k + 1.0));
                Some((1.0 - 2.0 * alpha - excess).max(0.0))
            }
            Self::Refitted | Self::Reused => None,
        }
    }
}

/// What turns the probabilities of all fold models into a set of classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossConformalSets {
    /// α.
    pub alpha: f64,
    /// The score. Its throw, if it makes one, follows from the key of a photograph.
    pub score: ConformalScore,
    /// C.
    pub classes: usize,
    /// G.
    pub groups: usize,
    /// The photographs of each fold.
    pub folds: Vec<FoldScores>,
}

/// The photographs of one fold, by ascending score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldScores {
    /// s_i.
    pub scores: Vec<f64>,
    /// Σ 1 / m_g of each photograph and all before it.
    pub cumulated: Vec<f64>,
}

impl CrossConformalSets {
    /// From what fold models predicted for the photographs that they have not learned from, and the fold of each photograph, from
    /// 0. The key of a photograph is its place.
    ///
    /// # Errors
    /// An `alpha` that is not above 0 and below 1, more or fewer folds than photographs, a group in two folds.
    pub fn fit(
        out_of_fold: &Predictions,
        folds: &[usize],
        alpha: f64,
        score: ConformalScore,
    ) -> Result<Self, MetricsError> {
        check_proportion("alpha", alpha)?;
        check_length("folds", folds.len(), out_of_fold.len())?;
        let groups = out_of_fold.groups();
        let mut fold_of: Vec<Option<usize>> = vec![None; groups.count()];
        for (&fold, &group) in folds.iter().zip(groups.of()) {
            if *fold_of[group as usize].get_or_insert(fold) != fold {
                return Err(MetricsError::SplitGroup);
            }
        }
        let count = folds.iter().max().map_or(0, |last| last + 1);
        let mut members: Vec<Vec<(f64, f64)>> = vec![Vec::new(); count];
        let rows = out_of_fold.rows().zip(out_of_fold.labels()).zip(groups.weights()).enumerate();
        for (key, ((row, &label), weight)) in rows {
            members[folds[key]].push((score.scores(&softmax(row), key as u64)[label as usize], weight));
        }
        let sorted = |mut members: Vec<(f64, f64)>| {
            members.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut sum = 0.0;
            let cumulated = members.iter().map(|(_, weight)| {
                sum += weight;
                sum
            });
            FoldScores { cumulated: cumulated.collect(), scores: members.iter().map(|(s, _)| *s).collect() }
        };
        Ok(Self {
            alpha,
            score,
            classes: out_of_fold.classes(),
            groups: groups.count(),
            folds: members.into_iter().map(sorted).collect(),
        })
    }

    /// The classes that may be the truth, the most probable on average first, from the `probabilities` (K, C) of a photograph
    /// under each fold's model. `key` tells photographs apart.
    ///
    /// # Errors
    /// Another number of models than of folds, or of probabilities than of classes.
    pub fn set(&self, probabilities: &[Vec<f64>], key: u64) -> Result<Vec<usize>, MetricsError> {
        check_length("models of a cross-validation", probabilities.len(), self.folds.len())?;
        let (mut below, mut mean) = (vec![0.0; self.classes], vec![0.0; self.classes]);
        for (probabilities, fold) in probabilities.iter().zip(&self.folds) {
            check_length("probabilities", probabilities.len(), self.classes)?;
            for (class, score) in self.score.scores(probabilities, key).into_iter().enumerate() {
                let smaller = fold.scores.partition_point(|&other| other < score - ROUNDING);
                below[class] += if smaller > 0 { fold.cumulated[smaller - 1] } else { 0.0 };
                mean[class] += probabilities[class];
            }
        }
        let groups = self.groups as f64 + 1.0;
        let limit = (1.0 - self.alpha) * groups - 1e-9 * groups;
        Ok(descending(&mean).into_iter().filter(|&class| below[class] < limit).collect())
    }

    /// The probability with which its sets hold the truth, whatever the distribution.
    pub fn guaranteed_coverage(&self) -> Option<f64> {
        Calibrated::CvPlus { folds: self.folds.len() }.guaranteed_coverage(self.alpha, self.groups)
    }
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;

    use super::*;
    use crate::conformal::{Conditioning, ConformalSets};
    use crate::groups::Groups;
    use crate::random::Purpose;

    const CLASSES: usize = 3;
    const WIDTH: usize = 6;

    struct Sample {
        features: Vec<[f64; WIDTH]>,
        labels: Vec<u32>,
        ids: Vec<u64>,
    }

    /// Leaves of 1 to 4 photographs of one class; features of a leaf are nearly the same.
    fn drawn(stream: &mut Random, leaves: u64) -> Sample {
        let mut sample = Sample { features: Vec::new(), labels: Vec::new(), ids: Vec::new() };
        for leaf in 0..leaves {
            let class = stream.below(CLASSES);
            let leaf_features: [f64; WIDTH] =
                std::array::from_fn(|place| stream.normal() + if place == class { 1.5 } else { 0.0 });
            for _ in 0..1 + stream.below(4) {
                sample.features.push(leaf_features.map(|x| x + 0.1 * stream.normal()));
                sample.labels.push(class as u32);
                sample.ids.push(leaf);
            }
        }
        sample
    }

    /// A model: the mean features of each class over the photographs for which `chosen` is true.
    fn learned(sample: &Sample, chosen: impl Fn(usize) -> bool) -> [[f64; WIDTH]; CLASSES] {
        let (mut sums, mut counts) = ([[0.0; WIDTH]; CLASSES], [1e-9; CLASSES]);
        for index in (0..sample.labels.len()).filter(|&index| chosen(index)) {
            let class = sample.labels[index] as usize;
            counts[class] += 1.0;
            sums[class].iter_mut().zip(sample.features[index]).for_each(|(sum, x)| *sum += x);
        }
        std::array::from_fn(|class| sums[class].map(|sum| sum / counts[class]))
    }

    fn logits(model: &[[f64; WIDTH]; CLASSES], features: &[f64; WIDTH]) -> Vec<f32> {
        let square =
            |mean: &[f64; WIDTH]| mean.iter().zip(features).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        model.iter().map(|mean| -square(mean) as f32).collect()
    }

    #[test]
    fn sets_of_new_leaves_hold_the_truth_as_often_as_promised() {
        let alpha = 0.1;
        for (leaves, folds) in [(60, 5), (30, 3), (25, 25)] {
            let (mut covered, mut refitted, mut size, mut guaranteed) = (0.0, 0.0, 0.0, 0.0);
            let trials = 120;
            for trial in 0..trials {
                let mut stream = Purpose::Calibrated.stream(61, trial);
                let sample = drawn(&mut stream, leaves);
                let fold = |index: usize| sample.ids[index] as usize % folds;
                let models: Vec<_> = (0..folds).map(|k| learned(&sample, |index| fold(index) != k)).collect();
                let rows = (0..sample.labels.len())
                    .flat_map(|index| logits(&models[fold(index)], &sample.features[index]));
                let out_of_fold = Predictions::new(
                    rows.collect(),
                    sample.labels.clone(),
                    Groups::new(&sample.ids),
                    CLASSES,
                )
                .unwrap();
                let places: Vec<usize> = (0..sample.labels.len()).map(fold).collect();
                let score = ConformalScore::LeastAmbiguous;
                let sets = CrossConformalSets::fit(&out_of_fold, &places, alpha, score).unwrap();
                let once = ConformalSets::fit(&out_of_fold, alpha, score, Conditioning::Marginal).unwrap();
                let all = learned(&sample, |_| true);
                guaranteed = sets.guaranteed_coverage().unwrap();
                let fresh = drawn(&mut stream, 60);
                let weights = Groups::new(&fresh.ids).weights();
                for (index, features) in fresh.features.iter().enumerate() {
                    let truth = fresh.labels[index] as usize;
                    let by_model: Vec<Vec<f64>> =
                        models.iter().map(|model| softmax(&logits(model, features))).collect();
                    let set = sets.set(&by_model, 0).unwrap();
                    let weight = weights[index] / 60.0 / trials as f64;
                    size += weight * set.len() as f64;
                    covered += if set.contains(&truth) { weight } else { 0.0 };
                    let set = once.set(&softmax(&logits(&all, features)), 0).unwrap();
                    refitted += if set.contains(&truth) { weight } else { 0.0 };
                }
            }
            assert!(covered >= guaranteed, "{leaves} {folds}: {covered} of {guaranteed}");
            assert!((0.88..0.96).contains(&covered), "{leaves} {folds}: {covered}");
            assert!(size < 2.2, "{leaves} {folds}: {size} classes");
            // Models of the folds and of all photographs are much alike here.
            assert!((0.87..0.97).contains(&refitted), "{leaves} {folds}: {refitted} refitted");
        }
    }

    #[test]
    fn one_fold_is_split_conformal_prediction() {
        let mut stream = Purpose::Calibrated.stream(67, 0);
        let sample = drawn(&mut stream, 80);
        let model = learned(&drawn(&mut stream, 50), |_| true);
        let rows = sample.features.iter().flat_map(|features| logits(&model, features)).collect();
        let labels = sample.labels.clone();
        let predictions = Predictions::new(rows, labels, Groups::new(&sample.ids), CLASSES).unwrap();
        for score in [ConformalScore::LeastAmbiguous, ConformalScore::Adaptive] {
            let folds = vec![0; predictions.len()];
            let cross = CrossConformalSets::fit(&predictions, &folds, 0.1, score).unwrap();
            let split = ConformalSets::fit(&predictions, 0.1, score, Conditioning::Marginal).unwrap();
            for features in drawn(&mut stream, 100).features {
                let p = softmax(&logits(&model, &features));
                assert_eq!(cross.set(&[p.clone()], 0).unwrap(), split.set(&p, 0).unwrap());
            }
        }
    }

    #[test]
    fn guarantees_by_hand() {
        assert_eq!(Calibrated::HeldOut.guaranteed_coverage(0.1, 5), Some(0.9));
        assert_eq!(Calibrated::Refitted.guaranteed_coverage(0.1, 500), None);
        assert_eq!(Calibrated::Reused.guaranteed_coverage(0.1, 500), None);
        // Leave one out: 1 - 2α. Five folds of 100: min(2 · 0.8 / 21, 0.95 / 6) = 0.0762.
        let of =
            |folds: usize, groups| Calibrated::CvPlus { folds }.guaranteed_coverage(0.1, groups).unwrap();
        assert!((of(20, 20) - 0.8).abs() < 1e-12);
        assert!((of(5, 100) - (0.8 - 1.6 / 21.0)).abs() < 1e-12);
        assert!(of(5, 0) >= 0.0);
    }

    #[test]
    fn what_cannot_be_is_refused_and_few_groups_give_all_classes() {
        let predictions = Predictions::new(vec![0.0; 6], vec![0, 1], Groups::new(&[4, 4]), 3).unwrap();
        let fit = |folds: &[usize], alpha| {
            CrossConformalSets::fit(&predictions, folds, alpha, ConformalScore::LeastAmbiguous)
        };
        assert_eq!(fit(&[0, 1], 0.1), Err(MetricsError::SplitGroup));
        assert!(fit(&[0], 0.1).is_err() && fit(&[0, 0], 1.0).is_err());
        let sets = fit(&[0, 0], 0.1).unwrap();
        assert_eq!(sets.set(&[vec![0.2, 0.7, 0.1]], 0).unwrap(), [1, 0, 2]);
        assert!(sets.set(&[vec![1.0]], 0).is_err() && sets.set(&[], 0).is_err());
    }
}
