//! Rows as Apache Parquet: the cells of the table of comma-separated values, with types.
//!
//! Every column is optional: an empty cell is null. Probabilities and distances are doubles, `abstained` is a boolean, `views` an
//! integer, all else text. Values have the digits of the other table, so that both say the same.

use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

/// Rows of a row group, which are in memory together.
const GROUP: usize = 10_000;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Real,
    Flag,
    Count,
}

impl Kind {
    /// By the name that the column has in the table of comma-separated values.
    fn of(name: &str) -> Self {
        let ranked = name.strip_prefix("candidate_").and_then(|rest| rest.strip_suffix("_probability"));
        match name {
            "probability" | "distance" => Self::Real,
            "abstained" => Self::Flag,
            "views" => Self::Count,
            _ if name.starts_with("p:") || ranked.is_some() => Self::Real,
            _ => Self::Text,
        }
    }

    fn of_parquet(self) -> (Physical, Option<LogicalType>) {
        match self {
            Self::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Real => (Physical::DOUBLE, None),
            Self::Flag => (Physical::BOOLEAN, None),
            Self::Count => (Physical::INT32, None),
        }
    }
}

/// Writes rows of cells.
pub(super) struct Columnar<W: Write> {
    out: W,
    /// What the writer has written and `out` has not.
    sink: Sink,
    writer: SerializedFileWriter<Sink>,
    kinds: Vec<Kind>,
    /// The cells of a row group, by column.
    cells: Vec<Vec<String>>,
}

impl<W: Write> Columnar<W> {
    /// A table with these columns.
    pub(super) fn new(out: W, header: &[String]) -> io::Result<Self> {
        let kinds: Vec<Kind> = header.iter().map(|name| Kind::of(name)).collect();
        let column = |(name, kind): (&String, &Kind)| -> Result<TypePtr, ParquetError> {
            let (physical, logical) = kind.of_parquet();
            let builder = Type::primitive_type_builder(name, physical).with_logical_type(logical);
            Ok(Arc::new(builder.with_repetition(Repetition::OPTIONAL).build()?))
        };
        let fields = header.iter().zip(&kinds).map(column).collect::<Result<_, _>>().map_err(failed)?;
        let schema = Type::group_type_builder("predictions").with_fields(fields).build().map_err(failed)?;
        let written_by = concat!("foliar ", env!("CARGO_PKG_VERSION"));
        let properties = WriterProperties::builder().set_created_by(written_by.to_owned()).build();
        let sink = Sink::default();
        let writer = SerializedFileWriter::new(sink.clone(), Arc::new(schema), Arc::new(properties));
        let cells = vec![Vec::new(); kinds.len()];
        Ok(Self { out, sink, writer: writer.map_err(failed)?, kinds, cells })
    }

    /// A row, with a cell for each column.
    pub(super) fn write(&mut self, row: Vec<String>) -> io::Result<()> {
        if row.len() != self.cells.len() {
            return Err(io::Error::other("a row has another number of cells than the table has columns"));
        }
        self.cells.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
        if self.cells.first().is_some_and(|column| column.len() >= GROUP) { self.group() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.group()?;
        self.writer.close().map_err(failed)?;
        self.out.write_all(&self.sink.taken())?;
        self.out.flush()
    }

    /// Writes the rows in memory as a row group.
    fn group(&mut self) -> io::Result<()> {
        if self.cells.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for (kind, cells) in self.kinds.iter().zip(&mut self.cells) {
            write_column(&mut group, *kind, &take(cells)).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.out.write_all(&self.sink.taken())
    }
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, Sink>,
    kind: Kind,
    cells: &[String],
) -> Result<(), ParquetError> {
    let wrong = |cell: &str| ParquetError::General(format!("{cell:?} is no value of its column"));
    fn values<'a, T>(
        cells: &'a [String],
        of: impl Fn(&'a str) -> Option<T>,
        wrong: impl Fn(&str) -> ParquetError,
    ) -> Result<Vec<T>, ParquetError> {
        let filled = cells.iter().filter(|cell| !cell.is_empty());
        filled.map(|cell| of(cell).ok_or_else(|| wrong(cell))).collect()
    }
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect();
    match kind {
        Kind::Text => {
            batch::<ByteArrayType>(group, &values(cells, |cell| Some(ByteArray::from(cell)), wrong)?, &levels)
        }
        Kind::Real => batch::<DoubleType>(group, &values(cells, |cell| cell.parse().ok(), wrong)?, &levels),
        Kind::Flag => batch::<BoolType>(group, &values(cells, |cell| cell.parse().ok(), wrong)?, &levels),
        Kind::Count => batch::<Int32Type>(group, &values(cells, |cell| cell.parse().ok(), wrong)?, &levels),
    }
}

/// Writes the next column: its values, and for each cell 1, or 0 where it is null.
fn batch<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Sink>,
    values: &[T::T],
    levels: &[i16],
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the table has no such column".to_owned()));
    };
    column.typed::<T>().write_batch(values, Some(levels), None)?;
    column.close()
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => io::Error::other(error),
        error => io::Error::other(format!("the Parquet file cannot be written: {error}")),
    }
}

/// Bytes on their way to an output that does not leave its thread.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn taken(&self) -> Vec<u8> {
        take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::*;

    #[test]
    fn cells_are_read_back_with_their_types() {
        let header = [
            "path",
            "class",
            "probability",
            "abstained",
            "candidate_1_probability",
            "p:scab",
            "views",
            "error",
        ];
        let header: Vec<String> = header.map(str::to_owned).into();
        let mut bytes = Vec::new();
        let mut table = Columnar::new(&mut bytes, &header).unwrap();
        let rows = 2 * GROUP + 3;
        for row in 0..rows {
            let cells = match row % 2 {
                0 => [
                    format!("{row}.jpg"),
                    "rust".into(),
                    "0.750000".into(),
                    "false".into(),
                    "0.75".into(),
                    "0.25".into(),
                    "4".into(),
                    String::new(),
                ],
                _ => [
                    format!("{row}.jpg"),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    "the file is empty".into(),
                ],
            };
            table.write(cells.into()).unwrap();
        }
        assert!(table.write(vec![String::new()]).is_err());
        table.finish().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 3);
        let mut count = 0;
        for (row, read) in reader.get_row_iter(None).unwrap().enumerate() {
            let read = read.unwrap();
            assert_eq!(read.get_string(0).unwrap(), &format!("{row}.jpg"));
            if row % 2 == 0 {
                assert!((read.get_double(2).unwrap() - 0.75).abs() < 1e-12 && !read.get_bool(3).unwrap());
                assert!(read.get_int(6).unwrap() == 4 && read.get_string(7).is_err());
            } else {
                assert!(read.get_double(2).is_err() && read.get_string(7).unwrap() == "the file is empty");
            }
            count += 1;
        }
        assert_eq!(count, rows);
    }

    #[test]
    fn a_cell_that_is_no_number_is_an_error() {
        let mut table = Columnar::new(Vec::new(), &["probability".to_owned()]).unwrap();
        table.write(vec!["high".to_owned()]).unwrap();
        assert!(table.finish().unwrap_err().to_string().contains("high"));
    }
}
