//! A place on a leaf's blade. For s and t see [`pose`](crate::pose).

use crate::veins::Course;

/// A place on the blade and what is known about it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub s: f32,
    /// Measured from the bent midrib.
    pub t: f32,
    /// Distance to the border, across the leaf.
    pub margin: f32,
    pub course: Course,
}
