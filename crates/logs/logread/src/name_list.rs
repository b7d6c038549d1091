//! Several names before as many numbers: `loss, acc: 0.51, 0.83`, `train loss/acc 0.51/0.83`, `(i, loss) = (3, 0.51)`.

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::meaning::{self, Quantity};
use crate::measurement_name::Named;
use crate::run_log::Split;

/// Names that a list may have.
const MOST: usize = 8;

/// One name of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Listed {
    Epoch,
    Step,
    Value(Named),
    /// Not in the lexicon: `i`.
    Unknown,
}

/// The names at the end of `text`, which stands before a number; empty if there are fewer than two.
pub(crate) fn names(text: &str) -> Vec<Listed> {
    listed(text).unwrap_or_default()
}

fn listed(text: &str) -> Option<Vec<Listed>> {
    let text = text.trim_end().trim_end_matches(['(', '[']).trim_end();
    // `INSERT INTO history (epoch, loss) VALUES (`
    let text = text.strip_suffix("VALUES").or_else(|| text.strip_suffix("values")).unwrap_or(text).trim_end();
    let valued = text.strip_suffix([':', '=']);
    let text = valued.unwrap_or(text).trim_end();
    let closed = text.strip_suffix([')', ']']);
    let (around, inner) = match closed {
        Some(inner) => {
            let open = inner.rfind(['(', '['])?;
            (&text[..open], &inner[open + 1..])
        }
        None => ("", text),
    };
    // A stroke or a dash needs no colon, as `loss/acc 0.5/0.8` shows.
    let marks: &[&str] = if valued.is_some() || closed.is_some() {
        &[",", "/", "|", " - ", " and ", " & "]
    } else {
        &["/", "|"]
    };
    let mark = marks.iter().find(|mark| inner.contains(**mark))?;
    let inner = if closed.is_some() { inner } else { last_clause(inner, mark) };
    let items: Vec<&str> = inner
        .split(mark)
        .map(|item| item.trim().trim_matches(['\'', '"', ':']))
        .filter(|item| !item.is_empty())
        .collect();
    if !(2..=MOST).contains(&items.len()) {
        return None;
    }
    let photos = split_before(around);
    let names: Vec<Listed> =
        items.iter().map(|item| understood(item, photos, closed.is_some())).collect::<Option<_>>()?;
    let value = |name: &Listed| match name {
        Listed::Value(named) => named.meaning.quantity.has_split(),
        _ => false,
    };
    let names = with_photos(names);
    let known = names.iter().filter(|name| **name != Listed::Unknown).count();
    (names.iter().any(value) && (closed.is_some() || known == names.len())).then_some(names)
}

/// The names, each with the photos that the ones before it name. What stands before a name of other photos is of training.
fn with_photos(mut names: Vec<Listed>) -> Vec<Listed> {
    let split = |name: &Listed| match name {
        Listed::Value(named) => named.meaning.split,
        _ => None,
    };
    let mut photos = names.iter().find_map(split).map(|_| Split::Train);
    for name in &mut names {
        photos = split(name).or(photos);
        if let Listed::Value(named) = name
            && named.meaning.quantity.has_split()
        {
            named.meaning.split = photos;
        }
    }
    names
}

/// What follows the last mark that is none of the list.
fn last_clause<'a>(text: &'a str, mark: &str) -> &'a str {
    let other = |letter: char| ":;|=()[]{}>%*#?!".contains(letter) && !mark.contains(letter);
    let start = text.rfind(other).map_or(0, |at| at + 1);
    let start = text[start..].rfind(". ").map_or(start, |at| start + at + 2);
    if mark == "," {
        &text[start..]
    } else {
        &text[text[start..].rfind(',').map_or(start, |at| start + at + 1)..]
    }
}

/// The photos that the words before a bracket name, as their last word.
fn split_before(text: &str) -> Option<Split> {
    let words = fold::words(text, 3);
    senses(&words).last().and_then(|sense| sense.concept.split())
}

fn understood(item: &str, photos: Option<Split>, bracketed: bool) -> Option<Listed> {
    const MOST_WORDS: usize = 5;
    let words = fold::words(item, usize::MAX);
    let senses = senses(&words);
    let said = |concept| senses.iter().any(|sense| sense.concept == concept);
    let only = |concept| {
        said(concept)
            && senses.iter().all(|sense| {
                sense.concept == concept || matches!(sense.concept, Concept::Filler | Concept::Split(_))
            })
    };
    if words.len() > MOST_WORDS {
        return None;
    }
    if only(Concept::Epoch) {
        return Some(Listed::Epoch);
    }
    if only(Concept::Step) {
        return Some(Listed::Step);
    }
    let quantity = senses.iter().any(|sense| sense.concept.is_quantity_or_time());
    // The words for photos alone are no measurement: `train/val loss`.
    if !quantity {
        return (bracketed
            && senses.iter().all(|sense| matches!(sense.concept, Concept::Unknown | Concept::Filler)))
        .then_some(Listed::Unknown);
    }
    let mut meaning = meaning::judge(item, &words, &senses);
    if meaning.quantity == Quantity::Unknown {
        return Some(Listed::Unknown);
    }
    meaning.percent |= item.contains('%');
    meaning.split = meaning.split.or(photos);
    Some(Listed::Value(Named { text: item.to_owned(), meaning, loose: false }))
}

#[cfg(test)]
mod tests {
    use super::{Listed, names};

    #[test]
    fn lists_of_names_are_told_from_one_name() {
        for (text, wanted) in [
            ("epoch, loss = ", "epoch loss"),
            ("(i, loss) = (", "? loss"),
            (" loss, acc: ", "loss acc"),
            ("Test loss, test acc: [", "Test loss test acc"),
            (": train loss/acc ", "train loss acc"),
            (" val loss/acc: ", "val loss acc"),
            ("train (loss, acc) = (", "loss acc"),
            ("['loss', 'accuracy'] [", "loss accuracy"),
            (" train loss and accuracy: ", "train loss accuracy"),
            (" loss - acc: ", "loss acc"),
            (", loss, acc, time: ", "loss acc time"),
            // One name each.
            ("loss: ", ""),
            (", loss: ", ""),
            ("train/loss: ", ""),
            ("train/val loss: ", ""),
            ("val loss (train, val): ", ""),
            ("loss, ", ""),
            ("first, the loss: ", ""),
            ("main/loss ", ""),
            ("batch/epoch: ", ""),
        ] {
            let found: Vec<String> = names(text)
                .iter()
                .map(|name| match name {
                    Listed::Epoch => "epoch".to_owned(),
                    Listed::Step => "step".to_owned(),
                    Listed::Value(named) => named.text.clone(),
                    Listed::Unknown => "?".to_owned(),
                })
                .collect();
            assert_eq!(found.join(" "), wanted, "{text}");
        }
    }
}
