//! A photograph's features: what stands before the classifier, averaged over the picture.

use foliar_nn::{Graph, Op};

/// Values of a photograph's pooled features; `tail` is the graph that begins with them. 0 for a graph that begins otherwise.
#[must_use]
pub fn feature_width(tail: &Graph) -> usize {
    shape(tail).map_or(0, |[_, channels]| channels)
}

/// The features that `tail` begins with, of any number of photographs, (n, height, width, channels), averaged over the
/// picture: (n, channels).
#[must_use]
pub fn pooled_features(values: &[f32], tail: &Graph) -> Vec<f32> {
    let [positions, channels] = shape(tail).unwrap_or([1, 0]);
    if positions == 1 {
        return values.to_vec();
    }
    let mut out = Vec::with_capacity(values.len() / positions.max(1));
    for photograph in values.chunks_exact((positions * channels).max(1)) {
        let mut sums = vec![0.0; channels];
        for position in photograph.chunks_exact(channels) {
            sums.iter_mut().zip(position).for_each(|(sum, value)| *sum += value);
        }
        out.extend(sums.into_iter().map(|sum| sum / positions as f32));
    }
    out
}

/// Positions of the picture, and channels.
fn shape(tail: &Graph) -> Option<[usize; 2]> {
    match tail.nodes.first()?.op {
        Op::Features { channels, height, width } => Some([height * width, channels]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use foliar_nn::zoo;

    use super::*;

    #[test]
    fn maps_are_averaged_over_the_picture() {
        let graph = zoo::build("squeezenet1_0", 3).unwrap();
        let (_, tail) = graph.split(graph.backbone(), 64).unwrap();
        let [positions, channels] = shape(&tail).unwrap();
        assert!(positions > 1 && channels == 512 && feature_width(&tail) == 512);
        let values: Vec<f32> = (0..2 * positions * channels)
            .map(|i| (i / (positions * channels)) as f32 + (i % channels) as f32)
            .collect();
        let pooled = pooled_features(&values, &tail);
        assert_eq!(pooled.len(), 2 * channels);
        assert!((pooled[3] - 3.0).abs() < 1e-4 && (pooled[channels + 3] - 4.0).abs() < 1e-4);
    }
}
