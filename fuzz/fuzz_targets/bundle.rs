#![no_main]

#[path = "../checks/bundle.rs"]
mod bundle;
#[path = "../checks/header.rs"]
mod header;
#[path = "../checks/size.rs"]
mod size;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bundle::check(bytes));
