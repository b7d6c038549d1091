//! Tone curves of ICC profiles.

use moxcms::ToneReprCurve;

/// Amount of light of each of the 256 levels, 0 to 1; `None` for a curve of an unknown kind.
pub(super) fn levels(curve: &ToneReprCurve) -> Option<[f32; 256]> {
    let kind = Kind::of(curve)?;
    let mut levels = [0.0; 256];
    for (level, light) in levels.iter_mut().enumerate() {
        let value = kind.at(level as f64 / 255.0).clamp(0.0, 1.0);
        *light = if value.is_finite() { value as f32 } else { return None };
    }
    Some(levels)
}

enum Kind<'a> {
    /// At equal distances from 0 to 1.
    Table(&'a [u16]),
    /// `(a x + b)^g + e` from `d` on, `c x + f` below.
    Power { g: f64, a: f64, b: f64, c: f64, d: f64, e: f64, f: f64 },
}

impl<'a> Kind<'a> {
    fn of(curve: &'a ToneReprCurve) -> Option<Self> {
        let plain = |g| Self::Power { g, a: 1.0, b: 0.0, c: 0.0, d: 0.0, e: 0.0, f: 0.0 };
        match curve {
            ToneReprCurve::Lut(table) => Some(match table.as_slice() {
                [] => plain(1.0),
                [gamma] => plain(f64::from(*gamma) / 256.0),
                table => Self::Table(table),
            }),
            ToneReprCurve::Parametric(numbers) => {
                let numbers: Vec<f64> = numbers.iter().map(|&number| f64::from(number)).collect();
                Some(match numbers[..] {
                    [g] => plain(g),
                    [g, a, b] => Self::Power { g, a, b, c: 0.0, d: -b / a, e: 0.0, f: 0.0 },
                    [g, a, b, c] => Self::Power { g, a, b, c: 0.0, d: -b / a, e: c, f: c },
                    [g, a, b, c, d] => Self::Power { g, a, b, c, d, e: 0.0, f: 0.0 },
                    [g, a, b, c, d, e, f] => Self::Power { g, a, b, c, d, e, f },
                    _ => return None,
                })
            }
        }
    }

    fn at(&self, x: f64) -> f64 {
        match *self {
            Self::Table(table) => {
                let place = x * (table.len() - 1) as f64;
                let below = (place as usize).min(table.len() - 2);
                let rest = place - below as f64;
                (f64::from(table[below]) * (1.0 - rest) + f64::from(table[below + 1]) * rest) / 65_535.0
            }
            Self::Power { g, a, b, c, d, e, f } => {
                if x >= d {
                    (a * x + b).max(0.0).powf(g) + e
                } else {
                    c * x + f
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_all_kinds() {
        let half = |curve| levels(&curve).unwrap()[128];
        let x = 128.0_f32 / 255.0;
        assert_eq!(half(ToneReprCurve::Lut(vec![])), x);
        assert!((half(ToneReprCurve::Lut(vec![512])) - x * x).abs() < 1e-6);
        assert!((half(ToneReprCurve::Lut(vec![0, 65_535])) - x).abs() < 1e-6);
        assert!((half(ToneReprCurve::Parametric(vec![2.0])) - x * x).abs() < 1e-6);
        assert!((half(ToneReprCurve::Parametric(vec![1.0, 1.0, -0.25])) - (x - 0.25)).abs() < 1e-6);
        assert!((half(ToneReprCurve::Parametric(vec![1.0, 0.5, 0.0, 0.25, 0.9])) - x * 0.25).abs() < 1e-6);
        assert!(levels(&ToneReprCurve::Parametric(vec![])).is_none());
    }
}
