//! A part of a manifest: its slices, each a file that is whole or absent.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use foliar_files::Printable as _;
use foliar_vision::counted;

use super::classify::{Classify, Seen};
use super::job::Job;
use super::manifest::Manifest;
use super::part::Part;
use super::slice::{self, Head, Slice, SliceError};
use super::tally::Tally;
use crate::arguments::ProgressFormat;
use crate::commands::place::Place;
use crate::exit::{Exit, UsageError};
use crate::interrupt;

/// Makes the slices of `part` in `folder` that are not there.
pub(super) fn run(
    classifier: &mut dyn Classify,
    manifest: &Manifest,
    (job, part): (&Job, Part),
    folder: &Place,
    progress: Option<ProgressFormat>,
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    folder.make().with_context(|| format!("{} cannot be made", folder.path().shown()))?;
    let there_already =
        folder.names().with_context(|| format!("{} cannot be read", folder.path().shown()))?;
    let slices: Vec<usize> = part.of(job.slices()).collect();
    let rows = slices.iter().map(|&slice| job.range(slice).len()).sum();
    let mut tally = Tally::new(progress, rows);
    let mut missing = Vec::new();
    for number in slices.iter().copied() {
        let name = slice::name(number);
        let is_there = there_already.binary_search(&name).is_ok();
        let found = if is_there { there(&folder.join(&name), number, job)? } else { None };
        match found {
            Some(slice) => tally.skip(slice.head.rows, slice.failures),
            None => missing.push(number),
        }
    }
    let head = classifier.head()?;
    for number in missing {
        let range = job.range(number);
        let about = Head::new(number, range.start, range.len(), head.clone(), job.clone());
        let before = tally.counts().failures;
        let mut asked = false;
        let written = slice::write(&folder.join(&slice::name(number)), &about, |out: &mut dyn Write| {
            let row = &mut |seen: Seen<'_>| {
                tally.row(seen.failed);
                asked = interrupt::asked();
                if asked { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let ended = classifier.table(&mut std::iter::once(manifest.inputs(range)), out, row)?;
            anyhow::ensure!(ended.is_continue(), "interrupted");
            Ok(tally.counts().failures - before)
        });
        if asked {
            tally.end();
            say!(
                "interrupted; the slices that are there are kept, and the same command goes on with the next one"
            );
            return Ok(Exit::Interrupted);
        }
        written?;
    }
    tally.end();
    let counts = tally.counts();
    let there = match counts.skipped {
        0 => String::new(),
        skipped => format!("; {} there already", counted(skipped, "row was", "rows were")),
    };
    say!(
        "part {part}: {} of {} with {}, {} cannot be read{there}",
        counted(slices.len(), "slice", "slices"),
        job.slices(),
        counted(rows, "row", "rows"),
        counted(counts.failures, "photo", "photos"),
    );
    Ok(Exit::with_problems(counts.failures > 0))
}

/// The slice at `place`, if it is whole. One that is damaged is made again, which is said.
fn there(place: &Place, number: usize, job: &Job) -> anyhow::Result<Option<Slice>> {
    let path: PathBuf = place.path();
    let slice = match Slice::open(place) {
        Ok(slice) => slice,
        Err(error @ SliceError::Damaged { .. }) => {
            say!("{error}; it is made again");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(difference) = slice.head.job.difference(job) {
        let what = format!(
            "{} was made with {difference}; give another --out, or delete the slices that are there",
            path.shown()
        );
        return Err(UsageError(what).into());
    }
    if slice.head.slice != number {
        let what = format!("{} is slice {} and was renamed; move it away", path.shown(), slice.head.slice);
        return Err(UsageError(what).into());
    }
    Ok(Some(slice))
}
