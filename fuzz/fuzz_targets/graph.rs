#![no_main]

#[path = "../checks/graph.rs"]
mod graph;
#[path = "../checks/size.rs"]
mod size;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| graph::check(bytes));
