//! The page.

use foliar_results::words::percent;
use maud::{Markup, html};

use super::summary::summary;
use super::{Answer, AnsweredPhoto, Answers};
use crate::page::gallery::{gallery, picture};
use crate::page::parts::{breakable, prose};
use crate::page::{Page, Policy};

const STYLE: &str = concat!(include_str!("../page/base.css"), include_str!("../page/gallery.css"));
/// Cards of a section; a browser is slow with many more.
const SHOWN: usize = 1000;

/// Answers as one HTML document: light and dark, wide and narrow, on screen and on paper, with its photos inside and nothing from
/// elsewhere.
pub fn answers_page(answers: &Answers) -> String {
    let Answers { heading, legend, photos, remarks, written_by } = answers;
    let mut classes: Vec<&str> = photos.iter().filter_map(|photo| class_of(&photo.answer)).collect();
    classes.sort_unstable();
    classes.dedup();
    let is_unknown = |photo: &&AnsweredPhoto| matches!(photo.answer, Answer::Unknown | Answer::Unlike);
    let failed: Vec<(&str, &str)> = photos
        .iter()
        .filter_map(|photo| match &photo.answer {
            Answer::Failed(reason) => Some((photo.path.as_str(), reason.as_str())),
            _ => None,
        })
        .collect();
    let article = html! {
        article.foliar-article.foliar-answers {
            section.verdict.note aria-labelledby="answers-summary" {
                h2 #answers-summary { "Summary" }
                p.lead { (prose(&summary(photos))) }
                @for remark in remarks { p.about { (prose(remark)) } }
            }
            @if !legend.is_empty() {
                section aria-labelledby="answers-legend" {
                    h2 #answers-legend { "How to read the pictures" }
                    @for line in legend { p { (prose(line)) } }
                }
            }
            @for (place, class) in classes.iter().enumerate() {
                @let of_class = photos.iter().filter(|photo| class_of(&photo.answer) == Some(class));
                (section(&format!("answers-{place}"), class, "", of_class))
            }
            (section(
                "answers-unknown",
                "Unknown",
                "The classifier does not answer: show these photos to someone who knows the plant.",
                photos.iter().filter(is_unknown),
            ))
            @if !failed.is_empty() {
                section aria-labelledby="answers-failed" {
                    h2 #answers-failed { "Not read" }
                    ul.evidence { @for (path, reason) in failed { li { (breakable(path)) ": " (reason) } } }
                }
            }
        }
    };
    let footer = format!("Written by {written_by}. Probabilities are those of the classifier, in per cent.");
    Page { title: heading, heading, style: STYLE, policy: Policy::Pictured, article, footer: &footer }
        .into_string()
}

fn class_of(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Class(class) => Some(class),
        _ => None,
    }
}

fn section<'a>(
    id: &str,
    heading: &str,
    note: &str,
    photos: impl Iterator<Item = &'a AnsweredPhoto>,
) -> Markup {
    let photos: Vec<&AnsweredPhoto> = photos.collect();
    let cards: Vec<Markup> = photos.iter().take(SHOWN).map(|photo| card(photo)).collect();
    let note = if note.is_empty() {
        format!("Answered: {}.", foliar_results::words::count(photos.len(), "photo", "photos"))
    } else {
        note.to_owned()
    };
    gallery(id, heading, &note, photos.len(), &cards)
}

fn card(photo: &AnsweredPhoto) -> Markup {
    let AnsweredPhoto { path, answer, ranking, set, evidence, .. } = photo;
    let (words, badge) = match answer {
        Answer::Class(class) => (class.as_str(), None),
        Answer::Unknown => ("unknown", Some(("warning", "no class is probable enough"))),
        Answer::Unlike => ("unknown", Some(("error", "unlike any training photo"))),
        Answer::Failed(reason) => (reason.as_str(), None),
    };
    html! {
        div class=@if photo.heat_map.is_some() { "side-by-side" } @else { "alone" } {
            (picture(photo.photo.as_ref(), &format!("Photo, answer: {words}")))
            @if photo.heat_map.is_some() {
                (picture(photo.heat_map.as_ref(), "Where the evidence for the most probable class is"))
            }
        }
        p.class { (breakable(words)) @if let (None, Some((_, probability))) = (badge, ranking.first()) { " " (prose(&percent(*probability))) } }
        @if let Some((colour, reason)) = badge { p { span class={ "badge " (colour) } { (reason) } } }
        @let others = if badge.is_some() { ranking.as_slice() } else { ranking.get(1..).unwrap_or_default() };
        @if !others.is_empty() {
            p.name {
                @if badge.is_some() { "closest: " } @else { "else: " }
                @for (place, (class, probability)) in others.iter().enumerate() {
                    @if place > 0 { ", " }
                    (breakable(class)) " " (prose(&percent(*probability)))
                }
            }
        }
        @if set.len() > 1 && *answer != Answer::Unlike { p.name { "likely one of " (set.join(", ")) } }
        @if !evidence.is_empty() { p.name { (prose(evidence)) } }
        p.name { (breakable(path)) }
    }
}
