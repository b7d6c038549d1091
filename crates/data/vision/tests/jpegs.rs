//! JPEGs as cameras, phones and broken copies make them: scans of their own, missing data, several pictures in a file.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::flat_jpeg::FlatJpeg;
use common::{QUARTERS, encode, fixture, middles, near, noise, quarters};
use foliar_vision::decode::inspect;
use foliar_vision::{Limits, Reason, Resizer, Rgb, decode_bytes, decode_reduced};
use image::{GrayImage, ImageFormat, Luma};

const END: [u8; 2] = [0xFF, 0xD9];

fn whole(bytes: &[u8]) -> Result<Rgb, Reason> {
    decode_bytes(bytes, &Limits::default())
}

fn reduced(bytes: &[u8], side: u32) -> Result<Rgb, Reason> {
    decode_reduced(bytes, side, &Limits::default(), &mut Resizer::default())
}

/// Reduced for thumbnails, for audits, for training, and not at all: by both decoders.
fn every_way(bytes: &[u8]) -> Vec<Result<Rgb, Reason>> {
    let mut results: Vec<_> = [16, 24, 64, 1000].map(|side| reduced(bytes, side)).into();
    results.push(whole(bytes));
    results
}

#[test]
fn components_in_scans_of_their_own() {
    for sampling in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)] {
        for interleaved in [true, false] {
            for restart_interval in [0, 5] {
                for (width, height) in [(96, 64), (90, 60), (960, 640)] {
                    let file = FlatJpeg { width, height, sampling, interleaved, restart_interval };
                    for picture in every_way(&file.bytes(QUARTERS)) {
                        let found = middles(&picture.unwrap());
                        assert!(
                            near(found, QUARTERS, 3),
                            "{sampling:?} {interleaved} {restart_interval} {width} x {height}: {found:?}"
                        );
                    }
                }
            }
        }
    }
}

/// A JPEG of four inks, each of them a picture of its own, in a scan of its own. `transform` is what Adobe's segment says, if it is there.
fn inks_apart(inks: &[GrayImage; 4], transform: Option<u8>) -> Vec<u8> {
    let planes = inks.clone().map(|ink| encode(ink, ImageFormat::Jpeg));
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker][..], &length, content].concat()
    };
    let adobe =
        transform.map(|transform| segment(0xEE, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat()));
    let mut file = [&[0xFF, 0xD8], &adobe.unwrap_or_default()[..]].concat();
    for (index, plane) in planes.iter().enumerate() {
        let mut place = 2;
        loop {
            let (marker, length) =
                (plane[place + 1], usize::from(u16::from_be_bytes([plane[place + 2], plane[place + 3]])));
            let content = &plane[place + 4..place + 2 + length];
            place += 2 + length;
            match marker {
                0xDB | 0xC4 if index == 0 => file.extend(segment(marker, content)),
                0xC0 if index == 0 => {
                    let components: Vec<u8> = (1..5).flat_map(|id| [id, 0x11, 0]).collect();
                    file.extend(segment(marker, &[&content[..5], &[4], &components].concat()));
                }
                0xDA => break,
                _ => {}
            }
        }
        file.extend(segment(0xDA, &[1, index as u8 + 1, 0, 0, 63, 0]));
        file.extend(&plane[place..plane.len() - 2]);
    }
    [file, END.to_vec()].concat()
}

#[test]
fn inks_in_scans_of_their_own() {
    let ink = |of: &dyn Fn([u8; 3]) -> u8| {
        GrayImage::from_fn(80, 64, |x, y| Luma([of(quarters(80, 64).get_pixel(x, y).0)]))
    };
    let full = ink(&|_| 255);
    let plain = [0, 1, 2].map(|channel| ink(&|colour| colour[channel]));
    let [red, green, blue] = plain.clone();
    // Adobe's programs store what is left of white; others the inks.
    let kept = [red, green, blue, full];
    let inks =
        kept.clone().map(|ink| GrayImage::from_fn(80, 64, |x, y| Luma([255 - ink.get_pixel(x, y).0[0]])));
    for file in [inks_apart(&kept, Some(0)), inks_apart(&inks, None)] {
        for picture in every_way(&file) {
            let found = middles(&picture.unwrap());
            assert!(near(found, QUARTERS, 4), "{found:?}");
        }
    }
    // Luma and chroma of the inks, and no black.
    let grey = [ink(&|colour| 255 - colour[0]), ink(&|_| 128), ink(&|_| 128), ink(&|_| 255)];
    for picture in every_way(&inks_apart(&grey, Some(2))) {
        let found = middles(&picture.unwrap());
        assert!(near(found, QUARTERS.map(|colour| [colour[0]; 3]), 4), "{found:?}");
    }
}

#[test]
fn inks_of_unusual_sizes_are_refused() {
    let mut file = fixture("cmyk.jpg");
    let frame = file.windows(2).position(|two| matches!(two, [0xFF, 0xC0..=0xC2])).unwrap();
    for (component, sampling) in [(3, 0x12), (1, 0x12), (0, 0x21)] {
        let byte = &mut file[frame + 10 + 3 * component + 1];
        let usual = std::mem::replace(byte, sampling);
        for result in every_way(&file) {
            assert!(matches!(result, Err(Reason::Unsupported { .. })), "{component}: {result:?}");
        }
        file[frame + 10 + 3 * component + 1] = usual;
    }
    assert!(every_way(&file).iter().all(Result::is_ok));
}

/// Places where the picture data of `file` may be cut: shares of it.
fn cuts(file: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let scan = file.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let start = scan + 2 + usize::from(u16::from_be_bytes([file[scan + 2], file[scan + 3]]));
    let data = file.len() - 2 - start;
    [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97]
        .map(|share| file[..start + (share * data as f64) as usize].to_vec())
        .into_iter()
}

#[test]
fn data_that_ends_before_the_last_block_is_found_in_every_way() {
    let photo = encode(noise(3, 400, 300), ImageFormat::Jpeg);
    let flat = |interleaved, restart_interval| {
        FlatJpeg { interleaved, restart_interval, ..FlatJpeg::plain(800, 600) }.bytes(QUARTERS)
    };
    for file in [photo, flat(true, 0), flat(true, 7), flat(false, 0), flat(false, 50), fixture("cmyk.jpg")] {
        assert!(every_way(&file).iter().all(Result::is_ok));
        for cut in cuts(&file) {
            for bytes in [[&cut[..], &END].concat(), cut] {
                for result in every_way(&bytes) {
                    assert_eq!(
                        result.unwrap_err(),
                        Reason::Truncated,
                        "{} of {} bytes",
                        bytes.len(),
                        file.len()
                    );
                }
            }
        }
    }
}

#[test]
fn a_header_that_is_higher_than_its_data() {
    let file = FlatJpeg::plain(400, 300).resized(400, 600);
    for result in every_way(&file) {
        assert_eq!(result.unwrap_err(), Reason::Truncated);
    }
}

#[test]
fn cut_progressive_files_are_refused_or_remarked() {
    let file = fixture("progressive.jpg");
    let starts: Vec<usize> =
        (0..file.len() - 1).filter(|&place| file[place..place + 2] == [0xFF, 0xDA]).collect();
    assert!(starts.len() > 3);
    for &start in &starts[1..] {
        let bytes = [&file[..start], &END].concat();
        let header = inspect(&bytes, &Limits::default());
        // Coarse, but a picture, as soon as all components have begun.
        assert!(header.is_err() || header.unwrap().remarks == [Reason::ScansMissing], "cut at {start}");
    }
    assert_eq!(inspect(&file, &Limits::default()).unwrap().remarks, []);
}

#[test]
fn a_missing_end_marker_alone_is_a_remark() {
    for file in [
        FlatJpeg::plain(96, 64).bytes(QUARTERS),
        FlatJpeg { interleaved: false, ..FlatJpeg::plain(96, 64) }.bytes(QUARTERS),
        encode(noise(4, 200, 300), ImageFormat::Jpeg),
        fixture("progressive.jpg"),
    ] {
        let bytes = &file[..file.len() - 2];
        assert_eq!(inspect(bytes, &Limits::default()).unwrap().remarks, [Reason::NoEndMarker]);
        assert_eq!(every_way(bytes), every_way(&file));
        // Zeros of a disk that was not written to the end.
        assert_eq!(every_way(&[bytes, &[0; 100]].concat()), every_way(&file));
    }
}

#[test]
fn zeros_in_the_place_of_picture_data_are_no_pixels() {
    let file = encode(noise(4, 200, 300), ImageFormat::Jpeg);
    for share in [3, 5, 8] {
        let (written, lost) = file.split_at(file.len() * share / 10);
        for zeros in [lost.len(), lost.len() / 2] {
            let found = inspect(&[written, &vec![0; zeros]].concat(), &Limits::default());
            assert!(matches!(found.map(|found| found.remarks), Err(Reason::Truncated)), "{share} {zeros}");
        }
    }
}

#[test]
fn of_several_pictures_in_a_file_the_first_is_read() {
    let first = FlatJpeg::plain(96, 64).bytes(QUARTERS);
    let second = encode(noise(5, 200, 300), ImageFormat::Jpeg);
    let file = [&first[..], &second].concat();
    assert_eq!(every_way(&file), every_way(&first));
    assert_eq!(inspect(&file, &Limits::default()).unwrap().remarks, []);
}

#[test]
fn repeated_scans_cost_no_time() {
    let file = FlatJpeg { interleaved: false, ..FlatJpeg::plain(2_000, 2_000) }.bytes(QUARTERS);
    let start = file.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let scans = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0].repeat(200_000);
    let bomb = [&file[..start], &scans, &END].concat();
    let begun = std::time::Instant::now();
    assert!(every_way(&bomb).iter().all(Result::is_err));
    let progressive = fixture("progressive.jpg");
    let start = progressive.windows(2).rposition(|two| two == [0xFF, 0xDA]).unwrap();
    let bomb =
        [&progressive[..start], &progressive[start..progressive.len() - 2].repeat(5_000), &END].concat();
    every_way(&bomb);
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
