//! What the program's end says to a script.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use foliar_eval::EvalError;
use foliar_scan::ScanError;
use foliar_study::StudyError;
use foliar_train::TrainError;
use foliar_tune::TuneError;

use crate::output;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The work failed.
    Failed,
    /// Wrong arguments.
    Usage,
    /// Done, with problems: some files were left out.
    Problems,
    /// Interrupted, state saved.
    Interrupted,
    /// The reader of standard output has gone; the code is that of a tool which the signal for it, SIGPIPE, has ended.
    Closed,
}

impl Exit {
    /// Done, with problems if there are any.
    pub(crate) fn with_problems(problems: bool) -> Self {
        if problems { Self::Problems } else { Self::Done }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Problems => 3,
            Exit::Interrupted => 130,
            Exit::Closed => 141,
        })
    }
}

/// The error and its causes. A cause that the text before it already tells is not told again.
fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Arguments that are each well-formed and together, or in their range, are not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// What is wrong with the folder of photos, if that is the error.
fn scan_error(error: &anyhow::Error) -> Option<&ScanError> {
    if let Some(TrainError::Scan(scan)) = error.downcast_ref() {
        return Some(scan);
    }
    if let Some(TuneError::Train(TrainError::Scan(scan))) = error.downcast_ref() {
        return Some(scan);
    }
    match error.downcast_ref() {
        Some(EvalError::Scan(scan) | EvalError::Train(TrainError::Scan(scan))) => Some(scan),
        _ => error.downcast_ref(),
    }
}

/// Where and why a thread panicked last.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// Does `work`, and ends with [`Exit::Failed`] and a line whatever happens: on an error, on a fault of the program itself, and where
/// the standard library would abort because memory ran out, of which it says how much was missing.
pub(crate) fn guard(work: impl FnOnce() -> anyhow::Result<Exit>) -> Exit {
    abort_as_failure();
    set_hook(Box::new(|panic| {
        // Decoders may panic on damaged files, which are listed. Only the end of the program is worth a line.
        panic.to_string().clone_into(&mut PANIC.lock().unwrap_or_else(PoisonError::into_inner));
    }));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.unwrap_or_else(|error| report(&error)),
        Err(_) => {
            let panic = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            say!("error: a fault of foliar itself, not of your files; please report this line: {panic}");
            Exit::Failed
        }
    }
}

#[cfg(unix)]
fn abort_as_failure() {
    use signal_hook::{consts::SIGABRT, flag::register_conditional_shutdown};
    use std::sync::{Arc, atomic::AtomicBool};
    // Without it the exit code is that of the signal.
    let _ = register_conditional_shutdown(SIGABRT, 1, Arc::new(AtomicBool::new(true)));
}

#[cfg(not(unix))]
fn abort_as_failure() {}

/// Says in one line what, where and why. That the reader of standard output has gone is worth no word.
fn report(error: &anyhow::Error) -> Exit {
    if output::is_closed() {
        return Exit::Closed;
    }
    say!("error: {}", one_line(error));
    let is_of_recipe = |error: &TrainError| {
        matches!(error, TrainError::Recipe { .. } | TrainError::Conflict { .. } | TrainError::Mixing(_))
    };
    let out_of_range = match error.downcast_ref() {
        Some(TuneError::Plan { .. }) => true,
        Some(TuneError::Train(error)) => is_of_recipe(error),
        _ => error.downcast_ref().is_some_and(is_of_recipe),
    };
    let another_folder = scan_error(error).is_some_and(ScanError::is_of_the_layout);
    let is_address = |error: &StudyError| matches!(error, StudyError::Address(_));
    let address = match error.downcast_ref() {
        Some(TuneError::Study(error)) => is_address(error),
        _ => error.downcast_ref().is_some_and(is_address),
    };
    if out_of_range || address || another_folder || error.is::<UsageError>() {
        Exit::Usage
    } else {
        Exit::Failed
    }
}
