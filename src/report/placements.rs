//! Where each task was before, during and after.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::observed::PHASES;
use super::{Language, words};
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, Placed, PlacementResult};

/// One row for each task; `None` where nobody looked.
pub(super) fn placements(judgement: &Judgement, language: Language) -> Option<Section> {
    let mut notes = Footnotes::default();
    let rows = judgement.placements.iter();
    let rows: Vec<_> = rows.map(|row| cells(row, &mut notes, language)).collect();
    let columns = language.pick(
        ["Task", "Before", "During", "After"],
        ["Task", "Avant", "Pendant", "Après"],
    );
    let note = language.pick(
        "The worker that the task's status names at the last scrape of the phase, and what the task does there unless it runs.",
        "Le worker que nomme l'état de la task au dernier scrape de la phase, et ce qu'elle y fait si elle ne tourne pas.",
    );
    (!rows.is_empty()).then(|| Section {
        heading: language
            .pick("Tasks and their workers", "Distribution des tasks")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes: std::iter::once(note.to_owned())
            .chain(notes.notes())
            .collect(),
    })
}

fn cells(row: &PlacementResult, notes: &mut Footnotes, language: Language) -> Vec<Cell> {
    let task = format!("{}-{}", visible(&row.connector), row.task);
    let on = PHASES.map(|phase| match row.on.get(&phase) {
        Some(Placed::On { worker, state }) => on(worker, state, language),
        Some(Placed::Unknown { because }) => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        None => "—".to_owned(),
    });
    std::iter::once(task).chain(on).map(Cell::Text).collect()
}

fn on(worker: &str, state: &str, language: Language) -> String {
    let worker = visible(worker);
    match state {
        "running" => worker,
        other => format!("{worker} ({})", visible(words::task_state(other, language))),
    }
}
