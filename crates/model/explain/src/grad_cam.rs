//! Gradient-weighted class activation mapping (Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via
//! Gradient-based Localization*, 2017).
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | A | (h, w, k) | activations of an image late in the network, or of its patches among tokens, see [`crate::Explainer::new`] |
//! | g | (h, w, k) | d logit of the class / d A |
//! | a | (k) | weight of each channel: mean of g over (h, w), equation 1 |
//! | L | (h, w) | evidence: max(0, sum over channels of a A), equation 2 |

use foliar_nn::ActivationProbe;

use crate::error::ExplainError;

/// L for one photograph's activations and one class, `h x w` values, row by row.
///
/// # Errors
/// Activations that do not fit the network, a class that it does not have, or numbers that are not finite.
pub fn grad_cam(
    probe: &mut ActivationProbe,
    activations: &[f32],
    class: usize,
) -> Result<Vec<f32>, ExplainError> {
    let classes = probe.outputs();
    if class >= classes {
        return Err(ExplainError::Class { class, classes });
    }
    let mut chosen = vec![0.0; classes];
    chosen[class] = 1.0;
    let gradient = probe.gradient(activations, &chosen)?;
    let (before, [height, width, channels]) = probe.picture();
    let picture = before..before + height * width * channels;
    let (Some(activations), Some(gradient)) = (activations.get(picture.clone()), gradient.get(picture))
    else {
        return Err(ExplainError::NotFinite);
    };
    let map = evidence(activations, gradient, channels);
    if map.iter().all(|value| value.is_finite()) { Ok(map) } else { Err(ExplainError::NotFinite) }
}

fn evidence(activations: &[f32], gradient: &[f32], channels: usize) -> Vec<f32> {
    let places = (activations.len() / channels) as f32;
    let mut weights = vec![0.0; channels];
    for row in gradient.chunks_exact(channels) {
        weights.iter_mut().zip(row).for_each(|(weight, g)| *weight += g / places);
    }
    let sum = |row: &[f32]| row.iter().zip(&weights).map(|(a, weight)| a * weight).sum::<f32>();
    activations.chunks_exact(channels).map(|row| sum(row).max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_count_by_their_mean_gradient() {
        // Two places, two channels; weights (0.5, -1).
        let activations = [4.0, 1.0, 2.0, 3.0];
        let gradient = [1.0, -2.0, 0.0, 0.0];
        assert_eq!(evidence(&activations, &gradient, 2), [1.0, 0.0]);
    }
}
