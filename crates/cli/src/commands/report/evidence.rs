//! Where the classifier looks: the maps beside its mistakes, and how much evidence lies beside the leaf.

use foliar_explain::{
    ClassEvidence, Classifier, Evidence as Measured, ExplainError, Explainer, Method, overlay, summarise,
};
use foliar_model::Bundle;
use foliar_report::Gallery;
use foliar_report::run::{Absent, Evidence, Mistake, RunView};
use foliar_results::{Evaluation, PhotographPrediction};
use foliar_vision::resize::{Resizer, reduce};

use super::absence;
use super::mistakes::{Chosen, Wrong};
use crate::commands::thumbnails::{SIDE, Thumbnails, encoded};
use crate::progress;

/// Photographs of each class that are explained to see where evidence lies.
const PER_CLASS: usize = 10;
/// And of all classes together.
const MOST: usize = 240;
const METHOD: &str = "Grad-CAM";

/// Gives `view` the mistakes with their maps, and the shares of evidence beside the leaf.
pub(super) fn fill(
    view: &mut RunView,
    evaluation: &Evaluation,
    bundle: &Bundle,
    thumbnails: &Thumbnails,
    absent: &mut Vec<Absent>,
) -> anyhow::Result<()> {
    let classifier = Classifier {
        graph: &bundle.graph,
        state: &bundle.state,
        preprocessing: &bundle.preprocessing,
        temperature: bundle.temperature,
    };
    let mut explainer = match Explainer::new(classifier, Method::GradCam) {
        Ok(explainer) => Some(explainer),
        Err(error) => {
            absent.push(absence("Where it looks", error.to_string()));
            None
        }
    };
    let chosen = Chosen::of(evaluation);
    let spread = spread(evaluation);
    let bar = progress::photographs("explaining");
    bar.set_length((chosen.worst.len() + chosen.confident.len() + spread.len()) as u64);
    let mut gallery = |wrong: &[Wrong]| -> Result<Gallery<Mistake>, ExplainError> {
        let shown = wrong.iter().map(|wrong| {
            bar.inc(1);
            mistake(*wrong, evaluation, bundle, thumbnails, explainer.as_mut())
        });
        Ok(Gallery { shown: shown.collect::<Result<_, _>>()?, total: chosen.total as u64 })
    };
    view.worst = gallery(&chosen.worst)?;
    view.confident = gallery(&chosen.confident)?;
    if let Some(explainer) = &mut explainer {
        let mut rows: Vec<(usize, Option<Measured>)> = Vec::new();
        for row in spread {
            bar.inc(1);
            let Some(photo) = thumbnails.read(&row.path, bundle.preprocessing.store_side) else { continue };
            rows.push((row.predicted, explainer.explain(&photo, Some(row.predicted))?.evidence));
        }
        measured(view, &rows, absent);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Some photographs of each class, evenly spread over those that there are.
fn spread(evaluation: &Evaluation) -> Vec<&PhotographPrediction> {
    let classes = evaluation.classes.len();
    let per_class = PER_CLASS.min(MOST / classes.max(1)).max(1);
    let some = |class: usize| {
        let of_class: Vec<&PhotographPrediction> =
            evaluation.predictions.iter().filter(|row| row.label == class).collect();
        let count = of_class.len().min(per_class);
        (0..count).map(|place| of_class[place * of_class.len() / count]).collect::<Vec<_>>()
    };
    (0..classes).flat_map(some).collect()
}

fn mistake(
    wrong: Wrong,
    evaluation: &Evaluation,
    bundle: &Bundle,
    thumbnails: &Thumbnails,
    explainer: Option<&mut Explainer>,
) -> Result<Mistake, ExplainError> {
    let row = &evaluation.predictions[wrong.row];
    let mut mistake = Mistake {
        photo: thumbnails.photo(&row.path, &bundle.classes[row.label], ""),
        called: bundle.classes[row.predicted].clone(),
        confidence: row.confidence,
        loss: wrong.loss,
        map: None,
        background: None,
    };
    if let (Some(explainer), Some(photo)) =
        (explainer, thumbnails.read(&row.path, bundle.preprocessing.store_side))
    {
        let explanation = explainer.explain(&photo, Some(row.predicted))?;
        let over = overlay(&photo, &explanation);
        mistake.map = encoded(&reduce(&over, SIDE, &mut Resizer::default()));
        mistake.background = explanation.evidence.map(|evidence| evidence.background);
    }
    Ok(mistake)
}

/// Shares of evidence, overall and class by class.
fn measured(view: &mut RunView, rows: &[(usize, Option<Measured>)], absent: &mut Vec<Absent>) {
    let together = summarise(rows.iter().map(|&(_, evidence)| (0, evidence)));
    let Some(all) = together.first().filter(|all| all.measured > 0) else {
        absent.push(absence(
            "Evidence beside the leaf",
            "the leaf could not be told from the background in any photograph",
        ));
        return;
    };
    view.evidence = Some(Evidence {
        method: METHOD.to_owned(),
        photographs: all.measured as u64,
        background: all.background,
        area: all.area,
        beside_the_leaf: all.beside_the_leaf,
    });
    let Some(scores) = &mut view.scores else { return };
    for ClassEvidence { class, measured, background, beside_the_leaf, .. } in summarise(rows.iter().copied())
    {
        if let Some(score) = scores.classes.get_mut(class).filter(|_| measured > 0) {
            (score.background, score.beside_the_leaf) = (Some(background), beside_the_leaf);
        }
    }
}
