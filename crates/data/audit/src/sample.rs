//! Data sets for the tests.

use foliar_vision::{Dataset, Digest, Photo};

/// Photos at `paths`, no two of which are equal, each of the class that its folder is called.
pub(crate) fn dataset(paths: &[&str]) -> Dataset {
    let class = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let mut classes: Vec<String> = paths.iter().map(|path| class(path)).collect();
    classes.sort_unstable();
    classes.dedup();
    let photo = |path: &&str| Photo {
        path: path.into(),
        class: classes.partition_point(|other| *other < class(path)),
        split: None,
        digest: Digest::of(path.as_bytes()),
        bytes: 1,
        width: 1,
        height: 1,
    };
    Dataset {
        root: "r".into(),
        photos: paths.iter().map(photo).collect(),
        classes,
        layout: None,
        tables: None,
        label_sets: None,
    }
}
