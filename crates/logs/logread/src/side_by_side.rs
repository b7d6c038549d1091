//! Columns of several runs in one table, as dashboards export a chart: `"Step","run-1 - val_loss","run-1 -
//! val_loss__MIN","run-1 - val_loss__MAX","run-2 - val_loss",...`.

use crate::split_word::split_word;

/// What stands between a run's name and the quantity's.
const SEPARATOR: &str = " - ";
/// Columns that smoothing adds to each.
const SMOOTHING: [&str; 2] = ["__MIN", "__MAX"];

/// A column of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfRun<'a> {
    pub(crate) run: &'a str,
    pub(crate) quantity: &'a str,
}

/// Which run and quantity each column is of; `None` where the columns are not those of runs. Columns of the range
/// that a point stands for are of no quantity.
pub(crate) fn runs<'a>(names: &[&'a str]) -> Option<Vec<Option<OfRun<'a>>>> {
    let ranged = |name: &str| SMOOTHING.iter().all(|end| names.contains(&format!("{name}{end}").as_str()));
    names.iter().any(|name| ranged(name)).then(|| {
        names
            .iter()
            .map(|name| {
                if let Some(base) = SMOOTHING.iter().find_map(|end| name.strip_suffix(end)) {
                    return names.contains(&base).then_some(OfRun { run: "", quantity: "" });
                }
                let (run, quantity) = name.rsplit_once(SEPARATOR).filter(|_| ranged(name))?;
                // A run that is named after its photos says what they are.
                Some(match split_word(run) {
                    Some(_) => OfRun { run: "", quantity: name },
                    None => OfRun { run, quantity },
                })
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{OfRun, runs};

    #[test]
    fn charts_of_several_runs_are_told_from_tables_of_one() {
        let names = ["Step", "a-1 - val/loss", "a-1 - val/loss__MIN", "a-1 - val/loss__MAX", "train - loss"];
        let of = |run, quantity| Some(OfRun { run, quantity });
        assert_eq!(runs(&names), Some(vec![None, of("a-1", "val/loss"), of("", ""), of("", ""), None]));
        assert_eq!(runs(&["epoch", "train - loss", "val - loss", "lr__MIN"]), None);
    }
}
