//! An axis: a range of values, how it is laid out, and where its ticks are.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `low`, `high` | ends of the range, `low < high`; both positive on a logarithmic axis |
//! | share | place of a value on the axis: 0 at `low`, 1 at `high` |
//! | step | distance of two ticks: 1, 2 or 5 times a power of ten |
//! | `t(v)` | a value on its scale, where equal distances look equal: `v`, `ln v`, or `-ln(1 - v)` |

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// Values that have no place on the scale are gaps: those that are not above 0 on a logarithmic one, not below 1 on one of
/// momentum.
pub use foliar_bayes::Scale;

use super::number::Number;

/// `count` values from `low` to `high`, evenly spread on `scale`; empty where they are not in order or not drawable.
pub(crate) fn spread(scale: Scale, low: f64, high: f64, count: usize) -> Vec<f64> {
    if !(drawable(low, scale) && drawable(high, scale) && low < high) {
        return Vec::new();
    }
    let axis = Axis::between(low, high, scale, Number::Plain);
    let last = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|place| axis.value(place as f64 / last).clamp(low, high)).collect()
}

/// Values beyond this size are gaps: differences and ratios of what remains are finite.
const LARGEST: f64 = 1e100;
/// Values nearer to zero than this are zero.
const SMALLEST: f64 = 1e-100;
/// Values above this have no place on a scale of momentum.
const NEAREST_TO_ONE: f64 = 1.0 - 1e-12;

/// A range of values along one side of a plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    scale: Scale,
    number: Number,
    /// Ticks at whole numbers only.
    whole: bool,
}

/// Whether a value has a place on an axis of this scale.
pub(crate) fn drawable(value: f64, scale: Scale) -> bool {
    value.abs() <= LARGEST
        && match scale {
            Scale::Linear => true,
            Scale::Log => value >= SMALLEST,
            Scale::Momentum => value <= NEAREST_TO_ONE,
        }
}

/// Smallest and largest of the drawable values.
fn extremes(values: impl Iterator<Item = f64>, scale: Scale) -> Option<(f64, f64)> {
    values.filter(|&value| drawable(value, scale)).fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

impl Axis {
    /// The axis from `low` to `high`, widened where they are (nearly) equal. Both ends must be [`drawable`].
    pub(crate) fn between(low: f64, high: f64, scale: Scale, number: Number) -> Self {
        let (low, high) = (low.min(high), low.max(high));
        let (low, high) = match scale {
            Scale::Linear if high - low <= 1e-9 * low.abs().max(high.abs()) || high - low < SMALLEST => {
                let size = if high.abs() < SMALLEST { 1.0 } else { high.abs() * 0.5 };
                (low - size, high + size)
            }
            Scale::Log if high / low < 1.0 + 1e-9 => (low / 2.0, high * 2.0),
            Scale::Momentum if low == high || momentum(high) - momentum(low) < 1e-9 => {
                (from_momentum(momentum(low) - 0.5), from_momentum(momentum(high) + 0.5))
            }
            Scale::Linear | Scale::Log | Scale::Momentum => (low, high),
        };
        Self { low, high, scale, number, whole: number == Number::Count }
    }

    /// An axis for the values of a line from left to right: exactly their range, ticks at whole numbers where all are
    /// whole. `None` where no value is drawable.
    pub(crate) fn along(
        values: impl Iterator<Item = f64> + Clone,
        scale: Scale,
        number: Number,
    ) -> Option<Self> {
        let (low, high) = extremes(values.clone(), scale)?;
        let whole = values.filter(|&value| drawable(value, scale)).all(|value| value.fract() == 0.0);
        let beside = if low == high && whole && scale == Scale::Linear { 1.0 } else { 0.0 };
        let axis = Self::between(low - beside, high + beside, scale, number);
        Some(Self { whole: whole && number != Number::Percent, ..axis })
    }

    /// An axis that shows all values with a little air, and begins at zero where they come near it. `None` where no value
    /// is drawable.
    pub(crate) fn around(values: impl Iterator<Item = f64>, scale: Scale, number: Number) -> Option<Self> {
        let (low, high) = extremes(values, scale)?;
        if scale == Scale::Log {
            let air = (high / low).powf(0.06).max(1.05);
            return Some(Self::between(low / air, high * air, scale, number));
        }
        if scale == Scale::Momentum {
            return Some(Self::between(low, high, scale, number));
        }
        if low == high && number == Number::Percent && (0.0..=1.0).contains(&low) {
            return Some(Self::between(0.0, 1.0, scale, number));
        }
        let air = (high - low) * 0.06;
        let from_zero = low >= 0.0 && (low < 0.4 * high || number == Number::Count);
        let top = if number == Number::Percent && high <= 1.0 { (high + air).min(1.0) } else { high + air };
        let bottom = if from_zero { 0.0 } else { low - air };
        Some(Self::between(bottom, top, scale, number))
    }

    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    /// The same axis with its ends moved outwards by this share of its length, so that marks at the ends are whole.
    pub(crate) fn widened(&self, share: f64) -> Self {
        let (low, high) = (self.value(-share), self.value(1.0 + share));
        if drawable(low, self.scale) && drawable(high, self.scale) {
            Self { low, high, ..*self }
        } else {
            *self
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end, less or more outside. Needs a [`drawable`] value.
    pub(crate) fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
            Scale::Momentum => {
                (momentum(value) - momentum(self.low)) / (momentum(self.high) - momentum(self.low))
            }
        }
    }

    /// The value at a share; the inverse of [`share`](Self::share).
    pub(crate) fn value(&self, share: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + share * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(share),
            Scale::Momentum => {
                let (low, high) = (momentum(self.low), momentum(self.high));
                from_momentum(low + share * (high - low))
            }
        }
    }

    /// At most about `most` round values in the range, ascending.
    pub(crate) fn ticks(&self, most: usize) -> Vec<f64> {
        let most = most.max(2);
        match self.scale {
            Scale::Linear => self.linear_ticks(most),
            Scale::Log => self.log_ticks(most),
            Scale::Momentum => self.momentum_ticks(most),
        }
    }

    /// The labels of these ticks.
    pub(crate) fn labels(&self, ticks: &[f64]) -> Vec<String> {
        match self.scale {
            Scale::Linear => self.number.labels(ticks),
            Scale::Log => self.number.log_labels(ticks),
            Scale::Momentum => self.number.momentum_labels(ticks),
        }
    }

    fn linear_ticks(&self, most: usize) -> Vec<f64> {
        let wanted = (self.high - self.low) / most as f64;
        let magnitude = 10f64.powf(wanted.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
        let whole = |step: f64| !self.whole || (step >= 1.0 && step.fract() == 0.0);
        let step =
            steps.into_iter().find(|&step| step >= wanted * (1.0 - 1e-9) && whole(step)).unwrap_or(1.0);
        let (first, last) = ((self.low / step - 1e-6).ceil(), (self.high / step + 1e-6).floor());
        let count = (last - first).clamp(0.0, 1000.0) as usize;
        (0..=count).map(|index| (first + index as f64) * step).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let inside = |tick: &f64| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(tick);
        let with = |mantissas: &[f64]| -> Vec<f64> {
            let decades =
                (first..=last).flat_map(|decade| mantissas.iter().map(move |m| m * 10f64.powi(decade)));
            decades.filter(inside).collect()
        };
        let decades = with(&[1.0]);
        if decades.len() >= 3 {
            let strides = [1, 2, 3, 5, 10, 20, 50, 100];
            let fits = |stride: &i32| decades.len().div_ceil(*stride as usize) <= most;
            let stride = strides.into_iter().find(fits).unwrap_or(100);
            let powers = (first..=last).filter(|decade| decade.rem_euclid(stride) == 0);
            return powers.map(|decade| 10f64.powi(decade)).filter(inside).collect();
        }
        let finest = with(&[1.0, 2.0, 3.0, 5.0, 7.0]);
        if finest.len() < 6 && (3..=most).contains(&finest.len()) {
            return finest;
        }
        let finer = [with(&[1.0, 2.0, 5.0]), with(&[1.0, 3.0]), decades];
        let fitting = finer.into_iter().find(|ticks| (2..=most).contains(&ticks.len()));
        fitting.unwrap_or_else(|| self.linear_ticks(most).into_iter().filter(|&tick| tick > 0.0).collect())
    }

    /// 0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, ...: what is missing to 1 is round.
    fn momentum_ticks(&self, most: usize) -> Vec<f64> {
        let inside = |tick: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.share(*tick));
        let with = |mantissas: &[f64]| -> Vec<f64> {
            let missing = (0..=12).flat_map(|decade| mantissas.iter().map(move |m| m * 10f64.powi(-decade)));
            missing.map(|missing| 1.0 - missing).filter(inside).collect()
        };
        let choices = [with(&[1.0, 0.5, 0.2]), with(&[1.0, 0.3]), with(&[1.0])];
        let fitting = choices.into_iter().find(|ticks| (2..=most).contains(&ticks.len()));
        fitting.unwrap_or_else(|| self.linear_ticks(most))
    }
}

/// A momentum on its scale.
fn momentum(value: f64) -> f64 {
    -(-value.min(NEAREST_TO_ONE)).ln_1p()
}

/// The inverse of [`momentum`].
fn from_momentum(scaled: f64) -> f64 {
    -(-scaled).exp_m1()
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    /// Values outside of the range are drawn at its nearer end.
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = if drawable(*value, self.scale) { self.share(*value).clamp(0.0, 1.0) } else { 0.0 };
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points())
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_get_whole_ticks() {
        let axis = Axis::along((1..=3).map(f64::from), Scale::Linear, Number::Plain).unwrap();
        assert_eq!(axis.ticks(8), [1.0, 2.0, 3.0]);
        let axis = Axis::along((1..=30).map(f64::from), Scale::Linear, Number::Plain).unwrap();
        assert_eq!(axis.ticks(6), [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
    }

    #[test]
    fn a_loss_that_falls_begins_at_zero_and_an_accuracy_stays_below_one() {
        let axis = Axis::around([2.7, 0.1].into_iter(), Scale::Linear, Number::Plain).unwrap();
        assert_eq!(axis.range().start, 0.0);
        let axis = Axis::around([0.8, 0.99].into_iter(), Scale::Linear, Number::Percent).unwrap();
        assert!(axis.range().start > 0.7 && axis.range().end <= 1.0);
    }

    #[test]
    fn logarithmic_ticks_are_decades_or_finer() {
        let axis = Axis::between(1e-5, 1.0, Scale::Log, Number::Plain);
        assert_eq!(axis.labels(&axis.ticks(8)), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "0.1", "1"]);
        let axis = Axis::between(0.9, 60.0, Scale::Log, Number::Plain);
        assert_eq!(axis.ticks(8), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]);
        let axis = Axis::between(2.1, 2.9, Scale::Log, Number::Plain);
        assert!(axis.ticks(5).len() >= 3);
    }

    #[test]
    fn momentum_is_even_in_what_is_missing_to_one() {
        let axis = Axis::between(0.0, 0.99, Scale::Momentum, Number::Plain);
        assert!((axis.share(0.9) - 0.5).abs() < 1e-12);
        assert_eq!(axis.labels(&axis.ticks(8)), ["0", "0.5", "0.8", "0.9", "0.95", "0.98", "0.99"]);
        assert_eq!(axis.labels(&axis.ticks(3)), ["0", "0.9", "0.99"]);
        let axis = Axis::between(0.85, 0.88, Scale::Momentum, Number::Plain);
        assert!(axis.ticks(5).len() >= 3);
        assert!(!drawable(1.0, Scale::Momentum) && drawable(-3.0, Scale::Momentum));
    }

    #[test]
    fn extreme_ranges_have_few_finite_ticks() {
        for (low, high) in [(0.0, 1e100), (-1e100, 1e100), (0.0, 1e-99), (1.0, 1.0), (1e30, 1e30), (0.0, 0.0)]
        {
            for whole in [Number::Plain, Number::Count, Number::Percent] {
                let axis = Axis::between(low, high, Scale::Linear, whole);
                let ticks = axis.ticks(6);
                assert!(
                    ticks.len() <= 8 && ticks.iter().all(|tick| tick.is_finite()),
                    "{low} {high} {ticks:?}"
                );
            }
        }
        let axis = Axis::between(1e-100, 1e100, Scale::Log, Number::Plain);
        assert!((2..=9).contains(&axis.ticks(8).len()));
    }

    #[test]
    fn share_and_value_are_inverse() {
        for (scale, high) in [(Scale::Linear, 40.0), (Scale::Log, 40.0), (Scale::Momentum, 0.999)] {
            let axis = Axis::between(0.01, high, scale, Number::Plain);
            for value in [0.01, 0.3, 0.5 * high, high] {
                assert!((axis.value(axis.share(value)) / value - 1.0).abs() < 1e-12);
            }
        }
    }
}
