//! Names of numbers, of parts and of files.

use crate::case::Expected::{Read, Refused};
use crate::case::{CODES, Case, EIGHT, FOUND, FROM_ONE, PLAIN, SPLIT, case, leaked};

pub(crate) fn cases() -> Vec<Case> {
    vec![
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
