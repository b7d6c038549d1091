//! Whatever the bytes of a bundle, under a digest that fits them: they are refused, or the bundle predicts.

#![no_main]

use foliar_model::container::reseal;
use foliar_model::{Bundle, Predictor};
use foliar_vision::Rgb;
use libfuzzer_sys::fuzz_target;

/// Larger networks only take time.
const LARGEST_SIDE: u32 = 64;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    let _ = reseal(&mut bytes);
    let Ok(bundle) = Bundle::from_bytes(bytes) else { return };
    if bundle.preprocessing.size > LARGEST_SIDE || bundle.preprocessing.resize_side > LARGEST_SIDE {
        return;
    }
    let Ok(mut predictor) = Predictor::new(bundle, 2) else { return };
    let picture = Rgb::new(40, 30, vec![90; 40 * 30 * 3]);
    if let Ok(predictions) = predictor.predict(&[picture.clone(), picture]) {
        assert_eq!(predictions.len(), 2);
    }
});
