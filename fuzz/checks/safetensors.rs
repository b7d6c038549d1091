//! Files of safetensors.

use crate::header::with_length;
use crate::weights;

/// A file, as it is and with the length of its header mended.
pub(crate) fn check(bytes: &[u8]) {
    weights::check(bytes);
    if let Some(mended) = with_length(bytes) {
        weights::check(&mended);
    }
}
