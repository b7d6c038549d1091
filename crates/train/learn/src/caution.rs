//! What a classifier knows of its own limits: how far its probabilities can be trusted, and what it was made for.
//!
//! All of it is fitted once, at the end of training. Sets and the threshold of the confidence come from what was said of
//! photographs by classifiers that had not learnt from them: those held back for validation, or all in a cross-validation.
//! What features look like is learnt from the photographs trained on, and how unlike them a photograph may be from those for
//! validation. Epoch and temperature were chosen by the same outputs, so that what is promised here flatters a little: two
//! numbers were fitted that the promise of conformal prediction does not allow for.

mod stored;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use foliar_metrics::{
    Conditioning, ConformalScore, ConformalSets, GroupedScores, Groups, Guarantee, MahalanobisDetector,
    MetricsError, Predictions, arg_max, conformal_threshold, softmax,
};
use foliar_runlog::StopReason;
use serde::{Deserialize, Serialize};

pub(crate) use self::stored::StoredCaution;
use crate::error::LearnError;
use crate::evidence::{Evidence, Finished};
use crate::held_out::HeldOut;

/// How often a set may miss the truth, and an answer may be wrong: what a classifier can be asked for.
pub const ERRORS: [f64; 5] = [0.2, 0.1, 0.05, 0.02, 0.01];
/// The place among [`ERRORS`] of the one that is used unless another is asked for.
const USUAL: usize = 1;
/// How sure it is that answers are wrong no more often.
const PROOF: f64 = 0.95;
/// Share of new photographs of the classes that are not taken for something else.
const KEPT: f64 = 0.95;
/// Groups of a class from which on it gets a threshold of its own: the truth is then missed at most a fiftieth less often than
/// is promised, and sets are not larger than they must be.
const MANY: usize = 50;
/// Lowest confidence of an answer: below it is more likely wrong than right by its own words.
const EVEN: f64 = 0.5;

/// What a classifier knows of its own limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Caution {
    /// Photographs that it was fitted on.
    pub photographs: usize,
    /// Groups of photographs among them.
    pub groups: usize,
    /// One for each of [`ERRORS`], in their order.
    pub levels: Vec<Level>,
    /// What it was made for; `None` if there were too few photographs to tell.
    pub outside: Option<Outside>,
    /// Place of the level in use.
    chosen: usize,
}

/// What is promised for one share of errors, e.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Sets of classes that hold the truth with a probability of 1 - e. A set is empty where no class fits as well as the
    /// truth does for 1 - e of the photographs.
    pub sets: ConformalSets,
    /// Confidence, 0.5 to 1 - e, below which it does not know: the lowest for which it is proven that at most a share e of
    /// the answers is wrong; 1 - e, which is right often enough by its own words, if the photographs prove nothing.
    pub threshold: f64,
}

/// What a classifier was made for.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Where features of photographs lie that it has learnt from.
    pub distance: MahalanobisDetector,
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
    /// Places of the classes that may be the truth, the most probable first; none if no class fits well enough.
    pub set: Vec<usize>,
    /// Distance of its features from those learnt from, in units of the threshold: above 1 is outside. `None` if that can
    /// not be told.
    pub distance: Option<f64>,
    /// Why the classifier does not know; `None` if it does.
    pub doubt: Option<Doubt>,
}

impl Caution {
    /// What a finished network knows of its own limits: from what it said of photographs that it had not learnt from, and
    /// from what photographs look like to it. `progress` is told (photographs done, in all) and may end it.
    pub(crate) fn of(
        finished: &Finished<'_>,
        held_out: &HeldOut,
        temperature: f64,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, Self>, LearnError> {
        let evidence = match finished.evidence(progress)? {
            ControlFlow::Continue(evidence) => evidence,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let clusters = finished.photographs.clusters();
        let groups: Vec<u64> = held_out.photos.iter().map(|&photo| clusters[photo] as u64).collect();
        let classes = finished.photographs.dataset.classes.len();
        let scale = (1.0 / temperature) as f32;
        let logits = held_out.logits.iter().map(|logit| logit * scale).collect();
        let said = Predictions::new(logits, held_out.labels.clone(), Groups::new(&groups), classes)?;
        Ok(ControlFlow::Continue(Self::fit(&said, &evidence)?))
    }

    /// From what the classifier `said`, with calibrated probabilities, of photographs that it had not learnt from, and from
    /// features.
    ///
    /// # Errors
    /// None that is expected.
    pub(crate) fn fit(said: &Predictions, evidence: &Evidence) -> Result<Self, LearnError> {
        Ok(Self {
            photographs: said.len(),
            groups: said.groups().count(),
            levels: ERRORS.into_iter().map(|error| Level::fit(said, error)).collect::<Result<_, _>>()?,
            // What too few photographs can not tell is left out.
            outside: Outside::fit(evidence).ok(),
            chosen: USUAL,
        })
    }

    /// Promises a share of errors, one of [`ERRORS`], from now on; whether it is one.
    #[must_use]
    pub fn choose(&mut self, error: f64) -> bool {
        let place = self.levels.iter().position(|level| level.sets.alpha == error);
        self.chosen = place.unwrap_or(self.chosen);
        place.is_some()
    }

    /// The level in use: that of a tenth unless another was chosen.
    pub fn level(&self) -> &Level {
        &self.levels[self.chosen]
    }

    /// What there is to say of a photograph with these logits, divided by the temperature, and features.
    pub(crate) fn judge(&self, logits: &[f32], features: &[f32]) -> Judgement {
        self.judge_at(logits, self.outside.as_ref().map(|outside| outside.relative(features)))
    }

    /// The same, at a known distance.
    pub(crate) fn judge_at(&self, logits: &[f32], distance: Option<f64>) -> Judgement {
        let probabilities = softmax(logits);
        let most = arg_max(logits);
        let level = self.level();
        let set = level.sets.set(&probabilities, 0).unwrap_or_default();
        let doubt = if distance.is_some_and(|distance| distance > 1.0) {
            Some(Doubt::Outside)
        } else {
            (probabilities[most] < level.threshold).then_some(Doubt::Unsure)
        };
        Judgement { set, distance, doubt }
    }
}

impl Level {
    fn fit(said: &Predictions, error: f64) -> Result<Self, MetricsError> {
        let proven = Guarantee::fit(&said.confidences(), &said.correct(), said.groups(), error, PROOF)?;
        let threshold = proven.proven().map_or(1.0 - error, |proven| proven.threshold);
        Ok(Self {
            sets: ConformalSets::fit(said, error, ConformalScore::LeastAmbiguous, conditioning(said, error))?,
            threshold: threshold.clamp(EVEN, 1.0 - error),
        })
    }
}

impl Outside {
    fn fit(evidence: &Evidence) -> Result<Self, MetricsError> {
        let distance = MahalanobisDetector::fit(&evidence.train, &evidence.train_labels, evidence.width)?;
        let rows = evidence.validation.chunks_exact(evidence.width.max(1));
        let scores: Vec<f64> = rows.map(|row| distance.score(row)).collect::<Result<_, _>>()?;
        if scores.is_empty() {
            return Err(MetricsError::TooFew { what: "threshold of the distance", found: 0, needed: 1 });
        }
        let groups = Groups::new(&evidence.validation_groups);
        let threshold = conformal_threshold(GroupedScores { scores: &scores, groups: &groups }, KEPT)?
            .max(f64::MIN_POSITIVE);
        Ok(Self { distance, threshold })
    }

    /// Distance in units of the threshold.
    fn relative(&self, features: &[f32]) -> f64 {
        self.distance.score(features).map_or(f64::INFINITY, |distance| distance / self.threshold)
    }
}

/// A threshold for each class where every class has [`MANY`] groups or more, and enough to prove so small a share of errors;
/// else one for all.
fn conditioning(said: &Predictions, error: f64) -> Conditioning {
    let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
    seen.extend(said.labels().iter().copied().zip(said.groups().of().iter().copied()));
    let mut groups = vec![0; said.classes()];
    seen.iter().for_each(|&(class, _)| groups[class as usize] += 1);
    let needed = MANY.max((1.0 / error).ceil() as usize);
    if groups.iter().all(|&groups| groups >= needed) {
        Conditioning::ClassConditional
    } else {
        Conditioning::Marginal
    }
}

#[cfg(test)]
mod tests {
    use foliar_metrics::Groups;

    use super::*;

    /// Features of two classes at (±3, 0, ...).
    fn evidence(photographs: usize) -> Evidence {
        let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1000) as f32 / 500.0 - 1.0;
        let feature = |i: usize| -> Vec<f32> {
            (0..6).map(|j| noise(i, j) + if j == 0 { 6.0 * (i % 2) as f32 - 3.0 } else { 0.0 }).collect()
        };
        Evidence {
            width: 6,
            train: (0..photographs).flat_map(feature).collect(),
            train_labels: (0..photographs as u32).map(|i| i % 2).collect(),
            validation: (1000..1000 + photographs).flat_map(feature).collect(),
            validation_groups: (0..photographs as u64).collect(),
        }
    }

    /// One in ten is called wrongly, the less sure the sooner.
    fn said(photographs: usize) -> Predictions {
        let logits = |i: usize| {
            let sure = 1.0 + 5.0 * i as f32 / photographs as f32;
            let wrong = i.is_multiple_of(3) && i < photographs * 3 / 10;
            if i.is_multiple_of(2) != wrong { [sure, 0.0] } else { [0.0, sure] }
        };
        let labels = (0..photographs as u32).map(|i| i % 2).collect();
        let logits = (0..photographs).flat_map(logits).collect();
        Predictions::new(logits, labels, Groups::independent(photographs), 2).unwrap()
    }

    fn fitted(photographs: usize) -> Caution {
        Caution::fit(&said(photographs), &evidence(photographs)).unwrap()
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
    fn classes_have_thresholds_of_their_own_where_each_has_many_photographs() {
        assert_eq!(fitted(200).level().sets.own, [true, true]);
        assert_eq!(fitted(60).level().sets.own, [false, false]);
    }

    #[test]
    fn fewer_errors_take_larger_sets_and_surer_answers() {
        let mut caution = fitted(2000);
        let mut last = None;
        for error in ERRORS {
            assert!(caution.choose(error), "{error}");
            let Level { sets, threshold } = caution.level().clone();
            assert!((0.5..=1.0 - error).contains(&threshold), "{error}: {threshold}");
            if let Some((sets_before, threshold_before)) = last {
                assert!(sets.overall >= sets_before && threshold >= threshold_before, "{error}");
            }
            last = Some((sets.overall, threshold));
        }
        assert!(!caution.choose(0.3));
        assert_eq!(caution.level().sets.alpha, 0.01, "what can not be promised changes nothing");
    }

    #[test]
    fn a_photograph_that_fits_worse_than_the_truth_mostly_does_has_an_empty_set() {
        let said = |photographs: usize| {
            let logits = (0..photographs).flat_map(|i| if i % 2 == 0 { [6.0, 0.0] } else { [0.0, 6.0] });
            let labels = (0..photographs as u32).map(|i| i % 2).collect();
            Predictions::new(logits.collect(), labels, Groups::independent(photographs), 2).unwrap()
        };
        let caution = Caution::fit(&said(200), &evidence(200)).unwrap();
        let judgement = caution.judge(&[3.0, 0.0], &[-3.0, 0.1, 0.0, 0.2, -0.1, 0.0]);
        assert_eq!((judgement.set, judgement.doubt), (vec![], None));
    }

    #[test]
    fn few_photographs_give_less_and_none_gives_nothing() {
        let few = fitted(3);
        assert!(few.outside.is_none());
        assert_eq!(few.judge(&[5.0, 0.0], &[0.0; 6]).set, [0, 1], "nothing can be promised by one class");
        assert_eq!(few.level().threshold, 0.9, "nothing is proven");
        let none = fitted(0);
        assert_eq!((none.photographs, none.outside), (0, None));
    }
}
