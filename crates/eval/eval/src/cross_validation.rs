//! What the runs of a cross-validation come to, from the predictions that they stored: no photograph is read again.

use foliar_metrics::{
    Bootstrap, Estimate, Groups, LabelPredictions, LabelScores, Predictions, Scores, sigmoid,
};
use foliar_model::Bundle;
use foliar_results::{CrossValidation, FoldFigure, FoldResult, FoldScores};
use foliar_train::{FoldRuns, OutOfFoldPredictions, Photographs};
use foliar_vision::{Dataset, Split};

use crate::error::EvalError;

/// Puts the predictions of all runs together, which writes their `out-of-fold.csv`, and measures each fold and all. A label is called
/// from a probability of a half, as in the epochs of a run.
///
/// # Errors
/// A run that has not ended, and tables that cannot be read.
pub fn cross_validation(runs: &FoldRuns, photographs: &Photographs) -> Result<CrossValidation, EvalError> {
    let dataset = &photographs.dataset;
    let pooled = runs.pool(dataset)?;
    let clusters = photographs.clusters();
    let all: Vec<usize> = (0..pooled.photos.len()).collect();
    let mut folds = Vec::new();
    for (run, number) in runs.runs().iter().zip(1..) {
        let rows: Vec<usize> = all.iter().copied().filter(|&row| pooled.folds[row] == number).collect();
        folds.push(FoldResult {
            fold: number,
            run: run.dir.root().to_owned(),
            train: run.photographs_of(Split::Train)?.len(),
            photographs: rows.len(),
            epoch: Bundle::read_any(&run.dir.bundle())?.provenance.epoch,
            scores: Part { dataset, pooled: &pooled, rows: &rows, clusters: &clusters }.scores()?,
        });
    }
    let whole = Part { dataset, pooled: &pooled, rows: &all, clusters: &clusters };
    let estimates = whole.estimates()?;
    let figure = |pooled: Estimate, of: &dyn Fn(&FoldScores<f64>) -> f64| {
        let values: Vec<f64> = folds.iter().map(|fold| of(&fold.scores)).collect();
        FoldFigure {
            pooled,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            lowest: values.iter().copied().fold(f64::INFINITY, f64::min),
            highest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    };
    let scores = FoldScores {
        accuracy: figure(estimates.accuracy, &|scores| scores.accuracy),
        loss: figure(estimates.loss, &|scores| scores.loss),
        macro_f1: figure(estimates.macro_f1, &|scores| scores.macro_f1),
        mean_f1: estimates.mean_f1.map(|pooled| figure(pooled, &|scores| scores.mean_f1.unwrap_or(f64::NAN))),
    };
    Ok(CrossValidation { photographs: all.len(), groups: whole.groups().count(), scores, folds })
}

/// Some rows of the predictions.
struct Part<'a> {
    dataset: &'a Dataset,
    pooled: &'a OutOfFoldPredictions,
    rows: &'a [usize],
    clusters: &'a [usize],
}

impl Part<'_> {
    fn groups(&self) -> Groups {
        let number = |&row: &usize| self.clusters[self.pooled.photos[row]] as u64;
        Groups::new(&self.rows.iter().map(number).collect::<Vec<u64>>())
    }

    fn logits(&self) -> Vec<f32> {
        let outputs = self.dataset.outputs().len();
        let row = |&row: &usize| &self.pooled.logits[row * outputs..(row + 1) * outputs];
        self.rows.iter().flat_map(row).copied().collect()
    }

    fn labels(&self) -> Vec<u32> {
        self.rows.iter().map(|&row| self.pooled.labels[row]).collect()
    }

    fn of_classes(&self) -> Result<Predictions, EvalError> {
        let classes = self.dataset.classes.len();
        Ok(Predictions::new(self.logits(), self.labels(), self.groups(), classes)?)
    }

    fn of_labels(&self) -> Result<Option<LabelPredictions>, EvalError> {
        let Some(sets) = &self.dataset.label_sets else { return Ok(None) };
        let matrix = sets.matrix();
        let count = sets.names.len();
        let shown = |label: u32| &matrix[label as usize * count..][..count];
        let shown = self.labels().into_iter().flat_map(shown).map(|&shown| shown > 0.5).collect();
        let probabilities = self.logits().iter().map(|&logit| sigmoid(f64::from(logit))).collect();
        Ok(Some(LabelPredictions::new(probabilities, shown, &vec![0.5; count], self.groups())?))
    }

    fn scores(&self) -> Result<FoldScores<f64>, EvalError> {
        Ok(match self.of_labels()? {
            Some(predictions) => of_labels(&LabelScores::new(&predictions), |loss| 1.0 - loss),
            None => of_classes(&Scores::of(&self.of_classes()?)),
        })
    }

    fn estimates(&self) -> Result<FoldScores<Estimate>, EvalError> {
        let bootstrap = Bootstrap::default();
        Ok(match self.of_labels()? {
            Some(predictions) => {
                of_labels(&LabelScores::with_intervals(&predictions, &bootstrap), |loss: Estimate| {
                    Estimate::new(1.0 - loss.value, [1.0 - loss.high, 1.0 - loss.low])
                })
            }
            None => of_classes(&Scores::with_intervals(&self.of_classes()?, &bootstrap)),
        })
    }
}

fn of_classes<T: Copy>(scores: &Scores<T>) -> FoldScores<T> {
    let Scores { accuracy, loss, macro_f1, .. } = *scores;
    FoldScores { accuracy, loss, macro_f1, mean_f1: None }
}

fn of_labels<T: Copy>(scores: &LabelScores<T>, accuracy: impl Fn(T) -> T) -> FoldScores<T> {
    let LabelScores { mean_f1, macro_f1, hamming_loss, loss, .. } = *scores;
    FoldScores { accuracy: accuracy(hamming_loss), loss, macro_f1, mean_f1: Some(mean_f1) }
}
