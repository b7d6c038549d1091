//! What confidence is worth, when the classifier abstains, and what happens to photos that show none of the classes.

use foliar_results::words::{count, fixed, percent, points};
use foliar_results::{Calibrated, CalibrationResult, Evaluation, PredictionSetResult, SelectiveResult};
use maud::{Markup, html};

use super::super::figure::Figure;
use crate::error::ReportError;
use crate::layout::number::Number;
use crate::page::parts::{estimate, gap, prose, with_interval};

/// Calibration, abstention and prediction sets: the pictures that `figure` has, and a card each.
pub(super) fn confidence(
    evaluation: &Evaluation,
    figure: impl Fn(Figure) -> Result<Option<Markup>, ReportError>,
) -> Result<Markup, ReportError> {
    Ok(html! {
        section aria-labelledby="run-confidence" {
            h2 #run-confidence { "Calibration and abstention" }
            div.figures {
                div.figures.stacked {
                    @if let Some(drawn) = figure(Figure::Reliability)? { (drawn) }
                    (calibration(&evaluation.calibration, evaluation))
                }
                div.figures.stacked {
                    @if let Some(drawn) = figure(Figure::RiskCoverage)? { (drawn) }
                    (abstention(evaluation))
                    @if let Some(sets) = &evaluation.prediction_sets { (prediction_sets(sets)) }
                }
            }
        }
    })
}

fn calibration(calibration: &CalibrationResult, evaluation: &Evaluation) -> Markup {
    let excess = calibration.excess;
    html! {
        div.finding {
            h3 { "Calibration" }
            p {
                "Expected calibration error " (Number::Plain.shown(calibration.error)) ": confidence and accuracy differ by "
                (points(calibration.error)) " on average."
            }
            p {
                "On so many photos a perfectly calibrated classifier would show "
                (Number::Plain.shown(calibration.error_if_perfect)) " by chance. Beyond that: "
                (with_interval(Number::Plain, excess))
                @if excess.low <= 0.0 && excess.has_interval() { ", no more than chance." } @else { "." }
            }
            p {
                "Brier score " (with_interval(Number::Plain, evaluation.scores.brier))
                @if calibration.temperature > 0.0 { "; temperature " (Number::Plain.shown(calibration.temperature)) }
                "."
            }
        }
    }
}

fn abstention(evaluation: &Evaluation) -> Markup {
    let selective = &evaluation.selective;
    let all = Number::Percent.shown(1.0 - evaluation.scores.accuracy.value);
    let target = evaluation.prediction_sets.as_ref().map(|sets| percent(sets.alpha));
    html! {
        div.finding {
            h3 { "Abstention" }
            @if let Some(threshold) = selective.threshold {
                p {
                    "It abstains below a confidence of " (prose(&percent(threshold))) "."
                    @match (selective.answered, selective.error) {
                        (Some(answered), Some(error)) => {
                            " It then answers " (with_interval(Number::Percent, answered))
                            @if selective.assessed == evaluation.photographs {
                                " of the photos; "
                                (with_interval(Number::Percent, error)) " of the answers are wrong, instead of " (all) " of all."
                            } @else {
                                " of the " (count(selective.assessed, "photo", "photos"))
                                " of which that can be judged, because out-of-distribution detection was not fitted to them; "
                                (with_interval(Number::Percent, error)) " of these answers are wrong. Of all "
                                (count(evaluation.photographs, "photo", "photos"))
                                ", answered or not, it is wrong on " (all) "."
                            }
                        }
                        (Some(_), None) => { " It answers none of these photos." }
                        _ => { " How many it answers could not be measured on these photos." }
                    }
                }
                p {
                    (prose(&proof(selective, target.as_deref())))
                }
            } @else {
                p { "It answers every photo, and " (all) " of the answers are wrong: it has no threshold." }
            }
        }
    }
}

/// What is known of the threshold.
fn proof(selective: &SelectiveResult, target: Option<&str>) -> String {
    let wrong = format!("at most {} of the answers are wrong", target.unwrap_or("the chosen share"));
    match (selective.proven, selective.calibrated, selective.more_groups) {
        (true, Some(Calibrated::HeldOut), _) => format!(
            "Proven with 95 % confidence: {wrong} on photos like those that the threshold was fitted to."
        ),
        (true, Some(Calibrated::Refitted), _) => format!(
            "Proven with 95 % confidence for the models of cross-validation: {wrong}. The model in use was trained again on all photos \
             and should be as good, but nothing is proven for it: test it on photos that were used for nothing before."
        ),
        (true, _, _) => format!(
            "It was chosen so that, with 95 % confidence, {wrong}. But the same photos were used to choose the epoch or to fit the temperature, so \
             this is not a proof: test it on photos that were used for nothing before."
        ),
        (false, calibrated, Some(more)) => {
            let whose = match calibrated {
                Some(Calibrated::Refitted) => "the models of cross-validation, not for the one in use",
                _ => "the photos that also chose its epoch or temperature, which is no guarantee",
            };
            format!(
                "The threshold is not guaranteed: there were too few groups to fit it to. With about {} it would be proven for {whose}. Test it on \
                 photos that were used for nothing before.",
                count(more, "more group", "more groups")
            )
        }
        (false, _, None) => "The threshold is not guaranteed: even the most confident predictions are wrong more often than the target, \
                             and more groups would not help."
            .to_owned(),
    }
}

fn prediction_sets(sets: &PredictionSetResult) -> Markup {
    let total: f64 = sets.sizes.iter().map(|&count| count as f64).sum();
    html! {
        div.finding {
            h3 { "Prediction sets" }
            p {
                "Instead of one class it can give a set that holds the true class for " (prose(&percent(1.0 - sets.alpha)))
                " of the photos. Measured: " (with_interval(Number::Percent, sets.coverage)) "."
            }
            p {
                @if let Some(guaranteed) = sets.guaranteed_coverage {
                    "Guaranteed for new photos from the same source, whatever their distribution: at least "
                    (prose(&percent(guaranteed))) "."
                } @else {
                    "Nothing is guaranteed, because the sets were not calibrated on photos that were used for nothing else."
                }
            }
            @if total > 0.0 {
                p { "A set has " (fixed(sets.size.value, 2)) " classes on average:" }
                ul.sizes {
                    @for (size, &count) in sets.sizes.iter().enumerate().filter(|(_, count)| **count > 0) {
                        li {
                            span { @if size == 1 { "1 class" } @else { (size) " classes" } }
                            span.bar style={ "--share:" (format!("{:.3}", count as f64 / total)) } aria-hidden="true" {}
                            span { (Number::Percent.shown(count as f64 / total)) }
                        }
                    }
                }
            }
        }
    }
}

/// Photos that show none of the classes.
pub(super) fn ood(evaluation: &Evaluation) -> Markup {
    let Some(ood) = evaluation.ood.as_ref().filter(|ood| !ood.sets.is_empty()) else { return html! {} };
    let has_detector = ood.sets.iter().any(|set| set.distance_auroc.is_some());
    html! {
        section aria-labelledby="run-ood" {
            h2 #run-ood { "Out-of-distribution detection" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-ood" {
                table {
                    caption {
                        span {
                            "Photos of other things against the photos of the test. AUROC: area under the receiver operating \
                             characteristic; 1 is perfect, 0.5 is chance."
                            @if let Some(flagged) = ood.flagged_inside {
                                " Of the photos of the test, " (with_interval(Number::Percent, flagged))
                                " are flagged as out-of-distribution too."
                            }
                        }
                    }
                    thead {
                        tr {
                            th scope="col" { "Photos of" }
                            th scope="col" { "How many" }
                            @if has_detector { th scope="col" { "AUROC, distance" } }
                            th scope="col" { "AUROC, energy" }
                            th scope="col" { "Flagged" }
                            th scope="col" { "Answered" }
                        }
                    }
                    tbody {
                        @for set in &ood.sets {
                            tr {
                                th scope="row" { (set.short_name()) }
                                td { (Number::Count.shown(set.photographs as f64)) }
                                @if has_detector {
                                    td { @if let Some(area) = set.distance_auroc { (estimate(Number::Plain, area)) } @else { (gap()) } }
                                }
                                td { (estimate(Number::Plain, set.energy_auroc)) }
                                td { (Number::Percent.shown(set.flagged)) }
                                td { (Number::Percent.shown(set.answered)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
