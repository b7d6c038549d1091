//! Command lines that cannot be understood: what is wrong, and what was probably meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use crate::arguments::Arguments;
use crate::commands::version;
use crate::exit::Exit;
use crate::output;

/// The arguments, or how the program ends: done after help, with [`Exit::Usage`] after what is wrong.
///
/// # Errors
/// Help that standard output does not take.
pub(crate) fn parse() -> anyhow::Result<Result<Arguments, Exit>> {
    let error = match Arguments::try_parse() {
        Ok(arguments) => return Ok(Ok(arguments)),
        Err(error) => error,
    };
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(told) = meant(&error, &words) {
        say!("{told}");
        return Ok(Err(Exit::Usage));
    }
    // Clap ends at `--version`, whatever follows it.
    if error.kind() == ErrorKind::DisplayVersion && words.iter().any(|word| word == "--json") {
        version::print()?;
        return Ok(Err(Exit::Done));
    }
    let printed = error.print();
    if error.use_stderr() {
        return Ok(Err(Exit::Usage));
    }
    printed.map_err(output::noticed)?;
    Ok(Err(Exit::Done))
}

/// What to say of an option that does not exist, in the place of clap's own words.
fn meant(error: &clap::Error, words: &[String]) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut command = Arguments::command();
    command.build();
    let name = words.iter().find(|word| !word.starts_with('-'))?;
    let command = command.find_subcommand(name)?.clone();
    let help = format!("`foliar {name} -h` lists the usual options, --help all of them");
    let Some(stem) = given.strip_prefix("--") else {
        return Some(format!("error: {given:?} is one argument too many for `foliar {name}`; {help}"));
    };
    let stem = stem.split('=').next().unwrap_or(stem);
    let options: Vec<&str> = command.get_arguments().filter_map(|argument| argument.get_long()).collect();
    let mut near: Vec<&str> = options.iter().copied().filter(|option| option.starts_with(stem)).collect();
    if near.is_empty() {
        near = options
            .into_iter()
            .filter(|option| stem.starts_with(option) || distance(option, stem) <= 2)
            .collect();
    }
    let near: Vec<String> = near.into_iter().take(3).map(|option| format!("--{option}")).collect();
    let meant = match near.as_slice() {
        [] => String::new(),
        [only] => format!("; did you mean {only}?"),
        several => format!("; did you mean {}?", several.join(" or ")),
    };
    Some(format!("error: `foliar {name}` has no option --{stem}{meant}\n{help}"))
}

/// Letters to insert, remove or exchange between two words (Levenshtein 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = place + 1;
        for (column, &against) in other.iter().enumerate() {
            let replaced = before + usize::from(letter != against);
            before = row[column + 1];
            row[column + 1] = replaced.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str]) -> String {
        let all = [&["foliar"], words].concat();
        let error = Arguments::try_parse_from(all).err().unwrap();
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        meant(&error, &words).unwrap()
    }

    #[test]
    fn options_that_do_not_exist_are_told_with_those_that_do() {
        for (words, expected) in [
            (&["train", "photos", "--batch", "8"][..], "--batch-size or --batch-norm"),
            (&["train", "photos", "--epoch", "3"], "did you mean --epochs?"),
            (&["train", "photos", "--epoch=3"], "did you mean --epochs?"),
            (&["train", "photos", "--learning-rate", "3"], "has no option --learning-rate"),
            (&["train", "my", "photos"], "\"photos\" is one argument too many"),
        ] {
            let told = told(words);
            assert!(told.contains(expected) && told.contains("foliar train -h"), "{told}");
        }
    }

    #[test]
    fn distances_count_letters() {
        assert_eq!((distance("epochs", "epoch"), distance("lr", "lr"), distance("", "abc")), (1, 0, 3));
    }
}
