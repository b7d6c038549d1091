//! Curves that objects hold as two arrays, `x` and `y`, as plots are stored, or as an array of points.
//!
//! ```text
//! {"loss": {"train": {"x": [0, 1], "y": [2.1, 1.6]}}}
//! {"loss/train": [[1712000000.1, 0, 2.1], [1712000037.6, 1, 1.6]]}
//! ```

use crate::assemble::Assembler;
use crate::number::Number;
use crate::run_log::Split;
use crate::scalars::Place;

/// Arrays under their names.
pub(super) type Columns = Vec<(String, Vec<Number>)>;

/// A curve's name, where the object has it by its keys, with its places and values.
pub(super) struct Curve {
    name: String,
    x: Vec<Number>,
    y: Vec<Number>,
}

/// The curves among `columns`, and the columns that belong to none.
pub(super) fn split(columns: Columns) -> (Vec<Curve>, Columns) {
    let (mut curves, mut rest): (Vec<Curve>, Columns) = (Vec::new(), Vec::new());
    for (name, numbers) in columns {
        let of = |end: char| name.strip_suffix(end).filter(|base| base.is_empty() || base.ends_with('/'));
        let twin = of('y').and_then(|base| {
            let twin = rest
                .last()
                .filter(|(name, x)| name.strip_suffix('x') == Some(base) && x.len() == numbers.len());
            twin.is_some().then(|| base.trim_end_matches('/').to_owned())
        });
        match (twin, rest.pop()) {
            (Some(name), Some((_, x))) => curves.push(Curve { name, x, y: numbers }),
            (_, last) => {
                rest.extend(last);
                rest.push((name, numbers));
            }
        }
    }
    (curves, rest)
}

/// Whether a key's text names the curve beside it.
pub(super) fn is_name(key: &str) -> bool {
    matches!(key, "name" | "metric" | "metricName" | "metric_name" | "key" | "tag" | "label" | "title")
}

/// Hands curves on, `name` for those without a name; returns how many measurements there were.
pub(super) fn take(
    curves: &[Curve],
    name: Option<&str>,
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) -> usize {
    let mut values = 0;
    for curve in curves {
        let name = Some(curve.name.as_str()).filter(|name| !name.is_empty()).or(name);
        for (x, y) in curve.x.iter().zip(&curve.y) {
            values += usize::from(into.scalar(name, around, "", Place::at_step(x.value), *y, line));
        }
    }
    values
}

/// Hands on the points of a curve: step and value, with or without a time before them. Other arrays of arrays are
/// matrices.
pub(super) fn take_rows(
    name: &str,
    rows: &[Vec<Number>],
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) {
    /// Seconds since 1970 are more.
    const TIME: f64 = 1e9;
    let point = |row: &Vec<Number>| match row[..] {
        [time, step, value] if time.value > TIME && step.value.fract() == 0.0 => Some((step.value, value)),
        [step, value] if step.counts() => Some((step.value, value)),
        _ => None,
    };
    let points: Option<Vec<(f64, Number)>> = rows.iter().map(point).collect();
    let Some(points) = points.filter(|_| !name.is_empty()) else { return };
    if points.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        for (step, value) in points {
            into.scalar(Some(name), around, "", Place::at_step(step), value, line);
        }
    }
}
