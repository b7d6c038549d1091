//! Distribution functions: beta, Student's t, normal.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | I_x(a, b) | regularised incomplete beta function: proportion of the beta distribution with parameters a and b below x |
//! | ν | degrees of freedom of Student's distribution |
//! | Φ | distribution function of the standard normal distribution |
//!
//! I is found from its continued fraction (DLMF 8.17.22) by the method of Lentz (1976). Of Student's t, the part beyond ± t is
//! I_{ν / (ν + t²)}(ν / 2, 1 / 2) (Abramowitz and Stegun 26.7.1).

/// Terms of the fraction; those for a and b of 10⁶ need fewer.
const TERMS: usize = 10_000;
/// In place of a denominator of 0.
const TINY: f64 = 1e-300;

/// I_x(a, b) for `a` and `b` above 0 and `x` in 0..=1.
pub(crate) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean; above it, I_x(a, b) = 1 - I_{1-x}(b, a).
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - below_the_mean(b, a, 1.0 - x);
    }
    below_the_mean(a, b, x)
}

fn below_the_mean(a: f64, b: f64, x: f64) -> f64 {
    let gamma = libm::lgamma;
    let log_factor = a * x.ln() + b * (-x).ln_1p() + gamma(a + b) - gamma(a) - gamma(b) - a.ln();
    let whole = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, 0.0);
    for term in 0..TERMS {
        let m = (term / 2) as f64;
        let numerator = if term == 0 {
            1.0
        } else if term % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / whole(1.0 + numerator * d);
        c = whole(1.0 + numerator / c);
        fraction *= c * d;
        if term > 0 && (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    // The first term is 1 / (1 + …): the product began with 1 + 1 / c of it.
    (log_factor.exp() * (fraction - 1.0)).clamp(0.0, 1.0)
}

/// Φ(z).
pub(crate) fn normal_cdf(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// The t beyond which Student's distribution with `freedom` degrees has the probability `tail`, which is above 0 and at most 0.5.
pub(crate) fn student_upper(freedom: f64, tail: f64) -> f64 {
    // x = ν / (ν + t²) falls from 1 to 0 as t rises; each step halves its interval.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let x = (low + high) / 2.0;
        if beta_cdf(freedom / 2.0, 0.5, x) > 2.0 * tail { high = x } else { low = x }
    }
    (freedom * (1.0 - high) / high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_is_scipys() {
        // scipy.special.betainc(a, b, x)
        for (a, b, x, expected) in [
            (0.5, 0.5, 0.3, 0.369_010_119_565_545_36),
            (2.0, 3.0, 0.5, 0.6875),
            (10.0, 400.0, 0.02, 0.304_887_126_108_526_1),
            (19_700.0, 301.0, 0.985, 0.515_349_195_579_241),
            (59.5, 1.25, 0.95, 0.073_195_668_916_735_97),
            (1.0, 1.0, 0.25, 0.25),
        ] {
            let found = beta_cdf(a, b, x);
            assert!((found - expected).abs() < 1e-10, "{a} {b} {x}: {found}");
        }
        assert_eq!((beta_cdf(2.0, 3.0, 0.0), beta_cdf(2.0, 3.0, 1.0)), (0.0, 1.0));
    }

    #[test]
    fn normal_and_student_are_scipys() {
        // scipy.stats.norm.cdf(z), scipy.stats.t.isf(tail, freedom)
        assert!((normal_cdf(-1.959_963_984_540_054) - 0.025).abs() < 1e-12);
        assert!((normal_cdf(0.7) - 0.758_036_347_776_927).abs() < 1e-12);
        for (freedom, tail, expected) in [
            (1.0, 0.025, 12.706_204_736_432_095),
            (4.0, 0.025, 2.776_445_105_197_793),
            (39.0, 0.025, 2.022_690_920_037_26),
            (9.0, 0.05, 1.833_112_932_653_074),
        ] {
            let t = student_upper(freedom, tail);
            assert!((t - expected).abs() < 1e-7, "{freedom} {tail}: {t}");
        }
    }
}
