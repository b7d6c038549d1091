//! How it was made, so that others can make it again.

use foliar_results::RunReport;
use maud::{Markup, html};

use crate::layout::number::Number;

pub(super) fn provenance(report: &RunReport) -> Markup {
    let origin = &report.provenance;
    html! {
        section aria-labelledby="run-provenance" {
            h2 #run-provenance { "How it was trained, and how to repeat it" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-provenance" {
                table.facts {
                    tbody {
                        @for (name, value) in facts(report) { tr { th scope="row" { (name) } td { (value) } } }
                    }
                }
            }
            @if !origin.commands.is_empty() {
                h4 { "To repeat it" }
                pre tabindex="0" role="region" aria-label="Commands that repeat it" { code { (origin.commands.join("\n")) } }
            }
            @if !origin.recipe.is_empty() {
                details {
                    summary { "The whole recipe" }
                    pre tabindex="0" role="region" aria-label="Recipe" { code { (origin.recipe) } }
                }
            }
        }
    }
}

/// Names and values; without those that are not known.
pub(crate) fn facts(report: &RunReport) -> Vec<(String, String)> {
    let (model, origin) = (&report.model, &report.provenance);
    let shown = |number: usize| if number == 0 { String::new() } else { Number::Count.shown(number as f64) };
    let splits: Vec<String> = origin
        .splits
        .iter()
        .map(|(split, count)| format!("{} {split}", Number::Count.shown(*count as f64)))
        .collect();
    let tested = report.evaluation.as_ref().map(|evaluation| &evaluation.data);
    let known = [
        ("Network", model.network.clone()),
        ("Initial weights", model.weights.clone().unwrap_or_else(|| "random".to_owned())),
        (
            "Input",
            if model.image_size == 0 { String::new() } else { format!("{0} x {0} pixels", model.image_size) },
        ),
        ("Parameters", shown(model.parameters)),
        ("Multiply-adds per photo", shown(model.multiply_adds)),
        ("Epoch kept", shown(model.epoch as usize)),
        ("Photos", origin.photographs.clone()),
        ("How they were read", origin.layout.clone().unwrap_or_default()),
        ("How the test photos were read", tested.and_then(|data| data.layout.clone()).unwrap_or_default()),
        ("Fingerprint of the photos", origin.fingerprint.clone()),
        ("Split", splits.join(", ")),
        ("Grouping", origin.grouping.clone()),
        ("Seed", origin.seed.to_string()),
        ("Version", origin.version.clone()),
    ];
    let known = known.into_iter().map(|(name, value)| (name.to_owned(), value));
    known.chain(origin.facts.iter().cloned()).filter(|(_, value)| !value.is_empty()).collect()
}
