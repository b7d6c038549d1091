//! What goes wrong with object stores.

/// What an error is about, and so whether going on makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// There is no such object.
    Missing,
    /// This object alone, as far as is known: the store refuses it, or does not deliver it.
    Object,
    /// It did not come although it was asked for several times, and the store may be gone.
    Unknown,
    /// The store: no other object can be had either.
    Store,
}

/// An object, or a store, that cannot be used: the address, what is wrong and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{address}: {what}")]
pub struct ObjectError {
    /// What was asked for.
    pub address: String,
    /// What is wrong, without the address.
    pub what: String,
    /// What it is about.
    pub scope: Scope,
}

impl ObjectError {
    pub(crate) fn store(address: impl Into<String>, what: impl Into<String>) -> Self {
        Self { address: address.into(), what: what.into(), scope: Scope::Store }
    }
}
