//! The tables of the terminal report: criteria, the plan's grid of times, measures, outages.

use std::io::{self, Write};

use super::number::{self, Unit};
use super::text::heading;
use super::{Language, Style, tables, words};
use crate::recovery::judgement::{CriterionResult, Interval, Judgement, Measured, Zero};
use crate::recovery::scenario::Measure;

/// One row per criterion, in the plan's order and words.
pub(super) fn criteria(
    out: &mut impl Write,
    judgement: &Judgement,
    style: Style,
) -> io::Result<()> {
    let language = style.language;
    heading(out, language.pick("Criteria", "Critères de succès"))?;
    let columns = [
        language.pick("Criterion", "Critère"),
        language.pick("Measured", "Mesuré"),
        language.pick("Limit", "Limite"),
        "Verdict",
    ];
    let mut table = tables::table(style, &columns);
    for criterion in &judgement.criteria {
        let unit = unit(criterion.measure);
        let value = match &criterion.measured {
            // It stands above the table, once.
            Measured::Unknown { because } if judgement.remarks.contains(because) => language
                .pick("unknown, see above", "inconnu, voir ci-dessus")
                .to_owned(),
            other => measured(other, unit, language),
        };
        table.add_row(vec![
            tables::cell(language.pick(&criterion.title.en, &criterion.title.fr)),
            tables::cell(&value),
            tables::cell(&limit(criterion, unit, language)),
            tables::verdict_cell(criterion.verdict),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

fn unit(measure: Measure) -> Unit {
    match measure {
        Measure::RecoveryTime | Measure::RecoveryPointSeconds => Unit::Time,
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
pub(super) fn time_grid(
    out: &mut impl Write,
    judgement: &Judgement,
    style: Style,
) -> io::Result<()> {
    let language = style.language;
    heading(out, language.pick("Times (UTC)", "Grille de temps (UTC)"))?;
    let columns = [
        language.pick("Event", "Événement"),
        "Timestamp",
        language.pick("After the zero", "Durée"),
    ];
    let mut table = tables::table(style, &columns);
    let never = language.pick("never issued", "jamais déclenché");
    let stopped = judgement
        .zero
        .map_or(never.to_owned(), |zero| number::time_of_day(zero.issued));
    let event = language.pick("Worker stop initiated", "Arrêt worker initié");
    table.add_row([event, &stopped, "-"].map(tables::cell));
    for (name, english, french) in GRID {
        let (at, after) = timed(judgement, name, language);
        let event = language.pick(*english, *french);
        table.add_row([event, &at, &after].map(tables::cell));
    }
    writeln!(out, "{}", table.trim_fmt())
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
pub(super) fn measures(
    out: &mut impl Write,
    judgement: &Judgement,
    style: Style,
) -> io::Result<()> {
    if judgement.measures.is_empty() {
        return Ok(());
    }
    let language = style.language;
    heading(out, language.pick("Measures", "Mesures"))?;
    let columns = [
        language.pick("Measure", "Mesure"),
        language.pick("Value", "Valeur"),
    ];
    let mut table = tables::table(style, &columns);
    for (name, value) in &judgement.measures {
        let (words, unit) = words::measure(name, language);
        table.add_row(vec![
            tables::cell(&words),
            tables::cell(&measured(value, unit, language)),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

/// Every outage, with the task that owned the partition before the fault.
pub(super) fn outages(out: &mut impl Write, judgement: &Judgement, style: Style) -> io::Result<()> {
    let language = style.language;
    heading(
        out,
        language.pick(
            "Outages of the canary's partitions (UTC)",
            "Interruptions par partition du canari (UTC)",
        ),
    )?;
    if judgement.outages.is_empty() {
        return writeln!(out, " {}", language.pick("none seen", "aucune constatée"));
    }
    let columns = [
        "Partition",
        "Task",
        language.pick("From", "Début"),
        language.pick("To", "Fin"),
        language.pick("Length", "Durée"),
    ];
    let mut table = tables::table(style, &columns);
    for outage in &judgement.outages {
        let open = language.pick("still open", "encore ouverte");
        let unknown = language.pick("unknown", "inconnue");
        let length = outage
            .end
            .map(|end| number::at_most(end.micros_since(outage.start), language));
        table.add_row(vec![
            tables::cell(&outage.partition.to_string()),
            tables::cell(outage.task.as_deref().unwrap_or(unknown)),
            tables::cell(&number::time_of_day(outage.start)),
            tables::cell(&outage.end.map_or(open.to_owned(), number::time_of_day)),
            tables::cell(length.as_deref().unwrap_or("-")),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())
}
