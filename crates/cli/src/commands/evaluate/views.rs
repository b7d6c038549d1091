//! What several views of each photo gain, as text.

use std::io::{self, Write};

use foliar_results::{ComparisonOutcome, Estimate, ViewFigures, ViewsResult};

use crate::wrap::paragraph;

/// Both sets of figures, their difference, and what it does not say.
pub(super) fn print(out: &mut impl Write, views: &ViewsResult) -> io::Result<()> {
    let ViewsResult { count, difference, one, several } = views;
    writeln!(
        out,
        "\nviews        accuracy   loss  excess calibration error  in the sets  answered  wrong answers"
    )?;
    for (name, figures) in [("1".to_owned(), one), (count.to_string(), several)] {
        let ViewFigures { accuracy, loss, calibration_excess, coverage, answered, error } = figures;
        let share =
            |share: &Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        writeln!(
            out,
            "{name:11}  {accuracy:8.3}  {loss:5.3}  {calibration_excess:24.3}  {:>11}  {:>8}  {:>13}",
            share(coverage),
            share(answered),
            share(error)
        )?;
    }
    let Estimate { value, low, high } = difference.accuracy;
    let loss = difference.loss;
    let words = format!(
        "{count} views minus one: accuracy {value:+.3} ({low:+.3} to {high:+.3}), p = {:.3}, {}; loss {:+.3} ({:+.3} to {:+.3}), p = {:.3}. \
         Temperature, thresholds and sets were fitted to one view: nothing is guaranteed of them with {count}.",
        difference.accuracy_p_value,
        ComparisonOutcome::of(difference).words(),
        loss.value,
        loss.low,
        loss.high,
        difference.loss_p_value,
    );
    paragraph(out, &words, "", "")
}
