//! What an audit doubts of a single photo.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is doubted of a photo. Written in kebab-case in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Its class.
    Label,
    /// Whether it is more than a copy of another.
    Copy,
    /// Whether its file is whole.
    Broken,
    /// Whether anything can be seen on it.
    Strange,
}

impl Doubt {
    /// All doubts, in the order of reviews.
    pub const ALL: [Self; 4] = [Self::Label, Self::Copy, Self::Broken, Self::Strange];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Copy => "copy",
            Self::Broken => "broken",
            Self::Strange => "strange",
        }
    }

    /// The doubts that `text` names, with blanks between them. Other words mean nothing.
    pub fn named(text: &str) -> impl Iterator<Item = Self> {
        text.split(' ').filter_map(|word| Self::ALL.into_iter().find(|doubt| doubt.name() == word))
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
