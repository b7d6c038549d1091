//! An audit as text.

use std::io::{self, Write};
use std::path::Path;

use foliar_results::audit::{Audit, GroupSource};
use foliar_vision::counted;

use super::shown;
use crate::arguments::AuditArguments;
use crate::commands::findings;
use crate::commands::shell::quoted;

/// Classes up to which all are listed.
const LISTED: usize = 40;

pub(super) fn print(
    out: &mut impl Write,
    audit: &Audit,
    photos: &Path,
    arguments: &AuditArguments,
) -> io::Result<()> {
    let photographs = audit.photographs.len();
    let in_groups = counted(audit.groups.count, "group", "groups");
    let groups = match audit.groups.source {
        GroupSource::Sequence => format!("; {in_groups}\n{}", audit.groups.source),
        GroupSource::Pattern | GroupSource::Table if audit.groups.unnamed > 0 => {
            let unnamed = counted(audit.groups.unnamed, "photo", "photos");
            format!("; {in_groups}, {unnamed} without a group")
        }
        GroupSource::Pattern | GroupSource::Table => format!("; {in_groups}"),
        GroupSource::Copies => String::new(),
    };
    let classes = counted(audit.classes.len(), "class", "classes");
    writeln!(out, "{photographs} photos of {classes} in {}{groups}", audit.root)?;
    if audit.groups.by_name > 0 {
        let come = counted(audit.groups.by_name, "group comes", "groups come");
        writeln!(out, "{come} from file names: their photos were made of one photo")?;
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
        let folder = shown(folder);
        writeln!(out, "\nthe tables and a page with the photos, audit.html, are in {folder}")?;
        writeln!(out, "to judge what is doubted, photo by photo: foliar review {}", quoted(&folder))?;
    }
    if let Some(file) = &arguments.quarantine {
        writeln!(
            out,
            "\n{} proposed for quarantine in {}; read it, then: foliar train {} --quarantine {}",
            counted(audit.quarantine.len(), "photo is", "photos are"),
            shown(file),
            quoted(&shown(photos)),
            quoted(&shown(file))
        )?;
    }
    Ok(())
}
