//! What the outputs of a classifier mean, and how those of labels become answers.
//!
//! For each label out-of-fold predictions give three things: a calibration ([`Platt`]), the threshold of its probability with the
//! best F1, and conformal thresholds. These are of the two answers "there" and "not there", class-conditional: of photographs that
//! show a label, "there" is kept for a share 1 - alpha, and so is "not there" of those that do not. Where one answer alone is kept the
//! label is present or absent; where both or none are, the classifier cannot tell.

use foliar_metrics::{
    Calibrated, Conditioning, ConformalSets, Groups, MetricsError, Platt, Predictions, best_threshold, calls,
};
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::uncertainty::{DEFAULT_RISK, RISK_LEVELS};

/// What the outputs of a classifier mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outputs {
    /// A photograph shows one of the classes: probabilities are a softmax.
    #[default]
    OneOf,
    /// A photograph shows any of the classes, which are labels, or none: probabilities are sigmoids.
    AnyOf(LabelRules),
}

/// How the outputs of labels become answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelRules {
    /// Photographs that the rules were fitted to; 0 where none were held back, and nothing is calibrated.
    pub photographs: usize,
    /// Groups (leaves) of photographs among them.
    pub groups: usize,
    /// On what they were fitted, and so what is guaranteed.
    pub calibrated: Calibrated,
    /// One for each label.
    pub labels: Vec<LabelRule>,
    /// Place of the level in use.
    #[serde(skip, default = "default_level")]
    chosen: usize,
}

/// How the output of one label becomes an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelRule {
    /// From logit to probability.
    pub platt: Platt,
    /// Probability, 0 to 1, from which the label is said to be there.
    pub threshold: f64,
    /// Conformal sets of not there (0) and there (1) for each of [`RISK_LEVELS`]; none where nothing was held back.
    pub sets: Vec<ConformalSets>,
}

/// Whether a label is there, with a promised error rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// Both may be.
    Unsure,
}

impl Presence {
    /// How it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Unsure => "unsure",
        }
    }
}

/// What is said of one label of one photograph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelAnswer {
    /// Probability that the photograph shows it.
    pub probability: f64,
    /// Whether the classifier says so: the probability reaches the threshold of the label.
    pub called: bool,
    /// Whether it is there with the error rate in use; `None` where nothing is known of that.
    pub presence: Option<Presence>,
}

fn default_level() -> usize {
    RISK_LEVELS.iter().position(|&risk| risk == DEFAULT_RISK).unwrap_or(0)
}

impl LabelRules {
    /// Fits them to `logits` (n, labels) of models that have not learned from the photographs, which show what `shown` (n, labels)
    /// says.
    ///
    /// # Errors
    /// Lists whose lengths do not fit, logits that are not finite.
    pub fn fit(
        logits: &[f32],
        shown: &[bool],
        groups: &Groups,
        calibrated: Calibrated,
        labels: usize,
    ) -> Result<Self, MetricsError> {
        let rules = (0..labels).map(|label| {
            let of = |place: usize| place * labels + label;
            let count = groups.photographs();
            let logits: Vec<f32> = (0..count).filter_map(|photo| logits.get(of(photo)).copied()).collect();
            let shown: Vec<bool> = (0..count).filter_map(|photo| shown.get(of(photo)).copied()).collect();
            LabelRule::fit(&logits, &shown, groups)
        });
        Ok(Self {
            photographs: groups.photographs(),
            groups: groups.count(),
            calibrated,
            labels: rules.collect::<Result<_, _>>()?,
            chosen: default_level(),
        })
    }

    /// Those of a classifier of so many labels for which nothing was held back: a label is there from a probability of a half.
    #[must_use]
    pub fn unfitted(labels: usize) -> Self {
        let rule = LabelRule { platt: Platt::default(), threshold: 0.5, sets: Vec::new() };
        Self {
            photographs: 0,
            groups: 0,
            calibrated: Calibrated::Reused,
            labels: vec![rule; labels],
            chosen: default_level(),
        }
    }

    /// Uses the level for the target error rate `risk`, one of [`RISK_LEVELS`], from now on.
    ///
    /// # Errors
    /// [`ModelError::Risk`] for another rate; nothing changes then.
    pub fn set_risk(&mut self, risk: f64) -> Result<(), ModelError> {
        let place = RISK_LEVELS.iter().position(|&level| level == risk);
        self.chosen = place.ok_or_else(|| ModelError::Risk {
            risk,
            known: RISK_LEVELS.map(|level| level.to_string()).join(", "),
        })?;
        Ok(())
    }

    /// The target error rate in use.
    #[must_use]
    pub fn risk(&self) -> f64 {
        RISK_LEVELS[self.chosen]
    }

    /// The thresholds of the labels.
    #[must_use]
    pub fn thresholds(&self) -> Vec<f64> {
        self.labels.iter().map(|rule| rule.threshold).collect()
    }

    /// Probabilities of the labels from their logits, in their order.
    #[must_use]
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        self.labels.iter().zip(logits).map(|(rule, &logit)| rule.platt.probability(logit)).collect()
    }

    /// What is said of each label of a photograph with these logits.
    #[must_use]
    pub fn answers(&self, logits: &[f32]) -> Vec<LabelAnswer> {
        let probabilities = self.probabilities(logits);
        let called = calls(&probabilities, &self.thresholds()).collect::<Vec<_>>();
        let answer = |((rule, &probability), called): ((&LabelRule, &f64), bool)| LabelAnswer {
            probability,
            called,
            presence: rule.presence(probability, self.chosen),
        };
        self.labels.iter().zip(&probabilities).zip(called).map(answer).collect()
    }

    /// Refuses numbers that no training gives, for a classifier of so many labels.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn check(&self, labels: usize) -> Result<(), String> {
        if self.labels.len() != labels {
            return Err(format!("it has rules for {} labels and {labels} are named", self.labels.len()));
        }
        for LabelRule { platt, threshold, sets } in &self.labels {
            let numbers = [platt.scale, platt.shift, *threshold];
            let is_finite = numbers.iter().all(|value| value.is_finite());
            if !is_finite || platt.scale <= 0.0 || !(0.0..=1.0).contains(threshold) {
                return Err(
                    "a calibration or threshold of a label is out of its range; train again".to_owned()
                );
            }
            let levels = sets.iter().map(|sets| sets.alpha);
            if !sets.is_empty() && !levels.eq(RISK_LEVELS) {
                return Err("its risk levels are not those of this version of foliar; train again".to_owned());
            }
            sets.iter().try_for_each(|sets| sets.check(2)).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl LabelRule {
    fn fit(logits: &[f32], shown: &[bool], groups: &Groups) -> Result<Self, MetricsError> {
        let platt = Platt::fit(logits, shown);
        let probabilities: Vec<f64> = logits.iter().map(|&logit| platt.probability(logit)).collect();
        let threshold = best_threshold(&probabilities, shown);
        // Two classes whose logits differ by that of the label.
        let rows = logits.iter().flat_map(|&logit| [0.0, platt.logit(f64::from(logit)) as f32]).collect();
        let labels = shown.iter().copied().map(u32::from).collect();
        let predictions = Predictions::new(rows, labels, groups.clone(), 2)?;
        let fit = |risk: f64| ConformalSets::fit(&predictions, risk, Conditioning::ClassConditional);
        let sets = RISK_LEVELS.into_iter().map(fit).collect::<Result<_, _>>()?;
        Ok(Self { platt, threshold, sets })
    }

    fn presence(&self, probability: f64, level: usize) -> Option<Presence> {
        let set = self.sets.get(level)?.set(&[1.0 - probability, probability]).ok()?;
        Some(match set.as_slice() {
            [0] => Presence::Absent,
            [1] => Presence::Present,
            _ => Presence::Unsure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Photographs of one label whose logit is the larger the likelier they show it.
    fn drawn(count: usize, seed: u64) -> (Vec<f32>, Vec<bool>) {
        let noise = |i: usize, k: u64| {
            let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(2 * (seed + k) + 1);
            ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64 / f64::from(1 << 24)
        };
        (0..count)
            .map(|i| {
                let z = 6.0 * noise(i, 1) - 3.0;
                (z as f32, noise(i, 2) < foliar_metrics::sigmoid(z))
            })
            .unzip()
    }

    #[test]
    fn of_photographs_with_and_without_a_label_as_many_are_right_as_promised() {
        let mut covered = [0.0; 2];
        let rounds = 30;
        for seed in 0..rounds {
            let (logits, shown) = drawn(400, seed);
            let groups = Groups::independent(400);
            let rules = LabelRules::fit(&logits, &shown, &groups, Calibrated::HeldOut, 1).unwrap();
            let (logits, shown) = drawn(1000, 500 + seed);
            for there in [false, true] {
                let of: Vec<f32> =
                    logits.iter().zip(&shown).filter(|(_, s)| **s == there).map(|(z, _)| *z).collect();
                let wrong = if there { Presence::Absent } else { Presence::Present };
                let held = of.iter().filter(|&&z| rules.answers(&[z])[0].presence != Some(wrong)).count();
                covered[usize::from(there)] += held as f64 / of.len() as f64 / rounds as f64;
            }
        }
        assert!(covered.iter().all(|share| (0.88..0.94).contains(share)), "{covered:?}");
    }

    #[test]
    fn what_was_written_is_read_and_what_no_training_gives_is_refused() {
        let (logits, shown) = drawn(100, 3);
        let groups = Groups::independent(50);
        let rules = LabelRules::fit(&logits, &shown, &groups, Calibrated::Refitted, 2).unwrap();
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<LabelRules>(&text).unwrap(), rules);
        assert!(rules.check(2).is_ok() && rules.check(3).is_err());
        let changed = |change: &dyn Fn(&mut LabelRule)| {
            let mut rules = rules.clone();
            change(&mut rules.labels[1]);
            rules.check(2)
        };
        assert!(changed(&|rule| rule.threshold = f64::NAN).is_err());
        assert!(changed(&|rule| rule.platt.scale = 0.0).is_err());
        assert!(changed(&|rule| drop(rule.sets.pop())).is_err());
        let unfitted = LabelRules::unfitted(2);
        assert!(unfitted.check(2).is_ok());
        let answers = unfitted.answers(&[0.5, -0.5]);
        assert_eq!((answers[0].called, answers[1].called, answers[0].presence), (true, false, None));
    }

    #[test]
    fn a_label_that_is_on_no_photograph_is_not_called() {
        let logits: Vec<f32> = (0..40).map(|i| i as f32 / 10.0 - 4.0).collect();
        let groups = Groups::independent(40);
        let rules = LabelRules::fit(&logits, &[false; 40], &groups, Calibrated::HeldOut, 1).unwrap();
        let answer = rules.answers(&[-3.0])[0];
        assert!(!answer.called && answer.probability < 0.2, "{answer:?}");
    }
}
