//! A judgement as people and machines read it. Nothing is computed here that the judgement does not say: a report only words it.
//!
//! `text` is for a terminal of 80 columns, `markdown` for wikis, `html` to be read and printed, `junit` for test servers, `json` is the judgement itself.

mod alerts;
mod capacity;
pub mod chart;
mod code;
mod criteria;
mod document;
mod evidence;
mod expectations;
mod facts;
mod footnotes;
pub mod html;
pub mod json;
pub mod junit;
mod kept;
mod loss;
pub mod markdown;
mod markup;
mod measured;
mod number;
mod observed;
mod placements;
mod procedure;
mod properties;
mod quantity;
mod remarks;
mod sections;
mod settle;
mod tables;
pub mod text;
mod times;
pub mod whole;
mod words;

pub use tables::columns;
pub use words::sentence;

/// Language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// The one of two texts that is in this language.
    pub fn pick<T>(self, english: T, french: T) -> T {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}

/// How a report is written to a terminal or a file.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Its language.
    pub language: Language,
    /// Whether the verdicts are coloured.
    pub color: bool,
}

impl Style {
    /// Colour on a terminal, unless `NO_COLOR` is set to anything but nothing (<https://no-color.org>).
    pub fn new(language: Language, terminal: bool, no_color: Option<&std::ffi::OsStr>) -> Self {
        let refused = no_color.is_some_and(|value| !value.is_empty());
        Self {
            language,
            color: terminal && !refused,
        }
    }
}

#[test]
fn colour_needs_a_terminal_and_no_refusal() {
    let refused = Some(std::ffi::OsStr::new("1"));
    let empty = Some(std::ffi::OsStr::new(""));
    assert!(Style::new(Language::English, true, None).color);
    assert!(Style::new(Language::English, true, empty).color);
    assert!(!Style::new(Language::English, true, refused).color);
    assert!(!Style::new(Language::English, false, None).color);
}
