#![no_main]

#[path = "../checks/pickle.rs"]
mod pickle;
#[path = "../checks/weights.rs"]
mod weights;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| pickle::check(bytes));
