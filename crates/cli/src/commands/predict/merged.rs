//! The slices of all tasks as one table.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_vision::counted;

use super::slice::{self, Slice, SliceError};
use crate::arguments::Format;
use crate::commands::place::Place;
use crate::commands::shell::{quoted, short};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Missing slices of which the command is told.
const NAMED: usize = 10;

/// Prints the rows of all slices in `folder`, in the order of the manifest: what `foliar predict --manifest` prints in this format.
pub(super) fn run(folder: &Path, format: Option<Format>) -> anyhow::Result<Exit> {
    let slices = find(&Place::of(folder)?)?;
    let Some(first) = slices.values().next() else {
        let what = format!("{} holds no slices; give the folder of --out", folder.shown());
        return Err(UsageError(what).into());
    };
    let job = &first.head.job;
    let missing: Vec<usize> = (0..job.slices()).filter(|number| !slices.contains_key(number)).collect();
    if !missing.is_empty() {
        return Err(absent(&missing, first, folder));
    }
    let mut out = output::data();
    match (format, job.format.as_str()) {
        (None, _) | (Some(Format::Csv), "csv") | (Some(Format::Jsonl), "jsonl") => {
            out.write_all(first.head.head.as_bytes())?;
            slices.values().try_for_each(|slice| slice.copy_rows(&mut out))?;
            out.flush()?;
        }
        #[cfg(feature = "parquet")]
        (Some(Format::Parquet), "csv") => as_parquet(&slices, &first.head.head, out)?,
        (Some(_), made) => {
            let what = format!(
                "--format: these are slices of {made}, which --merge prints as {}",
                if made == "csv" { "csv or parquet" } else { "jsonl" }
            );
            return Err(UsageError(what).into());
        }
    }
    let failures: usize = slices.values().map(|slice| slice.failures).sum();
    Ok(Exit::with_problems(failures > 0))
}

/// Writes the rows of all slices of comma-separated values, with what stands above them, as Parquet.
#[cfg(feature = "parquet")]
fn as_parquet(slices: &BTreeMap<usize, Slice>, head: &str, out: output::Output) -> anyhow::Result<()> {
    use super::columnar::Columnar;
    use foliar_files::cell;
    let cells = |record: &csv::StringRecord| -> Vec<String> {
        record.iter().map(|text| cell::original(text).to_owned()).collect()
    };
    let records =
        |bytes: Box<dyn std::io::Read>| csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut header = csv::StringRecord::new();
    records(Box::new(std::io::Cursor::new(head.to_owned()))).read_record(&mut header)?;
    let mut table = Columnar::new(out, &header.iter().map(str::to_owned).collect::<Vec<_>>())?;
    for slice in slices.values() {
        for record in records(Box::new(slice.rows()?)).records() {
            table.write(cells(&record?))?;
        }
    }
    Ok(table.finish()?)
}

/// The slices in `folder` by number, of one job.
fn find(folder: &Place) -> anyhow::Result<BTreeMap<usize, Slice>> {
    let names = folder.names().with_context(|| format!("{} cannot be read", folder.path().shown()))?;
    let mut slices: BTreeMap<usize, Slice> = BTreeMap::new();
    for name in names.iter().filter(|name| slice::is_named_so(name)) {
        let place = folder.join(name);
        let path = place.path();
        let slice = Slice::open(&place).map_err(|error| match error {
            SliceError::Damaged { .. } => anyhow::anyhow!("{error}; delete it, and run its task again"),
            error => error.into(),
        })?;
        let number = slice.head.slice;
        if let Some(first) = slices.values().next()
            && let Some(difference) = first.head.job.difference(&slice.head.job)
        {
            anyhow::bail!(
                "{} was made with {difference} than {}: the slices of one table are of one job; move the others away",
                path.shown(),
                first.path().shown()
            );
        }
        let job = &slice.head.job;
        if number >= job.slices()
            || (slice.head.first..slice.head.first.saturating_add(slice.head.rows)) != job.range(number)
        {
            anyhow::bail!(
                "{} holds other rows than its number says; delete it, and run its task again",
                path.shown()
            );
        }
        if let Some(other) = slices.get(&number) {
            anyhow::bail!(
                "{} and {} are both slice {number}; move one of them away",
                other.path().shown(),
                path.shown()
            );
        }
        slices.insert(number, slice);
    }
    Ok(slices)
}

/// Says which slices are missing and how to make them.
fn absent(missing: &[usize], one: &Slice, folder: &Path) -> anyhow::Error {
    let job = &one.head.job;
    let all = job.slices();
    say!("missing in {}; each is made by:", folder.shown());
    for number in missing.iter().take(NAMED) {
        let words = job.command.iter().map(|word| quoted(word));
        let rest =
            ["--out".to_owned(), quoted(&short(folder)), "--part".to_owned(), format!("{number}/{all}")];
        output::say_command(&words.chain(rest).collect::<Vec<_>>().join(" "));
    }
    let more = missing.len().saturating_sub(NAMED);
    if more > 0 {
        say!("and {more} more: run the tasks again, which skip what is there");
    }
    let is = if missing.len() == 1 { "is" } else { "are" };
    anyhow::anyhow!("{} of {} {is} missing", missing.len(), counted(all, "slice", "slices"))
}
