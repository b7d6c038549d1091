//! Whether prediction sets keep their promise, and what it costs.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::error::{MetricsError, check_length};
use crate::estimate::Estimate;
use crate::predictions::Predictions;

/// How often sets hold the truth, and how large they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetCoverage {
    /// Photographs.
    pub photographs: usize,
    /// Proportion of the photographs whose set holds the truth.
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
    /// Groups among them.
    pub groups: usize,
    /// Proportion whose set holds the class; 0 to 1 without photographs.
    pub coverage: Estimate,
    /// Mean number of classes in a set; 0 without photographs.
    pub mean_size: Estimate,
}

impl SetCoverage {
    /// Of `sets`, one for each photograph of `predictions`, each of places of classes.
    ///
    /// # Errors
    /// More or fewer sets than photographs, a set of more classes than there are.
    pub fn of(
        sets: &[impl AsRef<[usize]>],
        predictions: &Predictions,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        check_length("prediction sets", sets.len(), predictions.len())?;
        let (labels, groups) = (predictions.labels(), predictions.groups());
        let mut histogram = vec![0; predictions.classes() + 1];
        for set in sets {
            let (found, expected) = (set.as_ref().len(), predictions.classes());
            if found > expected {
                return Err(MetricsError::Length { what: "classes of a prediction set", found, expected });
            }
            histogram[found] += 1;
        }
        let held: Vec<bool> =
            sets.iter().zip(labels).map(|(set, &label)| set.as_ref().contains(&(label as usize))).collect();
        let sizes: Vec<f64> = sets.iter().map(|set| set.as_ref().len() as f64).collect();
        let class = |class: u32| {
            let chosen: Vec<bool> = labels.iter().map(|&label| label == class).collect();
            let wholes: Vec<f64> = chosen.iter().map(|&chosen| f64::from(u8::from(chosen))).collect();
            let parts: Vec<f64> = wholes.iter().zip(&sizes).map(|(whole, size)| whole * size).collect();
            ClassCoverage {
                photographs: chosen.iter().filter(|&&chosen| chosen).count(),
                groups: groups.count_where(|index| chosen[index]),
                coverage: bootstrap.proportion_of(&held, &chosen, groups),
                mean_size: bootstrap.ratio(&parts, &wholes, groups),
            }
        };
        Ok(Self {
            photographs: held.len(),
            coverage: bootstrap.proportion(&held, groups),
            mean_size: bootstrap.mean(&sizes, groups),
            sizes: histogram,
            classes: (0..predictions.classes() as u32).map(class).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Groups;
    use crate::random::Purpose;

    #[test]
    fn coverage_by_hand() {
        let predictions = Predictions::new(vec![0.0; 6], vec![0, 1, 0], Groups::independent(3), 2).unwrap();
        let found =
            SetCoverage::of(&[vec![0], vec![0, 1], vec![1]], &predictions, &Bootstrap::default()).unwrap();
        assert!((found.coverage.value - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.sizes, [0, 2, 1]);
        assert!((found.mean_size.value - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!((found.classes[0].photographs, found.classes[0].coverage.value), (2, 0.5));
        assert_eq!((found.classes[1].coverage.value, found.classes[1].mean_size.value), (1.0, 2.0));
        let one = [vec![0]];
        assert!(SetCoverage::of(&one, &predictions, &Bootstrap::default()).is_err(), "two sets are missing");
        let none = Predictions::new(Vec::new(), Vec::new(), Groups::independent(0), 2).unwrap();
        let found = SetCoverage::of(&one[..0], &none, &Bootstrap::default()).unwrap();
        assert_eq!((found.coverage.interval(), found.sizes), ([0.0, 1.0], vec![0; 3]));
    }

    #[test]
    fn intervals_hold_the_coverage_of_all_and_of_each_class_as_often_as_promised() {
        // Leaves of 1 to 4 photographs whose sets hold the truth or not together: 0.9 of class 0 and 0.7 of class 1.
        let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::default() };
        let (mut overall, mut by_class) = (0, [0; 2]);
        for trial in 0..300 {
            let mut stream = Purpose::Calibrated.stream(41, trial);
            let (mut labels, mut sets, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for leaf in 0..120 {
                let class = (leaf % 2) as usize;
                let held = stream.chance([0.9, 0.7][class]);
                for _ in 0..1 + leaf / 2 % 4 {
                    labels.push(class as u32);
                    sets.push(if held { vec![class] } else { vec![1 - class] });
                    ids.push(leaf);
                }
            }
            let n = labels.len();
            let predictions = Predictions::new(vec![0.0; 2 * n], labels, Groups::new(&ids), 2).unwrap();
            let found = SetCoverage::of(&sets, &predictions, &bootstrap).unwrap();
            overall += usize::from(found.coverage.contains(0.8));
            for (class, truth) in [0.9, 0.7].into_iter().enumerate() {
                assert_eq!(found.classes[class].groups, 60);
                by_class[class] += usize::from(found.classes[class].coverage.contains(truth));
            }
        }
        for covered in [overall, by_class[0], by_class[1]] {
            assert!((267..=297).contains(&covered), "{overall} {by_class:?} of 300");
        }
    }
}
