//! From predictions to their scores, and to the scores' intervals by resampling groups.

use std::iter;

use crate::bootstrap::{Bootstrap, proportion_interval};
use crate::error::{MetricsError, check_length};
use crate::estimate::Estimate;
use crate::groups::Groups;
use crate::predictions::Predictions;
use crate::scores::Scores;
use crate::tally::{Cases, Tally};

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
    /// Every figure of `predictions` with its interval by group. A class counts in the resamples in which it occurs. Proportions
    /// of 0 and 1 have Wilson's interval of as many trials as there are groups, since all resamples agree on them.
    pub fn with_intervals(predictions: &Predictions, bootstrap: &Bootstrap) -> Self {
        let cases = Cases::new(predictions);
        let mut tally = Tally::new(&cases);
        let mut columns = Columns::default();
        bootstrap.resample(predictions.groups(), |_, weights| {
            tally.fill(&cases, weights);
            columns.push(tally.scores(&cases, f64::NAN));
        });
        let groups = predictions.groups();
        let whole = groups.count();
        let of_classes = ClassGroups::of(&cases, groups);
        let mut scores = columns.intervals(Scores::of(predictions), bootstrap, whole, &of_classes);
        let proportion =
            |estimate: &mut Estimate, groups: usize| *estimate = proportion_interval(*estimate, groups);
        proportion(&mut scores.accuracy, whole);
        proportion(&mut scores.balanced_accuracy, whole);
        proportion(&mut scores.macro_f1, whole);
        scores.top.iter_mut().for_each(|top| proportion(&mut top.accuracy, whole));
        for (scores, groups) in scores.classes.iter_mut().zip(&of_classes) {
            proportion(&mut scores.precision, groups.precision);
            proportion(&mut scores.recall, groups.recall);
            proportion(&mut scores.f1, groups.f1);
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
        check_length("photos of the second predictions", second.len(), first.len())?;
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
        let whole = first.groups().count();
        let of_classes = ClassGroups::of_two(&cases, first.groups());
        let scores = difference(Scores::of(first), &Scores::of(second));
        Ok(columns.intervals(scores, bootstrap, whole, &of_classes))
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

    /// Figures with the intervals of their columns; a point where no resample speaks. Figures of a class rest on its own groups,
    /// the others on all `groups`.
    fn intervals(
        self,
        scores: Scores<f64>,
        bootstrap: &Bootstrap,
        groups: usize,
        of_classes: &[ClassGroups],
    ) -> Scores<Estimate> {
        let by_class = of_classes.iter().flat_map(|class| [class.precision, class.recall, class.f1]);
        let overall = self.0.len().saturating_sub(3 * of_classes.len());
        let mut groups = iter::repeat_n(groups, overall).chain(by_class);
        let mut columns = self.0.into_iter();
        scores.map(|value| {
            let column = columns.next().zip(groups.next());
            let interval = column.and_then(|(mut column, groups)| bootstrap.interval(&mut column, groups));
            Estimate::new(value, interval.unwrap_or([value; 2]))
        })
    }
}

/// On how many groups each figure of a class rests.
struct ClassGroups {
    /// Groups with a photograph that is called the class.
    precision: usize,
    /// Groups with a photograph of the class.
    recall: usize,
    /// The larger of the two.
    f1: usize,
}

impl ClassGroups {
    fn of(cases: &Cases, groups: &Groups) -> Vec<Self> {
        let of_class = |class: u32| {
            let precision = groups.count_where(|index| cases.calls[index] == class);
            let recall = groups.count_where(|index| cases.labels[index] == class);
            Self { precision, recall, f1: precision.max(recall) }
        };
        (0..cases.classes as u32).map(of_class).collect()
    }

    /// The larger of what two classifiers have.
    fn of_two(cases: &[Cases; 2], groups: &Groups) -> Vec<Self> {
        let [first, second] = [0, 1].map(|which| Self::of(&cases[which], groups));
        let larger = |(a, b): (Self, Self)| Self {
            precision: a.precision.max(b.precision),
            recall: a.recall.max(b.recall),
            f1: a.f1.max(b.f1),
        };
        first.into_iter().zip(second).map(larger).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::Metrics;
    use crate::proportion::wilson;
    use crate::scores::ClassScores;

    fn quick() -> Bootstrap {
        Bootstrap { resamples: 200, ..Bootstrap::default() }
    }

    fn predictions(logits: Vec<f32>, labels: Vec<u32>, groups: &[u64], classes: usize) -> Predictions {
        Predictions::new(logits, labels, Groups::new(groups), classes).unwrap()
    }

    fn listed<T>(scores: Scores<T>) -> Vec<T> {
        let mut list = Vec::new();
        scores.map(|value| list.push(value));
        list
    }

    #[test]
    fn figures_by_hand() {
        // Truth a a b b, called a b b b with probability 0.8; class c does not occur.
        let (high, low) = (0.8f64.ln() as f32, 0.1f64.ln() as f32);
        let rows = [[high, low, low], [low, high, low], [low, high, low], [low, high, low]];
        let predictions = predictions(rows.concat(), vec![0, 0, 1, 1], &[0, 1, 2, 3], 3);
        let scores = Scores::of(&predictions);
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        near(scores.accuracy, 0.75);
        near(scores.balanced_accuracy, 0.75);
        near(scores.macro_f1, (2.0 / 3.0 + 0.8) / 2.0);
        // (c s - Σ p t) / √((s² - Σ p²)(s² - Σ t²)) = (12 - 8) / √(6 · 8); κ = (12 - 8) / (16 - 8).
        near(scores.matthews, 4.0 / 48f64.sqrt());
        near(scores.kappa, 0.5);
        near(scores.brier, (3.0 * 0.06 + (0.81 + 0.64 + 0.01)) / 4.0);
        near(scores.loss, -(3.0 * 0.8f64.ln() + 0.1f64.ln()) / 4.0);
        near(scores.calibration_error, 0.05);
        assert_eq!(scores.top.len(), 1);
        near(scores.top[0].accuracy, 1.0);
        let ClassScores { precision, recall, f1 } = scores.classes[2];
        assert_eq!((precision, recall, f1), (0.0, 0.0, 0.0));
    }

    #[test]
    fn all_right_is_not_certain() {
        let predictions = predictions([3.0, 0.0].repeat(6), vec![0; 6], &[0, 0, 1, 1, 2, 2], 2);
        let scores = Scores::with_intervals(&predictions, &quick());
        assert_eq!(scores.accuracy, Estimate::new(1.0, wilson(3, 3)));
        assert_eq!(scores.classes[0].recall.interval(), wilson(3, 3));
        assert_eq!(scores.classes[1].recall, Estimate::new(0.0, [0.0, 1.0]));
        assert_eq!((scores.matthews.value, scores.kappa.value), (0.0, 0.0));
    }

    #[test]
    fn no_photograph_and_one_class_do_no_harm() {
        let none = predictions(Vec::new(), Vec::new(), &[], 3);
        assert!(listed(Scores::of(&none)).into_iter().all(|value| value == 0.0));
        assert_eq!(Scores::with_intervals(&none, &quick()).accuracy.interval(), [0.0, 1.0]);
        let one = predictions(vec![0.3; 4], vec![0; 4], &[0, 1, 2, 3], 1);
        let scores = Scores::of(&one);
        assert_eq!((scores.accuracy, scores.brier, scores.matthews, scores.top.len()), (1.0, 0.0, 0.0, 0));
        assert!(Scores::of_difference(&none, &one, &quick()).is_err());
    }

    #[test]
    fn a_difference_knows_that_both_saw_the_same_photographs() {
        // The second errs where the first does, and on three photographs more.
        let labels = vec![0; 100];
        let row = |wrong: bool| if wrong { [0.0, 1.0] } else { [1.0, 0.0] };
        let of = |errors: usize| (0..100).flat_map(|index| row(index < errors)).collect();
        let groups: Vec<u64> = (0..100).collect();
        let [first, second] = [40, 43].map(|errors| predictions(of(errors), labels.clone(), &groups, 2));
        let bootstrap = Bootstrap::default();
        let difference = Scores::of_difference(&first, &second, &bootstrap).unwrap().accuracy;
        assert!((difference.value - 0.03).abs() < 1e-12);
        // Of 100 draws, those that find the three photographs: Poisson with mean 3.
        assert!(difference.low <= 0.01 && (0.06..0.08).contains(&difference.high));
        let alone = Scores::with_intervals(&first, &bootstrap).accuracy;
        assert!(alone.width() > 0.15);
        let zero = Scores::of_difference(&first, &first, &bootstrap).unwrap();
        assert!(listed(zero).into_iter().all(|figure| figure == Estimate::default()));
        let other = predictions(of(40), vec![1; 100], &groups, 2);
        assert_eq!(Scores::of_difference(&first, &other, &bootstrap), Err(MetricsError::Unpaired));
    }

    fn cases() -> impl Strategy<Value = Vec<(Vec<i8>, u32, u64)>> {
        prop::collection::vec((prop::collection::vec(-3_i8..3, 4), 0_u32..4, 0_u64..6), 1..25)
    }

    fn of_cases(cases: &[(Vec<i8>, u32, u64)]) -> Predictions {
        let logits = cases.iter().flat_map(|case| case.0.iter().map(|&z| f32::from(z))).collect();
        let groups: Vec<u64> = cases.iter().map(|case| case.2).collect();
        predictions(logits, cases.iter().map(|case| case.1).collect(), &groups, 4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_order_of_photographs_changes_nothing(cases in cases(), turn in 0_usize..25) {
            let mut turned = cases.clone();
            turned.rotate_left(turn % cases.len());
            let bootstrap = Bootstrap { resamples: 40, ..Bootstrap::default() };
            let of = |cases: &[_]| listed(Scores::with_intervals(&of_cases(cases), &bootstrap));
            for (a, b) in of(&cases).into_iter().zip(of(&turned)) {
                prop_assert!((a.value - b.value).abs() < 1e-9);
                prop_assert!((a.low - b.low).abs() < 1e-9);
                prop_assert!((a.high - b.high).abs() < 1e-9);
            }
        }

        #[test]
        fn figures_are_in_their_ranges_and_agree(cases in cases()) {
            let predictions = of_cases(&cases);
            let scores = Scores::with_intervals(&predictions, &quick());
            let names = ["a", "b", "c", "d"].map(String::from);
            let metrics = Metrics::new(predictions.logits(), predictions.labels(), &names);
            prop_assert!((metrics.accuracy - scores.accuracy.value).abs() < 1e-12);
            prop_assert!((metrics.macro_f1 - scores.macro_f1.value).abs() < 1e-12);
            prop_assert!((metrics.loss - scores.loss.value).abs() < 1e-12);
            for (class, of_class) in metrics.classes.iter().zip(&scores.classes) {
                prop_assert!((class.precision - of_class.precision.value).abs() < 1e-12);
                prop_assert!((class.recall - of_class.recall.value).abs() < 1e-12);
                prop_assert!((class.f1 - of_class.f1.value).abs() < 1e-12);
            }
            prop_assert!((0.0..=2.0).contains(&scores.brier.value) && scores.loss.value >= 0.0);
            prop_assert!((-1.0..=1.0).contains(&scores.matthews.value) && scores.kappa.value <= 1.0);
            let tops: Vec<f64> = scores.top.iter().map(|top| top.accuracy.value).collect();
            prop_assert!(tops.len() == 2 && scores.accuracy.value <= tops[0] && tops[0] <= tops[1]);
            for figure in listed(scores) {
                prop_assert!(figure.value.is_finite() && figure.low <= figure.high);
            }
        }
    }
}
