//! Classes, parts, wrappers and folds, and what is none of them.

use crate::tree::Expected::{self, Read, Refused};

pub(crate) const TREES: &[(&str, Expected)] = &[
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
    (
        "{train test}*4 train/metadata.jsonl",
        Refused(&["train", "no labels can be had from", "metadata.jsonl"]),
    ),
    ("{train valid test}*4 train/_classes.csv", Refused(&["no labels can be had from", "_classes.csv"])),
    ("{train_images test_images}*4 train.csv", Refused(&["train_images", "train.csv"])),
    ("{images masks}*4", Refused(&["images, masks", "what kind of files"])),
    ("{images annotations}*4 labels.csv", Refused(&["labels.csv"])),
    ("{train val}/{images labels}*4", Refused(&["images, labels", "what kind of files"])),
    ("{train val}/images*4", Refused(&["images", "what kind of files"])),
    (
        "images*4 labels/{1.txt 2.txt 3.txt 4.txt 5.txt 6.txt}",
        Refused(&["labels/ (6 .txt files, which are not read)"]),
    ),
    ("images*4 train.csv", Refused(&["images", "no labels can be had from", "train.csv"])),
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
];
