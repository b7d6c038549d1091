//! `foliar doctor`: what training logs of any program say about their runs.

mod logs;
mod text;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use foliar_doctor::{Comparison, Diagnosis, RunSetup, Severity, compare};
use foliar_files::{Printable as _, write_atomically};
use foliar_report::{
    DiagnosedLog, doctor_comparison_markdown, doctor_comparison_page, doctor_markdown, doctor_page,
};
use serde::Serialize;

use self::logs::{Log, Logs, NoLog};
use super::shell::quoted;
use crate::arguments::DoctorArguments;
use crate::exit::Exit;
use crate::output;
use crate::wrap::Fitted;

/// What `--json` prints of one log.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    understood: Understood<'a>,
}

impl<'a> Document<'a> {
    fn of(Log { log, diagnosis, .. }: &'a Log) -> Self {
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
    /// Files of the folders that hold no log.
    skipped: &'a [NoLog],
}

pub(crate) fn run(arguments: &DoctorArguments) -> anyhow::Result<Exit> {
    let setup = RunSetup {
        classes: arguments.classes,
        batch_size: arguments.batch_size,
        train_size: arguments.train_size,
        validation_size: arguments.val_size,
        practice: None,
    };
    let Logs { logs, skipped } = Logs::read(&arguments.log, &setup)?;
    match &logs[..] {
        [one] => show_one(one, &skipped, arguments)?,
        _ => show_several(&logs, &skipped, &setup, arguments)?,
    }
    let mut findings = logs.iter().flat_map(|log| &log.diagnosis.findings);
    Ok(Exit::with_problems(findings.any(|finding| finding.severity == Severity::Error)))
}

fn show_one(one: &Log, skipped: &[NoLog], arguments: &DoctorArguments) -> anyhow::Result<()> {
    let Log { name, log, diagnosis } = one;
    if arguments.html.is_some() {
        write_page(&doctor_page(log, diagnosis)?, arguments)?;
    }
    let mut out = output::stdout();
    if arguments.json {
        out.json(&Document::of(one))?;
    } else if arguments.markdown {
        out.write_all(doctor_markdown(log, diagnosis).as_bytes())?;
    } else {
        let mut out = Fitted::new(&mut out);
        text::print(&mut out, log, diagnosis)?;
        if !skipped.is_empty() {
            writeln!(out, "the one log of the folder is {name}")?;
        }
        text::print_skipped(&mut out, skipped)?;
    }
    Ok(())
}

fn show_several(
    logs: &[Log],
    skipped: &[NoLog],
    setup: &RunSetup,
    arguments: &DoctorArguments,
) -> anyhow::Result<()> {
    let runs: Vec<(&str, &Diagnosis)> = logs.iter().map(|log| (log.name.as_str(), &log.diagnosis)).collect();
    let comparison = compare(&runs, setup);
    let diagnosed: Vec<DiagnosedLog<'_>> =
        logs.iter().map(|Log { name, log, diagnosis }| DiagnosedLog { name, log, diagnosis }).collect();
    if arguments.html.is_some() {
        write_page(&doctor_comparison_page(&diagnosed, &comparison)?, arguments)?;
    }
    let mut out = output::stdout();
    if arguments.json {
        let logs = logs.iter().map(Document::of).collect();
        out.json(&Documents { logs, comparison: &comparison, skipped })?;
    } else if arguments.markdown {
        out.write_all(doctor_comparison_markdown(&diagnosed, &comparison).as_bytes())?;
    } else {
        let mut out = Fitted::new(&mut out);
        text::print_comparison(&mut out, &comparison)?;
        writeln!(
            out,
            "\nwhat was found in one of them, and on which lines:\n  foliar doctor {}",
            told_of(logs, arguments)
        )?;
        text::print_skipped(&mut out, skipped)?;
    }
    Ok(())
}

/// The log whose findings matter most, as an argument of a command.
fn told_of(logs: &[Log], arguments: &DoctorArguments) -> String {
    let worst = |log: &&Log| log.diagnosis.findings.first().map(|finding| finding.severity);
    let Some(log) = logs.iter().rev().max_by_key(worst) else { return "LOG".to_owned() };
    // Logs of the one folder that was named are called by their path below it.
    let path = match arguments.log.as_slice() {
        [folder] if folder.is_dir() => folder.join(&log.name),
        _ => PathBuf::from(&log.name),
    };
    quoted(&path.shown().to_string())
}

fn write_page(page: &str, arguments: &DoctorArguments) -> anyhow::Result<()> {
    let Some(path) = &arguments.html else { return Ok(()) };
    write_atomically(path, |file| file.write_all(page.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.shown()))
}
