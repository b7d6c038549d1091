//! The result in words.

use std::io::{self, Write};

use foliar_bayes::{Border, Domain, Side};
use foliar_metrics::{Estimate, Groups, PairedDifference};
use foliar_tune::{Objective, PairedComparison, Report, WeightDecay};

use super::screen::{bare, words};

/// Share of the variance below which a parameter is not said to matter.
const MATTERS: f64 = 0.05;
/// Probability below which a difference is called larger than chance.
const SIGNIFICANT: f64 = 0.05;

pub(super) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let objective = report.objective.name();
    writeln!(out)?;
    writeln!(
        out,
        "best setting  {}: {objective} {:.4} in trial {}",
        words(&report.best.setting),
        report.best.value,
        report.best.id.0
    )?;
    if let Some(expected) = report.best.prediction.as_ref().map(|prediction| prediction.value) {
        writeln!(
            out,
            "              {expected:.4} is expected of it, and of no other trial more: single trials are lucky or not"
        )?;
    }
    if let Some(decay) = &report.weight_decay {
        writeln!(
            out,
            "weight decay  {}: the strongest within one standard error of the best, {}",
            decay.chosen, decay.best
        )?;
    }
    if let Some(repeats) = &report.repeats {
        let values: Vec<f64> = repeats.runs.iter().filter_map(|run| run.value).collect();
        let spread = repeats.deviation.map_or(String::new(), |deviation| format!(" ± {deviation:.4}"));
        match repeats.mean {
            Some(mean) => {
                writeln!(out, "other seeds   {objective} {mean:.4}{spread} of {} runs", values.len())?
            }
            None => {
                writeln!(out, "other seeds   every run diverged: the setting is at the edge of what trains")?
            }
        }
        if repeats.mean.is_some() && values.len() < repeats.runs.len() {
            writeln!(out, "              {} of them diverged", repeats.runs.len() - values.len())?;
        }
    }
    if let Some(importance) = &report.importance {
        let mut ranked: Vec<_> = importance.iter().filter(|one| one.total >= MATTERS).collect();
        ranked.sort_by(|a, b| b.total.total_cmp(&a.total));
        let told: Vec<String> =
            ranked.iter().map(|one| format!("{} {:.0} %", one.name, 100.0 * one.total)).collect();
        writeln!(
            out,
            "what mattered {}",
            if told.is_empty() { "nothing much".to_owned() } else { told.join(", ") }
        )?;
    }
    for warning in warnings(report) {
        writeln!(out, "warning       {warning}")?;
    }
    match &report.test {
        Some(found) => compare(out, found, report),
        None if report.photographs.test == 0 => {
            writeln!(out, "\nno photographs were set aside: what tuning has gained is not known")
        }
        None => writeln!(out, "\nthe untuned run diverged: there is nothing to compare with"),
    }
}

/// What a reader should know before believing the rest.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let borders = report.borders.iter().filter(|border| !natural(border, report));
    let mut warnings: Vec<String> = borders.map(|border| at_border(border, report)).collect();
    if report.weight_decay.as_ref().is_some_and(|decay: &WeightDecay| decay.at_border) {
        warnings.push(
            "the strongest weight decay was chosen, so that still stronger ones may do as well: try --weight-decays with larger ones"
                .to_owned(),
        );
    }
    if report.objective != Objective::Loss && report.photographs.validation < 200 {
        warnings.push(format!(
            "{} moves in coarse steps on {} photographs; --objective loss tells settings apart better",
            report.objective.name(),
            report.photographs.validation
        ));
    }
    warnings
}

/// Whether there is nothing beyond the bound.
fn natural(border: &Border, report: &Report) -> bool {
    let [low, _] = bounds(border, report);
    match border.name.as_str() {
        "momentum" | "label-smoothing" => border.side == Side::Low && low == 0.0,
        "augmentation" | "stages" => true,
        _ => false,
    }
}

/// The range of the parameter; not numbers for one that has none.
fn bounds(border: &Border, report: &Report) -> [f64; 2] {
    let parameter = report.space.parameters().iter().find(|parameter| parameter.name == border.name);
    match parameter.map(|parameter| &parameter.domain) {
        Some(Domain::Float { low, high, .. }) => [*low, *high],
        Some(Domain::Integer { low, high, .. }) => [*low as f64, *high as f64],
        Some(Domain::Choice { .. }) | None => [f64::NAN; 2],
    }
}

fn at_border(border: &Border, report: &Report) -> String {
    let end = if border.side == Side::Low { "lower" } else { "upper" };
    let name = &border.name;
    let [low, high] = bounds(border, report);
    let advice = match (border.side, name.as_str()) {
        (Side::High, "momentum") => format!("; try --range momentum={low}:0.999"),
        (Side::Low, "learning-rate") => format!("; try --range {name}={:e}:{high:e}", low / 100.0),
        (Side::High, "learning-rate") => format!("; try --range {name}={low:e}:{:e}", high * 100.0),
        (Side::High, "batch-size") => format!("; try --range {name}={low}:{}", high * 4.0),
        _ => String::new(),
    };
    format!(
        "the best {name}, {}, is at the {end} end of its range: the optimum may lie beyond{advice}",
        bare(&border.value)
    )
}

fn compare(out: &mut impl Write, found: &PairedComparison, report: &Report) -> io::Result<()> {
    let PairedComparison { tuned, untuned, difference } = found;
    let PairedDifference { photographs, groups, accuracy_p_value, .. } = difference;
    let together = if groups < photographs { format!(" in {groups} groups") } else { String::new() };
    writeln!(out, "\non the {photographs} test photographs{together}, which tuning never saw\n")?;
    writeln!(out, "{:10}  {:>8}  {:>8}  {:>10}  95 % interval", "", "tuned", "untuned", "difference")?;
    let mut row = |name: &str, tuned: Estimate, untuned: Estimate, difference: Estimate| {
        let (tuned, untuned, Estimate { value, low, high }) = (tuned.value, untuned.value, difference);
        writeln!(out, "{name:10}  {tuned:8.4}  {untuned:8.4}  {value:+10.4}  {low:+.4} to {high:+.4}")
    };
    row("accuracy", tuned.accuracy, untuned.accuracy, difference.accuracy)?;
    row("loss", tuned.loss, untuned.loss, difference.loss)?;
    row("macro F1", tuned.macro_f1, untuned.macro_f1, difference.macro_f1)?;
    let verdict =
        if *accuracy_p_value < SIGNIFICANT { "larger than chance" } else { "no larger than chance" };
    writeln!(
        out,
        "\ntuned alone right on {}, untuned alone on {}: the difference in accuracy is {verdict} (p = {:.3}, by group)",
        difference.only_first, difference.only_second, accuracy_p_value
    )?;
    if *groups < Groups::FEW {
        writeln!(out, "only {groups} groups: the intervals are rough")?;
    }
    writeln!(out, "tuned: {}; untuned: {}", words(&report.tuned), words(&report.untuned))
}
