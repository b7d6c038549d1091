//! Numbers that were read from a changed log and do not stand in the log.

use std::collections::BTreeMap;

use foliar_logread::{Metric, RunLog, Series};

type Values = BTreeMap<(Option<u64>, String), Vec<f64>>;

/// A measurement in `changed` that `plain` does not have for the same split, metric and epoch. Of a text that was `cut` the epoch
/// may be unknown.
pub(crate) fn foreign(plain: &RunLog, changed: &RunLog, cut: bool) -> Option<String> {
    if changed.cut_line.is_some() {
        return None;
    }
    let known = values(plain);
    let same = |left: f64, right: f64| {
        left.is_nan() && right.is_nan() || left == right || (left - right).abs() <= 1e-9 * right.abs()
    };
    for series in measured(changed) {
        for point in &series.points {
            let epoch = point.epoch.map(f64::to_bits);
            let kind = kind(series);
            let there = known.iter().any(|((of, name), values)| {
                let fits = *name == kind && (*of == epoch || cut && epoch.is_none());
                fits && values.iter().any(|value| same(point.value, *value))
            });
            if !there {
                return Some(format!(
                    "{kind} is {} in epoch {:?}, line {}",
                    point.value, point.epoch, point.line
                ));
            }
        }
    }
    None
}

fn values(log: &RunLog) -> Values {
    let mut all = Values::new();
    for series in measured(log) {
        for point in &series.points {
            all.entry((point.epoch.map(f64::to_bits), kind(series))).or_default().push(point.value);
        }
    }
    all
}

fn measured(log: &RunLog) -> impl Iterator<Item = &Series> {
    log.series.iter().filter(|series| !matches!(series.metric, Metric::Unknown | Metric::Seconds))
}

fn kind(series: &Series) -> String {
    format!("{:?} {:?}", series.split, series.metric)
}
