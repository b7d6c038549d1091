//! Writes the diagnosis of a training log as a page.
//!
//! `cargo run -p foliar-report --example diagnosis -- LOG PAGE`

use foliar_doctor::{RunSetup, diagnose};
use foliar_logread::read_log;
use foliar_report::doctor_page;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(log), Some(page)) = (arguments.next(), arguments.next()) else {
        return Err("give a training log and the page to be written".into());
    };
    let log = read_log(&std::fs::read(log)?)?;
    std::fs::write(page, doctor_page(&log, &diagnose(&log, &RunSetup::default()))?)?;
    Ok(())
}
