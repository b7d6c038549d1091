//! What other backgrounds have changed.

use foliar_results::words::count;
use foliar_results::{BackgroundEvidence, BorderChange, EarlierEvidence, RunReport};
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::{breakable, estimate, with_interval};

pub(super) fn surroundings(report: &RunReport) -> Markup {
    let (border, earlier) = (report.surroundings.border.as_ref(), report.surroundings.earlier.as_ref());
    let evidence = report.evidence.as_ref().zip(earlier);
    if border.is_none() && evidence.is_none() {
        return html! {};
    }
    html! {
        section aria-labelledby="run-surroundings" {
            h2 #run-surroundings { "Leaf and background" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-surroundings" {
                table {
                    caption { span { (caption(border, evidence)) } }
                    thead { tr { @for name in ["", "Before", "After"] { th scope="col" { (name) } } } }
                    tbody {
                        @if let Some(border) = border { (border_row(border)) }
                        @if let Some((now, earlier)) = evidence { (evidence_row(now, earlier)) }
                    }
                }
            }
        }
    }
}

fn border_row(border: &BorderChange) -> Markup {
    html! {
        tr {
            th scope="row" { "Correct from the outer border alone" }
            td { (estimate(Number::Percent, border.as_they_are.accuracy)) }
            td { (estimate(Number::Percent, border.as_trained.accuracy)) }
        }
    }
}

fn evidence_row(now: &BackgroundEvidence, earlier: &EarlierEvidence) -> Markup {
    html! {
        tr {
            th scope="row" { "Evidence on the background; before: " (breakable(&earlier.run)) }
            td { (Number::Percent.shown(earlier.evidence.overall.background)) }
            td { (Number::Percent.shown(now.overall.background)) }
        }
    }
}

/// What the numbers mean, in sentences; the model card has them too.
pub(crate) fn caption(
    border: Option<&BorderChange>,
    evidence: Option<(&BackgroundEvidence, &EarlierEvidence)>,
) -> String {
    let border = border.map(|border| {
        format!(
            "Outer border: a simple classifier that sees nothing else, on {} as they are, and on a view of each such as training makes; {} \
             of the views have another background. Always predicting the most frequent class is correct on {}.",
            count(border.photographs, "photo", "photos"),
            border.changed,
            Number::Percent.shown(border.as_they_are.most_frequent)
        )
    });
    let evidence = evidence.map(|(now, earlier)| {
        format!(
            "Evidence: share of the heat map beside the leaf ({}), each classifier for the class that it predicts; the background is {} \
             of the image. On the {} that both explain, the share changed by {}.",
            now.method,
            Number::Percent.shown(now.overall.area),
            count(earlier.photographs, "photo", "photos"),
            with_interval(Number::Percent, earlier.change).replace('%', "points")
        )
    });
    border.into_iter().chain(evidence).collect::<Vec<_>>().join(" ")
}
