//! How far a classifier can be relied on: a rating, one line of summary, and the findings behind it.

use serde::Serialize;

use crate::evaluation::{Estimate, Evaluation, Origin};
use crate::finding::{Finding, Severity};
use crate::limits::{FAIR, GOOD, VERY_GOOD};
use crate::rules::{Circumstances, FindingId, findings};
use crate::words::{count, fixed, of_a_hundred, percent, within};

/// How far a classifier can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// In one word.
    pub rating: Rating,
    /// In two or three sentences: how good it is on what, and the most important findings.
    pub summary: String,
    /// What a reader must know before relying on it, errors first.
    pub findings: Vec<Finding<FindingId>>,
}

/// What a verdict comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rating {
    /// Nothing above a note was found.
    Sound,
    /// It was not measured.
    Unknown,
    /// It can be relied on within limits: there are warnings.
    Limited,
    /// It should not be relied on as it is: there are errors.
    Unsound,
}

/// What the words of a verdict mean. Praise follows the lower end of the range and blame the upper one, so that luck with few
/// photos earns neither.
#[must_use]
pub fn scale() -> String {
    let at_least = |limit: f64| fixed(100.0 * limit, 0);
    format!(
        "Very good: at least {} of 100 photos right, by the lower end of the range. Good: {}. Fair: {}. Weak: \
         fewer, by the upper end.",
        at_least(VERY_GOOD),
        at_least(GOOD),
        at_least(FAIR)
    )
}

/// What is to say of an accuracy where always predicting the most frequent class is correct on the share `majority`; `None` if
/// it is better beyond chance, or if one class alone was measured.
#[must_use]
pub fn beside_majority(accuracy: Estimate, majority: f64) -> Option<&'static str> {
    if majority >= 1.0 || accuracy.low > majority {
        None
    } else if accuracy.high <= majority {
        Some("No better than always predicting the most frequent class")
    } else {
        Some("Not shown to be better than always predicting the most frequent class")
    }
}

/// The word of the scale for an accuracy; `None` where the range is all that there can be.
#[must_use]
pub fn word(accuracy: Estimate) -> Option<&'static str> {
    match accuracy.low {
        _ if accuracy.is_anything() => None,
        low if low >= VERY_GOOD => Some("Very good"),
        low if low >= GOOD => Some("Good"),
        low if low >= FAIR => Some("Fair"),
        _ if accuracy.high < FAIR => Some("Weak"),
        _ if accuracy.high < GOOD => Some("Too few groups to tell (weak to fair)"),
        _ if accuracy.high < VERY_GOOD => Some("Too few groups to tell (weak to good)"),
        _ => Some("Too few groups to tell (weak to very good)"),
    }
}

impl Verdict {
    /// The verdict on a classifier; `None` if it was not evaluated. A pure function of its arguments: `foliar evaluate`,
    /// `foliar report`, its page and its model card all show this.
    #[must_use]
    pub fn of(evaluation: Option<&Evaluation>, besides: &Circumstances<'_>) -> Self {
        let findings = findings(evaluation, besides);
        let rating = match (evaluation, findings.first().map(|finding| finding.severity)) {
            (_, Some(Severity::Error)) => Rating::Unsound,
            (None, _) => Rating::Unknown,
            (_, Some(Severity::Warning)) => Rating::Limited,
            _ => Rating::Sound,
        };
        let summary = match evaluation {
            None => "It was not measured how good this classifier is: there were no photos to test it on."
                .to_owned(),
            Some(evaluation) => format!("{} {}", measured(evaluation), consequence(rating, &findings)),
        };
        Self { rating, summary, findings }
    }
}

/// `Good on leaves that it has not seen: 90 % correct (87 to 93 of 100).`
fn measured(evaluation: &Evaluation) -> String {
    let accuracy = evaluation.scores.accuracy;
    let data = &evaluation.data;
    let word = match word(accuracy) {
        None => "Not known how good",
        Some(word) => beside_majority(accuracy, evaluation.majority_share()).unwrap_or(word),
    };
    let on = match (data.origin, data.split_by_group == Some(true)) {
        _ if data.training_included > 0 => "photos that it was trained on",
        (Origin::Test, true) => "leaves that it has not seen",
        (Origin::Validation, true) => "leaves that it was not trained on",
        (Origin::Validation, false) => "photos that it was not trained on",
        (Origin::Test, false) => "photos that it has not seen",
        (Origin::Folder, _) => "photos of another folder",
    };
    let span = match of_a_hundred(accuracy) {
        _ if accuracy.is_anything() => {
            let groups = count(data.groups, "group is", "groups are");
            format!(" ({groups} too few for a range)")
        }
        span if span.is_empty() => span,
        span => format!(" ({span})"),
    };
    format!("{word} on {on}: {} correct{span}.", percent(accuracy.value))
}

fn consequence(rating: Rating, findings: &[Finding<FindingId>]) -> String {
    let claims = |severity: Severity| {
        let heavy = findings.iter().filter(|finding| finding.severity == severity);
        heavy.map(|finding| within(&finding.claim)).collect::<Vec<_>>().join("; ")
    };
    match rating {
        Rating::Sound if findings.is_empty() => "No problem was found.".to_owned(),
        Rating::Sound | Rating::Unknown => "No serious problem was found.".to_owned(),
        Rating::Limited => format!("Its limits: {}.", claims(Severity::Warning)),
        Rating::Unsound => format!("Do not rely on it yet: {}.", claims(Severity::Error)),
    }
}
