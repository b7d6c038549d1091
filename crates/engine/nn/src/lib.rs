#![doc = include_str!("../README.md")]

mod builder;
mod cpu;
mod cut;
mod engine;
mod error;
mod floats;
mod fusion;
mod graph;
mod init;
mod memory;
mod optimizer;
mod parameters;
mod plan;
mod prediction;
mod probe;
mod profile;
mod program;
mod recompute;
mod shapes;
pub mod summary;
mod tensor;
mod weightless;
pub mod weights;
pub mod zoo;

pub use cpu::{Cpu, CpuEngine, LowMemoryCpu};
pub use engine::{Batch, Device, Engine, EngineOptions, Statistics, StepConfig, StepStats};
pub use error::{EngineError, GraphError, PredictionError, ProbeError, StateError};
pub use foliar_kernels::{Nhwc, isa, peak};
pub use graph::{Graph, Node, NodeId, Op, Padding, Sliding};
pub use optimizer::Optimizer;
pub use parameters::{Parameter, Parameters, Role};
pub use prediction::PredictionEngine;
pub use probe::ActivationProbe;
pub use profile::{Spent, StepProfile};
pub use shapes::infer;
pub use tensor::{AVERAGE_PREFIX, OPTIMIZER_PREFIX, StateDict, Tensor, from_little_endian, little_endian};
