//! A tuning that many machines share: its study is in a PostgreSQL database.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::CommandFactory as _;
use clap::parser::ValueSource;
use foliar_study::{Address, ConnectionEvent};
use foliar_tune::{Folder, Plan};

use super::plan;
use crate::arguments::{Arguments, TUNING_FIXED, TuneArguments};
use crate::interrupt;

/// The address that the arguments give.
pub(super) fn of(arguments: &TuneArguments) -> anyhow::Result<Option<Address>> {
    let (Some(url), Some(name)) = (&arguments.study, &arguments.name) else { return Ok(None) };
    Ok(Some(Address::new(url, name)?))
}

/// The plan that the arguments ask for; where they ask for nothing and the study has a plan, that one.
pub(super) fn plan(address: &Address, photos: &Path, arguments: &TuneArguments) -> anyhow::Result<Plan> {
    // Before photos are read: the server may not be there.
    let stored = Folder::stored_plan(address)?;
    match stored {
        Some(stored) if !asks_for_a_plan() => {
            say!("the options are those of {address}");
            let photographs = foliar_archive::canonical(photos).unwrap_or_else(|_| photos.to_owned());
            plan::limited(Plan { photographs, ..stored }, arguments)
        }
        _ => plan::of(photos, arguments),
    }
}

/// Whether the command line has an option that a plan keeps.
fn asks_for_a_plan() -> bool {
    let Ok(given) = Arguments::command().try_get_matches() else { return true };
    let Some(given) = given.subcommand_matches("tune") else { return true };
    let from_user = |option: &str| given.value_source(option) == Some(ValueSource::CommandLine);
    TUNING_FIXED.into_iter().filter(|option| *option != "out").any(from_user)
}

/// Says what happens to the connection; breaks where an end was asked for.
pub(super) fn on_connection(event: ConnectionEvent<'_>) -> ControlFlow<()> {
    static SAID: AtomicBool = AtomicBool::new(false);
    match event {
        ConnectionEvent::Lost { reason } => {
            if !SAID.swap(true, Ordering::Relaxed) {
                say!("the connection to the database is lost ({reason}); trying again");
            }
        }
        ConnectionEvent::Waiting => {}
        ConnectionEvent::Restored => {
            if SAID.swap(false, Ordering::Relaxed) {
                say!("connected again");
            }
        }
    }
    if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// The name of this machine, for display.
pub(super) fn host() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named =
        named.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map_or("another machine".to_owned(), |name| name.trim().to_owned())
}
