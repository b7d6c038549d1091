#![no_main]

#[path = "../checks/image.rs"]
mod image;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| image::check(bytes));
