//! The plan's table of metrics: before, during and after.

use super::document::{Cell, Section};
use super::footnotes::{Footnotes, said};
use super::{Language, quantity, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, ObservationResult, Seen};
use crate::recovery::scenario::Phase;

pub(super) const PHASES: [Phase; 3] = [Phase::Before, Phase::During, Phase::After];

/// One row for each metric; `None` where the scenario has none.
pub(super) fn metrics(judgement: &Judgement, language: Language) -> Option<Section> {
    let mut notes = Footnotes::default();
    let rows = judgement.observations.iter();
    let rows: Vec<_> = rows.map(|row| cells(row, &mut notes, language)).collect();
    let columns = language.pick(
        ["Metric", "Before", "During", "After"],
        ["Métrique", "Avant", "Pendant", "Après"],
    );
    (!rows.is_empty()).then(|| Section {
        heading: language.pick("Metrics", "Métriques").to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes: notes.notes(),
    })
}

fn cells(row: &ObservationResult, notes: &mut Footnotes, language: Language) -> Vec<Cell> {
    let title = notes.marked(&row.title, row.note.as_ref(), language);
    let phases = PHASES.map(|phase| Cell::Text(in_phase(row, phase, notes, language)));
    std::iter::once(Cell::Text(title)).chain(phases).collect()
}

/// What was seen in a phase; what was not has the mark of its reason.
pub(super) fn in_phase(
    row: &ObservationResult,
    phase: Phase,
    notes: &mut Footnotes,
    language: Language,
) -> String {
    match row.seen.get(&phase) {
        Some(Seen::Between { least, most, .. }) => {
            quantity::seen((*least, *most), row.unit, row.shown, language)
        }
        Some(Seen::Unknown { because }) => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        Some(Seen::NotApplicable { because }) => {
            format!("N/A {}", notes.mark(&visible(said(because, language))))
        }
        None => "—".to_owned(),
    }
}
