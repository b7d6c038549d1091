//! The report on a classifier of labels: one page.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_eval::EvalSource;
use foliar_files::{Printable as _, write_atomically};
use foliar_model::Bundle;
use foliar_report::labels_page;
use foliar_runlog::RunDir;
use foliar_train::Run;

use crate::arguments::ReportArguments;
use crate::commands::evaluate::labels::{measure, tell_problems, verdict};
use crate::commands::evaluate::options;
use crate::commands::grouping::group_rule;
use crate::commands::{folder_name, use_threads};
use crate::exit::Exit;
use crate::output;

/// Writes the page of `bundle`, one of labels, into the folder `out`.
pub(super) fn run(
    arguments: &ReportArguments,
    run: &Run,
    bundle: Bundle,
    out: &Path,
) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let examination = &arguments.examination;
    let folder = examination.folder()?;
    let grouping = group_rule(examination.groups.as_deref(), examination.group_by.as_deref())?;
    let source = match &folder {
        None => EvalSource::HeldBack(run),
        Some(root) => EvalSource::Folder {
            root,
            split: None,
            grouping: &grouping,
            include_training: examination.include_training,
        },
    };
    let evaluation = measure(bundle, examination.risk, &source, &options(examination)?)?;
    let left_out = tell_problems(&evaluation);
    let heading = format!("{} on {}", run.recipe.model, folder_name(&run.data_root));
    let page = out.join(RunDir::REPORT);
    let summary = verdict(&evaluation);
    let text = labels_page(&evaluation, &heading, &summary, "foliar report");
    std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.shown()))?;
    write_atomically(&page, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", page.shown()))?;
    say!("{summary}");
    writeln!(output::data(), "{}", page.display())?;
    Ok(Exit::with_problems(left_out))
}
