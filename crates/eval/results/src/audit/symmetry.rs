//! The eight symmetries of the square: all ways to turn and mirror a photo without losing a pixel.

use serde::{Deserialize, Serialize};

/// One of the eight ways to turn and mirror a square onto itself: first its diagonal mirror, then left and right, then up
/// and down, each or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symmetry {
    /// As it is.
    Same,
    /// Left and right exchanged.
    Mirrored,
    /// Up and down exchanged.
    Flipped,
    /// By 180°.
    HalfTurn,
    /// Rows and columns exchanged.
    Transposed,
    /// By 90° clockwise.
    QuarterTurn,
    /// By 90° counter-clockwise.
    QuarterTurnBack,
    /// Rows and columns exchanged, and turned by 180°.
    Antitransposed,
}

impl Symmetry {
    /// All eight, that of no change first.
    pub const ALL: [Self; 8] = [
        Self::Same,
        Self::Mirrored,
        Self::Flipped,
        Self::HalfTurn,
        Self::Transposed,
        Self::QuarterTurn,
        Self::QuarterTurnBack,
        Self::Antitransposed,
    ];

    /// Whether rows and columns are exchanged (first), then left and right, then up and down.
    #[must_use]
    pub fn parts(self) -> (bool, bool, bool) {
        let number = self as u8;
        (number & 4 != 0, number & 1 != 0, number & 2 != 0)
    }

    /// The inverse symmetry.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::QuarterTurn => Self::QuarterTurnBack,
            Self::QuarterTurnBack => Self::QuarterTurn,
            own => own,
        }
    }

    /// Column and row of the source pixel that is shown in column `x` and row `y`, in a square of `side` pixels.
    #[must_use]
    pub fn source(self, x: usize, y: usize, side: usize) -> (usize, usize) {
        let (transposed, mirrored, flipped) = self.parts();
        let x = if mirrored { side - 1 - x } else { x };
        let y = if flipped { side - 1 - y } else { y };
        if transposed { (y, x) } else { (x, y) }
    }

    /// Its name, such as `turned by 90°`; empty for no change.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Mirrored => "mirrored",
            Self::Flipped => "upside down",
            Self::HalfTurn => "turned by 180°",
            Self::Transposed => "mirrored and turned by 90°",
            Self::QuarterTurn => "turned by 90°",
            Self::QuarterTurnBack => "turned by 270°",
            Self::Antitransposed => "mirrored and turned by 270°",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_undoes() {
        for symmetry in Symmetry::ALL {
            for (x, y) in [(0, 0), (3, 1), (2, 4), (4, 0)] {
                let (a, b) = symmetry.source(x, y, 5);
                assert_eq!(symmetry.inverse().source(a, b, 5), (x, y), "{symmetry:?}");
            }
        }
    }

    #[test]
    fn a_quarter_turn_is_clockwise() {
        // What was in the lower left corner comes to the upper left one.
        assert_eq!(Symmetry::QuarterTurn.source(0, 0, 5), (0, 4));
    }
}
