//! From a folder of photographs to ordered batches of tensors.
