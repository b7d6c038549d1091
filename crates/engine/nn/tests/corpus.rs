//! Every graph and every file of weights that fuzzing has kept is read or refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../fuzz/checks/corpus.rs"]
mod corpus;
#[path = "../../../../fuzz/checks/graph.rs"]
mod graph;
#[path = "../../../../fuzz/checks/header.rs"]
mod header;
#[path = "../../../../fuzz/checks/pickle.rs"]
mod pickle;
#[path = "../../../../fuzz/checks/safetensors.rs"]
mod safetensors;
#[path = "../../../../fuzz/checks/size.rs"]
mod size;
#[path = "../../../../fuzz/checks/weights.rs"]
mod weights;

#[test]
fn graphs() {
    assert!(corpus::replay("graph", graph::check) > 30);
}

#[test]
fn pickles() {
    assert!(corpus::replay("pickle", pickle::check) > 30);
}

#[test]
fn archives() {
    assert!(corpus::replay("zip", weights::check) > 30);
}

#[test]
fn headers() {
    assert!(corpus::replay("safetensors", safetensors::check) > 30);
}
