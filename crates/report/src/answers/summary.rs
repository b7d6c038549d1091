//! How many photos got which answer.

use std::collections::BTreeMap;

use foliar_results::words::{count, list};

use super::{Answer, AnsweredPhoto};

/// `350 photos: 240 answered (rust 120, healthy 120), 109 unknown (100 of them unlike any training photo), 1 not read.`
pub fn summary(photos: &[AnsweredPhoto]) -> String {
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut unsure, mut unlike, mut failed) = (0, 0, 0);
    for photo in photos {
        match &photo.answer {
            Answer::Class(class) => *classes.entry(class).or_default() += 1,
            Answer::Unknown => unsure += 1,
            Answer::Unlike => unlike += 1,
            Answer::Failed(_) => failed += 1,
        }
    }
    let answered: usize = classes.values().sum();
    let mut counted: Vec<(&str, usize)> = classes.into_iter().collect();
    counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let counted: Vec<String> = counted.into_iter().map(|(class, count)| format!("{class} {count}")).collect();
    let mut parts = vec![if answered > 0 {
        format!("{answered} answered ({})", list(&counted))
    } else {
        "none answered".to_owned()
    }];
    let unknown = unsure + unlike;
    if unknown > 0 {
        let of_them = match (unsure, unlike) {
            (_, 0) => "no class is probable enough".to_owned(),
            (0, _) => "unlike any training photo".to_owned(),
            _ => format!("{unlike} of them unlike any training photo"),
        };
        parts.push(format!("{unknown} unknown ({of_them})"));
    }
    if failed > 0 {
        parts.push(format!("{failed} not read"));
    }
    format!("{}: {}.", count(photos.len(), "photo", "photos"), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photo_is_counted_once() {
        let photo = |answer| AnsweredPhoto { answer, ..AnsweredPhoto::default() };
        let class = |name: &str| photo(Answer::Class(name.into()));
        let photos = [
            class("rust"),
            class("healthy"),
            class("rust"),
            photo(Answer::Unknown),
            photo(Answer::Unlike),
            photo(Answer::Failed("empty".into())),
        ];
        assert_eq!(
            summary(&photos),
            "6 photos: 3 answered (rust 2 and healthy 1), 2 unknown (1 of them unlike any training photo), 1 not read."
        );
        assert_eq!(
            summary(&photos[3..4]),
            "1 photo: none answered, 1 unknown (no class is probable enough)."
        );
    }
}
