//! What a caller can get wrong.

/// Why predictions, features or a setting were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricsError {
    /// Two lists that belong together have different lengths.
    #[error("{what}: {found} numbers where {expected} were expected")]
    Length {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits the others.
        expected: usize,
    },
    /// A label that is no class.
    #[error("photo {photograph} is labelled {label}, but there are {classes} classes, counted from 0")]
    Label {
        /// Place of the photograph, from 0.
        photograph: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// A network that has overflowed says nothing.
    #[error("{what} {column} of photo {row} is not a finite number; the network has overflowed")]
    NotFinite {
        /// What the number is.
        what: &'static str,
        /// Place of the photograph, from 0.
        row: usize,
        /// Place of the number in its row, from 0.
        column: usize,
    },
    /// Nothing can be fitted to so few photographs.
    #[error("{what}: {found} photos, of at least {needed} that are needed; hold back more")]
    TooFew {
        /// What was to be fitted.
        what: &'static str,
        /// Photographs at hand.
        found: usize,
        /// Fewest that suffice.
        needed: usize,
    },
    /// Two lists of predictions that are to be compared are not of the same photographs.
    #[error(
        "the predictions to compare differ in their labels or groups; both must be of the same photos, in one order"
    )]
    Unpaired,
    /// Photographs that belong together are in two folds, so that a model has learned from what it is judged on.
    #[error("a group of photos is in two folds of the cross-validation; keep whole groups in one fold")]
    SplitGroup,
    /// A setting outside its range.
    #[error("{name} is {value}; it must be {expected}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it was set to.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
}

/// Refuses a proportion that is not strictly between 0 and 1.
pub(crate) fn check_proportion(name: &'static str, value: f64) -> Result<(), MetricsError> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(MetricsError::Parameter { name, value, expected: "above 0 and below 1" })
    }
}

/// Refuses a list of another length than `expected`.
pub(crate) fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), MetricsError> {
    if found == expected { Ok(()) } else { Err(MetricsError::Length { what, found, expected }) }
}

/// Refuses rows of `width` numbers of which one is not finite.
pub(crate) fn check_finite(what: &'static str, rows: &[f32], width: usize) -> Result<(), MetricsError> {
    match rows.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(place) => {
            let width = width.max(1);
            Err(MetricsError::NotFinite { what, row: place / width, column: place % width })
        }
    }
}

/// Refuses confidences that are no probabilities, and verdicts that are more or fewer.
pub(crate) fn check_verdicts(confidences: &[f64], right: &[bool]) -> Result<(), MetricsError> {
    check_length("verdicts", right.len(), confidences.len())?;
    match confidences.iter().find(|&confidence| !(0.0..=1.0).contains(confidence)) {
        None => Ok(()),
        Some(&value) => Err(MetricsError::Parameter { name: "confidence", value, expected: "0 to 1" }),
    }
}
