//! Moments and durations as a study stores them: milliseconds since 1970, on the clock of the database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `duration` in whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    // Far beyond any lease, and far from the largest integer, since a moment is added to it.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}

/// The moment that is `milliseconds` after 1970.
pub(crate) fn moment(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds.max(0).unsigned_abs())
}
