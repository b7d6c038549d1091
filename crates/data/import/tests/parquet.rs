//! Parquet files as folders of photos.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foliar_import::{ImportError, Imported, Wanted, import_parquet};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "message schema {
    optional group image { optional binary bytes; optional binary path (UTF8); }
    optional int64 label;
}";
const DESCRIPTION: &str = r#"{"info": {"features": {"image": {"_type": "Image"},
    "label": {"_type": "ClassLabel", "names": ["leaf rust", "leaf/scab", "leaf:scab"]}}}}"#;
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0 a photo";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n another";

/// Bytes, path and label of a row.
type Written<'a> = (Option<&'a [u8]>, Option<&'a str>, Option<i64>);

fn write(path: &Path, groups: &[&[Written]], compression: Compression) {
    let description = KeyValue::new("huggingface".to_owned(), DESCRIPTION.to_owned());
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_key_value_metadata(Some(vec![description]))
        .build();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    for rows in groups {
        let mut group = writer.next_row_group().unwrap();
        let mut texts = |of: &dyn Fn(&Written) -> Option<ByteArray>| {
            let mut column = group.next_column().unwrap().unwrap();
            let values: Vec<ByteArray> = rows.iter().filter_map(of).collect();
            let levels: Vec<i16> = rows.iter().map(|row| if of(row).is_some() { 2 } else { 1 }).collect();
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        };
        texts(&|row| row.0.map(|bytes| ByteArray::from(bytes.to_vec())));
        texts(&|row| row.1.map(ByteArray::from));
        let mut column = group.next_column().unwrap().unwrap();
        let values: Vec<i64> = rows.iter().filter_map(|row| row.2).collect();
        let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.2.is_some())).collect();
        column.typed::<Int64Type>().write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn import(files: &[PathBuf], out: &Path) -> Result<Imported, ImportError> {
    import_parquet(files, out, &Wanted::default(), &mut |_| {})
}

/// Every file below a folder, by path below it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn photos_are_written_by_part_and_class() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let train: &[Written] = &[
        (Some(JPEG), Some("a/x.jpg"), Some(0)),
        (Some(PNG), Some("b/x.jpg"), Some(0)),
        (Some(JPEG), Some("X.jpg"), Some(0)),
        (Some(JPEG), None, Some(1)),
        (Some(JPEG), Some("../../out.jpeg"), Some(2)),
    ];
    let broken: &[Written] = &[
        (None, Some("far.jpg"), Some(0)),
        (Some(JPEG), None, Some(-1)),
        (Some(JPEG), None, Some(3)),
        (Some(JPEG), None, None),
        (Some(b"text"), None, Some(0)),
        (Some(b""), None, Some(0)),
    ];
    write(&at("train-00000-of-00001.parquet"), &[train, broken], Compression::SNAPPY);
    write(&at("test-00000-of-00001.parquet"), &[&train[..2]], Compression::ZSTD(Default::default()));
    let paths = [at("train-00000-of-00001.parquet"), at("test-00000-of-00001.parquet")];
    let imported = import(&paths, &at("photos")).unwrap();
    assert_eq!(
        files(&at("photos")),
        [
            "test/leaf rust/x.jpg",
            "test/leaf rust/x.png",
            "train/leaf rust/X-2.jpg",
            "train/leaf rust/x.jpg",
            "train/leaf rust/x.png",
            "train/leaf_scab-2/out.jpeg",
            "train/leaf_scab/000003.jpg",
        ]
    );
    assert_eq!(fs::read(at("photos/train/leaf rust/x.png")).unwrap(), PNG);
    assert_eq!((imported.photos, imported.left_out, imported.classes.len()), (7, 6, 3));
    let rows: Vec<u64> = imported.problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [6, 7, 8, 9, 10, 11], "{:?}", imported.problems);
    // Nothing is written over, and one part needs no folder of its own.
    assert!(matches!(import(&paths, &at("photos")), Err(ImportError::Exists { .. })));
    import(&paths[..1], &at("one")).unwrap();
    assert!(files(&at("one")).contains(&"leaf rust/x.jpg".to_owned()));
}

#[test]
fn damaged_files_leave_nothing_and_end_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rows: Vec<Written> = (0..20).map(|row| (Some(JPEG), None, Some(row % 3))).collect();
    write(&at("train.parquet"), &[&rows, &rows], Compression::SNAPPY);
    let whole = fs::read(at("train.parquet")).unwrap();
    for place in (0..whole.len()).step_by(7) {
        let mut altered = whole.clone();
        altered[place] ^= 0x5A;
        fs::write(at("altered.parquet"), &altered).unwrap();
        let out = at(&format!("out-{place}"));
        let ended = import(&[at("altered.parquet")], &out);
        assert_eq!(ended.is_ok(), out.exists());
        fs::write(at("altered.parquet"), &whole[..place]).unwrap();
        let error = import(&[at("altered.parquet")], &at("cut")).unwrap_err().to_string();
        assert!(error.contains("no whole Parquet file") || error.contains("damaged"), "{error}");
    }
    let left = fs::read_dir(folder.path()).unwrap();
    let partial =
        left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(partial.count(), 0);
}
