//! Whether prediction sets keep their promise, and what it costs.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Estimate};
use crate::conformal::ConformalSets;
use crate::error::MetricsError;
use crate::predictions::Predictions;
use crate::probability::softmax;

/// How often sets hold the truth, and how large they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetCoverage {
    /// Photographs.
    pub photographs: usize,
    /// Share of the photographs whose set holds the truth.
    pub coverage: Estimate,
    /// Mean number of classes in a set.
    pub mean_size: Estimate,
    /// Photographs by the number of classes in their set, from 0 to C.
    pub sizes: Vec<usize>,
    /// The same by true class, in the order of the classes.
    pub classes: Vec<ClassCoverage>,
}

/// The sets of the photographs of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassCoverage {
    /// Photographs of the class.
    pub photographs: usize,
    /// Share whose set holds the class.
    pub coverage: Estimate,
    /// Mean number of classes in a set; 0 without photographs.
    pub mean_size: f64,
}

impl SetCoverage {
    /// Of the sets that `sets` makes of `predictions`, which it was not fitted on. The key of a photograph is its place.
    ///
    /// # Errors
    /// Predictions of another number of classes.
    pub fn new(
        sets: &ConformalSets,
        predictions: &Predictions,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        let (mut held, mut sizes) = (Vec::new(), Vec::new());
        for (key, (row, &label)) in predictions.rows().zip(predictions.labels()).enumerate() {
            let set = sets.set(&softmax(row), key as u64)?;
            held.push(set.contains(&(label as usize)));
            sizes.push(set.len() as f64);
        }
        let groups = predictions.groups();
        let class = |class: u32| {
            let places: Vec<usize> =
                (0..held.len()).filter(|&index| predictions.labels()[index] == class).collect();
            let of_class: Vec<bool> = places.iter().map(|&place| held[place]).collect();
            ClassCoverage {
                photographs: places.len(),
                coverage: bootstrap.share(&of_class, &groups.subset(&places)),
                mean_size: places.iter().map(|&place| sizes[place]).sum::<f64>() / places.len().max(1) as f64,
            }
        };
        let mut histogram = vec![0; predictions.classes() + 1];
        sizes.iter().for_each(|&size| histogram[size as usize] += 1);
        Ok(Self {
            photographs: held.len(),
            coverage: bootstrap.share(&held, groups),
            mean_size: bootstrap.mean(&sizes, groups),
            sizes: histogram,
            classes: (0..predictions.classes() as u32).map(class).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformal::ConformalScore;
    use crate::groups::Groups;

    #[test]
    fn coverage_by_hand() {
        // Probabilities of class 0: 0.9, 0.6, 0.3; a set holds what has 0.4 or more.
        let logits: Vec<f32> =
            [0.9f64, 0.6, 0.3].iter().flat_map(|p| [p.ln() as f32, (1.0 - p).ln() as f32]).collect();
        let predictions = Predictions::new(logits, vec![0, 1, 0], Groups::independent(3), 2).unwrap();
        let sets = ConformalSets {
            alpha: 0.1,
            score: ConformalScore::LeastAmbiguous,
            overall: 0.61,
            thresholds: vec![0.61; 2],
            own: vec![false; 2],
        };
        let found = SetCoverage::new(&sets, &predictions, &Bootstrap::default()).unwrap();
        assert!((found.coverage.value - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.sizes, [0, 2, 1]);
        assert!((found.mean_size.value - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!((found.classes[0].photographs, found.classes[0].coverage.value), (2, 0.5));
        assert_eq!((found.classes[1].coverage.value, found.classes[1].mean_size), (1.0, 2.0));
        let three = Predictions::new(vec![0.0; 3], vec![0], Groups::independent(1), 3).unwrap();
        assert!(SetCoverage::new(&sets, &three, &Bootstrap::default()).is_err());
        let none = Predictions::new(Vec::new(), Vec::new(), Groups::independent(0), 2).unwrap();
        let found = SetCoverage::new(&sets, &none, &Bootstrap::default()).unwrap();
        assert_eq!((found.coverage.interval, found.sizes), ([0.0, 1.0], vec![0; 3]));
    }
}
