//! A finding: something that a reader must know, how much it matters, what it rests on and what to do.

pub use foliar_doctor::Severity;
use serde::{Deserialize, Serialize};

/// Something that a reader must know. `Id` is the list of all kinds: [`crate::FindingId`] for an evaluation,
/// [`crate::audit::FindingId`] for an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding<Id> {
    /// Its kind, in kebab-case in JSON.
    pub id: Id,
    /// How much it matters.
    pub severity: Severity,
    /// What is so, in one sentence.
    pub claim: String,
    /// The numbers that say so, a line each.
    pub evidence: Vec<String>,
    /// What to do; may be empty.
    pub advice: String,
}
