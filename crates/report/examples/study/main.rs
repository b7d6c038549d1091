//! Draws every picture of a made-up study into a folder, light and dark, 1400 and 400 pixels wide, and its page.
//!
//! `cargo run --release -p foliar-report --example study -- FOLDER`

mod sample;

use std::path::PathBuf;

use foliar_report::study::Figure;
use foliar_report::{Frame, Theme, study_page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    for (view, name) in [(sample::study(false), "two"), (sample::study(true), "five")] {
        std::fs::write(folder.join(format!("{name}.html")), study_page(&view)?)?;
        for figure in Figure::of(&view) {
            for (theme, dark) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
                for width in [1400, 400] {
                    let frame = Frame { width, height: figure.natural_height(&view, width), theme };
                    let picture = figure.draw(&view, &frame)?;
                    let path = folder.join(format!("{}-{name}-{dark}-{width}", figure.name()));
                    std::fs::write(path.with_extension("svg"), picture.svg())?;
                    std::fs::write(path.with_extension("png"), picture.png()?)?;
                }
            }
        }
    }
    Ok(())
}
