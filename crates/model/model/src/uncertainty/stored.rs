//! The form of [`Uncertainty`] in a bundle: large lists of numbers are tensors, the rest is text.

use std::collections::BTreeMap;

use foliar_metrics::{Calibrated, ConformalSets, MahalanobisDetector};
use foliar_nn::Tensor;
use serde::{Deserialize, Serialize};

use super::{OodDetector, RISK_LEVELS, RiskLevel, Uncertainty, default_level};

const MEANS: &str = "uncertainty.means";
const AXES: &str = "uncertainty.axes";
const MEANS_ALONG: &str = "uncertainty.means_along";

/// What the names of these tensors begin with.
const PREFIX: &str = "uncertainty.";

/// Whether a tensor of a bundle belongs to its [`Uncertainty`], and is none of the network's weights.
#[must_use]
pub fn is_uncertainty(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The text part.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredUncertainty {
    photographs: usize,
    groups: usize,
    calibrated: Calibrated,
    levels: Vec<StoredLevel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ood: Option<StoredDetector>,
}

#[derive(Serialize, Deserialize)]
struct StoredLevel {
    sets: ConformalSets,
    threshold: f64,
    /// Bundles without it have in `guaranteed` what is proven, of whichever model.
    #[serde(default)]
    proven: Option<bool>,
    guaranteed: bool,
    more_groups: Option<usize>,
}

impl StoredLevel {
    fn of(level: RiskLevel) -> Self {
        let RiskLevel { sets, threshold, proven, guaranteed, more_groups } = level;
        Self { sets, threshold, proven: Some(proven), guaranteed, more_groups }
    }

    fn restore(self, calibrated: Calibrated) -> RiskLevel {
        let Self { sets, threshold, proven, guaranteed, more_groups } = self;
        let proven = proven.unwrap_or(guaranteed);
        let guaranteed = proven && guaranteed && calibrated == Calibrated::HeldOut;
        RiskLevel { sets, threshold, proven, guaranteed, more_groups }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredDetector {
    threshold: f64,
    width: usize,
    variances: Vec<f32>,
    rest: f32,
    shrinkage: f32,
}

impl Uncertainty {
    /// Text and tensors.
    pub(crate) fn store(&self) -> (StoredUncertainty, BTreeMap<String, Tensor>) {
        let mut tensors = BTreeMap::new();
        let ood = self.ood.as_ref().map(|OodDetector { distance, threshold }| {
            let MahalanobisDetector { width, means, axes, means_along, variances, rest, shrinkage } =
                distance;
            let lists =
                [(MEANS, means, *width), (AXES, axes, *width), (MEANS_ALONG, means_along, variances.len())];
            for (name, values, columns) in lists {
                let shape = vec![values.len() / columns.max(1), columns];
                tensors.insert(name.to_owned(), Tensor { shape, data: values.clone() });
            }
            let variances = variances.clone();
            StoredDetector {
                threshold: *threshold,
                width: *width,
                variances,
                rest: *rest,
                shrinkage: *shrinkage,
            }
        });
        let Self { photographs, groups, calibrated, levels, .. } = self.clone();
        let levels = levels.into_iter().map(StoredLevel::of).collect();
        (StoredUncertainty { photographs, groups, calibrated, levels, ood }, tensors)
    }
}

impl StoredUncertainty {
    /// Puts the tensors back, for a classifier of so many `classes`.
    ///
    /// # Errors
    /// Values that no training gives, in words.
    pub(crate) fn restore(
        self,
        mut tensors: BTreeMap<String, Tensor>,
        classes: usize,
    ) -> Result<Uncertainty, String> {
        let Self { photographs, groups, calibrated, levels, ood } = self;
        let levels: Vec<RiskLevel> = levels.into_iter().map(|level| level.restore(calibrated)).collect();
        if !levels.iter().map(|level| level.sets.alpha).eq(RISK_LEVELS) {
            return Err("its risk levels are not those of this version of foliar; train again".to_owned());
        }
        levels.iter().try_for_each(|level| level.sets.check(classes)).map_err(|error| error.to_string())?;
        let mut take = |name: &str| {
            tensors
                .remove(name)
                .map(|tensor| tensor.data)
                .ok_or_else(|| format!("the tensor {name} is missing"))
        };
        let ood = match ood {
            None => None,
            Some(StoredDetector { threshold, width, variances, rest, shrinkage }) => {
                let (means, axes, means_along) = (take(MEANS)?, take(AXES)?, take(MEANS_ALONG)?);
                let distance =
                    MahalanobisDetector { width, means, axes, means_along, variances, rest, shrinkage };
                distance.check().map_err(|error| error.to_string())?;
                Some(OodDetector { distance, threshold })
            }
        };
        let mut thresholds: Vec<f64> = levels.iter().map(|level| level.threshold).collect();
        thresholds.extend(ood.as_ref().map(|ood| ood.threshold));
        if thresholds.into_iter().any(|threshold| !(threshold.is_finite() && threshold > 0.0)) {
            return Err("a threshold is not a number above 0; train again".to_owned());
        }
        Ok(Uncertainty { photographs, groups, calibrated, levels, ood, chosen: default_level() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uncertainty() -> Uncertainty {
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
            let own = vec![false, true];
            let sets = ConformalSets { alpha, overall: 0.75, thresholds: vec![0.75, 0.5], own };
            RiskLevel {
                sets,
                threshold: 0.625,
                proven: alpha > 0.05,
                guaranteed: false,
                more_groups: (alpha < 0.05).then_some(40),
            }
        };
        let (levels, ood) = (RISK_LEVELS.map(level).to_vec(), Some(OodDetector { distance, threshold: 1.5 }));
        Uncertainty {
            photographs: 20,
            groups: 7,
            calibrated: Calibrated::Refitted,
            levels,
            ood,
            chosen: default_level(),
        }
    }

    #[test]
    fn what_is_stored_is_restored() {
        for uncertainty in [uncertainty(), Uncertainty { ood: None, ..uncertainty() }] {
            let (text, tensors) = uncertainty.store();
            assert!(tensors.keys().all(|name| is_uncertainty(name)));
            let text =
                serde_json::from_str::<StoredUncertainty>(&serde_json::to_string(&text).unwrap()).unwrap();
            assert_eq!(text.restore(tensors, 2).unwrap(), uncertainty);
        }
    }

    /// Bundles of before said `guaranteed` of every proven threshold, whichever model it was proven of.
    #[test]
    fn a_bundle_of_before_guarantees_what_its_calibration_allows() {
        for (calibrated, guaranteed) in
            [(Calibrated::HeldOut, true), (Calibrated::Refitted, false), (Calibrated::Reused, false)]
        {
            let (text, tensors) = Uncertainty { calibrated, ..uncertainty() }.store();
            let mut text = serde_json::to_value(&text).unwrap();
            for level in text["levels"].as_array_mut().unwrap() {
                let proven = level.as_object_mut().unwrap().remove("proven").unwrap();
                level["guaranteed"] = proven;
            }
            let text: StoredUncertainty = serde_json::from_value(text).unwrap();
            for level in text.restore(tensors, 2).unwrap().levels {
                let proven = level.sets.alpha > 0.05;
                assert_eq!(
                    (level.proven, level.guaranteed),
                    (proven, proven && guaranteed),
                    "{calibrated:?}"
                );
            }
        }
    }

    #[test]
    fn what_no_training_gives_is_refused() {
        let refused = |change: &dyn Fn(&mut Uncertainty), classes: usize| {
            let mut changed = uncertainty();
            change(&mut changed);
            let (text, tensors) = changed.store();
            text.restore(tensors, classes).unwrap_err()
        };
        assert!(refused(&|_| {}, 3).contains("thresholds of prediction sets"));
        assert!(refused(&|uncertainty| uncertainty.levels[4].threshold = f64::NAN, 2).contains("threshold"));
        assert!(refused(&|uncertainty| uncertainty.levels[0].sets.overall = 2.0, 2).contains("0 to 1"));
        assert!(refused(&|uncertainty| drop(uncertainty.levels.pop()), 2).contains("risk levels"));
        let (text, _) = uncertainty().store();
        assert!(text.restore(BTreeMap::new(), 2).unwrap_err().contains(MEANS));
    }
}
