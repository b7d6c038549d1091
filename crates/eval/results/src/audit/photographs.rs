//! Single photographs of an audit: quality, copies, labels.

use serde::{Deserialize, Serialize};

use super::symmetry::Symmetry;

/// One photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photograph {
    /// Path.
    pub path: String,
    /// Class.
    pub class: String,
    /// The split that its folder assigns: `train`, `validation` or `test`.
    pub split: Option<String>,
    /// BLAKE3 of its file, in hexadecimal digits.
    #[serde(default)]
    pub digest: String,
    /// Path of the first photo of its group.
    pub group: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Its quality.
    pub measures: Measures,
    /// What is wrong with it.
    pub issues: Vec<MeasuredIssue>,
    /// Where its label or its quality is doubted, the most similar photos of other groups, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
}

/// What is measured on one photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Shorter side of the picture in the file, in pixels.
    pub shorter_side: f64,
    /// Longer side over shorter, 1 or more.
    pub aspect: f64,
    /// Mean luminance, 0 to 1.
    pub brightness: f64,
    /// Luminance that a twentieth of the pixels exceed, 0 to 1.
    pub brightest: f64,
    /// Proportion of pixels whose luminance is 250 of 255 or more.
    pub clipped: f64,
    /// Variance of the Laplacian of the luminance (0 to 255) at a shorter side of at most 256 pixels (Pech-Pacheco 2000).
    pub sharpness: f64,
    /// Shannon entropy of the histogram of luminance, 0 to 8 bits.
    pub entropy: f64,
    /// Proportion of pixels that differ from the next to the right or below by a tenth of the scale or more.
    pub edges: f64,
}

/// What can be wrong with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QualityIssue {
    /// Too few pixels.
    Tiny,
    /// Underexposed.
    Dark,
    /// Overexposed.
    Overexposed,
    /// Out of focus or shaken.
    Blurred,
    /// Almost nothing on it.
    NearlyEmpty,
    /// One side far longer than the other.
    OddShape,
}

impl QualityIssue {
    /// All issues, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Tiny, Self::Dark, Self::Overexposed, Self::Blurred, Self::NearlyEmpty, Self::OddShape];

    /// The name in files, such as `nearly-empty`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Dark => "dark",
            Self::Overexposed => "overexposed",
            Self::Blurred => "blurred",
            Self::NearlyEmpty => "nearly-empty",
            Self::OddShape => "odd-shape",
        }
    }

    /// Description that follows "is".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Tiny => "smaller than 64 pixels",
            Self::Dark => "very dark",
            Self::Overexposed => "overexposed",
            Self::Blurred => "blurred",
            Self::NearlyEmpty => "nearly empty",
            Self::OddShape => "more than three times as long as wide",
        }
    }
}

/// An issue with what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredIssue {
    /// What is wrong.
    pub issue: QualityIssue,
    /// The measured value.
    pub value: f64,
    /// The threshold that it was compared with.
    pub threshold: f64,
}

/// Two photos of which one is a copy of the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyPair {
    /// Path of the first.
    pub a: String,
    /// Path of the second.
    pub b: String,
    /// Whether the files are equal byte for byte.
    pub exact: bool,
    /// How to turn or mirror `b` so that it looks like `a`.
    pub symmetry: Symmetry,
    /// Correlation of the aligned thumbnails.
    pub similarity: f64,
    /// Correlation of their fine detail.
    pub detail: f64,
    /// Proportion of one photo that the other shows too.
    pub overlap: f64,
    /// By how much `b` has to be turned clockwise after that, -180 to 180 degrees; 0 where `symmetry` says all.
    pub angle: f64,
    /// How much larger a place is in `b` than in `a`, where one is a part of the other; else 1.
    pub scale: f64,
    /// Whether they are of different classes.
    pub across_classes: bool,
    /// Whether they are in different splits (train, validation, test).
    pub across_splits: bool,
}

impl CopyPair {
    /// In what way they are alike, such as `the same file` or `nearly the same, mirrored`.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.exact, self.change()) {
            (true, _) => "the same file".to_owned(),
            (false, words) if words.is_empty() => "nearly the same".to_owned(),
            (false, words) => format!("nearly the same, {words}"),
        }
    }

    /// How one was turned, mirrored and cut, such as `mirrored, turned by 31°`; empty where it was not.
    #[must_use]
    pub fn change(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if !self.symmetry.words().is_empty() {
            words.push(self.symmetry.words().to_owned());
        }
        if self.angle.abs() >= 0.5 {
            words.push(format!("turned by {:.0}°", self.angle.abs()));
        }
        if !(0.9..=1.1).contains(&self.scale) {
            words.push("one a part of the other".to_owned());
        }
        words.join(", ")
    }
}

/// A photo whose label is probably wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelIssue {
    /// Path relative to the folder.
    pub path: String,
    /// Class given by its folder.
    pub class: String,
    /// Class that it looks like.
    pub suggested: String,
    /// Calibrated probability of the suggested class.
    pub probability: f64,
    /// Calibrated probability of the class given by its folder.
    pub own_probability: f64,
    /// The first less the second.
    pub margin: f64,
    /// Evidence for the suggested class and against the given one, 0 to about 10.
    pub evidence: f64,
    /// Number of nearest neighbours that were counted.
    pub neighbours: usize,
    /// Number of them in the suggested class.
    pub neighbours_suggested: usize,
    /// Number of them in the class given by its folder.
    pub neighbours_own: usize,
    /// Whether probability and neighbours agree that the label is wrong.
    pub strong: bool,
    /// The reason in words.
    pub reason: String,
}

/// A photo that is proposed to be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Path relative to the folder.
    pub path: String,
    /// Why.
    pub reason: String,
}
