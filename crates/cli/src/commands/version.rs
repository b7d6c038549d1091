//! `foliar --version --json`: what a report of a fault must say of the program.

use foliar_model::container;
use foliar_nn::isa::{self, Isa};
use serde::Serialize;

use crate::output;

/// What this build is, and what it uses on this processor.
#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
    /// The platform that it is compiled for, as rustc calls it.
    target: &'static str,
    /// What the compiler took for granted: instructions that every processor must have; `crt-static` of a static program.
    target_features: Vec<&'static str>,
    instruction_sets: InstructionSets,
    /// Formats of bundles that it reads and writes.
    bundle_formats: [u32; 2],
}

/// Sets of vector instructions by the words of `FOLIAR_ISA`.
#[derive(Serialize)]
struct InstructionSets {
    /// Those that this processor has, worst first.
    available: Vec<&'static str>,
    /// The one in use.
    selected: &'static str,
}

pub(crate) fn print() -> anyhow::Result<()> {
    let available = [Isa::Portable, Isa::Avx2, Isa::Avx512].into_iter().filter(|&isa| isa <= isa::detected());
    let version = Version {
        name: "foliar",
        version: env!("CARGO_PKG_VERSION"),
        target: env!("FOLIAR_TARGET"),
        target_features: env!("FOLIAR_TARGET_FEATURES").split(',').filter(|name| !name.is_empty()).collect(),
        instruction_sets: InstructionSets {
            available: available.map(name).collect(),
            selected: name(isa::selected()),
        },
        bundle_formats: [container::FORMAT, container::LABEL_FORMAT],
    };
    Ok(output::stdout().json(&version)?)
}

fn name(isa: Isa) -> &'static str {
    match isa {
        Isa::Portable => "portable",
        Isa::Avx2 => "avx2",
        Isa::Avx512 => "avx512",
    }
}
