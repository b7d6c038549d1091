//! The arguments of `foliar review`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar audit photos --out audit\n  foliar review audit\n  foliar train photos --review audit/review.csv\n\nThe address is printed; only who knows it sees the page. One key judges a photo: k keep, r another class, x leave out, s later, u take back. Each decision is in review.csv before the next photo is shown, and a second start goes on where the first one ended. Photos are never touched. Ctrl-C ends it."
)]
pub(crate) struct ReviewArguments {
    /// Folder that `foliar audit --out` wrote
    #[arg(value_name = "AUDIT")]
    pub(crate) audit: PathBuf,
    /// Folder of the photos, if they have moved since the audit
    #[arg(long, value_name = "PHOTOS")]
    pub(crate) data: Option<PathBuf>,
    /// Table of the decisions; it is continued [default: review.csv in AUDIT]
    #[arg(long, value_name = "FILE")]
    pub(crate) review: Option<PathBuf>,
    /// Ask about labels too that are doubted on weak evidence
    #[arg(long)]
    pub(crate) all: bool,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Open the page in the browser
    #[arg(long)]
    pub(crate) open: bool,
}
