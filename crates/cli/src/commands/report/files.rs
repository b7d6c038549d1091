//! The page, the pictures and the model card as files.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use foliar_files::write_atomically;
use foliar_report::run::{Figure, RunView};
use foliar_report::{Frame, Theme, model_card, run_page};
use foliar_runlog::RunDir;

use crate::commands::picture;

/// Width of a picture in pixels.
const WIDTH: u32 = 1000;
const PICTURES: &str = "pictures";
const CARD: &str = "model-card.md";

/// Makes the folders, so that one that can not be written is told before the work is done.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<()> {
    let pictures = folder.join(PICTURES);
    fs::create_dir_all(&pictures).with_context(|| format!("{} can not be made", pictures.display()))
}

pub(super) fn write(folder: &Path, view: &RunView) -> anyhow::Result<()> {
    for figure in Figure::of(view) {
        let frame = Frame { width: WIDTH, height: figure.natural_height(view, WIDTH), theme: Theme::Light };
        let drawn = figure.draw(view, &frame)?;
        for form in ["svg", "png"] {
            picture::write(&folder.join(PICTURES).join(figure.name()).with_extension(form), &drawn)?;
        }
    }
    let card = folder.join(CARD);
    put(&card, &model_card(view))?;
    let page = folder.join(RunDir::REPORT);
    put(&page, &run_page(view)?)?;
    say(&page, &card, &folder.join(PICTURES), view)
}

/// The verdict for people, the path of the page for programs.
fn say(page: &Path, card: &Path, pictures: &Path, view: &RunView) -> anyhow::Result<()> {
    eprintln!("{}", foliar_report::run::verdict(view).lead);
    eprintln!("\npictures in {}, model card {}", pictures.display(), card.display());
    writeln!(io::stdout().lock(), "{}", page.display())?;
    Ok(())
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} can not be written", path.display()))
}
