//! Tables that give photos any number of labels, with `--multi-label`.

use crate::case::Expected::{Read, Refused};
use crate::case::{Case, EIGHT, case};

const MARKS: &str =
    "image,rust,scab\n1.png,1,0\n2.png,1,1\n3.png,0,0\n4.png,,\n5.png,0,1\n6.png,1,0\n7.png,0,0\n8.png,1,0\n";
const CELLS: &str = "image,labels\n1.png,rust\n2.png,scab rust\n3.png,healthy\n4.png,\n5.png,scab\n6.png,rust\n7.png,rust scab\n8.png,rust\n";
const MAP: &str = "from,to\nscab,spot\nhealthy,\n";
const LONG: &str = "image,label\n1.png,rust\n1.png,scab\n2.png,rust\n3.png,scab\n4.png,scab\n5.png,rust\n6.png,rust\n7.png,rust\n8.png,rust\n";

pub(crate) fn cases() -> Vec<Case> {
    let several = "--labels train.csv --multi-label yes";
    vec![
        case(EIGHT, &[("train.csv", MARKS)], "--labels train.csv", Refused(&["--multi-label"])),
        case(
            EIGHT,
            &[("train.csv", MARKS)],
            several,
            Read(
                "(no label):2 rust:3 rust|scab:1 scab:1",
                [7, 0, 0],
                "without-label:1",
                &["2 columns of 0 and 1 of train.csv"],
            ),
        ),
        case(
            EIGHT,
            &[("train.csv", CELLS)],
            several,
            Read(
                "healthy:1 rust:3 rust|scab:2 scab:1",
                [7, 0, 0],
                "class-with-one-photograph:1 without-label:1",
                &[],
            ),
        ),
        // Single labels are renamed and left out.
        case(
            EIGHT,
            &[("train.csv", CELLS), ("map.csv", MAP)],
            "--labels train.csv --multi-label yes --classes map.csv",
            Read("rust:3 rust|spot:2 spot:1", [6, 0, 0], "without-label:1", &["map.csv leaves out 1 photo"]),
        ),
        // A label a row.
        case(
            EIGHT,
            &[("train.csv", LONG)],
            several,
            Read(
                "rust:5 rust|scab:1 scab:2",
                [8, 0, 0],
                "",
                &["1 photo has the labels of several rows together"],
            ),
        ),
        case(
            EIGHT,
            &[("train.csv", "image,labels\n1.png,rust\n2.png,rust\n3.png,rust\n4.png,rust\n")],
            several,
            Refused(&["no label is on some photos and not on others", "rust"]),
        ),
        case(
            EIGHT,
            &[("train.csv", "image,rust,Rust \n1.png,1,0\n2.png,0,1\n3.png,1,0\n4.png,0,1\n")],
            several,
            Refused(&["Rust and rust", "--classes FILE"]),
        ),
        case(
            EIGHT,
            &[("train.csv", "image,a|b,c\n1.png,1,0\n2.png,0,1\n3.png,1,0\n4.png,0,1\n")],
            several,
            Refused(&["`a|b`", "--classes FILE"]),
        ),
        case("rust/1-4.png scab/5-8.png", &[], "--multi-label yes", Refused(&["--labels FILE", "0 and 1"])),
        // A photo for validation may show labels together that no photo for training does; one with a new label is left out.
        case(
            EIGHT,
            &[(
                "train.csv",
                "image,labels,split\n1.png,rust,train\n2.png,rust,train\n3.png,scab,train\n4.png,scab,train\n5.png,scab rust,val\n6.png,blight,val\n7.png,rust,val\n8.png,scab,val\n",
            )],
            several,
            Read("rust:3 rust|scab:1 scab:3", [4, 3, 0], "class-not-in-training:1", &[]),
        ),
    ]
}
