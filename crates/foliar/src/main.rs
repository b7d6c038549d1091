//! Trains plant-disease classifiers that can be trusted from a folder of leaf photographs.
fn main() {}
