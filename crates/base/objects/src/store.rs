//! A bucket.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::address::{Address, Scheme};
use crate::error::{ObjectError, Scope};
use crate::remote::Remote;

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it is.
    pub address: Address,
    /// Its length.
    pub bytes: u64,
}

/// An open bucket. Requests that fail for a passing reason are made again, with growing pauses, for some ten seconds; connections are
/// kept. All methods may be called from any thread but one of an async runtime.
#[derive(Clone)]
pub struct Store(Arc<Remote>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

type Opened = HashMap<(Scheme, String), Store>;

impl Store {
    /// The bucket of `address`, by what the environment says of credentials, region and endpoint. Nothing is asked of it yet.
    ///
    /// # Errors
    /// Settings that make no sense, or a program without object stores.
    pub fn open(address: &Address) -> Result<Self, ObjectError> {
        static OPENED: LazyLock<Mutex<Opened>> = LazyLock::new(Mutex::default);
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = (address.scheme, address.bucket.clone());
        if let Some(store) = opened.get(&bucket) {
            return Ok(store.clone());
        }
        let store = Self(Arc::new(Remote::open(address)?));
        opened.insert(bucket, store.clone());
        Ok(store)
    }

    /// Everything below `folder` that has any bytes, by key. What keys begin with counts in whole parts: `a/b` holds `a/b/c` and not `a/bc`.
    ///
    /// # Errors
    /// Those of the store; keys that have empty parts, or parts that are `.` or `..`.
    pub fn list(&self, folder: &Address) -> Result<Vec<Object>, ObjectError> {
        let mut found = self.0.list(folder)?;
        // Programs that show buckets as folders make empty objects for them.
        found.retain(|object| object.bytes > 0);
        found.sort_by(|one, other| one.address.key.cmp(&other.address.key));
        Ok(found)
    }

    /// Bytes of an object.
    ///
    /// # Errors
    /// [`Scope::Missing`], and those of the store.
    pub fn length(&self, object: &Address) -> Result<u64, ObjectError> {
        self.0.length(object)
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// As [`Store::length`]; where a single object cannot be had though the store answers, [`Scope::Object`].
    pub fn read(&self, object: &Address) -> Result<Vec<u8>, ObjectError> {
        let error = match self.0.read(object) {
            Ok(bytes) => return Ok(bytes),
            Err(error) => error,
        };
        if error.scope != Scope::Unknown {
            return Err(error);
        }
        // A connection that breaks for this object time and again may be the object's fault.
        let scope = if self.0.answers(object) { Scope::Object } else { Scope::Store };
        Err(ObjectError { scope, ..error })
    }

    /// Writes an object, whole or not at all; what was there is replaced.
    ///
    /// # Errors
    /// Those of the store.
    pub fn write(&self, object: &Address, bytes: Vec<u8>) -> Result<(), ObjectError> {
        self.0.write(object, bytes)
    }
}
