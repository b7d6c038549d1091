#![doc = include_str!("../README.md")]

mod access;
mod body;
mod drift;
mod key;
mod metrics;
mod model;
mod multipart;
mod options;
mod query;
mod refusal;
mod routes;
mod server;
mod shared;
mod work;

pub use key::Key;
pub use model::Model;
pub use options::Options;
pub use server::{Drained, ServeError, Server, Stop};
