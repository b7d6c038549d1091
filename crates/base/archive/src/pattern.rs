//! Patterns of the names of shards: `leaf-{000..063}.tar`, `{train,val}-*.tar`.

/// Names that a pattern may stand for.
const MOST: usize = 100_000;

/// Whether a path means other paths.
pub(crate) fn is_pattern(path: &str) -> bool {
    has_wildcard(path) || path.contains('{')
}

/// Whether a name has signs that stand for any letters.
pub(crate) fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// What the braces of a pattern stand for, in order: numbers from `{000..063}`, with the zeros before them, and words from `{a,b}`. Braces
/// that are neither stay as they are.
///
/// # Errors
/// What is wrong with the pattern, in words that follow it.
pub(crate) fn expanded(pattern: &str) -> Result<Vec<String>, String> {
    let mut found = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, inside, after)) = next_braces(rest) {
        let alternatives = alternatives(inside)?;
        if found.len().saturating_mul(alternatives.len()) > MOST {
            return Err(format!("stands for more than {MOST} files"));
        }
        let longer = |start: &String| {
            let start = format!("{start}{before}");
            alternatives.iter().map(move |one| format!("{start}{one}")).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(longer).collect();
        rest = after;
    }
    found.iter_mut().for_each(|name| name.push_str(rest));
    Ok(found)
}

/// The first braces, with what is before, in and after them.
fn next_braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    Some((before, inside, after))
}

fn alternatives(inside: &str) -> Result<Vec<String>, String> {
    if let Some((first, last)) = inside.split_once("..") {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u64>().ok()).flatten()
        };
        let (Some(from), Some(to)) = (number(first), number(last)) else {
            return Err(format!("has {{{inside}}}, which is no range of numbers such as {{000..063}}"));
        };
        if from > to {
            return Err(format!("has {{{inside}}}, which ends before it begins"));
        }
        if to - from >= MOST as u64 {
            return Err(format!("stands for more than {MOST} files"));
        }
        let width = first.len();
        return Ok((from..=to).map(|number| format!("{number:0width$}")).collect());
    }
    match inside.contains(',') {
        true => Ok(inside.split(',').map(str::to_owned).collect()),
        false => Ok(vec![format!("{{{inside}}}")]),
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters and `?` for one.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut here) = (0, 0);
    // Where the last star stands, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(&letter) if letter == '?' || letter == name[here] => {
                at += 1;
                here += 1;
            }
            _ => {
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                at = back + 1;
                here = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded_in_order() {
        let names = |pattern: &str| expanded(pattern).unwrap();
        assert_eq!(names("a-{08..11}.tar"), ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"]);
        assert_eq!(names("{9..10}.tar"), ["9.tar", "10.tar"]);
        assert_eq!(names("{a,b}-{0..1}.tar"), ["a-0.tar", "a-1.tar", "b-0.tar", "b-1.tar"]);
        assert_eq!(names("a{b}.tar"), ["a{b}.tar"]);
        assert_eq!(names("a.tar"), ["a.tar"]);
        assert_eq!(names("a{.tar"), ["a{.tar"]);
        for wrong in ["{3..1}.tar", "{a..b}.tar", "{0..99999999}.tar", "{0..999}{0..999}.tar", "{..}.tar"] {
            assert!(expanded(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, name, expected) in [
            ("leaf-*.tar", "leaf-001.tar", true),
            ("leaf-*.tar", "leaf-.tar", true),
            ("leaf-*.tar", "leaf-001.zip", false),
            ("*a*b", "xaxxbab", true),
            ("*a*b", "xaxxba", false),
            ("l?af.tar", "leaf.tar", true),
            ("l?af.tar", "laf.tar", false),
            ("**", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
