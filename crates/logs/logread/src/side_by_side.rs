//! Columns of several runs in one table, as dashboards export a chart: `"Step","run-1 - val_loss","run-1 -
//! val_loss__MIN","run-1 - val_loss__MAX","run-2 - val_loss",...`.

use crate::split_word::split_word;

/// What stands between a run's name and the quantity's.
const SEPARATOR: &str = " - ";
/// Columns that smoothing adds to each.
const RANGE: [&str; 2] = ["__MIN", "__MAX"];

/// The columns of a table without the names of runs.
#[derive(Debug, PartialEq)]
pub(crate) struct Columns<'a> {
    /// What each column is; empty for the range of another.
    pub(crate) names: Vec<&'a str>,
    /// The run that each column is of, where they say it.
    pub(crate) runs: Vec<Option<&'a str>>,
}

/// Tells the names of runs from those of quantities, where a range beside each quantity shows such an export.
pub(crate) fn columns(mut names: Vec<&str>) -> Columns<'_> {
    let mut runs = vec![None; names.len()];
    let all = names.clone();
    let ranged = |name: &str| RANGE.iter().all(|end| all.contains(&format!("{name}{end}").as_str()));
    for (name, run) in names.iter_mut().zip(&mut runs) {
        let base = RANGE.iter().find_map(|end| name.strip_suffix(end));
        if base.is_some_and(|base| all.contains(&base)) {
            *name = "";
        } else if let Some((of, quantity)) = name.rsplit_once(SEPARATOR).filter(|_| ranged(name))
            // A run that is named after its photos says what they are.
            && split_word(of).is_none()
        {
            (*name, *run) = (quantity, Some(of));
        }
    }
    Columns { names, runs }
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn charts_of_several_runs_are_told_from_tables_of_one() {
        let ranged = |name: &str| [name.to_owned(), format!("{name}__MIN"), format!("{name}__MAX")];
        let chart =
            [vec!["Step".to_owned()], ranged("a-1 - loss").into(), ranged("b - 2 - loss").into()].concat();
        let found = columns(chart.iter().map(String::as_str).collect());
        assert_eq!(found.names, ["Step", "loss", "", "", "loss", "", ""]);
        assert_eq!(found.runs, [None, Some("a-1"), None, None, Some("b - 2"), None, None]);
        let plain = vec!["epoch", "train - loss", "val - loss", "lr__MIN"];
        assert_eq!(columns(plain.clone()).names, plain);
    }
}
