//! Several logs side by side: which is better, their curves in one picture, and each of them below.

use foliar_doctor::{Comparison, CorrectedLoss, EpochCurve, RunSummary, Severity};
use maud::{Markup, html};

use super::figures::{ACCURACY, LOSS, Sizes, WIDE_RANGE, drawn};
use super::series::Along;
use super::words::{number, percent, printed};
use super::{DiagnosedLog, parts};
use crate::page::parts::{gap, prose};
use crate::{Number, Panel, ReportError, Scale, Series};

/// More logs than this are not drawn in one picture: the palette has no more colours.
const MOST_LINES: usize = 7;
/// Letters of a name in a picture.
const LONGEST_NAME: usize = 18;

/// The comparison, then every log, folded up.
pub(super) fn fragment(logs: &[DiagnosedLog<'_>], comparison: &Comparison) -> Result<Markup, ReportError> {
    Ok(html! {
        article.foliar-article.foliar-doctor {
            section.verdict.note aria-labelledby="doctor-comparison" {
                h2 #doctor-comparison { "Comparison" }
                p.lead { (prose(&comparison.answer)) }
            }
            (table(comparison))
            (figures(logs, comparison)?)
            section aria-labelledby="doctor-limits" {
                h2 #doctor-limits { "What limits the comparison" }
                ul.limits { @for limit in &comparison.limits { li { (prose(limit)) } } }
            }
            @for (place, logged) in logs.iter().enumerate() {
                @let id = format!("doctor-{}", place + 1);
                section.one aria-labelledby=(id) {
                    h2 id=(id) { (logged.name) }
                    p { (prose(&logged.diagnosis.verdict)) }
                    details {
                        summary { "The whole diagnosis" }
                        (parts(logged.log, logged.diagnosis, &id)?)
                    }
                }
            }
        }
    })
}

/// The cells of a run after its name: epochs, best and last accuracy, printed loss, mean per photo, main finding.
pub(crate) fn cells(run: &RunSummary) -> [String; 6] {
    let share = |share: Option<f64>| share.map_or_else(gap, percent);
    let course = |read: fn(CorrectedLoss) -> f64| {
        let ends =
            run.losses.map(|(first, last)| format!("{} to {}", number(read(first)), number(read(last))));
        ends.unwrap_or_else(gap)
    };
    [
        printed(run.epochs as f64),
        share(run.best_accuracy),
        share(run.last_accuracy),
        course(|loss| loss.printed),
        course(|loss| loss.mean),
        run.main_finding(),
    ]
}

/// What [`cells`] are called.
pub(crate) const CELLS: [&str; 6] =
    ["epochs", "best accuracy", "last accuracy", "printed loss", "mean per photo", "verdict"];

fn table(comparison: &Comparison) -> Markup {
    let colour = |run: &RunSummary| match run.severity {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        _ if run.main_finding() == "healthy" => "healthy",
        _ => "note",
    };
    html! {
        section aria-labelledby="doctor-runs" {
            h2 #doctor-runs { "Side by side" }
            div.scroll tabindex="0" role="region" aria-labelledby="doctor-runs" {
                table.runs {
                    caption { span { "Losses of validation where there are any, from the first to the last." } }
                    thead {
                        tr {
                            th scope="col" { "log" }
                            @for cell in CELLS { th scope="col" { (cell) } }
                        }
                    }
                    tbody {
                        @for (place, run) in comparison.runs.iter().enumerate() {
                            @let [rest @ .., verdict] = cells(run);
                            tr class=(colour(run)) {
                                th scope="row" {
                                    (run.name)
                                    @if comparison.better == Some(place) { " " span.badge { "better" } }
                                }
                                @for cell in &rest { td { (cell) } }
                                td.finding-name { (verdict) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Mean losses and accuracies of all logs.
fn figures(logs: &[DiagnosedLog<'_>], comparison: &Comparison) -> Result<Markup, ReportError> {
    if !(1..=MOST_LINES).contains(&logs.len()) {
        return Ok(html! {});
    }
    let along: Vec<Along<'_>> =
        logs.iter().map(|logged| Along::of(&logged.diagnosis.series.epochs)).collect();
    let titles: Vec<&str> = along.iter().map(|along| along.title).collect();
    let title =
        if titles.iter().all(|title| *title == titles[0]) { titles[0] } else { "epoch, or entry of the log" };
    let lines = |of: fn(&EpochCurve) -> Option<f64>| -> Vec<Series> {
        let lines = logs.iter().zip(&along).enumerate();
        lines
            .map(|(hue, (logged, along))| Series::new(short(logged.name), hue, along.points(of)))
            .filter(|line| line.points.iter().any(|(_, value)| value.is_finite()))
            .collect()
    };
    let loss = lines(|epoch| epoch.val_loss.or(epoch.train_loss).map(|loss| loss.mean));
    let accuracy = lines(|epoch| epoch.val_accuracy);
    let drawn = |panel: Panel, sizes: &Sizes| {
        let is_empty = panel.series.is_empty();
        (!is_empty).then(|| drawn(title, panel, sizes, &comparison.answer)).transpose()
    };
    let title = "mean loss (nats)".to_owned();
    let loss = drawn(Panel { title, scale: scale(&loss), series: loss, ..Panel::default() }, &LOSS)?;
    let (title, number) = ("accuracy".to_owned(), Number::Percent);
    let accuracy = drawn(Panel { title, number, series: accuracy, ..Panel::default() }, &ACCURACY)?;
    if loss.is_none() && accuracy.is_none() {
        return Ok(html! {});
    }
    Ok(html! {
        section aria-labelledby="doctor-together" {
            h2 #doctor-together { "Curves" }
            div.curves {
                @if let Some(picture) = loss {
                    figure.loss {
                        (picture)
                        figcaption { "The mean loss per photo, of validation where there is one." }
                    }
                }
                @if let Some(picture) = accuracy {
                    figure.accuracy {
                        (picture)
                        figcaption { "Share of correct predictions on validation photos." }
                    }
                }
            }
        }
    })
}

/// By ratios where the largest loss is many times the smallest.
fn scale(lines: &[Series]) -> Scale {
    let values =
        || lines.iter().flat_map(|line| &line.points).map(|point| point.1).filter(|value| value.is_finite());
    let (low, high) =
        values().fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low > 0.0 && high > WIDE_RANGE * low { Scale::Log } else { Scale::Linear }
}

/// The end of a name, which tells it from others.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.len().checked_sub(LONGEST_NAME) {
        Some(beyond @ 1..) => std::iter::once('…').chain(letters[beyond + 1..].iter().copied()).collect(),
        _ => name.to_owned(),
    }
}
