//! What a training run leaves behind: events, CSV and TensorBoard files.
