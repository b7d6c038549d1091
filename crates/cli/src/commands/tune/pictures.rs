//! `foliar tune --report`: charts of the search, and a page with all of them.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_files::{Printable as _, make_folder, write_atomically};
use foliar_report::study::Figure;
use foliar_report::{Frame, Theme, study_page};
use foliar_results::Verdict;
use foliar_study::StoredStudy;
use foliar_tune::{Folder, TuningResult};

use super::view;

/// Width of a picture in pixels.
const WIDTH: u32 = 1000;

/// Writes `pictures/*.svg` and `report.html` into the folder.
pub(super) fn write(folder: &Folder, result: &TuningResult, verdict: Option<Verdict>) -> anyhow::Result<()> {
    let mut file = StoredStudy::view(folder.study())?;
    let trials = file.trials()?;
    let photographs = folder.plan().photographs.file_name().unwrap_or_default().to_string_lossy();
    let view = view::of(result, &trials, file.study()?, verdict, &photographs);
    let pictures = folder.root().join("pictures");
    make_folder(&pictures).with_context(|| pictures.shown().to_string())?;
    for figure in Figure::of(&view) {
        let frame = Frame { width: WIDTH, height: figure.natural_height(&view, WIDTH), theme: Theme::Light };
        let svg = figure.draw(&view, &frame)?.svg();
        put(&pictures.join(format!("{}.svg", figure.name())), &svg)?;
    }
    let page = folder.root().join("report.html");
    put(&page, &study_page(&view)?)?;
    say!("\ncharts in {}, the page is {}", pictures.shown(), page.shown());
    Ok(())
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.shown()))
}
