//! The plan's table of the architecture: what the inventory says, and what was there before the fault.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::model::text::visible;
use crate::recovery::timeline::{Lasting, TaskView, Timeline};
use crate::report::Language;
use crate::report::document::{Cell, Section};

/// Connectors and workers as the first run tells them of which that is known.
pub(super) fn sections(runs: &[Run], language: Language) -> Vec<Section> {
    let known = runs
        .iter()
        .find_map(|run| Some((run, run.deployed.as_ref()?)));
    let Some((run, deployed)) = known else {
        let why = language.pick(
            "Not known: no inventory is among what was given.",
            "Non connus : aucun inventaire parmi ce qui a été fourni.",
        );
        return vec![connectors(Vec::new(), why.to_owned(), language)];
    };
    let seen = run.timeline.as_ref().filter(|t| t.tasks_left_out == 0);
    let running = seen.map(running);
    let not_observed = language.pick("not observed", "non constaté");
    let rows = deployed.tasks.iter().map(|(name, tasks)| {
        let observed = running.as_ref().map_or_else(
            || not_observed.to_owned(),
            |running| format!("{} RUNNING", running.get(name).map_or(0, BTreeSet::len)),
        );
        [visible(name), tasks.to_string(), observed]
            .map(Cell::Text)
            .into()
    });
    let note = language.pick(
        "Expected by the inventory; observed just before the fault of",
        "Attendu d'après l'inventaire ; constaté juste avant la panne de",
    );
    let note = format!("{note} {}.", visible(&run.name));
    let connectors = connectors(rows.collect(), note, language);
    let workers = seen.map(|timeline| workers(timeline, language));
    std::iter::once(connectors).chain(workers).collect()
}

fn connectors(rows: Vec<Vec<Cell>>, note: String, language: Language) -> Section {
    let columns = language.pick(
        ["Connector", "Tasks expected", "Tasks observed"],
        ["Connecteur", "Tasks attendues", "Tasks constatées"],
    );
    Section {
        heading: language
            .pick("Connectors deployed", "Connecteurs déployés")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows,
        notes: vec![note],
    }
}

/// Where each task was just before the fault.
fn workers(timeline: &Timeline, language: Language) -> Section {
    let at = timeline.zero.issued;
    let rows = timeline.workers.iter().map(|worker| {
        let tasks = timeline.tasks.iter().filter(|task| {
            let view = at_that_time(&task.spans, at);
            view.is_some_and(|view| view.worker.as_ref() == Some(&worker.worker))
        });
        let tasks: Vec<_> = tasks
            .map(|task| format!("{}-{}", visible(&task.connector), task.task))
            .collect();
        let zone = worker.zone.as_deref().unwrap_or("-");
        let none = language.pick("none", "aucune").to_owned();
        let hosted = if tasks.is_empty() {
            none
        } else {
            tasks.join(", ")
        };
        [visible(&worker.worker), visible(zone), hosted]
            .map(Cell::Text)
            .into()
    });
    let columns = language.pick(
        ["Worker", "Zone", "Tasks"],
        ["Worker", "AZ", "Tasks hébergées"],
    );
    Section {
        heading: language
            .pick("Configuration observed", "Configuration constatée")
            .to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// The tasks of each connector that ran just before the fault.
fn running(timeline: &Timeline) -> BTreeMap<String, BTreeSet<u32>> {
    let mut running: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in &timeline.tasks {
        let view = at_that_time(&row.spans, timeline.zero.issued);
        if view.is_some_and(|view| view.state == "running") {
            let tasks = running.entry(row.connector.clone()).or_default();
            tasks.insert(row.task);
        }
    }
    running
}

fn at_that_time(
    spans: &[Lasting<TaskView>],
    at: crate::model::time::Timestamp,
) -> Option<&TaskView> {
    let span = spans.iter().find(|span| span.from <= at && at <= span.to);
    span.map(|span| &span.what)
}
