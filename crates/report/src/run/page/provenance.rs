//! How it was made, so that a stranger can make it again.

use maud::{Markup, html};

use super::super::view::RunView;
use crate::layout::number::Number;

pub(super) fn provenance(view: &RunView) -> Markup {
    let origin = &view.provenance;
    html! {
        section aria-labelledby="run-provenance" {
            h2 #run-provenance { "How it was made, and how to repeat it" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-provenance" {
                table.facts {
                    tbody {
                        @for (name, value) in facts(view) { tr { th scope="row" { (name) } td { (value) } } }
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
pub(crate) fn facts(view: &RunView) -> Vec<(String, String)> {
    let (model, origin) = (&view.model, &view.provenance);
    let shown = |number: u64| if number == 0 { String::new() } else { Number::Count.shown(number as f64) };
    let splits: Vec<String> = origin
        .splits
        .iter()
        .map(|(split, count)| format!("{} {split}", Number::Count.shown(*count as f64)))
        .collect();
    let known = [
        ("Network", model.network.clone()),
        ("First weights", model.weights.clone().unwrap_or_else(|| "random".to_owned())),
        (
            "Sees",
            if model.image_size == 0 { String::new() } else { format!("{0} x {0} pixels", model.image_size) },
        ),
        ("Parameters", shown(model.parameters)),
        ("Multiply-adds a photograph", shown(model.multiply_adds)),
        ("Epoch kept", shown(model.epoch.into())),
        ("Photographs", origin.photographs.clone()),
        ("Fingerprint of the photographs", origin.fingerprint.clone()),
        ("Split", splits.join(", ")),
        ("Kept on one side", origin.grouping.clone()),
        ("Seed", origin.seed.to_string()),
        ("Version", origin.version.clone()),
    ];
    let known = known.into_iter().map(|(name, value)| (name.to_owned(), value));
    known.chain(origin.facts.iter().cloned()).filter(|(_, value)| !value.is_empty()).collect()
}
