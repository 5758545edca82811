//! The tables of a report: criteria, the plan's grid of times, measures, outages.

use super::document::{Cell, Section};
use super::number::{self, Unit};
use super::{Language, words};
use crate::recovery::judgement::{CriterionResult, Interval, Judgement, Measured, Outage, Zero};
use crate::recovery::scenario::Measure;

/// One row per criterion, in the plan's order and words.
pub(super) fn criteria(judgement: &Judgement, language: Language) -> Section {
    let row = |criterion: &CriterionResult| {
        let unit = unit(criterion.measure);
        let value = match &criterion.measured {
            // It stands above the table, once.
            Measured::Unknown { because } if judgement.remarks.contains(because) => language
                .pick("unknown, see above", "inconnu, voir ci-dessus")
                .to_owned(),
            other => measured(other, unit, language),
        };
        vec![
            Cell::text(language.pick(&criterion.title.en, &criterion.title.fr)),
            Cell::text(&value),
            Cell::text(&limit(criterion, unit, language)),
            Cell::Verdict(criterion.verdict),
        ]
    };
    Section {
        heading: language.pick("Criteria", "Critères de succès"),
        columns: vec![
            language.pick("Criterion", "Critère"),
            language.pick("Measured", "Mesuré"),
            language.pick("Limit", "Limite"),
            "Verdict",
        ],
        rows: judgement.criteria.iter().map(row).collect(),
        note: None,
    }
}

fn unit(measure: Measure) -> Unit {
    match measure {
        Measure::RecoveryTime
        | Measure::RecoveryPointSeconds
        | Measure::CatchUp
        | Measure::OutageSeconds
        | Measure::Detection
        | Measure::Time => Unit::Time,
        Measure::RecoveryPointRecords
        | Measure::LostRecords
        | Measure::DuplicateRecords
        | Measure::Samples => Unit::Count,
    }
}

fn limit(criterion: &CriterionResult, unit: Unit, language: Language) -> String {
    let ours = if criterion.limit_is_ours {
        language.pick(" (our limit)", " (notre limite)")
    } else {
        ""
    };
    format!("< {}{ours}", number::exact(criterion.limit, unit, language))
}

/// What came out, and the limit.
pub(super) fn against_limit(criterion: &CriterionResult, language: Language) -> String {
    let unit = unit(criterion.measure);
    let value = measured(&criterion.measured, unit, language);
    format!("{value} ({})", limit(criterion, unit, language))
}

fn measured(measured: &Measured, unit: Unit, language: Language) -> String {
    match measured {
        Measured::Within { interval, .. } => number::interval(*interval, unit, language),
        Measured::NoneLongerThan { length } => format!(
            "{} {}",
            language.pick("no outage longer than", "aucune interruption de plus de"),
            number::at_most(*length, language)
        ),
        Measured::Unknown { because } => {
            format!(
                "{}{}",
                language.pick("unknown. ", "inconnu. "),
                words::sentence(because, language)
            )
        }
    }
}

/// The plan's grid: an event, when it happened, how long after the zero. What was not measured says so.
pub(super) fn time_grid(judgement: &Judgement, language: Language) -> Section {
    let never = || language.pick("never issued", "jamais déclenché").to_owned();
    let stopped = judgement
        .zero
        .map_or_else(never, |zero| number::time_of_day(zero.issued));
    let event = language.pick("Worker stop initiated", "Arrêt worker initié");
    let first = [event, &stopped, "-"].map(Cell::text).into();
    let rest = GRID.iter().map(|(name, english, french)| {
        let (at, after) = timed(judgement, name, language);
        let event = language.pick(*english, *french);
        [event, &at, &after].map(Cell::text).into()
    });
    Section {
        heading: language.pick("Times (UTC)", "Grille de temps (UTC)"),
        columns: vec![
            language.pick("Event", "Événement"),
            "Timestamp",
            language.pick("After the zero", "Durée"),
        ],
        rows: std::iter::once(first).chain(rest).collect(),
        note: None,
    }
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
fn timed(judgement: &Judgement, name: &str, language: Language) -> (String, String) {
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

/// What was measured besides the criteria.
pub(super) fn measures(judgement: &Judgement, language: Language) -> Option<Section> {
    let rows = judgement.measures.iter().map(|(name, value)| {
        let (words, unit) = words::measure(name, language);
        let value = measured(value, unit, language);
        vec![Cell::text(&words), Cell::text(&value)]
    });
    let section = Section {
        heading: language.pick("Measures", "Mesures"),
        columns: vec![
            language.pick("Measure", "Mesure"),
            language.pick("Value", "Valeur"),
        ],
        rows: rows.collect(),
        note: None,
    };
    (!section.rows.is_empty()).then_some(section)
}

/// Every outage, with the task that owned the partition before the fault.
pub(super) fn outages(judgement: &Judgement, language: Language) -> Section {
    let open = language.pick("still open", "encore ouverte");
    let unknown = language.pick("unknown", "inconnue");
    let row = |outage: &Outage| {
        let length = outage
            .end
            .map(|end| number::at_most(end.micros_since(outage.start), language));
        let end = outage.end.map_or(open.to_owned(), number::time_of_day);
        vec![
            Cell::text(&outage.partition.to_string()),
            Cell::text(outage.task.as_deref().unwrap_or(unknown)),
            Cell::text(&number::time_of_day(outage.start)),
            Cell::text(&end),
            Cell::text(length.as_deref().unwrap_or("-")),
        ]
    };
    let none = language.pick("none seen", "aucune constatée");
    Section {
        heading: language.pick(
            "Outages of the canary's partitions (UTC)",
            "Interruptions par partition du canari (UTC)",
        ),
        columns: vec![
            "Partition",
            "Task",
            language.pick("From", "Début"),
            language.pick("To", "Fin"),
            language.pick("Length", "Durée"),
        ],
        rows: judgement.outages.iter().map(row).collect(),
        note: judgement.outages.is_empty().then_some(none),
    }
}
