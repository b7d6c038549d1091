//! Parquet files of Hugging Face.

use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use foliar_vision::format::{ExtensionHint, Format};
use foliar_vision::limits::Limits;
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use crate::columns::{Columns, Wanted};
use crate::error::ImportError;
use crate::part::parts;
use crate::photo_folder::PhotoFolder;

/// Name of the entry of a schema that describes its columns.
const DESCRIPTION: &str = "huggingface";
/// Problems that are listed; of more the number is told.
const LISTED: usize = 1000;

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The file.
    pub file: PathBuf,
    /// Number of the row in it, from 1.
    pub row: u64,
    /// What is wrong.
    pub what: String,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Photos that were written.
    pub photos: u64,
    /// Their classes.
    pub classes: BTreeSet<String>,
    /// Names of the folders of parts; none where all photos are of one.
    pub parts: BTreeSet<&'static str>,
    /// Rows that were left out, the first thousand of them.
    pub problems: Vec<RowProblem>,
    /// Number of rows that were left out.
    pub left_out: u64,
}

/// Writes the photos of Parquet files into the new folder `out`; `seen` is told the number of rows after each.
///
/// # Errors
/// [`ImportError`]; then `out` is as it was.
pub fn import_parquet(
    files: &[PathBuf],
    out: &Path,
    wanted: &Wanted,
    seen: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    let parts = parts(files)?;
    let mut sources = Vec::new();
    for file in files {
        sources.push(guarded(file, || Source::open(file, wanted))?);
    }
    let mut folder = PhotoFolder::begin(out)?;
    let mut imported = Imported::default();
    let mut rows = 0;
    for (source, part) in sources.iter().zip(&parts) {
        for group in 0..source.reader.num_row_groups() {
            source.read_group(group, &mut |number, said| {
                rows += 1;
                seen(rows);
                match said {
                    Ok(photo) => {
                        let path = photo.path.as_deref();
                        folder.write(part, &photo.class, path, number - 1, photo.bytes.data())?;
                        imported.photos += 1;
                        imported.classes.insert(photo.class);
                        if !part.is_empty() {
                            imported.parts.insert(part);
                        }
                    }
                    Err(what) => {
                        imported.left_out += 1;
                        if imported.problems.len() < LISTED {
                            let problem = RowProblem { file: source.path.clone(), row: number, what };
                            imported.problems.push(problem);
                        }
                    }
                }
                Ok(())
            })?;
        }
    }
    if imported.photos == 0 {
        let first = imported.problems.first().map(|first| first.what.clone());
        return Err(ImportError::Nothing { rows, first });
    }
    folder.finish()?;
    Ok(imported)
}

/// An opened file.
struct Source {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    columns: Columns,
    /// The columns of photos and labels alone.
    schema: Type,
    /// Rows before each group.
    before: Vec<u64>,
}

/// A row that can be used.
struct PhotoRow {
    class: String,
    path: Option<String>,
    bytes: parquet::data_type::ByteArray,
}

/// What becomes of a row: its number from 1, and a photo or what is wrong.
type Take<'a> = dyn FnMut(u64, Result<PhotoRow, String>) -> Result<(), ImportError> + 'a;

impl Source {
    fn open(path: &Path, wanted: &Wanted) -> Result<Self, ImportError> {
        let refused = |what: String| ImportError::File { path: path.to_owned(), what };
        let file =
            foliar_files::open(path).map_err(|source| ImportError::Io { path: path.to_owned(), source })?;
        let reader = SerializedFileReader::new(file).map_err(|error| {
            refused(format!("this is no whole Parquet file ({error}); download it again"))
        })?;
        let metadata = reader.metadata().file_metadata();
        let schema = metadata.schema();
        let header: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
        let entries = metadata.key_value_metadata().into_iter().flatten();
        let described =
            entries.filter(|entry| entry.key == DESCRIPTION).find_map(|entry| entry.value.clone());
        let columns = Columns::of(&header, described.as_deref(), wanted).map_err(refused)?;
        let read = |name: &str| name == columns.image || name == columns.label;
        let fields = schema.get_fields().iter().filter(|field| read(field.name())).cloned().collect();
        let projected = Type::group_type_builder(schema.name()).with_fields(fields).build();
        let schema = projected.map_err(|error| refused(error.to_string()))?;
        if let Some(codec) = unread_codec(reader.metadata()) {
            let what = format!(
                "its columns are compressed as {codec}, which is not read; write it again with zstd, as pyarrow does"
            );
            return Err(refused(what));
        }
        let groups = reader.metadata().row_groups().iter();
        let before = groups
            .scan(0_u64, |rows, group| {
                let before = *rows;
                *rows += u64::try_from(group.num_rows()).unwrap_or(0);
                Some(before)
            })
            .collect();
        Ok(Self { path: path.to_owned(), reader, columns, schema, before })
    }

    /// Gives the rows of a group to `take`. What is behind damage is one problem.
    fn read_group(&self, group: usize, take: &mut Take<'_>) -> Result<(), ImportError> {
        let mut number = self.before.get(group).copied().unwrap_or(0);
        let read = guarded(&self.path, || {
            let damaged =
                |what: String| format!("the rows from here to the end of their group are damaged ({what})");
            let reader = match self.reader.get_row_group(group) {
                Ok(reader) => reader,
                Err(error) => return take(number + 1, Err(damaged(error.to_string()))),
            };
            let rows = match reader.get_row_iter(Some(self.schema.clone())) {
                Ok(rows) => rows,
                Err(error) => return take(number + 1, Err(damaged(error.to_string()))),
            };
            for row in rows {
                number += 1;
                match row {
                    Ok(row) => take(number, self.photo(row))?,
                    Err(error) => return take(number, Err(damaged(error.to_string()))),
                }
            }
            Ok(())
        });
        match read {
            Err(ImportError::File { what, .. }) => take(number + 1, Err(what)),
            read => read,
        }
    }

    fn photo(&self, row: Row) -> Result<PhotoRow, String> {
        let (mut image, mut label) = (Field::Null, Field::Null);
        for (name, field) in row.into_columns() {
            if name == self.columns.image {
                image = field;
            } else if name == self.columns.label {
                label = field;
            }
        }
        let (bytes, path) = photo_of(image)?;
        let limit = Limits::default().bytes;
        if bytes.len() as u64 > limit {
            return Err(format!("the photo has {} bytes; the limit is {limit}", bytes.len()));
        }
        if bytes.data().is_empty() {
            return Err("the photo is empty".to_owned());
        }
        let hint = path.as_deref().map(|path| ExtensionHint::of(Path::new(path)));
        let named = hint.is_some_and(|hint| matches!(hint, ExtensionHint::Unsupported(_)));
        if Format::sniff(bytes.data()).is_none() && !named {
            return Err("the bytes are no image".to_owned());
        }
        Ok(PhotoRow { class: self.class_of(&label)?, path, bytes })
    }

    fn class_of(&self, label: &Field) -> Result<String, String> {
        let number = match label {
            Field::Str(text) if text.trim().is_empty() => return Err("it has no label".to_owned()),
            Field::Str(text) => return Ok(text.clone()),
            Field::Null => return Err("it has no label".to_owned()),
            Field::Bool(value) => i64::from(*value),
            Field::Byte(value) => i64::from(*value),
            Field::Short(value) => i64::from(*value),
            Field::Int(value) => i64::from(*value),
            Field::Long(value) => *value,
            Field::UByte(value) => i64::from(*value),
            Field::UShort(value) => i64::from(*value),
            Field::UInt(value) => i64::from(*value),
            Field::ULong(value) => i64::try_from(*value).map_err(|_| "its label is no class".to_owned())?,
            _ => return Err("its label is neither a name nor a number".to_owned()),
        };
        let place = usize::try_from(number).map_err(|_| "it has no label".to_owned())?;
        match &self.columns.names {
            Some(names) => {
                names.get(place).cloned().ok_or_else(|| format!("its label is {place}, which has no name"))
            }
            None => Ok(number.to_string()),
        }
    }
}

/// A codec of the file that is not read.
fn unread_codec(metadata: &ParquetMetaData) -> Option<Compression> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    columns.map(|column| column.compression()).find(|codec| *codec == Compression::LZO)
}

/// The bytes and the name of a photo: `struct<bytes, path>` in any order, or bytes alone.
fn photo_of(field: Field) -> Result<(parquet::data_type::ByteArray, Option<String>), String> {
    let no_bytes = || "the photo is not in the file, of which only the path is there".to_owned();
    match field {
        Field::Bytes(bytes) => Ok((bytes, None)),
        Field::Group(row) => {
            let (mut bytes, mut path) = (None, None);
            for (name, field) in row.into_columns() {
                match (name.as_str(), field) {
                    ("bytes", Field::Bytes(found)) => bytes = Some(found),
                    ("path", Field::Str(found)) => path = Some(found),
                    _ => {}
                }
            }
            Ok((bytes.ok_or_else(no_bytes)?, path))
        }
        Field::Null => Err("there is no photo".to_owned()),
        _ => Err("the column of photos holds no photos".to_owned()),
    }
}

/// Does work with a reader that panics on some damaged files.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, ImportError>) -> Result<T, ImportError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(ImportError::File {
            path: path.to_owned(),
            what: "the file is damaged; download it again".to_owned(),
        })
    })
}
