//! Tables with a row a measurement: one column holds the name, one the value.
//!
//! | columns                                          | written by                     |
//! | ------------------------------------------------ | ------------------------------ |
//! | `run_id, key, value, step, timestamp`            | MLflow                         |
//! | `metricName, metricValue, step, epoch`           | Comet                          |
//! | `metric.name, metric.context, step, value`       | Aim                            |
//! | `set, metric, epoch, value`                      | luz, and R's Keras as `data`   |
//! | `epoch, variable, value`                         | pandas' `melt`                 |
//! | `Wall time, Step, Value`, `step, value`          | TensorBoard, Neptune: a file a curve, whose name is the curve's |

use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::column_use::Use;
use crate::fold;
use crate::meaning::{Field, Meaning, Quantity};
use crate::run_log::Split;
use crate::scalars::Place;
use crate::split_word::split_in;

/// Names of columns of names, the most telling first.
const KEYS: [&str; 10] =
    ["metric name", "metric key", "metric", "scalar", "tag", "key", "variable", "measure", "series", "name"];
const AMOUNTS: [&str; 3] = ["metric value", "value", "values"];
const RUNS: [&str; 12] = [
    "run",
    "run id",
    "run uuid",
    "run hash",
    "run name",
    "run key",
    "experiment",
    "experiment key",
    "trial",
    "trial id",
    "trial name",
    "name",
];

/// Which columns hold what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LongForm {
    /// The column of names; without one all values are of one curve.
    key: Option<usize>,
    amount: usize,
    run: Option<usize>,
}

impl LongForm {
    /// The form of a table with columns of these names and meanings, if it has a row a measurement.
    pub(crate) fn of(names: &[&str], fields: &[Field]) -> Option<Self> {
        let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let find = |known: &[&str], but: Option<usize>| {
            known.iter().find_map(|known| {
                plain.iter().enumerate().position(|(index, name)| name == known && Some(index) != but)
            })
        };
        let amount = find(&AMOUNTS, None)?;
        let key = find(&KEYS, None);
        let run = find(&RUNS, key);
        let counts = fields.iter().any(|field| matches!(field, Field::Epoch | Field::Step));
        let measures =
            |field: &Field| matches!(field, Field::Value(Meaning { quantity, .. }) if quantity.has_split());
        // A file of one curve has a value, a counter, and perhaps a time and an index.
        let curve = || {
            fields.iter().zip(&plain).enumerate().all(|(index, (field, name))| {
                let time = matches!(field, Field::Value(Meaning { quantity: Quantity::Seconds, .. }));
                let counter = matches!(field, Field::Epoch | Field::Step);
                index == amount
                    || time
                    || counter
                    || matches!(name.as_str(), "" | "timestamp" | "wall time" | "datetime")
            })
        };
        let fits = counts && !fields.iter().any(measures) && (key.is_some() || curve());
        fits.then_some(Self { key, amount, run })
    }

    /// Hands a row on; returns how many measurements it had.
    pub(crate) fn row<'a>(
        &self,
        uses: &[Use],
        cells: &[Cell],
        text: impl Fn(usize) -> &'a str,
        around: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> usize {
        let Some(Cell::Number(number)) = cells.get(self.amount) else { return 0 };
        let mut place = Place { epoch: f64::NAN, step: f64::NAN };
        let mut said = None;
        for (index, (one, cell)) in uses.iter().zip(cells).enumerate() {
            match (one, cell) {
                (Use::Epoch, Cell::Number(number)) => place.epoch = number.value,
                (Use::Step, Cell::Number(number)) => place.step = number.value,
                (_, Cell::Number(_)) => {}
                _ if Some(index) == self.key || Some(index) == self.run => {}
                _ => said = said.or_else(|| split_in(text(index))),
            }
        }
        let run = self.run.map_or("", &text);
        let taken = into.scalar(self.key.map(text), said.or(around), run, place, *number, line);
        usize::from(taken)
    }
}

/// The column that says which run or model a row of a wide table is of.
pub(crate) fn run_column(names: &[&str]) -> Option<usize> {
    const MODELS: [&str; 8] =
        ["model", "models", "model name", "backbone", "network", "architecture", "fold", "seed"];
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    RUNS.iter().chain(&MODELS).find_map(|known| plain.iter().position(|name| name == known))
}

/// A name in lower case, its words separated by spaces.
fn plain(name: &str) -> String {
    let words: Vec<String> = fold::words(name, 4).into_iter().map(|word| word.text).collect();
    words.join(" ")
}
