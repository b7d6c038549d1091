//! Every class with its results, in a table that sorts.

use foliar_results::{BackgroundEvidence, ClassResult, Estimate, Evaluation, RunReport};
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::{breakable, estimate, gap};

pub(super) fn classes(report: &RunReport) -> Markup {
    let classes = report.evaluation.iter().flat_map(|evaluation| &evaluation.classes);
    if classes.clone().next().is_none() {
        return html! {};
    }
    let evidence = report.evidence.as_ref();
    let evaluation = report.evaluation.as_ref();
    let missing = evaluation.and_then(Evaluation::missing_classes_words);
    let unknown = evaluation.and_then(Evaluation::unknown_classes_words);
    let odd: Vec<String> = missing.into_iter().chain(unknown).collect();
    html! {
        section aria-labelledby="run-classes" {
            h2 #run-classes { "Results by class" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-classes" {
                table.sortable.classes {
                    caption { span { (caption(evidence, &odd)) } }
                    thead {
                        tr {
                            @for name in ["Class", "Photos", "Precision", "Recall", "F1"] { th scope="col" { (name) } }
                            @if evidence.is_some() { th scope="col" { "On the background" } }
                        }
                    }
                    tbody { @for class in classes { (row(class, evidence)) } }
                }
            }
        }
    }
}

fn caption(evidence: Option<&BackgroundEvidence>, odd: &[String]) -> String {
    let mut words = "Precision: of the photos predicted as the class, the share that is. Recall: of the photos of the class, the \
                     share predicted as it. F1: both in one number. Below each, its interval."
        .to_owned();
    words.extend(odd.iter().map(|odd| format!(" {odd}.")));
    if let Some(evidence) = evidence {
        words += &format!(
            " On the background: share of the evidence beside the leaf ({}); the background is {} of the image.",
            evidence.method,
            Number::Percent.shown(evidence.overall.area)
        );
    }
    words
}

fn row(class: &ClassResult, evidence: Option<&BackgroundEvidence>) -> Markup {
    let explained = evidence.and_then(|evidence| {
        evidence
            .classes
            .iter()
            .find(|explained| explained.class == class.class && explained.share.measured > 0)
    });
    html! {
        tr {
            th scope="row" { (breakable(&class.class)) }
            td data-value=(class.photographs) { (Number::Count.shown(class.photographs as f64)) }
            @for score in [class.precision(), class.recall(), class.f1()] { (cell(score)) }
            @if evidence.is_some() { (cell(explained.map(|explained| Estimate::point(explained.share.background)))) }
        }
    }
}

fn cell(score: Option<Estimate>) -> Markup {
    html! {
        @if let Some(score) = score.filter(|score| score.value.is_finite()) {
            td data-value=(score.value) { (estimate(Number::Percent, score)) }
        } @else {
            td { (gap()) }
        }
    }
}
