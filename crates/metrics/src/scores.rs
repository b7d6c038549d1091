//! Every figure of a set of predictions, and every figure with its interval.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n, C | photographs, classes |
//! | p_c, y | probability of class c and the true class of a photograph |
//! | N | (C, C) confusion: truth by call |
//! | k | how many classes may be named |
//!
//! | figure | definition | source |
//! | --- | --- | --- |
//! | balanced accuracy | mean recall over the classes that occur | Brodersen et al. 2010 |
//! | macro F1 | mean F1 over the classes that occur or are called | |
//! | top-k accuracy | share whose truth is among the k most probable classes, of equals the first | |
//! | Matthews | correlation of truth and call | Gorodkin 2004, equation 2 |
//! | κ | agreement beyond that of equal margins | Cohen 1960 |
//! | Brier | mean of Σ_c (p_c - \[c = y\])², in 0..=2 | Brier 1950, equation 2 |

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Estimate, share_interval};
use crate::error::{MetricsError, check_length};
use crate::predictions::Predictions;
use crate::tally::{Cases, Tally};

/// The k of the top-k accuracies, of which those below C are given.
pub(crate) const TOP: [usize; 3] = [2, 3, 5];

/// Every figure: `Scores<f64>`, or `Scores<Estimate>` with intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores<T> {
    /// Share called rightly.
    pub accuracy: T,
    /// Mean recall over the classes that occur.
    pub balanced_accuracy: T,
    /// Mean F1 over the classes that occur or are called.
    pub macro_f1: T,
    /// Top-k accuracies, by ascending k.
    pub top: Vec<TopScore<T>>,
    /// Matthews' correlation, -1..=1; 0 where truth or call is always the same class.
    pub matthews: T,
    /// Cohen's kappa, up to 1; 0 where truth and call are always the same class.
    pub kappa: T,
    /// Mean cross-entropy in nats.
    pub loss: T,
    /// Brier score, summed over the classes, 0..=2.
    pub brier: T,
    /// Expected calibration error in 15 bins of equal width.
    pub calibration_error: T,
    /// Expected calibration error in 15 bins of equally many photographs.
    pub adaptive_calibration_error: T,
    /// Each class, in the order of the logits.
    pub classes: Vec<ClassScores<T>>,
}

/// How often the truth is among the most probable classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopScore<T> {
    /// How many classes may be named.
    pub k: usize,
    /// The share.
    pub accuracy: T,
}

/// Figures of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores<T> {
    /// Of those called so, the share that are; 0 if none was.
    pub precision: T,
    /// Of those that are, the share called so; 0 if there is none.
    pub recall: T,
    /// 2 precision recall / (precision + recall); 0 if both are 0.
    pub f1: T,
}

impl<T> Scores<T> {
    /// The same figures, each as `change` makes it, always in the same order.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Scores<U> {
        Scores {
            accuracy: change(self.accuracy),
            balanced_accuracy: change(self.balanced_accuracy),
            macro_f1: change(self.macro_f1),
            top: self
                .top
                .into_iter()
                .map(|top| TopScore { k: top.k, accuracy: change(top.accuracy) })
                .collect(),
            matthews: change(self.matthews),
            kappa: change(self.kappa),
            loss: change(self.loss),
            brier: change(self.brier),
            calibration_error: change(self.calibration_error),
            adaptive_calibration_error: change(self.adaptive_calibration_error),
            classes: self
                .classes
                .into_iter()
                .map(|class| ClassScores {
                    precision: change(class.precision),
                    recall: change(class.recall),
                    f1: change(class.f1),
                })
                .collect(),
        }
    }
}

impl Scores<f64> {
    /// Every figure of `predictions`. Without photographs all are 0.
    pub fn of(predictions: &Predictions) -> Self {
        let cases = Cases::new(predictions);
        let mut tally = Tally::new(&cases);
        tally.fill(&cases, &vec![1; predictions.len()]);
        tally.scores(&cases, 0.0)
    }
}

impl Scores<Estimate> {
    /// Every figure of `predictions` with its interval by group. A class counts in the resamples in which it occurs. Shares
    /// of 0 and 1 have Wilson's interval of as many trials as there are groups, since all resamples agree on them.
    pub fn with_intervals(predictions: &Predictions, bootstrap: &Bootstrap) -> Self {
        let cases = Cases::new(predictions);
        let mut tally = Tally::new(&cases);
        let mut columns = Columns::default();
        bootstrap.resample(predictions.groups(), |_, weights| {
            tally.fill(&cases, weights);
            columns.push(tally.scores(&cases, f64::NAN));
        });
        let mut scores = columns.intervals(Scores::of(predictions), bootstrap);
        let groups = predictions.groups();
        let whole = groups.count();
        let share = |estimate: &mut Estimate, groups: usize| {
            estimate.interval = share_interval(estimate.value, estimate.interval, groups);
        };
        share(&mut scores.accuracy, whole);
        share(&mut scores.balanced_accuracy, whole);
        share(&mut scores.macro_f1, whole);
        scores.top.iter_mut().for_each(|top| share(&mut top.accuracy, whole));
        for (class, scores) in scores.classes.iter_mut().enumerate() {
            let class = class as u32;
            let truths = groups.count_where(|index| cases.labels[index] == class);
            let calls = groups.count_where(|index| cases.calls[index] == class);
            share(&mut scores.precision, calls);
            share(&mut scores.recall, truths);
            share(&mut scores.f1, truths.max(calls));
        }
        scores
    }

    /// `first` minus `second` for every figure, on the same photographs, with its interval by group: both are judged on the
    /// same resamples. A difference whose interval does not hold 0 is more than chance.
    ///
    /// # Errors
    /// Predictions for other photographs: other labels, groups or numbers of classes.
    pub fn of_difference(
        first: &Predictions,
        second: &Predictions,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        check_length("classes of the second predictions", second.classes(), first.classes())?;
        check_length("photographs of the second predictions", second.len(), first.len())?;
        if first.labels() != second.labels() || first.groups() != second.groups() {
            return Err(MetricsError::Unpaired);
        }
        let cases = [Cases::new(first), Cases::new(second)];
        let mut tallies = [Tally::new(&cases[0]), Tally::new(&cases[1])];
        let mut columns = Columns::default();
        bootstrap.resample(first.groups(), |_, weights| {
            let [first, second] = [0, 1].map(|which| {
                tallies[which].fill(&cases[which], weights);
                tallies[which].scores(&cases[which], f64::NAN)
            });
            columns.push(difference(first, &second));
        });
        Ok(columns.intervals(difference(Scores::of(first), &Scores::of(second)), bootstrap))
    }
}

/// Each figure of `first` minus that of `second`, which has as many.
fn difference(first: Scores<f64>, second: &Scores<f64>) -> Scores<f64> {
    let mut others = Vec::new();
    second.clone().map(|value| others.push(value));
    let mut others = others.into_iter();
    first.map(|value| value - others.next().unwrap_or(f64::NAN))
}

/// The values of each figure over the resamples, in the order of [`Scores::map`].
#[derive(Default)]
struct Columns(Vec<Vec<f64>>);

impl Columns {
    fn push(&mut self, scores: Scores<f64>) {
        let mut place = 0;
        scores.map(|value| {
            if place == self.0.len() {
                self.0.push(Vec::new());
            }
            self.0[place].push(value);
            place += 1;
        });
    }

    /// Figures with the intervals of their columns; a point where no resample speaks.
    fn intervals(self, scores: Scores<f64>, bootstrap: &Bootstrap) -> Scores<Estimate> {
        let mut columns = self.0.into_iter();
        scores.map(|value| {
            let interval = columns.next().and_then(|mut column| bootstrap.interval(&mut column));
            Estimate { value, interval: interval.unwrap_or([value; 2]) }
        })
    }
}
