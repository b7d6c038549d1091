//! What the name of a folder says: a part of a data set, a fold, a kind of picture.

use foliar_vision::dataset::Split;
use foliar_vision::normal_class_name;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words that stand beside the name of a part and say nothing: `train_images`, `Test Set`.
pub(crate) const FILLERS: [&str; 24] = [
    "set",
    "sets",
    "data",
    "dataset",
    "datasets",
    "image",
    "images",
    "img",
    "imgs",
    "photo",
    "photos",
    "picture",
    "pictures",
    "split",
    "part",
    "folder",
    "dir",
    "sample",
    "samples",
    "cropped",
    "resized",
    "augmented",
    "aug",
    "jpg",
];

/// A part of a data set, and what else the name says: `beans_train` is ([`Split::Train`], `beans`).
pub(crate) struct Part {
    pub(crate) split: Split,
    /// The other words, in lower case, joined by a blank.
    pub(crate) rest: String,
}

/// The part that `name` means, if one of its words names a part.
pub(crate) fn part_of(name: &str) -> Option<Part> {
    part(name, false)
}

/// The part that `name` means beside the name of another part, where a word that has other meanings too is one: `essai`.
pub(crate) fn part_beside(name: &str) -> Option<Part> {
    part(name, true)
}

/// Whether `names`, which lie beside one another, mean at least two parts, so that [`part_beside`] says what each of them is.
pub(crate) fn are_several_parts<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let splits: Vec<Split> = names.into_iter().filter_map(part_beside).map(|part| part.split).collect();
    splits.iter().any(|split| *split != splits[0])
}

fn part(name: &str, beside: bool) -> Option<Part> {
    let mut split = None;
    let mut rest = Vec::new();
    for word in words(name) {
        let doubtful = || (beside && DOUBTFUL_TEST.contains(&word.as_str())).then_some(Split::Test);
        match (split_of(&word).or_else(doubtful), split) {
            (Some(found), None) => split = Some(found),
            (Some(_), Some(_)) => return None,
            (None, _) if FILLERS.contains(&word.as_str()) || is_number(&word) => {}
            (None, _) => rest.push(word),
        }
    }
    split.map(|split| Part { split, rest: rest.join(" ") })
}

/// The part that `name` means where it says nothing else.
pub(crate) fn plain_part(name: &str) -> Option<Split> {
    part_of(name).filter(|part| part.rest.is_empty()).map(|part| part.split)
}

/// The part that a word means, alone or grown together with a filler: `trainset`.
fn split_of(word: &str) -> Option<Split> {
    let grown = FILLERS.iter().find_map(|filler| Split::of_word(word.strip_suffix(filler)?));
    let folded = normal_class_name(word);
    Split::of_word(word).or(grown).or_else(|| {
        let of = |words: &[&str]| words.contains(&word) || words.contains(&folded.as_str());
        match () {
            () if of(&TRAINING) => Some(Split::Train),
            () if of(&VALIDATION) => Some(Split::Validation),
            () if of(&TEST) => Some(Split::Test),
            () => None,
        }
    })
}

/// Words for the parts in other languages, without accents.
const TRAINING: [&str; 14] = [
    "entrenamiento",
    "treino",
    "treinamento",
    "trainingsdaten",
    "entrainement",
    "apprentissage",
    "addestramento",
    "обучение",
    "обучающая",
    "训练",
    "训练集",
    "訓練",
    "訓練集",
    "प्रशिक्षण",
];
const VALIDATION: [&str; 11] = [
    "validierung",
    "validierungsdaten",
    "validacion",
    "validacao",
    "validazione",
    "валидация",
    "验证",
    "验证集",
    "驗證",
    "驗證集",
    "सत्यापन",
];
const TEST: [&str; 11] = [
    "prueba",
    "pruebas",
    "teste",
    "testes",
    "testdaten",
    "тест",
    "测试",
    "测试集",
    "測試",
    "測試集",
    "परीक्षण",
];
/// Words for a test that have other meanings too.
const DOUBTFUL_TEST: [&str; 4] = ["essai", "essais", "prova", "prove"];

/// Whether `name` is that of one fold of several: `fold0`, `Fold 3`, `cv_2`.
pub(crate) fn is_fold(name: &str) -> bool {
    match words(name).as_slice() {
        [word, number] => {
            matches!(word.as_str(), "fold" | "folds" | "cv" | "kfold" | "split" | "part" | "chunk" | "batch")
                && is_number(number)
        }
        _ => false,
    }
}

/// Whether `name` says what kind of files a folder holds and not what they show.
pub(crate) fn is_kind(name: &str) -> bool {
    const KINDS: [&str; 11] = [
        "raw",
        "jpegimages",
        "jpeg",
        "png",
        "rgb",
        "original",
        "originals",
        "all",
        "unlabeled",
        "unlabelled",
        "unsorted",
    ];
    let words = words(name);
    let mut words = words.iter().filter(|word| !is_number(word)).peekable();
    words.peek().is_some()
        && words.all(|word| {
            FILLERS.contains(&word.as_str())
                || KINDS.contains(&word.as_str())
                || MASKS.contains(&word.as_str())
        })
}

const MASKS: [&str; 12] = [
    "mask",
    "masks",
    "segmentation",
    "segmentations",
    "annotation",
    "annotations",
    "label",
    "labels",
    "groundtruth",
    "gt",
    "segmentationclass",
    "segmentationobject",
];

/// Words for what was done to photos.
pub(crate) const VERSIONS: [&str; 29] = [
    "color",
    "colour",
    "gray",
    "grey",
    "grayscale",
    "greyscale",
    "segmented",
    "masked",
    "cropped",
    "resized",
    "rotated",
    "flipped",
    "mirrored",
    "enhanced",
    "processed",
    "preprocessed",
    "original",
    "originals",
    "augmented",
    "augmentation",
    "aug",
    "raw",
    "copy",
    "kopie",
    "copia",
    "c\u{f3}pia",
    "copie",
    "backup",
    "nobg",
];

/// Whether `name` says what was done to photos and not what they show.
pub(crate) fn is_version(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| VERSIONS.contains(&word.as_str()))
        && words.iter().all(|word| {
            VERSIONS.contains(&word.as_str()) || FILLERS.contains(&word.as_str()) || is_number(word)
        })
}

/// Whether `name` is one that programs give to what they write.
pub(crate) fn is_output(name: &str) -> bool {
    const OUTPUTS: &[&str] = &[
        "runs",
        "run",
        "result",
        "results",
        "output",
        "outputs",
        "log",
        "logs",
        "lightninglogs",
        "checkpoint",
        "checkpoints",
        "weights",
        "predict",
        "pred",
        "preds",
        "prediction",
        "predictions",
        "inference",
        "submission",
        "submissions",
        "explained",
        "heatmap",
        "heatmaps",
        "gradcam",
        "saliency",
        "confusionmatrix",
        "confusionmatrices",
        "plots",
        "figures",
        "charts",
        "visualization",
        "visualizations",
        "visualisation",
        "visualisations",
        "screenshots",
        "wandb",
        "mlruns",
        "mlartifacts",
        "tensorboard",
        "report",
        "reports",
    ];
    let words = words(name);
    let mut words = words.iter().filter(|word| !is_number(word)).peekable();
    words.peek().is_some() && words.all(|word| OUTPUTS.contains(&word.as_str()))
}

/// Words for versions that are also in the names of diseases.
const COLOURS: [&str; 4] = ["color", "colour", "gray", "grey"];

/// A name without the words for versions and parts.
pub(crate) struct Bare {
    /// What is left, in normal form.
    pub(crate) class: String,
    /// What is left if colours stay.
    pub(crate) coloured: String,
    /// Whether it had the word for a version, other than a colour, or for a copy.
    pub(crate) version: bool,
    /// Whether it had the word for photos as they were taken.
    pub(crate) original: bool,
    /// Whether it had the word for a colour.
    pub(crate) colour: bool,
    /// Whether it had a number in brackets behind it.
    pub(crate) numbered: bool,
    /// Whether it had the word for a part.
    pub(crate) part: bool,
}

impl Bare {
    /// Whether there was more than the class.
    pub(crate) fn is_marked(&self) -> bool {
        self.version || self.colour || self.numbered || self.part
    }
}

/// `Rust_aug`, `rust (1)`, `Copy of rust` and `rust_train` without what makes them others than `rust`.
pub(crate) fn bare(name: &str) -> Bare {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let numbered = numbered.filter(|(_, number)| is_number(number)).map(|(name, _)| name);
    let of_copy = |name: &str| name.get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case("copy of "));
    let name_of_class = numbered.unwrap_or(name);
    let copy = of_copy(name_of_class);
    let name_of_class = if copy { &name_of_class[8..] } else { name_of_class };
    let mut bare = Bare {
        class: String::new(),
        coloured: String::new(),
        version: copy,
        original: false,
        colour: false,
        numbered: numbered.is_some(),
        part: false,
    };
    for word in words(name_of_class) {
        if COLOURS.contains(&word.as_str()) {
            bare.colour = true;
            bare.coloured.push_str(&word);
        } else if VERSIONS.contains(&word.as_str()) {
            bare.version = true;
            bare.original |= matches!(word.as_str(), "original" | "originals" | "raw");
        } else if split_of(&word).is_some() {
            bare.part = true;
        } else {
            bare.class.push_str(&normal(&word));
            bare.coloured.push_str(&normal(&word));
        }
    }
    bare
}

/// Whether `name` is that of a folder of masks.
pub(crate) fn is_mask(name: &str) -> bool {
    speaks_of_masks(name) && is_kind(name)
}

/// Whether `name` has the word for masks, alone or beside others: `no_mask`.
pub(crate) fn speaks_of_masks(name: &str) -> bool {
    words(name).iter().any(|word| MASKS.contains(&word.as_str()))
}

/// A name without case, blanks, marks: two folders of one normal name are meant to be one class.
pub(crate) fn normal(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

pub(crate) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Runs of letters with their marks, cut where lower case turns to upper, and of digits; in lower case. Two words that
/// mean one thing are one: `ground_truth`.
pub(crate) fn words(name: &str) -> Vec<String> {
    const ONE: [(&str, &str); 5] = [
        ("ground", "truth"),
        ("grad", "cam"),
        ("confusion", "matrix"),
        ("confusion", "matrices"),
        ("lightning", "logs"),
    ];
    let mut words: Vec<String> = Vec::new();
    for word in runs(name) {
        match words.last_mut() {
            Some(last) if ONE.contains(&(last.as_str(), word.as_str())) => last.push_str(&word),
            _ => words.push(word),
        }
    }
    words
}

fn runs(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for letter in name.nfc() {
        let kind = (letter.is_alphabetic() || is_combining_mark(letter), letter.is_numeric());
        let begins = match before {
            Some((last, was)) => was != kind || (letter.is_uppercase() && char::is_lowercase(last)),
            None => true,
        };
        before = (kind != (false, false)).then_some((letter, kind));
        if kind == (false, false) {
            continue;
        }
        match words.last_mut().filter(|_| !begins) {
            Some(word) => word.extend(letter.to_lowercase()),
            None => words.push(letter.to_lowercase().collect()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_many_names() {
        for name in [
            "train",
            "Training",
            "TRAIN",
            "Train Set",
            "train_data",
            "trainset",
            "train_images",
            "train2017",
            "trainImages",
        ] {
            assert_eq!(plain_part(name), Some(Split::Train), "{name}");
        }
        for name in ["val", "valid", "Validation Set", "dev", "val_images"] {
            assert_eq!(plain_part(name), Some(Split::Validation), "{name}");
        }
        for name in ["test", "Testing", "test_images", "Test-Set", "test1"] {
            assert_eq!(plain_part(name), Some(Split::Test), "{name}");
        }
        for name in ["rust", "trained_plants", "Valencia", "latest", "train_and_test", "contest"] {
            assert!(plain_part(name).is_none(), "{name}");
        }
        for (name, split) in [
            ("Entraînement", Split::Train),
            ("entrai\u{302}nement", Split::Train),
            ("apprentissage", Split::Train),
            ("validacio\u{301}n", Split::Validation),
            ("Validação", Split::Validation),
            ("обучение", Split::Train),
            ("Валидация", Split::Validation),
            ("тест", Split::Test),
            ("训练集", Split::Train),
            ("验证", Split::Validation),
            ("测试集", Split::Test),
            ("प्रशिक्षण", Split::Train),
            ("परीक्षण", Split::Test),
        ] {
            assert_eq!(plain_part(name), Some(split), "{name}");
        }
        assert!(plain_part("essai").is_none() && plain_part("prova").is_none());
        assert_eq!(part_beside("Essai 1").map(|part| part.split), Some(Split::Test));
        assert!(are_several_parts(["apprentissage", "essai"]) && !are_several_parts(["essai", "rouille"]));
        let part = part_of("beans_train").map(|part| (part.split, part.rest));
        assert_eq!(part, Some((Split::Train, "beans".to_owned())));
    }

    #[test]
    fn folds_kinds_and_groups() {
        assert!(["fold0", "Fold 3", "cv_2"].into_iter().all(is_fold));
        assert!(!["fold", "scaffold1", "leaf1"].into_iter().any(is_fold));
        assert!(
            ["images", "masks", "JPEGImages", "Annotations", "raw_images", "images_512"]
                .into_iter()
                .all(is_kind)
        );
        assert!(!["rust", "masked_chafer", "rust_images", "512"].into_iter().any(is_kind));
        assert!(is_mask("segmentation_masks") && is_mask("Ground Truth") && !is_mask("images"));
        assert!(["lightning_logs", "Grad-CAM", "confusion_matrix", "plots"].into_iter().all(is_output));
        assert!(!["lightning", "plot 3", "ground", "matrix"].into_iter().any(is_output));
        assert_eq!(normal("Bean_Rust "), normal("bean rust"));
    }
}
