//! Notes below a table: each is said once, and marked where it belongs.

use super::Language;
use crate::model::text::visible;
use crate::recovery::scenario::Text;

/// The notes of one table, in the order in which they were first needed.
#[derive(Debug, Default)]
pub(super) struct Footnotes {
    texts: Vec<String>,
}

impl Footnotes {
    /// The mark of a note, `(1)`.
    pub(super) fn mark(&mut self, note: &str) -> String {
        let known = self.texts.iter().position(|text| text == note);
        let place = known.unwrap_or_else(|| {
            self.texts.push(note.to_owned());
            self.texts.len() - 1
        });
        format!("({})", place + 1)
    }

    /// A title with the mark of its note, if it has one.
    pub(super) fn marked(
        &mut self,
        title: &Text,
        note: Option<&Text>,
        language: Language,
    ) -> String {
        let title = visible(said(title, language));
        match note {
            Some(note) => {
                let mark = self.mark(&visible(said(note, language)));
                format!("{title} {mark}")
            }
            None => title,
        }
    }

    /// The notes as they stand below the table.
    pub(super) fn notes(self) -> Vec<String> {
        let texts = self.texts.into_iter().enumerate();
        texts
            .map(|(place, text)| format!("({}) {text}", place + 1))
            .collect()
    }
}

/// A text in the report's language.
pub(super) fn said(text: &Text, language: Language) -> &str {
    language.pick(&text.en, &text.fr)
}

#[test]
fn a_note_is_said_once_and_marked_wherever_it_belongs() {
    let mut notes = Footnotes::default();
    let marks = ["a", "b", "a"].map(|note| notes.mark(note));
    assert_eq!(marks, ["(1)", "(2)", "(1)"]);
    assert_eq!(notes.notes(), ["(1) a", "(2) b"]);
}
