//! Ctrl-C: the first asks for an orderly end, the second ends at once.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// When an end was asked for.
static ASKED: OnceLock<Instant> = OnceLock::new();

/// One press may arrive as two signals; what comes later than this is a second one.
const ONE_PRESS: Duration = Duration::from_secs(1);

/// Listens from now on for Ctrl-C and for termination.
///
/// # Errors
/// The operating system's, if a handler cannot be set.
pub(crate) fn listen() -> anyhow::Result<()> {
    ctrlc::set_handler(|| match ASKED.get() {
        None => {
            let _ = ASKED.set(Instant::now());
            say!("\ninterrupted: saving after the current step (press Ctrl-C again to quit now)");
        }
        Some(first) if first.elapsed() > ONE_PRESS => {
            say!("quit; what was saved earlier is intact");
            std::process::exit(1);
        }
        Some(_) => {}
    })?;
    Ok(())
}

/// Whether an end was asked for.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some()
}
