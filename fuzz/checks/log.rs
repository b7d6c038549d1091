//! Whatever the bytes, reading them ends, keeps its promises and does not depend on the pieces in which they come.

use std::io::{self, Read};

use foliar_logread::{RunLog, read_log, read_log_from};

/// Bytes that come at most seven at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

fn check_series(log: &RunLog) {
    assert!(!log.series.is_empty());
    for series in &log.series {
        assert!(!series.points.is_empty(), "{series:?}");
        assert!(series.points.windows(2).all(|pair| pair[0].row <= pair[1].row), "{series:?}");
        assert!(series.points.iter().all(|point| point.resolution >= 0.0), "{series:?}");
    }
}

/// The bytes of a log, whole and in pieces.
pub(crate) fn check(bytes: &[u8]) {
    let whole = read_log(bytes);
    if let Ok(log) = &whole {
        check_series(log);
    }
    // TensorBoard's files, which are full of zeros, are read whole or not at all.
    if !bytes.contains(&0) {
        let pieces = read_log_from(Trickle(bytes));
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    }
}
