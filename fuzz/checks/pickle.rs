//! The pickles and storages of PyTorch's files.

use crate::weights;

/// How a file from before PyTorch 1.6 begins: a magic number and a version, each pickled. What follows has no checksum.
const LEGACY: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";

/// What follows the beginning of an old file.
pub(crate) fn check(bytes: &[u8]) {
    weights::check(&[LEGACY, bytes].concat());
}
