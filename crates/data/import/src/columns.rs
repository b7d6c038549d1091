//! Which columns of a table of Hugging Face hold the photos and the labels.

use serde_json::Value;

/// Names of columns of labels where nothing describes them, the first that is there.
const LABELS: [&str; 6] = ["label", "labels", "class", "disease", "category", "target"];
/// Names of columns of photos where nothing describes them.
const IMAGES: [&str; 4] = ["image", "img", "photo", "picture"];

/// The columns that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of photos.
    pub image: Option<String>,
    /// Of labels.
    pub label: Option<String>,
}

/// The columns to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Of photos.
    pub image: String,
    /// Of labels.
    pub label: String,
    /// Names of labels that are numbers, from 0.
    pub names: Option<Vec<String>>,
}

impl Columns {
    /// The columns of a table whose columns are called `header`, with what its `huggingface` entry says, if it has one.
    ///
    /// # Errors
    /// What cannot be decided, and the option that decides it.
    pub fn of(header: &[String], described: Option<&str>, wanted: &Wanted) -> Result<Self, String> {
        let described = described.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let features = described.as_ref().and_then(|value| value.pointer("/info/features"));
        let kind = |column: &str| features?.get(column)?.get("_type")?.as_str();
        let of_kind = |wanted: &str| -> Vec<&String> {
            header.iter().filter(|column| kind(column) == Some(wanted)).collect()
        };
        let image = choose(header, wanted.image.as_deref(), &of_kind("Image"), &IMAGES)
            .map_err(|what| format!("{what} photos: give it with --image-column NAME"))?;
        let label = choose(header, wanted.label.as_deref(), &of_kind("ClassLabel"), &LABELS)
            .map_err(|what| format!("{what} labels: give it with --label-column NAME"))?;
        let names = features.and_then(|features| features.get(&label)?.get("names")?.as_array());
        let names =
            names.and_then(|names| names.iter().map(|name| Some(name.as_str()?.to_owned())).collect());
        Ok(Self { image, label, names })
    }
}

fn choose(
    header: &[String],
    wanted: Option<&str>,
    described: &[&String],
    usual: &[&str],
) -> Result<String, String> {
    let shown =
        |columns: &[&String]| columns.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    let all = || shown(&header.iter().collect::<Vec<_>>());
    if let Some(wanted) = wanted {
        let is_there = header.iter().any(|column| column == wanted);
        return is_there.then(|| wanted.to_owned()).ok_or_else(|| {
            format!("there is no column `{wanted}`; of the columns {} one may hold the", all())
        });
    }
    match described {
        [one] => return Ok((*one).clone()),
        [_, _, ..] => return Err(format!("each of the columns {} may hold the", shown(described))),
        [] => {}
    }
    let found =
        usual.iter().find_map(|usual| header.iter().find(|column| column.eq_ignore_ascii_case(usual)));
    found.cloned().ok_or_else(|| format!("none of the columns {} is known to hold the", all()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_choose_columns() {
        let header = ["id", "image", "label", "severity"].map(str::to_owned);
        let described = r#"{"info": {"features": {"image": {"_type": "Image"}, "severity": {"_type": "Value"},
            "label": {"names": ["rust", "scab"], "_type": "ClassLabel"}}}}"#;
        let none = Wanted::default();
        let found = Columns::of(&header, Some(described), &none).unwrap();
        assert_eq!((found.image.as_str(), found.label.as_str()), ("image", "label"));
        assert_eq!(found.names.unwrap(), ["rust", "scab"]);
        let plain = Columns::of(&header, None, &none).unwrap();
        assert_eq!((plain.image.as_str(), plain.label.as_str(), plain.names), ("image", "label", None));
        assert_eq!(Columns::of(&header, Some("{"), &none).unwrap().names, None);
        let two = described.replace("\"Value\"", "\"ClassLabel\"");
        let error = Columns::of(&header, Some(&two), &none).unwrap_err();
        assert!(error.contains("`label`, `severity`") && error.contains("--label-column"), "{error}");
        let wanted = Wanted { label: Some("severity".into()), image: None };
        assert_eq!(Columns::of(&header, Some(&two), &wanted).unwrap().label, "severity");
        let wanted = Wanted { label: Some("other".into()), image: None };
        assert!(Columns::of(&header, None, &wanted).unwrap_err().contains("`other`"));
        assert!(Columns::of(&["a".to_owned()], None, &none).unwrap_err().contains("--image-column"));
    }
}
