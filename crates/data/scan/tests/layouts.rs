//! Folders as people have them: each is read as it is meant, or refused with a sentence that says what to do.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../vision/tests/common/mod.rs"]
mod common;

use common::png;
use foliar_scan::{ScanError, ScanOptions, scan};
use foliar_vision::{Dataset, Split};

/// What is expected of a tree.
enum Expected {
    /// These classes, with so many photos for training (or without a part), validation and test.
    Read(&'static str, [usize; 3]),
    /// An error that holds all of these words.
    Refused(&'static [&'static str]),
}
use Expected::{Read, Refused};

/// A tree: folders, each with a number of photos, as `train/{rust healthy}*3 masks*2`. A name with a dot is one file.
fn plant(root: &std::path::Path, tree: &str) {
    let mut value = 0_u32;
    for (folder, count) in expand(tree) {
        let path = root.join(folder.replace('^', "."));
        if folder.rsplit('/').next().unwrap().contains('.') {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let bytes = if folder.ends_with(".png") { png(value) } else { b"a,b\n1,2\n".to_vec() };
            std::fs::write(path, bytes).unwrap();
            value += 1;
            continue;
        }
        std::fs::create_dir_all(&path).unwrap();
        for index in 0..count {
            std::fs::write(path.join(format!("{index}.png")), png(value)).unwrap();
            value += 1;
        }
    }
}

/// `a/{b c}*2` as (`a/b`, 2), (`a/c`, 2). Names that hold blanks write them as `~`, and folders that hold dots as `^`.
fn expand(tree: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let mut depth = 0;
    let items = tree.split(|letter: char| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ' ' && depth == 0
    });
    for item in items.filter(|item| !item.is_empty()) {
        let (pattern, count) = item.rsplit_once('*').unwrap_or((item, "2"));
        for path in alternatives(pattern) {
            out.push((path.replace('~', " "), count.parse().unwrap()));
        }
    }
    out
}

fn alternatives(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let mut depth = 0;
    let close = pattern[open..]
        .char_indices()
        .find(|&(_, letter)| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            letter == '}' && depth == 0
        })
        .map(|(at, _)| open + at)
        .unwrap();
    let (before, inside, after) = (&pattern[..open], &pattern[open + 1..close], &pattern[close + 1..]);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, letter) in inside.char_indices() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ' ' && depth == 0 {
            parts.push(&inside[start..at]);
            start = at + 1;
        }
    }
    parts.push(&inside[start..]);
    let ends = alternatives(after);
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .flat_map(alternatives)
        .flat_map(|part| ends.iter().map(move |end| format!("{before}{part}{end}")).collect::<Vec<_>>())
        .collect()
}

fn counts(dataset: &Dataset) -> [usize; 3] {
    let count = |wanted: Split| {
        let is = |split: &Split| *split == wanted;
        dataset.photos.iter().filter(|photo| is(&photo.split.unwrap_or(Split::Train))).count()
    };
    [Split::Train, Split::Validation, Split::Test].map(count)
}

const LAYOUTS: &[(&str, Expected)] = &[
    // Classes.
    ("{rust healthy}*3", Read("healthy rust", [6, 0, 0])),
    ("{Bean~rust Bean~healthy}", Read("Bean healthy|Bean rust", [4, 0, 0])),
    ("{rust/{plant1 plant2} healthy/{plant3 plant4}}", Read("healthy rust", [8, 0, 0])),
    ("{rust/2024-05-01 healthy/2024-05-02}", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy} labels.csv notes/readme.txt", Read("healthy rust", [4, 0, 0])),
    ("{0 1 2}", Read("0 1 2", [6, 0, 0])),
    ("{rust healthy/deep/er}", Read("healthy rust", [4, 0, 0])),
    ("{latest contest}", Read("contest latest", [4, 0, 0])),
    // Parts.
    ("{train val test}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{Train Valid Test}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{TRAIN TEST}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{training validation testing}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{Train~Set Validation~Set Test~Set}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{train_set val_set test_set}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{train_data test_data}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{train_images test_images}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{beans_train beans_val beans_test}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{train dev test}/{rust healthy}", Read("healthy rust", [4, 4, 4])),
    ("{trainset testset}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{train2017 val2017}/{rust healthy}", Read("healthy rust", [4, 4, 0])),
    ("train/{rust healthy}", Read("healthy rust", [4, 0, 0])),
    ("{train/train test/test}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("train/{rust healthy} test*5", Read("healthy rust", [4, 0, 0])),
    ("train_images/{rust healthy} test_images*5 train.csv", Read("healthy rust", [4, 0, 0])),
    ("{train val}/{rust/{plant1 plant2} healthy/{plant1 plant2}}", Read("healthy rust", [8, 8, 0])),
    ("{rust healthy}/{train test}", Read("healthy rust", [4, 0, 4])),
    ("{rust healthy}/{Train Valid Test}", Read("healthy rust", [4, 4, 4])),
    ("data/{rust healthy}/{train val}", Read("healthy rust", [4, 4, 0])),
    // Wrappers.
    ("dataset/{rust healthy}", Read("healthy rust", [4, 0, 0])),
    ("PlantVillage-master/raw/{rust healthy}", Read("healthy rust", [4, 0, 0])),
    ("a/b/c/{train test}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("data/{Train Test}/{rust healthy} data/readme.txt", Read("healthy rust", [4, 0, 4])),
    ("archive/beans/{train validation}/{rust healthy}", Read("healthy rust", [4, 4, 0])),
    // Folds.
    ("{fold0 fold1 fold2}/{rust healthy}", Read("healthy rust", [12, 0, 0])),
    ("{Fold~1 Fold~2}/{rust healthy}", Read("healthy rust", [8, 0, 0])),
    // What is no class.
    ("{rust healthy masks}", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy __MACOSX @eaDir .ipynb_checkpoints $RECYCLE.BIN}", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy} rust/0_mask.png healthy/1_mask.png", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy thumbnails .thumbnails}", Read("healthy rust", [4, 0, 0])),
    // Labels are elsewhere.
    ("{train test}*4 train/metadata.jsonl", Refused(&["train", "labels may be in", "metadata.jsonl"])),
    ("{train valid test}*4 train/_classes.csv", Refused(&["labels may be in", "_classes.csv"])),
    ("{train_images test_images}*4 train.csv", Refused(&["train_images", "train.csv"])),
    ("{images masks}*4", Refused(&["images, masks", "what kind of files"])),
    ("{images annotations}*4 labels.csv", Refused(&["labels.csv"])),
    ("{train val}/{images labels}*4", Refused(&["images, labels", "what kind of files"])),
    ("{train val}/images*4", Refused(&["images", "what kind of files"])),
    (
        "images*4 labels/{1.txt 2.txt 3.txt 4.txt 5.txt 6.txt}",
        Refused(&["labels/ (6 .txt files, which are not read)"]),
    ),
    ("images*4 train.csv", Refused(&["images", "labels may be in train.csv"])),
    ("{train test}*4", Refused(&["train", "one folder per class"])),
    ("{color grayscale segmented}*4", Refused(&["color, grayscale, segmented", "what kind of files"])),
    ("{images runs}*4", Refused(&["images, runs", "what kind of files"])),
    (
        "VOC/JPEGImages*4 VOC/Annotations/{1.xml 2.xml 3.xml 4.xml 5.xml 6.xml}",
        Refused(&["VOC: JPEGImages says what kind of files it holds", "Annotations/ (6 .xml files"]),
    ),
    ("{images labels}/{train val}*4", Refused(&["what kind of files"])),
    ("{batch1 batch2 batch3}*4", Refused(&["batch1, batch2, batch3", "folds or batches"])),
    ("{fold0 fold1}*4 labels.csv", Refused(&["folds or batches", "labels.csv"])),
    (
        "JPEGImages*4 Annotations/{1.xml 2.xml 3.xml 4.xml 5.xml 6.xml} raw*4",
        Refused(&["Annotations/ (6 .xml files, which are not read)", "expected one folder per class"]),
    ),
    (
        "images/{train val}*4 labels/train/{1.txt 2.txt 3.txt 4.txt 5.txt 6.txt}",
        Refused(&["train, val", "labels/train/ (6 .txt files", "one folder per class"]),
    ),
    // Several readings.
    (
        "{rust_train rust_test healthy_train healthy_test}",
        Refused(&["like parts of one class", "into train/"]),
    ),
    ("{train_rust val_rust train_healthy val_healthy}", Refused(&["like parts of one class"])),
    ("{rust healthy rust_aug}", Refused(&["rust, rust_aug", "versions of one class", "`rust_aug,rust`"])),
    ("{rust_original rust_augmented scab}", Refused(&["versions of one class", "--classes-from 1"])),
    ("{rust healthy healthy~(1)}", Refused(&["healthy, healthy (1)", "versions of one class"])),
    ("{rust healthy Copy~of~rust}", Refused(&["versions of one class"])),
    ("{train val}/{rust rust_flipped healthy}", Refused(&["rust, rust_flipped"])),
    (
        "{rust healthy images}",
        Refused(&["images does not say by name", "beside healthy, rust", "move images", "--classes-from 1"]),
    ),
    ("{rust healthy runs2 all}", Refused(&["all, runs2 do not say by name", "move them"])),
    ("{train val}/{rust healthy unlabeled}", Refused(&["unlabeled does not say by name"])),
    (
        "train/{rust healthy} val/{scab mildew}",
        Refused(&["none of the classes for validation (mildew, scab)"]),
    ),
    ("train/{cat dog} test/unknown*5", Read("cat dog", [4, 0, 0])),
    ("train/{cat dog} test/test*5", Read("cat dog", [4, 0, 0])),
    ("train/{cat dog} test/class_0*5", Read("cat dog", [4, 0, 0])),
    ("train/{cat dog} test/images*5", Read("cat dog", [4, 0, 0])),
    ("train/{cat dog} val/{cat dog} test/{images masks}", Read("cat dog", [4, 4, 0])),
    ("train/{cat dog} test/cat", Read("cat dog", [4, 0, 2])),
    ("train/{Bean_rust healthy} test/bean~rust", Refused(&["--match-names"])),
    ("train/{a b} test/{tomato_a tomato_b}", Refused(&["for test (tomato_a, tomato_b)", "--classes FILE"])),
    (
        "{color grayscale segmented}/{rust healthy scab}",
        Refused(&["color, grayscale, segmented", "same 3 folders", "--classes-from 1"]),
    ),
    ("raw/{color grayscale}/{rust healthy scab}", Refused(&["color, grayscale", "raw/color"])),
    ("{original augmented}/{rust healthy scab}", Refused(&["same 3 folders"])),
    (
        "{PlantVillage plantvillage}/{rust healthy scab}",
        Refused(&["PlantVillage, plantvillage", "same 3 folders"]),
    ),
    ("{rust healthy plantvillage/{rust healthy}}", Refused(&["plantvillage holds 2 folders", "second copy"])),
    ("{rust healthy scab copy/{Rust Healthy Scab}}", Refused(&["second copy"])),
    (
        "{Tomato/{rust healthy} Potato/{blight healthy}}",
        Refused(&["Potato, Tomato hold folders in turn", "--classes-from 1", "--classes-from 2"]),
    ),
    ("{healthy diseased/{rust scab}}", Refused(&["diseased holds folders in turn", "--classes-from 1"])),
    ("{leaf symptom/{train val test}/{rust healthy}}", Refused(&["lie further down", "symptom"])),
    (
        "New~Plant/New~Plant/{train valid}/{rust healthy} test/test*4",
        Refused(&["further down", "New Plant/New Plant'`"]),
    ),
    ("{color/{train val} grayscale/{train val}}/{rust healthy}", Refused(&["further down", "color"])),
    ("{train rust}/{a b}", Refused(&["but also rust"])),
    ("{rust healthy test}*4", Refused(&["test is named like a part", "--classes-from 1"])),
    ("{rust healthy val/{rust healthy}}", Refused(&["val is named like a part"])),
    ("{train/{rust healthy} other}", Refused(&["but also other"])),
    ("{train val}/{Tomato/{rust healthy} Potato/{blight scab}}", Refused(&["hold folders in turn"])),
    // Masks are no class, wherever they lie.
    ("{train val}/{rust healthy masks}", Read("healthy rust", [4, 4, 0])),
    ("train/{rust healthy} val/{rust healthy masks}", Read("healthy rust", [4, 4, 0])),
    ("train/{rust healthy} val/{rust masks}", Read("healthy rust", [4, 2, 0])),
    ("{rust healthy masks}/{train val}", Read("healthy rust", [4, 4, 0])),
    ("{fold1 fold2}/{rust healthy masks}", Read("healthy rust", [8, 0, 0])),
    ("{mask no_mask}", Refused(&["mask is named like a folder of masks", "--classes-from 1"])),
    ("{mask no_mask helmet}", Refused(&["stands beside no_mask", "if each folder is a class"])),
    ("{label no_label}", Refused(&["label is named like a folder of masks", "--classes-from 1"])),
    ("{masks faces}", Refused(&["masks is named like a folder of masks", "--classes-from 1"])),
    ("{train val}/{mask no_mask}", Refused(&["mask is named like a folder of masks", "--classes-from 1"])),
    ("{fold1 fold2}/{mask no_mask}", Refused(&["mask is named like a folder of masks"])),
    ("{mask no_mask}/{train val}", Refused(&["mask is named like a folder of masks", "other names"])),
    ("{images leaves masks}", Refused(&["if it is a class, and so is masks"])),
    // Folds are looked at like any folder of classes.
    ("{fold1 fold2}/{images masks}", Refused(&["images, masks", "what kind of files"])),
    ("{fold1 fold2}/{rust rust_aug}", Refused(&["rust, rust_aug", "versions of one class"])),
    ("fold1/{rust healthy} fold2/{rust_aug healthy}", Refused(&["rust, rust_aug"])),
    ("batch1/{a b} batch2/{c d}", Read("a b c d", [8, 0, 0])),
    ("{fold1 fold2}/{Tomato/{rust healthy} Potato/{blight scab}}", Refused(&["hold folders in turn"])),
    // The ways to go on keep validation and test.
    ("train/{rust rust_aug healthy} val/{rust healthy}", Refused(&["ROOT --classes-from 1` if each is"])),
    ("x/{train val}/{rust rust_aug}", Refused(&["ROOT/x --classes-from 1` if each is"])),
    ("train/{cat dog results} val/{cat dog}", Refused(&["move results", "ROOT --classes-from 1` if it is"])),
    ("{train val}/{tomato/{rust healthy} bean/rust}", Refused(&["ROOT --classes-from 2`"])),
    ("{rust rust_aug}/{train val}", Refused(&["rust, rust_aug", "other names if each is a class"])),
    // Names of honest classes.
    ("{train val}/{leaf gray~leaf}", Read("gray leaf|leaf", [4, 4, 0])),
    ("{healthy gray~leaf~spot leaf~spot}", Read("gray leaf spot|healthy|leaf spot", [6, 0, 0])),
    ("{Severity~(0) Severity~(1)}", Read("Severity (0)|Severity (1)", [4, 0, 0])),
    ("{stage_1 stage_2 stage_3}", Read("stage_1 stage_2 stage_3", [6, 0, 0])),
    ("{covid_test flu_test}", Read("covid_test flu_test", [4, 0, 0])),
    ("{healthy healthy_2 gray_mold}", Read("gray_mold healthy healthy_2", [6, 0, 0])),
    ("{part_a part_b}", Read("part_a part_b", [4, 0, 0])),
    ("{rust rust_test healthy}", Refused(&["rust, rust_test are named like parts", "into train/"])),
    ("{healthy copy~of~healthy rust}", Refused(&["`copy of healthy,healthy`"])),
    // Neither parts nor batches are classes of a part.
    (
        "train/{rust healthy val}",
        Refused(&["val is named like a part of a data set, inside another", "move val"]),
    ),
    ("{train test}/{rust healthy train}", Refused(&["train is named like a part of a data set, inside"])),
    ("{train val}/{batch1 batch2}", Refused(&["batch1, batch2 are folds or batches"])),
    ("{fold1 fold2}/{rust test}", Refused(&["test is named like a part"])),
    // Parts in some classes.
    (
        "{rust healthy}/{train val} healthy/extra",
        Refused(&["healthy/extra is in none", "move healthy/extra", "train, val"]),
    ),
    ("healthy*4 rust/{train test}", Refused(&["healthy is in none", "test, train in rust"])),
    ("{rust healthy}/{train val} rust/a.png", Refused(&["the photos in rust itself is in none"])),
    // Wrappers below each folder.
    (
        "{drive-download-20240101T101010Z-001 drive-download-20240101T101010Z-002}/PlantData/{rust healthy}",
        Refused(&[
            "hold the same 2 folders",
            "ROOT/drive-download-20240101T101010Z-001/PlantData`",
            "--classes-from 3",
            "batch1",
        ]),
    ),
    (
        "{Tomato/Tomato_leaves Potato/Potato_leaves}/{rust healthy}",
        Refused(&["same 2 folders", "ROOT/Potato/Potato_leaves`"]),
    ),
    (
        "{train val}/{Wheat Rice}/Leaf/{rust healthy}",
        Refused(&["Rice, Wheat hold folders in turn", "ROOT --classes-from 3`"]),
    ),
    (
        "{rust healthy old/backup/{rust healthy}}",
        Refused(&["old/backup holds 2 folders", "second copy", "move old"]),
    ),
    ("{Site~A Site~B}/images/{rust healthy}", Refused(&["hold the same 2 folders"])),
    ("{zip1/zip1 zip2/zip2}/{rust healthy}", Refused(&["ROOT/zip1/zip1`"])),
    (
        "{Wheat/Leaf/{rust healthy} Maize/Leaf/{blight smut}}",
        Refused(&["Maize, Wheat hold folders in turn", "--classes-from 3"]),
    ),
    (
        "{healthy diseased/all/{rust scab}}",
        Refused(&["diseased holds folders in turn", "ROOT/diseased/all`"]),
    ),
    ("{Tomato Potato}/{2023 2024}/{rust healthy}", Refused(&["hold folders in turn (healthy, rust)"])),
    ("{batch1 batch2}/Data/{rust healthy}", Read("healthy rust", [8, 0, 0])),
    ("{train test}/Leaf/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{rust healthy}/images", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy}/photos/{plant1 plant2}", Read("healthy rust", [8, 0, 0])),
    (
        "{batch1/rust batch2/healthy}/{early late}",
        Refused(&["rust holds folders in turn", "ROOT --classes-from 1`"]),
    ),
    ("{batch1/rust batch2/healthy}", Read("healthy rust", [4, 0, 0])),
    ("{Train/Train~Images Test/Test~Images}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    // Numbered classes, and folders that tell photos apart.
    ("{Tomato Potato}/{1_healthy 2_rust}", Refused(&["hold the same 2 folders"])),
    ("{day1 day2}/{1^~healthy 2^~rust}", Refused(&["hold the same 2 folders", "batch1"])),
    ("{PlantVillage plantvillage}/{001^rust 002^scab}", Refused(&["hold the same 2 folders"])),
    ("{Tomato/{1_healthy 2_rust} Potato/{1_healthy 2_blight 3_scab}}", Refused(&["hold folders in turn"])),
    ("{1_healthy 2_rust}", Read("1_healthy 2_rust", [4, 0, 0])),
    ("photos/{0_healthy 1_rust}", Read("0_healthy 1_rust", [4, 0, 0])),
    ("mine/{0_healthy 1_rust}", Read("0_healthy 1_rust", [4, 0, 0])),
    ("{rust healthy}/{Baum1 Baum2 2024-05-01~morning}", Read("healthy rust", [12, 0, 0])),
    ("rust/{IMG_001 A12} healthy/{20240501 12}", Read("healthy rust", [8, 0, 0])),
    ("{2024-05-01 2024-05-02}", Refused(&["say when, where or with what", "--classes-from 1"])),
    ("{100CANON 101CANON}", Refused(&["say when, where or with what"])),
    ("{plot1 plot2 plot3}", Refused(&["say when, where or with what"])),
    ("{Day~1/healthy Day~2/rust}", Refused(&["say when, where or with what"])),
    ("{2023/rust 2024/healthy}", Refused(&["say when, where", "\"2023 rust\" is one", "batch1"])),
    ("{phoneA phoneB}/{grade_0 grade_1}", Refused(&["say when, where", "--classes-from 2"])),
    ("{rust healthy}/{images masks}", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy}*3 {rust healthy}/masks", Read("healthy rust", [6, 0, 0])),
    ("{train test}/{rust healthy}/{images masks}", Read("healthy rust", [4, 0, 4])),
    ("{rust healthy}/{original augmented}", Refused(&["hold the same 2 folders"])),
    // Parts in other words, and folders that are no classes by their names.
    ("{entrenamiento prueba}*4", Refused(&["entrenamiento, prueba are parts", "no class folders"])),
    ("{Trainingsdaten Testdaten}*4", Refused(&["Testdaten, Trainingsdaten are parts"])),
    ("{treino teste}/{rust healthy}", Read("healthy rust", [4, 0, 4])),
    ("{seen unseen}*4", Refused(&["seen, unseen say what kind"])),
    ("{train_A train_B}*4", Refused(&["train_A, train_B are parts"])),
    (
        "{rust healthy New~folder~(2)}",
        Refused(&["New folder (2) does not say by name", "move New folder (2)"]),
    ),
    ("{rust healthy rejected}", Refused(&["rejected does not say by name"])),
    ("{rust healthy rust~-~Kopie}", Refused(&["rust, rust - Kopie", "versions of one class"])),
    ("{rust healthy rust_256}", Refused(&["rust, rust_256", "versions of one class"])),
    ("{class_224 class_256 class_3}", Read("class_224 class_256 class_3", [6, 0, 0])),
    // Ways that work.
    (
        "dataset/{1 2 3}",
        Refused(&[
            "dataset says what kind of files it holds",
            "`ROOT/dataset` if the classes are the folders",
        ]),
    ),
    ("images/{001^X_gull 002^Y_tern}", Read("001.X_gull 002.Y_tern", [4, 0, 0])),
    ("{data/{rust healthy} static docs}", Refused(&["`ROOT/data` if the classes are the folders in data"])),
    (
        "{dataset/{rust healthy} screenshots}",
        Refused(&["`ROOT/dataset` if the classes are the folders in dataset"]),
    ),
    ("{train/{rust healthy} runs}", Refused(&["but also runs; move those out of the folder"])),
    (
        "train/{rust healthy} single_prediction",
        Refused(&["but also single_prediction; move those out of the folder"]),
    ),
    ("train*4", Refused(&["train is a part of a data set and holds"])),
    // A class or a part inside a class.
    (
        "{rust healthy}*3 healthy/rust",
        Refused(&["healthy/rust is named like rust and lies in healthy", "move healthy/rust into rust"]),
    ),
    ("{rust healthy more/rust}", Refused(&["more/rust is named like rust"])),
    (
        "{rust healthy}*3 {rust healthy}/val",
        Refused(&["healthy/val, rust/val are named like parts", "inside a class", "--classes-from 1"]),
    ),
    (
        "{train test}/{rust healthy} train/rust/test",
        Refused(&["rust/test is named like a part", "inside a class"]),
    ),
    ("{train test}/{rust healthy} train/healthy/rust", Refused(&["healthy/rust is named like rust"])),
    (
        "{train test}/{rust healthy} train/extra/{rust healthy}",
        Refused(&["extra holds 2 folders", "move extra out"]),
    ),
    ("{rust healthy} healthy/healthy~test", Refused(&["healthy/healthy test is named like a part"])),
    ("{rust healthy} rust/{early late}", Refused(&["rust holds folders in turn"])),
    ("{rust/rust healthy/healthy}", Read("healthy rust", [4, 0, 0])),
    ("{rust healthy}*3 rust/severe", Read("healthy rust", [8, 0, 0])),
    // Nothing.
    ("rust*3", Refused(&["only one class"])),
    ("rust/{plant1 plant2}", Refused(&["only one class"])),
    ("a.png b.png", Refused(&["in a class folder"])),
    ("{val test}/{rust healthy}", Refused(&["train/"])),
];

#[test]
fn each_layout_is_read_as_it_is_meant_or_refused() {
    assert!(LAYOUTS.len() >= 60, "{}", LAYOUTS.len());
    let mut wrong = Vec::new();
    for (tree, expected) in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        match (scan(folder.path(), &ScanOptions::default()), expected) {
            (Ok((dataset, _)), Read(classes, parts)) => {
                let split = if classes.contains('|') { '|' } else { ' ' };
                let wanted: Vec<&str> = classes.split(split).collect();
                if dataset.classes != wanted || counts(&dataset) != *parts {
                    wrong.push(format!("{tree}: {:?} {:?}", dataset.classes, counts(&dataset)));
                }
            }
            (Err(error), Refused(words)) => {
                let text = error.to_string().replace(&folder.path().display().to_string(), "ROOT");
                if !words.iter().all(|word| text.contains(word)) || text.contains('\n') {
                    wrong.push(format!("{tree}: {text}"));
                }
            }
            (Ok((dataset, _)), Refused(_)) => wrong.push(format!("{tree}: read as {:?}", dataset.classes)),
            (Err(error), Read(..)) => wrong.push(format!("{tree}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The folders and depths of classes in the ways that an error names: "`ROOT/a --classes-from 2`".
fn ways(text: &str, root: &str) -> Vec<(String, Option<usize>)> {
    let quoted = text.split('`').skip(1).step_by(2).map(|way| way.replace('\'', ""));
    let ways = quoted
        .filter(|way| way.starts_with(root) && !way.contains("--classes ") && !way.contains("--labels"));
    ways.map(|way| match way.split_once(" --classes-from ") {
        Some((folder, depth)) => (folder.to_owned(), Some(depth.parse().unwrap())),
        None => (way, None),
    })
    .collect()
}

#[test]
fn the_ways_that_are_named_lead_on() {
    let (mut dead, mut tried) = (Vec::new(), 0);
    for (tree, _) in LAYOUTS {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        let Err(error) = scan(folder.path(), &ScanOptions::default()) else { continue };
        for (path, classes_from) in ways(&error.to_string(), folder.path().to_str().unwrap()) {
            tried += 1;
            let options = ScanOptions { classes_from, ..ScanOptions::default() };
            // A folder alone may raise the next question.
            match scan(path.as_ref(), &options) {
                Err(ScanError::Undecided { .. }) if classes_from.is_none() => {}
                Err(error) => dead.push(format!("{tree}: {path} {classes_from:?}: {error}")),
                Ok(_) => {}
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn what_was_understood_is_said() {
    let said = |tree: &str| {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        scan(folder.path(), &ScanOptions::default()).unwrap().0.layout
    };
    assert_eq!(said("{rust healthy}"), None);
    assert_eq!(said("{train test}/{rust healthy}"), None);
    let wrapped = said("archive/beans/{rust healthy}").unwrap();
    assert!(wrapped.contains("archive/beans/"), "{wrapped}");
    let parts = said("{Train~Set Test~Set}/{rust healthy}").unwrap();
    assert!(parts.contains("Train Set/ for train") && parts.contains("Test Set/ for test"), "{parts}");
    let unused = said("train/{rust healthy} test*5").unwrap();
    assert!(unused.contains("test is not used: its 5 photos"), "{unused}");
    let masks = said("{train val}/{rust healthy masks}").unwrap();
    assert!(masks.contains("train/masks, val/masks are not used"), "{masks}");
    let masks = said("{rust healthy masks}/{train val}").unwrap();
    assert!(masks.contains("masks is not used"), "{masks}");
    let folds = said("{fold0 fold1}/{rust healthy}").unwrap();
    assert!(folds.contains("hold the same classes"), "{folds}");
    let folds = said("batch1/{a b} batch2/{a c}").unwrap();
    assert!(folds.contains("not each of them holds b, c"), "{folds}");
    let test = said("train/{cat dog} test/unknown*5").unwrap();
    assert!(test.contains("the photos for test are not used: all 5 are in unknown"), "{test}");
    let test = said("train/{cat dog} test/images*5").unwrap();
    assert!(test.contains("test/ is not used: its 5 photos are in no class folder but in images"), "{test}");
    let inside = said("{rust healthy}/{train test}").unwrap();
    assert!(inside.contains("the folders test, train in each class are the parts"), "{inside}");
    let plants = said("{rust healthy}/{1 2 3}").unwrap();
    assert_eq!(
        plants,
        "the folders in healthy (1, 2, 3) belong to healthy: folders in classes are no classes"
    );
    assert_eq!(said("{rust healthy}/{2024-05-01 2024-05-02}"), None);
    let plants = said("{train test}/{Tomato Potato}/{stage1 stage2}").unwrap();
    assert!(plants.contains("the folders in Potato (stage1, stage2) belong"), "{plants}");
    let deep = said("{rust healthy/deep/er}").unwrap();
    assert_eq!(deep, "the photos in healthy/deep belong to healthy: folders in classes are no classes");
    assert_eq!(said("{rust/images healthy/healthy}"), None);
    let film = said("{rust healthy} scab/{1.mp4 2.mp4} docs/a.txt").unwrap();
    assert_eq!(film, "scab is no class: it holds no photo but 2 .mp4 files, which are not read");
    let empty = said("train/{rust healthy} val*0 test/rust*0").unwrap();
    assert_eq!(
        empty,
        "test holds no photo, so there is no such part; val holds no photo, so there is no such part"
    );
    let table = said("{rust healthy} train.csv classes.txt notes.txt data.yaml readme.md").unwrap();
    assert!(
        table.contains("from the folders, not from classes.txt, data.yaml, train.csv (--labels"),
        "{table}"
    );
}

#[test]
fn the_depth_of_the_classes_can_be_given() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{Tomato/{rust healthy} Potato/{blight healthy}}");
    let classes = |depth| {
        let options = ScanOptions { classes_from: Some(depth), ..ScanOptions::default() };
        scan(folder.path(), &options).map(|(dataset, _)| dataset.classes)
    };
    assert_eq!(classes(1).unwrap(), ["Potato", "Tomato"]);
    assert_eq!(classes(2).unwrap(), ["Potato blight", "Potato healthy", "Tomato healthy", "Tomato rust"]);
    let parted = tempfile::tempdir().unwrap();
    plant(parted.path(), "{train val}/{Tomato/{rust healthy} Potato/{blight healthy}}");
    let options = ScanOptions { classes_from: Some(2), ..ScanOptions::default() };
    let (dataset, _) = scan(parted.path(), &options).unwrap();
    assert_eq!(dataset.classes.len(), 4);
    assert_eq!(counts(&dataset), [8, 8, 0]);
    let masked = tempfile::tempdir().unwrap();
    plant(masked.path(), "{mask no_mask}");
    let options = ScanOptions { classes_from: Some(1), ..ScanOptions::default() };
    assert_eq!(scan(masked.path(), &options).unwrap().0.classes, ["mask", "no_mask"]);
    let folds = tempfile::tempdir().unwrap();
    plant(folds.path(), "{fold1 fold2}/{rust rust_aug}");
    let options = ScanOptions { classes_from: Some(1), ..ScanOptions::default() };
    assert_eq!(scan(folds.path(), &options).unwrap().0.classes, ["rust", "rust_aug"]);
    assert!(matches!(classes(5), Err(ScanError::AllBroken { .. } | ScanError::NoPhotographs { .. })));
}

#[test]
fn class_names_that_differ_in_spelling_are_named_and_matched() {
    let tree = "train/{Bean_rust healthy}*3 val/{bean~rust Healthy}*2";
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), tree);
    let error = scan(folder.path(), &ScanOptions::default()).unwrap_err();
    assert!(error.is_of_the_layout());
    let text = error.to_string();
    for part in ["val/bean rust (2 photos) looks like Bean_rust", "val/Healthy", "--match-names"] {
        assert!(text.contains(part), "{text}");
    }
    let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
    let (dataset, problems) = scan(folder.path(), &matching).unwrap();
    assert_eq!(dataset.classes, ["Bean_rust", "healthy"]);
    assert_eq!(counts(&dataset), [6, 4, 0]);
    assert!(problems.is_empty(), "{problems:?}");
    let said = dataset.layout.unwrap();
    assert!(said.contains("bean rust is read as Bean_rust (2 photos)"), "{said}");
}

#[test]
fn alike_classes_of_one_part_are_said_and_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{Rust rust healthy}*3");
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(dataset.classes.len(), 3);
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("looks like Rust") && text.contains("3 photos"), "{text}");
    assert!(!problems[0].reason.excludes());
    let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
    assert_eq!(scan(folder.path(), &matching).unwrap().0.classes, ["Rust", "healthy"]);
}

#[test]
fn classes_that_a_number_tells_apart_are_said() {
    for (tree, words) in [
        ("{rust~(1) rust~(2) healthy}*3", "rust (1) to rust (2) are taken for 2 classes"),
        ("{stage~(0) stage~(1) stage~(2)}*3", "stage (0) to stage (2) are taken for 3 classes"),
        ("{rust~(1) healthy~(1)}*3", ""),
        ("{rust1 rust2}*3", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        let said = scan(folder.path(), &ScanOptions::default()).unwrap().0.layout.unwrap_or_default();
        assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{tree}: {said}");
    }
}

#[test]
fn photos_of_a_class_without_training_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "train/{rust healthy} val/{rust healthy scab}*5");
    let (_, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].reason.files(), 5);
    assert!(problems[0].to_string().contains("its 5 photos are left out"), "{}", problems[0]);
}

#[test]
fn a_class_that_is_a_second_copy_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*6");
    std::fs::create_dir(folder.path().join("scab")).unwrap();
    for number in 0..6 {
        let name = format!("{number}.png");
        std::fs::copy(folder.path().join("rust").join(&name), folder.path().join("scab").join(&name))
            .unwrap();
    }
    let (_, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 1, "{text:?}");
    assert!(text[0].starts_with("scab: a second copy of rust: 6 of its 6 photos"), "{text:?}");
}

/// A PNG of a leaf's outline in two values.
fn mask_png(seed: u32) -> Vec<u8> {
    let picture =
        image::GrayImage::from_fn(24, 24, |x, y| image::Luma([if (x + seed) % 24 < y { 255 } else { 0 }]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn masks_beside_photos_of_one_name_are_no_photos() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*3");
    for (seed, class) in (0..).zip(["rust", "healthy"]) {
        for index in 0..3 {
            let at = |name: String| folder.path().join(class).join(name);
            std::fs::rename(at(format!("{index}.png")), at(format!("{index}.bmp"))).unwrap();
            std::fs::write(at(format!("{index}.png")), mask_png(3 * seed + index)).unwrap();
            std::fs::write(at(format!("{index}_gt.png")), mask_png(3 * seed + index + 9)).unwrap();
            std::fs::write(at(format!("{index}.jpeg")), png(50 + 3 * seed + index)).unwrap();
        }
    }
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    let masks = problems.iter().filter(|problem| problem.to_string().contains("a mask of the photo")).count();
    assert_eq!((dataset.photos.len(), masks), (12, 12), "{problems:?}");
}

#[test]
fn an_exported_page_is_no_class() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy site}*3");
    let classes = || scan(folder.path(), &ScanOptions::default()).unwrap().0.classes;
    assert_eq!(classes().len(), 3);
    for (name, text) in [
        ("manifest.webmanifest", "{}"),
        ("sw.js", ""),
        ("index.html", "<!doctype html><!-- foliar export --format page -->\n<html>"),
    ] {
        std::fs::write(folder.path().join("site").join(name), text).unwrap();
    }
    assert_eq!(classes(), ["healthy", "rust"]);
}
