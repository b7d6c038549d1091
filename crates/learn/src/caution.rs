//! What a classifier knows of its own limits: how far its probabilities can be trusted, and what it was made for.
//!
//! All of it is fitted once, at the end of training. Sets and the threshold of the confidence come from the photographs held
//! back for validation, and so does how unlike a photograph may be; what features of photographs look like is learnt from
//! those trained on. Epoch and temperature were chosen on the same validation photographs, so that what is promised here
//! flatters a little: two numbers more were fitted than the promise of conformal prediction allows for.

mod stored;

use foliar_metrics::{
    ConformalScore, ConformalSets, FeatureDistance, Groups, MetricsError, Predictions, Promise, arg_max,
    softmax, threshold_of,
};

pub(crate) use self::stored::{StoredCaution, is_caution};
use crate::error::LearnError;
use crate::evidence::Evidence;

/// How often a set may miss the truth, and an answer may be wrong.
const ALPHA: f64 = 0.1;
/// Share of new photographs of the classes that are not taken for something else.
const KEPT: f64 = 0.95;
/// Bounds of the confidence that an answer needs: below the first it is more likely wrong than right by its own words; the
/// second is right often enough by its own words.
const CONFIDENCE: [f64; 2] = [0.5, 1.0 - ALPHA];

/// What a classifier knows of its own limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Caution {
    /// Validation photographs that it was fitted on.
    pub photographs: usize,
    /// Groups of photographs among them.
    pub groups: usize,
    /// Sets of classes that hold the truth with a probability of 0.9 or more.
    pub sets: ConformalSets,
    /// Confidence, 0.5 to 0.9, below which it does not know: the lowest at which a tenth of the answers was wrong.
    pub threshold: f64,
    /// What it was made for; `None` if there were too few photographs to tell.
    pub outside: Option<Outside>,
}

/// What a classifier was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Where features of photographs lie that it has learnt from.
    pub distance: FeatureDistance,
    /// The distance beyond which a photograph is outside: that of one in twenty validation photographs.
    pub threshold: f64,
}

/// Why a classifier does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The photograph is unlike all that it has learnt from.
    Outside,
    /// No class is probable enough.
    Unsure,
}

/// What a classifier knows of its own limits on one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Places of the classes that may be the truth, the most probable first; at least one.
    pub set: Vec<usize>,
    /// Distance of its features from those learnt from, in units of the threshold: above 1 is outside. `None` if that can
    /// not be told.
    pub distance: Option<f64>,
    /// Why the classifier does not know; `None` if it does.
    pub doubt: Option<Doubt>,
}

impl Caution {
    /// From what the finished network makes of the photographs of its run. `groups` gives each validation photograph a number
    /// that those share which belong together. `None` without validation photographs.
    ///
    /// # Errors
    /// Outputs that are not finite.
    pub(crate) fn fit(
        evidence: &Evidence,
        groups: &[u64],
        temperature: f64,
        classes: usize,
    ) -> Result<Option<Self>, LearnError> {
        if evidence.validation_labels.is_empty() {
            return Ok(None);
        }
        let scale = (1.0 / temperature) as f32;
        let logits = evidence.logits.iter().map(|logit| logit * scale).collect();
        let labels = evidence.validation_labels.clone();
        let predictions = Predictions::new(logits, labels, Groups::new(groups), classes)?;
        let sets =
            ConformalSets::fit(&predictions, ALPHA, ConformalScore::LeastAmbiguous, Promise::ByClass)?;
        Ok(Some(Self {
            photographs: predictions.len(),
            groups: predictions.groups().count(),
            sets,
            threshold: answering(&predictions.confidences(), &predictions.correct()),
            // What too few photographs can not tell is left out.
            outside: Outside::fit(evidence).ok(),
        }))
    }

    /// What there is to say of a photograph with these logits, divided by the temperature, and features.
    pub(crate) fn judge(&self, logits: &[f32], features: &[f32]) -> Judgement {
        let probabilities = softmax(logits);
        let most = arg_max(logits);
        let mut set = self.sets.set(&probabilities, 0).unwrap_or_default();
        if set.is_empty() {
            set.push(most);
        }
        let distance = self.outside.as_ref().map(|outside| outside.relative(features));
        let doubt = if distance.is_some_and(|distance| distance > 1.0) {
            Some(Doubt::Outside)
        } else {
            (probabilities[most] < self.threshold).then_some(Doubt::Unsure)
        };
        Judgement { set, distance, doubt }
    }
}

impl Outside {
    fn fit(evidence: &Evidence) -> Result<Self, MetricsError> {
        let distance = FeatureDistance::fit(&evidence.train, &evidence.train_labels, evidence.width)?;
        let rows = evidence.validation.chunks_exact(evidence.width.max(1));
        let scores: Vec<f64> = rows.map(|row| distance.score(row)).collect::<Result<_, _>>()?;
        let threshold = threshold_of(&scores, KEPT)?.max(f64::MIN_POSITIVE);
        Ok(Self { distance, threshold })
    }

    /// Distance in units of the threshold.
    fn relative(&self, features: &[f32]) -> f64 {
        self.distance.score(features).map_or(f64::INFINITY, |distance| distance / self.threshold)
    }
}

/// The lowest confidence at which at most a share of [`ALPHA`] of the answers is wrong, within [`CONFIDENCE`].
fn answering(confidences: &[f64], right: &[bool]) -> f64 {
    let mut ranked: Vec<(f64, bool)> = confidences.iter().copied().zip(right.iter().copied()).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut wrong, mut threshold) = (0, CONFIDENCE[1]);
    for (index, &(confidence, right)) in ranked.iter().enumerate() {
        wrong += usize::from(!right);
        let answered = (index + 1) as f64;
        let tied = ranked.get(index + 1).is_some_and(|next| next.0 == confidence);
        if !tied && f64::from(wrong as u32) <= ALPHA * answered {
            threshold = confidence;
        }
    }
    threshold.clamp(CONFIDENCE[0], CONFIDENCE[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes at (±3, 0, ...), which the first logit tells apart with a few mistakes.
    fn evidence(photographs: usize) -> Evidence {
        let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1000) as f32 / 500.0 - 1.0;
        let feature = |i: usize| -> Vec<f32> {
            (0..6).map(|j| noise(i, j) + if j == 0 { 6.0 * (i % 2) as f32 - 3.0 } else { 0.0 }).collect()
        };
        let labels: Vec<u32> = (0..photographs as u32).map(|i| i % 2).collect();
        let called = |i: usize| if i.is_multiple_of(10) { 1 - i % 2 } else { i % 2 };
        Evidence {
            width: 6,
            train: (0..photographs).flat_map(feature).collect(),
            train_labels: labels.clone(),
            validation: (1000..1000 + photographs).flat_map(feature).collect(),
            logits: (0..photographs)
                .flat_map(|i| {
                    let sure = 1.0 + (i % 50) as f32 / 10.0;
                    if called(i) == 0 { [sure, 0.0] } else { [0.0, sure] }
                })
                .collect(),
            validation_labels: labels,
        }
    }

    fn fitted(photographs: usize) -> Caution {
        let groups: Vec<u64> = (0..photographs as u64).collect();
        Caution::fit(&evidence(photographs), &groups, 1.0, 2).unwrap().unwrap()
    }

    #[test]
    fn a_photograph_like_none_before_is_outside_however_sure_the_network_is() {
        let caution = fitted(200);
        let inside = caution.judge(&[9.0, 0.0], &[-3.0, 0.1, 0.0, 0.2, -0.1, 0.0]);
        assert_eq!((inside.doubt, inside.set), (None, vec![0]));
        assert!(inside.distance.unwrap() < 1.0);
        let stranger = caution.judge(&[9.0, 0.0], &[0.0, 9.0, 9.0, -9.0, 9.0, 9.0]);
        assert_eq!(stranger.doubt, Some(Doubt::Outside));
        let broken = caution.judge(&[9.0, 0.0], &[f32::NAN; 6]);
        assert_eq!(broken.doubt, Some(Doubt::Outside));
    }

    #[test]
    fn a_photograph_between_two_classes_has_both_in_its_set() {
        let unsure = fitted(200).judge(&[0.0, 0.001], &[3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(unsure.set[0], 1);
        assert_eq!(unsure.set.len(), 2);
    }

    #[test]
    fn few_photographs_give_less_and_none_gives_nothing() {
        let few = fitted(3);
        assert!(few.outside.is_none());
        assert_eq!(few.judge(&[5.0, 0.0], &[0.0; 6]).set, [0, 1], "nothing can be promised by one class");
        assert_eq!(Caution::fit(&evidence(0), &[], 1.0, 2).unwrap(), None);
    }

    #[test]
    fn the_threshold_is_the_lowest_confidence_that_is_right_often_enough() {
        let right = |count: usize, wrong: &[usize]| -> Vec<bool> { (0..count).map(|i| !wrong.contains(&i)).collect() };
        let confidences: Vec<f64> = (0..20).map(|i| 0.99 - 0.02 * f64::from(i)).collect();
        // One of the first ten and the last three are wrong: two of eighteen are too many, one of seventeen is not.
        assert_eq!(answering(&confidences, &right(20, &[9, 17, 18, 19])), confidences[16]);
        assert_eq!(answering(&confidences, &right(20, &[])), confidences[19]);
        assert_eq!(answering(&confidences, &right(20, &[0, 1, 2, 3, 4, 5])), 0.9);
        assert_eq!(answering(&[0.3; 5], &[true; 5]), 0.5);
        assert_eq!(answering(&[], &[]), 0.9);
        assert_eq!(answering(&[0.8; 4], &[true, true, true, false]), 0.9, "equals stand or fall together");
    }
}
