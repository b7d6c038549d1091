//! A solution as a linear layer on features as they are.

/// `logits = weight x + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// (C, d), row by row.
    pub weight: Vec<f32>,
    /// (C).
    pub bias: Vec<f32>,
}
