//! Stands for the stores in a program that was built without them.

use std::convert::Infallible;

use crate::address::Address;
use crate::error::ObjectError;
use crate::store::Object;

/// No store.
#[derive(Debug)]
pub(crate) struct Remote(Infallible);

impl Remote {
    pub(crate) fn open(address: &Address) -> Result<Self, ObjectError> {
        let what = "this foliar was built without object stores; `cargo build --release -p foliar-cli --features cloud` builds one with them, \
             or copy the files into a folder first";
        Err(ObjectError::store(address.to_string(), what))
    }

    pub(crate) fn list(&self, _: &Address) -> Result<Vec<Object>, ObjectError> {
        match self.0 {}
    }

    pub(crate) fn length(&self, _: &Address) -> Result<u64, ObjectError> {
        match self.0 {}
    }

    pub(crate) fn read(&self, _: &Address) -> Result<Vec<u8>, ObjectError> {
        match self.0 {}
    }

    pub(crate) fn write(&self, _: &Address, _: Vec<u8>) -> Result<(), ObjectError> {
        match self.0 {}
    }

    pub(crate) fn answers(&self, _: &Address) -> bool {
        match self.0 {}
    }
}
