//! Which classes of an old classifier those of a new one are, by name.

/// A class that an old classifier has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownClass {
    /// Its place among the new classes.
    pub(crate) new: usize,
    /// Its place among the old ones.
    pub(crate) old: usize,
}

/// The classes of `new` that `old` has: by the same name, or by one that differs in letter case, blanks, underscores and
/// hyphens alone. Where two names of one side differ in these alone, neither is taken for one of the other side that is not
/// the same to the letter.
pub(crate) fn known_classes(new: &[String], old: &[String]) -> Vec<KnownClass> {
    let place = |name: &String| {
        let same = old.iter().position(|other| other == name);
        same.or_else(|| {
            let place = only(old, name)?;
            // The old class is this one only if no other new class has its name, and no second one is as close.
            (!new.contains(&old[place]) && only(new, name).is_some()).then_some(place)
        })
    };
    let known = new.iter().enumerate().filter_map(|(new, name)| Some(KnownClass { new, old: place(name)? }));
    known.collect()
}

/// The place of the only one of `names` that is `name` in its normal form.
fn only(names: &[String], name: &str) -> Option<usize> {
    let mut places = (0..names.len()).filter(|&place| normal(&names[place]) == normal(name));
    places.next().filter(|_| places.next().is_none())
}

/// A name in small letters, its words parted by single blanks.
fn normal(name: &str) -> String {
    let words = name.split(|letter: char| letter.is_whitespace() || letter == '_' || letter == '-');
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_matched_by_name() {
        for (new, old, expected) in [
            (&["healthy", "rust"][..], &["rust", "healthy"][..], &[(0, 1), (1, 0)][..]),
            (&["Bean_rust", "healthy"], &["bean rust", "blast"], &[(0, 0)]),
            (&["bean-rust"], &["BEAN  RUST "], &[(0, 0)]),
            (&["blast", "blight"], &["rust", "healthy"], &[]),
            // Two old classes of one normal form: only the same name will do.
            (&["rust"], &["Rust", "RUST"], &[]),
            (&["rust"], &["Rust", "rust"], &[(0, 1)]),
            // Two new ones: neither is the old one, unless it is the same to the letter.
            (&["Rust", "RUST"], &["rust"], &[]),
            (&["Rust", "rust"], &["rust"], &[(1, 0)]),
            (&["stage 1 1"], &["stage 11"], &[]),
            (&["rust"], &[], &[]),
        ] {
            let [new, old] =
                [new, old].map(|names| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
            let known: Vec<(usize, usize)> =
                known_classes(&new, &old).into_iter().map(|known| (known.new, known.old)).collect();
            assert_eq!(known, expected, "{new:?} {old:?}");
        }
    }
}
