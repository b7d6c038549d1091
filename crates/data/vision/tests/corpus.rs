//! Every photograph that fuzzing has kept is decoded within the limits or refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../fuzz/checks/corpus.rs"]
mod corpus;
#[path = "../../../../fuzz/checks/image.rs"]
mod image;

#[test]
fn photographs() {
    assert!(corpus::replay("image", image::check) > 30);
}
