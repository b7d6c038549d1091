//! The form of [`Caution`] in a bundle: large lists of numbers are tensors, the rest is text.

use std::collections::BTreeMap;

use foliar_metrics::MahalanobisDetector;
use foliar_nn::Tensor;
use serde::{Deserialize, Serialize};

use super::{Caution, ERRORS, Level, Outside, USUAL};

const MEANS: &str = "caution.means";
const AXES: &str = "caution.axes";
const MEANS_ALONG: &str = "caution.means_along";

/// The text part.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCaution {
    photographs: usize,
    groups: usize,
    levels: Vec<Level>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outside: Option<StoredOutside>,
}

#[derive(Serialize, Deserialize)]
struct StoredOutside {
    threshold: f64,
    width: usize,
    variances: Vec<f32>,
    rest: f32,
    shrinkage: f32,
}

impl Caution {
    /// Text and tensors.
    pub(crate) fn store(&self) -> (StoredCaution, BTreeMap<String, Tensor>) {
        let mut tensors = BTreeMap::new();
        let outside = self.outside.as_ref().map(|Outside { distance, threshold }| {
            let MahalanobisDetector { width, means, axes, means_along, variances, rest, shrinkage } =
                distance;
            let lists =
                [(MEANS, means, *width), (AXES, axes, *width), (MEANS_ALONG, means_along, variances.len())];
            for (name, values, columns) in lists {
                let shape = vec![values.len() / columns.max(1), columns];
                tensors.insert(name.to_owned(), Tensor { shape, data: values.clone() });
            }
            let variances = variances.clone();
            StoredOutside {
                threshold: *threshold,
                width: *width,
                variances,
                rest: *rest,
                shrinkage: *shrinkage,
            }
        });
        let Self { photographs, groups, levels, .. } = self;
        let levels = levels.clone();
        (StoredCaution { photographs: *photographs, groups: *groups, levels, outside }, tensors)
    }
}

impl StoredCaution {
    /// Puts the tensors back, for a classifier of so many `classes`.
    ///
    /// # Errors
    /// What no training can have given, in words.
    pub(crate) fn restore(
        self,
        mut tensors: BTreeMap<String, Tensor>,
        classes: usize,
    ) -> Result<Caution, String> {
        let Self { photographs, groups, levels, outside } = self;
        if !levels.iter().map(|level| level.sets.alpha).eq(ERRORS) {
            return Err("it promises other shares of errors than this foliar knows; train anew".to_owned());
        }
        levels.iter().try_for_each(|level| level.sets.check(classes)).map_err(|error| error.to_string())?;
        let mut take = |name: &str| {
            tensors
                .remove(name)
                .map(|tensor| tensor.data)
                .ok_or_else(|| format!("the tensor {name} is missing"))
        };
        let outside = match outside {
            None => None,
            Some(StoredOutside { threshold, width, variances, rest, shrinkage }) => {
                let (means, axes, means_along) = (take(MEANS)?, take(AXES)?, take(MEANS_ALONG)?);
                let distance =
                    MahalanobisDetector { width, means, axes, means_along, variances, rest, shrinkage };
                distance.check().map_err(|error| error.to_string())?;
                Some(Outside { distance, threshold })
            }
        };
        let mut thresholds: Vec<f64> = levels.iter().map(|level| level.threshold).collect();
        thresholds.extend(outside.as_ref().map(|outside| outside.threshold));
        if thresholds.into_iter().any(|threshold| !(threshold.is_finite() && threshold > 0.0)) {
            return Err("a threshold is no number above 0; train anew".to_owned());
        }
        Ok(Caution { photographs, groups, levels, outside, chosen: USUAL })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::is_caution;
    use foliar_metrics::{ConformalScore, ConformalSets};

    fn caution() -> Caution {
        let distance = MahalanobisDetector {
            width: 3,
            means: vec![0.5; 6],
            axes: vec![1.0, 0.0, 0.0],
            means_along: vec![0.5; 2],
            variances: vec![2.0],
            rest: 0.25,
            shrinkage: 0.1,
        };
        let level = |alpha: f64| {
            let (score, own) = (ConformalScore::LeastAmbiguous, vec![false, true]);
            let sets = ConformalSets { alpha, score, overall: 0.75, thresholds: vec![0.75, 0.5], own };
            Level { sets, threshold: 0.625 }
        };
        let (levels, outside) = (ERRORS.map(level).to_vec(), Some(Outside { distance, threshold: 1.5 }));
        Caution { photographs: 20, groups: 7, levels, outside, chosen: USUAL }
    }

    #[test]
    fn what_is_stored_is_restored() {
        for caution in [caution(), Caution { outside: None, ..caution() }] {
            let (text, tensors) = caution.store();
            assert!(tensors.keys().all(|name| is_caution(name)));
            let text = serde_json::from_str::<StoredCaution>(&serde_json::to_string(&text).unwrap()).unwrap();
            assert_eq!(text.restore(tensors, 2).unwrap(), caution);
        }
    }

    #[test]
    fn what_no_training_gives_is_refused() {
        let refused = |change: &dyn Fn(&mut Caution), classes: usize| {
            let mut changed = caution();
            change(&mut changed);
            let (text, tensors) = changed.store();
            text.restore(tensors, classes).unwrap_err()
        };
        assert!(refused(&|_| {}, 3).contains("thresholds of prediction sets"));
        assert!(refused(&|caution| caution.levels[4].threshold = f64::NAN, 2).contains("threshold"));
        assert!(refused(&|caution| caution.levels[0].sets.overall = 2.0, 2).contains("0 to 1"));
        assert!(refused(&|caution| drop(caution.levels.pop()), 2).contains("other shares of errors"));
        let (text, _) = caution().store();
        assert!(text.restore(BTreeMap::new(), 2).unwrap_err().contains(MEANS));
    }
}
