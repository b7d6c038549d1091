//! The embedded letters: how wide a text is, and how its letters look.
//!
//! Inter, cut down to Latin, Greek and Cyrillic (`fonts/README.md`). Letters stand one after another by their advance:
//! no kerning, no ligatures, and no shaping of scripts that need it. A character that the font has not got takes the room
//! that it would take in most fonts and is drawn as an empty box; in an SVG the reader's own fonts fill it in.

use std::sync::LazyLock;

use ttf_parser::Face;
use unicode_width::UnicodeWidthChar;

/// The two weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

/// Height of a capital letter, of the em.
pub(crate) const CAPITAL: f64 = 0.727;

static REGULAR: LazyLock<Face<'static>> =
    LazyLock::new(|| parsed(include_bytes!("../../fonts/Inter-Regular.otf")));
static SEMI_BOLD: LazyLock<Face<'static>> =
    LazyLock::new(|| parsed(include_bytes!("../../fonts/Inter-SemiBold.otf")));

/// The bytes are part of the program, so that a font that does not parse is a mistake in the build, not in the data.
fn parsed(bytes: &'static [u8]) -> Face<'static> {
    match Face::parse(bytes, 0) {
        Ok(face) => face,
        Err(error) => unreachable!("the embedded font: {error}"),
    }
}

fn face(weight: Weight) -> &'static Face<'static> {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::SemiBold => &SEMI_BOLD,
    }
}

/// A text without what cannot be shown or must not stand in XML: control characters become spaces, marks that turn the
/// direction of writing are left out.
pub(crate) fn cleaned(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .map(|c| match c {
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => ' ',
            '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
            c => c,
        })
        .collect()
}

/// Advance of a character, of the em.
pub(crate) fn advance(character: char, weight: Weight) -> f64 {
    let face = face(weight);
    match face.glyph_index(character).and_then(|glyph| face.glyph_hor_advance(glyph)) {
        Some(width) => f64::from(width) / f64::from(face.units_per_em()),
        None => match character.width() {
            None | Some(0) => 0.0,
            Some(1) => 0.62,
            Some(_) => 1.0,
        },
    }
}

/// Whether the font has every character, so that [`width()`] is what a browser with this font would measure.
pub(crate) fn covers(text: &str, weight: Weight) -> bool {
    text.chars().all(|c| face(weight).glyph_index(c).is_some())
}

/// Width of a text in the unit of `size`.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    text.chars().map(|c| advance(c, weight)).sum::<f64>() * size
}

/// Draws the outline of a character into `pen` in units of the em; `false` where the font has no such character.
#[cfg(feature = "png")]
pub(crate) fn outline(character: char, weight: Weight, pen: &mut dyn ttf_parser::OutlineBuilder) -> bool {
    let face = face(weight);
    match face.glyph_index(character) {
        Some(glyph) => {
            face.outline_glyph(glyph, pen);
            true
        }
        None => false,
    }
}

/// Font units in an em.
#[cfg(feature = "png")]
pub(crate) fn units_per_em(weight: Weight) -> f64 {
    f64::from(face(weight).units_per_em())
}

/// The text itself where it is at most `room` wide, else its beginning and its end around an ellipsis: class names differ
/// at either end ("Tomato late blight", "Tomato healthy").
pub(crate) fn shortened(text: &str, room: f64, size: f64, weight: Weight) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let kept = |count: usize| -> String {
        let head: String = characters[..count.div_ceil(2)].iter().collect();
        let tail: String = characters[characters.len() - count / 2..].iter().collect();
        format!("{}…{}", head.trim_end(), tail.trim_start())
    };
    let (mut low, mut high) = (0, characters.len());
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if width(&kept(middle), size, weight) <= room { low = middle } else { high = middle }
    }
    kept(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        let name = "Tomato___Tomato_Yellow_Leaf_Curl_Virus";
        let room = 120.0;
        let short = shortened(name, room, 12.0, Weight::Regular);
        assert!(width(&short, 12.0, Weight::Regular) <= room);
        assert!(short.starts_with("Tomato") && short.ends_with("Virus") && short.contains('…'), "{short}");
        assert_eq!(shortened("rust", room, 12.0, Weight::Regular), "rust");
        assert_eq!(shortened(name, 0.0, 12.0, Weight::Regular), "…");
    }

    #[test]
    fn foreign_scripts_have_a_width_and_are_not_covered() {
        assert!((width("病害", 10.0, Weight::Regular) - 20.0).abs() < 1e-9);
        assert!(!covers("病害", Weight::Regular));
        assert!(covers("Blattfäule · 10⁻⁴ ≤ 88.4\u{a0}%", Weight::SemiBold));
    }

    #[test]
    fn control_characters_are_not_drawn() {
        assert_eq!(cleaned("a\0b\n\u{202E}c\u{FFFF}"), "a b c\u{FFFD}");
    }
}
