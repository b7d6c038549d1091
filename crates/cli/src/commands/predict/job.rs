//! What the rows of a table of answers depend on, besides the photographs.

use foliar_vision::Digest;
use serde::{Deserialize, Serialize};

use crate::arguments::{Format, PredictArguments};

/// What all slices of one table have in common. Slices of two jobs are never mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    /// The version of foliar.
    version: String,
    /// Of the bundle's file.
    bundle: Digest,
    /// Of what the manifest says.
    manifest: Digest,
    /// Rows of the manifest.
    pub(super) rows: usize,
    /// Rows of a slice; the last one may have fewer.
    pub(super) part_rows: usize,
    /// `csv` or `jsonl`.
    pub(super) format: String,
    top: u32,
    all: bool,
    risk: Option<f64>,
    views: usize,
    /// The words of a command that makes slices of it, without `--out` and `--part`.
    pub(super) command: Vec<String>,
}

impl Job {
    /// What `arguments` ask for, with `command`, the words that ask for it.
    pub(super) fn new(
        arguments: &PredictArguments,
        format: Format,
        bundle: Digest,
        (manifest, rows): (Digest, usize),
        command: Vec<String>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            bundle,
            manifest,
            rows,
            part_rows: arguments.part_rows,
            format: if format == Format::Jsonl { "jsonl" } else { "csv" }.to_owned(),
            top: arguments.top,
            all: arguments.all,
            risk: arguments.risk,
            views: arguments.views.count(),
            command,
        }
    }

    /// Number of slices.
    pub(super) fn slices(&self) -> usize {
        self.rows.div_ceil(self.part_rows.max(1))
    }

    /// The rows of a slice.
    pub(super) fn range(&self, slice: usize) -> std::ops::Range<usize> {
        let first = slice.saturating_mul(self.part_rows).min(self.rows);
        first..first.saturating_add(self.part_rows).min(self.rows)
    }

    /// What another job has that this one has not; `None` where their rows can stand in one table. How the bundle and the manifest
    /// are called does not matter.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let differences = [
            (self.version != other.version, "version of foliar"),
            (self.bundle != other.bundle, "bundle"),
            (self.manifest != other.manifest || self.rows != other.rows, "manifest"),
            (self.part_rows != other.part_rows, "--part-rows"),
            (self.format != other.format, "--format"),
            (self.top != other.top, "--top"),
            (self.all != other.all, "--all"),
            (self.risk != other.risk, "--risk"),
            (self.views != other.views, "--views"),
        ];
        let names: Vec<&str> =
            differences.iter().filter(|(differs, _)| *differs).map(|(_, name)| *name).collect();
        (!names.is_empty()).then(|| format!("another {}", names.join(", another ")))
    }
}

#[cfg(test)]
impl Job {
    pub(super) fn example() -> Self {
        Self {
            version: "0.1.0".to_owned(),
            bundle: Digest([1; 32]),
            manifest: Digest([2; 32]),
            rows: 32,
            part_rows: 10,
            format: "csv".to_owned(),
            top: 3,
            all: false,
            risk: Some(0.05),
            views: 1,
            command: vec!["foliar".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_share_out_the_rows() {
        let job = Job::example();
        let ranges: Vec<_> = (0..job.slices()).map(|slice| job.range(slice)).collect();
        assert_eq!(ranges, [0..10, 10..20, 20..30, 30..32]);
        assert_eq!(Job { rows: 30, ..job }.slices(), 3);
    }

    #[test]
    fn differences_are_named() {
        let job = Job::example();
        assert_eq!(job.difference(&Job { command: Vec::new(), ..job.clone() }), None);
        let other = Job { bundle: Digest([3; 32]), risk: None, ..job.clone() };
        assert_eq!(job.difference(&other).as_deref(), Some("another bundle, another --risk"));
    }
}
