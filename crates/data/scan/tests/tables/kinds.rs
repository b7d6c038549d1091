//! Kinds of tables, and ways of writing them.

use crate::case::Expected::{Read, Refused};
use crate::case::{Case, EIGHT, FOUND, PLAIN, case};

pub(crate) fn cases() -> Vec<Case> {
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
                &["`species`", "`learn_tag` gives the parts", "`obs_id` says which photos belong together"],
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
    ]
}
