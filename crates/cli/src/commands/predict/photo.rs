//! Where the photos of a piece of work are: files, or objects that are fetched ahead.

use std::path::Path;

use foliar_objects::{Address, Ahead, ObjectError};
use foliar_vision::{Limits, PhotoSource, Reason};

use crate::commands::inputs::{Input, changed};

/// A photo on the disk, or one of those that are fetched.
pub(super) struct Photo<'a> {
    input: &'a Input,
    path: &'a Path,
    object: Option<(&'a Ahead, usize)>,
}

impl PhotoSource for Photo<'_> {
    fn name(&self) -> &Path {
        self.path
    }

    fn read(&self, limits: &Limits) -> Result<Vec<u8>, Reason> {
        let Some((ahead, index)) = self.object else { return self.path.read(limits) };
        let unreadable = |detail| Reason::Unreadable { detail };
        let bytes = ahead.take(index).map_err(|error| unreadable(error.what))?;
        if let Input::Listed { bytes: listed, .. } = self.input
            && let Some(what) = changed(bytes.len() as u64, *listed)
        {
            return Err(unreadable(what));
        }
        if bytes.is_empty() { Err(Reason::Empty) } else { Ok(bytes) }
    }
}

/// The objects among the photos of a piece of work, which are being fetched.
pub(super) struct Fetching {
    ahead: Option<Ahead>,
}

impl Fetching {
    /// Begins to fetch the objects among `inputs`.
    ///
    /// # Errors
    /// An address without a bucket.
    pub(super) fn of(inputs: &[Input], limits: &Limits) -> Result<Self, ObjectError> {
        let mut objects = Vec::new();
        for input in inputs {
            if let Some(address) = input.file().map(Address::parse).transpose()?.flatten() {
                let bytes = if let Input::Listed { bytes, .. } = input { Some(*bytes) } else { None };
                objects.push((address, bytes));
            }
        }
        Ok(Self { ahead: (!objects.is_empty()).then(|| Ahead::new(objects, limits.bytes)) })
    }

    /// The photos of the same inputs.
    pub(super) fn photos<'a>(&'a self, inputs: &'a [Input]) -> Vec<Photo<'a>> {
        let mut objects = 0..;
        let files = inputs.iter().filter_map(|input| Some((input, input.file()?)));
        files
            .map(|(input, path)| {
                let place = if Address::is_meant(path) { objects.next() } else { None };
                Photo { input, path, object: self.ahead.as_ref().zip(place) }
            })
            .collect()
    }

    /// Why no more objects can be had.
    pub(super) fn failure(&self) -> Option<ObjectError> {
        self.ahead.as_ref().and_then(Ahead::failure)
    }
}
