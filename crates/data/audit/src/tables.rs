//! The files of an audit: one JSON document, and tables for spreadsheets.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use foliar_files::{cell, write_atomically};
use foliar_results::audit::{Audit, Proposal};
use serde::Serialize;

use crate::error::AuditError;

/// Header of `audit.csv`.
const PHOTOGRAPHS: [&str; 13] = [
    "path",
    "class",
    "split",
    "group",
    "width",
    "height",
    "bytes",
    "brightness",
    "clipped",
    "sharpness",
    "entropy",
    "edges",
    "findings",
];
/// Header of `duplicates.csv`: the fields of [`foliar_results::audit::CopyPair`].
const COPIES: [&str; 11] = [
    "a",
    "b",
    "exact",
    "symmetry",
    "similarity",
    "detail",
    "overlap",
    "angle",
    "scale",
    "across_classes",
    "across_splits",
];
/// Header of `labels.csv`: the fields of [`foliar_results::audit::LabelIssue`].
const LABELS: [&str; 12] = [
    "path",
    "class",
    "suggested",
    "probability",
    "own_probability",
    "margin",
    "evidence",
    "neighbours",
    "neighbours_suggested",
    "neighbours_own",
    "strong",
    "reason",
];

/// A row of `audit.csv`.
#[derive(Serialize)]
struct PhotographRow<'a> {
    path: &'a str,
    class: &'a str,
    split: Option<&'a str>,
    group: &'a str,
    width: u32,
    height: u32,
    bytes: u64,
    brightness: f64,
    clipped: f64,
    sharpness: f64,
    entropy: f64,
    edges: f64,
    findings: String,
}

/// A row of `groups.csv`, which `--groups` reads.
#[derive(Serialize)]
struct GroupRow<'a> {
    path: &'a str,
    group: &'a str,
}

/// Writes `audit.json`, `audit.csv` (one row a photo), `duplicates.csv` (one row a pair), `labels.csv` (one row a label
/// issue), `groups.csv` (path and group) and `quarantine.csv` into `folder`, which is made if it does not exist.
///
/// # Errors
/// [`AuditError::Write`] with the file.
pub fn write_tables(audit: &Audit, folder: &Path) -> Result<(), AuditError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| AuditError::Write { path: folder.to_owned(), source })?;
    write_document(audit, &folder.join("audit.json"))?;
    let copies: BTreeSet<&str> = audit.copies.iter().flat_map(|copy| [&copy.a[..], &copy.b[..]]).collect();
    let by_name: BTreeSet<&str> = audit
        .name_copies
        .families
        .iter()
        .flat_map(|family| &family.photographs)
        .map(String::as_str)
        .collect();
    let mislabelled: BTreeSet<&str> =
        audit.label_issues.iter().filter(|issue| issue.strong).map(|issue| &issue.path[..]).collect();
    let photographs = audit.photographs.iter().map(|photo| {
        let mut findings: Vec<&str> = photo.issues.iter().map(|found| found.issue.name()).collect();
        if copies.contains(&photo.path[..]) || by_name.contains(&photo.path[..]) {
            findings.push("copy");
        }
        if mislabelled.contains(&photo.path[..]) {
            findings.push("wrong-label");
        }
        PhotographRow {
            path: &photo.path,
            class: &photo.class,
            split: photo.split.as_deref(),
            group: &photo.group,
            width: photo.width,
            height: photo.height,
            bytes: photo.bytes,
            brightness: rounded(photo.measures.brightness),
            clipped: rounded(photo.measures.clipped),
            sharpness: rounded(photo.measures.sharpness),
            entropy: rounded(photo.measures.entropy),
            edges: rounded(photo.measures.edges),
            findings: findings.join(" "),
        }
    });
    write_csv(&folder.join("audit.csv"), &PHOTOGRAPHS, photographs)?;
    write_csv(&folder.join("duplicates.csv"), &COPIES, audit.copies.iter())?;
    write_csv(&folder.join("labels.csv"), &LABELS, audit.label_issues.iter())?;
    let groups = audit.photographs.iter().map(|photo| GroupRow { path: &photo.path, group: &photo.group });
    write_csv(&folder.join("groups.csv"), &["path", "group"], groups)?;
    write_quarantine(&audit.quarantine, &folder.join("quarantine.csv"))
}

/// Writes a proposed quarantine.
///
/// # Errors
/// [`AuditError::Write`].
pub fn write_quarantine(proposals: &[Proposal], path: &Path) -> Result<(), AuditError> {
    write_csv(path, &["path", "reason"], proposals.iter())
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn write_document(audit: &Audit, path: &Path) -> Result<(), AuditError> {
    let written = write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, audit)?;
        file.write_all(b"\n")
    });
    written.map_err(|source| AuditError::Write { path: path.to_owned(), source })
}

/// Writes the header, even if there are no rows, and the rows, of which no cell is a formula to a spreadsheet.
fn write_csv(
    path: &Path,
    header: &[&str],
    rows: impl Iterator<Item = impl Serialize>,
) -> Result<(), AuditError> {
    let written = write_atomically(path, |file| {
        let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        rows.into_iter().try_for_each(|row| table.serialize(row))?;
        let table = table.into_inner().map_err(csv::IntoInnerError::into_error)?;
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(&table[..]);
        let mut writer = csv::Writer::from_writer(&mut *file);
        writer.write_record(header)?;
        for row in table.records() {
            writer.write_record(row?.iter().map(|cell| cell::defused(cell).into_owned()))?;
        }
        writer.flush()
    });
    written.map_err(|source| AuditError::Write { path: path.to_owned(), source })
}
