//! Where a study is kept.

use std::fmt;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;

use crate::Address;

/// Where a study is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An SQLite file, for the processes of one machine.
    File(PathBuf),
    /// A named study in a PostgreSQL database, for the processes of many machines.
    Server(Address),
}

impl Place {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }
}

/// Without a password.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => path.shown().fmt(formatter),
            Place::Server(address) => address.fmt(formatter),
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Place::File(path)
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Place::File(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Place::File(path.clone())
    }
}

impl From<Address> for Place {
    fn from(address: Address) -> Self {
        Place::Server(address)
    }
}

impl From<&Place> for Place {
    fn from(place: &Place) -> Self {
        place.clone()
    }
}
