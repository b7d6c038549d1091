//! The verdict, the few numbers that carry it, and its findings.

use foliar_results::words::percent;
use foliar_results::{Estimate, Evaluation, RunReport, Verdict, scale};
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::{KeyFigure, finding_cards, findings, key_figures, prose, rating};

pub(super) fn verdict(verdict: &Verdict, report: &RunReport) -> Markup {
    html! {
        section class={ "verdict " (rating(verdict.rating)) } aria-labelledby="run-verdict" {
            h2 #run-verdict { "Verdict" }
            p.lead { (prose(&verdict.summary)) }
            @if report.evaluation.is_some() { p.about { (prose(&scale())) } }
            (key_figures(&report.evaluation.as_ref().map(figures).unwrap_or_default()))
        }
    }
}

/// Every finding, and what was not measured.
pub(super) fn limits(verdict: &Verdict, report: &RunReport) -> Markup {
    if verdict.findings.is_empty() && report.missing.is_empty() {
        return html! {};
    }
    html! {
        section.limits aria-labelledby="run-limits" {
            h2 #run-limits { "Before you rely on it" }
            @if !verdict.findings.is_empty() { (findings(finding_cards(&verdict.findings))) }
            @if !report.missing.is_empty() {
                div.finding.note.missing-sections {
                    h3 { span.badge { "Note" } " Not measured" }
                    ul { @for missing in &report.missing { li { strong { (missing.section) } ": " (prose(&missing.reason)) } } }
                }
            }
        }
    }
}

fn figure(name: impl Into<String>, value: String, note: String) -> KeyFigure {
    KeyFigure { name: name.into(), value, note }
}

fn measured(name: impl Into<String>, number: Number, estimate: Estimate) -> KeyFigure {
    figure(name, number.shown(estimate.value), number.span(estimate.low, estimate.high))
}

fn figures(evaluation: &Evaluation) -> Vec<KeyFigure> {
    let Evaluation { scores, calibration, selective, .. } = evaluation;
    let mut figures = vec![measured("Accuracy", Number::Percent, scores.accuracy)];
    figures.extend(
        scores
            .top
            .first()
            .map(|top| measured(format!("Top-{} accuracy", top.k), Number::Percent, top.accuracy)),
    );
    let mut macro_f1 = measured("Macro F1", Number::Percent, scores.macro_f1);
    if evaluation.averaged_classes < evaluation.classes.len() {
        macro_f1.note +=
            &format!("; over {} of {} classes", evaluation.averaged_classes, evaluation.classes.len());
    }
    figures.push(macro_f1);
    figures.push(measured("Loss", Number::Plain, scores.loss));
    let excess = format!("{} beyond chance", Number::Plain.shown(calibration.excess.value));
    figures.push(figure("Calibration error", Number::Plain.shown(calibration.error), excess));
    if let (Some(_), Some(answered), Some(error)) = (selective.threshold, selective.answered, selective.error)
    {
        let note = format!("{} of the answers are wrong", Number::Percent.shown(error.value));
        figures.push(figure("Answered", Number::Percent.shown(answered.value), note));
    }
    if let Some(sets) = &evaluation.prediction_sets {
        let target = percent(1.0 - sets.alpha).replace(' ', "\u{a0}");
        let span = Number::Percent.span(sets.coverage.low, sets.coverage.high);
        let note = format!("{span}; target {target}");
        figures.push(figure("Prediction-set coverage", Number::Percent.shown(sets.coverage.value), note));
    }
    let sets = evaluation.ood.iter().flat_map(|ood| &ood.sets);
    if let Some(set) = sets.clone().min_by(|a, b| a.auroc().value.total_cmp(&b.auroc().value)) {
        let worst = if sets.count() > 1 { "the hardest: " } else { "" };
        let note = format!("{worst}{}", set.short_name());
        figures.push(figure("OOD detection, AUROC", Number::Plain.shown(set.auroc().value), note));
    }
    let photographs = Number::Count.shown(evaluation.photographs as f64);
    figures.push(figure("Tested on", photographs, evaluation.data.describe()));
    figures
}
