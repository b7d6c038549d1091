#![no_main]

#[path = "../checks/log.rs"]
mod log;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| log::check(bytes));
