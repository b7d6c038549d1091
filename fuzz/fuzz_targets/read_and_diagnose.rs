#![no_main]

#[path = "../checks/diagnosis.rs"]
mod diagnosis;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| diagnosis::check(bytes));
