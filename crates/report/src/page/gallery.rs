//! Galleries of photographs.

use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::breakable;
use crate::photo::{Gallery, Photo, Thumbnail};

/// A section with a card for each thing of a gallery; nothing where the gallery is empty. `note` says what is seen.
pub(crate) fn gallery<T>(
    id: &str,
    heading: &str,
    note: &str,
    gallery: &Gallery<T>,
    card: impl Fn(&T) -> Markup,
) -> Markup {
    if gallery.shown.is_empty() {
        return html! {};
    }
    let shown = gallery.shown.len() as u64;
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            p.about {
                (note)
                @if gallery.total > shown {
                    " " (Number::Count.shown(shown as f64)) " of " (Number::Count.shown(gallery.total as f64)) " are shown."
                }
            }
            ul.gallery role="list" { @for thing in &gallery.shown { li.card { (card(thing)) } } }
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

/// The photograph with its class and its name.
pub(crate) fn photo(photo: &Photo) -> Markup {
    html! {
        div.photo {
            (picture(photo.thumbnail.as_ref(), &format!("Photograph of {}", photo.class)))
            p.class { (breakable(&photo.class)) @if !photo.split.is_empty() { " " span.split { (photo.split) } } }
            p.name { (breakable(&photo.name)) }
        }
    }
}
