//! `foliar doctor`: what a training log of any program says about its run.

mod text;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use foliar_doctor::{Diagnosis, RunSetup, Severity, diagnose};
use foliar_files::write_atomically;
use foliar_logread::{RunLog, read_log_from, read_log_path};
use foliar_report::doctor_page;
use serde::Serialize;

use crate::arguments::DoctorArguments;
use crate::exit::Exit;

/// Means standard input.
const STANDARD_INPUT: &str = "-";

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    understood: Understood<'a>,
}

/// How much of the log was read.
#[derive(Serialize)]
struct Understood<'a> {
    format: &'a str,
    lines: usize,
    ignored_lines: usize,
}

pub(crate) fn run(arguments: &DoctorArguments) -> anyhow::Result<Exit> {
    let log = read(&arguments.log)?;
    let setup = RunSetup {
        classes: arguments.classes,
        batch_size: arguments.batch_size,
        train_size: arguments.train_size,
        validation_size: arguments.val_size,
    };
    let diagnosis = diagnose(&log, &setup);
    if let Some(path) = &arguments.html {
        let page = doctor_page(&log, &diagnosis)?;
        write_atomically(path, |file| file.write_all(page.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let mut out = io::stdout().lock();
    if arguments.json {
        let understood =
            Understood { format: &log.format, lines: log.understood_lines, ignored_lines: log.ignored_lines };
        serde_json::to_writer_pretty(&mut out, &Document { diagnosis: &diagnosis, understood })?;
        writeln!(out)?;
    } else {
        text::print(&mut out, &log, &diagnosis)?;
    }
    let serious = diagnosis.findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(Exit::with_problems(serious))
}

fn read(path: &Path) -> anyhow::Result<RunLog> {
    let log =
        if path == Path::new(STANDARD_INPUT) { read_log_from(io::stdin()) } else { read_log_path(path) };
    log.with_context(|| path.display().to_string())
}
