//! The verdict and the few numbers that carry it.

use foliar_doctor::{Diagnosis, EpochCurve, Reduction, Scale, ScaleEstimate};
use foliar_runlog::RunLog;
use maud::{Markup, html};

use super::series::{ACCURACIES, LOSSES};
use super::words::{brief, count, number, percent, reduction, times, title, weight};

/// A number with its name and what more there is to say of it.
struct Figure {
    name: &'static str,
    value: String,
    note: String,
}

/// What the page is called: the finding that matters most.
pub(crate) fn headline(diagnosis: &Diagnosis) -> &'static str {
    diagnosis.findings.first().map_or("nothing found", |finding| title(finding.id))
}

/// The verdict in the colour of the first finding, with the key figures.
pub(crate) fn verdict(log: &RunLog, diagnosis: &Diagnosis) -> Markup {
    let colour = diagnosis.findings.first().map_or("note", |finding| weight(finding).1);
    let figures = figures(log, diagnosis);
    html! {
        section class={ "verdict " (colour) } aria-labelledby="doctor-verdict" {
            h2 #doctor-verdict { "Verdict" }
            p.lead { (diagnosis.verdict) }
            dl.key-figures {
                @for figure in &figures {
                    div {
                        dt { (figure.name) }
                        dd { strong { (figure.value) } @if !figure.note.is_empty() { span { (figure.note) } } }
                    }
                }
            }
        }
    }
}

fn figures(log: &RunLog, diagnosis: &Diagnosis) -> Vec<Figure> {
    let epochs = &diagnosis.series.epochs;
    let mut figures = Vec::new();
    figures.extend(loss(epochs));
    figures.extend(accuracy(epochs));
    figures.extend(factor(diagnosis.scale));
    if let Some(chance) = diagnosis.series.chance_loss {
        figures.push(Figure {
            name: "Loss of guessing",
            value: number(chance),
            note: format!("ln of {}", count(chance.exp().round() as usize, "class", "classes")),
        });
    }
    figures.push(Figure {
        name: "Read",
        value: count(log.understood_lines, "line", "lines"),
        note: format!(
            "{} left aside",
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
fn loss(epochs: &[EpochCurve]) -> Option<Figure> {
    let [training, validation] = LOSSES;
    let (name, (first, last)) = match validation.ends(epochs) {
        Some(ends) => ("Validation loss, mean", ends),
        None => ("Training loss, mean", training.ends(epochs)?),
    };
    Some(Figure { name, value: number(last.mean), note: format!("from {} at the start", number(first.mean)) })
}

/// The accuracy at the end, of validation where there is one, and the best.
fn accuracy(epochs: &[EpochCurve]) -> Option<Figure> {
    let [training, validation] =
        ACCURACIES.map(|column| epochs.iter().filter_map(column.of).collect::<Vec<_>>());
    let (name, values) = if validation.is_empty() {
        ("Training accuracy", training)
    } else {
        ("Validation accuracy", validation)
    };
    let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.last().map(|&last| Figure {
        name,
        value: percent(last),
        note: if best > last { format!("best {}", percent(best)) } else { "the best of the run".to_owned() },
    })
}

/// What the printed losses are multiples of, where they are.
fn factor(scale: Scale) -> Option<Figure> {
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
    Some(Figure { name: "Printed against mean", value: times(shown.best), note: format!("{interval}{how}") })
}
