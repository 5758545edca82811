//! What the plan expects to happen, and whether it did.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::{Language, number};
use crate::recovery::judgement::{ExpectationResult, Judgement};

/// One row for each expectation; `None` where the plan has none.
pub(super) fn expectations(judgement: &Judgement, language: Language) -> Option<Section> {
    let mut notes = Footnotes::default();
    let rows = judgement.expectations.iter();
    let rows: Vec<_> = rows.map(|row| cells(row, &mut notes, language)).collect();
    let columns = language.pick(
        ["Expected", "Outcome", "Decided at"],
        ["Attendu", "Constat", "Établi à"],
    );
    (!rows.is_empty()).then(|| Section {
        heading: language
            .pick("Expected behaviour (UTC)", "Comportement attendu (UTC)")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes: notes.notes(),
    })
}

fn cells(row: &ExpectationResult, notes: &mut Footnotes, language: Language) -> Vec<Cell> {
    let title = notes.marked(&row.text, row.note.as_ref(), language);
    let outcome = match row.confirmed {
        Some(true) => language.pick("confirmed", "confirmé"),
        Some(false) => language.pick("refuted", "infirmé"),
        None => language.pick("unknown", "inconnu"),
    };
    let at = row.decided_at.map(number::time_of_day);
    [
        title,
        outcome.to_owned(),
        at.unwrap_or_else(|| "-".to_owned()),
    ]
    .map(Cell::Text)
    .into()
}
