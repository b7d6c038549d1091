//! Whether the best setting lies at the border of the space: the optimum may then be beyond it.

use serde::{Deserialize, Serialize};

use crate::{Study, Value};

/// A float within this share of its scaled range counts as at the border. An integer does at its first and last value.
const MARGIN: f64 = 0.02;

/// An end of a parameter's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The lower bound.
    Low,
    /// The upper bound.
    High,
}

/// A parameter whose best value is at the border.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Border {
    /// The parameter.
    pub name: String,
    /// Which end of its range.
    pub side: Side,
    /// Its best value.
    pub value: Value,
}

impl Study {
    /// Parameters that the best trial has at the border. Empty before a trial has finished. Widen the range, unless the bound
    /// is a natural one, such as a momentum of 0.
    pub fn borders(&self) -> Vec<Border> {
        let Some(best) = self.best() else { return Vec::new() };
        let Ok(unit) = self.space().encode(&best.setting) else { return Vec::new() };
        let parameters = self.space().parameters().iter().zip(unit);
        parameters
            .filter(|(parameter, _)| !parameter.is_choice())
            .filter_map(|(parameter, unit)| {
                // The end cells of an integer stand in the middle of their share of the range.
                let margin = parameter.cells().map_or(MARGIN, |_| {
                    let ends = [parameter.snap(0.0), 1.0 - parameter.snap(1.0)];
                    1e-9 + if unit < 0.5 { ends[0] } else { ends[1] }
                });
                let side = match unit {
                    unit if unit <= margin => Side::Low,
                    unit if unit >= 1.0 - margin => Side::High,
                    _ => return None,
                };
                let value = best.setting.get(&parameter.name)?.clone();
                Some(Border { name: parameter.name.clone(), side, value })
            })
            .collect()
    }
}
