#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! ```text
//! Address ──> Store ──> remote: builder (profile, place of credentials) ──> connector ──> HTTP
//!               │                                       explain: errors in words
//!               └──> Ahead: threads that fetch
//! ```

mod address;
mod ahead;
mod error;
#[cfg(feature = "cloud")]
mod remote;
#[cfg(not(feature = "cloud"))]
#[path = "absent.rs"]
mod remote;
mod store;

pub use address::{Address, Scheme};
pub use ahead::Ahead;
pub use error::{ObjectError, Scope};
pub use store::{Object, Store};
