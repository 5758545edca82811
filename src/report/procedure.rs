//! The plan's procedure with its real times.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::{Language, number, words};
use crate::model::time::Timestamp;
use crate::recovery::judgement::{Judgement, Measured, StageResult};
use crate::recovery::scenario::Moment;

/// A stage that took no longer has one time, in microseconds.
const INSTANT: i64 = 1_000_000;

/// One row for each stage; `None` where the scenario has no procedure.
pub(super) fn procedure(judgement: &Judgement, language: Language) -> Option<Section> {
    let mut notes = Footnotes::default();
    let rows = judgement.procedure.iter().zip(1_u32..);
    let rows: Vec<_> = rows
        .map(|(stage, number)| {
            let title = notes.marked(&stage.title, stage.note.as_ref(), language);
            let time = time(stage, judgement, &mut notes, language);
            vec![
                Cell::text(&number.to_string()),
                Cell::Text(title),
                Cell::Text(time),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Section {
        heading: language
            .pick("Procedure (UTC)", "Procédure (UTC)")
            .to_owned(),
        columns: ["Étape", "Action", "Timestamp"]
            .map(|name| language.pick(if name == "Étape" { "Step" } else { name }, name))
            .map(str::to_owned)
            .into(),
        rows,
        notes: notes.notes(),
    })
}

fn time(
    stage: &StageResult,
    judgement: &Judgement,
    notes: &mut Footnotes,
    language: Language,
) -> String {
    match (&stage.moment, stage.at) {
        (Some(Moment::Time(_)), Some((from, to))) => around(from, to),
        (_, Some((from, to))) => from_until(from, to),
        (Some(Moment::Beforehand), None) => language
            .pick("not by the drill", "hors exercice")
            .to_owned(),
        (Some(Moment::Time(id)), None) => unseen(id, judgement, notes, language),
        (Some(_), None) => language
            .pick("did not take place", "n'a pas eu lieu")
            .to_owned(),
        (None, None) => "—".to_owned(),
    }
}

/// When a stage began, and when it ended if that was later.
fn from_until(from: Timestamp, to: Timestamp) -> String {
    let begin = number::time_of_day(from);
    if to.micros_since(from) > INSTANT {
        format!("{begin} … {}", number::time_of_day(to))
    } else {
        begin
    }
}

/// Between when and when something happened.
fn around(from: Timestamp, to: Timestamp) -> String {
    let width = to.micros_since(from);
    if width > INSTANT {
        return from_until(from, to);
    }
    format!("≈ {}", number::time_of_day(from.plus_micros(width / 2)))
}

/// Why a time that was waited for has no instant.
fn unseen(id: &str, judgement: &Judgement, notes: &mut Footnotes, language: Language) -> String {
    let row = judgement.times.iter().find(|row| row.id == id);
    match row.map(|row| &row.measured) {
        Some(Measured::Within { interval, .. }) if interval.upper.is_none() => language
            .pick("not seen until the end", "non constaté jusqu'à la fin")
            .to_owned(),
        Some(Measured::Unknown { because }) => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        _ => "—".to_owned(),
    }
}
