//! What names of folders say.

use crate::tree::Expected::{self, Read, Refused};

pub(crate) const TREES: &[(&str, Expected)] = &[
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
            "ROOT --classes-from last`",
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
    ("{day1 day2}/{1^~healthy 2^~rust}", Refused(&["hold the same 2 folders", "--classes-from last"])),
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
    (
        "{2023/rust 2024/healthy}",
        Refused(&["say when, where", "\"2023 rust\" is one", "--classes-from last"]),
    ),
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
    ("{Camera WhatsApp~Images}", Refused(&["Camera, WhatsApp Images say what kind of files"])),
    ("{rust healthy Photos~from~2023}", Refused(&["Photos from 2023 does not say by name"])),
    ("data/{obj_train_data/x}", Refused(&["use ROOT/data/obj_train_data if those are the classes"])),
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
