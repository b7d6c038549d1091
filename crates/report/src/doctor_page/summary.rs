//! The verdict and the few numbers that carry it.

use foliar_doctor::{Diagnosis, EpochCurve, Reduction, Scale, ScaleEstimate};
use foliar_logread::RunLog;
use maud::{Markup, html};

use super::series::{ACCURACIES, LOSSES};
use super::words::{brief, count, number, percent, reduction, times, weight};
use crate::page::parts::{KeyFigure, key_figures, prose};

/// What the page is called: the finding that matters most.
pub(crate) fn headline(diagnosis: &Diagnosis) -> &'static str {
    diagnosis.findings.first().map_or("nothing found", |finding| finding.id.title())
}

/// The verdict in the colour of the first finding, with the key figures.
pub(crate) fn verdict(log: &RunLog, diagnosis: &Diagnosis, id: &str) -> Markup {
    let colour = diagnosis.findings.first().map_or("note", |finding| weight(finding).1);
    let figures = figures(log, diagnosis);
    html! {
        section class={ "verdict " (colour) } aria-labelledby={ (id) "-verdict" } {
            h2 id={ (id) "-verdict" } { "Verdict" }
            p.lead { (prose(&diagnosis.verdict)) }
            (key_figures(&figures))
        }
    }
}

fn figures(log: &RunLog, diagnosis: &Diagnosis) -> Vec<KeyFigure> {
    let epochs = &diagnosis.series.epochs;
    let mut figures = Vec::new();
    figures.extend(loss(epochs));
    figures.extend(accuracy(epochs));
    figures.extend(factor(diagnosis.scale));
    if let Some(chance) = diagnosis.series.chance_loss {
        figures.push(KeyFigure {
            name: "Loss of guessing".to_owned(),
            value: number(chance),
            note: format!("ln of {}", count(chance.exp().round() as usize, "class", "classes")),
        });
    }
    figures.push(KeyFigure {
        name: "Read".to_owned(),
        value: count(log.understood_lines, "line", "lines"),
        note: format!(
            "{} skipped",
            if log.ignored_lines == 0 {
                "none".to_owned()
            } else {
                count(log.ignored_lines, "line", "lines")
            }
        ),
    });
    figures
}

/// The mean loss at the end, of validation where there is one.
fn loss(epochs: &[EpochCurve]) -> Option<KeyFigure> {
    let [training, validation] = LOSSES;
    let (name, (first, last)) = match validation.ends(epochs) {
        Some(ends) => ("Validation loss, mean", ends),
        None => ("Training loss, mean", training.ends(epochs)?),
    };
    Some(KeyFigure {
        name: name.to_owned(),
        value: number(last.mean),
        note: format!("from {} at the start", number(first.mean)),
    })
}

/// The accuracy at the end, of validation where there is one, and the best.
fn accuracy(epochs: &[EpochCurve]) -> Option<KeyFigure> {
    let [training, validation] =
        ACCURACIES.map(|column| epochs.iter().filter_map(column.of).collect::<Vec<_>>());
    let (name, values) = if validation.is_empty() {
        ("Training accuracy", training)
    } else {
        ("Validation accuracy", validation)
    };
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.last().map(|&last| KeyFigure {
        name: name.to_owned(),
        value: percent(last),
        note: if best > last { format!("best {}", percent(best)) } else { "the best of the run".to_owned() },
    })
}

/// What the printed losses are multiples of, where they are.
fn factor(scale: Scale) -> Option<KeyFigure> {
    let off = |estimate: &ScaleEstimate| !(estimate.low..=estimate.high).contains(&1.0);
    let shown = scale.val.filter(off).or(scale.train.filter(off))?;
    let interval = if shown.best >= 1.0 {
        format!("{} to {}", brief(shown.low), brief(shown.high))
    } else {
        format!("{} to {}", brief(1.0 / shown.high), brief(1.0 / shown.low))
    };
    let how = shown
        .reduction
        .filter(|&how| how != Reduction::Mean)
        .map_or_else(String::new, |how| format!("; {}", reduction(how)));
    Some(KeyFigure {
        name: "Printed against mean".to_owned(),
        value: times(shown.best),
        note: format!("{interval}{how}"),
    })
}
