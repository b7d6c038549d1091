//! Figures of the reference, and the numbers from which it and we compute them: pure functions of (seed, name, index).

#![allow(clippy::print_stdout, reason = "how near the figures are is worth seeing")]

use std::collections::BTreeMap;

/// `count` numbers in [-1, 1), splitmix64 of (seed, name, index).
pub(crate) fn uniform(seed: u64, name: &str, count: usize) -> impl Iterator<Item = f64> {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let fnv1a = |h: u64, byte: u8| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    let base = name.bytes().fold(0xCBF2_9CE4_8422_2325, fnv1a).wrapping_add(seed.wrapping_mul(GOLDEN));
    (0..count as u64).map(move |i| {
        let mut z = base.wrapping_add((i + 1).wrapping_mul(GOLDEN));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f64 / f64::from(1u32 << 23) - 1.0
    })
}

/// `n` images of the reference, drawn as (n, c, h, w), as (n, h, w, c) in [-`scale`, `scale`).
pub(crate) fn images(seed: u64, n: usize, size: usize, scale: f64) -> Vec<f32> {
    let pixels = size * size;
    let planes: Vec<f64> = uniform(seed, "images", n * 3 * pixels).collect();
    let place = |i: usize| (i / (3 * pixels) * 3 + i % 3) * pixels + i / 3 % pixels;
    (0..planes.len()).map(|i| (scale * planes[place(i)]) as f32).collect()
}

/// A label for each of `n` images.
pub(crate) fn labels(seed: u64, n: usize, classes: usize) -> Vec<u32> {
    uniform(seed, "labels", n).map(|u| ((u + 1.0) / 2.0 * classes as f64) as u32).collect()
}

/// Relative L2 distance, 0 where there is nothing to compare.
pub(crate) fn relative<T: Copy + Into<f64>>(found: &[T], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let distance: f64 = found.iter().zip(expected).map(|(&a, b)| (a.into() - b).powi(2)).sum();
    let scale: f64 = expected.iter().map(|b| b.powi(2)).sum();
    if expected.is_empty() { 0.0 } else { (distance / scale).sqrt() }
}

/// The same for figures by name.
pub(crate) fn relative_by_name(found: &BTreeMap<String, f64>, expected: &BTreeMap<String, f64>) -> f64 {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "the names differ");
    let values = |map: &BTreeMap<String, f64>| map.values().copied().collect::<Vec<_>>();
    relative(&values(found), &values(expected))
}

/// Which errors are above three times those of PyTorch's own float32, and above 1e-5.
pub(crate) fn failures(
    network: &str,
    errors: &[(&str, f64)],
    float32_error: &BTreeMap<String, f64>,
) -> Vec<String> {
    let mut failures = Vec::new();
    for &(name, error) in errors {
        let allowed = (3.0 * float32_error[name]).max(1e-5);
        println!("{network:15} {name:20} error {error:.2e}, allowed {allowed:.2e}");
        if error.is_nan() || error > allowed {
            failures.push(format!("{network} {name}: {error:.2e} > {allowed:.2e}"));
        }
    }
    failures
}
