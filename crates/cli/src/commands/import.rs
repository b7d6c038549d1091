//! `foliar import`: a folder of photos of the files of another program.

use std::path::{Path, PathBuf};

use foliar_import::Wanted;

use crate::arguments::{ImportArguments, ImportSource};
use crate::exit::Exit;

pub(crate) fn run(arguments: &ImportArguments) -> anyhow::Result<Exit> {
    let ImportSource::Parquet { files, out, image_column, label_column } = &arguments.source;
    parquet(files, out, &Wanted { image: image_column.clone(), label: label_column.clone() })
}

#[cfg(feature = "parquet")]
fn parquet(files: &[PathBuf], out: &Path, wanted: &Wanted) -> anyhow::Result<Exit> {
    use foliar_files::{Printable as _, printable, quoted};
    use foliar_vision::counted;

    /// Rows that are named.
    const NAMED: usize = 10;
    let bar = crate::progress::bar(0, "{pos} rows");
    let imported = foliar_import::import_parquet(files, out, wanted, &mut |rows| bar.set_position(rows))?;
    bar.finish_and_clear();
    for problem in imported.problems.iter().take(NAMED) {
        say!("{}, row {}: {}", problem.file.shown(), problem.row, printable(&problem.what));
    }
    let left_out = usize::try_from(imported.left_out).unwrap_or(usize::MAX);
    if left_out > NAMED {
        say!("and {} more", left_out - NAMED);
    }
    let photos = usize::try_from(imported.photos).unwrap_or(usize::MAX);
    say!(
        "{} of {} in {}{}",
        counted(photos, "photo", "photos"),
        counted(imported.classes.len(), "class", "classes"),
        out.shown(),
        if left_out > 0 {
            format!("; {} left out", counted(left_out, "row is", "rows are"))
        } else {
            String::new()
        }
    );
    say!("next: foliar audit {}", quoted(&out.shown().to_string()));
    Ok(Exit::with_problems(left_out > 0))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &[PathBuf], _: &Path, _: &Wanted) -> anyhow::Result<Exit> {
    anyhow::bail!(
        "this program was built without Parquet; `cargo install --profile dist --path crates/cli --features parquet` builds it with it, and \
         `pandas.read_parquet(FILE)` in Python reads the files, too"
    )
}
