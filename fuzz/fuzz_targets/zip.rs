#![no_main]

#[path = "../checks/weights.rs"]
mod weights;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| weights::check(bytes));
