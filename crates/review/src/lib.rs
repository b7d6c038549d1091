#![doc = include_str!("../README.md")]

mod case;
mod clock;
mod error;
mod journal;
mod pages;
mod picture;

pub use error::ReviewError;
pub use pages::{Options, ReviewPages};
pub use picture::{NoPicture, Size, picture};
