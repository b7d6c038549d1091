#![doc = include_str!("../README.md")]

mod drift;
mod health;
mod key;
mod metrics;
mod model;
mod multipart;
mod options;
mod routes;
mod server;
mod shared;
mod work;

pub use foliar_http::{Drained, Stop, Tls};
pub use key::Key;
pub use model::Model;
pub use options::Options;
pub use server::{ServeError, Server};
