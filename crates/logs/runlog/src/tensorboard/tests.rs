//! The file is read back by a parser of its own, with a CRC computed bit by bit.

use std::fs;
use std::path::{Path, PathBuf};

use super::{PREFIX, TensorboardWriter, length_until};
use crate::event::{Epoch, samples};

const TIME: f64 = 1_700_000_000.5;

fn crc32c_bitwise(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

fn check_crc(bytes: &[u8], stored: &[u8]) {
    let masked = u32::from_le_bytes(stored.try_into().unwrap());
    let rotated = masked.wrapping_sub(0xa282_ead8);
    let crc = rotated.rotate_left(15);
    assert_eq!(crc, crc32c_bitwise(bytes));
}

fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        check_crc(&bytes[..8], &bytes[8..12]);
        let end = 12 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        check_crc(&bytes[12..end], &bytes[end..end + 4]);
        records.push(&bytes[12..end]);
        bytes = &bytes[end + 4..];
    }
    records
}

/// Fields of a message whose keys, lengths and integers all fit one byte or two.
fn fields(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (field, wire_type) = (bytes[0] >> 3, bytes[0] & 7);
        bytes = &bytes[1..];
        let length = match wire_type {
            0 => 1,
            1 => 8,
            5 => 4,
            _ => {
                let mut length = usize::from(bytes[0] & 0x7f);
                if bytes[0] >= 0x80 {
                    length += usize::from(bytes[1]) << 7;
                    bytes = &bytes[1..];
                }
                bytes = &bytes[1..];
                length
            }
        };
        fields.push((field, &bytes[..length]));
        bytes = &bytes[length..];
    }
    fields
}

fn scalars(record: &[u8]) -> (f64, u8, Vec<(String, f32)>) {
    let event = fields(record);
    let numbers: Vec<u8> = event.iter().map(|field| field.0).collect();
    assert_eq!(numbers, [1, 2, 5]);
    let values = fields(event[2].1)
        .into_iter()
        .map(|(_, value)| {
            let value = fields(value);
            assert_eq!(value[2], (9, b"\x0a\x09\x0a\x07scalars".as_slice()));
            let tag = String::from_utf8(value[0].1.to_vec()).unwrap();
            (tag, f32::from_le_bytes(value[1].1.try_into().unwrap()))
        })
        .collect();
    (f64::from_le_bytes(event[0].1.try_into().unwrap()), event[1].1[0], values)
}

fn file_in(folder: &Path) -> PathBuf {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.pop().unwrap()
}

#[test]
fn the_first_record_is_golden() {
    let folder = tempfile::tempdir().unwrap();
    TensorboardWriter::create(folder.path(), TIME).unwrap();
    let path = file_in(folder.path());
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("events.out.tfevents.1700000000."), "{name}");
    let mut expected = Vec::new();
    expected.extend_from_slice(&[24, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[0xa3, 0x7f, 0x4b, 0x22]);
    expected.extend_from_slice(b"\x09\x00\x00\x20\x40\xfc\x54\xd9\x41");
    expected.extend_from_slice(b"\x1a\x0dbrain.Event:2");
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes[..expected.len()], expected);
    assert_eq!(bytes.len(), expected.len() + 4);
}

#[test]
fn an_independent_parser_reads_every_scalar() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = TensorboardWriter::create(folder.path(), TIME).unwrap();
    writer.append(&samples::epoch(1), TIME + 28.0).unwrap();
    let without_validation = Epoch {
        train_loss: f64::NAN,
        validation_loss: None,
        validation_accuracy: None,
        validation_macro_f1: None,
        calibrated_loss: None,
        ..samples::epoch(2)
    };
    writer.append(&without_validation, TIME + 56.0).unwrap();

    let bytes = fs::read(file_in(folder.path())).unwrap();
    let records = records(&bytes);
    assert_eq!(records.len(), 3);
    let expected = [
        ("loss/train", 0.482),
        ("loss/validation", 0.391),
        ("accuracy/train", 0.8125),
        ("accuracy/validation", 0.884),
        ("macro_f1/validation", 0.871),
        ("learning_rate", 0.01),
        ("epoch_seconds", 28.4),
    ]
    .map(|(tag, value): (&str, f32)| (tag.to_owned(), value));
    assert_eq!(scalars(records[1]), (TIME + 28.0, 1, expected.to_vec()));
    let (_, step, values) = scalars(records[2]);
    let tags: Vec<&str> = values.iter().map(|(tag, _)| tag.as_str()).collect();
    assert_eq!((step, tags), (2, vec!["loss/train", "accuracy/train", "learning_rate", "epoch_seconds"]));
    assert!(values[0].1.is_nan());
}

#[test]
fn resuming_keeps_whole_records_up_to_the_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = TensorboardWriter::create(folder.path(), TIME).unwrap();
    for number in 1..=3 {
        writer.append(&samples::epoch(number), TIME).unwrap();
    }
    let path = file_in(folder.path());
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = (0..=3).map(|epoch| length_until(&whole, epoch)).collect();
    assert!(ends.is_sorted() && ends[0] > 0 && ends[3] == whole.len(), "{ends:?}");

    for (torn, last) in [(whole.len(), 3), (whole.len() - 1, 3), (whole.len() - 1, 1), (ends[2] + 5, 2)] {
        fs::write(&path, &whole[..torn]).unwrap();
        let mut writer = TensorboardWriter::resume(folder.path(), last, TIME + 99.0).unwrap();
        let kept = ends[..=last as usize].iter().rfind(|&&end| end <= torn).copied().unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole[..kept], "torn at {torn}, epoch {last}");
        for (number, _) in ends.iter().enumerate().skip(1).filter(|&(_, &end)| end > kept) {
            writer.append(&samples::epoch(number as u32), TIME).unwrap();
        }
        assert_eq!(fs::read(file_in(folder.path())).unwrap(), whole);
    }
}

#[test]
fn resuming_without_a_readable_file_begins_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{PREFIX}0000000001.here")), "noise").unwrap();
    TensorboardWriter::resume(folder.path(), 5, TIME).unwrap();
    assert_eq!(records(&fs::read(file_in(folder.path())).unwrap()).len(), 1);

    let empty = tempfile::tempdir().unwrap();
    TensorboardWriter::resume(empty.path(), 5, TIME).unwrap();
    assert_eq!(records(&fs::read(file_in(empty.path())).unwrap()).len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let path = PathBuf::from("/dev/full");
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let error = TensorboardWriter { path, file }.append(&samples::epoch(1), TIME).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}
