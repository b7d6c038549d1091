//! How large a network is.

use foliar_nn::{Graph, Parameters, infer};

/// Values of a pass, and weights, beyond which a network only takes time.
const MOST_VALUES: usize = 1 << 20;

/// Whether `batch` photographs of `side` pixels a side fit a network and take little time.
pub(crate) fn is_small(graph: &Graph, batch: usize, side: usize) -> bool {
    let Ok(shapes) = infer(graph, batch, side, side) else { return false };
    let values: usize = shapes.iter().map(|shape| shape.len()).sum();
    Parameters::new(graph, &shapes).is_ok_and(|weights| values.max(weights.trained_len) <= MOST_VALUES)
}
