//! Whatever the bytes of a photograph: it is decoded within the limits, or refused with a reason.

use foliar_vision::{Limits, Resizer, Rgb, decode_bytes, decode_reduced};

const MOST_PIXELS: u64 = 1 << 20;

/// A file of any format, decoded whole and reduced.
pub(crate) fn check(bytes: &[u8]) {
    let limits = Limits { pixels: MOST_PIXELS, ..Limits::default() };
    let whole = decode_bytes(bytes, &limits).map(|picture| check_size(&picture));
    let reduced =
        decode_reduced(bytes, 64, &limits, &mut Resizer::default()).map(|picture| check_size(&picture));
    assert!(reduced.is_ok() || whole.is_err(), "{reduced:?}");
}

fn check_size(picture: &Rgb) {
    let pixels = u64::from(picture.width) * u64::from(picture.height);
    assert!((1..=MOST_PIXELS).contains(&pixels));
    assert_eq!(picture.pixels.len() as u64, 3 * pixels);
}
