//! The page, the pictures and the model card as files.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_files::{Printable as _, make_folder, write_atomically};
use foliar_report::run::Figure;
use foliar_report::{Frame, RunPictures, Theme, model_card, run_page};
use foliar_results::{RunReport, scale};
use foliar_runlog::RunDir;
use foliar_scan::OUTPUT_MARK;

use crate::commands::picture;
use crate::output;

/// Width of a picture in pixels.
const WIDTH: u32 = 1000;
const PICTURES: &str = "pictures";
const CARD: &str = "model-card.md";
/// What the file that marks the folder of the pictures holds.
const MARK: &[u8] = b"Pictures made by foliar report; no photos.\n";

/// Makes the folders, so that one that cannot be written is told before the work is done.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.shown()))?;
    let pictures = folder.join(PICTURES);
    make_folder(&pictures).with_context(|| format!("{} cannot be made", pictures.shown()))?;
    // Where the report lies among photos, its pictures are not taken for some. A folder with files may be one of photos.
    let is_empty = fs::read_dir(&pictures).is_ok_and(|mut entries| entries.next().is_none());
    let mark = pictures.join(OUTPUT_MARK);
    if is_empty {
        write_atomically(&mark, |file| file.write_all(MARK))
            .with_context(|| format!("{} cannot be written", mark.shown()))?;
    }
    Ok(())
}

pub(super) fn write(folder: &Path, report: &RunReport, shown: &RunPictures<'_>) -> anyhow::Result<()> {
    for figure in Figure::of(report) {
        let frame = Frame { width: WIDTH, height: figure.natural_height(report, WIDTH), theme: Theme::Light };
        let drawn = figure.draw(report, &frame)?;
        for form in ["svg", "png"] {
            picture::write(&folder.join(PICTURES).join(figure.name()).with_extension(form), &drawn)?;
        }
    }
    let card = folder.join(CARD);
    put(&card, &model_card(report))?;
    let page = folder.join(RunDir::REPORT);
    put(&page, &run_page(report, shown)?)?;
    say(&page, &card, &folder.join(PICTURES), report)
}

/// The verdict for people, the path of the page for programs.
fn say(page: &Path, card: &Path, pictures: &Path, report: &RunReport) -> anyhow::Result<()> {
    say!("{}", report.verdict().summary);
    if report.evaluation.is_some() {
        say!("({})", scale());
    }
    say!("\npictures in {}, model card {}", pictures.shown(), card.shown());
    writeln!(output::data(), "{}", page.display())?;
    Ok(())
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.shown()))
}
