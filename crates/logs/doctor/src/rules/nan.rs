//! A loss or another metric that is not a number or infinite.
//!
//! Idea: once a weight is NaN every later output is, so the first such line gives the moment. A column that
//! is infinite while others go on improving is a fault of that column alone (a division by zero samples, an
//! empty mask). Source: IEEE 754. Limits: programs that print `0` or skip the line instead are not
//! recognised.

use foliar_logread::{Metric, Point, Series, Split};

use crate::context::Context;
use crate::words::number;
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    let losses = || {
        let series = &context.log.series;
        series.iter().filter(|series| matches!(series.metric, Metric::Loss | Metric::LossPart))
    };
    let scores = context.log.series.iter().filter(|series| {
        let is_score =
            matches!(series.metric, Metric::Accuracy | Metric::TopFive | Metric::F1 | Metric::OtherScore);
        // Tables have holes where nothing was computed.
        let rest = series.points.iter().skip_while(|point| point.value.is_finite());
        is_score && rest.clone().next().is_some() && rest.clone().all(|point| !point.value.is_finite())
    });
    let broken: Vec<_> = losses()
        .chain(scores)
        .filter_map(|series| {
            let first = series.points.iter().position(|point| !point.value.is_finite())?;
            // Some programs have no training loss to print in their first line.
            let placeholder = first == 0
                && series.points.len() > 1
                && series.points[1..].iter().all(|p| p.value.is_finite());
            (!placeholder).then_some((series, first))
        })
        .collect();
    let &(series, first) = broken.iter().min_by_key(|(series, first)| series.points[*first].row)?;
    let point = series.points[first];
    let sound = losses().filter(|series| series.points.iter().all(|point| point.value.is_finite())).count();
    let to_the_end = series.points.last().is_some_and(|point| !point.value.is_finite());
    let is_loss = matches!(series.metric, Metric::Loss | Metric::LossPart);
    if !is_loss && sound > 0 && series.points.len() == 1 && broken.len() == 1 {
        return Some(one_score(series, point));
    }
    let one_of_many = sound > 0 && series.split != Some(Split::Train);
    let names: Vec<&str> = broken.iter().map(|(series, _)| series.name.as_str()).collect();
    let when = match (first, point.epoch) {
        (0, _) => "from the first line on".to_owned(),
        (_, Some(epoch)) => format!("from epoch {} on", number(epoch)),
        _ => "from a later line on".to_owned(),
    };
    let value = number(point.value);
    let claim = if one_of_many {
        format!(
            "{} = {value} {when}, while {sound} other loss columns are finite: this column is computed \
                incorrectly.",
            names.join(", ")
        )
    } else {
        format!(
            "{} = {value} {when}: the weights are no longer valid, and accuracies printed from then on \
                mean nothing.",
            names.join(", ")
        )
    };
    let advice = if one_of_many {
        "Look in the code of this column for a division by a zero count or a logarithm of zero. Do not \
            use the column to choose the best epoch."
    } else if first == 0 {
        "Check one batch by hand: are the inputs finite and normalised, the labels between 0 and \
            classes - 1, the learning rate below 0.1? With half precision, use a gradient scaler."
    } else {
        "Go back to the last checkpoint with a finite loss, divide the learning rate by three and clip \
            gradients. With half precision, use a gradient scaler. Look for a logarithm of zero or a \
            division by zero."
    };
    let mut evidence: Vec<Evidence> = broken
        .iter()
        .map(|(series, first)| {
            Evidence::at(
                series.points[*first].line,
                format!("{} = {}", series.name, number(series.points[*first].value)),
            )
        })
        .collect();
    if let Some(before) = first.checked_sub(1) {
        evidence.insert(
            0,
            Evidence::at(
                series.points[before].line,
                format!("{} = {}, still finite", series.name, number(series.points[before].value)),
            ),
        );
    }
    Some(Finding {
        id: Id::Nan,
        severity: if one_of_many || !to_the_end { Severity::Warning } else { Severity::Error },
        claim,
        evidence,
        confidence: 0.99,
        advice: advice.to_owned(),
        code: Some(
            "assert torch.isfinite(loss), batch_index          # before loss.backward()\n\
                loss.backward()\n\
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)"
                .to_owned(),
        ),
    })
}

/// A score that was told once and cannot be computed, while the losses are finite.
fn one_score(series: &Series, point: Point) -> Finding {
    let value = number(point.value);
    Finding {
        id: Id::Nan,
        severity: Severity::Note,
        claim: format!(
            "{} = {value}, while the losses are finite: the score is not defined, as where one class alone occurs or is \
                predicted.",
            series.name
        ),
        evidence: vec![Evidence::at(point.line, format!("{} = {value}", series.name))],
        confidence: 0.9,
        advice: "Count the classes among the labels and among the answers of the evaluation.".to_owned(),
        code: None,
    }
}
