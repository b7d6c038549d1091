//! Writes the pages, the model cards and every picture of made-up classifiers into a folder: one that is sound, one with
//! every fault, and one of which little is known.
//!
//! `cargo run --release -p foliar-report --example run_report -- FOLDER`

mod sample;

use std::path::PathBuf;

use foliar_report::run::Figure;
use foliar_report::{Frame, Theme, audit_page, model_card, run_page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    for (report, name) in
        [(sample::sound(), "sound"), (sample::doubtful(), "doubtful"), (sample::bare(), "bare")]
    {
        std::fs::write(folder.join(format!("{name}.html")), run_page(&report, &sample::PICTURES)?)?;
        std::fs::write(folder.join(format!("{name}.md")), model_card(&report))?;
        for figure in Figure::of(&report) {
            for (theme, dark) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
                let frame = Frame { width: 1000, height: figure.natural_height(&report, 1000), theme };
                let path = folder.join(format!("{}-{name}-{dark}", figure.name()));
                std::fs::write(path.with_extension("png"), figure.draw(&report, &frame)?.png()?)?;
            }
        }
        if let Some(audit) = &report.audit {
            std::fs::write(
                folder.join(format!("{name}-audit.html")),
                audit_page(audit, sample::PICTURES.audited),
            )?;
        }
    }
    Ok(())
}
