//! What can be wrong with a request for a picture.

/// Least side of a picture, in pixels.
pub(crate) const MIN_SIDE: u32 = 160;
/// Largest side of a picture, in pixels.
pub(crate) const MAX_SIDE: u32 = 6000;

/// Why no picture was drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A side of the frame is outside of `160..=6000` pixels.
    #[error(
        "a picture of {width} x {height} pixels cannot be drawn: each side must have {MIN_SIDE} to {MAX_SIDE}"
    )]
    Size {
        /// Requested width in pixels.
        width: u32,
        /// Requested height in pixels.
        height: u32,
    },
    /// There is nothing that could be drawn: no rows, no classes, or no finite point.
    #[error("{chart}: nothing to draw; give at least one {wanted}")]
    Empty {
        /// The function that was called.
        chart: &'static str,
        /// What it needs one of.
        wanted: &'static str,
    },
    /// Two lists that belong together have different lengths.
    #[error("{chart}: {field} has {found} entries and should have {expected}")]
    Length {
        /// The function that was called.
        chart: &'static str,
        /// The list of the wrong length.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The length it should have.
        expected: usize,
    },
    /// The PNG encoder gave up or there is no memory for the pixels.
    #[error("the PNG could not be encoded: {reason}; ask for a smaller picture")]
    Png {
        /// What the encoder said.
        reason: String,
    },
}
