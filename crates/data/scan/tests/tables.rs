//! Tables of labels as people have them: each is read as it is meant, or refused with a sentence that says what to do.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../vision/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::png;
use foliar_scan::{ClassMap, ColumnChoice, LabelSource, ScanError, ScanOptions, scan};
use foliar_vision::{Dataset, Problem, Split};

/// A folder with photos and tables, and what becomes of it.
struct Case {
    /// Folders with the photos in them, as `images/1-8.png test/9.png`.
    photos: &'static str,
    /// Other files.
    files: &'static [(&'static str, &'static str)],
    /// What is given besides the folder: `--labels`, `--classes`, `--image-column` and `--label-column` with their values.
    options: &'static str,
    expected: Expected,
}

enum Expected {
    /// Classes with their counts, photos for training (or without a part), validation and test, codes of problems with their
    /// counts, and words of the sentence.
    Read(&'static str, [usize; 3], &'static str, &'static [&'static str]),
    /// An error that holds all of these words.
    Refused(&'static [&'static str]),
}
use Expected::{Read, Refused};

const NONE: &[(&str, &str)] = &[];
const EIGHT: &str = "images/1-8.png";
const FOUND: &[&str] = &["found in the folder"];

/// `image_id,label` of eight photos, four of each class.
const PLAIN: &str =
    "image_id,label\n1.png,a\n2.png,a\n3.png,a\n4.png,a\n5.png,b\n6.png,b\n7.png,b\n8.png,b\n";

/// Words of the question whether a column holds classes.
const ASKED: &[&str] = &["nothing says that these are the classes", "--labels", "one folder per class"];

/// A table of eight photos with one other column, in which two values take turns.
fn column_of(name: &str, even: &str, odd: &str) -> &'static str {
    let row = |number: usize| format!("{number}.png,{}\n", if number.is_multiple_of(2) { even } else { odd });
    Box::leak(format!("filename,{name}\n{}", (1..=8).map(row).collect::<String>()).into_boxed_str())
}

fn leaked(files: Vec<(&'static str, &'static str)>) -> &'static [(&'static str, &'static str)] {
    Box::leak(files.into_boxed_slice())
}

const FROM_ONE: &str =
    "image,label\n1.png,1\n2.png,1\n3.png,1\n4.png,1\n5.png,2\n6.png,2\n7.png,2\n8.png,2\n";

const SPLIT: &str = "path,split\nrust/1.png,train\nrust/2.png,train\nrust/3.png,train\nrust/4.png,test\nscab/5.png,train\nscab/6.png,train\nscab/7.png,train\nscab/8.png,test\n";

const CODES: &str = "image,label\n1.png,0\n2.png,0\n3.png,0\n4.png,0\n5.png,1\n6.png,1\n7.png,1\n8.png,1\n";

fn cases() -> Vec<Case> {
    let case = |photos, files, options, expected| Case { photos, files, options, expected };
    vec![
        // Kinds of tables, found by themselves.
        case(
            EIGHT,
            &[("train.csv", PLAIN)],
            "",
            Read("a:4 b:4", [8, 0, 0], "", &["`label` of train.csv", "found in the folder"]),
        ),
        case("1-8.png", &[("train.csv", PLAIN)], "", Read("a:4 b:4", [8, 0, 0], "", FOUND)),
        case(
            "leaf/1-8.png",
            &[(
                "leaf/dataset.csv",
                "id,predominant_stress,miner,rust,severity\n1,0,0,0,0\n2,0,0,0,0\n3,1,1,0,2\n4,1,1,1,1\n5,2,0,1,3\n6,2,0,1,1\n7,2,0,1,1\n8,2,0,1,1\n",
            )],
            "",
            Read("0:2 1:2 2:4", [8, 0, 0], "", &["`predominant_stress`", "they are numbers"]),
        ),
        case(
            "train_images/1-8.png test_images/9-10.png",
            &[
                (
                    "train.csv",
                    "image_id,label\n1.png,0\n2.png,0\n3.png,0\n4.png,0\n5.png,1\n6.png,1\n7.png,1\n8.png,1\n",
                ),
                ("label_num_to_disease_map.json", "{\"0\": \"rust\", \"1\": \"scab\", \"2\": \"other\"}"),
                ("sample_submission.csv", "image_id,label\n9.png,1\n"),
                ("test.csv", "image_id,label\n9.png,0\n10.png,0\n"),
            ],
            "",
            Read(
                "rust:4 scab:4",
                [8, 0, 0],
                "",
                &["label_num_to_disease_map.json gives their names", "test_images/ (2 photos)"],
            ),
        ),
        case(
            EIGHT,
            &[(
                "train.csv",
                "image_id,healthy,multiple_diseases,rust\n1,1,0,0\n2,1,0,0\n3,0,1,0\n4,0,1,0\n5,0,0,1\n6,0,0,1\n7,0,0,1\n8,0,0,1\n",
            )],
            "",
            Read("healthy:2 multiple_diseases:2 rust:4", [8, 0, 0], "", &["3 columns of 0 and 1"]),
        ),
        case(
            EIGHT,
            &[(
                "train.csv",
                "image,labels\n1.png,scab\n2.png,rust\n3.png,scab rust\n4.png,scab\n5.png,rust\n6.png,rust scab\n7.png,scab\n8.png,rust\n",
            )],
            "",
            Refused(&["2 of 8 photos have several labels", "images/3.png", "--classes FILE", "one class"]),
        ),
        case(
            "images/7/1-4.png images/9/5-8.png",
            &[(
                "meta.csv",
                "\"image_name\";\"organ\";\"species_id\";\"obs_id\";\"species\";\"learn_tag\"\n\"1.png\";\"leaf\";7;1;\"Acer rubrum\";\"train\"\n\"2.png\";\"leaf\";7;1;\"Acer rubrum\";\"train\"\n\"3.png\";\"leaf\";7;2;\"Acer rubrum\";\"train\"\n\"4.png\";\"leaf\";7;3;\"Acer rubrum\";\"val\"\n\"5.png\";\"leaf\";9;4;\"Betula nana\";\"train\"\n\"6.png\";\"leaf\";9;5;\"Betula nana\";\"train\"\n\"7.png\";\"leaf\";9;6;\"Betula nana\";\"train\"\n\"8.png\";\"leaf\";9;6;\"Betula nana\";\"test\"\n",
            )],
            "--labels meta.csv",
            Read(
                "Acer rubrum:4 Betula nana:4",
                [6, 1, 1],
                "",
                &["`species`", "`learn_tag` gives the parts", "`obs_id` stay in one split"],
            ),
        ),
        case(
            "train_images/blast/1-4.png train_images/normal/5-8.png test_images/9-10.png",
            &[(
                "train.csv",
                "image_id,label,variety,age\n1.png,blast,ADT45,45\n2.png,blast,ADT45,45\n3.png,blast,ADT45,45\n4.png,blast,KKM,50\n5.png,normal,ADT45,45\n6.png,normal,ADT45,45\n7.png,normal,ADT45,50\n8.png,normal,KKM,50\n",
            )],
            "",
            Read("blast:4 normal:4", [8, 0, 0], "", &["train_images/"]),
        ),
        case(
            "train_images/blast/1-4.png train_images/normal/5-8.png",
            &[(
                "train.csv",
                "image_id,label,variety,age\n1.png,blast,ADT45,45\n2.png,blast,ADT45,45\n3.png,blast,ADT45,45\n4.png,blast,KKM,50\n5.png,normal,ADT45,45\n6.png,normal,ADT45,45\n7.png,normal,ADT45,50\n8.png,normal,KKM,50\n",
            )],
            "--labels train.csv",
            Read("blast:4 normal:4", [8, 0, 0], "", &["`label` of train.csv"]),
        ),
        case(
            "train/1-4.png valid/5-6.png test/7-8.png",
            &[
                (
                    "train/_classes.csv",
                    "filename, Healthy, Rust\n1.png, 1, 0\n2.png, 1, 0\n3.png, 0, 1\n4.png, 0, 1\n",
                ),
                ("valid/_classes.csv", "filename, Healthy, Rust\n5.png, 1, 0\n6.png, 0, 1\n"),
                ("test/_classes.csv", "filename, Healthy, Rust\n7.png, 1, 0\n8.png, 0, 1\n"),
            ],
            "",
            Read("Healthy:4 Rust:4", [4, 2, 2], "", &["the tables give the parts", "were found"]),
        ),
        case(
            "train/1-4.png test/5-6.png",
            &[
                (
                    "train/metadata.jsonl",
                    "{\"file_name\": \"1.png\", \"label\": \"a\"}\n{\"file_name\": \"2.png\", \"label\": \"a\"}\n{\"file_name\": \"3.png\", \"label\": \"b\"}\n{\"file_name\": \"4.png\", \"label\": \"b\"}\n",
                ),
                (
                    "test/metadata.jsonl",
                    "{\"file_name\": \"5.png\", \"label\": \"a\"}\n{\"file_name\": \"6.png\", \"label\": \"b\"}\n",
                ),
            ],
            "",
            Read("a:3 b:3", [4, 0, 2], "", &[]),
        ),
        case(
            EIGHT,
            &[(
                "metadata.csv",
                "file_name,label\nimages/1.png,a\nimages/2.png,a\nimages/3.png,a\nimages/4.png,a\nimages/5.png,b\nimages/6.png,b\nimages/7.png,b\nimages/8.png,b\n",
            )],
            "",
            Read("a:4 b:4", [8, 0, 0], "", FOUND),
        ),
        case(
            EIGHT,
            &[
                ("train.txt", "./images/1.png 0\n./images/2.png 0\n./images/3.png 1\n./images/4.png 1\n"),
                ("val.txt", "./images/5.png 0\n./images/6.png 0\n./images/7.png 1\n./images/8.png 1\n"),
                ("classes.txt", "rust\nscab\n"),
            ],
            "",
            Read("rust:4 scab:4", [4, 4, 0], "", &["classes.txt gives their names"]),
        ),
        case(
            "images/rust/1-4.png images/scab/5-8.png",
            &[
                (
                    "train.txt",
                    "./images/rust/1.png\n./images/rust/2.png\n./images/scab/5.png\n./images/scab/6.png\n",
                ),
                ("val.txt", "./images/rust/3.png\n./images/scab/7.png\n"),
            ],
            "--labels train.txt --labels val.txt",
            Read("rust:3 scab:3", [4, 2, 0], "unlisted:2", &["the folders of the paths"]),
        ),
        case(
            "train_val2019/Plants/1/1-4.png train_val2019/Plants/2/5-8.png",
            &[(
                "train2019.json",
                "{\"images\": [{\"id\": 1, \"file_name\": \"train_val2019/Plants/1/1.png\"}, {\"id\": 2, \"file_name\": \"train_val2019/Plants/1/2.png\"}, {\"id\": 5, \"file_name\": \"train_val2019/Plants/2/5.png\"}, {\"id\": 6, \"file_name\": \"train_val2019/Plants/2/6.png\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 0}, {\"id\": 2, \"image_id\": 2, \"category_id\": 0}, {\"id\": 5, \"image_id\": 5, \"category_id\": 1}, {\"id\": 6, \"image_id\": 6, \"category_id\": 1}], \"categories\": [{\"id\": 0, \"name\": \"Acer\"}, {\"id\": 1, \"name\": \"Betula\"}]}",
            )],
            "--labels train2019.json",
            Read("Acer:2 Betula:2", [4, 0, 0], "unlisted:4", &["the categories of the annotations"]),
        ),
        case(
            "images/1-4.png",
            &[(
                "annotations.json",
                "{\"images\": [{\"id\": 1, \"file_name\": \"1.png\"}, {\"id\": 2, \"file_name\": \"2.png\"}], \"annotations\": [{\"image_id\": 1, \"category_id\": 0}, {\"image_id\": 1, \"category_id\": 1}, {\"image_id\": 2, \"category_id\": 0}], \"categories\": [{\"id\": 0, \"name\": \"rust\"}, {\"id\": 1, \"name\": \"scab\"}]}",
            )],
            "",
            Refused(&["1 of 2 photos have several labels", "rust scab"]),
        ),
        // Ways of writing.
        case(
            EIGHT,
            &[("labels.csv", "\u{feff}Bild;Klasse\r\n\"images\\1.png\";\"a; b\"\r\nimages\\2.png;c\r\n")],
            "",
            Refused(&["1 of 2 photos have several labels"]),
        ),
        case(
            "images/1-4.png",
            &[(
                "labels.csv",
                "\u{feff}Bild;Klasse\r\n\"images\\1.png\";\"a\"\r\nimages\\2.png;a\r\nC:\\x\\images\\3.png;b\r\n.\\images\\4.png;b\r\n",
            )],
            "--labels labels.csv",
            Read("a:2 b:2", [4, 0, 0], "", &["`Klasse`"]),
        ),
        case(
            "images/1-4.png",
            &[(
                "labels.tsv",
                "photo\tclass name\n1\ta leaf, rusty\n2\ta leaf, rusty\n3\thealthy\n4\thealthy\n",
            )],
            "",
            Read("a leaf, rusty:2 healthy:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "images/1-4.png",
            &[("list.csv", "1.png,a\n2.png,a\n3.png,b\n4.png,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["the words behind the paths"]),
        ),
        case(
            "images/1-4.png",
            &[("labels.json", "{\"1.png\": \"a\", \"2.png\": \"a\", \"3.png\": \"b\", \"4.png\": \"b\"}")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "images/1-4.png",
            &[(
                "labels.csv",
                "path,class\n/home/someone/data/1.jpg,a\n/home/someone/data/2.jpg,a\n/home/someone/data/3.jpg,b\n/home/someone/data/4.jpg,b\n",
            )],
            "",
            Read("a:2 b:2", [4, 0, 0], "", FOUND),
        ),
        // Parts and groups.
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,species,split,leaf\n1.png,a,train,x\n2.png,a,train,x\n3.png,a,valid,y\n4.png,a,test,z\n5.png,b,Training,u\n6.png,b,train,v\n7.png,b,dev,w\n8.png,b,test,t\n",
            )],
            "",
            Read("a:4 b:4", [4, 2, 2], "", &["`split` gives the parts", "`leaf` stay in one split"]),
        ),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,label,set\n1.png,a,north\n2.png,a,south\n3.png,a,north\n4.png,a,south\n5.png,b,north\n6.png,b,south\n7.png,b,north\n8.png,b,south\n",
            )],
            "",
            Read("a:4 b:4", [8, 0, 0], "", &["`set` is not used: `north` is no part"]),
        ),
        case(
            "train/1-4.png val/5-8.png",
            &[(
                "labels.csv",
                "path,label\ntrain/1.png,a\ntrain/2.png,a\ntrain/3.png,b\ntrain/4.png,b\nval/5.png,a\nval/6.png,a\nval/7.png,b\nval/8.png,b\n",
            )],
            "",
            Read("a:4 b:4", [4, 4, 0], "", &["folders of the photos give the parts"]),
        ),
        case(
            "images/train/1-4.png images/val/5-8.png",
            &[
                (
                    "train.txt",
                    "./images/train/1.png\n./images/train/2.png\n./images/train/3.png\n./images/train/4.png\n",
                ),
                (
                    "val.txt",
                    "./images/val/5.png\n./images/val/6.png\n./images/val/7.png\n./images/val/8.png\n",
                ),
            ],
            "",
            Refused(&["train, val", "hold no class folders"]),
        ),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,label,is_valid\n1.png,a,False\n2.png,a,False\n3.png,a,True\n4.png,a,True\n5.png,b,False\n6.png,b,False\n7.png,b,False\n8.png,b,True\n",
            )],
            "",
            Read("a:4 b:4", [5, 3, 0], "", &["`is_valid` gives the parts: train without the mark"]),
        ),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,label,is_training_image\n1.png,a,1\n2.png,a,1\n3.png,a,0\n4.png,a,1\n5.png,b,1\n6.png,b,0\n7.png,b,1\n8.png,b,1\n",
            )],
            "",
            Read("a:4 b:4", [6, 0, 2], "", &["`is_training_image` gives the parts: test without the mark"]),
        ),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,label,kfold\n1.png,a,0\n2.png,a,1\n3.png,a,0\n4.png,a,1\n5.png,b,0\n6.png,b,1\n7.png,b,0\n8.png,b,1\n",
            )],
            "",
            Read("a:4 b:4", [8, 0, 0], "", &["the folds of `kfold`, such as `0`, are not used"]),
        ),
        case(
            "train/1-4.png test/1-2.png",
            &[("train.csv", "image,label\n1.png,a\n2.png,a\n3.png,b\n4.png,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["test/ (2 photos)"]),
        ),
        // Rows that are wrong.
        case(
            "images/1-9.png",
            &[(
                "labels.csv",
                "image,label\n1.png,a\n2.png,a\n3.png,a\n4.png,b\n5.png,b\n6.png,b\n6.png,a\n7.png,\n77.png,b\n",
            )],
            "",
            Read(
                "a:3 b:2",
                [5, 0, 0],
                "contradicting-rows:1 row-without-photograph:1 unlisted:2 without-label:1",
                FOUND,
            ),
        ),
        case(
            "images/1-4.png",
            &[("labels.csv", "image,label\n1.png,a\n1.png,b\n2.png,a\n2.png,b\n3.png,a\n4.png,a\n4.png,b\n")],
            "",
            Refused(&["3 of 4 photos have several labels"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,label\nx1.png,a\nx2.png,b\n")],
            "--labels labels.csv",
            Refused(&["none of its 2 rows", "x1.png", "images/1.png", "--images"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,label\n1.png,a\n2.png\n")],
            "--labels labels.csv",
            Refused(&["line 3"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,note,remark\n1.png,a,b\n2.png,b,c\n")],
            "--labels labels.csv",
            Refused(&["`remark`", "--label-column"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "x,note\n7,a\n8,b\n")],
            "--labels labels.csv",
            Refused(&["`x`, `note`", "--image-column"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,label,class\n1.png,a,x\n2.png,a,y\n3.png,b,x\n")],
            "",
            Refused(&["`label` and `class`", "`--label-column class`"]),
        ),
        case(
            "images/1-4.png",
            &[("labels.csv", "a,b,c\n1.png,x,p\n2.png,x,q\n3.png,y,p\n4.png,y,q\n")],
            "--labels labels.csv --image-column a --label-column c",
            Read("p:2 q:2", [4, 0, 0], "", &["`c`"]),
        ),
        case(
            "images/1-4.png",
            &[("labels.csv", "a,label,class\n1.png,x,p\n2.png,x,q\n3.png,y,p\n4.png,y,q\n")],
            "--label-column class",
            Read("p:2 q:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "images/1-4.png",
            &[("labels.csv", "image,label\n1.png,x\n")],
            "--labels labels.csv --label-column nothing",
            Refused(&["no column `nothing`", "`image`, `label`"]),
        ),
        case(
            "1-4.png",
            &[("labels.csv", "what,where\n1,a\n2,b\n")],
            "",
            Refused(&["are in no class folders", "try `--labels", "labels.csv"]),
        ),
        case(
            "images/1-4.png",
            &[("labels.csv", "image,label\n1,Rust\n2,rust\n3,NaN\n4,Rust\n")],
            "",
            Read(
                "Rust:2 rust:1",
                [3, 0, 0],
                "class-with-one-photograph:1 classes-alike:1 without-label:1",
                FOUND,
            ),
        ),
        case(
            "images/1-4.png",
            &[("labels.xlsx", "PK\u{3}\u{4}...")],
            "--labels labels.xlsx",
            Refused(&["save the sheet as CSV"]),
        ),
        case(
            "images/1-6.png",
            &[
                ("train.csv", "image_id,a,b\n1,1,0\n2,1,0\n3,0,1\n4,0,1\n"),
                ("test.csv", "image_id\n5\n6\n"),
                ("sample_submission.csv", "image_id,a,b\n5,0.5,0.5\n6,0.5,0.5\n"),
            ],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["2 photos of a test without classes are not used"]),
        ),
        // Several readings.
        case(
            "images/1-4.png",
            &[
                ("a.csv", "image,label\n1.png,x\n2.png,x\n3.png,y\n4.png,y\n"),
                ("b.csv", "image,label\n1.png,x\n2.png,y\n3.png,y\n4.png,y\n"),
            ],
            "",
            Refused(&["several tables", "--labels", "a.csv", "b.csv"]),
        ),
        case(
            "images/1-4.png",
            &[
                ("a.csv", "image,label\n1.png,x\n2.png,x\n3.png,y\n4.png,y\n"),
                (
                    "b.jsonl",
                    "{\"image\": \"1\", \"label\": \"x\"}\n{\"image\": \"2\", \"label\": \"x\"}\n{\"image\": \"3\", \"label\": \"y\"}\n{\"image\": \"4\", \"label\": \"y\"}\n",
                ),
            ],
            "",
            Read("x:2 y:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "color/1-4.png gray/1-4.png",
            &[("a.csv", "image,label\n1.png,x\n2.png,x\n3.png,y\n4.png,y\n")],
            "--labels a.csv",
            Refused(&["several folders", "--images", "color", "gray"]),
        ),
        case(
            "part_a/1-4.png part_b/5-8.png",
            &[("meta.csv", "image_id,dx\n1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n7,x\n8,y\n")],
            "",
            Refused(&["sort the photos otherwise", "meta.csv", "--classes-from 1"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[("meta.csv", "image_id,label\n1,0\n2,0\n3,0\n4,0\n5,1\n6,1\n7,1\n8,1\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &[]),
        ),
        case(
            "leaf/1-4.png symptom/train/a/5.png symptom/train/b/6.png symptom/val/a/7.png symptom/val/b/8.png",
            &[("leaf/dataset.csv", "id,label\n1,x\n2,x\n3,y\n4,y\n")],
            "",
            Refused(&["further down", "--labels", "dataset.csv"]),
        ),
        case(
            EIGHT,
            &[
                ("groups.csv", "path,group\nimages/1.png,x\nimages/2.png,x\n"),
                ("predictions.csv", "path,class,probability\nimages/1.png,a,0.5\n"),
            ],
            "",
            Refused(&["images"]),
        ),
        case(
            "left/1-4.png right/1-4.png",
            &[("a.csv", "image,label\n1.png,x\n2.png,x\n3.png,y\n4.png,y\n")],
            "",
            Refused(&["sort the photos otherwise", "--labels"]),
        ),
        case(
            "images/1-4.png images_512/1-4.png",
            &[("a.csv", "image,label\n1.png,x\n2.png,x\n3.png,y\n4.png,y\n")],
            "",
            Refused(&["in several folders", "--images", "images_512"]),
        ),
        case(
            "images/1-4.png",
            &[(
                "boxes.csv",
                "filename,width,class,xmin,ymin,xmax,ymax\n1.png,9,a,0,0,1,1\n1.png,9,b,0,0,1,1\n2.png,9,a,0,0,1,1\n3.png,9,b,0,0,1,1\n4.png,9,b,0,0,1,1\n",
            )],
            "",
            Refused(&["1 of 4 photos have several labels"]),
        ),
        case(
            "images/1-4.png",
            &[("ages.csv", "image,label\n1.png,1.5\n2.png,2.5\n3.png,3.5\n4.png,4\n")],
            "--labels ages.csv",
            Refused(&["decimals", "--label-column"]),
        ),
        case(
            "images/x/1-4.png images/y/1-4.png",
            &[("a.csv", "image,label\n1.png,x\n2.png,X\n3.png,x\n1.png,y\n2.png,y\n")],
            "--labels a.csv",
            Read("X:1 x:2 y:2", [5, 0, 0], "class-with-one-photograph:1 classes-alike:1 unlisted:3", &[]),
        ),
        case(
            "test/1-4.png",
            &[("train.csv", "path,label\ntrain/1.png,x\ntrain/2.png,x\ntrain/3.png,y\ntrain/4.png,y\n")],
            "--labels train.csv",
            Refused(&["none of its 4 rows", "train/1.png", "test/1.png"]),
        ),
        case(
            "images/1-4.png",
            &[
                (
                    "labels.csv",
                    "image,label\n1.png,a\n1.png,b\n2.png,a\n2.png,b\n3.png,a\n4.png,a\n4.png,b\n",
                ),
                ("c.csv", "from,to\nb a,both\n"),
            ],
            "--labels labels.csv --classes c.csv",
            Read("a:1 both:3", [4, 0, 0], "class-with-one-photograph:1", &[]),
        ),
        // Classes that are renamed, merged, chosen and left out.
        case(
            "rust/1-4.png scab/5-6.png soil/7-8.png",
            &[("c.csv", "from,to\nrust,diseased\nscab,diseased\nsoil,bare\nnothing,x\n")],
            "--classes c.csv",
            Read("bare:2 diseased:6", [8, 0, 0], "", &["not there: nothing"]),
        ),
        case(
            "rust/1-4.png scab/5-6.png soil/7-8.png",
            &[("c.txt", "rust\nscab\n")],
            "--classes c.txt",
            Read("rust:4 scab:2", [6, 0, 0], "", &["leaves out 2 photos"]),
        ),
        case(
            "0/1-4.png 1/5-8.png",
            &[("c.json", "{\"0\": \"rust\", \"1\": \"scab\"}")],
            "--classes c.json",
            Read("rust:4 scab:4", [8, 0, 0], "", &[]),
        ),
        case(
            "rust/1-4.png scab/5-6.png",
            &[("c.csv", "from,to\nRost,x\n")],
            "--classes c.csv",
            Refused(&["none of the classes", "rust, scab"]),
        ),
        case(
            EIGHT,
            &[
                (
                    "train.csv",
                    "image,labels\n1.png,scab\n2.png,rust\n3.png,scab rust\n4.png,scab\n5.png,rust\n6.png,rust scab\n7.png,scab\n8.png,rust\n",
                ),
                ("c.csv", "from,to\nrust scab,both\n"),
            ],
            "--classes c.csv",
            Read("both:2 rust:3 scab:3", [8, 0, 0], "", FOUND),
        ),
        case(
            EIGHT,
            &[
                (
                    "train.csv",
                    "image,labels\n1.png,scab\n2.png,rust\n3.png,scab rust\n4.png,scab\n5.png,rust\n6.png,rust scab\n7.png,scab\n8.png,rust\n",
                ),
                ("c.csv", "from,to\nrust,rust\nscab,scab\n*,\n"),
            ],
            "--classes c.csv",
            Read("rust:3 scab:3", [6, 0, 0], "", &["leaves out 2 photos"]),
        ),
        case(
            EIGHT,
            &[
                (
                    "train.csv",
                    "image,labels\n1.png,scab\n2.png,rust\n3.png,scab rust\n4.png,scab\n5.png,rust\n6.png,rust scab\n7.png,scab\n8.png,rust\n",
                ),
                ("c.csv", "from,to\nrust scab,\n"),
            ],
            "--classes c.csv",
            Read("rust:3 scab:3", [6, 0, 0], "", &["leaves out 2 photos"]),
        ),
        case("images/1-4.png", NONE, "", Refused(&["images"])),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,label,is_train,is_val,is_test\n1.png,a,1,0,0\n2.png,a,1,0,0\n3.png,a,0,1,0\n4.png,a,0,0,1\n5.png,b,1,0,0\n6.png,b,1,0,0\n7.png,b,0,1,0\n8.png,b,0,1,0\n",
            )],
            "",
            Read("a:4 b:4", [4, 3, 1], "", &["the columns is_train, is_val, is_test give the parts"]),
        ),
        // A table of photos that is called like a list of classes names none.
        case(EIGHT, &[("labels.csv", CODES)], "", Read("0:4 1:4", [8, 0, 0], "", &["they are numbers"])),
        case(
            EIGHT,
            &[("labels.csv", CODES)],
            "--labels labels.csv",
            Read("0:4 1:4", [8, 0, 0], "", &["they are numbers"]),
        ),
        case(EIGHT, &[("classes.csv", CODES)], "", Read("0:4 1:4", [8, 0, 0], "", &["they are numbers"])),
        case(
            EIGHT,
            &[("labels.csv", "image,label\n1,0\n2,0\n3,0\n4,0\n5,1\n6,1\n7,1\n8,1\n")],
            "",
            Read("0:4 1:4", [8, 0, 0], "", &["they are numbers"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", CODES), ("classes.csv", "id,name\n0,rust\n1,scab\n")],
            "--labels labels.csv",
            Read("rust:4 scab:4", [8, 0, 0], "", &["classes.csv gives their names"]),
        ),
        case(
            EIGHT,
            &[("labels.txt", "images/1.png 0\nimages/2.png 0\nimages/3.png 1\nimages/4.png 1\n")],
            "--labels labels.txt",
            Read("0:2 1:2", [4, 0, 0], "unlisted:4", &["they are numbers"]),
        ),
        // Lists without names of columns.
        case(
            EIGHT,
            &[(
                "automl.csv",
                "TRAIN,gs://bucket/images/1.png,a\nTRAIN,gs://bucket/images/2.png,a\nVALIDATION,gs://bucket/images/3.png,a\nTEST,gs://bucket/images/4.png,a\nTRAIN,gs://bucket/images/5.png,b\nTRAIN,gs://bucket/images/6.png,b\nUNASSIGNED,gs://bucket/images/7.png,b\nTEST,gs://bucket/images/8.png,b\n",
            )],
            "",
            Read(
                "a:4 b:4",
                [5, 1, 2],
                "",
                &["the cells of column 3", "`column 1` gives the parts", "found in"],
            ),
        ),
        case(
            "images/1-4.png",
            &[(
                "list.csv",
                "images/1.png,train,a\nimages/2.png,train,b\nimages/3.png,test,a\nimages/4.png,test,b\n",
            )],
            "",
            Read(
                "a:2 b:2",
                [2, 0, 2],
                "class-with-one-photograph:2",
                &["column 3", "`column 2` gives the parts"],
            ),
        ),
        case(
            "images/1-4.png",
            &[(
                "list.txt",
                "images/1.png train a leaf\nimages/2.png train b\nimages/3.png test a leaf\nimages/4.png test b\n",
            )],
            "",
            Read(
                "a leaf:2 b:2",
                [2, 0, 2],
                "class-with-one-photograph:2",
                &["column 3", "`column 2` gives the parts"],
            ),
        ),
        case(
            "images/1-4.png",
            &[("list.csv", "0,images/1.png,a\n1,images/2.png,a\n2,images/3.png,b\n3,images/4.png,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["column 3"]),
        ),
        case(
            "images/1-4.png",
            &[("list.csv", "images/1.png,0,a\nimages/2.png,0,a\nimages/3.png,1,b\nimages/4.png,1,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["column 3"]),
        ),
        case(
            "images/1-4.png",
            &[("list.csv", "images/1.png,x,a\nimages/2.png,y,a\nimages/3.png,x,b\nimages/4.png,y,b\n")],
            "",
            Refused(&["both `column 2` and `column 3`", "`--label-column \"column 3\"`"]),
        ),
        case(
            "images/1-4.png",
            &[("list.txt", "images/1.png 0 7\nimages/2.png 0 8\nimages/3.png 1 7\nimages/4.png 1 8\n")],
            "",
            Refused(&["both `column 2` and `column 3`", "--label-column"]),
        ),
        case(
            "images/1-4.png",
            &[("list.csv", "images/1.png,1\nimages/2.png,2\nimages/3.png,3\nimages/4.png,4\n")],
            "--labels list.csv",
            Refused(&["no column is known to hold the classes", "--label-column"]),
        ),
        // A column that may be anything is not taken for the classes.
        case(
            EIGHT,
            leaked(vec![("credits.csv", column_of("photographer", "Ann", "Bob"))]),
            "",
            Refused(ASKED),
        ),
        case(EIGHT, leaked(vec![("l.csv", column_of("Model", "iPhone 12", "SM-G"))]), "", Refused(ASKED)),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("date", "2024-05-01", "2024-05-02"))]),
            "",
            Refused(ASKED),
        ),
        case(EIGHT, leaked(vec![("l.csv", column_of("location", "north", "south"))]), "", Refused(ASKED)),
        case(EIGHT, leaked(vec![("l.csv", column_of("licence", "CC0", "CC-BY"))]), "", Refused(ASKED)),
        case(EIGHT, leaked(vec![("l.csv", column_of("sha256", "00a1", "00b2"))]), "", Refused(ASKED)),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("url", "http://x/1", "http://x/2"))]),
            "",
            Refused(ASKED),
        ),
        case(EIGHT, leaked(vec![("labels.csv", column_of("annotator", "A", "B"))]), "", Refused(ASKED)),
        case(EIGHT, leaked(vec![("l.csv", column_of("orientation", "1", "6"))]), "", Refused(ASKED)),
        case(EIGHT, leaked(vec![("l.csv", column_of("plant", "bean", "pea"))]), "", Refused(ASKED)),
        case(EIGHT, leaked(vec![("l.csv", column_of("width", "640", "480"))]), "", Refused(&["--label"])),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("location", "north", "south"))]),
            "--labels l.csv",
            Read("north:4 south:4", [8, 0, 0], "", &["the column `location` of l.csv"]),
        ),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("location", "north", "south"))]),
            "--label-column location",
            Read("north:4 south:4", [8, 0, 0], "", &["the column `location` of l.csv"]),
        ),
        case(
            EIGHT,
            leaked(vec![("train.csv", PLAIN), ("credits.csv", column_of("photographer", "Ann", "Bob"))]),
            "",
            Read("a:4 b:4", [8, 0, 0], "", &["`label` of train.csv"]),
        ),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("Krankheit", "Rost", "Schorf"))]),
            "",
            Read("Rost:4 Schorf:4", [8, 0, 0], "", FOUND),
        ),
        case(
            "images/1-2.png",
            &[("credits.csv", "images/1.png,Ann\nimages/2.png,Bob\n")],
            "",
            Refused(ASKED),
        ),
        case("images/1-2.png", &[("sizes.json", "{\"1.png\": 100, \"2.png\": 200}")], "", Refused(ASKED)),
        // Parts under any name are no classes.
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("type", "train", "test"))]),
            "",
            Refused(&["`type` says the parts", "--label-column NAME"]),
        ),
        case(
            EIGHT,
            leaked(vec![("l.csv", column_of("label", "train", "test"))]),
            "",
            Refused(&["`label` says the parts", "--label-column NAME"]),
        ),
        case(
            "images/1-4.png",
            &[("l.csv", "image,type,disease\n1.png,train,a\n2.png,train,b\n3.png,test,a\n4.png,test,b\n")],
            "",
            Read(
                "a:2 b:2",
                [2, 0, 2],
                "class-with-one-photograph:2",
                &["`type` gives the parts", "`disease`"],
            ),
        ),
        case(
            "images/1-4.png",
            &[("l.csv", "image,label,disease\n1.png,0,rust\n2.png,0,scab\n3.png,1,rust\n4.png,1,scab\n")],
            "",
            Refused(&["both `label` and `disease`", "`--label-column label`", "`--label-column disease`"]),
        ),
        case(
            EIGHT,
            &[
                ("labels.csv", PLAIN),
                (
                    "boxes.csv",
                    "image,xmin,ymin,xmax,ymax\n1.png,1,1,9,9\n2.png,1,1,9,9\n3.png,1,1,9,9\n4.png,1,0,9,9\n5.png,1,1,9,9\n",
                ),
            ],
            "",
            Read("a:4 b:4", [8, 0, 0], "", &["`label` of labels.csv"]),
        ),
        // Names of numbers.
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("labels.txt", "1 rust\n2 scab\n3 mildew\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["labels.txt gives their names: 1 is rust, 2 is scab"]),
        ),
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("labels.txt", "1: rust\n2: scab\n3: mildew\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["1 is rust"]),
        ),
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("classes.txt", "1,rust\n2,scab\n3,mildew\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["1 is rust"]),
        ),
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("classes.txt", "1 001.rust\n2 002.scab\n3 003.mildew\n")],
            "",
            Read("001.rust:4 002.scab:4", [8, 0, 0], "", &["1 is 001.rust"]),
        ),
        case(
            EIGHT,
            &[("train.csv", CODES), ("labels.txt", "0 rust\n1 scab\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["0 is rust, 1 is scab"]),
        ),
        case(
            EIGHT,
            &[("train.csv", CODES), ("labels.txt", "1 rust\n2 scab\n")],
            "",
            Read("0:4 1:4", [8, 0, 0], "", &["they are numbers"]),
        ),
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("classes.txt", "rust\nscab\nmildew\n")],
            "",
            Refused(&["have no numbers", "1 may be `rust` or `scab`", "--classes FILE"]),
        ),
        case(
            EIGHT,
            &[("train.csv", FROM_ONE), ("classes.txt", "rust\nscab\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["1 is rust, 2 is scab"]),
        ),
        case(
            "0/1-2.png 1/3-4.png 2/5-6.png",
            &[("names.txt", "healthy\nrust\nscab\n")],
            "--classes names.txt",
            Read("healthy:2 rust:2 scab:2", [6, 0, 0], "", &["0 is healthy, 1 is rust, 2 is scab"]),
        ),
        case(
            "0/1-2.png 1/3-4.png",
            &[("names.txt", "0 healthy\n1 rust\n")],
            "--classes names.txt",
            Read("healthy:2 rust:2", [4, 0, 0], "", &["0 is healthy, 1 is rust"]),
        ),
        case(
            "0/1-2.png 1/3-4.png",
            &[("data.yaml", "names:\n  0: healthy\n  1: rust\n")],
            "--classes data.yaml",
            Read("healthy:2 rust:2", [4, 0, 0], "", &["0 is healthy, 1 is rust"]),
        ),
        case(
            "1/1-2.png 2/3-4.png",
            &[("names.txt", "healthy\nrust\nscab\n")],
            "--classes names.txt",
            Refused(&["1 may be `healthy` or `rust`"]),
        ),
        // Kinds of plants are no groups of photos.
        case(
            "images/1-12.png",
            &[(
                "train.csv",
                "filename,plant,disease\n1.png,tomato,a\n2.png,tomato,b\n3.png,tomato,a\n4.png,tomato,b\n5.png,tomato,a\n6.png,tomato,b\n7.png,potato,a\n8.png,potato,b\n9.png,potato,a\n10.png,potato,c\n11.png,potato,a\n12.png,potato,c\n",
            )],
            "",
            Read(
                "a:6 b:4 c:2",
                [12, 0, 0],
                "",
                &["`plant` is not used for groups: 2 values for 12 photos", "--groups FILE"],
            ),
        ),
        // Parts beside class folders.
        case(
            "rust/1-4.png scab/5-8.png",
            &[
                ("train.txt", "rust/1.png\nrust/2.png\nrust/3.png\nscab/5.png\nscab/6.png\nscab/7.png\n"),
                ("test.txt", "rust/4.png\nscab/8.png\n"),
            ],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["test.txt and train.txt say the parts", "--labels"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[
                ("train.txt", "rust/1.png\nrust/2.png\nrust/3.png\nscab/5.png\nscab/6.png\nscab/7.png\n"),
                ("test.txt", "rust/4.png\nscab/8.png\n"),
            ],
            "--labels test.txt --labels train.txt",
            Read("rust:4 scab:4", [6, 0, 2], "", &["the tables give the parts"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[("split.csv", SPLIT)],
            "",
            Read(
                "rust:4 scab:4",
                [8, 0, 0],
                "",
                &["`split` of split.csv says the parts", "2 photos are not", "`--split "],
            ),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            leaked(vec![("t.csv", Box::leak(SPLIT.replace("split", "usage type").into_boxed_str()))]),
            "",
            Read(
                "rust:4 scab:4",
                [8, 0, 0],
                "",
                &["`usage type` of t.csv", "with the columns `path` and `split`"],
            ),
        ),
        // Names of files that tables write otherwise.
        case(
            "images/01-04.png",
            &[("train.csv", "id,label\n1,a\n2,a\n3,b\n4,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "a b/1-4.png",
            &[(
                "train.csv",
                "Leaves of 2024\nimage,label\na%20b/1.png,a\na%20b/2.png,a\na%20b/3.png,b\na%20b/4.png,b\n",
            )],
            "",
            Read("a:2 b:2", [4, 0, 0], "", FOUND),
        ),
        case(
            "images/1-4.png",
            &[("images/1.jpg", "x"), ("images/2.jpg", "x"), ("train.csv", "id,label\n1,a\n2,a\n3,b\n4,b\n")],
            "",
            Refused(&[
                "2 of its rows name several files, such as images/1.jpg and images/1.png",
                "(`1.jpg`)",
            ]),
        ),
        case(
            EIGHT,
            &[("predictions.csv", PLAIN), ("my_submission.csv", PLAIN)],
            "",
            Refused(&["one folder per class with photos"]),
        ),
        case(
            "images/1-2.png",
            &[(
                "l.csv",
                "image,label\n1.png,\"{\"\"choices\"\": [\"\"a\"\"]}\"\n2.png,\"{\"\"choices\"\": [\"\"b\"\"]}\"\n",
            )],
            "",
            Read("a:1 b:1", [2, 0, 0], "class-with-one-photograph:2", FOUND),
        ),
        case(
            "0/1-2.png 1/3-4.png",
            &[("classes.txt", "healthy\nrust\n")],
            "",
            Read("0:2 1:2", [4, 0, 0], "", &["`--classes ", "gives names: 0 is healthy, 1 is rust"]),
        ),
        case(
            "0/1-2.png 1/3-4.png",
            &[("classes.txt", "healthy\nrust\n")],
            "--labels classes.txt",
            Refused(&["it lists names of classes and no photos", "--classes FILE"]),
        ),
        case(
            "images/rust/1-4.png images/scab/5-8.png",
            &[
                ("train.txt", "rust/1\nrust/2\nrust/3\nscab/5\nscab/6\n"),
                ("test.txt", "rust/4\nscab/7\nscab/8\n"),
            ],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["test.txt and train.txt say the parts"]),
        ),
        case(
            "images/rust/1-4.png images/scab/5-8.png",
            &[
                ("train.txt", "rust/1\nrust/2\nrust/3\nscab/5\nscab/6\n"),
                ("test.txt", "rust/4\nscab/7\nscab/8\n"),
            ],
            "--labels train.txt --labels test.txt",
            Read("rust:4 scab:4", [5, 0, 3], "", &["the tables give the parts"]),
        ),
        case(
            "images/1-4.png",
            &[("l.csv", "Foto,Esp\u{e8}ce\n1.png,a\n2.png,a\n3.png,b\n4.png,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["the column `Esp\u{e8}ce`"]),
        ),
        case(
            "images/1-4.png",
            &[("images/metadata.csv", "file_name,text\n1.png,a\n2.png,a\n3.png,b\n4.png,b\n")],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["the column `text`"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[("split.csv", SPLIT)],
            "--labels split.csv",
            Refused(&["no column is known to hold the classes", "`--split FILE`"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[
                (
                    "train.csv",
                    "path,label\nrust/1.png,rust\nrust/2.png,rust\nscab/5.png,scab\nscab/6.png,scab\nscab/7.png,scab\n",
                ),
                ("val.csv", "path,label\nrust/1.png,rust\nrust/3.png,rust\nscab/8.png,scab\n"),
            ],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["not from train.csv, val.csv"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[(
                "t.csv",
                "path,is_test\nrust/1.png,0\nrust/2.png,0\nrust/4.png,1\nscab/5.png,0\nscab/8.png,1\n",
            )],
            "",
            Read(
                "rust:4 scab:4",
                [8, 0, 0],
                "",
                &["`is_test` of t.csv says the parts", "2 photos are not", "`--split FILE`"],
            ),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[("test.txt", "rust/4.png\nscab/8.png\n")],
            "",
            Read("rust:4 scab:4", [8, 0, 0], "", &["test.txt lists 2 photos for test", "`--split FILE`"]),
        ),
        case(
            "00/1-2.png 01/3-4.png",
            &[("classes.txt", "rust\nscab\n")],
            "--classes classes.txt",
            Read("rust:2 scab:2", [4, 0, 0], "", &["00 is rust, 01 is scab"]),
        ),
    ]
}

fn plant(root: &Path, case: &Case) {
    let mut value = 0;
    for photos in case.photos.split(if case.photos.contains("a b/") { '\0' } else { ' ' }) {
        let (folder, name) = photos.rsplit_once('/').unwrap_or(("", photos));
        let (numbers, _) = name.split_once('.').unwrap();
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        std::fs::create_dir_all(root.join(folder)).unwrap();
        let width = if first.starts_with('0') { first.len() } else { 1 };
        for number in first.parse::<u32>().unwrap()..=last.parse().unwrap() {
            std::fs::write(root.join(folder).join(format!("{number:0width$}.png")), png(value)).unwrap();
            value += 1;
        }
    }
    for (name, text) in case.files {
        std::fs::write(root.join(name), text).unwrap();
    }
}

fn scanned(root: &Path, options: &str) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let mut scan_options = ScanOptions::default();
    let LabelSource { tables, columns: ColumnChoice { image, label } } = &mut scan_options.labels;
    let words: Vec<&str> = options.split_whitespace().collect();
    for pair in words.chunks(2) {
        match pair {
            ["--labels", name] => tables.push(root.join(name)),
            ["--image-column", name] => *image = Some((*name).to_owned()),
            ["--label-column", name] => *label = Some((*name).to_owned()),
            ["--classes", name] => scan_options.classes = Some(ClassMap::read(&root.join(name))?),
            other => panic!("{other:?}"),
        }
    }
    scan(root, &scan_options)
}

fn counted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts.iter().map(|(word, count)| format!("{word}:{count}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_table_is_read_as_it_is_meant_or_refused() {
    let cases = cases();
    assert!(cases.len() >= 45, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), case);
        let name = format!(
            "{} {:?} {}",
            case.photos,
            case.files.iter().map(|file| file.0).collect::<Vec<_>>(),
            case.options
        );
        match (scanned(folder.path(), case.options), &case.expected) {
            (Ok((dataset, problems)), Read(classes, parts, codes, said)) => {
                let found = counted(dataset.photos.iter().map(|photo| dataset.classes[photo.class].as_str()));
                let part = |wanted| {
                    dataset
                        .photos
                        .iter()
                        .filter(|photo| photo.split.unwrap_or(Split::Train) == wanted)
                        .count()
                };
                let found_parts = [Split::Train, Split::Validation, Split::Test].map(part);
                let found_codes = counted(problems.iter().map(|problem| problem.reason.code()));
                let layout = dataset.layout.unwrap_or_default();
                let right = found == *classes
                    && found_parts == *parts
                    && found_codes == *codes
                    && said.iter().all(|word| layout.contains(word));
                if !right {
                    wrong.push(format!("{name}: {found} {found_parts:?} {found_codes} {layout}"));
                }
            }
            (Err(error), Refused(words)) => {
                let text = error.to_string();
                let usage = error.is_of_the_layout();
                if !usage || !words.iter().all(|word| text.contains(word)) || text.contains('\n') {
                    wrong.push(format!("{name}: {usage} {text}"));
                }
            }
            (Ok((dataset, _)), Refused(_)) => {
                wrong.push(format!("{name}: read as {:?} {:?}", dataset.classes, dataset.layout))
            }
            (Err(error), Read(..)) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_label_is_another_data_set() {
    let folder = tempfile::tempdir().unwrap();
    plant(
        folder.path(),
        &Case { photos: EIGHT, files: &[("train.csv", PLAIN)], options: "", expected: Refused(&[]) },
    );
    let manifest = || scanned(folder.path(), "").unwrap().0.manifest();
    let before = manifest();
    std::fs::write(folder.path().join("train.csv"), PLAIN.replace("3.png,a", "3.png,b")).unwrap();
    let difference: Vec<String> = manifest().difference(&before).iter().map(ToString::to_string).collect();
    assert_eq!(difference, ["class of the photo changed: images/3.png"]);
    assert_ne!(manifest().fingerprint(), before.fingerprint());
}

#[test]
fn groups_and_codes_go_with_the_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let table = "image,label,plant\n1.png,0,x\n2.png,0,x\n3.png,0,y\n4.png,1,z\n5.png,1,z\n6.png,1,\n";
    let files: &[(&str, &str)] = &[("train.csv", table), ("names.json", "[\"rust\", \"scab\"]")];
    let files: &'static [(&'static str, &'static str)] = Box::leak(files.to_vec().into_boxed_slice());
    plant(folder.path(), &Case { photos: "images/1-6.png", files, options: "", expected: Refused(&[]) });
    let tables = scanned(folder.path(), "").unwrap().0.tables.unwrap();
    assert_eq!(tables.groups[Path::new("images/2.png")], "x");
    assert_eq!((tables.groups.len(), tables.codes["scab"].as_str()), (5, "1"));
    assert_eq!(tables.tables, [folder.path().join("train.csv")]);
}
