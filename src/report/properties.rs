//! The properties of the connector that the plan gives values.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::{Language, words};
use crate::model::text::visible;
use crate::recovery::judgement::{FoundProperty, Judgement, PropertyResult};

/// One row for each; `None` where the scenario asks for none.
pub(super) fn properties(judgement: &Judgement, language: Language) -> Option<Section> {
    let mut notes = Footnotes::default();
    let rows = judgement.properties.iter();
    let rows: Vec<_> = rows.map(|row| cells(row, &mut notes, language)).collect();
    let columns = language.pick(
        ["Property", "Plan", "Found"],
        ["Propriété", "Plan", "Constaté"],
    );
    (!rows.is_empty()).then(|| Section {
        heading: language
            .pick("Configuration of the connector", "Configuration requise")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes: notes.notes(),
    })
}

fn cells(row: &PropertyResult, notes: &mut Footnotes, language: Language) -> Vec<Cell> {
    let name = visible(&row.name);
    let note = row.note.as_ref().map(|note| {
        let note = language.pick(&note.en, &note.fr);
        format!(" {}", notes.mark(&visible(note)))
    });
    let found = match &row.found {
        FoundProperty::Set { value } => visible(value),
        FoundProperty::Unset => {
            let unset = language.pick("not set", "non défini");
            let default = language.pick("default", "défaut");
            format!("{unset} ({default} {})", visible(&row.default))
        }
        FoundProperty::Unknown { because } => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
    };
    let cells = [
        name + &note.unwrap_or_default(),
        visible(&row.planned),
        found,
    ];
    cells.map(Cell::Text).into()
}
