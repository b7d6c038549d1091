//! The curves of the compared runs, and what came of them.

use anyhow::Context;
use foliar_report::{
    Curves, Frame, Heading, Number, Panel, Picture, Reference, Scale, Series, Theme, curves,
};
use foliar_results::{ComparedRun, Comparison, Estimate};
use foliar_runlog::Epoch;

/// Width of the picture, in pixels.
const WIDTH: u32 = 1200;

/// Validation loss and accuracy of each run over its epochs; the title says how they ended.
pub(super) fn draw(comparison: &Comparison) -> anyhow::Result<Picture> {
    let classes = comparison.runs.iter().flat_map(|run| &run.epochs).map(|epoch| epoch.classes).max();
    let classes = classes.unwrap_or(2) as f64;
    let panel = |title: &str, value: &dyn Fn(&Epoch) -> Option<f64>| {
        let series = comparison.runs.iter().enumerate().map(|(hue, run)| {
            let point = |epoch: &Epoch| Some((f64::from(epoch.epoch), value(epoch)?));
            let points: Vec<(f64, f64)> = run.epochs.iter().filter_map(point).collect();
            let marked =
                run.epochs.iter().rposition(|epoch| epoch.best).filter(|&place| place < points.len());
            Series { marked, ..Series::new(name(run), hue, points) }
        });
        Panel { title: title.to_owned(), series: series.collect(), ..Panel::default() }
    };
    let loss = Panel {
        scale: Scale::Log,
        references: vec![Reference { name: "chance".to_owned(), value: classes.ln() }],
        ..panel("validation loss, nats", &|epoch| epoch.validation_loss)
    };
    let accuracy =
        Panel { number: Number::Percent, ..panel("validation accuracy", &|epoch| epoch.validation_accuracy) };
    let results = comparison.runs.iter().map(|run| {
        let Estimate { value, low, high } = run.accuracy;
        format!("{} {:.1} % ({:.1} to {:.1})", name(run), 100.0 * value, 100.0 * low, 100.0 * high)
    });
    let chart = Curves {
        heading: Heading {
            title: format!("On the {} validation photos that all runs share", comparison.photographs),
            note: results.collect::<Vec<_>>().join("; "),
        },
        x_title: "epoch".to_owned(),
        x_number: Number::Count,
        panels: vec![loss, accuracy],
        ..Curves::default()
    };
    let frame = Frame { width: WIDTH, height: chart.natural_height(WIDTH), theme: Theme::Light };
    curves(&chart, &frame).context("the curves cannot be drawn")
}

/// The run's folder, without what leads to it.
fn name(run: &ComparedRun) -> String {
    run.run.file_name().unwrap_or(run.run.as_os_str()).to_string_lossy().into_owned()
}
