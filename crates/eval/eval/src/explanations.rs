//! Where a classifier looks: heat maps of its mistakes, and how much of its evidence is on the background.

use std::collections::BTreeMap;

use foliar_explain::{
    BackgroundShare, Classifier, ExplainError, Explainer, Method, class_evidence, evidence_share, overlay,
};
use foliar_metrics::{Bootstrap, Groups};
use foliar_model::{Bundle, decode_reduced};
use foliar_results::{
    BackgroundEvidence, ClassEvidence, EarlierEvidence, Evaluation, Mistakes, PhotographPrediction,
};
use foliar_vision::{Limits, Rgb};

/// Photographs of each class that are explained to see where evidence is.
const PER_CLASS: usize = 10;
/// And of all classes together.
const MOST: usize = 240;
const METHOD: &str = "Grad-CAM";

/// What explanations of an evaluation show.
#[derive(Clone, Debug, Default)]
pub struct Explanations {
    /// How much of the evidence is on the background, on up to 10 photographs of each class; `None` if the leaf was found in
    /// none.
    pub evidence: Option<BackgroundEvidence>,
    /// The heat map of each mistake over its photograph, by path.
    pub heat_maps: BTreeMap<String, Rgb>,
    /// What was measured on each of the photographs of `evidence`, in the order of the classes.
    shares: Vec<ExplainedShare>,
}

/// The class that a classifier predicts for a photograph, and the background's share of its evidence for it.
type ExplainedShare = (usize, Option<BackgroundShare>);

/// Explains the predictions of `evaluation` that are mistakes, and some of each class. Gives each mistake the background's share
/// of its evidence. Photographs that cannot be read are left out. `progress` is told how much is done and how much there is.
///
/// # Errors
/// A network that computes no image, outputs that are not finite.
pub fn explain(
    bundle: &Bundle,
    evaluation: &Evaluation,
    mistakes: &mut Mistakes,
    limits: &Limits,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Explanations, ExplainError> {
    let mut explainer = explainer(bundle)?;
    let read = |row: &PhotographPrediction| read(bundle, evaluation, row, limits);
    let spread = spread(evaluation);
    let all = mistakes.worst.len() + mistakes.confident.len() + spread.len();
    let mut done = 0;
    let mut advance = || {
        done += 1;
        progress(done, all);
    };
    let mut heat_maps = BTreeMap::new();
    for mistake in mistakes.worst.iter_mut().chain(&mut mistakes.confident) {
        advance();
        let row = &evaluation.predictions[mistake.prediction];
        let Some(photo) = read(row) else { continue };
        let explanation = explainer.explain(&photo, Some(row.predicted))?;
        mistake.background = explanation.background.map(|share| share.evidence);
        heat_maps.insert(row.path.clone(), overlay(&photo, &explanation));
    }
    let shares = shares(bundle, evaluation, &spread, limits, &mut explainer, &mut advance)?;
    Ok(Explanations { evidence: background_evidence(&shares, &bundle.classes), heat_maps, shares })
}

/// Where another classifier, of `run`, looks on the photographs that `explanations` of `evaluation` were measured on: each for the class
/// that it predicts itself. `None` if there is no photograph on which both were measured. `progress` as for [`explain`].
///
/// # Errors
/// As for [`explain`].
pub fn earlier_evidence(
    (run, bundle): (&str, &Bundle),
    evaluation: &Evaluation,
    explanations: &Explanations,
    limits: &Limits,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<EarlierEvidence>, ExplainError> {
    let spread = spread(evaluation);
    let mut done = 0;
    let mut advance = || {
        done += 1;
        progress(done, spread.len());
    };
    let mut explainer = explainer(bundle)?;
    let earlier = shares(bundle, evaluation, &spread, limits, &mut explainer, &mut advance)?;
    let both = earlier.iter().zip(&explanations.shares).zip(&spread);
    let (changes, groups): (Vec<f64>, Vec<u64>) = both
        .filter_map(|(((_, before), (_, after)), row)| {
            Some((after.as_ref()?.evidence - before.as_ref()?.evidence, row.group))
        })
        .unzip();
    let evidence = background_evidence(&earlier, &bundle.classes).filter(|_| !changes.is_empty());
    Ok(evidence.map(|evidence| EarlierEvidence {
        run: run.to_owned(),
        evidence,
        change: Bootstrap::default().mean(&changes, &Groups::new(&groups)),
        photographs: changes.len(),
    }))
}

fn explainer(bundle: &Bundle) -> Result<Explainer, ExplainError> {
    let classifier = Classifier {
        graph: &bundle.graph,
        state: &bundle.state,
        preprocessing: &bundle.preprocessing,
        temperature: bundle.temperature,
    };
    Explainer::new(classifier, Method::GradCam)
}

fn read(
    bundle: &Bundle,
    evaluation: &Evaluation,
    row: &PhotographPrediction,
    limits: &Limits,
) -> Option<Rgb> {
    decode_reduced(&evaluation.data.root.join(&row.path), bundle.preprocessing.resize_side, limits).ok()
}

/// One share for each row of `rows`: of a photograph that cannot be read, none.
fn shares(
    bundle: &Bundle,
    evaluation: &Evaluation,
    rows: &[&PhotographPrediction],
    limits: &Limits,
    explainer: &mut Explainer,
    advance: &mut dyn FnMut(),
) -> Result<Vec<ExplainedShare>, ExplainError> {
    let mut shares = Vec::with_capacity(rows.len());
    for row in rows {
        advance();
        shares.push(match read(bundle, evaluation, row, limits) {
            Some(photo) => {
                let explanation = explainer.explain(&photo, None)?;
                (explanation.class, explanation.background)
            }
            None => (row.predicted, None),
        });
    }
    Ok(shares)
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

fn background_evidence(explained: &[ExplainedShare], classes: &[String]) -> Option<BackgroundEvidence> {
    let overall = evidence_share(explained.iter().map(|(_, share)| *share));
    let classes = class_evidence(explained.iter().copied())
        .into_iter()
        .map(|(class, share)| ClassEvidence { class: classes[class].clone(), share })
        .collect();
    (overall.measured > 0).then(|| BackgroundEvidence { method: METHOD.to_owned(), overall, classes })
}
