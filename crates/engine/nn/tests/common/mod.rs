//! What tests against PyTorch share.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

/// A file or folder of the measuring data that FOLIAR_SHARED names.
pub(crate) fn shared(name: &str) -> PathBuf {
    let folder = std::env::var_os("FOLIAR_SHARED")
        .expect("FOLIAR_SHARED names the folder with weights/, reference/, data/");
    let path = Path::new(&folder).join(name);
    assert!(path.exists(), "FOLIAR_SHARED: there is no {}", path.display());
    path
}

/// Relative L2 distance.
pub(crate) fn relative(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let distance: f64 = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum();
    (distance / expected.iter().map(|b| b.powi(2)).sum::<f64>()).sqrt()
}

/// The hash image of the reference, (h, w, c): splitmix64 of seed 1, the name `images` and the index in (c, h, w) order.
pub(crate) fn uniform_image(size: usize) -> Vec<f32> {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let name = b"images".iter();
    let hash =
        name.fold(0xCBF2_9CE4_8422_2325u64, |h, &byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    let number = |index: usize| {
        let mut z = hash.wrapping_add(GOLDEN).wrapping_add((index as u64 + 1).wrapping_mul(GOLDEN));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 40) as f64 / f64::from(1u32 << 23) - 1.0) as f32
    };
    let pixels = size * size;
    (0..pixels).flat_map(|pixel| (0..3).map(move |channel| number(channel * pixels + pixel))).collect()
}
