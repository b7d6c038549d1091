//! How many samples an accuracy was measured on, inferred from the steps it moves in.

/// Largest number of samples that is tried.
const MOST: usize = 20_000;

/// Rounding of an accuracy in single precision.
const FLOAT: f64 = 3e-7;

/// The smallest `n` for which every one of `values` is a multiple of `1 / n`, to within half of `resolution`.
///
/// None for fewer than three different values (two, if they have six digits and more), whose common step may be coarser than `1 / n`, and if chance
/// would explain the fit: with `m` different values, a wrong `n` passes with a probability of about `(n *
/// resolution)^m`, and the values are believed only where that, summed over all smaller `n`, is below 1 %.
/// The true size may be a multiple of the answer.
pub(crate) fn accuracy_resolution(values: &[(f64, f64)]) -> Option<usize> {
    let mut distinct: Vec<(f64, f64)> = Vec::new();
    for &(value, resolution) in values {
        let trivial = value <= 0.0 || value >= 1.0;
        if value.is_finite() && resolution > 0.0 && !trivial {
            // Programs add up in single precision.
            let resolution = resolution.max(FLOAT);
            if distinct.len() < 64 && distinct.iter().all(|(other, _)| (other - value).abs() > resolution) {
                distinct.push((value, resolution));
            }
        }
    }
    // Two values will do where every digit is printed.
    let exact = distinct.iter().all(|(_, resolution)| *resolution <= 1e-6);
    if distinct.len() < if exact { 2 } else { 3 } {
        return None;
    }
    let (first, rest) = distinct.split_first()?;
    let fits = |&(value, resolution): &(f64, f64), n: f64| {
        let count = (value * n).round();
        (count / n - value).abs() <= 0.5001 * resolution + 1e-12
    };
    let mut by_chance = 0.0;
    for n in 2..=MOST {
        let size = n as f64;
        by_chance += distinct.iter().map(|(_, resolution)| (resolution * size).min(1.0)).product::<f64>();
        if by_chance > 0.01 {
            return None;
        }
        if fits(first, size) && rest.iter().all(|value| fits(value, size)) {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_tell_forty_eight() {
        let values = [0.958333, 0.916667, 0.979167].map(|value| (value, 1e-6));
        assert_eq!(accuracy_resolution(&values), Some(48));
    }

    #[test]
    fn three_digits_do_not_tell_a_thousand() {
        let values = [0.753, 0.858, 0.928, 0.948, 0.955].map(|value| (value, 1e-3));
        assert_eq!(accuracy_resolution(&values), None);
    }

    #[test]
    fn nothing_but_ones_tells_nothing() {
        assert_eq!(accuracy_resolution(&[(1.0, 1e-6)]), None);
    }
}
