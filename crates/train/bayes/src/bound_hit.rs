//! Whether the best trial lies at a bound of the search space: the optimum may then lie outside.

use serde::{Deserialize, Serialize};

use crate::{Study, Value};

/// A float within this fraction of its scaled range counts as at the bound; an integer at its first or last value.
const MARGIN: f64 = 0.02;

/// A bound of a parameter's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The smallest value.
    Lower,
    /// The largest value.
    Upper,
}

/// A parameter whose best value lies at a bound of its range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundHit {
    /// The parameter.
    pub name: String,
    /// Which bound.
    pub bound: Bound,
    /// Its best value.
    pub value: Value,
}

impl Study {
    /// Parameters of the best trial that lie at a bound. Empty before a trial has finished. Widen such a range, unless the
    /// bound is a natural limit, such as a momentum of 0.
    pub fn bound_hits(&self) -> Vec<BoundHit> {
        let Some(best) = self.best() else { return Vec::new() };
        let Ok(unit) = self.space().encode(&best.params) else { return Vec::new() };
        let parameters = self.space().parameters().iter().zip(unit);
        parameters
            .filter(|(parameter, _)| !parameter.is_choice())
            .filter_map(|(parameter, unit)| {
                // The first and last integer lie in the middle of their cell, not at 0 and 1.
                let margin = parameter.cells().map_or(MARGIN, |_| {
                    let ends = [parameter.snap(0.0), 1.0 - parameter.snap(1.0)];
                    1e-9 + if unit < 0.5 { ends[0] } else { ends[1] }
                });
                let bound = match unit {
                    unit if unit <= margin => Bound::Lower,
                    unit if unit >= 1.0 - margin => Bound::Upper,
                    _ => return None,
                };
                let value = best.params.get(&parameter.name)?.clone();
                Some(BoundHit { name: parameter.name.clone(), bound, value })
            })
            .collect()
    }
}
