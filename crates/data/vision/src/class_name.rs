//! Class names in one normal form: what differs in case, blanks, underscores, hyphens or accents only is probably one class.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The name in lower case, without accents (compatibility decomposition of Unicode) and without what separates words. A
/// separator between two digits stays, and so does the sign of a number: `1_2` is not `12`, nor `-1` `1`.
#[must_use]
pub fn normal_class_name(name: &str) -> String {
    let letters: Vec<char> =
        name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect();
    let mut normal = String::new();
    let mut separated = false;
    for (place, &letter) in letters.iter().enumerate() {
        let signs_a_number = letter == '-'
            && normal.is_empty()
            && letters.get(place + 1).is_some_and(|next| next.is_numeric());
        if is_separator(letter) && !signs_a_number {
            separated = true;
            continue;
        }
        if separated && letter.is_numeric() && normal.chars().last().is_some_and(char::is_numeric) {
            normal.push(' ');
        }
        separated = false;
        normal.push(letter);
    }
    normal
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '_' | '-' | '.' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_class_are_equal() {
        for names in [
            &["Bean_rust", "bean rust", "BEAN-RUST", "bean__Rust ", "BeanRust", "bean.rust"][..],
            &[
                "Rouille_de_l'été",
                "rouille de l'ete",
                "Rouille de l\u{2019}ete".replace('\u{2019}', "'").as_str(),
                "rouille_de_l'e\u{301}te\u{301}",
            ],
            &["Tomato___healthy", "tomato healthy", "Ｔomato healthy"],
            &["stage 1 2", "Stage_1_2"],
            &["Löwe", "lo\u{308}we"],
        ] {
            let normal: Vec<String> = names.iter().map(|name| normal_class_name(name)).collect();
            assert!(normal.iter().all(|name| *name == normal[0]), "{names:?}: {normal:?}");
        }
    }

    #[test]
    fn other_classes_stay_apart() {
        for (a, b) in
            [("1_2", "12"), ("-1", "1"), ("rust", "rusty"), ("grade 1", "grade 2"), ("a+", "a"), ("", "a")]
        {
            assert_ne!(normal_class_name(a), normal_class_name(b), "{a} {b}");
        }
    }
}
