#![doc = include_str!("../README.md")]

mod border;
mod session;

pub use session::{Answered, Session};
