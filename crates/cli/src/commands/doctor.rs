//! `foliar doctor`: what a training log of any program says about its run.

mod text;

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use foliar_doctor::{Comparison, Diagnosis, RunSetup, Severity, compare, diagnose};
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

impl<'a> Document<'a> {
    fn of(log: &'a RunLog, diagnosis: &'a Diagnosis) -> Self {
        let understood =
            Understood { format: &log.format, lines: log.understood_lines, ignored_lines: log.ignored_lines };
        Self { diagnosis, understood }
    }
}

/// How much of the log was read.
#[derive(Serialize)]
struct Understood<'a> {
    format: &'a str,
    lines: usize,
    ignored_lines: usize,
}

/// What `--json` prints of several logs.
#[derive(Serialize)]
struct Documents<'a> {
    logs: Vec<Document<'a>>,
    comparison: &'a Comparison,
}

pub(crate) fn run(arguments: &DoctorArguments) -> anyhow::Result<Exit> {
    let setup = RunSetup {
        classes: arguments.classes,
        batch_size: arguments.batch_size,
        train_size: arguments.train_size,
        validation_size: arguments.val_size,
    };
    let logs = arguments.log.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let diagnoses: Vec<Diagnosis> = logs.iter().map(|log| diagnose(log, &setup)).collect();
    if let Some(path) = &arguments.html {
        let ([log], [diagnosis]) = (&logs[..], &diagnoses[..]) else {
            anyhow::bail!("--html writes the page of one log: give one");
        };
        let page = doctor_page(log, diagnosis)?;
        write_atomically(path, |file| file.write_all(page.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let mut out = io::stdout().lock();
    if let ([log], [diagnosis]) = (&logs[..], &diagnoses[..]) {
        if arguments.json {
            print_json(&mut out, &Document::of(log, diagnosis))?;
        } else {
            text::print(&mut out, log, diagnosis)?;
        }
    } else {
        let names: Vec<String> = arguments.log.iter().map(|path| path.display().to_string()).collect();
        let runs: Vec<(&str, &Diagnosis)> = names.iter().map(String::as_str).zip(&diagnoses).collect();
        let comparison = compare(&runs, &setup);
        if arguments.json {
            let logs =
                logs.iter().zip(&diagnoses).map(|(log, diagnosis)| Document::of(log, diagnosis)).collect();
            print_json(&mut out, &Documents { logs, comparison: &comparison })?;
        } else {
            text::print_comparison(&mut out, &comparison)?;
        }
    }
    let mut findings = diagnoses.iter().flat_map(|diagnosis| &diagnosis.findings);
    Ok(Exit::with_problems(findings.any(|finding| finding.severity == Severity::Error)))
}

fn print_json(out: &mut impl Write, document: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)?;
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<RunLog> {
    let log =
        if path == Path::new(STANDARD_INPUT) { read_log_from(io::stdin()) } else { read_log_path(path) };
    log.with_context(|| path.display().to_string())
}
