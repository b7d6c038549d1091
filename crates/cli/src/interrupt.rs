//! Ctrl-C: the first asks for an orderly end, the second ends at once.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;

/// Whether [`listen`] was called.
static LISTENS: AtomicBool = AtomicBool::new(false);
/// When an end was asked for.
static ASKED: OnceLock<Instant> = OnceLock::new();

/// One press may arrive as two signals; what comes later than this is a second one.
const ONE_PRESS: Duration = Duration::from_secs(1);

/// The system refuses a thread for it where memory or threads are short.
const CANNOT_LISTEN: &str =
    "cannot listen for Ctrl-C: there is too little memory, or there are too many threads; end other programs";

/// Listens from now on for Ctrl-C, for termination, and for a terminal that is closed unless hang-ups are ignored, as `nohup` asks.
/// Later calls change nothing.
///
/// # Errors
/// The operating system's, if it cannot be listened.
pub(crate) fn listen() -> anyhow::Result<()> {
    if !LISTENS.swap(true, Ordering::Relaxed) {
        on_request(ask).context(CANNOT_LISTEN)?;
    }
    Ok(())
}

/// Listens from now on for the same, and calls `first` where an end is asked for. A second press ends at once.
///
/// # Errors
/// The operating system's, if it cannot be listened.
pub(crate) fn listen_for(first: impl Fn() + Send + 'static) -> anyhow::Result<()> {
    let ask = move || match ASKED.get() {
        None => {
            let _ = ASKED.set(Instant::now());
            first();
        }
        Some(asked) if asked.elapsed() > ONE_PRESS => std::process::exit(1),
        Some(_) => {}
    };
    on_request(ask).context(CANNOT_LISTEN)
}

/// Whether an end was asked for.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some()
}

fn ask() {
    match ASKED.get() {
        None => {
            let _ = ASKED.set(Instant::now());
            say!("\ninterrupted: saving after the current step (press Ctrl-C again to quit now)");
        }
        Some(first) if first.elapsed() > ONE_PRESS => {
            say!("quit; what was saved earlier is intact");
            std::process::exit(1);
        }
        Some(_) => {}
    }
}

#[cfg(unix)]
fn on_request(ask: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    let hang_up = (!ignores_hang_up()).then_some(SIGHUP);
    let mut signals = Signals::new([SIGINT, SIGTERM].into_iter().chain(hang_up))?;
    let heard = move || signals.forever().for_each(|_| ask());
    std::thread::Builder::new().name("signals".to_owned()).spawn(heard)?;
    Ok(())
}

/// Whether whoever started the program lets it live on without its terminal. Where the system does not tell which signals are
/// ignored, standard error does: `nohup` takes it away from the terminal.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    use std::io::IsTerminal;
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => ignored_signals(&status).is_some_and(|signals| signals & 1 == 1),
        Err(_) => !io::stderr().is_terminal(),
    }
}

/// The signals that a process ignores, from Linux's `/proc/PID/status`: signal n is bit n - 1.
#[cfg(unix)]
fn ignored_signals(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(not(unix))]
fn on_request(ask: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(ask).map_err(io::Error::other)
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignored_signals;

    #[test]
    fn ignored_signals_are_read() {
        assert_eq!(ignored_signals("Name:\tfoliar\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"), Some(0x1001));
        assert_eq!(ignored_signals("Name:\tfoliar\n"), None);
    }
}
