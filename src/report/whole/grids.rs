//! The grids that the plan has for a test as a whole: a row for each connector that was restarted, and for each change of configuration.

use super::Run;
use crate::model::text::visible;
use crate::recovery::judgement::{Judgement, Seen};
use crate::recovery::scenario::Phase;
use crate::report::document::{Cell, Section};
use crate::report::footnotes::{Footnotes, said};
use crate::report::{Language, criteria, observed, times};

/// The grid of a test that has one.
pub(super) fn of_test(test: &str, runs: &[&Run], language: Language) -> Option<Section> {
    match test {
        "5.3" => Some(restarts(runs, language)),
        "5.7" => Some(changes(runs, language)),
        _ => None,
    }
}

fn restarts(runs: &[&Run], language: Language) -> Section {
    let mut notes = Footnotes::default();
    let rows = runs.iter().map(|run| {
        let judgement = &run.judgement;
        let deed = judgement.deed.as_ref();
        let connector = deed.and_then(|deed| deed.connector.as_ref());
        let flow = run.deployed.as_ref().map(|deployed| &deployed.flow);
        let carries = connector.is_none() || flow.is_none() || connector == flow;
        let lag = if carries {
            during(judgement, "lag", &mut notes, language)
        } else {
            "N/A".to_owned()
        };
        let cells = [
            connector.map_or_else(|| "—".to_owned(), |name| visible(name)),
            visible(said(&judgement.title, language)),
            time(judgement, "restarted", &mut notes, language),
            lag,
            during(judgement, "errors", &mut notes, language),
        ];
        cells.map(Cell::Text).into()
    });
    let rows = rows.collect();
    let columns = language.pick(
        ["Connector", "Action", "Restart", "Lag induced", "Errors"],
        [
            "Connecteur",
            "Action",
            "Temps Restart",
            "Lag Induit",
            "Erreurs",
        ],
    );
    section(
        language.pick("Grid of results", "Grille de résultats"),
        columns.as_slice(),
        rows,
        notes,
    )
}

fn changes(runs: &[&Run], language: Language) -> Section {
    let mut notes = Footnotes::default();
    let rows = runs.iter().map(|run| {
        let judgement = &run.judgement;
        let cells = [
            changed(judgement, language),
            time(judgement, "applied", &mut notes, language),
            rebalanced(judgement, &mut notes, language),
            time(judgement, "interruption", &mut notes, language),
        ];
        cells.map(Cell::Text).into()
    });
    let rows = rows.collect();
    let columns = language.pick(
        [
            "Change",
            "Applied after",
            "Rebalancing",
            "Impact on replication",
        ],
        [
            "Modification",
            "Temps Apply",
            "Rebalancing",
            "Impact Réplication",
        ],
    );
    section(
        language.pick("Changes tested", "Configurations testées"),
        columns.as_slice(),
        rows,
        notes,
    )
}

/// What a run changed: what its title says after what all of them say.
fn changed(judgement: &Judgement, language: Language) -> String {
    let title = said(&judgement.title, language);
    visible(title.rsplit(": ").next().unwrap_or(title))
}

fn section(heading: &str, columns: &[&str], rows: Vec<Vec<Cell>>, notes: Footnotes) -> Section {
    Section {
        heading: heading.to_owned(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows,
        notes: notes.notes(),
    }
}

/// A row of the run's grid of times.
fn time(judgement: &Judgement, id: &str, notes: &mut Footnotes, language: Language) -> String {
    let row = judgement.times.iter().find(|row| row.id == id);
    match row {
        Some(row) => times::duration(row, notes, language),
        None => missing(id, notes, language),
    }
}

/// A row of the run's metrics while the fault lasted.
fn during(judgement: &Judgement, id: &str, notes: &mut Footnotes, language: Language) -> String {
    let row = judgement.observations.iter().find(|row| row.id == id);
    match row {
        Some(row) => observed::in_phase(row, Phase::During, notes, language),
        None => missing(id, notes, language),
    }
}

fn missing(id: &str, notes: &mut Footnotes, language: Language) -> String {
    let why = language.pick("The scenario has no row", "Le scénario n'a pas de ligne");
    format!("— {}", notes.mark(&format!("{why} `{}`.", visible(id))))
}

/// Whether the group's generation grew: the plan's two boxes.
fn rebalanced(judgement: &Judgement, notes: &mut Footnotes, language: Language) -> String {
    let boxes = |yes, no| {
        let (yes, no) = (criteria::tick(yes), criteria::tick(no));
        language.pick(format!("{yes} yes {no} no"), format!("{yes} Oui {no} Non"))
    };
    let mut rows = judgement.observations.iter();
    let row = rows.find(|row| row.id == "rebalances");
    match row.and_then(|row| row.seen.get(&Phase::During)) {
        Some(Seen::Between { least, .. }) if *least >= 1.0 => boxes(true, false),
        Some(Seen::Between { most, .. }) if *most <= 0.0 => boxes(false, true),
        _ => {
            let why = during(judgement, "rebalances", notes, language);
            format!("{} {why}", boxes(false, false))
        }
    }
}
