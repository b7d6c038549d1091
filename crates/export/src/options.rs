//! How a classifier is exported.

/// What an exported classifier takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputForm {
    /// One photo as it is: upright RGB, `uint8 [height, width, 3]` of any size. Preprocessing is in the file.
    #[default]
    Image,
    /// The network's own input, `float32 [n, 3, size, size]`, already reduced, cropped and normalised.
    Tensor,
}

impl InputForm {
    /// The word on the command line and in descriptions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Tensor => "tensor",
        }
    }
}

/// How the weights of matrices and filters are stored. Arithmetic is in single precision whatever is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightType {
    /// Single precision: predictions are those of the bundle.
    #[default]
    F32,
    /// Half precision: half the size; about one answer in a hundred may change.
    F16,
}

impl WeightType {
    /// The word on the command line and in descriptions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }
}

/// What an exported file is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnnxOptions {
    /// What it takes.
    pub input: InputForm,
    /// How weights are stored.
    pub weights: WeightType,
}
