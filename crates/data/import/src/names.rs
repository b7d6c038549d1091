//! Names of classes and photos as names of files, for every system.

use std::collections::{HashMap, HashSet};

/// Bytes of a name; systems allow 255, and a number and an ending may follow.
const LONGEST: usize = 120;
/// Names that Windows keeps for devices.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// `name` as the name of a file or folder: letters that lead elsewhere or that a system refuses become `_`.
#[must_use]
pub fn safe_name(name: &str) -> String {
    let plain = |letter: char| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        letter if letter.is_control() => '_',
        letter => letter,
    };
    let mut safe: String = name.trim().chars().map(plain).collect();
    let mut end = LONGEST.min(safe.len());
    while !safe.is_char_boundary(end) {
        end -= 1;
    }
    safe.truncate(end);
    safe.truncate(safe.trim_end_matches(['.', ' ']).len());
    // A hidden file is no photo.
    if safe.starts_with('.') {
        safe.replace_range(..1, "_");
    }
    let stem = safe.split('.').next().unwrap_or_default().to_lowercase();
    if safe.is_empty() || DEVICES.contains(&stem.as_str()) {
        safe.insert(0, '_');
    }
    safe
}

/// Gives names that no two share, whatever the case of their letters.
#[derive(Debug, Default)]
pub struct Namer {
    taken: HashSet<String>,
    /// The last number that told names apart.
    last: HashMap<String, u64>,
}

impl Namer {
    /// `stem` and `end`, with `-2`, `-3`, ... between them where that is taken. Both are safe names, or empty.
    pub fn name(&mut self, stem: &str, end: &str) -> String {
        let plain = format!("{stem}{end}");
        if self.taken.insert(plain.to_lowercase()) {
            return plain;
        }
        let number = self.last.entry(plain.to_lowercase()).or_insert(1);
        loop {
            *number += 1;
            let name = format!("{stem}-{number}{end}");
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("Apple___scab", "Apple___scab"),
            ("rust / mildew", "rust _ mildew"),
            ("../../etc", "_._.._etc"),
            (".hidden", "_hidden"),
            ("..", "_"),
            ("", "_"),
            ("C:\\x", "C__x"),
            ("nul", "_nul"),
            ("Con.jpg", "_Con.jpg"),
            ("a\0b\n", "a_b"),
            ("leaf. ", "leaf"),
            ("Blätter", "Blätter"),
        ] {
            assert_eq!(safe_name(name), expected, "{name:?}");
        }
        assert_eq!(safe_name(&"ä".repeat(300)).len(), LONGEST);
    }

    #[test]
    fn equal_names_are_told_apart() {
        let mut namer = Namer::default();
        let all: Vec<String> =
            ["a", "A", "a-2", "a", "b"].into_iter().map(|stem| namer.name(stem, ".jpg")).collect();
        assert_eq!(all, ["a.jpg", "A-2.jpg", "a-2-2.jpg", "a-3.jpg", "b.jpg"]);
    }

    proptest! {
        #[test]
        fn any_name_is_one_part_of_a_path(name in ".{0,200}") {
            let safe = safe_name(&name);
            let parts: Vec<Component<'_>> = Path::new(&safe).components().collect();
            prop_assert!(matches!(parts.as_slice(), [Component::Normal(part)] if *part == safe.as_str()), "{safe:?}");
            prop_assert_eq!(safe_name(&safe), safe);
        }
    }
}
