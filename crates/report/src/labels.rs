//! A classifier of labels as a page: its scores, and a table of every label. What belongs to classifiers of one class alone, such as a
//! confusion matrix, is not there.

use foliar_results::words::count;
use foliar_results::{Estimate, LabelEvaluation, LabelPrediction, LabelResult};
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::{KeyFigure, breakable, estimate, gap, key_figures, prose};
use crate::page::{Page, Policy};

const STYLE: &str = concat!(include_str!("page/base.css"), include_str!("page/tables.css"));
/// Photos with wrong labels that are listed.
const MISTAKES: usize = 50;

/// The page of an evaluation: one HTML document, light and dark, wide and narrow, that needs nothing else. `summary` is what it
/// comes to in one sentence.
#[must_use]
pub fn labels_page(evaluation: &LabelEvaluation, heading: &str, summary: &str, written_by: &str) -> String {
    let article = html! {
        article.foliar-article {
            section.verdict.note aria-labelledby="labels-summary" {
                h2 #labels-summary { "Summary" }
                p.lead { (prose(summary)) }
                p.about {
                    (count(evaluation.photographs, "photo", "photos")) " in "
                    (count(evaluation.data.groups, "group", "groups")) "; 95 % intervals by group."
                }
                (key_figures(&figures(evaluation)))
            }
            (by_label(evaluation))
            (presence(evaluation))
            (mistakes(evaluation))
        }
    };
    let footer = format!("Written by {written_by}.");
    Page { title: heading, heading, style: STYLE, policy: Policy::Pictured, article, footer: &footer }
        .into_string()
}

fn figures(evaluation: &LabelEvaluation) -> Vec<KeyFigure> {
    let scores = &evaluation.scores;
    let figure = |name: &str, Estimate { value, low, high }: Estimate, number: Number| KeyFigure {
        name: name.to_owned(),
        value: number.shown(value),
        note: number.span(low, high),
    };
    vec![
        figure("mean F1 of a photo", scores.mean_f1, Number::Percent),
        figure("macro F1 over labels", scores.macro_f1, Number::Percent),
        figure("micro F1", scores.micro_f1, Number::Percent),
        figure("mean average precision", scores.mean_average_precision, Number::Percent),
        figure("all labels right", scores.exact_match, Number::Percent),
        figure("Hamming loss (wrong labels)", scores.hamming_loss, Number::Percent),
    ]
}

fn by_label(evaluation: &LabelEvaluation) -> Markup {
    html! {
        section aria-labelledby="labels-scores" {
            h2 #labels-scores { "Results by label" }
            div.scroll tabindex="0" role="region" aria-labelledby="labels-scores" {
                table.sortable {
                    caption { span {
                        "Precision: of the photos for which the label is called, the share that show it. Recall: of the photos that \
                         show it, the share for which it is called. F1: both in one number. Below each, its interval. A label is called \
                         from its threshold. Calibration error: how far its probabilities are from the shares that are right."
                    } }
                    thead { tr {
                        @for name in
                            ["Label", "Photos", "Called", "Threshold", "Precision", "Recall", "F1", "Average precision", "Calibration error"]
                        { th scope="col" { (name) } }
                    } }
                    tbody { @for label in &evaluation.labels { (row(label)) } }
                }
            }
        }
    }
}

fn row(label: &LabelResult) -> Markup {
    let LabelResult { label, photographs, called, threshold, scores, calibration, .. } = label;
    let score = |of: Option<Estimate>| cell(of);
    html! {
        tr {
            th scope="row" { (breakable(label)) }
            td data-value=(photographs) { (Number::Count.shown(*photographs as f64)) }
            td data-value=(called) { (Number::Count.shown(*called as f64)) }
            td data-value=(threshold) { (Number::Percent.shown(*threshold)) }
            (score(scores.map(|scores| scores.precision)))
            (score(scores.map(|scores| scores.recall)))
            (score(scores.map(|scores| scores.f1)))
            (score(scores.map(|scores| scores.average_precision)))
            td data-value=(calibration.error) { (Number::Percent.shown(calibration.error)) }
        }
    }
}

fn cell(score: Option<Estimate>) -> Markup {
    html! {
        @if let Some(score) = score {
            td data-value=(score.value) { (estimate(Number::Percent, score)) }
        } @else {
            td { (gap()) }
        }
    }
}

fn presence(evaluation: &LabelEvaluation) -> Markup {
    if evaluation.labels.iter().all(|label| label.presence.is_none()) {
        return html! {};
    }
    html! {
        section aria-labelledby="labels-presence" {
            h2 #labels-presence { "Present, absent, or cannot tell" }
            div.scroll tabindex="0" role="region" aria-labelledby="labels-presence" {
                table.sortable {
                    caption { span {
                        "Of the photos that show a label, and of those that do not, the share that is not told wrong; target: "
                        (Number::Percent.shown(1.0 - evaluation.risk)) ". Cannot tell: both answers may be right."
                    } }
                    thead { tr {
                        @for name in ["Label", "Right with it", "Right without it", "Cannot tell"] { th scope="col" { (name) } }
                    } }
                    tbody {
                        @for label in &evaluation.labels {
                            @if let Some(presence) = &label.presence {
                                tr {
                                    th scope="row" { (breakable(&label.label)) }
                                    (cell(presence.coverage_present))
                                    (cell(presence.coverage_absent))
                                    (cell(Some(presence.unsure)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The photos with most wrong labels, and of these the surest mistakes first.
fn mistakes(evaluation: &LabelEvaluation) -> Markup {
    let names: Vec<&str> = evaluation.labels.iter().map(|label| label.label.as_str()).collect();
    let wrong = |photo: &LabelPrediction| {
        let differs = |label: &usize| photo.shown.contains(label) != photo.called.contains(label);
        (0..names.len()).filter(differs).count()
    };
    let mut photos: Vec<(usize, &LabelPrediction)> = evaluation
        .predictions
        .iter()
        .map(|photo| (wrong(photo), photo))
        .filter(|(wrong, _)| *wrong > 0)
        .collect();
    photos.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.path.cmp(&b.1.path)));
    if photos.is_empty() {
        return html! {};
    }
    let words = |places: &[usize]| match places {
        [] => "no label".to_owned(),
        places => places.iter().map(|&place| names[place]).collect::<Vec<_>>().join(", "),
    };
    html! {
        section aria-labelledby="labels-mistakes" {
            h2 #labels-mistakes { "Photos with wrong labels" }
            p.about { (count(photos.len(), "photo", "photos")) ", those with most wrong labels first." }
            div.scroll tabindex="0" role="region" aria-labelledby="labels-mistakes" {
                table.sortable {
                    thead { tr {
                        @for name in ["Photo", "Shows", "Called", "Wrong labels"] { th scope="col" { (name) } }
                    } }
                    tbody {
                        @for (wrong, photo) in photos.iter().take(MISTAKES) {
                            tr {
                                th scope="row" { (breakable(&photo.path)) }
                                td { (breakable(&words(&photo.shown))) }
                                td { (breakable(&words(&photo.called))) }
                                td data-value=(wrong) { (Number::Count.shown(*wrong as f64)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
