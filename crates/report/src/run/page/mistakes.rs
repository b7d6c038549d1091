//! Wrong predictions, each with the heat map of the evidence for the wrong class.

use foliar_results::words::percent;
use foliar_results::{Evaluation, Mistake, RunReport};
use maud::{Markup, html};

use super::RunPictures;
use crate::layout::number::Number;
use crate::page::gallery::{gallery, picture};
use crate::page::parts::{breakable, prose};

pub(super) fn mistakes(report: &RunReport, pictures: &RunPictures<'_>) -> Markup {
    let Some(evaluation) = &report.evaluation else { return html! {} };
    let cards = |mistakes: &[Mistake]| -> Vec<Markup> {
        mistakes.iter().filter_map(|mistake| card(mistake, evaluation, pictures)).collect()
    };
    let total = report.mistakes.total;
    let worst = "The photos with the highest loss: the true class seemed least likely. Beside each, where the evidence for the \
                 wrong class is.";
    let confident = "Wrong predictions with the highest confidence, without those above.";
    html! {
        (gallery("run-worst", "Worst mistakes", worst, total, &cards(&report.mistakes.worst)))
        (gallery("run-confident", "Most confident mistakes", confident, total, &cards(&report.mistakes.confident)))
    }
}

/// `None` for a mistake that is not of this evaluation.
fn card(mistake: &Mistake, evaluation: &Evaluation, pictures: &RunPictures<'_>) -> Option<Markup> {
    let prediction = evaluation.predictions.get(mistake.prediction)?;
    let [class, predicted] =
        [prediction.label, prediction.predicted].map(|place| Some(&evaluation.classes.get(place)?.class));
    let (class, predicted) = (class?, predicted?);
    let (photo, map) = ((pictures.evaluated)(&prediction.path), (pictures.heat_map)(&prediction.path));
    Some(html! {
        div class=@if map.is_some() { "side-by-side" } @else { "alone" } {
            (picture(photo.as_ref(), &format!("Photo of {class}")))
            @if map.is_some() { (picture(map.as_ref(), &format!("Where the evidence for {predicted} is"))) }
        }
        p.class { (breakable(class)) }
        p { "predicted " strong { (breakable(predicted)) } ", " (prose(&percent(prediction.confidence))) " confident" }
        p.name {
            "loss " (Number::Plain.shown(mistake.loss))
            @if let Some(share) = mistake.background { "; " (prose(&percent(share))) " of the evidence on the background" }
        }
        p.name { (breakable(&prediction.path)) }
    })
}
