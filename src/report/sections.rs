//! The tables of what was measured besides the plan's grids: measures, outages.

use std::collections::BTreeMap;

use super::document::{Cell, Section};
use super::measured::measured;
use super::{Language, number, words};
use crate::recovery::judgement::{Judgement, Measured, Outage};

/// What was measured besides the criteria.
pub(super) fn measures(judgement: &Judgement, language: Language) -> Option<Section> {
    let heading = language.pick("Measures", "Mesures");
    listed(heading, &judgement.measures, language)
}

/// The same from the restoration on.
pub(super) fn after_restore(judgement: &Judgement, language: Language) -> Option<Section> {
    let heading = language.pick(
        "Measures from the restoration on",
        "Mesures à partir de la restauration",
    );
    listed(heading, &judgement.after_restore, language)
}

fn listed(
    heading: &str,
    measures: &BTreeMap<String, Measured>,
    language: Language,
) -> Option<Section> {
    let rows = measures.iter().map(|(name, value)| {
        let (words, unit) = words::measure(name, language);
        let value = measured(value, unit, language);
        vec![Cell::text(&words), Cell::text(&value)]
    });
    let columns = language.pick(["Measure", "Value"], ["Mesure", "Valeur"]);
    let section = Section {
        heading: heading.to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: rows.collect(),
        notes: Vec::new(),
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
        heading: language
            .pick(
                "Outages of the canary's partitions (UTC)",
                "Interruptions par partition du canari (UTC)",
            )
            .to_owned(),
        columns: language
            .pick(
                ["Partition", "Task", "From", "To", "Length"],
                ["Partition", "Task", "Début", "Fin", "Durée"],
            )
            .map(str::to_owned)
            .into(),
        rows: judgement.outages.iter().map(row).collect(),
        notes: judgement
            .outages
            .is_empty()
            .then(|| none.to_owned())
            .into_iter()
            .collect(),
    }
}
