//! A point at which the objective is least.

/// How closely a minimum is approached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Enough to compare strengths: no component of the gradient above 1e-3, or the objective falls by less than 1e-5 a step.
    Coarse,
    /// As far as products in f32 go; the objective is within about 1e-7 of its minimum.
    Full,
}

impl Precision {
    /// Largest component of the gradient that counts as a minimum.
    pub(crate) fn gradient(self) -> f64 {
        match self {
            Self::Coarse => 1e-3,
            Self::Full => 1e-6,
        }
    }

    /// Steps that lower the objective by less are the last.
    pub(crate) fn decrease(self) -> f64 {
        match self {
            Self::Coarse => 1e-5,
            Self::Full => 1e-8,
        }
    }

    /// Most evaluations of the objective.
    pub(crate) fn evaluations(self) -> usize {
        match self {
            Self::Coarse => 200,
            Self::Full => 1000,
        }
    }
}

/// Weights on standardised features, and biases, at the minimum for one strength.
#[derive(Clone, Debug)]
pub struct Solution {
    /// B row by row, (d, C), then b, (C).
    pub(crate) parameters: Vec<f64>,
    /// The objective there, in nats.
    pub objective: f64,
}
