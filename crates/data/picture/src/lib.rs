#![doc = include_str!("../README.md")]

mod resize;
mod rgb;

pub use resize::{Resizer, Window, reduce, reduced_dimensions};
pub use rgb::Rgb;
