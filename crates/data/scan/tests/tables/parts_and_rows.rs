//! Parts, groups, and rows that are wrong.

use crate::case::Expected::{Read, Refused};
use crate::case::{Case, EIGHT, FOUND, case};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        // Parts and groups.
        case(
            EIGHT,
            &[(
                "labels.csv",
                "image,species,split,leaf\n1.png,a,train,x\n2.png,a,train,x\n3.png,a,valid,y\n4.png,a,test,z\n5.png,b,Training,u\n6.png,b,train,v\n7.png,b,dev,w\n8.png,b,test,t\n",
            )],
            "",
            Read(
                "a:4 b:4",
                [4, 2, 2],
                "",
                &["`split` gives the parts", "`leaf` says which photos belong together"],
            ),
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
            Refused(&["are in no class folders", "labels.csv: no column is known", "--image-column"]),
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
        // Photos that tables put into two parts.
        case(
            EIGHT,
            &[
                ("train.csv", "image,label\n1.png,a\n2.png,a\n3.png,a\n5.png,b\n6.png,b\n7.png,b\n"),
                ("val.csv", "image,label\n3.png,a\n4.png,a\n7.png,b\n8.png,b\n"),
            ],
            "",
            Refused(&[
                "2 photos are listed in more than one of train.csv, val.csv",
                "to leave these photos out",
            ]),
        ),
        // Two columns of numbers, and photos that are called by numbers.
        case(
            EIGHT,
            &[("labels.csv", "id,image_no,label\n1,8,a\n2,7,a\n3,6,a\n4,5,a\n5,4,b\n6,3,b\n7,2,b\n8,1,b\n")],
            "",
            Refused(&["`id` and `image_no` may both name the photos", "--image-column image_no`, or"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "id,image_no,label\n1,8,a\n2,7,a\n3,6,a\n4,5,a\n5,4,b\n6,3,b\n7,2,b\n8,1,b\n")],
            "--image-column image_no",
            Read("a:4 b:4", [8, 0, 0], "", &[]),
        ),
        case(
            EIGHT,
            &[(
                "labels.csv",
                "number,image_id,label\n1,8,a\n2,7,a\n3,6,a\n4,5,a\n5,4,b\n6,3,b\n7,2,b\n8,1,b\n",
            )],
            "",
            Read("a:4 b:4", [8, 0, 0], "", FOUND),
        ),
        // Numbers as data frames write them.
        case(
            EIGHT,
            &[("labels.csv", "id,label\n1.0,a\n2.0,a\n3.0,a\n4.0,a\n5.0,b\n6.0,b\n7.0,b\n8.0,b\n")],
            "",
            Read("a:4 b:4", [8, 0, 0], "", FOUND),
        ),
        // No classes: a value of its own in every row, a quote that swallows rows, an empty table, decimals.
        case(
            EIGHT,
            &[("labels.csv", "image,label\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n8,h\n")],
            "",
            Refused(&["each of the 8 rows has another value in `label`"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,label\n1,a\n2,a\n3,\"b\n4,a\n5,b\n6,b\n7,b\n8,b\n")],
            "",
            Refused(&["no labels can be had from", "the quote in line 4 is not closed"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,label\n")],
            "",
            Refused(&["no labels can be had from", "the table has no rows"]),
        ),
        case(
            EIGHT,
            &[("labels.csv", "image,a,b\n1,.2,.8\n2,.4,.6\n3,.1,.9\n")],
            "--labels labels.csv --label-column a",
            Refused(&["the column `a` holds numbers with decimals"]),
        ),
        // What people write where nothing is known.
        case(
            EIGHT,
            &[("labels.csv", "image,label\n1,a\n2,a\n3,a\n4,?\n5,b\n6,b\n7,b\n8,-\n")],
            "",
            Read("a:3 b:3", [6, 0, 0], "without-label:2", FOUND),
        ),
        // The same table under the names of two parts.
        case(
            EIGHT,
            &[
                ("train.csv", "image,label\n1.png,a\n2.png,a\n5.png,b\n6.png,b\n"),
                ("val.csv", "image,label\n1.png,a\n2.png,a\n5.png,b\n6.png,b\n"),
            ],
            "",
            Refused(&["4 photos are listed in more than one of train.csv, val.csv", "/train.csv`, or `"]),
        ),
        case(
            EIGHT,
            &[
                ("train.csv", "image,label\n1.png,a\n2.png,a\n3.png,a\n5.png,b\n6.png,b\n7.png,b\n"),
                ("val.csv", "image,label\n3.png,a\n4.png,a\n7.png,b\n8.png,b\n"),
            ],
            "--labels train.csv --labels val.csv",
            Read(
                "a:3 b:3",
                [4, 2, 0],
                "contradicting-rows:2",
                &["2 photos are left out: the tables list each"],
            ),
        ),
    ]
}
