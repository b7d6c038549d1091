//! What a classifier says of photos, as a page of cards: those that it answers by class, those that it does not know apart.

mod page;
mod summary;

pub use page::answers_page;
pub use summary::summary as answers_summary;

use crate::thumbnail::Thumbnail;

/// Answers for photos, as a page shows them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The heading: `Answers of runs/first`.
    pub heading: String,
    /// What the cards show beside the photo, and how it is read; empty without heat maps.
    pub legend: Vec<String>,
    /// The photos, in any order.
    pub photos: Vec<AnsweredPhoto>,
    /// What is said besides, a line each, such as warnings about classes.
    pub remarks: Vec<String>,
    /// The program that wrote the page, for its foot: `foliar predict`.
    pub written_by: String,
}

/// One photo.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnsweredPhoto {
    /// As it was named.
    pub path: String,
    /// What was found.
    pub answer: Answer,
    /// The most probable classes with their probabilities, the first first.
    pub ranking: Vec<(String, f64)>,
    /// More than one class, if the true one is likely among several.
    pub set: Vec<String>,
    /// A small copy; `None` if there is none.
    pub photo: Option<Thumbnail>,
    /// The heat map over the photo; `None` if there is none.
    pub heat_map: Option<Thumbnail>,
    /// What the heat map shows, in words; may be empty.
    pub evidence: String,
}

/// What is said of a photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Answer {
    /// This class.
    Class(String),
    /// The classifier does not know.
    #[default]
    Unknown,
    /// It does not know, for the photo is unlike any that it was trained on.
    Unlike,
    /// The photo could not be read, and why.
    Failed(String),
}
