//! Galleries of photographs.

use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::breakable;
use crate::thumbnail::Thumbnail;

/// A section with `cards` of `total` things; nothing without a card. `note` says what is seen.
pub(crate) fn gallery(id: &str, heading: &str, note: &str, total: usize, cards: &[Markup]) -> Markup {
    if cards.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            p.about {
                (note)
                @if total > cards.len() {
                    " " (Number::Count.shown(cards.len() as f64)) " of " (Number::Count.shown(total as f64)) " are shown."
                }
            }
            ul.gallery role="list" { @for card in cards { li.card { (card) } } }
        }
    }
}

/// One picture, or a grey field where there is none.
pub(crate) fn picture(thumbnail: Option<&Thumbnail>, words: &str) -> Markup {
    html! {
        @if let Some(thumbnail) = thumbnail {
            img src=(thumbnail.address()) width=(thumbnail.width()) height=(thumbnail.height()) alt=(words) decoding="async";
        } @else {
            div.missing role="img" aria-label=(words) { "not shown" }
        }
    }
}

/// The photograph at `path` with its class and, where it has one, its split.
pub(crate) fn photo(thumbnail: Option<&Thumbnail>, path: &str, class: &str, split: Option<&str>) -> Markup {
    html! {
        div.photo {
            (picture(thumbnail, &format!("Photo of {class}")))
            p.class { (breakable(class)) @if let Some(split) = split { " " span.split { (split) } } }
            p.name { (breakable(path)) }
        }
    }
}
