//! The plan's grid of times.

use super::document::{Cell, Section};
use super::footnotes::Footnotes;
use super::measured::measured;
use super::number::{self, Unit};
use super::{Language, words};
use crate::recovery::judgement::{Interval, Judgement, Measured, TimedResult, Zero};
use crate::recovery::scenario::{Event, Measure};

/// The grid of the scenario; where it has none, that of the worker's loss from the measures.
pub(super) fn times(judgement: &Judgement, language: Language) -> Section {
    if judgement.times.is_empty() {
        return of_measures(judgement, language);
    }
    let mut notes = Footnotes::default();
    let mut rows = vec![begin(Event::Fault, judgement, language)];
    let mut is_restored = false;
    for row in &judgement.times {
        if row.after == Event::Restore && !is_restored {
            rows.push(begin(Event::Restore, judgement, language));
            is_restored = true;
        }
        rows.push(timed(row, judgement, &mut notes, language));
    }
    section(rows, notes.notes(), language)
}

fn section(rows: Vec<Vec<Cell>>, notes: Vec<String>, language: Language) -> Section {
    let columns = language.pick(
        ["Event", "Timestamp", "After the zero"],
        ["Événement", "Timestamp", "Durée"],
    );
    Section {
        heading: language
            .pick("Times (UTC)", "Grille de temps (UTC)")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes,
    }
}

/// The zero of an event.
fn begin(event: Event, judgement: &Judgement, language: Language) -> Vec<Cell> {
    let name = match event {
        Event::Fault if judgement.deed.is_none() => {
            language.pick("Worker stop initiated", "Arrêt worker initié")
        }
        Event::Fault => language.pick("Fault initiated", "Panne initiée"),
        Event::Restore => language.pick("Restoration initiated", "Restauration initiée"),
    };
    let never = match event {
        Event::Fault => language.pick("never issued", "jamais déclenché"),
        Event::Restore => language.pick("did not take place", "n'a pas eu lieu"),
    };
    let at = zero(event, judgement)
        .map_or_else(|| never.to_owned(), |zero| number::time_of_day(zero.issued));
    [name, &at, "-"].map(Cell::text).into()
}

fn zero(event: Event, judgement: &Judgement) -> Option<Zero> {
    match event {
        Event::Fault => judgement.zero,
        Event::Restore => judgement.restored,
    }
}

fn timed(
    row: &TimedResult,
    judgement: &Judgement,
    notes: &mut Footnotes,
    language: Language,
) -> Vec<Cell> {
    let title = notes.marked(&row.title, row.note.as_ref(), language);
    let at = happened(row, judgement, notes, language);
    let length = duration(row, notes, language);
    [title, at, length].map(Cell::Text).into()
}

/// When it happened, or why that is not known.
fn happened(
    row: &TimedResult,
    judgement: &Judgement,
    notes: &mut Footnotes,
    language: Language,
) -> String {
    match &row.measured {
        Measured::Unknown { because } => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        _ if !is_distance(row.measure) => "-".to_owned(),
        Measured::Within { interval, .. } if interval.upper.is_none() => {
            language.pick("not seen", "non constaté").to_owned()
        }
        known => zero(row.after, judgement)
            .and_then(|zero| moment(known, zero))
            .unwrap_or_else(|| "-".to_owned()),
    }
}

/// Whether a row tells how long after the zero something happened, and not how long something took.
fn is_distance(measure: Option<Measure>) -> bool {
    matches!(
        measure,
        None | Some(Measure::RecoveryTime | Measure::Detection | Measure::Alerted)
    )
}

/// How long it took, in words; the reason why it is not known stands in a note.
pub(super) fn duration(row: &TimedResult, notes: &mut Footnotes, language: Language) -> String {
    match &row.measured {
        Measured::Unknown { because } => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        Measured::Within { interval, .. } if interval.upper.is_none() => format!(
            "{}{}",
            number::interval(*interval, Unit::Time, language),
            language.pick(", not seen until the end", ", non constaté jusqu'à la fin")
        ),
        other => measured(other, Unit::Time, language),
    }
}

/// Middle of the span in which something `measured` after the zero happened; `None` when it has no end.
fn moment(measured: &Measured, zero: Zero) -> Option<String> {
    let Measured::Within {
        interval: Interval { lower, upper },
        ..
    } = measured
    else {
        return None;
    };
    // The interval holds distances from anywhere in the zero: its ends are the zero's far ends.
    let latest = zero.issued.plus_micros((*upper)?);
    let earliest = if *lower == 0 {
        zero.issued
    } else {
        zero.done.plus_micros(*lower)
    };
    let width = latest.micros_since(earliest);
    Some(format!(
        "≈ {}",
        number::time_of_day(earliest.plus_micros(width / 2))
    ))
}

/// The grid of a judgement whose scenario has none.
fn of_measures(judgement: &Judgement, language: Language) -> Section {
    let never = || language.pick("never issued", "jamais déclenché").to_owned();
    let stopped = judgement
        .zero
        .map_or_else(never, |zero| number::time_of_day(zero.issued));
    let event = language.pick("Worker stop initiated", "Arrêt worker initié");
    let first = [event, &stopped, "-"].map(Cell::text).into();
    let rest = GRID.iter().map(|(name, english, french)| {
        let (at, after) = of_measure(judgement, name, language);
        let event = language.pick(*english, *french);
        [event, &at, &after].map(Cell::text).into()
    });
    let rows = std::iter::once(first).chain(rest).collect();
    section(rows, Vec::new(), language)
}

/// Measures of the plan's grid, in its words.
const GRID: &[(&str, &str, &str)] = &[
    (
        "rebalance_triggered",
        "Rebalance triggered",
        "Rebalancing déclenché",
    ),
    (
        "tasks_redistributed",
        "Tasks redistributed",
        "Tasks redistribuées",
    ),
    (
        "recovery_time",
        "Replication resumed",
        "Réplication reprise",
    ),
];

/// When something happened, and how long after the zero.
fn of_measure(judgement: &Judgement, name: &str, language: Language) -> (String, String) {
    let nothing = || "-".to_owned();
    let Some(zero) = judgement.zero else {
        return (nothing(), nothing());
    };
    let Some(value) = judgement.measures.get(name) else {
        let unknown = language.pick(
            "unknown: this version does not time it",
            "inconnu : cette version ne le mesure pas",
        );
        return (nothing(), unknown.to_owned());
    };
    (
        moment(value, zero).unwrap_or_else(nothing),
        measured(value, Unit::Time, language),
    )
}
