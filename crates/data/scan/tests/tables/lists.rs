//! Lists without names of columns, and columns that may be anything.

use crate::case::Expected::{Read, Refused};
use crate::case::{ASKED, Case, EIGHT, FOUND, PLAIN, case, column_of, leaked};

pub(crate) fn cases() -> Vec<Case> {
    vec![
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
        // The class before the photo.
        case(
            EIGHT,
            &[(
                "labels.txt",
                "rust images/1.png\nrust images/2.png\nrust images/3.png\nrust images/4.png\nleaf scab images/5.png\nleaf scab images/6.png\nleaf scab images/7.png\nleaf scab images/8.png\n",
            )],
            "",
            Read("leaf scab:4 rust:4", [8, 0, 0], "", &["the words before the paths of labels.txt"]),
        ),
        case(
            EIGHT,
            &[("list.txt", "0 1.png\n0 2.png\n0 3.png\n0 4.png\n1 5.png\n1 6.png\n1 7.png\n1 8.png\n")],
            "",
            Read("0:4 1:4", [8, 0, 0], "", &["the words before the names of list.txt", "they are numbers"]),
        ),
        case(
            "rust/1-4.png scab/5-8.png",
            &[("list.txt", "rust/1.png\nrust/2.png\nscab/5.png\n")],
            "--labels list.txt",
            Read(
                "rust:2 scab:1",
                [3, 0, 0],
                "class-with-one-photograph:1 unlisted:5",
                &["the folders of the paths"],
            ),
        ),
        // Three lists that number the photos.
        case(
            EIGHT,
            &[
                ("images.txt", "1 1.png\n2 2.png\n3 3.png\n4 4.png\n5 5.png\n6 6.png\n7 7.png\n8 8.png\n"),
                ("image_class_labels.txt", "1 1\n2 1\n3 1\n4 1\n5 2\n6 2\n7 2\n8 2\n"),
                ("train_test_split.txt", "1 1\n2 1\n3 1\n4 0\n5 1\n6 1\n7 1\n8 0\n"),
                ("classes.txt", "1 001.Rust\n2 002.Scab\n"),
            ],
            "",
            Read("001.Rust:4 002.Scab:4", [6, 0, 2], "", &["`train_test_split.txt` gives the parts"]),
        ),
        case(
            "images/rust/1-4.png images/scab/5-8.png",
            &[
                (
                    "images.txt",
                    "1 rust/1.png\n2 rust/2.png\n3 rust/3.png\n4 rust/4.png\n5 scab/5.png\n6 scab/6.png\n7 scab/7.png\n8 scab/8.png\n",
                ),
                ("image_class_labels.txt", "1 1\n2 1\n3 1\n4 1\n5 2\n6 2\n7 2\n8 2\n"),
                ("train_test_split.txt", "1 1\n2 1\n3 1\n4 0\n5 1\n6 1\n7 1\n8 0\n"),
            ],
            "",
            Read(
                "rust:4 scab:4",
                [8, 0, 0],
                "",
                &["train_test_split.txt says the parts", "2 photos are not for"],
            ),
        ),
    ]
}
