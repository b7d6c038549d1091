//! What tests against PyTorch share.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod figures;

use std::path::{Path, PathBuf};

/// A file or folder of the measuring data that FOLIAR_SHARED names.
pub(crate) fn shared(name: &str) -> PathBuf {
    let folder = std::env::var_os("FOLIAR_SHARED")
        .expect("FOLIAR_SHARED names the folder with weights/, reference/, data/");
    let path = Path::new(&folder).join(name);
    assert!(path.exists(), "FOLIAR_SHARED: there is no {}", path.display());
    path
}
