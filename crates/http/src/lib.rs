#![doc = include_str!("../README.md")]

pub mod access;
mod answer;
pub mod body;
mod connections;
pub mod local;
pub mod query;
mod refusal;
mod stream;
mod tls;

pub use answer::{Answer, answer, guard, json_answer, refused};
pub use connections::{Drained, Listener, Patience, Service, Stop};
pub use refusal::Refusal;
pub use tls::{Tls, TlsError};
