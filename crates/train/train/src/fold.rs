//! One fold of a cross-validation as the validation photographs of a run.

use serde::{Deserialize, Serialize};

use crate::error::{TrainError, check};
use crate::recipe::Recipe;

/// Most folds of a cross-validation of whole runs.
const MOST: u32 = 100;

/// Which fold a run is judged on. Which photographs that are follows from the photographs, their groups and the seed alone; see
/// [`foliar_vision::folds()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// Its number, from 1.
    pub number: u32,
    /// How many folds there are, 2 to 100.
    pub of: u32,
}

impl Fold {
    /// All folds of a cross-validation with so many.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).map(move |number| Self { number, of })
    }

    /// Checks both numbers against their range.
    ///
    /// # Errors
    /// [`TrainError::Recipe`] with the one at fault.
    pub(crate) fn validate(self) -> Result<(), TrainError> {
        check("folds", self.of.into(), (2..=MOST).contains(&self.of), "2 to 100")?;
        let exists = (1..=self.of).contains(&self.number);
        check("the fold's number", self.number.into(), exists, "1 or more and at most the number of folds")
    }
}

impl Recipe {
    /// The same recipe for a run that is judged on a fold. It holds back no other photographs for validation, and ends without a
    /// refit, which would learn from the fold.
    #[must_use]
    pub fn of_fold(&self, fold: Fold) -> Self {
        let mut recipe = Self { refit: 0, ..self.clone() };
        recipe.data.validation = 0.0;
        recipe.data.fold = Some(fold);
        recipe
    }
}
