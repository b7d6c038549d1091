#![no_main]

#[path = "../checks/header.rs"]
mod header;
#[path = "../checks/safetensors.rs"]
mod safetensors;
#[path = "../checks/weights.rs"]
mod weights;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| safetensors::check(bytes));
