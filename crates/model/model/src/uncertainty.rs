//! How far a classifier can be trusted: its prediction sets, the confidence that it needs to answer, and how it knows a
//! photograph that is unlike its training photographs.
//!
//! All of it is fitted once, when training ends. Prediction sets and thresholds come from predictions on photographs that the
//! predicting model was not trained on. The out-of-distribution detector learns from features of training photographs, its
//! threshold from those of validation photographs.

mod stored;

use std::collections::BTreeSet;

pub(crate) use self::stored::StoredUncertainty;
pub use self::stored::is_uncertainty;
use crate::error::ModelError;
use crate::prediction::PredictionDetails;
use foliar_metrics::{
    AbstentionReason, Calibrated, Conditioning, ConformalSets, GroupedScores, Groups, Guarantee,
    MahalanobisDetector, MetricsError, Predictions, arg_max, conformal_threshold, softmax,
};

/// The target error rates that a bundle has thresholds for.
pub const RISK_LEVELS: [f64; 5] = [0.2, 0.1, 0.05, 0.02, 0.01];
/// The one that is used unless another is asked for.
pub const DEFAULT_RISK: f64 = 0.1;
/// Confidence with which an abstention threshold is proven.
const PROOF: f64 = 0.95;
/// Share of new photographs of the classes that the out-of-distribution detector flags at most, on average.
pub const OOD_SHARE: f64 = 0.05;
/// Share of new photographs of the classes that the out-of-distribution detector accepts.
const ACCEPTED: f64 = 1.0 - OOD_SHARE;
/// Groups that a class needs for a conformal threshold of its own: its sets then cover at most a fiftieth more than promised.
const GROUPS_PER_CLASS: usize = 50;

/// How far a classifier can be trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertainty {
    /// Photographs that it was fitted on.
    pub photographs: usize,
    /// Groups (leaves) of photographs among them.
    pub groups: usize,
    /// On what prediction sets were calibrated, and so what is guaranteed of them.
    pub calibrated: Calibrated,
    /// One for each of [`RISK_LEVELS`], in their order.
    pub levels: Vec<RiskLevel>,
    /// Flags photographs unlike the training photographs; `None` if there were too few to fit it.
    pub ood: Option<OodDetector>,
    /// Place of the level in use.
    chosen: usize,
}

/// What is promised for one target error rate, alpha.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskLevel {
    /// Prediction sets that hold the true class with probability 1 - alpha. A set is empty where no class fits as well as the
    /// true class does for 1 - alpha of the photographs.
    pub sets: ConformalSets,
    /// Confidence, 0 to 1, below which the classifier abstains.
    pub threshold: f64,
    /// Whether the threshold is proven: with confidence 0.95 at most a share alpha of the answers is wrong, of the models that
    /// made the predictions it was fitted to; [`Uncertainty::calibrated`] says whether that is the model of the bundle.
    /// Otherwise the threshold is 1 - alpha, at which calibrated probabilities are right often enough.
    pub proven: bool,
    /// Whether that is guaranteed of the model of the bundle: `proven`, on photographs that were used for nothing else.
    pub guaranteed: bool,
    /// About so many more groups (leaves) would be enough to prove a threshold, of the models that made the predictions; `None`
    /// where it is proven, or where the classifier errs too often for any number of groups.
    pub more_groups: Option<usize>,
}

/// Flags photographs that are unlike the training photographs.
#[derive(Clone, Debug, PartialEq)]
pub struct OodDetector {
    /// Where features of training photographs lie.
    pub distance: MahalanobisDetector,
    /// The distance beyond which a photograph is out-of-distribution: one in twenty validation photographs is.
    pub threshold: f64,
}

/// Features of the photographs of a run, pooled over the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSamples {
    /// Values of one photograph's features.
    pub width: usize,
    /// (n, width), of training photographs.
    pub train: Vec<f32>,
    /// Class of each.
    pub train_labels: Vec<u32>,
    /// (m, width), of validation photographs.
    pub validation: Vec<f32>,
    /// (m), a number that validation photographs share which belong together.
    pub validation_groups: Vec<u64>,
}

/// How far single precision may be off, as a share. A threshold is often the very value of a photograph that it was fitted on, and
/// the engine that answers rounds otherwise than the one that trained.
const ROUNDING: f64 = 1e-5;

impl Uncertainty {
    /// Fits it to `predictions`, with calibrated probabilities, on photographs that the predicting models were not trained on, and to features.
    ///
    /// # Errors
    /// None that is expected: too few photographs give thresholds that guarantee nothing, and no detector.
    pub fn fit(
        predictions: &Predictions,
        calibrated: Calibrated,
        features: &FeatureSamples,
    ) -> Result<Self, ModelError> {
        Ok(Self {
            photographs: predictions.len(),
            groups: predictions.groups().count(),
            calibrated,
            levels: RISK_LEVELS
                .into_iter()
                .map(|risk| RiskLevel::fit(predictions, calibrated, risk))
                .collect::<Result<_, _>>()?,
            ood: OodDetector::fit(features).ok(),
            chosen: default_level(),
        })
    }

    /// Uses the level for the target error rate `risk`, one of [`RISK_LEVELS`], from now on.
    ///
    /// # Errors
    /// [`ModelError::Risk`] for another rate; nothing changes then.
    pub fn set_risk(&mut self, risk: f64) -> Result<(), ModelError> {
        let place = self.levels.iter().position(|level| level.sets.alpha == risk);
        self.chosen = place.ok_or_else(|| ModelError::Risk {
            risk,
            known: RISK_LEVELS.map(|level| level.to_string()).join(", "),
        })?;
        Ok(())
    }

    /// The level in use: that of [`DEFAULT_RISK`] unless another was chosen.
    #[must_use]
    pub fn level(&self) -> &RiskLevel {
        &self.levels[self.chosen]
    }

    /// Set and abstention for a photograph with these logits, divided by the temperature, and these pooled features.
    #[must_use]
    pub fn assess(&self, logits: &[f32], features: &[f32]) -> PredictionDetails {
        self.assess_at(logits, self.ood.as_ref().map(|ood| ood.relative_distance(features)))
    }

    /// The same at a known relative distance; see [`OodDetector::relative_distance`].
    #[must_use]
    pub fn assess_at(&self, logits: &[f32], distance: Option<f64>) -> PredictionDetails {
        let probabilities = softmax(logits);
        let level = self.level();
        let set = level.sets.set(&probabilities).unwrap_or_default();
        let abstention = if distance.is_some_and(|distance| distance > 1.0 + ROUNDING) {
            Some(AbstentionReason::OutOfDistribution)
        } else {
            let least = level.threshold * (1.0 - ROUNDING);
            (probabilities[arg_max(logits)] < least).then_some(AbstentionReason::LowConfidence)
        };
        PredictionDetails { set, distance, abstention }
    }
}

fn default_level() -> usize {
    RISK_LEVELS.iter().position(|&risk| risk == DEFAULT_RISK).unwrap_or(0)
}

impl RiskLevel {
    fn fit(predictions: &Predictions, calibrated: Calibrated, risk: f64) -> Result<Self, MetricsError> {
        let (confidences, correct) = (predictions.confidences(), predictions.correct());
        let guarantee = Guarantee::fit(&confidences, &correct, predictions.groups(), risk, PROOF)?;
        let conditioning = conditioning(predictions, risk);
        let (threshold, more_groups) = match guarantee {
            Guarantee::Proven(proven) => (proven.threshold, None),
            Guarantee::NotProvable { more_groups } => (1.0 - risk, more_groups),
        };
        Ok(Self {
            sets: ConformalSets::fit(predictions, risk, conditioning)?,
            threshold,
            proven: guarantee.proven().is_some(),
            guaranteed: guarantee.proven().is_some() && calibrated == Calibrated::HeldOut,
            more_groups,
        })
    }
}

impl OodDetector {
    /// Fits it to features.
    ///
    /// # Errors
    /// Too few photographs of a class to train it, or none for validation.
    pub fn fit(features: &FeatureSamples) -> Result<Self, MetricsError> {
        let distance = MahalanobisDetector::fit(&features.train, &features.train_labels, features.width)?;
        let rows = features.validation.chunks_exact(features.width.max(1));
        let scores: Vec<f64> = rows.map(|row| distance.score(row)).collect::<Result<_, _>>()?;
        if scores.is_empty() {
            return Err(MetricsError::TooFew { what: "threshold of the distance", found: 0, needed: 1 });
        }
        let scores = GroupedScores { scores: &scores, groups: &Groups::new(&features.validation_groups) };
        let threshold = conformal_threshold(scores, ACCEPTED)?.max(f64::MIN_POSITIVE);
        Ok(Self { distance, threshold })
    }

    /// Distance of pooled features from those of training photographs, in units of the threshold: above 1 is
    /// out-of-distribution. Infinite for features that are not finite numbers.
    #[must_use]
    pub fn relative_distance(&self, features: &[f32]) -> f64 {
        self.distance.score(features).map_or(f64::INFINITY, |distance| distance / self.threshold)
    }
}

/// Class-conditional thresholds where every class has [`GROUPS_PER_CLASS`] groups or more, and enough for so small a risk; else
/// one for all classes.
fn conditioning(predictions: &Predictions, risk: f64) -> Conditioning {
    let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
    seen.extend(predictions.labels().iter().copied().zip(predictions.groups().of().iter().copied()));
    let mut groups = vec![0; predictions.classes()];
    seen.iter().for_each(|&(class, _)| groups[class as usize] += 1);
    let needed = GROUPS_PER_CLASS.max((1.0 / risk).ceil() as usize);
    if groups.iter().all(|&groups| groups >= needed) {
        Conditioning::ClassConditional
    } else {
        Conditioning::Marginal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features of two classes at (±3, 0, ...).
    fn features(photographs: usize) -> FeatureSamples {
        let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1000) as f32 / 500.0 - 1.0;
        let feature = |i: usize| -> Vec<f32> {
            (0..6).map(|j| noise(i, j) + if j == 0 { 6.0 * (i % 2) as f32 - 3.0 } else { 0.0 }).collect()
        };
        FeatureSamples {
            width: 6,
            train: (0..photographs).flat_map(feature).collect(),
            train_labels: (0..photographs as u32).map(|i| i % 2).collect(),
            validation: (1000..1000 + photographs).flat_map(feature).collect(),
            validation_groups: (0..photographs as u64).collect(),
        }
    }

    /// One in ten is called wrongly, the less sure the sooner.
    fn predictions(photographs: usize) -> Predictions {
        let logits = |i: usize| {
            let sure = 1.0 + 5.0 * i as f32 / photographs as f32;
            let wrong = i.is_multiple_of(3) && i < photographs * 3 / 10;
            if i.is_multiple_of(2) != wrong { [sure, 0.0] } else { [0.0, sure] }
        };
        let labels = (0..photographs as u32).map(|i| i % 2).collect();
        let logits = (0..photographs).flat_map(logits).collect();
        Predictions::new(logits, labels, Groups::independent(photographs), 2).unwrap()
    }

    fn fitted(photographs: usize) -> Uncertainty {
        Uncertainty::fit(&predictions(photographs), Calibrated::Reused, &features(photographs)).unwrap()
    }

    #[test]
    fn a_photograph_like_none_before_is_outside_however_sure_the_network_is() {
        let uncertainty = fitted(200);
        let inside = uncertainty.assess(&[9.0, 0.0], &[-3.0, 0.1, 0.0, 0.2, -0.1, 0.0]);
        assert_eq!((inside.abstention, inside.set), (None, vec![0]));
        assert!(inside.distance.unwrap() < 1.0);
        let stranger = uncertainty.assess(&[9.0, 0.0], &[0.0, 9.0, 9.0, -9.0, 9.0, 9.0]);
        assert_eq!(stranger.abstention, Some(AbstentionReason::OutOfDistribution));
        let broken = uncertainty.assess(&[9.0, 0.0], &[f32::NAN; 6]);
        assert_eq!(broken.abstention, Some(AbstentionReason::OutOfDistribution));
    }

    #[test]
    fn a_photograph_between_two_classes_has_both_in_its_set() {
        let unsure = fitted(200).assess(&[0.0, 0.001], &[3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(unsure.set[0], 1);
        assert_eq!(unsure.set.len(), 2);
    }

    #[test]
    fn classes_have_thresholds_of_their_own_where_each_has_many_photographs() {
        assert_eq!(fitted(200).level().sets.own, [true, true]);
        assert_eq!(fitted(60).level().sets.own, [false, false]);
    }

    #[test]
    fn fewer_errors_take_larger_sets_and_surer_answers() {
        let mut uncertainty = fitted(2000);
        let mut last = None;
        for risk in RISK_LEVELS {
            uncertainty.set_risk(risk).unwrap();
            let RiskLevel { sets, threshold, proven, .. } = uncertainty.level().clone();
            assert!((0.0..=1.0).contains(&threshold) && proven, "{risk}: {threshold}");
            if let Some((sets_before, threshold_before)) = last {
                assert!(sets.overall >= sets_before && threshold >= threshold_before, "{risk}");
            }
            last = Some((sets.overall, threshold));
        }
        assert!(matches!(uncertainty.set_risk(0.3), Err(ModelError::Risk { .. })));
        assert_eq!(uncertainty.level().sets.alpha, 0.01, "a level that there is not changes nothing");
    }

    #[test]
    fn only_photographs_that_were_used_for_nothing_else_give_a_guarantee() {
        for (calibrated, expected) in
            [(Calibrated::HeldOut, true), (Calibrated::Refitted, false), (Calibrated::Reused, false)]
        {
            let fitted = Uncertainty::fit(&predictions(2000), calibrated, &features(200)).unwrap();
            for level in &fitted.levels {
                assert_eq!((level.proven, level.guaranteed), (true, expected), "{calibrated:?}");
            }
        }
    }

    /// Wrong answers are the most confident ones, so that only a threshold above 1 - alpha keeps the risk.
    #[test]
    fn a_proven_threshold_is_never_lowered() {
        let count = 4000;
        let confident = |i: usize| 6.0 * (i + 1) as f32 / count as f32;
        let logits = (0..count).flat_map(|i| {
            // Below a confidence of 0.97 half of the answers are wrong.
            let wrong = confident(i) < 3.5 && i % 2 == 0;
            let class = usize::from((i % 4 < 2) != wrong);
            if class == 1 { [confident(i), 0.0] } else { [0.0, confident(i)] }
        });
        let labels = (0..count as u32).map(|i| u32::from(i % 4 >= 2)).collect();
        let predictions = Predictions::new(logits.collect(), labels, Groups::independent(count), 2).unwrap();
        let level = RiskLevel::fit(&predictions, Calibrated::HeldOut, 0.1).unwrap();
        assert!(level.guaranteed && level.threshold > 0.9, "{level:?}");
        let answered = predictions.confidences().into_iter().zip(predictions.correct());
        let answered: Vec<bool> = answered
            .filter(|(confidence, _)| *confidence >= level.threshold)
            .map(|(_, right)| right)
            .collect();
        let wrong = answered.iter().filter(|&&right| !right).count();
        assert!(wrong as f64 <= 0.1 * answered.len() as f64, "{wrong} of {}", answered.len());
    }

    #[test]
    fn a_photograph_that_fits_worse_than_the_truth_mostly_does_has_an_empty_set() {
        let predictions = |photographs: usize| {
            let logits = (0..photographs).flat_map(|i| if i % 2 == 0 { [6.0, 0.0] } else { [0.0, 6.0] });
            let labels = (0..photographs as u32).map(|i| i % 2).collect();
            Predictions::new(logits.collect(), labels, Groups::independent(photographs), 2).unwrap()
        };
        let uncertainty = Uncertainty::fit(&predictions(200), Calibrated::Reused, &features(200)).unwrap();
        let details = uncertainty.assess(&[3.0, 0.0], &[-3.0, 0.1, 0.0, 0.2, -0.1, 0.0]);
        // Nothing is known of answers that are less confident than all that the threshold is proven on.
        assert_eq!((details.set, details.abstention), (vec![], Some(AbstentionReason::LowConfidence)));
    }

    #[test]
    fn few_photographs_give_less_and_none_gives_nothing() {
        let few = fitted(3);
        assert!(few.ood.is_none());
        assert_eq!(few.assess(&[5.0, 0.0], &[0.0; 6]).set, [0, 1], "nothing can be promised by one class");
        assert_eq!((few.level().threshold, few.level().proven), (0.9, false), "nothing is proven");
        let none = fitted(0);
        assert_eq!((none.photographs, none.ood), (0, None));
    }
}
