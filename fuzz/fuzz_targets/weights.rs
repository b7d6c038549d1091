//! Whatever the bytes of a file of weights (safetensors, PyTorch's ZIP or its older pickle): it is read or refused, within
//! memory of the file's own size.

#![no_main]

use foliar_nn::weights::{network_of, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = read(bytes) else { return };
    let values: usize = file.tensors.values().map(|tensor| tensor.data.len()).sum();
    assert!(values <= 64 * bytes.len().max(1024), "{values} values of {} bytes", bytes.len());
    let _ = network_of(&file);
});
