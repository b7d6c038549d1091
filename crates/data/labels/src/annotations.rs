//! COCO and iNaturalist files: images, annotations and categories that point at each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A number or a text that names an image or a category.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
struct Document {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    #[serde(default)]
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: Id,
    file_name: String,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: Id,
    category_id: Id,
}

#[derive(Deserialize)]
struct Category {
    id: Id,
    name: String,
}

/// Photos with the names of the categories of their annotations, each once, in the order of the file; `None` for a text that
/// is no such document.
pub(crate) fn annotations(text: &str) -> Option<Vec<(String, Vec<String>)>> {
    let document: Document = serde_json::from_str(text).ok()?;
    let named = |id: &Id| match id {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text.clone(),
    };
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    document.categories.iter().for_each(|category| *times.entry(category.name.as_str()).or_default() += 1);
    // Two categories of one name stay two classes.
    let name = |category: &Category| match times.get(category.name.as_str()) {
        Some(1) => category.name.clone(),
        _ => format!("{} {}", category.name, named(&category.id)),
    };
    let names: BTreeMap<&Id, String> =
        document.categories.iter().map(|category| (&category.id, name(category))).collect();
    let mut labels: BTreeMap<&Id, BTreeSet<String>> = BTreeMap::new();
    for annotation in &document.annotations {
        let label = names.get(&annotation.category_id).cloned();
        let label = label.unwrap_or_else(|| named(&annotation.category_id));
        labels.entry(&annotation.image_id).or_default().insert(label);
    }
    let image = |image: &Image| {
        let labels = labels.get(&image.id).into_iter().flatten().cloned().collect();
        (image.file_name.clone(), labels)
    };
    Some(document.images.iter().map(image).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_name_the_categories_of_images() {
        let text = r#"{"info": {}, "images": [{"id": 7, "file_name": "a/1.jpg", "width": 3}, {"id": 8, "file_name": "2.jpg"},
            {"id": 9, "file_name": "3.jpg"}],
            "annotations": [{"id": 1, "image_id": 7, "category_id": 2}, {"id": 2, "image_id": 7, "category_id": 2},
            {"id": 3, "image_id": 8, "category_id": 1}, {"id": 4, "image_id": 8, "category_id": 5}],
            "categories": [{"id": 1, "name": "rust", "supercategory": "x"}, {"id": 2, "name": "scab"}]}"#;
        let found = annotations(text).unwrap();
        assert_eq!(found[0], ("a/1.jpg".to_owned(), vec!["scab".to_owned()]));
        assert_eq!(found[1].1, ["5", "rust"]);
        assert!(found[2].1.is_empty());
        assert!(annotations("{\"images\": []}").is_none() && annotations("[]").is_none());
    }
}
