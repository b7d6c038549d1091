//! Sets of classes that hold the truth with a chosen probability, whatever the network is worth: split conformal prediction
//! (Papadopoulos et al. 2002; Vovk et al. 2005).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | α | how often the truth may be missing |
//! | p_y | probability of class y |
//! | p_(1) ≥ p_(2) ≥ … | the probabilities in descending order, equals in the order of the classes |
//! | s(x, y) | score of class y for photograph x: 1 - p_y, the least ambiguous classifier's (Sadinle, Lei and Wasserman 2019) |
//! | G, m_g | groups, photographs of group g |
//! | q | threshold: a set holds every class with s(x, y) ≤ q |
//!
//! This score gives the smallest sets on average; a set is empty where no class fits. q is the smallest score for which Σ_g #{s ≤ q in g} / m_g ≥ (1 - α)(G + 1), and 1 if there is none. For photographs that
//! are independent this is the ⌈(n + 1)(1 - α)⌉-th smallest score. Each group counts once, and its photographs share its
//! weight, so that the promise holds for a photograph of a leaf that was not seen (Lee, Barber and Willett 2023,
//! "Distribution-free inference with hierarchical data", section 3).
//!
//! By class, the promise holds for the photographs of each class by itself (Vovk 2012, "Conditional validity"): each has a
//! threshold of its own where it has at least ⌈1/α⌉ - 1 groups, the fewest that can bound it, else that of all.

use serde::{Deserialize, Serialize};

use crate::detection::grouped_quantile;
use crate::error::{MetricsError, check_length, check_proportion};
use crate::predictions::Predictions;
use crate::probability::softmax;

/// Equal probabilities that were added in another order differ by as much at most.
pub(crate) const ROUNDING: f64 = 1e-12;

/// For whom the promise holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conditioning {
    /// For photographs of all classes taken together.
    Marginal,
    /// For the photographs of each class that has enough groups.
    ClassConditional,
}

/// Thresholds that turn probabilities into a set of classes. A value of a few numbers, to be kept with the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConformalSets {
    /// α.
    pub alpha: f64,
    /// q of all photographs, 0..=1.
    pub overall: f64,
    /// q of each class; that of all where it has too few photographs.
    pub thresholds: Vec<f64>,
    /// Whether each class has a threshold of its own.
    pub own: Vec<bool>,
}

impl ConformalSets {
    /// Finds the thresholds on photographs that the network was not trained on. With fewer than ⌈1/α⌉ - 1 groups every set
    /// holds every class.
    ///
    /// # Errors
    /// An `alpha` that is not above 0 and below 1.
    pub fn fit(
        predictions: &Predictions,
        alpha: f64,
        conditioning: Conditioning,
    ) -> Result<Self, MetricsError> {
        check_proportion("alpha", alpha)?;
        let truths: Vec<f64> = predictions
            .rows()
            .zip(predictions.labels())
            .map(|(row, &label)| score(softmax(row)[label as usize]))
            .collect();
        let threshold = |chosen: &dyn Fn(usize) -> bool| quantile(&truths, predictions, alpha, chosen);
        let overall = threshold(&|_| true);
        let fewest = ((1.0 / alpha).ceil() as usize).saturating_sub(1);
        let labels = predictions.labels();
        let own: Vec<bool> = (0..predictions.classes() as u32)
            .map(|class| {
                conditioning == Conditioning::ClassConditional
                    && predictions.groups().count_where(|index| labels[index] == class) >= fewest
            })
            .collect();
        let of_class = |(class, &own): (usize, &bool)| {
            if own { threshold(&|index| labels[index] as usize == class) } else { overall }
        };
        let thresholds = own.iter().enumerate().map(of_class).collect();
        Ok(Self { alpha, overall, thresholds, own })
    }

    /// The classes that may be the truth, most probable first, from the probabilities of all (C).
    ///
    /// # Errors
    /// Another number of probabilities than of classes.
    pub fn set(&self, probabilities: &[f64]) -> Result<Vec<usize>, MetricsError> {
        check_length("probabilities", probabilities.len(), self.thresholds.len())?;
        let fits = |&class: &usize| score(probabilities[class]) <= self.thresholds[class] + ROUNDING;
        Ok(descending(probabilities).into_iter().filter(fits).collect())
    }

    /// Refuses thresholds that no fit can have given, such as a damaged file holds.
    ///
    /// # Errors
    /// An `alpha` or a threshold outside its range, or another number of classes than `classes`.
    pub fn check(&self, classes: usize) -> Result<(), MetricsError> {
        check_proportion("alpha", self.alpha)?;
        check_length("thresholds of prediction sets", self.thresholds.len(), classes)?;
        check_length("classes of prediction sets", self.own.len(), classes)?;
        match self.thresholds.iter().chain([&self.overall]).find(|&&q| !(0.0..=1.0).contains(&q)) {
            None => Ok(()),
            Some(&value) => Err(MetricsError::Parameter {
                name: "threshold of a prediction set",
                value,
                expected: "0 to 1",
            }),
        }
    }
}

/// s(x, y) of a class with probability `p`, in 0..=1.
fn score(p: f64) -> f64 {
    (1.0 - p).clamp(0.0, 1.0)
}

/// Classes by descending probability, equals in their order.
pub(crate) fn descending(probabilities: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order
}

/// q over the chosen photographs.
fn quantile(scores: &[f64], predictions: &Predictions, alpha: f64, chosen: &dyn Fn(usize) -> bool) -> f64 {
    let members: Vec<usize> = (0..scores.len()).filter(|&index| chosen(index)).collect();
    let groups = predictions.groups().subset(&members);
    let scores: Vec<f64> = members.iter().map(|&index| scores[index]).collect();
    grouped_quantile(&scores, &groups.weights(), groups.count(), 1.0 - alpha).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Groups;
    use crate::random::Purpose;

    /// Photographs whose classes are drawn from the probabilities of their logits, `size` to a group of one class and
    /// nearly equal logits.
    fn simulated(seed: u64, groups: usize, size: usize, classes: usize) -> Predictions {
        let mut stream = Purpose::Bootstrap.stream(seed, 77);
        let (mut logits, mut labels, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for group in 0..groups {
            let row: Vec<f32> = (0..classes).map(|_| (1.5 * stream.normal()) as f32).collect();
            let mut left = stream.uniform();
            let drawn = |p: &f64| {
                left -= p;
                left < 0.0
            };
            let label = softmax(&row).iter().position(drawn).unwrap_or(classes - 1);
            for _ in 0..size {
                logits.extend(row.iter().map(|z| z + 0.05 * stream.normal() as f32));
                labels.push(label as u32);
                ids.push(group as u64);
            }
        }
        Predictions::new(logits, labels, Groups::new(&ids), classes).unwrap()
    }

    fn covered(sets: &ConformalSets, predictions: &Predictions) -> f64 {
        let holds =
            |&(row, label): &(&[f32], &u32)| sets.set(&softmax(row)).unwrap().contains(&(*label as usize));
        let count = predictions.rows().zip(predictions.labels()).filter(holds).count();
        count as f64 / predictions.len() as f64
    }

    #[test]
    fn thresholds_by_hand() {
        // Two classes, probabilities of the truth 0.9, 0.8, ... : scores 0.1, 0.2, ...
        let of = |count: usize, alpha: f64| {
            let logits: Vec<f32> = (1..=count)
                .flat_map(|k| [(1.0 - k as f64 / 20.0).ln() as f32, (k as f64 / 20.0).ln() as f32])
                .collect();
            let predictions =
                Predictions::new(logits, vec![0; count], Groups::independent(count), 2).unwrap();
            ConformalSets::fit(&predictions, alpha, Conditioning::Marginal).unwrap().overall
        };
        // ⌈(n + 1)(1 - α)⌉: 9 of 9, 9 of 9, 16 of 19, and 9 of 8, which is all.
        for (count, alpha, expected) in [(9, 0.1, 9), (9, 0.11, 9), (19, 0.2, 16), (8, 0.1, 20)] {
            assert!((of(count, alpha) - f64::from(expected) / 20.0).abs() < 1e-6, "{count} {alpha}");
        }
    }

    #[test]
    fn sets_of_exchangeable_photographs_hold_the_truth_as_often_as_promised() {
        for conditioning in [Conditioning::Marginal, Conditioning::ClassConditional] {
            let mean = (0..40)
                .map(|seed| {
                    let sets = ConformalSets::fit(&simulated(seed, 200, 1, 4), 0.1, conditioning).unwrap();
                    covered(&sets, &simulated(1000 + seed, 500, 1, 4))
                })
                .sum::<f64>()
                / 40.0;
            // Up to 1 / (n_y + 1) more by class.
            assert!((0.89..0.93).contains(&mean), "{conditioning:?}: {mean}");
        }
    }

    #[test]
    fn groups_count_once() {
        let alone = simulated(3, 30, 1, 3);
        let fit = |predictions: &Predictions| {
            ConformalSets::fit(predictions, 0.1, Conditioning::ClassConditional).unwrap()
        };
        let repeat = |size: usize, ids: &dyn Fn(usize) -> u64| {
            let logits = alone.rows().flat_map(|row| row.repeat(size)).collect();
            let labels: Vec<u32> = alone.labels().iter().flat_map(|&label| vec![label; size]).collect();
            let ids: Vec<u64> = (0..labels.len()).map(ids).collect();
            Predictions::new(logits, labels, Groups::new(&ids), 3).unwrap()
        };
        assert_eq!(fit(&alone), fit(&repeat(3, &|index| index as u64 / 3)));
        assert_ne!(fit(&alone), fit(&repeat(3, &|index| index as u64)));
    }

    #[test]
    fn few_photographs_promise_nothing_and_say_everything() {
        for predictions in [simulated(1, 0, 1, 3), simulated(1, 8, 1, 3), simulated(1, 20, 1, 1)] {
            let sets = ConformalSets::fit(&predictions, 0.1, Conditioning::ClassConditional).unwrap();
            sets.check(predictions.classes()).unwrap();
            if predictions.classes() == 3 {
                assert_eq!(sets.own, [false; 3]);
                assert_eq!(sets.set(&[0.2, 0.7, 0.1]).unwrap(), [1, 0, 2]);
            }
            let text = serde_json::to_string(&sets).unwrap();
            assert_eq!(serde_json::from_str::<ConformalSets>(&text).unwrap(), sets);
        }
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let predictions = simulated(1, 20, 1, 3);
        for alpha in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(ConformalSets::fit(&predictions, alpha, Conditioning::Marginal).is_err());
        }
        let sets = ConformalSets::fit(&predictions, 0.1, Conditioning::Marginal).unwrap();
        assert!(sets.set(&[1.0]).is_err() && sets.check(2).is_err());
        assert!(ConformalSets { overall: f64::NAN, ..sets }.check(3).is_err());
    }
}
