//! What the two kinds of classifiers have in common: rows of photographs, whatever is said of them.

use std::io::{self, Write};
use std::ops::ControlFlow;

use foliar_model::{EachFile, ModelError};
use foliar_vision::{Limits, Reason};

use super::photo::{Fetching, Photo};
use crate::commands::inputs::Input;

/// A classifier that writes a table.
pub(super) trait Classify {
    /// Writes the table of all `pieces` of the work, one after the other, to `out`: what stands above the rows, if the format has that,
    /// and a row for each input. `each` gets every row in turn, and breaks where no more is wanted, after which the table is not
    /// whole.
    fn table(
        &mut self,
        pieces: &mut dyn Iterator<Item = Vec<Input>>,
        out: &mut dyn Write,
        each: &mut EachRow<'_>,
    ) -> anyhow::Result<ControlFlow<()>>;

    /// What stands above the rows.
    fn head(&mut self) -> anyhow::Result<String> {
        let mut head = Vec::new();
        let _ = self.table(&mut std::iter::empty(), &mut head, &mut |_| ControlFlow::Continue(()))?;
        Ok(String::from_utf8(head)?)
    }
}

/// A row that was written.
pub(super) struct Seen<'a> {
    pub(super) input: &'a Input,
    pub(super) failed: bool,
    /// What is odd about a file that was predicted all the same.
    pub(super) remarks: &'a [Reason],
}

/// Takes a row that was written; breaks where no more is wanted.
pub(super) type EachRow<'a> = dyn FnMut(Seen<'_>) -> ControlFlow<()> + 'a;

/// Predicts files, and hands each in turn to what it is given.
pub(super) type PredictFiles<'a, T> =
    dyn FnMut(&[Photo<'_>], &mut EachFile<'_, T>) -> Result<(), ModelError> + 'a;

/// Takes an input, what is said of it or what is wrong with it in words, and what is odd about it.
pub(super) type EachInput<'a, T> =
    dyn FnMut(&Input, Result<T, String>, &[Reason]) -> io::Result<ControlFlow<()>> + 'a;

/// Predicts the files among `inputs` by `predict` and hands every input in turn to `row`, until that breaks.
///
/// # Errors
/// Those of both, and that of an object store that cannot be used.
pub(super) fn each_input<T>(
    inputs: &[Input],
    predict: &mut PredictFiles<'_, T>,
    row: &mut EachInput<'_, T>,
) -> anyhow::Result<ControlFlow<()>> {
    for inputs in inputs.chunk_by(|a, b| a.file().is_some() == b.file().is_some()) {
        let fetching = Fetching::of(inputs, &Limits::default())?;
        let files = fetching.photos(inputs);
        for input in inputs {
            if let Input::Missing { reason, .. } = input
                && row(input, Err(reason.clone()), &[])?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        let mut ended = Ok(ControlFlow::Continue(()));
        predict(&files, &mut |index, result, remarks| {
            let input = &inputs[index];
            // A row says what is wrong with a photo; that the store is gone is no fault of one.
            if let Some(failure) = fetching.failure() {
                ended = Err(io::Error::other(failure));
                return ControlFlow::Break(());
            }
            let result = match result {
                Ok(said) => input.changed().map_or(Ok(said), Err),
                Err(reason) => Err(reason.to_string()),
            };
            ended = row(input, result, remarks);
            if let Ok(ControlFlow::Continue(())) = ended {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        if ended?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
