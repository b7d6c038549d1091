//! Photographs called wrongly, each with the map of what spoke for the wrong class.

use maud::{Markup, html};

use super::super::view::Mistake;
use super::super::words::percent;
use crate::layout::number::Number;
use crate::page::gallery::{gallery, picture};
use crate::page::parts::breakable;
use crate::photo::Gallery;

pub(super) fn worst(mistakes: &Gallery<Mistake>) -> Markup {
    let note = "The photographs with the highest loss: the true class seemed least likely. Beside each, where the evidence for \
                the wrong class lies.";
    gallery("run-worst", "Worst mistakes", note, mistakes, card)
}

pub(super) fn confident(mistakes: &Gallery<Mistake>) -> Markup {
    let note = "Wrong with the greatest confidence, besides those above.";
    gallery("run-confident", "Most confident mistakes", note, mistakes, card)
}

fn card(mistake: &Mistake) -> Markup {
    let Mistake { photo, called, confidence, loss, map, background } = mistake;
    html! {
        div class=@if map.is_some() { "side-by-side" } @else { "alone" } {
            (picture(photo.thumbnail.as_ref(), &format!("Photograph of {}", photo.class)))
            @if map.is_some() { (picture(map.as_ref(), &format!("Where the evidence for {called} lies"))) }
        }
        p.class { (breakable(&photo.class)) }
        p { "called " strong { (breakable(called)) } ", " (percent(*confidence)) " sure" }
        p.name {
            "loss " (Number::Plain.shown(*loss))
            @if let Some(share) = background { "; " (percent(*share)) " of the evidence beside the leaf" }
        }
        p.name { (breakable(&photo.name)) }
    }
}
