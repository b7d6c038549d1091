//! Whatever the bytes of a photograph: it is decoded within the limits, or refused with a reason.

#![no_main]

use foliar_vision::resize::Resizer;
use foliar_vision::{Limits, decode_bytes, decode_reduced};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pixels: 1 << 20, ..Limits::default() };
    if let Ok(picture) = decode_bytes(bytes, &limits) {
        assert_eq!(picture.pixels.len(), picture.width as usize * picture.height as usize * 3);
    }
    if let Ok(picture) = decode_reduced(bytes, 64, &limits, &mut Resizer::default()) {
        assert_eq!(picture.pixels.len(), picture.width as usize * picture.height as usize * 3);
    }
});
