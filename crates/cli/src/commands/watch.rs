//! `foliar watch`: runs while they train and studies while they search, in a page of this machine.

mod found;
mod losses;
mod pages;
mod pictures;
mod run;
mod study;

use anyhow::bail;
use foliar_files::Printable as _;

use self::pages::WatchPages;
use super::local;
use crate::arguments::WatchArguments;
use crate::exit::Exit;

pub(crate) fn run(arguments: &WatchArguments) -> anyhow::Result<Exit> {
    for path in &arguments.runs {
        if found::in_places(std::slice::from_ref(path)).is_empty() {
            bail!("{}: there is no run and no study here", path.shown());
        }
    }
    local::serve(arguments.listen, arguments.open, WatchPages::of(arguments.runs.clone()))
}
