//! Malformed files and trees, each with the problem that is expected of it.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::path::Path;

use common::{
    bmp_of_size, encode, exif, fixture, gif_of_size, jpeg, jpeg_of_size, png, png_chunk, png_of_size,
    quarters, tiff_of_size, webp_of_size, with_segment, write_tree,
};
use foliar_scan::{ScanError, ScanOptions, scan, scan_for_evaluation};
use foliar_vision::{Dataset, ImageCache, Limits, Problem, Reason, Resizer, is_photo_file, load_photo};
use image::ImageFormat;

/// Two classes of two photographs each, which every test tree has beside what is wrong with it.
fn healthy_tree(root: &Path) {
    write_tree(
        root,
        &[
            ("healthy/1.png", png(1)),
            ("healthy/2.png", png(2)),
            ("rust/1.png", png(3)),
            ("rust/2.png", png(4)),
        ],
    );
}

/// Scans and decodes all, as a training run does.
fn prepare(root: &Path, limits: &Limits) -> (Dataset, Vec<Problem>) {
    let (dataset, mut problems) =
        scan(root, &ScanOptions { limits: *limits, ..ScanOptions::default() }).unwrap();
    let (dataset, store, broken) = ImageCache::prepare(dataset, 32, u64::MAX, limits, &|_| false, &|_, _| {});
    assert_eq!(store.len(), dataset.photos.len());
    problems.extend(broken);
    (dataset, problems)
}

fn codes(problems: &[Problem]) -> Vec<(String, &'static str)> {
    let mut codes: Vec<_> = problems
        .iter()
        .map(|problem| (foliar_vision::portable_name(&problem.path), problem.reason.code()))
        .collect();
    codes.sort();
    codes
}

fn first(bytes: &[u8], share: f64) -> Vec<u8> {
    bytes[..(bytes.len() as f64 * share) as usize].to_vec()
}

fn with_byte(mut bytes: Vec<u8>, at: usize, value: u8) -> Vec<u8> {
    bytes[at] = value;
    bytes
}

/// A JPEG whose frame header begins `marker`, precision, and whose number of components is changed.
fn frame(marker: u8, precision: u8, components: u8) -> Vec<u8> {
    let mut bytes = jpeg();
    let start = bytes.windows(4).position(|w| w == [0xFF, 0xC0, 0, 17]).unwrap();
    bytes[start + 1] = marker;
    bytes[start + 4] = precision;
    bytes[start + 9] = components;
    bytes
}

/// A JPEG whose picture data holds a marker that has no place there.
fn foreign_marker() -> Vec<u8> {
    let mut bytes = encode(common::noise(9, 64, 64), ImageFormat::Jpeg);
    let half = bytes.len() / 2;
    bytes[half..half + 4].copy_from_slice(&[0xFF, 0xC0, 0, 2]);
    bytes
}

/// Whole by its structure, and its compressed pixels are nonsense: only decoding tells.
fn broken_pixels() -> Vec<u8> {
    png_of_size(8, 8, b"these bytes are not compressed")
}

fn without(bytes: &[u8], marker: u8) -> Vec<u8> {
    let start = bytes.windows(2).position(|w| w == [0xFF, marker]).unwrap();
    let length = usize::from(u16::from_be_bytes([bytes[start + 2], bytes[start + 3]]));
    [&bytes[..start], &bytes[start + 2 + length..]].concat()
}

fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let [tiff, bmp, webp, gif] = [ImageFormat::Tiff, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Gif]
        .map(|format| encode(common::noise(5, 40, 30), format));
    let photo = encode(common::noise(6, 40, 30), ImageFormat::Jpeg);
    let picture = encode(common::noise(7, 40, 30), ImageFormat::Png);
    vec![
        ("empty.jpg", vec![], "empty"),
        ("empty.png", vec![], "empty"),
        // Broken off.
        ("one-byte.jpg", vec![0xFF], "truncated"),
        ("two-bytes.jpg", vec![0xFF, 0xD8], "truncated"),
        ("magic.jpg", vec![0xFF, 0xD8, 0xFF], "truncated"),
        ("magic.png", b"\x89PNG\r\n\x1a\n".to_vec(), "truncated"),
        ("magic.gif", b"GIF89a".to_vec(), "truncated"),
        ("magic.webp", b"RIFF\x40\0\0\0WEBP".to_vec(), "truncated"),
        ("magic.bmp", b"BM".to_vec(), "truncated"),
        ("magic.tif", b"II*\0".to_vec(), "truncated"),
        ("tenth.jpg", first(&photo, 0.1), "truncated"),
        ("half.jpg", first(&photo, 0.5), "truncated"),
        ("no-end.jpg", first(&photo, 0.999), "truncated"),
        ("half-progressive.jpg", first(&fixture("progressive.jpg"), 0.7), "truncated"),
        (
            "half-with-preview.jpg",
            first(&with_segment(&photo, 0xE1, &[0xFF, 0xD8, 0xFF, 0xD9]), 0.6),
            "truncated",
        ),
        ("half.png", first(&picture, 0.5), "truncated"),
        ("no-end.png", picture[..picture.len() - 12].to_vec(), "truncated"),
        ("half.gif", first(&gif, 0.5), "truncated"),
        ("half.webp", first(&webp, 0.5), "truncated"),
        ("half.bmp", first(&bmp, 0.5), "truncated"),
        ("half.tif", first(&tiff, 0.5), "truncated"),
        // Broken inside.
        ("foreign-marker.jpg", foreign_marker(), "damaged"),
        ("no-picture.jpg", vec![0xFF, 0xD8, 0xFF, 0xD9], "damaged"),
        ("no-tables.jpg", without(&without(&jpeg(), 0xC4), 0xDB), "damaged"),
        ("no-frame.jpg", without(&jpeg(), 0xC0), "damaged"),
        ("short-segment.jpg", [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 1][..], &jpeg()].concat(), "damaged"),
        ("zero-wide.jpg", jpeg_of_size(0, 32), "damaged"),
        ("zero-wide.png", png_of_size(0, 10, &[]), "damaged"),
        ("wrong-sum.png", with_byte(picture.clone(), 60, picture[60] ^ 0xFF), "damaged"),
        ("no-data.png", png_of_size(8, 8, &[]), "damaged"),
        ("no-zlib.png", broken_pixels(), "damaged"),
        ("no-frame.gif", [&gif[..13], b"\x3B"].concat(), "truncated"),
        ("no-data.webp", b"RIFF\x0C\0\0\0WEBPVP8L\0\0\0\0".to_vec(), "truncated"),
        // No picture, or not the one it is called.
        ("text.jpg", b"see the other folder".to_vec(), "not-a-picture"),
        ("page.jpg", b"<!DOCTYPE html><html>404</html>".to_vec(), "not-a-picture"),
        ("document.png", b"%PDF-1.7 ...".to_vec(), "not-a-picture"),
        ("zeros.jpg", vec![0; 4096], "not-a-picture"),
        ("bytes.tif", (0..=255).rev().collect(), "not-a-picture"),
        // Pictures that are not read.
        ("phone.heic", b"\0\0\0\x18ftypheic".to_vec(), "truncated"),
        ("half.heic", first(&fixture("quarters.heic"), 0.5), "truncated"),
        ("new.jpg", b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf".to_vec(), "unsupported"),
        ("old.tga", b"whatever it is".to_vec(), "unsupported"),
        ("picture.ppm", b"P6 1 1 255 abc".to_vec(), "unsupported"),
        ("page.jpg?w=300&h=200", b"<html>".to_vec(), "not-a-picture"),
        ("new.avif", b"\0\0\0\x18ftypavif".to_vec(), "unsupported"),
        ("camera.NEF", b"MM\0*".to_vec(), "unsupported"),
        ("camera.pef", encode(quarters(8, 8), ImageFormat::Tiff), "unsupported"),
        ("lossless.jpg", frame(0xC3, 8, 3), "unsupported"),
        ("arithmetic.jpg", frame(0xC9, 8, 3), "unsupported"),
        ("twelve-bit.jpg", frame(0xC1, 12, 3), "unsupported"),
        ("two-components.jpg", frame(0xC0, 8, 2), "unsupported"),
        // Bombs.
        ("bomb.png", png_of_size(60_000, 60_000, &[0x78, 0x9C]), "too-many-pixels"),
        ("bomb.jpg", jpeg_of_size(60_000, 60_000), "too-many-pixels"),
        ("bomb.gif", gif_of_size(60_000, 60_000), "too-many-pixels"),
        ("bomb.bmp", bmp_of_size(60_000, 60_000), "too-many-pixels"),
        ("bomb.tif", tiff_of_size(60_000, 60_000), "too-many-pixels"),
        ("bomb.webp", webp_of_size(16_383, 16_383), "too-many-pixels"),
        ("larger-than-its-data.tif", tiff_of_size(2_000, 2_000), "truncated"),
        (
            "profile-bomb.png",
            [&picture[..33], &png_chunk(b"iCCP", b"x\0\0\x78\x9C"), &picture[33..]].concat(),
            "",
        ),
    ]
}

#[test]
fn each_bad_file_has_its_problem_and_harms_no_other() {
    let mut surprises = Vec::new();
    for (name, bytes, expected) in bad_files() {
        let folder = tempfile::tempdir().unwrap();
        healthy_tree(folder.path());
        write_tree(folder.path(), &[(&format!("rust/{name}"), bytes)]);
        let (dataset, problems) = prepare(folder.path(), &Limits::default());
        let expected: Vec<_> = match expected {
            "" => vec![],
            code => vec![(format!("rust/{name}"), code)],
        };
        if codes(&problems) != expected || dataset.photos.len() != 5 - expected.len() {
            surprises.push(format!("{name}: {problems:?} and not {expected:?}"));
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn all_bad_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    let files = bad_files();
    for (name, bytes, _) in &files {
        write_tree(folder.path(), &[(&format!("rust/{name}"), bytes.clone())]);
    }
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    let broken = files.iter().filter(|(_, _, code)| !code.is_empty()).count();
    assert_eq!((problems.len(), dataset.photos.len()), (broken, 4 + files.len() - broken));
    let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(sentences.iter().all(|text| text.starts_with("rust/") && !text.contains('\n')), "{sentences:?}");
}

/// Any prefix of any format is a problem or a picture, and never a panic.
#[test]
fn every_prefix_is_survived() {
    let limits = Limits::default();
    for name in ["progressive.jpg", "cmyk.jpg", "palette.png", "animated.gif", "animated.webp", "lzw.tif"] {
        let bytes = fixture(name);
        for length in 0..bytes.len() {
            let result = foliar_vision::decode_bytes(&bytes[..length], &limits);
            // An animation is whole once its first frame is, and a TIFF or a GIF once its pixels are.
            let strict = name.ends_with("jpg") || name.ends_with("png") || name.ends_with("webp");
            // PNG's last check sum is not needed, nor JPEG's end marker.
            let enough = match name {
                "palette.png" => length >= bytes.len() - 4,
                _ => name.ends_with("jpg") && length >= bytes.len() - 2,
            };
            assert!(!strict || enough || result.is_err(), "{name} of {length} bytes");
            if let Err(Reason::Damaged { detail }) = result {
                assert!(!detail.contains("the decoder failed"), "{name} of {length} bytes panics");
            }
        }
    }
}

/// Any single altered byte is survived, by the decoders' own checks and not by catching a panic.
#[test]
fn every_altered_byte_is_survived() {
    let limits = Limits { pixels: 1_000_000, ..Limits::default() };
    for name in
        ["progressive.jpg", "restart.jpg", "cmyk.jpg", "palette.png", "palette.bmp", "lossy.webp", "lzw.tif"]
    {
        let bytes = fixture(name);
        for at in 0..bytes.len() {
            for value in [0, 0xFF, bytes[at] ^ 0x10] {
                let result = foliar_vision::decode_bytes(&with_byte(bytes.clone(), at, value), &limits);
                let panicked = matches!(&result, Err(Reason::Damaged { detail }) if detail.contains("the decoder failed"));
                assert!(!panicked, "{name} with {value} at {at} panics");
            }
        }
    }
}

#[test]
fn limits_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    write_tree(
        folder.path(),
        &[
            ("rust/large.bmp", encode(quarters(40, 40), ImageFormat::Bmp)),
            ("rust/many.png", encode(quarters(60, 60), ImageFormat::Png)),
        ],
    );
    let (_, problems) = scan(
        folder.path(),
        &ScanOptions {
            limits: Limits { pixels: 2_000, bytes: 4_000, ..Limits::default() },
            ..ScanOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        codes(&problems),
        [("rust/large.bmp".to_owned(), "too-large"), ("rust/many.png".to_owned(), "too-many-pixels"),]
    );
}

#[test]
fn what_is_no_photograph_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    write_tree(
        folder.path(),
        &[
            ("README.txt", b"about these leaves".to_vec()),
            ("labels.csv", b"a,b".to_vec()),
            ("rust/notes.md", b"# rust".to_vec()),
            ("rust/LICENSE", b"free".to_vec()),
            ("rust/Thumbs.db", png(9)),
            ("rust/desktop.ini", vec![]),
            ("rust/.hidden.jpg", vec![]),
            ("rust/._1.png", vec![0; 8]),
            (".git/x.jpg", vec![]),
            ("__MACOSX/rust/._1.png", vec![]),
            ("rust/@eaDir/1.jpg", vec![]),
            ("scripts/run.py", b"print()".to_vec()),
        ],
    );
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!(problems, []);
    assert_eq!(dataset.classes, ["healthy", "rust"]);
    assert_eq!(dataset.photos.len(), 4);
}

#[test]
fn a_picture_without_an_extension_is_one() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    write_tree(folder.path(), &[("rust/IMG_1", jpeg())]);
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!((dataset.photos.len(), problems), (5, vec![]));
}

/// The content decides; a name that says something else is a remark. A class of nothing else is whole.
#[test]
fn names_that_say_something_else_are_remarks() {
    let webp = encode(common::noise(5, 40, 30), ImageFormat::WebP);
    let files = [
        ("png.jpg", png(40), "wrong-extension"),
        ("jpeg.png", jpeg(), "wrong-extension"),
        ("webp.jpeg", webp.clone(), "wrong-extension"),
        ("heic.jpg", fixture("quarters.heic"), "wrong-extension"),
        ("leaf.jpg?w=300&h=1.5", with_segment(&jpeg(), 0xFE, b"1"), "odd-name"),
        ("x.jpg_large", with_segment(&jpeg(), 0xFE, b"2"), "odd-name"),
        ("jpeg.dat", with_segment(&jpeg(), 0xFE, b"3"), "odd-name"),
        ("IMG.2", with_segment(&jpeg(), 0xFE, b"4"), "odd-name"),
        ("webp.avif", with_segment(&jpeg(), 0xFE, b"5"), "odd-name"),
        ("pair.mpo", with_segment(&jpeg(), 0xFE, b"6"), ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    let mut expected = Vec::new();
    for (name, bytes, code) in &files {
        write_tree(folder.path(), &[(&format!("mosaic/{name}"), bytes.clone())]);
        assert!(is_photo_file(&folder.path().join("mosaic").join(name)), "{name}");
        if !code.is_empty() {
            expected.push((format!("mosaic/{name}"), *code));
        }
        let loaded = load_photo(
            &folder.path().join("mosaic").join(name),
            32,
            &Limits::default(),
            &mut Resizer::default(),
        );
        let remarks: Vec<&str> = loaded.unwrap().remarks.iter().map(Reason::code).collect();
        assert_eq!(remarks.join(""), *code, "{name}");
    }
    expected.sort();
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!(codes(&problems), expected);
    assert_eq!(dataset.class_counts(), [2, files.len(), 2]);
}

#[test]
fn remarks_do_not_exclude() {
    let remarks = [
        Reason::WrongExtension { found: foliar_vision::Format::Png },
        Reason::OddName { found: foliar_vision::Format::Png },
        Reason::NoEndMarker,
        Reason::ScansMissing,
        Reason::UnusedRange,
        Reason::BeyondWhite { largest: "2".to_owned() },
        Reason::ColourProfile,
        Reason::HighDynamicRange,
    ];
    assert!(remarks.iter().all(|remark| !remark.excludes()));
    assert_eq!(remarks.map(|remark| remark.code()), foliar_vision::problem::FILE_REMARKS);
}

#[test]
fn trees_with_remarkable_folders() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    write_tree(
        folder.path(),
        &[
            ("lonely/1.png", png(10)),
            ("broken/1.png", vec![]),
            ("loose.png", png(11)),
            ("rust/deep/er/3.png", png(12)),
            ("healthy/same-as-rust.png", png(3)),
        ],
    );
    fs::create_dir(folder.path().join("nothing")).unwrap();
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!(dataset.classes, ["healthy", "lonely", "rust"]);
    assert_eq!(
        codes(&problems),
        [
            ("broken".to_owned(), "class-without-photographs"),
            ("broken/1.png".to_owned(), "empty"),
            ("lonely".to_owned(), "class-with-one-photograph"),
            ("loose.png".to_owned(), "outside-class"),
            ("nothing".to_owned(), "class-without-photographs"),
            ("rust/1.png".to_owned(), "two-classes"),
        ]
    );
}

#[test]
fn a_class_whose_pixels_are_all_broken_is_left_out_later() {
    let folder = tempfile::tempdir().unwrap();
    healthy_tree(folder.path());
    write_tree(folder.path(), &[("hollow/1.png", broken_pixels()), ("hollow/2.png", broken_pixels())]);
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!(dataset.classes, ["healthy", "rust"]);
    assert_eq!(
        codes(&problems),
        [
            ("hollow".to_owned(), "class-without-photographs"),
            ("hollow/1.png".to_owned(), "damaged"),
            ("hollow/2.png".to_owned(), "damaged"),
        ]
    );
    fs::remove_dir_all(folder.path().join("rust")).unwrap();
    let (_, problems) = prepare(folder.path(), &Limits::default());
    assert!(problems.iter().any(|problem| problem.reason == Reason::TooFewClasses { count: 1 }));
}

#[test]
fn folders_named_like_parts() {
    let folder = tempfile::tempdir().unwrap();
    write_tree(
        folder.path(),
        &[
            ("Train/healthy/1.png", png(1)),
            ("Train/healthy/2.png", png(2)),
            ("Train/rust/1.png", png(3)),
            ("Train/rust/2.png", png(4)),
            ("valid/rust/1.png", png(5)),
            ("test/rust/1.png", png(6)),
            ("test/mildew/1.png", png(7)),
            ("test/loose.png", png(8)),
        ],
    );
    let (dataset, problems) = prepare(folder.path(), &Limits::default());
    assert_eq!(dataset.classes, ["healthy", "rust"]);
    assert_eq!(dataset.photos.len(), 6);
    assert_eq!(
        codes(&problems),
        [("mildew".to_owned(), "class-not-in-training"), ("test/loose.png".to_owned(), "outside-class"),]
    );
    let (all, _) = scan_for_evaluation(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(all.classes, ["healthy", "mildew", "rust"]);
}

/// A tree, the error it is expected to give, and words that the error's sentence holds.
struct Hopeless {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    is_expected: fn(&ScanError) -> bool,
    says: &'static str,
}

#[test]
fn trees_that_are_no_data_set() {
    let hopeless = |name, files, is_expected, says| Hopeless { name, files, is_expected, says };
    let cases = [
        hopeless("empty", vec![], |e| matches!(e, ScanError::NoPhotographs { .. }), "one folder per class"),
        hopeless(
            "notes only",
            vec![("a/x.txt", b"x".to_vec()), ("b/y.csv", b"y".to_vec())],
            |e| matches!(e, ScanError::NoPhotographs { folders: 2, files: 2, .. }),
            "2 folders, 2 other files",
        ),
        hopeless(
            "loose pictures",
            vec![("1.png", png(1)), ("2.png", png(2))],
            |e| matches!(e, ScanError::Loose { count: 2, .. }),
            "such as 1.png",
        ),
        hopeless(
            "one class",
            vec![("rust/1.png", png(1)), ("rust/2.png", png(2))],
            |e| matches!(e, ScanError::OneClass { photographs: 2, .. }),
            "two are needed",
        ),
        hopeless(
            "plants of one class",
            vec![("rust/plant1/1.png", png(1)), ("rust/plant2/2.png", png(2))],
            |e| matches!(e, ScanError::OneClass { folders, .. } if folders == &["plant1", "plant2"]),
            "rust if those are the classes",
        ),
        hopeless(
            "all broken",
            vec![("rust/1.png", vec![]), ("healthy/1.jpg", vec![])],
            |e| matches!(e, ScanError::AllBroken { problems, .. } if problems.len() == 2),
            "the first is healthy/1.jpg: the file is empty",
        ),
        hopeless(
            "training beside a class",
            vec![("train/rust/1.png", png(1)), ("healthy/1.png", png(2))],
            |e| matches!(e, ScanError::Mixed { .. }),
            "but also healthy",
        ),
        hopeless(
            "test only",
            vec![("test/rust/1.png", png(1)), ("test/healthy/1.png", png(2))],
            |e| matches!(e, ScanError::NothingToTrainOn { .. }),
            "train/ folder",
        ),
    ];
    for Hopeless { name, files, is_expected, says } in cases {
        let folder = tempfile::tempdir().unwrap();
        write_tree(folder.path(), &files);
        let error = scan(folder.path(), &ScanOptions::default()).unwrap_err();
        assert!(is_expected(&error), "{name}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(says) && !text.contains('\n'), "{name}: {text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = scan(&folder.path().join("missing"), &ScanOptions::default()).unwrap_err();
    assert!(matches!(missing, ScanError::NotFound { .. }));
    fs::write(folder.path().join("file.zip"), b"PK").unwrap();
    let file = scan(&folder.path().join("file.zip"), &ScanOptions::default()).unwrap_err();
    assert!(matches!(file, ScanError::Archive { .. }), "{file:?}");
    fs::write(folder.path().join("file.txt"), b"PK").unwrap();
    let file = scan(&folder.path().join("file.txt"), &ScanOptions::default()).unwrap_err();
    assert!(matches!(file, ScanError::NotAFolder { .. }), "{file:?}");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_and_strange_files() {
        let folder = tempfile::tempdir().unwrap();
        let rust = folder.path().join("rust");
        healthy_tree(folder.path());
        symlink("..", rust.join("around")).unwrap();
        symlink(folder.path(), rust.join("up.jpg")).unwrap();
        symlink("self.png", rust.join("self.png")).unwrap();
        symlink("gone.png", rust.join("gone-too.png")).unwrap();
        symlink("/dev/zero", rust.join("endless.jpg")).unwrap();
        symlink("1.png", rust.join("copy.png")).unwrap();
        let _socket = UnixListener::bind(rust.join("socket.jpg")).unwrap();
        let (dataset, problems) = prepare(folder.path(), &Limits::default());
        assert_eq!(dataset.photos.len(), 5, "the linked photograph counts");
        assert_eq!(
            codes(&problems),
            [
                ("rust/around".to_owned(), "symlink-loop"),
                ("rust/endless.jpg".to_owned(), "not-a-file"),
                ("rust/gone-too.png".to_owned(), "broken-link"),
                ("rust/self.png".to_owned(), "symlink-loop"),
                ("rust/socket.jpg".to_owned(), "not-a-file"),
                ("rust/up.jpg".to_owned(), "symlink-loop"),
            ]
        );
    }

    #[test]
    fn names_that_are_no_utf8() {
        let folder = tempfile::tempdir().unwrap();
        healthy_tree(folder.path());
        let class = folder.path().join(OsStr::from_bytes(b"mild\xFFew"));
        fs::create_dir(&class).unwrap();
        fs::write(class.join(OsStr::from_bytes(b"1\xFE.png")), png(20)).unwrap();
        fs::write(class.join("2.png"), png(21)).unwrap();
        fs::write(class.join(OsStr::from_bytes(b"3\xFE.png")), b"").unwrap();
        let (dataset, problems) = prepare(folder.path(), &Limits::default());
        assert_eq!(dataset.classes, ["healthy", "mild\\xFFew", "rust"]);
        assert_eq!(dataset.photos.len(), 6);
        assert_eq!(codes(&problems), [("mild\\xFFew/3\\xFE.png".to_owned(), "empty")]);
        assert!(serde_json::to_string(&problems).unwrap().contains("mild"));
        assert!(serde_json::to_string(&dataset.manifest()).unwrap().contains("1\\\\xFE.png"));
    }

    #[test]
    fn a_file_that_may_not_be_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        healthy_tree(folder.path());
        let path = folder.path().join("rust/locked.png");
        fs::write(&path, png(30)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read(&path).is_ok() {
            return; // The superuser reads everything.
        }
        let (_, problems) = prepare(folder.path(), &Limits::default());
        assert_eq!(codes(&problems), [("rust/locked.png".to_owned(), "unreadable")]);
    }
}

#[test]
fn a_wrong_tag_does_not_make_a_broken_picture() {
    let bytes = with_segment(&jpeg(), 0xE1, &[b"Exif\0\0", &exif(200)[..]].concat());
    assert!(foliar_vision::decode_bytes(&bytes, &Limits::default()).is_ok());
}
