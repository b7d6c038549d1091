//! A tensor's numbers out of its storage.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n_d | length of dimension d |
//! | s_d | stride: elements of the storage from one index of dimension d to the next |
//! | o | offset: the storage's element at index 0 |
//!
//! The element at index i is number o + Σ i_d s_d of the storage (PyTorch, "Tensor Views").

use crate::tensor::Tensor;
use crate::weights::pickle::View;

/// How many bytes of storages may still be read.
///
/// Tensors may share storages and have strides of 0, so that a small file could stand for any number of values.
pub(super) struct Budget(usize);

impl Budget {
    /// Of a file with so many bytes of numbers: each byte may be read twice.
    pub(super) fn new(stored_len: usize) -> Self {
        Self(stored_len.saturating_mul(2))
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

/// The values of `view`, whose storage has the given `bytes`.
///
/// The error is what is wrong with the tensor.
pub(super) fn read(view: &View<'_>, bytes: &[u8], budget: &mut Budget) -> Result<Tensor, String> {
    let element = view.storage.element;
    let stored = bytes.len() / element.size();
    if usize::try_from(view.storage.len) != Ok(stored) || stored * element.size() != bytes.len() {
        return Err(format!(
            "its storage should have {} elements of {} bytes, and has {} bytes",
            view.storage.len,
            element.size(),
            bytes.len()
        ));
    }
    let shape = sizes(&view.shape).ok_or_else(|| format!("its shape {:?} is not possible", view.shape))?;
    let strides =
        sizes(&view.strides).ok_or_else(|| format!("its strides {:?} are not possible", view.strides))?;
    let count = shape.iter().try_fold(1usize, |product, &len| product.checked_mul(len));
    let count = count.ok_or_else(|| format!("its shape {shape:?} is too large to count"))?;
    if count == 0 {
        return Ok(Tensor { shape, data: Vec::new() });
    }
    let outside = || {
        format!(
            "shape {shape:?}, strides {strides:?} and offset {} reach beyond its storage of {stored} elements",
            view.offset
        )
    };
    let offset = usize::try_from(view.offset).map_err(|_| outside())?;
    let last = shape
        .iter()
        .zip(&strides)
        .try_fold(offset, |sum, (&len, &stride)| sum.checked_add(stride.checked_mul(len - 1)?));
    last.filter(|&last| last < stored).ok_or_else(outside)?;
    let spent = count.checked_mul(element.size()).and_then(|bytes| budget.spend(bytes));
    spent.ok_or_else(|| {
        format!("with shape {shape:?} and strides {strides:?} it repeats what is stored more than twice")
    })?;

    let mut picked = Vec::new();
    let contiguous = if is_contiguous(&shape, &strides) {
        &bytes[offset * element.size()..][..count * element.size()]
    } else {
        picked.reserve_exact(count * element.size());
        pick(&shape, &strides, offset, &mut |index| {
            picked.extend_from_slice(&bytes[index * element.size()..][..element.size()]);
        });
        &picked
    };
    let data = element.to_f32(contiguous);
    Ok(Tensor { shape, data })
}

fn sizes(numbers: &[i64]) -> Option<Vec<usize>> {
    numbers.iter().map(|&number| usize::try_from(number).ok()).collect()
}

/// Whether the elements follow one another in row-major order. The stride of a dimension of length 1 says nothing.
fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(&len, &stride)| {
        let fits = len == 1 || stride == expected;
        expected *= len;
        fits
    })
}

/// Calls `visit` with the place of every element in row-major order.
fn pick(shape: &[usize], strides: &[usize], start: usize, visit: &mut impl FnMut(usize)) {
    let (Some((&len, shape)), Some((&stride, strides))) = (shape.split_first(), strides.split_first()) else {
        return visit(start);
    };
    (0..len).for_each(|index| pick(shape, strides, start + index * stride, visit));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::element::Element;
    use crate::weights::pickle::Storage;

    /// The values of a view on 0, 1, ..., 11.
    fn read_view(shape: &[i64], strides: &[i64], offset: i64) -> Result<Vec<f32>, String> {
        let bytes: Vec<u8> = (0..12).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let storage = Storage { element: Element::F32, key: "0", len: 12 };
        let view = View { storage, offset, shape: shape.to_vec(), strides: strides.to_vec() };
        let tensor = read(&view, &bytes, &mut Budget::new(bytes.len()))?;
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.data.len());
        Ok(tensor.data)
    }

    #[test]
    fn strides_are_honoured() {
        assert_eq!(read_view(&[2, 3], &[3, 1], 6).unwrap(), [6., 7., 8., 9., 10., 11.]);
        assert_eq!(read_view(&[3, 2], &[1, 3], 0).unwrap(), [0., 3., 1., 4., 2., 5.]);
        assert_eq!(read_view(&[2, 1, 2], &[4, 99, 2], 1).unwrap(), [1., 3., 5., 7.]);
        assert_eq!(read_view(&[24], &[0], 5).unwrap(), [5.; 24]);
        assert_eq!(read_view(&[], &[], 11).unwrap(), [11.]);
        assert_eq!(read_view(&[0, 4], &[4, 1], 0).unwrap(), [0f32; 0]);
    }

    #[test]
    fn what_reaches_beyond_the_storage_is_refused() {
        for (shape, strides, offset) in [
            (&[13][..], &[1][..], 0),
            (&[2], &[12], 0),
            (&[1], &[1], 12),
            (&[1], &[1], -1),
            (&[-1], &[1], 0),
            (&[2], &[-1], 5),
            (&[2], &[i64::MAX], 1),
            (&[i64::MAX, i64::MAX], &[0, 0], 0),
            (&[25], &[0], 0),
        ] {
            assert!(read_view(shape, strides, offset).is_err(), "{shape:?} {strides:?} {offset}");
        }
    }
}
