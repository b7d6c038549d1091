//! The curves as pictures: printed losses, the means behind them, and where a calibrated model's mean would be.

use foliar_doctor::EpochCurve;
use maud::{Markup, html};

use super::series::{ACCURACIES, Along, Column, LOSSES, is_corrected};
use super::words::{number, percent, printed};
use crate::page::{Breadth, picture};
use crate::{Band, Curves, Emphasis, Frame, Number, Panel, Reference, ReportError, Scale, Series, curves};

/// Colours of training and validation.
const HUES: [usize; 2] = [1, 0];
/// Colour of what is expected.
const EXPECTED: usize = 2;

/// Losses whose largest is more than this times the smallest are drawn by ratios.
pub(super) const WIDE_RANGE: f64 = 12.0;

/// Sizes in pixels of a picture on wide and on narrow pages.
pub(super) struct Sizes {
    wide: (u32, u32),
    narrow: (u32, u32),
}

pub(super) const LOSS: Sizes = Sizes { wide: (700, 430), narrow: (380, 330) };
pub(super) const ACCURACY: Sizes = Sizes { wide: (400, 430), narrow: (380, 260) };

/// Losses and accuracies, or a sentence where there are none.
pub(crate) fn figures(curves: &foliar_doctor::Curves, id: &str) -> Result<Markup, ReportError> {
    let along = Along::of(&curves.epochs);
    let loss = loss_panel(&along, curves);
    let accuracy = accuracy_panel(&along, curves.chance_loss);
    Ok(html! {
        section aria-labelledby={ (id) "-curves" } {
            h2 id={ (id) "-curves" } { "Curves" }
            @if loss.is_none() && accuracy.is_none() { p { "The log holds no losses or accuracies that could be drawn." } }
            div.curves {
                @if let Some(panel) = loss {
                    figure.loss {
                        (drawn(along.title, panel, &LOSS, &loss_words(&curves.epochs))?)
                        figcaption { (loss_caption(curves)) }
                    }
                }
                @if let Some(panel) = accuracy {
                    figure.accuracy {
                        (drawn(along.title, panel, &ACCURACY, &accuracy_words(&curves.epochs))?)
                        figcaption { "Share of correct predictions." }
                    }
                }
            }
        }
    })
}

/// Losses and accuracies as one chart; without a panel where the log holds neither.
pub(crate) fn chart(curves: &foliar_doctor::Curves) -> Curves {
    let along = Along::of(&curves.epochs);
    let panels = [loss_panel(&along, curves), accuracy_panel(&along, curves.chance_loss)];
    let panels = panels.into_iter().flatten().collect();
    Curves { x_title: along.title.to_owned(), panels, ..Curves::default() }
}

/// One panel along `title`, on wide and narrow pages.
pub(super) fn drawn(title: &str, panel: Panel, sizes: &Sizes, words: &str) -> Result<Markup, ReportError> {
    let chart = Curves { x_title: title.to_owned(), panels: vec![panel], ..Curves::default() };
    picture(words, |breadth, theme| {
        let (width, height) = match breadth {
            Breadth::Wide => sizes.wide,
            Breadth::Narrow => sizes.narrow,
        };
        curves(&chart, &Frame { width, height, theme })
    })
}

/// Losses by epoch; `None` without a finite one.
fn loss_panel(along: &Along<'_>, curves: &foliar_doctor::Curves) -> Option<Panel> {
    let corrected = is_corrected(&curves.epochs);
    let mut series = Vec::new();
    for (Column { split, of }, hue) in LOSSES.into_iter().zip(HUES) {
        let points = along.points(|epoch| of(epoch).map(|loss| loss.printed));
        if corrected && !points.is_empty() {
            let line = Series::new(format!("{split}, printed"), hue, points);
            series.push(Series { emphasis: Emphasis::Faint, ..line });
        }
    }
    for (Column { split, of }, hue) in LOSSES.into_iter().zip(HUES) {
        let points = along.points(|epoch| of(epoch).map(|loss| loss.mean));
        let name = if corrected { format!("{split}, mean") } else { split.to_owned() };
        if !points.is_empty() {
            series.push(Series::new(name, hue, points));
        }
    }
    if let Some(last) = series.last_mut() {
        last.marked = last.points.len().checked_sub(1);
    }
    let values = || series.iter().flat_map(|line| &line.points).map(|&(_, value)| value);
    let (low, high) = values()
        .filter(|value| value.is_finite() && *value > 0.0)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if !values().any(f64::is_finite) {
        return None;
    }
    let positive = !values().any(|value| value <= 0.0);
    let scale = if positive && high > WIDE_RANGE * low { Scale::Log } else { Scale::Linear };
    let floor = if scale == Scale::Log { low / 2.0 } else { 0.0 };
    let bands = expected(along, floor);
    if bands.is_empty() {
        let edge = along.points(|epoch| epoch.band.map(|band| band.low.max(floor)));
        if !edge.is_empty() {
            let line = Series::new("H(e)", EXPECTED, edge);
            series.insert(0, Series { emphasis: Emphasis::Faint, ..line });
        }
    }
    let references = curves
        .chance_loss
        .map(|chance| Reference { name: format!("ln C = {}: guessing", number(chance)), value: chance });
    Some(Panel {
        title: "loss (nats)".to_owned(),
        scale,
        series,
        bands,
        references: references.into_iter().collect(),
        ..Panel::default()
    })
}

/// From H(e) to H(e) + e ln(C - 1), where the number of classes is known, cut off at `floor`.
fn expected(along: &Along<'_>, floor: f64) -> Vec<Band> {
    let edges: Vec<(f64, f64, f64)> = along
        .epochs
        .iter()
        .filter_map(|&(place, epoch)| {
            let band = epoch.band?;
            Some((place, band.low.max(floor), band.high?.max(floor)))
        })
        .collect();
    if edges.len() < 2 {
        Vec::new()
    } else {
        vec![Band { name: "expected".to_owned(), edges, hue: EXPECTED }]
    }
}

/// Accuracies by epoch; `None` without a finite one.
fn accuracy_panel(along: &Along<'_>, chance_loss: Option<f64>) -> Option<Panel> {
    let [training, validation] = ACCURACIES.map(|column| along.points(column.of));
    let finite: Vec<f64> =
        training.iter().chain(&validation).map(|point| point.1).filter(|value| value.is_finite()).collect();
    let least = finite.iter().copied().fold(f64::INFINITY, f64::min);
    if finite.is_empty() {
        return None;
    }
    let best = (0..validation.len())
        .filter(|&index| validation[index].1.is_finite())
        .max_by(|&a, &b| validation[a].1.total_cmp(&validation[b].1).then(b.cmp(&a)));
    let chance = chance_loss.map(|loss| (-loss).exp()).filter(|chance| least < 4.0 * chance || least < 0.5);
    let lines = [
        Series::new(ACCURACIES[0].split, HUES[0], training),
        Series { marked: best, ..Series::new(ACCURACIES[1].split, HUES[1], validation) },
    ];
    Some(Panel {
        title: "accuracy".to_owned(),
        number: Number::Percent,
        series: lines.into_iter().filter(|line| !line.points.is_empty()).collect(),
        references: chance
            .map(|value| Reference { name: "guessing".to_owned(), value })
            .into_iter()
            .collect(),
        ..Panel::default()
    })
}

fn loss_words(epochs: &[EpochCurve]) -> String {
    let corrected = is_corrected(epochs);
    let mut words = "Losses by epoch.".to_owned();
    for column in LOSSES {
        let Some((first, last)) = column.ends(epochs) else { continue };
        let means = format!("from {} to {}", number(first.mean), number(last.mean));
        let told = if corrected {
            format!("printed from {} to {}, mean {means}", printed(first.printed), printed(last.printed))
        } else {
            means
        };
        words += &format!(" Of {}: {told}.", column.split);
    }
    words
}

fn accuracy_words(epochs: &[EpochCurve]) -> String {
    let mut words = "Accuracies by epoch.".to_owned();
    for column in ACCURACIES {
        if let Some((first, last)) = column.ends(epochs) {
            words += &format!(" Of {}: from {} to {}.", column.split, percent(first), percent(last));
        }
    }
    words
}

fn loss_caption(curves: &foliar_doctor::Curves) -> Markup {
    let banded = curves.epochs.iter().any(|epoch| epoch.band.is_some_and(|band| band.high.is_some()));
    let bounded = curves.epochs.iter().any(|epoch| epoch.band.is_some());
    html! {
        @if is_corrected(&curves.epochs) {
            "Pale: the losses as printed. Strong: the means per photo behind them. "
        }
        @if banded {
            span.swatch aria-hidden="true" {}
            "Green: the mean loss to expect with the error rate " i { "e" }
            " from a model that is as sure as it is right, from " i { "H(e)" } " to " i { "H(e) + e ln(C − 1)" }
            "; one that knows its hard photos can be below. "
        } @else if bounded {
            span.swatch aria-hidden="true" {}
            "Green: " i { "H(e)" } ", about the mean loss to expect with the error rate " i { "e" }
            " from a model that is as sure as it is right. How far above it may be depends on the number of classes, "
            "which is not known; one that knows its hard photos can be below. "
        }
        @if curves.chance_loss.is_some() { "Grey: " i { "ln C" } ", the loss of guessing." }
    }
}
