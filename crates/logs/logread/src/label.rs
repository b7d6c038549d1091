//! The text between two numbers of a line.
//!
//! Its end names the number after it, its beginning may be the unit of the number before it or count what
//! that number counts: in `0.5 s, loss: ` the unit is `s` and the name `loss`.

use crate::call::without_calls;
use crate::concept::Concept;
use crate::counted;
use crate::fold::{self, Word};
use crate::idiom::{Idiom, idiom};
use crate::lexicon::{Sense, senses};
use crate::meaning::{self, Cadence, Fact, Meaning, Quantity};
use crate::measurement_name::{Named, ends_clause, value};
use crate::name_list::{self, Listed};
use crate::run_log::Split;
use crate::source::{is_bound, is_factor};
use crate::strangers;
use crate::token::output_number;

/// What the end of a label makes of the number after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tail {
    /// No words.
    Bare,
    /// Words that name nothing.
    Words,
    /// The number of an epoch. With a quantity before it, as in `Train loss: epoch`, perhaps that quantity's
    /// value.
    Epoch(Option<Named>),
    /// The number of a step or batch.
    Step,
    /// The number of a step, after the name of the value that follows it: `Score at iteration`.
    StepOf(Named),
    /// Only the photos are named: `val: `.
    Split(Split),
    /// About the set-up.
    Fact(Fact),
    /// A measurement.
    Value(Named),
    /// A part of something named before, such as `wd`.
    Part(Named),
}

/// A label, understood by itself.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// For the number after it.
    pub(crate) tail: Tail,
    /// What the number before it counts, such as photos.
    pub(crate) counts: Option<Fact>,
    /// A name for the number before it, as in `95 % accuracy`.
    pub(crate) postfix: Option<Named>,
    /// The last split named in its last sentence.
    pub(crate) split: Option<Split>,
    /// The marks in it, without words and spaces.
    pub(crate) marks: String,
    /// Whether `(epoch, batch)` explains the numbers of a bracket before it.
    pub(crate) explains_bracket: bool,
    /// Whether a parenthesis opens in it whose first word makes its numbers mean something else.
    pub(crate) opens_aside: bool,
    /// Whether the number before it numbers an epoch, as in `第3轮` and `3. Epoche`.
    pub(crate) begins_with_epoch: bool,
    /// Whether the percentage before it is that of a progress bar.
    pub(crate) begins_with_bar: bool,
    /// Whether a word goes on right after the percentage before it: `50%-rate`.
    pub(crate) begins_with_word: bool,
    /// Whether the number before it is a duration, as in `0.84s`.
    pub(crate) begins_with_seconds: bool,
    /// Whether the number before it is a running mean, as `avg, ` says.
    pub(crate) averages: bool,
    /// Splits joined as in `train/val loss: `, for as many numbers.
    pub(crate) joint: Option<(Split, Split)>,
    /// Several names, for as many numbers: `loss, acc: `.
    pub(crate) names: Vec<Listed>,
    /// The measurement that is called with the number among its arguments: `accuracy(x, y, `.
    pub(crate) called: Option<Named>,
    /// The name in parentheses of the number before it: `0.51 (train loss), `.
    pub(crate) enclosed: Option<Named>,
    /// What a single program calls the number after it.
    pub(crate) idiom: Option<Idiom>,
    /// Whether the number after it is a bound, as in `loss < `.
    pub(crate) bounds: bool,
    /// Whether a bar of marks stands before the parenthesis that it ends with: `|####----| (`.
    pub(crate) after_bar: bool,
    /// Whether it ends with a word for what was measured on: `accuracy on the `.
    pub(crate) on: bool,
    /// Whether it is a noun and a colon: ` leaves: `.
    pub(crate) noun: bool,
    /// Whether it says that the number after it is the whole of the one before: `9312 of 10000`.
    pub(crate) of: bool,
    /// A name right before the number that no word list knows.
    pub(crate) stranger: Option<Named>,
}

/// A longer text between two numbers is prose, of which the end is enough.
const LONGEST: usize = 160;
/// Words of a label that are looked at.
const WORDS: usize = 14;

/// Understands `text`. `glued` says that it follows a number without white space, so that its first word is a
/// unit.
pub(crate) fn understand(text: &str, glued: bool) -> Label {
    if let Some((named, rest)) = enclosed_name(text) {
        return Label { enclosed: Some(named), ..understand_plain(rest, false) };
    }
    let text = &*without_calls(text);
    let Some((text, number)) = without_output_number(text) else { return understand_plain(text, glued) };
    let mut label = understand_plain(&text, glued);
    if let (Tail::Value(named), true) = (&mut label.tail, number != "0") {
        // The first output is the plainest.
        named.text = format!("{} #{number}", named.text);
        named.meaning.extras = named.meaning.extras.saturating_add(1);
    }
    label
}

/// `output #1: loss` without the number, and the number.
fn without_output_number(text: &str) -> Option<(String, &str)> {
    let (at, end) =
        text.match_indices('#').find_map(|(at, _)| Some((at, output_number(text.as_bytes(), at)?)))?;
    Some((format!("{}#{}", &text[..at], &text[end..]), text[at + 1..end].trim()))
}

fn understand_plain(text: &str, glued: bool) -> Label {
    let marks: String =
        text.chars().filter(|letter| letter.is_ascii_punctuation() && *letter != '_').take(12).collect();
    let mut start = text.len().saturating_sub(LONGEST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = &text[start..];
    let all = fold::words(text, WORDS);
    let all_senses = senses(&all);
    let sentence = sentence_start(text, &all, &all_senses);
    let recent = all_senses.iter().rev().take_while(|sense| all[sense.first].start >= sentence);
    let place = is_place(text);
    let called = place && text.contains("():");
    let split = recent.map(|sense| sense.concept).find_map(Concept::split).filter(|_| !called);
    let from = unit_length(&all, &all_senses, text, glued && start == 0);
    let ended = all.last().is_some_and(|last| text[last.end..].trim_start().starts_with([',', ';']));
    let ended = ended && !is_symbol(text, &all);
    let clause = if ended { all.len() } else { clause_start(text, &all, &all_senses, from) };
    let first = all_senses.iter().position(|sense| sense.first >= clause).unwrap_or(all_senses.len());
    let named = &all_senses[first..];
    let opens_aside = text.rfind('(').is_some_and(|open| {
        let inner = all_senses.iter().find(|sense| all[sense.first].start > open);
        inner.is_some_and(|sense| sense.concept == Concept::Spoiler) && !text[open..].contains(')')
    });
    Label {
        tail: if place || is_factor(text) { Tail::Words } else { tail(text, &all, named) },
        counts: if start == 0 { counted::counts(text, &all, &all_senses) } else { None },
        postfix: if start == 0 { counted::postfix(text, &all, &all_senses) } else { None },
        split,
        explains_bracket: text.trim_start().starts_with("](") && all_senses.first().is_some_and(is_counter),
        opens_aside,
        begins_with_bar: text.starts_with("%|"),
        begins_with_word: text
            .strip_prefix("%-")
            .is_some_and(|text| text.starts_with(|letter: char| letter.is_ascii_alphabetic())),
        begins_with_epoch: start == 0
            && all_senses.first().is_some_and(|sense| sense.concept == Concept::Epoch)
            && matches!(text[..all[0].start].trim(), "" | "."),
        begins_with_seconds: glued
            && start == 0
            && all.first().is_some_and(|word| {
                word.start == 0 && matches!(word.text.as_str(), "s" | "ms" | "us" | "sec")
            }),
        averages: start == 0 && all.len() == 1 && all[0].text == "avg" && text.trim_end().ends_with(','),
        joint: joint(text, &all, named),
        names: name_list::names(text),
        called: measurement_called(text),
        enclosed: None,
        idiom: idiom(&all),
        bounds: is_bound(text),
        after_bar: is_after_bar(text),
        on: ["on", "on the", "over", "over the", "on all", "over all"]
            .iter()
            .any(|end| ends_with_words(text, end)),
        noun: matches!(&all[..], [_] | [_, _]) && all[0].start <= 1 && text.trim_end().ends_with([':', '=']),
        of: matches!(text.trim(), "of" | "out of" | "von" | "sur"),
        stranger: if place { None } else { strangers::named(text, &all, named) },
        marks,
    }
}

/// The name that parentheses right after a number enclose, and the text after them.
fn enclosed_name(text: &str) -> Option<(Named, &str)> {
    let after = text.trim_start().trim_start_matches('%').trim_start();
    let (inner, rest) = after.strip_prefix('(')?.split_once(')')?;
    let words = fold::words(inner, WORDS);
    let senses = senses(&words);
    let plain = senses.iter().all(|sense| {
        let concept = sense.concept;
        concept.is_quantity() || matches!(concept, Concept::Split(_) | Concept::Filler | Concept::Percent)
    });
    let named = value(inner, &words, &senses).filter(|named| named.meaning.quantity.has_split())?;
    let free = !inner.contains(['(', ':', '=']) && !rest.trim_start().starts_with([':', '=']);
    (plain && free).then_some((named, rest))
}

/// The measurement whose arguments are open at the end of `text`.
fn measurement_called(text: &str) -> Option<Named> {
    let open = text.rfind('(').filter(|open| !text[*open..].contains(')'))?;
    let glued = text[..open].ends_with(|letter: char| letter.is_ascii_alphanumeric());
    let start = text[..open].rfind([' ', ',', ';']).map_or(0, |at| at + 1);
    let words = fold::words(text.get(start..open)?, WORDS);
    let argued = text[open..].contains(|letter: char| letter.is_ascii_alphanumeric());
    value(&text[start..open], &words, &senses(&words)).filter(|_| glued && argued)
}

/// Whether the number after `text` is that of a line of source: `ctc-loss.cc:`.
fn is_place(text: &str) -> bool {
    const SOURCES: [&str; 16] = [
        "cc", "cpp", "cxx", "cu", "c", "h", "hpp", "py", "lua", "java", "scala", "go", "rs", "jl", "js", "cs",
    ];
    let file = text.strip_suffix(':').and_then(|text| text.rsplit([' ', '(', '[', ':', '/']).next());
    let parts = file.and_then(|file| file.rsplit_once('.'));
    parts.is_some_and(|(name, ending)| !name.is_empty() && SOURCES.contains(&ending))
}

/// Whether the last word is a name as Julia writes it before its value: `(:epoch,8,:trn,0.5)`.
fn is_symbol(text: &str, words: &[Word]) -> bool {
    let before = words.last().map_or("", |last| &text[..last.start]);
    before.strip_suffix(':').is_some_and(|before| before.trim_end().ends_with([',', '(']))
}

/// Whether `text` ends with a drawn bar and an open parenthesis.
fn is_after_bar(text: &str) -> bool {
    let bar = text.trim_end().strip_suffix('(').map(str::trim_end).and_then(|text| text.strip_suffix('|'));
    bar.is_some_and(|bar| ["##", "--", "==", "  ", "█"].iter().any(|end| bar.ends_with(end)))
}

/// Whether `text` ends with these words and a space.
fn ends_with_words(text: &str, words: &str) -> bool {
    text.strip_suffix(' ')
        .and_then(|text| text.strip_suffix(words))
        .is_some_and(|before| before.ends_with(' '))
}

fn is_counter(sense: &Sense) -> bool {
    matches!(sense.concept, Concept::Epoch | Concept::Step)
}

/// Words at the beginning that are the unit of the number before: `ms/step`, `seconds`.
fn unit_length(words: &[Word], senses: &[Sense], text: &str, glued: bool) -> usize {
    let first_is_unit = match (words.first(), senses.first()) {
        (Some(word), _) if glued && word.start == 0 => true,
        (Some(word), Some(sense)) if sense.concept == Concept::Time => {
            let before = &text[..word.start];
            let after = text[word.end..].trim_start();
            before.trim().is_empty() && !before.is_empty() && !after.starts_with([':', '='])
        }
        _ => false,
    };
    if !first_is_unit {
        return 0;
    }
    1 + words[1..].iter().take_while(|word| word.glued && text.as_bytes()[word.start - 1] == b'/').count()
}

/// Whether the period in `between` only shortens the split that the word before it names: `Val. Loss`.
fn abbreviates(between: &str, senses: &[Sense], word: usize) -> bool {
    between == ". " && senses.iter().any(|sense| sense.end == word + 1 && sense.concept.split().is_some())
}

/// Where the last sentence of `text` begins.
fn sentence_start(text: &str, words: &[Word], senses: &[Sense]) -> usize {
    let ends = (1..words.len()).rev().find(|&index| {
        let between = &text[words[index - 1].end..words[index].start];
        let mark = [". ", "? ", "! "].iter().any(|mark| between.contains(mark));
        mark && !abbreviates(between, senses, index - 1)
    });
    ends.map_or(0, |index| words[index].start)
}

/// Index of the first word after the last mark that ends a clause.
fn clause_start(text: &str, words: &[Word], senses: &[Sense], from: usize) -> usize {
    let mut start = from;
    for index in from.max(1)..words.len() {
        let between = &text[words[index - 1].end..words[index].start];
        if ends_clause(between) && !abbreviates(between, senses, index - 1) {
            start = index;
        }
    }
    start
}

/// `training l2 : ` and `valid_1's l1: `, as boosting libraries call squared and absolute errors of numbers. Without the photos it is a
/// penalty.
fn distance(text: &str, words: &[Word], senses: &[Sense]) -> Option<Named> {
    let (last, before) = senses.split_last()?;
    let norm = last.end == words.len()
        && words[last.first].text == "l"
        && matches!(words.last()?.text.as_str(), "1" | "2")
        && text[words.last()?.end..].trim_start().starts_with([':', '=']);
    let plain = |sense: &Sense| {
        let number = words[sense.first].text.bytes().all(|byte| byte.is_ascii_digit());
        number || words[sense.first].text == "s" || sense.concept.split().is_some()
    };
    let split = before.iter().find_map(|sense| sense.concept.split())?;
    let meaning = Meaning {
        quantity: Quantity::Deviation,
        split: Some(split),
        percent: false,
        cadence: Cadence::Unsaid,
        extras: 0,
    };
    let name = text[words[before.first()?.first].start..words.last()?.end].to_owned();
    (norm && before.iter().all(plain)).then_some(Named { text: name, meaning, loose: false })
}

fn tail(text: &str, words: &[Word], senses: &[Sense]) -> Tail {
    let Some(last) = senses.iter().rev().find(|sense| sense.concept != Concept::Filler) else {
        return if senses.is_empty() { Tail::Bare } else { Tail::Words };
    };
    let said = |concept| senses.iter().any(|sense| sense.concept == concept);
    let only = |allowed: fn(Concept) -> bool| {
        senses.iter().all(|sense| sense.concept == Concept::Filler || allowed(sense.concept))
    };
    if said(Concept::Epoch) && only(|concept| matches!(concept, Concept::Epoch | Concept::Split(_))) {
        return Tail::Epoch(None);
    }
    if said(Concept::Step) && only(|concept| matches!(concept, Concept::Step | Concept::Split(_))) {
        return if said_with_plural(words) { Tail::Words } else { Tail::Step };
    }
    if only(|concept| matches!(concept, Concept::Split(_))) {
        return match last.concept.split() {
            Some(split) => Tail::Split(split),
            None => Tail::Words,
        };
    }
    let quantity = senses.iter().rposition(|sense| sense.concept.is_quantity_or_time());
    match (last.concept, quantity) {
        (Concept::Epoch, None) if !said(Concept::Spoiler) && free(words, last) => return Tail::Epoch(None),
        (Concept::Epoch, Some(at)) if text[words[last.end - 1].end..].trim().is_empty() => {
            return Tail::Epoch(value(text, words, &senses[..=at]));
        }
        (Concept::Step, None) if !said(Concept::Spoiler) && free(words, last) => return Tail::Step,
        (Concept::Step, Some(at))
            if text[words[last.end - 1].end..].trim().is_empty() && free(words, last) =>
        {
            let joins = |word: &Word| matches!(word.text.as_str(), "at" | "after" | "in" | "on");
            if words[senses[at].end..last.first].iter().any(joins)
                && let Some(named) = value(text, words, &senses[..=at])
            {
                return Tail::StepOf(named);
            }
        }
        _ => {}
    }
    if let Some(fact) = meaning::fact(senses).filter(|_| quantity.is_none()) {
        return Tail::Fact(fact);
    }
    let Some(quantity) = quantity else {
        return match distance(text, words, senses) {
            Some(named) => Tail::Value(named),
            None => unnamed(text, words, senses),
        };
    };
    let explicit = text[words[last.end - 1].end..].contains([':', '=']);
    let strangers = senses[quantity + 1..].iter().filter(|sense| sense.concept == Concept::Unknown).count();
    let glued = senses[quantity + 1..].iter().all(|sense| words[sense.first].glued);
    if strangers > 4 || strangers > 0 && !explicit && !glued {
        return Tail::Words;
    }
    match value(text, words, senses) {
        Some(named) => Tail::Value(named),
        None => Tail::Words,
    }
}

fn said_with_plural(words: &[Word]) -> bool {
    words.iter().any(|word| word.text == "steps" || word.text == "iterations")
}

/// Whether a counter's word is no part of a longer identifier, as `batch` is in `ms/batch`.
fn free(words: &[Word], sense: &Sense) -> bool {
    !words[sense.first].glued
}

/// An identifier that stands right before the number and is in no list: `grad_norm: `.
fn unnamed(text: &str, words: &[Word], senses: &[Sense]) -> Tail {
    let Some(last) = words.last() else { return Tail::Bare };
    let after = text[last.end..].trim();
    let first = words.iter().rposition(|word| !word.glued).unwrap_or(0);
    let begins = senses.first().is_some_and(|sense| sense.first >= first);
    let identifier = &text[words[first].start..last.end];
    // The name of a source file, with the number of a line after it.
    if identifier.contains('.') {
        return Tail::Words;
    }
    if !(begins && matches!(after, ":" | "=")) {
        return Tail::Words;
    }
    let meaning = meaning::judge(text, words, senses);
    let named = Named { text: identifier.to_owned(), meaning, loose: false };
    if senses.iter().any(|sense| sense.concept == Concept::Part) {
        Tail::Part(named)
    } else {
        Tail::Value(named)
    }
}

/// `train/val loss` and `loss (train, val)`.
fn joint(text: &str, words: &[Word], senses: &[Sense]) -> Option<(Split, Split)> {
    let at = senses.windows(2).position(|pair| {
        // Two senses of one compound have nothing between them.
        let between = text.get(words[pair[0].end - 1].end..words[pair[1].first].start).unwrap_or_default();
        pair[0].concept.split().is_some()
            && pair[1].concept.split().is_some()
            && matches!(between.trim(), "/" | "," | "|" | "&" | "+" | "-")
    })?;
    Some((senses[at].concept.split()?, senses[at + 1].concept.split()?))
}
