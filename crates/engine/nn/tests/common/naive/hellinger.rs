//! Square roots of shares.

/// The mean of a row's positive part, and its square roots.
fn roots(x: &[f64]) -> (f64, Vec<f64>) {
    let mean = x.iter().map(|x| x.max(0.0)).sum::<f64>() / x.len() as f64 + 1e-12;
    (mean, x.iter().map(|x| (x.max(0.0) / mean).sqrt()).collect())
}

pub(super) fn forward(channels: usize, x: &[f64], y: &mut [f64]) {
    let rows = x.chunks_exact(channels).flat_map(|x| roots(x).1);
    y.iter_mut().zip(rows).for_each(|(y, root)| *y = root);
}

/// Of positive numbers: dy_i / dx_j = [i = j] / (2 m y_j) - y_i / (2 m c).
pub(super) fn backward(channels: usize, x: &[f64], dy: &[f64], dx: &mut [f64]) {
    for ((x, dy), dx) in
        x.chunks_exact(channels).zip(dy.chunks_exact(channels)).zip(dx.chunks_exact_mut(channels))
    {
        let (mean, y) = roots(x);
        let pull = dy.iter().zip(&y).map(|(dy, y)| dy * y).sum::<f64>() / channels as f64;
        for (c, dx) in dx.iter_mut().enumerate() {
            *dx = if x[c] > 0.0 { (dy[c] / y[c] - pull) / (2.0 * mean) } else { 0.0 };
        }
    }
}
