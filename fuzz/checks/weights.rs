//! Whatever the bytes of a file of weights: it is read, within memory in proportion to its size, or refused.

use foliar_nn::weights::{network_of, read};

/// Values for each byte of a file, at most: an archive unpacks to sixteen times its size, each byte is read twice, and a value
/// has two bytes or more.
const MOST_VALUES: usize = 16;

/// A file of any format.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(file) = read(bytes) else { return };
    let values: usize = file.tensors.values().map(|tensor| tensor.data.len()).sum();
    assert!(values <= MOST_VALUES * (bytes.len() + 1), "{values} values of {} bytes", bytes.len());
    for (name, tensor) in &file.tensors {
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.data.len(), "{name}");
    }
    let _ = network_of(&file);
}
