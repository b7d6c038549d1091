//! Explanations as text for people.

use std::io::{self, Write};

use foliar_explain::Explanation;
use foliar_vision::leaf_mask::MaskFailure;

use super::document::{Class, Photograph};

/// What the pictures show, a line each.
pub(super) const LEGEND: [&str; 4] = [
    "Left the photo, right its heat map. Yellow and orange are where the evidence for the class is strongest, black is none.",
    "The white line is the edge of the leaf, where it was found. What is dark grey the network does not see.",
    "Evidence on the background is a hint, no proof: the network may judge by the place instead of the plant. Grad-CAM, the usual \
     method, is imprecise; `--method occlusion` is slower and more exact.",
    "Unknown: the classifier does not answer. The heat map then shows the evidence for the closest class, or for that of --class.",
];

/// Share of evidence over share of area below which so little more lies on the background that imprecise maps may explain it. A
/// network that was led astray on purpose shows 1.15 with Grad-CAM.
const MUCH: f64 = 1.1;

/// One line per photo.
pub(super) fn photograph(out: &mut impl Write, row: &Photograph<'_>) -> io::Result<()> {
    let Some(found) = &row.found else {
        return writeln!(out, "{}  error: {}", row.path, row.error.as_deref().unwrap_or_default());
    };
    let evidence = evidence(found.background, found.area, found.mask_failure);
    let unknown = match found.abstention {
        Some("out-of-distribution") => "unknown (unlike any training photo); evidence for ",
        Some(_) => "unknown (no class is probable enough); evidence for ",
        None => "",
    };
    writeln!(out, "{}  {unknown}{} {:.1} %  {evidence}", row.path, found.class, 100.0 * found.probability)
}

/// Where the evidence of an explanation is, in words.
pub(super) fn evidence_of(explanation: &Explanation) -> String {
    let share = explanation.background;
    evidence(share.map(|share| share.evidence), share.map(|share| share.area), explanation.leaf.failure)
}

fn evidence(background: Option<f64>, area: Option<f64>, failure: Option<MaskFailure>) -> String {
    match (background, area, failure) {
        (Some(background), Some(area), _) => format!(
            "{:.0} % of the evidence is on the background, which is {:.0} % of the area",
            100.0 * background,
            100.0 * area
        ),
        (_, _, Some(_)) => "leaf not found".to_owned(),
        _ => "no evidence for the class".to_owned(),
    }
}

/// A table of the classes, and what is to be said of them. `unlike` photos show none of them.
pub(super) fn classes(out: &mut impl Write, classes: &[Class<'_>], unlike: usize) -> io::Result<()> {
    if !classes.is_empty() {
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
            writeln!(
                out,
                "{:width$}  {:6}  {:8}  {cells}",
                class.name, evidence.photographs, evidence.measured
            )?;
        }
    }
    remarks(classes, unlike).iter().try_for_each(|remark| writeln!(out, "\n{remark}"))
}

/// What is to be said of the classes, a line each.
pub(super) fn remarks(classes: &[Class<'_>], unlike: usize) -> Vec<String> {
    let beside = classes.iter().filter(|class| class.evidence.beside_the_leaf);
    let mut remarks: Vec<String> = beside
        .map(|class| {
            let [background, area] =
                [class.evidence.background, class.evidence.area].map(|share| 100.0 * share);
            let so = format!(
                "{}: {background:.0} % of the evidence lies on the background, which is {area:.0} % of the area.",
                class.name
            );
            match class.ratio >= MUCH {
                true => format!(
                    "warning: {so} The network looks beside the leaf more than chance explains; it may have learned the place \
                     instead of the plant."
                ),
                false => format!("hint: {so} That is a little more than chance explains, and no proof."),
            }
        })
        .collect();
    if unlike > 0 {
        let photos = if unlike == 1 { "photo is" } else { "photos are" };
        remarks.push(format!(
            "{unlike} {photos} unknown (unlike any training photo), and not counted for any class"
        ));
    }
    remarks
}
