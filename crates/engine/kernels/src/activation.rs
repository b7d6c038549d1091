//! Activation functions that other kernels apply on the way out.

/// A pointwise function whose derivative can be read off its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Activation {
    /// `x`.
    #[default]
    Identity,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `min(max(x, 0), 6)`; NaN stays NaN.
    Relu6,
}

impl Activation {
    /// The function's value at `x`.
    #[inline(always)]
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Relu => relu(x),
            Self::Relu6 => relu6(x),
        }
    }

    /// Whether the gradient passes where the output was `y`: everywhere for the identity, `y > 0` for ReLU
    /// and `0 < y < 6` for ReLU6 (at the corners the gradient is 0, as in PyTorch).
    #[inline(always)]
    pub fn passes(self, y: f32) -> bool {
        match self {
            Self::Identity => true,
            Self::Relu => y > 0.0,
            Self::Relu6 => (y > 0.0) & (y < 6.0),
        }
    }

    /// The least and the greatest value.
    #[inline(always)]
    pub(crate) fn range(self) -> [f32; 2] {
        match self {
            Self::Identity => [f32::NEG_INFINITY, f32::INFINITY],
            Self::Relu => [0.0, f32::INFINITY],
            Self::Relu6 => [0.0, 6.0],
        }
    }

    /// The gradient passes where the input, or the output, is above the first and at most the second;
    /// everywhere if `None`.
    #[inline(always)]
    pub(crate) fn gate(self) -> Option<[f32; 2]> {
        match self {
            Self::Identity => None,
            Self::Relu => Some([0.0, f32::INFINITY]),
            Self::Relu6 => Some([0.0, 6.0_f32.next_down()]),
        }
    }
}

/// `max(x, 0)`, written so that NaN stays NaN (`f32::max` would turn it into 0 and hide a diverged run).
#[inline(always)]
pub(crate) fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// `min(max(x, 0), 6)`, NaN stays NaN.
#[inline(always)]
pub(crate) fn relu6(x: f32) -> f32 {
    let x = relu(x);
    if x > 6.0 { 6.0 } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_and_nan() {
        for (activation, x, y, passes) in [
            (Activation::Identity, -3.0, -3.0, true),
            (Activation::Relu, -3.0, 0.0, false),
            (Activation::Relu, 0.0, 0.0, false),
            (Activation::Relu, 7.0, 7.0, true),
            (Activation::Relu6, -0.5, 0.0, false),
            (Activation::Relu6, 5.5, 5.5, true),
            (Activation::Relu6, 6.0, 6.0, false),
            (Activation::Relu6, 9.0, 6.0, false),
        ] {
            assert_eq!(activation.apply(x), y, "{activation:?}({x})");
            assert_eq!(activation.passes(y), passes, "{activation:?} at {y}");
            let open = |value| activation.gate().is_none_or(|[above, upto]| above < value && value <= upto);
            assert_eq!((open(x), open(y)), (passes, passes), "{activation:?} from {x} to {y}");
            let [low, high] = activation.range();
            assert_eq!(x.clamp(low, high), y, "{activation:?}({x})");
        }
        assert!(Activation::Relu.apply(f32::NAN).is_nan());
        assert!(Activation::Relu6.apply(f32::NAN).is_nan());
    }
}
