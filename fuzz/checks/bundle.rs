//! Whatever the bytes of a bundle, under a digest that fits them: they are refused, or the bundle predicts.

use foliar_model::container::reseal;
use foliar_model::{Bundle, Predictor};
use foliar_vision::Rgb;

use crate::header::with_length;
use crate::size::is_small;

/// Side of photographs in pixels beyond which they only take time.
const LARGEST_SIDE: u32 = 64;
const BATCH: usize = 2;

/// A bundle, as it is and with the length of its header mended.
pub(crate) fn check(bytes: &[u8]) {
    predict(bytes.to_vec());
    if let Some(mended) = with_length(bytes) {
        predict(mended);
    }
}

fn predict(mut bytes: Vec<u8>) {
    let _ = reseal(&mut bytes);
    let Ok(bundle) = Bundle::from_bytes(bytes) else { return };
    let side = bundle.preprocessing.size;
    if bundle.preprocessing.resize_side > LARGEST_SIDE || !is_small(&bundle.graph, BATCH, side as usize) {
        return;
    }
    let classes = bundle.classes.len();
    let Ok(mut predictor) = Predictor::new(bundle, BATCH) else { return };
    let picture = Rgb::new(40, 30, vec![90; 40 * 30 * 3]);
    let predictions = predictor.predict(&[picture.clone(), picture]).unwrap();
    assert!(predictions.len() == BATCH && predictions.iter().all(|p| p.logits.len() == classes));
}
