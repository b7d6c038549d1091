//! A folder of photographs to train on.

use std::path::{Path, PathBuf};

use foliar_train::DataOptions;

/// A folder of photographs: one folder per class, or train, val and test folders above the classes, or photographs and a table that
/// says their classes ([`DataSpec`](foliar_train::DataSpec) names others). It is scanned, decoded and
/// split when a [`Trainer`](crate::Trainer) fits to it, since the split is the recipe's.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) root: PathBuf,
    pub(crate) options: DataOptions,
}

impl Dataset {
    /// The photographs in `root`.
    pub fn new(root: impl AsRef<Path>) -> Self {
        Self { root: root.as_ref().to_owned(), options: DataOptions::default() }
    }

    /// Keeps the features of frozen networks in `folder`, so that the next run over the same photographs need not compute
    /// them again. Numbers do not change.
    #[must_use]
    pub fn with_feature_cache(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.features = Some(folder.as_ref().to_owned());
        self
    }

    /// Keeps decoded photographs of up to `bytes` in memory, 4 GiB unless this is called. Numbers do not change.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.options.cache_bytes = bytes;
        self
    }
}
