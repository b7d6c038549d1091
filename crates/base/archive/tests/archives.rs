//! Archives as folders: what is read, what is left out and said, and that no bytes end the program.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use foliar_archive::{
    Archive, Entry, canonical, entries, exists, is_file, is_folder, length, open, read, refusal, start,
};
use proptest::prelude::*;

/// Files of an archive in its order: names and bytes.
type Files<'a> = &'a [(&'a str, &'a [u8])];

fn tar_of(files: Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A member whose name is written into the header as it is.
fn raw_member(name: &str, bytes: &[u8], kind: tar::EntryType, link: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    let old = header.as_old_mut();
    old.name[..name.len()].copy_from_slice(name.as_bytes());
    old.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut all = header.as_bytes().to_vec();
    all.extend_from_slice(bytes);
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

fn zip_of(files: Files, deflated: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in files {
        let method =
            if deflated { rawzip::CompressionMethod::DEFLATE } else { rawzip::CompressionMethod::STORE };
        let name = rawzip::path::EntryPath::verbatim(name.as_bytes());
        let (mut entry, config) = archive.new_file(name).compression_method(method).start().unwrap();
        let descriptor = if deflated {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn names(archive: &Archive) -> Vec<String> {
    let all = archive.below(Path::new(""), &mut |_, _| false);
    let files = all.into_iter().filter(|(_, entry)| *entry != Entry::Folder);
    files.map(|(path, _)| path.to_str().unwrap().to_owned()).collect()
}

fn problems(archive: &Archive) -> String {
    let lines =
        archive.problems().iter().map(|problem| format!("{}: {}\n", problem.path.display(), problem.what));
    lines.collect()
}

#[test]
fn archives_are_read_like_folders() {
    let long = "a".repeat(90) + "/" + &"b".repeat(120) + ".jpg";
    let big: Vec<u8> = (0..200_000_u32).map(|at| (at * at % 251) as u8).collect();
    let files: Files = &[
        ("rust/2.jpg", b"two"),
        ("rust/1.jpg", &big),
        ("healthy/x/3.jpg", b""),
        (&long, b"long"),
        ("note.txt", b"!"),
    ];
    let written = Written::new();
    for (name, bytes) in [
        ("photos.tar", tar_of(files)),
        ("stored.zip", zip_of(files, false)),
        ("packed.ZIP", zip_of(files, true)),
    ] {
        let place = written.put(name, &bytes);
        let (archive, inside) = open(&place).unwrap().unwrap();
        assert_eq!(inside, Path::new(""));
        assert_eq!(problems(&archive), "", "{name}");
        let mut sorted: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        sorted.sort_by_key(|name| Path::new(*name));
        assert_eq!(names(&archive), sorted);
        for (name, content) in files {
            let path = place.join(name);
            assert_eq!(read(&path).unwrap(), *content);
            assert_eq!(start(&path, 2).unwrap(), content[..content.len().min(2)]);
            assert_eq!(length(&path).unwrap(), content.len() as u64);
            assert!(is_file(&path) && !is_folder(&path) && exists(&path));
        }
        for folder in ["", "rust", "healthy", "healthy/x"] {
            assert!(is_folder(&place.join(folder)) && !is_file(&place.join(folder)), "{folder}");
        }
        assert!(!exists(&place.join("rust/7.jpg")) && read(&place.join("rust/7.jpg")).is_err());
        assert!(read(&place.join("rust")).is_err() && length(&place.join("rust")).is_err());
        let below = entries(&place.join("rust")).unwrap();
        assert_eq!(below, [place.join("rust/1.jpg"), place.join("rust/2.jpg")]);
        assert!(entries(&place.join("note.txt")).is_err());
        let whole = written.folder.path().canonicalize().unwrap().join(name);
        assert_eq!(canonical(&place).unwrap(), whole);
        assert_eq!(canonical(&place.join("rust/1.jpg")).unwrap(), whole.join("rust/1.jpg"));
        let kept = archive.below(Path::new(""), &mut |path, _| path == Path::new("rust"));
        assert!(kept.iter().all(|(path, _)| !path.starts_with("rust")) && !kept.is_empty());
    }
}

#[test]
fn folders_may_be_called_like_archives() {
    let written = Written::new();
    let file = written.put("photos.tar/rust/1.jpg", b"one");
    assert!(open(&file).unwrap().is_none());
    assert_eq!(read(&file).unwrap(), b"one");
    assert_eq!(entries(&written.folder.path().join("photos.tar")).unwrap().len(), 1);
    assert!(!exists(&written.folder.path().join("absent.tar/1.jpg")));
    let inner = written.put("photos.tar/in.zip", &zip_of(&[("2.jpg", b"two")], true));
    assert_eq!(read(&inner.join("2.jpg")).unwrap(), b"two");
}

#[test]
fn what_leads_out_of_a_tar_is_left_out() {
    use tar::EntryType;
    let member = |name: &str, bytes: &[u8]| raw_member(name, bytes, EntryType::Regular, "");
    let link = |name: &str, kind: EntryType, to: &str| raw_member(name, b"", kind, to);
    let mut bytes = [
        member("rust/1.jpg", b"first"),
        member("../out.jpg", b"x"),
        member("/etc/absolute.jpg", b"x"),
        member("a/../../b.jpg", b"x"),
        member("C:\\drive.jpg", b"x"),
        member("rust/1.jpg", b"second"),
        link("rust/hard.jpg", EntryType::Link, "rust/1.jpg"),
        link("healthy/soft.jpg", EntryType::Symlink, "../rust/1.jpg"),
        link("healthy/out.jpg", EntryType::Symlink, "../../../etc/passwd"),
        link("healthy/nothing.jpg", EntryType::Link, "rust/9.jpg"),
        link("pipe.jpg", EntryType::Fifo, ""),
        raw_member("gaps.jpg", b"", EntryType::GNUSparse, ""),
        member("rust/1.jpg/below.jpg", b"x"),
        member("last.jpg", b"last"),
    ]
    .concat();
    bytes.extend([0; 1024]);
    let written = Written::new();
    let place = written.put("hostile.tar", &bytes);
    let (archive, _) = open(&place).unwrap().unwrap();
    let said = problems(&archive);
    assert_eq!(
        names(&archive),
        ["healthy/soft.jpg", "last.jpg", "rust/1.jpg/below.jpg", "rust/hard.jpg"],
        "{said}"
    );
    assert_eq!(read(&place.join("rust/hard.jpg")).unwrap(), b"second");
    for expected in [
        "leads out",
        "root of the file system",
        "drive",
        "more than once",
        "not in the archive",
        "gaps",
        "same name",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn sizes_that_lie_are_found() {
    let mut header = tar::Header::new_gnu();
    header.set_path("rust/1.jpg").unwrap();
    for size in [600, 1 << 40, u64::MAX] {
        header.set_size(size);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend([7; 512]);
        let written = Written::new();
        let (archive, _) = open(&written.put("a.tar", &bytes)).unwrap().unwrap();
        assert_eq!(names(&archive), [""; 0]);
        assert!(problems(&archive).contains("512 of"), "{}", problems(&archive));
    }
    // A negative number in base 256, and one that is no number.
    for field in [[0xFF; 12], [b'x'; 12]] {
        header.as_old_mut().size = field;
        header.set_cksum();
        let written = Written::new();
        let (archive, _) = open(&written.put("a.tar", header.as_bytes())).unwrap().unwrap();
        assert!(problems(&archive).contains("rust/1.jpg"), "{}", problems(&archive));
    }
}

#[test]
fn a_torn_tar_gives_what_is_whole() {
    let files: Files = &[("a/1.jpg", &[1; 700]), ("a/2.jpg", &[2; 30]), ("b/3.jpg", &[3; 1500])];
    let whole = tar_of(files);
    let written = Written::new();
    for cut in (0..whole.len()).step_by(61) {
        let place = written.put(&format!("cut-{cut}.tar"), &whole[..cut]);
        let Ok(Some((archive, _))) = open(&place) else {
            assert!(cut < 512, "only an archive without a header is refused, not one of {cut} bytes");
            continue;
        };
        for name in names(&archive) {
            let content = files.iter().find(|(other, _)| *other == name).unwrap().1;
            assert_eq!(read(&place.join(&name)).unwrap(), content, "{cut} {name}");
        }
        let ends = 512 + 1024 + 512 + 512 + 512 + 1536;
        let lost = archive.problems().iter().any(|problem| problem.left_out);
        assert!(cut > ends || lost || !archive.problems().is_empty(), "{cut}");
        assert_eq!(names(&archive).len() == 3, cut >= ends - 36, "{cut}");
    }
    // Damage in the middle: what is behind it is found again.
    let mut damaged = whole.clone();
    damaged[1536..2048].fill(b'?');
    let place = written.put("damaged.tar", &damaged);
    let (archive, _) = open(&place).unwrap().unwrap();
    assert_eq!(names(&archive), ["a/1.jpg", "b/3.jpg"]);
    assert!(problems(&archive).contains("1024 bytes from byte 1536"), "{}", problems(&archive));
    // One archive behind another.
    let joined = [whole, tar_of(&[("c/4.jpg", b"four")])].concat();
    let (archive, _) = open(&written.put("joined.tar", &joined)).unwrap().unwrap();
    assert_eq!(names(&archive).len(), 4);
    assert!(problems(&archive).contains("joined"));
}

#[test]
fn a_torn_zip_is_refused_and_a_damaged_one_is_found() {
    let files: Files = &[("a/1.jpg", &[1; 700]), ("a/2.jpg", b"two"), ("b/3.jpg", &[3; 1500])];
    let written = Written::new();
    for deflated in [false, true] {
        let whole = zip_of(files, deflated);
        for cut in (0..whole.len()).step_by(17) {
            let place = written.put(&format!("cut-{deflated}-{cut}.zip"), &whole[..cut]);
            let error = open(&place).unwrap_err().to_string();
            assert!(error.contains("zip -FF") || cut < 4, "{cut}: {error}");
        }
        // No altered byte is taken for the photo, and none ends the program.
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 0x55;
            let place = written.put(&format!("altered-{deflated}-{at}.zip"), &altered);
            let Ok(Some((archive, _))) = open(&place) else { continue };
            for name in names(&archive) {
                let Ok(bytes) = read(&place.join(&name)) else { continue };
                assert!(files.iter().any(|(_, content)| *content == bytes), "{at} {name}");
            }
        }
    }
}

#[test]
fn bombs_and_overlaps_are_left_out() {
    let zeros = vec![0; 1_000_000];
    let written = Written::new();
    let whole = zip_of(&[("bomb.jpg", &zeros), ("b.jpg", b"b")], true);
    let place = written.put("bomb.zip", &whole);
    assert_eq!(length(&place.join("bomb.jpg")).unwrap(), 1_000_000);
    assert_eq!(start(&place.join("bomb.jpg"), 64).unwrap(), [0; 64]);
    // The directory says another size: more than deflate can make, or less than there is.
    let at = whole.windows(4).position(|four| four == b"PK\x01\x02").unwrap() + 24;
    for (size, expected) in [(u32::MAX - 1, "as large"), (10, "as large")] {
        let mut lying = whole.clone();
        lying[at..at + 4].copy_from_slice(&size.to_le_bytes());
        let place = written.put(&format!("lying-{size}.zip"), &lying);
        let error = read(&place.join("bomb.jpg")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(read(&place.join("b.jpg")).unwrap(), b"b");
    }
    // The second entry of the directory begins where the first does.
    let mut shared = whole.clone();
    let second = at - 24 + 46 + "bomb.jpg".len();
    shared[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    let (archive, _) = open(&written.put("shared.zip", &shared)).unwrap().unwrap();
    assert_eq!(names(&archive), [""; 0]);
    assert!(problems(&archive).contains("shares bytes"), "{}", problems(&archive));
    // Encrypted.
    let mut encrypted = whole;
    encrypted[at - 24 + 8] |= 1;
    let (archive, _) = open(&written.put("encrypted.zip", &encrypted)).unwrap().unwrap();
    assert_eq!(names(&archive), ["b.jpg"]);
    assert!(problems(&archive).contains("encrypted"));
}

#[test]
fn shards_are_one_folder() {
    let written = Written::new();
    for (number, files) in [
        &[("rust/1.jpg", &b"a"[..])][..],
        &[("healthy/2.jpg", &b"b"[..]), ("rust/1.jpg", &b"c"[..])][..],
        &[("healthy/3.jpg", &b"d"[..])][..],
    ]
    .iter()
    .enumerate()
    {
        written.put(&format!("leaf-00{number}.tar"), &tar_of(files));
    }
    let place = |pattern: &str| written.folder.path().join(pattern);
    for pattern in ["leaf-{000..002}.tar", "leaf-*.tar", "leaf-{002,000,001}.tar", "leaf-00?.tar"] {
        let (archive, _) = open(&place(pattern)).unwrap().unwrap();
        assert_eq!(
            names(&archive),
            ["healthy/2.jpg", "healthy/3.jpg", "rust/1-leaf-001.jpg", "rust/1.jpg"],
            "{pattern}"
        );
        assert_eq!(read(&place(pattern).join("rust/1-leaf-001.jpg")).unwrap(), b"c");
        assert!(canonical(&place(pattern)).unwrap().ends_with(pattern));
    }
    let (archive, _) = open(&place("leaf-{000..004}.tar")).unwrap().unwrap();
    assert_eq!(names(&archive).len(), 4);
    let said = problems(&archive);
    assert!(said.contains("leaf-003.tar") && said.contains("leaf-004.tar"), "{said}");
    assert!(open(&place("other-{0..3}.tar")).is_err());
    assert!(open(&place("leaf-{3..0}.tar")).is_err());
}

#[test]
fn a_changed_archive_is_an_error_until_it_is_opened_anew() {
    let written = Written::new();
    let place = written.put("photos.tar", &tar_of(&[("a/1.jpg", b"one")]));
    let photo = place.join("a/1.jpg");
    assert_eq!(read(&photo).unwrap(), b"one");
    written.put("photos.tar", &tar_of(&[("a/0.jpg", b"zero"), ("a/1.jpg", b"another one")]));
    let error = read(&photo).unwrap_err().to_string();
    assert!(error.contains("was changed while it was in use"), "{error}");
    open(&place).unwrap();
    assert_eq!(read(&photo).unwrap(), b"another one");
}

#[test]
fn other_archives_are_refused_with_the_way_to_go_on() {
    let written = Written::new();
    for (name, bytes, expected) in [
        ("photos.tar.gz", &b"\x1F\x8B\x08\0"[..], "gunzip"),
        ("photos.tgz", &b"\x1F\x8B\x08\0"[..], "gunzip"),
        ("photos.tar.zst", &b"\x28\xB5\x2F\xFD"[..], "zstd -d"),
        ("photos.rar", &b"Rar!\x1A\x07\x01"[..], "unrar"),
        ("photos.7z", &b"7z\xBC\xAF\x27\x1C"[..], "7z x"),
        ("train.parquet", &b"PAR1"[..], "import parquet"),
    ] {
        let place = written.put(name, bytes);
        assert!(open(&place).unwrap().is_none());
        assert!(refusal(&place).unwrap().contains(expected), "{name}");
    }
    let compressed = written.put("wrong.tar", b"\x1F\x8B\x08\0");
    assert!(open(&compressed).unwrap_err().to_string().contains("gunzip"));
    assert!(open(&written.put("text.zip", b"no archive")).unwrap_err().to_string().contains("no tar or zip"));
    let unnamed = written.put("photos", &tar_of(&[("1.jpg", b"one")]));
    assert!(refusal(&unnamed).unwrap().contains("mv"));
    assert_eq!(refusal(&written.put("photo.jpg", b"\xFF\xD8\xFF")), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_names_are_read_or_said(names in proptest::collection::btree_set("[a-c./ä ]{1,12}", 1..8)) {
        let bytes: Vec<u8> = names
            .iter()
            .flat_map(|name| raw_member(name, name.as_bytes(), tar::EntryType::Regular, ""))
            .chain([0; 1024])
            .collect();
        let written = Written::new();
        let place = written.put("names.tar", &bytes);
        let (archive, _) = open(&place).unwrap().unwrap();
        for (path, entry) in archive.below(Path::new(""), &mut |_, _| false) {
            if let Entry::File(length) = entry {
                let content = read(&place.join(&path)).unwrap();
                prop_assert_eq!(content.len() as u64, length);
                // Its own bytes, whatever dots and slashes its name was written with.
                let name = String::from_utf8(content).unwrap();
                let plain: PathBuf = Path::new(&name).components().collect();
                prop_assert_eq!(plain.strip_prefix(".").unwrap_or(&plain), path.as_path());
            }
        }
    }

    #[test]
    fn no_bytes_end_the_program(at in 0_usize..4096, byte in any::<u8>(), cut in 0_usize..4096) {
        let files: Files = &[("a/1.jpg", &[1; 300]), ("b/2.jpg", &[2; 600])];
        let mut bytes = tar_of(files);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut.max(512));
        let written = Written::new();
        let place = written.put("any.tar", &bytes);
        if let Ok(Some((archive, _))) = open(&place) {
            for name in names(&archive) {
                let _ = read(&place.join(name));
            }
        }
    }
}
