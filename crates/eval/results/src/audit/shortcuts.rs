//! What predicts the class without the leaf, and how optimistic a random split is.

use foliar_metrics::Estimate;
use serde::{Deserialize, Serialize};

use crate::limits::OPTIMISTIC;

/// Shortcuts in the background.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// How well each cue predicts the class.
    pub probes: Vec<Probe>,
    /// Marks at the border that one class alone has.
    pub watermarks: Vec<Watermark>,
}

/// A cue: what a probe may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShortcutCue {
    /// Colours of the outer sixteenth.
    Border,
    /// Eight single pixels at the border.
    BorderPixels,
    /// Mean colour of the whole photo.
    MeanColour,
    /// Bytes of the file, and bytes a pixel.
    FileSize,
    /// Width, height and aspect ratio.
    Dimensions,
    /// Camera model, software and day in the EXIF block.
    Camera,
}

impl ShortcutCue {
    /// All cues.
    pub const ALL: [Self; 6] =
        [Self::Border, Self::BorderPixels, Self::MeanColour, Self::FileSize, Self::Dimensions, Self::Camera];

    /// Its name in a sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Border => "the outer border",
            Self::BorderPixels => "eight border pixels",
            Self::MeanColour => "the mean colour",
            Self::FileSize => "the file size",
            Self::Dimensions => "width and height",
            Self::Camera => "camera and date in the file",
        }
    }

    /// Whether it sees the border of the picture and nothing else.
    #[must_use]
    pub fn is_border(self) -> bool {
        matches!(self, Self::Border | Self::BorderPixels)
    }

    /// Whether it excludes the leaf; only the mean colour includes it.
    #[must_use]
    pub fn excludes_the_leaf(self) -> bool {
        self != Self::MeanColour
    }
}

/// The result of a probe: a simple classifier that sees one cue, tested on groups that it was not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What it saw.
    pub cue: ShortcutCue,
    /// Out-of-fold accuracy with its interval.
    pub accuracy: Estimate,
    /// Mean recall over the classes.
    pub balanced_accuracy: f64,
    /// Accuracy of always predicting the most frequent class.
    pub most_frequent: f64,
    /// Balanced accuracy of guessing: 1 / classes.
    pub guessing: f64,
    /// Whether it is far above both.
    pub far_above_chance: bool,
    /// For each class the AUROC of that class against the others; absent where it is the only one.
    pub class_auroc: Vec<Option<f64>>,
}

impl Probe {
    /// Whether the class is predicted far better than by chance from something that excludes the leaf.
    #[must_use]
    pub fn is_shortcut(&self) -> bool {
        self.far_above_chance && self.cue.excludes_the_leaf()
    }
}

/// A mark at one place of the border that most photos of one class have and almost no other photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watermark {
    /// Name of the class.
    pub class: String,
    /// Where it is, such as `upper left corner`.
    pub region: String,
    /// Its colour: red, green and blue.
    pub colour: [u8; 3],
    /// Proportion of the class that has this colour there.
    pub share: f64,
    /// Proportion of all other photos that have it.
    pub others: f64,
}

/// A random split compared with a grouped one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitCheck {
    /// Name of the features that it was measured on.
    pub features: String,
    /// Whether a network made them.
    pub of_a_network: bool,
    /// Number of groups with two photos or more.
    pub groups: usize,
    /// Photos in such groups.
    pub grouped_photographs: usize,
    /// Accuracy when folds are drawn at random.
    pub random: Estimate,
    /// Accuracy when a group stays in one fold.
    pub grouped: Estimate,
    /// The first less the second, photo by photo.
    pub optimism: Estimate,
}

impl SplitCheck {
    /// Whether a random split looks more accurate than a grouped one, beyond chance and by an amount that matters.
    #[must_use]
    pub fn is_optimistic(&self) -> bool {
        self.optimism.low > 0.0 && self.optimism.value >= OPTIMISTIC
    }
}
