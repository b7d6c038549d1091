//! Convolution, matrix product, batch norm, pooling and loss on f32 slices, forward and backward.
