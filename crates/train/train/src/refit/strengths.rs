//! A refit by logistic regression, which has one answer and needs no learning rate.
//!
//! Penalties are tried from the strongest to the weakest, each fold going on from its last solution. Once two in a row were
//! worse than the best, weaker ones are not tried: the loss over the strength has one valley. The search solves coarsely; for the
//! penalty that it chooses the folds are solved as closely as the last classifier, since what stops early is less sure of itself.
//!
//! Where no feature is negative the search is made for square roots of the features' shares too, which are kept where the folds find
//! them better by more than a standard error: docs/decisions/hellinger.md.

use std::borrow::Cow;
use std::ops::ControlFlow;

use foliar_logistic::{Classifier, Examples, Precision, Problem, Solution, Targets};
use foliar_nn::{Op, StateDict, Tensor, hellinger, infer};
use foliar_runlog::StopReason;
use foliar_vision::LabelSets;

use super::difference::{Calibrated, is_better};
use super::{Progress, Refit, Source};
use crate::best_epoch::{BestEpoch, EpochScore};
use crate::error::TrainError;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};
use crate::photographs::Photographs;

/// The penalties that are tried, on standardised features and the mean loss of a photograph.
const STRENGTHS: [f64; 8] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003];
/// The least penalty of a classifier from which tuning begins. One that fits its photographs as closely as it can leaves no slope to
/// follow: docs/decisions/tuned-by-folds.md.
const BEFORE_TUNING: f64 = 0.3;
/// Strengths in a row that are worse than the best, after which no more are tried.
const PATIENCE: usize = 2;

/// A refit whose classifier was solved, and what tuning begins with where it is asked for.
pub(super) struct Solved {
    pub(super) refit: Refit,
    pub(super) starts: Option<Starts>,
}

/// All tensors of the network with classifiers under a penalty that is not weak.
pub(super) struct Starts {
    /// That penalty.
    pub(super) strength: f64,
    /// With that of all photographs.
    pub(super) of_all: StateDict,
    /// With that of all photographs but a fold, by the number of the fold, from 1.
    pub(super) of_folds: Vec<(u32, StateDict)>,
}

/// What a classifier sees of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// They as they are.
    Plain,
    /// Square roots of their shares, [`Op::Hellinger`].
    Hellinger,
}

impl Form {
    /// So many `rows` of features in this form.
    fn of(self, rows: &[f32], count: usize) -> Cow<'_, [f32]> {
        match (self, rows.len().checked_div(count)) {
            (Self::Plain, _) | (_, None | Some(0)) => Cow::Borrowed(rows),
            (Self::Hellinger, Some(width)) => {
                let mut roots = vec![0.0; rows.len()];
                hellinger(width, rows, &mut roots);
                Cow::Owned(roots)
            }
        }
    }
}

/// What classifiers of one form of features learn from.
struct Search<'a> {
    whole: &'a Photographs,
    folds: &'a [Photographs],
    /// (photographs x views, d), those of a photograph together.
    rows: &'a [f32],
    /// The class of each row.
    labels: &'a [u32],
    views: usize,
    /// (photographs x views, C): what a teacher says of each row, where there is one.
    said: Option<&'a [f32]>,
}

/// The classifier that did best on one form of features.
struct Found {
    form: Form,
    strength: f64,
    state: StateDict,
    /// What the classifiers of the folds predict.
    validated: Validated,
}

/// The photographs of a run as a fold of its cross-validation sees them.
struct Fold<'a> {
    /// From 1.
    number: u32,
    photographs: &'a Photographs,
    problem: Problem<'a>,
    solution: Option<Solution>,
}

impl Source<'_> {
    /// Whether the classifier is one linear layer on one row of features.
    pub(super) fn is_linear(&self) -> Result<bool, TrainError> {
        let Self { graph, recipe, .. } = self;
        let size = recipe.image_size();
        let features = infer(graph, 1, size, size)?[graph.backbone()];
        let is_linear = matches!(graph.nodes[graph.classifier()].op, Op::Linear { .. });
        Ok(is_linear && features.h() * features.w() == 1)
    }

    /// The classifier of `whole` with the penalty with which the classifiers of the folds did best, on the features as they are or
    /// on square roots of their shares, whichever the folds find better.
    pub(super) fn by_strength(
        &self,
        whole: &Photographs,
        folds: &[Photographs],
        progress: &mut Progress<'_>,
    ) -> Result<ControlFlow<StopReason, Solved>, TrainError> {
        let Self { recipe, .. } = self;
        let trainer = match self.begin(whole, &recipe.phases[0])? {
            ControlFlow::Continue(trainer) => trainer,
            ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
        };
        let (rows, labels, views) = match trainer.features() {
            Some(features) => (features.rows_of_views(), features.train_labels(), features.views()),
            None => (Vec::new(), &[][..], 1),
        };
        let photos = trainer.features().map_or(&[][..], |features| features.photos());
        let of_views: Vec<usize> =
            photos.iter().flat_map(|&photo| std::iter::repeat_n(photo, views)).collect();
        let said = trainer.said_of(&of_views);
        let labels: Vec<u32> = labels.iter().flat_map(|&label| std::iter::repeat_n(label, views)).collect();
        // Only a rectified network's features are shares of something. Of several labels a photograph there is no paired test.
        let has_shares =
            self.photographs.dataset.label_sets.is_none() && rows.iter().all(|&value| value >= 0.0);
        let forms = match (self.form(), has_shares) {
            (Form::Plain, true) => &[Form::Plain, Form::Hellinger][..],
            (Form::Plain, false) => &[Form::Plain],
            (Form::Hellinger, _) => &[Form::Hellinger],
        };
        let measured = folds.iter().filter(|fold| !fold.splits.validation.is_empty()).count();
        let of_form = measured * (STRENGTHS.len() + 1) + 1;
        let mut best: Option<Found> = None;
        let mut starts = None;
        for (place, &form) in forms.iter().enumerate() {
            let rows = form.of(&rows, labels.len());
            let said = said.as_deref();
            let search = Search { whole, folds, rows: &rows, labels: &labels, views, said };
            let progress = &mut |done| progress(place * of_form + done, forms.len() * of_form);
            let found = match self.search(&search, trainer.outcome(), form, progress)? {
                ControlFlow::Continue((found, of_form)) => {
                    starts = starts.or(of_form);
                    found
                }
                // The second form is an offer.
                ControlFlow::Break(StopReason::NonFiniteLoss) if best.is_some() => continue,
                ControlFlow::Break(reason) => return Ok(ControlFlow::Break(reason)),
            };
            let better = match &best {
                None => true,
                Some(best) => self.is_better(&found, best)?,
            };
            if better {
                best = Some(found);
            }
        }
        let Some(Found { form, strength, state, validated }) = best else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let refit = Refit {
            graph: if form == Form::Hellinger { self.graph.with_hellinger() } else { self.graph.clone() },
            state,
            best: EpochScore::new(0, 1, Some(&validated)),
            strength: Some(strength),
            out_of_fold: validated.out_of_fold,
            judged: None,
        };
        Ok(ControlFlow::Continue(Solved { refit, starts }))
    }

    /// Whether the folds find the first form better than the second, which is the simpler one.
    fn is_better(&self, first: &Found, second: &Found) -> Result<bool, TrainError> {
        let [first, second] = [first, second].map(|found| Calibrated::of(&found.validated));
        Ok(is_better(&self.difference(first, second)?))
    }

    /// What the classifier of the run's network sees.
    fn form(&self) -> Form {
        if self.graph.has_hellinger() { Form::Hellinger } else { Form::Plain }
    }

    /// The classifier of one form of features, and, of that of the run's network, what tuning begins with, where it is asked for. `state` are
    /// the tensors of the network. `progress` is told how many solutions there are, of (folds x strengths + folds + 1).
    fn search(
        &self,
        search: &Search<'_>,
        state: StateDict,
        form: Form,
        progress: &mut dyn FnMut(usize) -> ControlFlow<StopReason>,
    ) -> Result<ControlFlow<StopReason, (Found, Option<Starts>)>, TrainError> {
        let &Search { whole, folds, rows, labels, views, said } = search;
        let dataset = &whole.dataset;
        let sets = dataset.label_sets.as_ref().map(LabelSets::matrix);
        let examples = Examples {
            features: rows,
            labels,
            targets: match (said, &self.recipe.teacher) {
                (Some(logits), Some(teacher)) => Targets::Taught(teacher.taught(logits)),
                _ => sets.as_deref().map_or(Targets::OneOf, Targets::AnyOf),
            },
            classes: dataset.outputs().len(),
            label_smoothing: self.recipe.loss.label_smoothing,
        };
        let problem = |photographs| -> Result<Option<Problem<'_>>, TrainError> {
            Ok(Problem::new(&examples, &self.counts(whole, photographs, views)?))
        };
        let measured = folds.iter().zip(1..).filter(|(fold, _)| !fold.splits.validation.is_empty());
        let folds: Result<Option<Vec<Fold<'_>>>, TrainError> = measured
            .map(|(photographs, number)| {
                let fold = |problem| Fold { number, photographs, problem, solution: None };
                Ok(problem(photographs)?.map(fold))
            })
            .collect();
        let (Some(mut folds), Some(last)) = (folds?, problem(whole)?) else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let count = folds.len();
        let searched = count * STRENGTHS.len();
        let mut choice = BestEpoch::default();
        // The strength that did best, and the solutions for it.
        let mut best: Option<(f64, Vec<Option<Solution>>)> = None;
        let mut worse = 0;
        for (place, strength) in STRENGTHS.into_iter().enumerate() {
            for (index, fold) in folds.iter_mut().enumerate() {
                fold.solution = Some(fold.problem.solve(strength, fold.solution.as_ref(), Precision::Coarse));
                if let ControlFlow::Break(reason) = progress(place * count + index + 1) {
                    return Ok(ControlFlow::Break(reason));
                }
            }
            let validated = Validated::of(out_of_fold(&folds, whole, views), dataset);
            let Some(validated) = validated.filter(Validated::is_finite) else { continue };
            if choice.take(EpochScore::new(0, 1, Some(&validated))) {
                let solutions = folds.iter().map(|fold| fold.solution.clone()).collect();
                (best, worse) = (Some((strength, solutions)), 0);
            } else {
                worse += 1;
            }
            if worse == PATIENCE {
                break;
            }
        }
        let Some((strength, solutions)) = best else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        for (index, (fold, start)) in folds.iter_mut().zip(&solutions).enumerate() {
            fold.solution = Some(fold.problem.solve(strength, start.as_ref(), Precision::Full));
            if let ControlFlow::Break(reason) = progress(searched + index + 1) {
                return Ok(ControlFlow::Break(reason));
            }
        }
        let validated = Validated::of(out_of_fold(&folds, whole, views), dataset);
        let Some(validated) = validated.filter(Validated::is_finite) else {
            return Ok(ControlFlow::Break(StopReason::NonFiniteLoss));
        };
        let start = solutions.first().and_then(Option::as_ref);
        let solution = last.solve(strength, start, Precision::Full);
        let found = Found {
            form,
            strength,
            state: self.with_classifier(state.clone(), last.classifier(&solution)),
            validated,
        };
        let strong = strength.max(BEFORE_TUNING);
        let start = |problem: &Problem<'_>| {
            let solution = problem.solve(strong, None, Precision::Full);
            self.with_classifier(state.clone(), problem.classifier(&solution))
        };
        let starts = self.tuned_phase().filter(|_| form == self.form()).map(|_| Starts {
            strength: strong,
            of_all: start(&last),
            of_folds: folds.iter().map(|fold| (fold.number, start(&fold.problem))).collect(),
        });
        if let ControlFlow::Break(reason) = progress(searched + count + 1) {
            return Ok(ControlFlow::Break(reason));
        }
        Ok(ControlFlow::Continue((found, starts)))
    }

    /// The tensors `state` of the network with another classifier.
    fn with_classifier(&self, mut state: StateDict, classifier: Classifier) -> StateDict {
        let name = &self.graph.nodes[self.graph.classifier()].name;
        let classes = classifier.bias.len();
        let width = classifier.weight.len() / classes.max(1);
        let weight = Tensor { shape: vec![classes, width], data: classifier.weight };
        let bias = Tensor { shape: vec![classes], data: classifier.bias };
        state.tensors.insert(format!("{name}.weight"), weight);
        state.tensors.insert(format!("{name}.bias"), bias);
        state
    }

    /// How much each of the `views` of each training photograph of `whole` counts for those of `part`: as its class does, and 0
    /// where it is not one. The photograph as it is counts as much as its other views together, so that what the classifier
    /// gains elsewhere costs little on photographs like those it has.
    fn counts(&self, whole: &Photographs, part: &Photographs, views: usize) -> Result<Vec<f32>, TrainError> {
        let of_classes = part.class_weights(&self.recipe.loss.class_weights)?;
        let count = |photo: &usize| {
            let class = whole.dataset.photos[*photo].class;
            let learns = part.splits.train.binary_search(photo).is_ok();
            if learns { of_classes.as_ref().map_or(1.0, |weights| weights[class]) } else { 0.0 }
        };
        // One without a label counts as one of a class on average; a copy of what `part` holds back does not.
        let usable = part.unlabelled();
        let unlabelled = whole
            .unlabelled()
            .into_iter()
            .map(|photo| if usable.binary_search(&photo).is_ok() { 1.0 } else { 0.0 });
        let others = views.saturating_sub(1);
        let of_views = |count: f32| {
            let plain = count * others.max(1) as f32;
            std::iter::once(plain).chain(std::iter::repeat_n(count, others))
        };
        Ok(whole.splits.train.iter().map(count).chain(unlabelled).flat_map(of_views).collect())
    }
}

/// What the solutions of the folds say of the photographs that they have not learned from, as they are: the first of the `views`
/// of each.
fn out_of_fold(folds: &[Fold<'_>], whole: &Photographs, views: usize) -> OutOfFoldPredictions {
    let classes = whole.dataset.outputs().len();
    let mut predictions = OutOfFoldPredictions::default();
    for Fold { number, photographs, problem, solution } in folds {
        let Some(solution) = solution else { continue };
        let logits = problem.logits(solution);
        let photos = photographs.splits.validation.clone();
        let rows = photos.iter().filter_map(|photo| whole.splits.train.binary_search(photo).ok());
        let logits = rows.flat_map(|row| &logits[row * views * classes..][..classes]).copied().collect();
        let labels = photographs.labels(&photos);
        predictions.extend(OutOfFoldPredictions { photos, labels, folds: Vec::new(), logits }, *number);
    }
    predictions.sorted(classes)
}
