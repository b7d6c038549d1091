//! An audit as text.

use std::io::{self, Write};
use std::path::Path;

use foliar_results::audit::{Audit, GroupSource};

use super::shown;
use crate::arguments::AuditArguments;
use crate::commands::findings;

/// Classes up to which all are listed.
const LISTED: usize = 40;

pub(super) fn print(
    out: &mut impl Write,
    audit: &Audit,
    photos: &Path,
    arguments: &AuditArguments,
) -> io::Result<()> {
    let photographs = audit.photographs.len();
    let groups = match audit.groups.source {
        GroupSource::Sequence => format!("; {} groups\n{}", audit.groups.count, audit.groups.source),
        GroupSource::Pattern | GroupSource::Table if audit.groups.unnamed > 0 => {
            format!("; {} groups, {} photos without a group", audit.groups.count, audit.groups.unnamed)
        }
        GroupSource::Pattern | GroupSource::Table => format!("; {} groups", audit.groups.count),
        GroupSource::Copies => String::new(),
    };
    writeln!(out, "{photographs} photos of {} classes in {}{groups}", audit.classes.len(), audit.root)?;
    if audit.groups.by_name > 0 {
        writeln!(
            out,
            "{} groups come from file names: their photos were made of one photo",
            audit.groups.by_name
        )?;
    }
    if audit.classes.len() <= LISTED {
        let width = audit.classes.iter().map(|class| class.class.chars().count()).max().unwrap_or(0);
        for class in &audit.classes {
            writeln!(out, "  {:width$}  {:6}", class.class, class.photographs)?;
        }
    }
    if !audit.background.probes.is_empty() {
        writeln!(
            out,
            "\nclass predicted from                 accuracy (95 % interval)   most frequent class"
        )?;
    }
    for probe in &audit.background.probes {
        let accuracy = probe.accuracy;
        writeln!(
            out,
            "  {:34} {:5.1} % ({:4.1} to {:4.1})      {:5.1} %{}",
            probe.cue.words(),
            100.0 * accuracy.value,
            100.0 * accuracy.low,
            100.0 * accuracy.high,
            100.0 * probe.most_frequent,
            if probe.far_above_chance { "  far above chance" } else { "" }
        )?;
    }
    findings::print(out, &audit.findings)?;
    if let Some(folder) = &arguments.out {
        writeln!(out, "\nthe tables and a page with the photos, audit.html, are in {}", shown(folder))?;
    }
    if let Some(file) = &arguments.quarantine {
        writeln!(
            out,
            "\n{} photos are proposed for quarantine in {}; read it, then: foliar train {} --quarantine {}",
            audit.quarantine.len(),
            shown(file),
            shown(photos),
            shown(file)
        )?;
    }
    Ok(())
}
