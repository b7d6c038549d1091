//! What changes time and memory and no number.

use clap::Args;
use foliar_nn::{Cpu, Device, LowMemoryCpu};

/// What training and every machine setting share.
#[derive(Args, Clone)]
#[command(args_override_self = true, next_help_heading = "Machine")]
pub(crate) struct MachineArguments {
    /// Threads for arithmetic; 0 uses all cores. Results do not depend on it
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
    /// Memory for decoded photos in MiB; the others are decoded again in each epoch
    #[arg(long, hide_short_help = true, default_value_t = 4096, value_name = "MIB")]
    pub(crate) cache_memory: u64,
    /// Recompute activations instead of keeping them: slower, less memory, the same numbers; `foliar summary` says how
    /// much
    #[arg(long, hide_short_help = true)]
    pub(crate) low_memory: bool,
}

impl MachineArguments {
    /// What networks run on.
    pub(crate) fn device(&self) -> &'static dyn Device {
        if self.low_memory { &LowMemoryCpu } else { &Cpu }
    }
}
