//! An audit as the plain values that pages show.

use std::collections::BTreeMap;

use foliar_audit::interval::Interval;
use foliar_audit::symmetry::Symmetry;
use foliar_audit::{Audit, CopyPair, Finding, GroupSource, Id, Photograph, Severity};
use foliar_report::audit::{AuditView, Groups, Pair, Poor, Probe, SplitCheck, Suspect};
use foliar_report::{Estimate, Gallery, Photo, Remark};

use crate::commands::thumbnails::Thumbnails;

/// The view of `audit`, of the folder that is called `subject`, with at most `most` cards in a gallery.
pub(crate) fn of(audit: &Audit, thumbnails: &Thumbnails, subject: &str, most: usize) -> AuditView {
    let rows: BTreeMap<&str, &Photograph> =
        audit.photographs.iter().map(|row| (row.path.as_str(), row)).collect();
    let photo = |path: &str| {
        let row = rows.get(path);
        let split = row.and_then(|row| row.split).map_or_else(String::new, |split| split.to_string());
        thumbnails.photo(path, row.map_or("", |row| &row.class), &split)
    };
    let crossing = audit.copies.iter().filter(|pair| pair.across_splits).count() as u64;
    let split = audit.photographs.iter().any(|row| row.split.is_some());
    AuditView {
        subject: subject.to_owned(),
        photographs: audit.photographs.len() as u64,
        unusable: audit.problems.iter().filter(|problem| problem.excluded).count() as u64,
        classes: audit.classes.iter().map(|class| (class.class.clone(), class.photographs as u64)).collect(),
        groups: Some(Groups {
            count: audit.groups.count as u64,
            largest: audit.groups.largest as u64,
            how: match audit.groups.source {
                GroupSource::Sequence => "file names that count, and copies",
                GroupSource::Pattern => "a pattern in the file names, and copies",
                GroupSource::Table => "a table, and copies",
                GroupSource::Copies => "copies alone",
            }
            .to_owned(),
        }),
        remarks: audit.findings.iter().map(remark).collect(),
        duplicates: duplicates(audit, most, &photo),
        crossing: split.then_some(crossing),
        conflicting: audit.copies.iter().filter(|pair| pair.across_classes).count() as u64,
        suspects: suspects(audit, most, &photo),
        poor: poor(audit, most, &photo),
        probes: audit
            .background
            .probes
            .iter()
            .map(|probe| Probe {
                name: probe.cue.words().to_owned(),
                accuracy: estimate(probe.accuracy),
                chance: probe.most_frequent,
                alarming: probe.far_above_chance && probe.cue.excludes_the_leaf(),
            })
            .collect(),
        split_check: audit
            .split_check
            .as_ref()
            .map(|check| SplitCheck { random: estimate(check.random), grouped: estimate(check.grouped) }),
    }
}

fn estimate(interval: Interval) -> Estimate {
    Estimate { value: interval.value, low: interval.low, high: interval.high }
}

fn remark(finding: &Finding) -> Remark {
    let severity = match finding.severity {
        Severity::Note => foliar_doctor::Severity::Note,
        Severity::Warning => foliar_doctor::Severity::Warning,
        Severity::Error => foliar_doctor::Severity::Error,
    };
    Remark::new(severity, title(finding), format!("{} {}", finding.claim, finding.advice).trim())
}

/// A finding in a few words.
fn title(finding: &Finding) -> &'static str {
    match finding.id {
        Id::CopiesAcrossSplits => "Copies are in more than one split",
        Id::CopiesAcrossClasses => "Copies stand in different classes",
        Id::Watermark => "A class carries a mark",
        Id::Background => "The background gives the class away",
        Id::RandomSplit => "Splits at random and by group",
        Id::WrongLabels => "Labels may be wrong",
        Id::BrokenFiles => "Files can not be used",
        Id::Copies => "Some photographs are copies",
        Id::Imbalance => "Classes differ in size",
        Id::Quality => "Some photographs are poor",
        Id::NoGroups => "Nothing tells what belongs together",
        Id::Sound => "Nothing weighty was found",
    }
}

/// Those across the split first, then those across classes.
fn duplicates(audit: &Audit, most: usize, photo: &dyn Fn(&str) -> Photo) -> Gallery<Pair> {
    let mut pairs: Vec<&CopyPair> = audit.copies.iter().collect();
    pairs.sort_by_key(|pair| (!pair.across_splits, !pair.across_classes, pair.exact));
    let shown = pairs.into_iter().take(most).map(|pair| Pair {
        one: photo(&pair.a),
        other: photo(&pair.b),
        how: how(pair).to_owned(),
    });
    Gallery { shown: shown.collect(), total: audit.copies.len() as u64 }
}

fn how(pair: &CopyPair) -> &'static str {
    match pair.symmetry {
        _ if pair.exact => "the same file",
        Symmetry::Same => "nearly the same",
        Symmetry::Mirrored => "left and right exchanged",
        Symmetry::Flipped => "up and down exchanged",
        Symmetry::HalfTurn => "turned by 180°",
        Symmetry::QuarterTurn | Symmetry::QuarterTurnBack => "turned by 90°",
        Symmetry::Transposed | Symmetry::Antitransposed => "turned by 90° and mirrored",
    }
}

/// Those of which probability and neighbours agree that the class is wrong.
fn suspects(audit: &Audit, most: usize, photo: &dyn Fn(&str) -> Photo) -> Gallery<Suspect> {
    let strong: Vec<_> = audit.label_issues.iter().filter(|issue| issue.strong).collect();
    let total = strong.len() as u64;
    let shown = strong.into_iter().take(most).map(|suspect| Suspect {
        photo: photo(&suspect.path),
        proposed: suspect.suggested.clone(),
        reason: suspect.reason.clone(),
    });
    Gallery { shown: shown.collect(), total }
}

fn poor(audit: &Audit, most: usize, photo: &dyn Fn(&str) -> Photo) -> Gallery<Poor> {
    let flawed: Vec<&Photograph> = audit.photographs.iter().filter(|row| !row.issues.is_empty()).collect();
    let total = flawed.len() as u64;
    let shown = flawed.into_iter().take(most).map(|row| {
        let flaws: Vec<&str> = row.issues.iter().map(|found| found.issue.words()).collect();
        Poor { photo: photo(&row.path), reason: flaws.join(", ") }
    });
    Gallery { shown: shown.collect(), total }
}
