//! Epochs repeat or restart: a resumed run, an appended log, or two phases.
//!
//! Idea: within one run the epochs of a column rise. Where they fall back or repeat in a whole-epoch column,
//! another run begins. Limits: a gap (epochs cut out of a post) is not a restart; columns that are printed
//! within epochs are ignored. What stands before the first epoch and is of another run (see [`crate::another_run`]) is said too.

use foliar_logread::Point;

use crate::context::Context;
use crate::interleaved::second_of_two;
use crate::words::number;
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if let Some(finding) = of_another_run(context) {
        return Some(finding);
    }
    if let Some(finding) = in_turns(context) {
        return Some(finding);
    }
    let chosen = &context.chosen;
    let columns = [chosen.val_loss, chosen.val_accuracy, chosen.train_loss];
    let series = columns.into_iter().flatten().find(|series| !series.within_epoch)?;
    let back: Vec<_> = series
        .points
        .windows(2)
        .filter_map(|pair| {
            let (before, after) = (pair[0].epoch?, pair[1].epoch?);
            // Validated again after more steps of the same epoch.
            let goes_on =
                before == after && pair[0].step.zip(pair[1].step).is_some_and(|(one, two)| one < two);
            (after <= before && pair[1].row > pair[0].row && !goes_on).then_some((
                before,
                after,
                pair[1].line,
            ))
        })
        .collect();
    // Many returns are a column that the reader took for whole epochs and is not.
    let &(before, after, line) = back.first().filter(|_| 3 * back.len() <= series.points.len().max(3))?;
    let parts = back.len() + 1;
    Some(Finding {
        id: Id::SeveralRuns,
        severity: Severity::Note,
        claim: format!(
            "Epoch {} is followed by epoch {}{}: the log contains {parts} runs or phases, one after \
                the other.",
            number(before),
            number(after),
            if line > 0 { format!(" (line {line})") } else { String::new() }
        ),
        evidence: back
            .iter()
            .take(5)
            .map(|(before, after, line)| {
                Evidence::at(
                    *line,
                    format!(
                        "epoch {} \
            after epoch {}",
                        number(*after),
                        number(*before)
                    ),
                )
            })
            .collect(),
        confidence: 0.95,
        advice: "If a run was resumed, ignore the epochs that were repeated. If these are two phases \
            (head first, then all layers), read them as two curves."
            .to_owned(),
        code: None,
    })
}

/// Two runs whose lines take turns.
fn in_turns(context: &Context<'_>) -> Option<Finding> {
    let chosen = &context.chosen;
    let columns = [chosen.val_loss, chosen.val_accuracy, chosen.train_loss];
    let (series, second) =
        columns.into_iter().flatten().filter(|series| !series.within_epoch).find_map(|series| {
            let epochs: Vec<f64> = series.points.iter().filter_map(|point| point.epoch).collect();
            let second = second_of_two(&epochs).filter(|_| epochs.len() == series.points.len())?;
            Some((series, second))
        })?;
    let begins = |wanted: bool| {
        series.points.iter().zip(&second).find(|(_, of)| **of == wanted).map(|(point, _)| point)
    };
    let (one, other) = (begins(false)?, begins(true)?);
    let epoch = |point: &Point| number(point.epoch.unwrap_or_default());
    Some(Finding {
        id: Id::SeveralRuns,
        severity: Severity::Note,
        claim: format!(
            "The lines of two runs take turns: one begins with epoch {} (line {}), the other with epoch {} (line {}). Each is judged by \
                itself.",
            epoch(one),
            one.line,
            epoch(other),
            other.line
        ),
        evidence: [one, other]
            .iter()
            .map(|point| Evidence::at(point.line, format!("epoch {}", epoch(point))))
            .collect(),
        confidence: 0.9,
        advice: "Let each run write to a file of its own.".to_owned(),
        code: None,
    })
}

/// A line before the first epoch that is judged by no other rule.
fn of_another_run(context: &Context<'_>) -> Option<Finding> {
    let (first, begin) = (context.of_another_run.first()?, context.rows.first()?);
    let what = match first.epoch {
        Some(epoch) => format!("epoch {}", number(epoch)),
        None => "no epoch's number".to_owned(),
    };
    Some(Finding {
        id: Id::SeveralRuns,
        severity: Severity::Note,
        claim: format!(
            "Before the first epoch (line {}), line {} tells the values of a trained network, with {what}: they are \
                of another run and are left out.",
            begin.line, first.line
        ),
        evidence: context
            .of_another_run
            .iter()
            .map(|row| Evidence::at(row.line, "values of another run".to_owned()))
            .collect(),
        confidence: 0.9,
        advice: "If they belong to this run, give the log in the order in which it was written.".to_owned(),
        code: None,
    })
}
