//! Every bundle that fuzzing has kept predicts or is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../fuzz/checks/bundle.rs"]
mod bundle;
#[path = "../../../../fuzz/checks/corpus.rs"]
mod corpus;
#[path = "../../../../fuzz/checks/header.rs"]
mod header;
#[path = "../../../../fuzz/checks/size.rs"]
mod size;

#[test]
fn bundles() {
    assert!(corpus::replay("bundle", bundle::check) > 30);
}
