//! The frame of a picture: its size, its theme and its heading.

use crate::error::{MAX_SIDE, MIN_SIDE, ReportError};

/// Whether a picture stands on a light or on a dark page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on near-black.
    Dark,
}

/// Size and theme of a picture. Letters grow with the width: 11 pixels at 400, 16 at 1400.
///
/// Every chart has a `natural_height(width)`, the height at which it looks best; any other height is drawn too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels, `160..=6000`.
    pub width: u32,
    /// Height in pixels, `160..=6000`.
    pub height: u32,
    /// Light or dark.
    pub theme: Theme,
}

impl Frame {
    pub(crate) fn validated(&self) -> Result<&Self, ReportError> {
        let side = MIN_SIDE..=MAX_SIDE;
        if side.contains(&self.width) && side.contains(&self.height) {
            Ok(self)
        } else {
            Err(ReportError::Size { width: self.width, height: self.height })
        }
    }
}

/// What stands above a picture. Empty parts take no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// What is seen, in one line; wrapped to two where it is long.
    pub title: String,
    /// Smaller, below the title: on which data, how many photographs.
    pub note: String,
}

impl Heading {
    /// A heading without a note.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), note: String::new() }
    }
}
