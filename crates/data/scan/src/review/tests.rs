use std::collections::BTreeMap;

use foliar_vision::dataset::Photo;
use proptest::prelude::*;

use super::*;

const WHEN: &str = "2026-11-29T17:36:42Z";

fn entry(path: &str, decision: Decision, class: &str) -> Entry {
    let digest = Some(Digest::of(path.as_bytes()));
    Entry {
        path: path.into(),
        digest,
        decision,
        class: class.into(),
        doubts: "label".into(),
        when: WHEN.into(),
    }
}

fn text(entries: &[Entry]) -> String {
    let lines: String = entries.iter().map(Entry::line).collect();
    format!("{HEADER}\n{lines}")
}

fn read(bytes: &[u8]) -> Result<Review, ReviewError> {
    Review::of_bytes(Path::new("review.csv"), bytes)
}

/// Photos at `paths`, of the class that their folder is called.
fn dataset(paths: &[&str]) -> Dataset {
    let class = |path: &str| path.split('/').next().unwrap().to_owned();
    let mut classes: Vec<String> = paths.iter().map(|path| class(path)).collect();
    classes.sort_unstable();
    classes.dedup();
    let photo = |path: &&str| Photo {
        path: path.into(),
        class: classes.partition_point(|other| *other < class(path)),
        split: None,
        digest: Digest::of(path.as_bytes()),
        bytes: 1,
        width: 1,
        height: 1,
    };
    let photos = paths.iter().map(photo).collect();
    Dataset { root: "r".into(), photos, classes, layout: None, tables: None, label_sets: None }
}

/// Names with everything that a file or class may be called.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}/[0-9]{1,2}\\.jpg", "[ -~]{1,12}", "[=+@\\-'\", ]{1,4}[a-z]", "\\PC{1,8}",]
}

fn decided() -> impl Strategy<Value = Entry> {
    let decision = (0..Decision::ALL.len()).prop_map(|place| Decision::ALL[place].clone());
    (name(), any::<bool>(), decision, name(), "(label|copy|strange)( broken)?").prop_map(
        |(path, has_digest, decision, class, doubts)| {
            let digest = has_digest.then(|| Digest::of(path.as_bytes()));
            Entry { path, digest, decision, class, doubts, when: WHEN.into() }
        },
    )
}

proptest! {
    #[test]
    fn lines_are_read_as_they_were_written(entries in prop::collection::vec(decided(), 0..12)) {
        let review = read(text(&entries).as_bytes()).unwrap();
        prop_assert_eq!(review.entries(), &entries[..]);
        prop_assert!(!review.is_torn());
        let mut last: BTreeMap<&str, &Entry> = BTreeMap::new();
        entries.iter().for_each(|entry| { last.insert(&entry.path, entry); });
        last.retain(|_, entry| entry.decision != Decision::Undo);
        prop_assert_eq!(review.standing(), last);
    }

    /// Wherever the file is cut, the decisions before are there and no other one.
    #[test]
    fn a_cut_loses_the_last_line_at_most(entries in prop::collection::vec(decided(), 1..5)) {
        let whole = text(&entries);
        for cut in 0..=whole.len() {
            let review = read(&whole.as_bytes()[..cut]).unwrap();
            let ended = whole[..whole.floor_char_boundary(cut)].matches('\n').count().saturating_sub(1);
            let found = review.entries();
            prop_assert!(found.len() == ended || found.len() == ended + 1, "{cut}: {found:?}");
            prop_assert_eq!(found, &entries[..found.len()]);
            // A line that lacks nothing but its end is whole.
            prop_assert_eq!(found.len() > ended, whole.as_bytes().get(cut) == Some(&b'\n') && cut > HEADER.len());
            let is_whole = cut == 0 || whole.as_bytes()[cut - 1] == b'\n' || whole.as_bytes().get(cut) == Some(&b'\n');
            prop_assert_eq!(review.is_torn(), !is_whole && cut > 0, "{}", cut);
            prop_assert!(review.whole() <= cut as u64);
        }
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[HEADER.as_bytes(), b"\n", &bytes].concat());
    }
}

#[test]
fn what_says_nothing_is_refused_with_its_line() {
    let line = entry("a/1.jpg", Decision::Keep, "a").line();
    for (middle, told) in [
        ("nonsense\n", "line 3: it has 1 columns"),
        ("a/1.jpg,,hold,a,,\n", "line 3: `hold` is no decision"),
        ("a/1.jpg,,relabel,,,\n", "line 3: it names no class for a/1.jpg"),
        (",,keep,,,\n", "line 3: it names no photo"),
        ("a/1.jpg,12,keep,,,\n", "line 3: `12` is no digest"),
        ("a/1.jpg,,keep,,,yesterday\n", "line 3: `yesterday` is no time"),
        ("\"a,,keep,,,\n", "line 3: a quotation mark"),
    ] {
        let error = read(format!("{HEADER}\n{line}{middle}{line}").as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("review.csv: ") && error.contains(told), "{error}");
    }
    for other in ["path,reason\na,b\n", "\n", "path,digest,decision,class,doubt,when\n"] {
        assert!(read(other.as_bytes()).unwrap_err().to_string().contains(HEADER), "{other}");
    }
    // Lines of hand, of a spreadsheet, and of an editor that adds no last end of line.
    let by_hand = format!("\u{feff}{HEADER}\r\na/1.jpg,,leave-out,,,\r\n\r\na/2.jpg,,keep,a,label,{WHEN}");
    let review = read(by_hand.as_bytes()).unwrap();
    assert_eq!((review.entries().len(), review.is_torn()), (2, false));
}

#[test]
fn decisions_are_done_and_said() {
    let of = |entries: &[Entry], data: Dataset| {
        let mut problems = Vec::new();
        let review = read(text(entries).as_bytes()).unwrap();
        let data = review.apply(data, &mut problems).unwrap();
        let classes: Vec<(String, String)> = data
            .photos
            .iter()
            .map(|photo| (portable_name(&photo.path), data.classes[photo.class].clone()))
            .collect();
        let said: Vec<(String, &str)> =
            problems.iter().map(|problem| (portable_name(&problem.path), problem.reason.code())).collect();
        (classes, said)
    };
    let all = || dataset(&["a/1", "a/2", "b/1"]);
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(path, class)| (path.to_string(), class.to_string())).collect()
    };
    let (classes, said) = of(
        &[
            entry("a/1", Decision::LeaveOut, "a"),
            entry("a/1", Decision::Relabel, "b"),
            entry("a/2", Decision::LeaveOut, "a"),
            entry("a/2", Decision::Undo, "a"),
            entry("b/1", Decision::Keep, "b"),
        ],
        all(),
    );
    assert_eq!(classes, owned(&[("a/1", "b"), ("a/2", "a"), ("b/1", "b")]));
    assert_eq!(said, [("a/1".to_owned(), "relabelled")]);

    // A class that loses its last photo is gone; what is not there is said.
    let gone = [entry("b/1", Decision::LeaveOut, "b"), entry("c/9", Decision::LeaveOut, "c")];
    let (classes, said) = of(&gone, all());
    assert_eq!(classes, owned(&[("a/1", "a"), ("a/2", "a")]));
    let codes: Vec<&str> = said.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, ["left-out-by-review", "listed-and-absent", "class-without-photographs"]);

    // The file is another one now.
    let mut changed = all();
    changed.photos[0].digest = Digest::of(b"new");
    let (classes, said) = of(&[entry("a/1", Decision::LeaveOut, "a")], changed);
    assert_eq!((classes.len(), said[0].1), (3, "changed-since-review"));

    // The folder of photos is another part of the tree, and a copy elsewhere is no such photo.
    let mut below = dataset(&["photos/a/1", "photos/b/1"]);
    for (photo, name) in below.photos.iter_mut().zip(["a/1", "b/1"]) {
        photo.digest = Digest::of(name.as_bytes());
    }
    below.photos[1].path = "photos/b/copy".into();
    let moved = [entry("a/1", Decision::LeaveOut, "a"), entry("b/1", Decision::LeaveOut, "b")];
    let (classes, said) = of(&moved, below);
    assert_eq!(classes.len(), 1);
    assert_eq!(said[0], ("photos/a/1".to_owned(), "left-out-by-review"));
    assert_eq!(said[1], ("b/1".to_owned(), "listed-and-absent"));
}

#[test]
fn of_one_photo_the_last_line_counts_however_its_path_is_written() {
    let by_hand =
        |path: &str, decision| Entry { path: path.into(), digest: None, ..entry("a/1", decision, "a") };
    for first in ["./a/1", "a\\1", "a/1"] {
        for (lines, left) in [
            ([by_hand(first, Decision::LeaveOut), entry("a/1", Decision::Keep, "a")], 2),
            ([entry("a/1", Decision::Keep, "a"), by_hand(first, Decision::LeaveOut)], 1),
            ([by_hand(first, Decision::LeaveOut), entry("a/1", Decision::Undo, "a")], 2),
        ] {
            let review = read(text(&lines).as_bytes()).unwrap();
            let data = review.apply(dataset(&["a/1", "b/1"]), &mut Vec::new()).unwrap();
            assert_eq!(data.photos.len(), left, "{first} {lines:?}");
        }
    }
}

#[test]
fn a_class_that_nobody_knows_is_refused() {
    let review = read(text(&[entry("a/1", Decision::Relabel, "c")]).as_bytes()).unwrap();
    let error = review.apply(dataset(&["a/1", "b/1"]), &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("a/1 is to be c") && error.contains("the classes are a, b"), "{error}");
}

#[test]
fn what_is_used_is_what_was_seen() {
    let entries = [
        entry("a/1", Decision::Keep, "a"),
        entry("a/2", Decision::Relabel, "b"),
        entry("a/3", Decision::Skip, "a"),
        entry("b/1", Decision::Keep, "b"),
    ];
    let review = read(text(&entries).as_bytes()).unwrap();
    let mut data = dataset(&["a/1", "a/2", "a/3", "b/1"]);
    data.photos[3].digest = Digest::of(b"new");
    assert_eq!(review.used(&data), [(0, &entries[0]), (1, &entries[1])]);
}

#[test]
fn a_review_that_grew_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("review.csv");
    let first = text(&[entry("a/1", Decision::LeaveOut, "a")]);
    let (length, digest) = (first.len() as u64, Digest::of(first.as_bytes()));
    std::fs::write(&path, first.clone() + &entry("a/1", Decision::Undo, "a").line()).unwrap();
    assert_eq!(Review::read_earlier(&path, length, &digest).unwrap().standing().len(), 1);
    assert_eq!(Review::read(&path).unwrap().standing().len(), 0);
    for other in [first.replace("leave-out", "keep"), first[..first.len() - 1].to_owned()] {
        std::fs::write(&path, other).unwrap();
        assert!(Review::read_earlier(&path, length, &digest).is_err());
    }
}
