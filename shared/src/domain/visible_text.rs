//! Names that people choose and others read: of a call, and of themselves.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, JoinControl, PrependedConcatenationMark,
    VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

/// The text as people see it, if it has 1 to `longest` characters.
///
/// Texts that look alike become the same text: runs of spaces become one space, characters that only shape
/// their neighbours are removed, and the rest is normalised to Unicode NFC, so that two keyboards that compose
/// `é` differently write the same. Other invisible characters, and those that control text, are refused.
pub(super) fn visible(text: &str, longest: usize) -> Option<String> {
    let text: String = text.chars().filter(|c| !only_shapes_others(*c)).collect();
    let words: Vec<_> = text
        .trim()
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    let text: String = words.join(" ").nfc().collect();
    let good = (1..=longest).contains(&text.chars().count()) && !text.chars().any(controls_text);
    good.then_some(text)
}

/// Is this an invisible character that only shapes its neighbours? Joiners and variation selectors do. Many
/// scripts and emoji need them.
fn only_shapes_others(c: char) -> bool {
    CodePointSetData::new::<JoinControl>().contains(c)
        || CodePointSetData::new::<VariationSelector>().contains(c)
}

/// Does this look like a space?
fn is_space(c: char) -> bool {
    // Unicode counts the blank Braille pattern as a symbol.
    is(GeneralCategory::SpaceSeparator, c) || c == '\u{2800}'
}

/// Does this change the direction of text, break lines, or show nothing at all?
fn controls_text(c: char) -> bool {
    is(GeneralCategory::Control, c)
        || is(GeneralCategory::LineSeparator, c)
        || is(GeneralCategory::ParagraphSeparator, c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || is(GeneralCategory::Format, c)
            // These are visible, as the Arabic number sign is.
            && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
}

fn is(category: GeneralCategory, c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == category
}
