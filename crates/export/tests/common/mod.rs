//! What the tests of exported files share.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod bundle;
pub(crate) mod evaluator;
pub(crate) mod file;
pub(crate) mod graph;
pub(crate) mod said;
pub(crate) mod tflite_file;
pub(crate) mod tflite_ops;
