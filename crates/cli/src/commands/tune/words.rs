//! The result as text.

use std::io::{self, Write};

use foliar_bayes::{Bound, BoundHit, Domain, Params};
use foliar_metrics::Groups;
use foliar_results::words::count;
use foliar_results::{ComparisonOutcome, Estimate, PairedComparison, PairedDifference, Verdict};
use foliar_tune::{Objective, TuningResult, WeightDecay};

use super::screen::{bare, words};
use crate::commands::findings;
use crate::wrap::paragraph;

/// Share of the variance from which on a parameter is called important.
const MATTERS: f64 = 0.05;

pub(super) fn print(out: &mut impl Write, result: &TuningResult) -> io::Result<()> {
    let objective = result.objective.name();
    writeln!(out)?;
    writeln!(
        out,
        "best trial    {}: {objective} {:.4} in trial {}",
        words(&result.best.params),
        result.best.value,
        result.best.id.0
    )?;
    if let Some(expected) = result.best.prediction.as_ref().map(|prediction| prediction.value) {
        writeln!(
            out,
            "              predicted mean {expected:.4}; single trials are noisy, so the model's mean decides"
        )?;
    }
    if let Some(decay) = &result.weight_decay {
        writeln!(
            out,
            "weight decay  {}: the largest within one standard error of the best, {}",
            decay.chosen, decay.best
        )?;
    }
    if let Some(repeats) = &result.repeats {
        let values: Vec<f64> = repeats.runs.iter().filter_map(|run| run.value).collect();
        let spread = repeats.deviation.map_or(String::new(), |deviation| format!(" ± {deviation:.4}"));
        match repeats.mean {
            Some(mean) => writeln!(
                out,
                "other seeds   {objective} {mean:.4}{spread} over {}",
                count(values.len(), "run", "runs")
            )?,
            None => {
                writeln!(out, "other seeds   every run diverged: the tuned learning rate is barely stable")?
            }
        }
        if repeats.mean.is_some() && values.len() < repeats.runs.len() {
            writeln!(out, "              {} of them diverged", repeats.runs.len() - values.len())?;
        }
    }
    if let Some(importance) = &result.importance {
        let mut ranked: Vec<_> = importance.iter().filter(|one| one.total >= MATTERS).collect();
        ranked.sort_by(|a, b| b.total.total_cmp(&a.total));
        let shares: Vec<String> =
            ranked.iter().map(|one| format!("{} {:.0} %", one.name, 100.0 * one.total)).collect();
        writeln!(
            out,
            "importance    {}",
            if shares.is_empty() {
                "no parameter made much difference".to_owned()
            } else {
                shares.join(", ")
            }
        )?;
    }
    for warning in warnings(result) {
        writeln!(out, "warning       {warning}")?;
    }
    if result.photographs.test == 0 {
        return writeln!(out, "\nthere are no test photos, so the gain of tuning was not measured");
    }
    let [untuned, default] = [("untuned", &result.untuned), ("default", &result.default)];
    match &result.test_against_default {
        Some(comparison) => compare(out, comparison, default, result)?,
        None => writeln!(
            out,
            "\nthe run with foliar's default parameters diverged, so there is no comparison with it"
        )?,
    }
    match &result.test {
        Some(comparison) => compare(out, comparison, untuned, result),
        None => writeln!(out, "\nthe untuned run diverged, so there is no comparison with it"),
    }
}

/// How far the tuned classifier can be relied on, as `foliar evaluate` says it.
pub(super) fn print_verdict(
    out: &mut impl Write,
    verdict: Result<&Verdict, &anyhow::Error>,
) -> io::Result<()> {
    match verdict {
        Ok(verdict) => {
            writeln!(out)?;
            paragraph(out, &format!("tuned classifier: {}", verdict.summary), "", "")?;
            findings::print(out, &verdict.findings)
        }
        Err(error) => writeln!(out, "\nthe tuned classifier could not be evaluated: {error}"),
    }
}

/// Warnings about the result.
pub(super) fn warnings(result: &TuningResult) -> Vec<String> {
    let bound_hits = result.bound_hits.iter().filter(|hit| !natural(hit, result));
    let mut warnings: Vec<String> = bound_hits.map(|hit| at_bound(hit, result)).collect();
    if result.weight_decay.as_ref().is_some_and(|decay: &WeightDecay| decay.at_upper_bound) {
        warnings.push(
            "the largest weight decay was chosen; a larger one may be as good: try larger values with --weight-decays"
                .to_owned(),
        );
    }
    if result.objective != Objective::Loss && result.photographs.validation < 200 {
        warnings.push(format!(
            "{} changes in coarse steps on {} photos; --objective loss separates trials better",
            result.objective.name(),
            result.photographs.validation
        ));
    }
    warnings
}

/// Whether the bound is a natural limit.
fn natural(hit: &BoundHit, result: &TuningResult) -> bool {
    let [low, _] = bounds(hit, result);
    match hit.name.as_str() {
        "momentum" | "label-smoothing" => hit.bound == Bound::Lower && low == 0.0,
        "augmentation" | "stages" => true,
        _ => false,
    }
}

/// The range of the parameter; NaN for a choice.
fn bounds(hit: &BoundHit, result: &TuningResult) -> [f64; 2] {
    let parameter = result.space.parameters().iter().find(|parameter| parameter.name == hit.name);
    match parameter.map(|parameter| &parameter.domain) {
        Some(Domain::Float { low, high, .. }) => [*low, *high],
        Some(Domain::Integer { low, high, .. }) => [*low as f64, *high as f64],
        Some(Domain::Choice { .. }) | None => [f64::NAN; 2],
    }
}

fn at_bound(hit: &BoundHit, result: &TuningResult) -> String {
    let end = if hit.bound == Bound::Lower { "lower" } else { "upper" };
    let name = &hit.name;
    let [low, high] = bounds(hit, result);
    let advice = match (hit.bound, name.as_str()) {
        (Bound::Upper, "momentum") => format!("; try --range momentum={low}:0.999"),
        (Bound::Lower, "learning-rate") => format!("; try --range {name}={:e}:{high:e}", low / 100.0),
        (Bound::Upper, "learning-rate") => format!("; try --range {name}={low:e}:{:e}", high * 100.0),
        (Bound::Upper, "batch-size") => format!("; try --range {name}={low}:{}", high * 4.0),
        _ => String::new(),
    };
    format!(
        "the best {name}, {}, is at the {end} bound of its range; the optimum may lie outside{advice}",
        bare(&hit.value)
    )
}

/// The tuned classifier against one of other parameters, which are called `name`.
fn compare(
    out: &mut impl Write,
    comparison: &PairedComparison,
    (name, params): (&str, &Params),
    result: &TuningResult,
) -> io::Result<()> {
    let PairedComparison { tuned, untuned, difference } = comparison;
    let PairedDifference { photographs, groups, accuracy_p_value, .. } = *difference;
    writeln!(out, "\non {photographs} test photos of {groups} groups (leaves) that tuning has not used\n")?;
    writeln!(out, "{:10}  {:>8}  {name:>8}  {:>10}  95 % interval by group", "", "tuned", "difference")?;
    let mut row = |name: &str, tuned: Estimate, untuned: Estimate, difference: Estimate| {
        let (tuned, untuned, Estimate { value, low, high }) = (tuned.value, untuned.value, difference);
        writeln!(out, "{name:10}  {tuned:8.4}  {untuned:8.4}  {value:+10.4}  {low:+.4} to {high:+.4}")
    };
    row("accuracy", tuned.accuracy, untuned.accuracy, difference.accuracy)?;
    row("loss", tuned.loss, untuned.loss, difference.loss)?;
    row("macro F1", tuned.macro_f1, untuned.macro_f1, difference.macro_f1)?;
    let verdict = ComparisonOutcome::of(difference).words();
    writeln!(
        out,
        "\ncorrect only tuned: {}, only {name}: {}; the difference in accuracy is {verdict} (p = {accuracy_p_value:.3}, by group (leaf))",
        difference.only_first, difference.only_second
    )?;
    if groups < Groups::FEW {
        writeln!(out, "there are only {groups} groups, so the intervals are rough")?;
    }
    writeln!(out, "tuned: {}; {name}: {}", words(&result.tuned), words(params))
}
