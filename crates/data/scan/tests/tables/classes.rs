//! Which column holds the classes, and what becomes of them.

use crate::case::Expected::{Read, Refused};
use crate::case::{CODES, Case, EIGHT, FOUND, NONE, case};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        // Exports of programs for labelling.
        case(
            "images/1-4.png",
            &[(
                "export.csv",
                "image,id,choice,annotator\n/data/upload/1/1.png,1,a,7\n/data/upload/1/2.png,2,a,7\n/data/upload/1/3.png,3,b,7\n/data/upload/1/4.png,4,b,7\n",
            )],
            "",
            Read("a:2 b:2", [4, 0, 0], "", &["the column `choice` of export.csv"]),
        ),
        case(
            "images/1-2.png",
            &[("via.csv", "filename,file_attributes,region_attributes\n1.png,{},{}\n2.png,{},{}\n")],
            "--labels via.csv",
            Refused(&["VGG Image Annotator"]),
        ),
        case(
            "images/1-2.png",
            &[(
                "export.json",
                "[{\"id\":1,\"annotations\":[{\"result\":[{\"value\":{\"choices\":[\"a\"]}}]}],\"data\":{\"image\":\"/d/1.png\"}}]",
            )],
            "--labels export.json",
            Refused(&["export the project as CSV"]),
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
    ]
}
