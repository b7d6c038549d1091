//! The arguments of `foliar watch`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar watch runs/first\n  foliar watch runs\n  foliar watch tuning\n\nThe address is printed; only who knows it sees the page. It follows runs while they train, and a study while it searches: curves, what the doctor says, when it will be done. Of a folder it shows all runs and studies in it, also those that begin later. Nothing is written. Ctrl-C ends it."
)]
pub(crate) struct WatchArguments {
    /// Run folders, folders of runs, folders of `foliar tune` or studies
    #[arg(required = true, value_name = "RUNS")]
    pub(crate) runs: Vec<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Open the page in the browser
    #[arg(long)]
    pub(crate) open: bool,
}
