//! How far a classifier can be trusted, in plain words.
//!
//! A pure function of the values: a sentence that says how good it is on what, and every reservation that they give reason
//! for. Where a value has an interval, a reservation needs the interval to say so, not the value alone.

use foliar_doctor::Severity;

use super::reservations::reservations;
use super::view::{Origin, RunView, Scores};
use super::words::{of_a_hundred, percent};
use crate::remark::Remark;

/// Lower ends of the accuracy's interval from which it is called very good, good and fair.
const VERY_GOOD: f64 = 0.95;
const GOOD: f64 = 0.85;
const FAIR: f64 = 0.7;

/// How far a classifier can be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What stands above everything.
    pub standing: Standing,
    /// How good it is on what, and what there is against it, in two or three sentences.
    pub lead: String,
    /// What a reader should know before relying on it, the most important first.
    pub reservations: Vec<Remark>,
}

/// What a verdict comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing was found against it.
    Sound,
    /// It was not measured.
    Unknown,
    /// It may be relied on within limits.
    Limited,
    /// It should not be relied on as it is.
    Unsound,
}

/// The verdict on a classifier.
pub fn verdict(view: &RunView) -> Verdict {
    let reservations = reservations(view);
    let heaviest = reservations.iter().map(|remark| remark.severity).max();
    let standing = match (&view.scores, heaviest) {
        (_, Some(Severity::Error)) => Standing::Unsound,
        (Some(scores), _) if is_no_better_than_guessing(scores) => Standing::Unsound,
        (None, _) => Standing::Unknown,
        (_, Some(Severity::Warning)) => Standing::Limited,
        _ => Standing::Sound,
    };
    let lead = match &view.scores {
        None => "How good this classifier is was not measured: there were no photographs to test it on."
            .to_owned(),
        Some(scores) => format!("{}{}", measured(view, scores), consequence(standing, &reservations)),
    };
    Verdict { standing, lead, reservations }
}

/// `Good on leaves it has not seen: 90 % right (87 to 93 of 100).`
fn measured(view: &RunView, scores: &Scores) -> String {
    let accuracy = scores.accuracy;
    let word = match accuracy.low {
        _ if is_no_better_than_guessing(scores) => "No better than always naming the commonest class",
        low if low >= VERY_GOOD => "Very good",
        low if low >= GOOD => "Good",
        low if low >= FAIR => "Fair",
        _ => "Weak",
    };
    let on = match (view.test.origin, view.test.grouped) {
        (Origin::Test, true) => "leaves it has not seen",
        (Origin::Validation, true) => "leaves it was not trained on",
        (Origin::Validation, false) => "photographs it was not trained on",
        (Origin::Test, false) => "photographs it has not seen",
        (Origin::Other, _) => "photographs from elsewhere",
    };
    let span = of_a_hundred(accuracy);
    let span = if span.is_empty() { span } else { format!(" ({span})") };
    format!("{word} on {on}: {} right{span}.", percent(accuracy.value))
}

/// Whether the interval of the accuracy reaches down to what naming one class always would reach.
pub(super) fn is_no_better_than_guessing(scores: &Scores) -> bool {
    scores.accuracy.low <= scores.commonest
}

fn consequence(standing: Standing, reservations: &[Remark]) -> String {
    let titles = |least: Severity| {
        let heavy = reservations.iter().filter(|remark| remark.severity >= least);
        let titles: Vec<String> = heavy.map(|remark| lowered(&remark.title)).collect();
        titles.join("; ")
    };
    let errors = titles(Severity::Error);
    match standing {
        Standing::Sound if reservations.is_empty() => " Nothing was found against it.".to_owned(),
        Standing::Sound | Standing::Unknown => " Nothing weighty was found against it.".to_owned(),
        Standing::Limited => format!(" Mind its limits: {}.", titles(Severity::Warning)),
        Standing::Unsound if errors.is_empty() => " Do not rely on it.".to_owned(),
        Standing::Unsound => format!(" Do not rely on it yet: {errors}."),
    }
}

/// The title within a sentence. An abbreviation keeps its capitals.
fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}
