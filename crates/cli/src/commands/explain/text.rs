//! Explanations as text for people.

use std::io::{self, Write};
use std::path::Path;

use foliar_files::Printable as _;

use super::document::{Class, Photograph};

/// One line per photo.
pub(super) fn photograph(out: &mut impl Write, row: &Photograph<'_>) -> io::Result<()> {
    let Some(found) = &row.found else {
        return writeln!(out, "{}  error: {}", row.path, row.error.as_deref().unwrap_or_default());
    };
    let evidence = match (found.background, found.area, found.mask_failure) {
        (Some(background), Some(area), _) => {
            format!(
                "{:.0} % of the evidence is on the background, which is {:.0} % of the area",
                100.0 * background,
                100.0 * area
            )
        }
        (_, _, Some(_)) => "leaf not found".to_owned(),
        _ => "no evidence for the class".to_owned(),
    };
    writeln!(out, "{}  {} {:.1} %  {evidence}", row.path, found.class, 100.0 * found.probability)
}

/// A table of the classes, and warnings.
pub(super) fn classes(out: &mut impl Write, classes: &[Class<'_>], folder: &Path) -> io::Result<()> {
    if classes.is_empty() {
        return Ok(());
    }
    let width = classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0).max(5);
    writeln!(out, "\n{:width$}  photos  measured  evidence on background  area  ratio", "class")?;
    for class in classes {
        let evidence = &class.evidence;
        let cells = if evidence.measured == 0 {
            format!("{:>22}  {:>4}  {:>5}", "-", "-", "-")
        } else {
            let [background, area] = [evidence.background, evidence.area].map(|share| 100.0 * share);
            format!("{background:20.0} %  {area:2.0} %  {:5.2}", class.ratio)
        };
        writeln!(out, "{:width$}  {:6}  {:8}  {cells}", class.name, evidence.photographs, evidence.measured)?;
    }
    for class in classes.iter().filter(|class| class.evidence.beside_the_leaf) {
        writeln!(
            out,
            "\nwarning: {}: {:.0} % of the evidence lies on the background, which is {:.0} % of the area. The network \
             looks beside the leaf more than chance explains; it may have learned the place instead of the plant.",
            class.name,
            100.0 * class.evidence.background,
            100.0 * class.evidence.area
        )?;
    }
    writeln!(out, "\npictures in {}", folder.shown())
}
