//! Sums along one row, in an order that neither the instruction set nor the number of threads changes.

/// Sums that a row is added up in at the same time.
pub(crate) const LANES: usize = 32;

/// The sum of `term` over a row.
#[inline(always)]
pub(crate) fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in whole {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += term(value);
        }
    }
    rest.iter().fold(total(sums), |sum, &value| sum + term(value))
}

/// The sum of the products of two rows of one length.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    a_rest.iter().zip(b_rest).fold(total(sums), |sum, (a, b)| sum + a * b)
}

/// The largest value of a row, minus infinity for none; NaN is passed over.
#[inline(always)]
pub(crate) fn largest(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (whole, rest) = row.as_chunks::<LANES>();
    let mut most = [f32::NEG_INFINITY; LANES];
    for chunk in whole {
        for (most, &value) in most.iter_mut().zip(chunk) {
            *most = larger(*most, value);
        }
    }
    most.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, larger)
}

/// The sum of the lanes, pair by pair.
#[inline(always)]
fn total(mut sums: [f32; LANES]) -> f32 {
    let mut len = LANES / 2;
    while len > 0 {
        for lane in 0..len {
            sums[lane] += sums[lane + len];
        }
        len /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_are_summed_whole() {
        for len in [0_usize, 1, 31, 32, 33, 100] {
            let row: Vec<f32> = (0..len).map(|index| index as f32).collect();
            let expected = (len * len.saturating_sub(1) / 2) as f32;
            assert_eq!(sum(&row, |value| value), expected);
            assert_eq!(dot(&row, &vec![1.0; len]), expected);
            assert_eq!(largest(&row), if len == 0 { f32::NEG_INFINITY } else { len as f32 - 1.0 });
        }
    }
}
