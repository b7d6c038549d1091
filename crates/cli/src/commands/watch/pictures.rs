//! The curves of runs, over each other.

use foliar_report::{
    Curves, Emphasis, Frame, Heading, Number, Panel, Reference, ReportError, Scale, Series, Theme, curves,
};
use foliar_runlog::Epoch;

use super::run::Run;

/// The curves as SVG, for a page of this width in pixels.
pub(super) fn draw<'a>(
    runs: impl Iterator<Item = &'a Run>,
    width: u32,
    theme: Theme,
) -> Result<String, ReportError> {
    let drawn: Vec<&Run> = runs.filter(|run| !run.epochs.is_empty()).collect();
    let classes: Vec<usize> = drawn.iter().filter_map(|run| Some(run.epochs.last()?.classes)).collect();
    let one = drawn.len() == 1;
    let line = |hue: usize, run: &Run, name: &str, emphasis, value: &dyn Fn(&Epoch) -> Option<f64>| {
        let points: Vec<(f64, f64)> =
            run.epochs.iter().filter_map(|epoch| Some((f64::from(epoch.epoch), value(epoch)?))).collect();
        let best = run.epochs.iter().rev().find(|epoch| epoch.best).map(|epoch| f64::from(epoch.epoch));
        let strong = emphasis == Emphasis::Strong;
        let marked = best.filter(|_| strong).and_then(|best| points.iter().position(|point| point.0 == best));
        let name = match (one, strong) {
            (true, _) => name.to_owned(),
            (false, true) => run.name.clone(),
            (false, false) => String::new(),
        };
        Series { marked, emphasis, ..Series::new(name, hue, points) }
    };
    let both = |train: &dyn Fn(&Epoch) -> Option<f64>, validation: &dyn Fn(&Epoch) -> Option<f64>| {
        let lines = drawn.iter().enumerate().flat_map(|(hue, run)| {
            let has_validation = run.epochs.iter().any(|epoch| validation(epoch).is_some());
            let emphasis = if has_validation { Emphasis::Faint } else { Emphasis::Strong };
            let train = line(hue, run, "training", emphasis, train);
            let validation =
                has_validation.then(|| line(hue, run, "validation", Emphasis::Strong, validation));
            std::iter::once(train).chain(validation)
        });
        lines.collect::<Vec<Series>>()
    };
    let same = classes.windows(2).all(|pair| pair[0] == pair[1]);
    let chance = classes.first().filter(|&&classes| same && classes > 1).map(|&classes| classes as f64);
    let references = |value: Option<f64>| {
        value.map(|value| Reference { name: "chance".to_owned(), value }).into_iter().collect()
    };
    let chart = Curves {
        heading: Heading::default(),
        x_title: "epoch".to_owned(),
        x_number: Number::Count,
        panels: vec![
            Panel {
                title: "loss, nats (training pale)".to_owned(),
                scale: Scale::Log,
                series: both(&|epoch| Some(epoch.train_loss), &|epoch| epoch.validation_loss),
                references: references(chance.map(f64::ln)),
                ..Panel::default()
            },
            Panel {
                title: "accuracy (training pale)".to_owned(),
                number: Number::Percent,
                series: both(&|epoch| Some(epoch.train_accuracy), &|epoch| epoch.validation_accuracy),
                references: references(chance.map(|classes| 1.0 / classes)),
                ..Panel::default()
            },
            Panel {
                title: "learning rate".to_owned(),
                series: drawn
                    .iter()
                    .enumerate()
                    .map(|(hue, run)| {
                        let rate = |epoch: &Epoch| Some(epoch.learning_rate);
                        Series { marked: None, ..line(hue, run, "", Emphasis::Strong, &rate) }
                    })
                    .collect(),
                ..Panel::default()
            },
        ],
        ..Curves::default()
    };
    let frame = Frame { width, height: chart.natural_height(width), theme };
    Ok(curves(&chart, &frame)?.svg())
}
