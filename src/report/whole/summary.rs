//! The plan's objectives, checklist, synthesis of recovery times and result of the section.

use super::{Line, Run, Synthesis, plan};
use crate::model::text::visible;
use crate::recovery::judgement::{CriterionResult, Judgement, Measured, Verdict};
use crate::recovery::scenario::{Event, Measure};
use crate::report::chart::{self, comparison};
use crate::report::criteria::{tick, ticked};
use crate::report::document::{Cell, Part, Section};
use crate::report::footnotes::{Footnotes, said};
use crate::report::measured::{measured, unit};
use crate::report::number::{self, Unit};
use crate::report::{Language, words};

/// The plan's objectives, with what was measured.
pub(super) fn objectives(synthesis: &Synthesis, language: Language) -> Section {
    let mut notes = Footnotes::default();
    let rows = synthesis.objectives.iter().zip(plan::PROMISES);
    let rows = rows.map(|(line, promises)| {
        let [described, promised] = promises.map(|(en, fr)| language.pick(en, fr));
        let cells = [
            said(&line.title, language).to_owned(),
            described.to_owned(),
            promised.to_owned(),
            value(line, &mut notes, language),
        ];
        let cells = cells.into_iter().map(Cell::Text);
        cells.chain([status(line, language)]).collect()
    });
    let rows = rows.collect();
    let columns = language.pick(
        ["Objective", "Description", "SLA", "Measured", "Status"],
        ["Objectif", "Description", "SLA", "Mesuré", "Statut"],
    );
    let rests = synthesis.objectives.iter();
    let rests = rests.filter_map(|line| rests_on(line, language));
    section(
        language.pick("Objectives", "Objectifs"),
        &columns,
        rows,
        notes.notes().into_iter().chain(rests).collect(),
    )
}

/// The runs that a line rests on, and the one in which it was worst.
fn rests_on(line: &Line, language: Language) -> Option<String> {
    let worst = line.worst.as_deref().filter(|_| line.runs.len() > 1);
    let worst = worst.map_or_else(String::new, |worst| {
        let name = language.pick("worst", "pire");
        let colon = language.pick(":", " :");
        format!(" ({name}{colon} {})", visible(worst))
    });
    let runs: Vec<_> = line.runs.iter().map(|run| visible(run)).collect();
    (!runs.is_empty()).then(|| {
        let title = said(&line.title, language);
        format!("{title} — {}{worst}.", runs.join(", "))
    })
}

/// Checklist, recovery times, result, and every run's recovery time.
pub(super) fn sections(synthesis: &Synthesis, runs: &[Run], language: Language) -> Vec<Section> {
    let all = [
        checklist(synthesis, language),
        recovery(synthesis, language),
        global(synthesis, language),
        compared(runs, language),
    ];
    all.into()
}

fn section(heading: &str, columns: &[&str], rows: Vec<Vec<Cell>>, notes: Vec<String>) -> Section {
    Section {
        heading: heading.to_owned(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows,
        notes,
    }
}

/// The worst verdict, or that there is none.
fn status(line: &Line, language: Language) -> Cell {
    line.verdict.map_or_else(
        || Cell::text(language.pick("not run", "non exécuté")),
        Cell::Verdict,
    )
}

fn unit_of(line: &Line) -> Unit {
    match line.limit {
        Some(1) => Unit::Count,
        _ => Unit::Time,
    }
}

/// What was measured where it was worst; without a common measure, how many criteria are held.
fn value(line: &Line, notes: &mut Footnotes, language: Language) -> String {
    match &line.measured {
        None if line.held.1 == 0 => "—".to_owned(),
        None => {
            let (held, all) = line.held;
            format!("{held} {} {all}", language.pick("of", "sur"))
        }
        Some(Measured::Unknown { because }) => {
            format!("— {}", notes.mark(&words::sentence(because, language)))
        }
        Some(known) => measured(known, unit_of(line), language),
    }
}

fn checklist(synthesis: &Synthesis, language: Language) -> Section {
    let rows = synthesis.tests.iter().map(|line| {
        let box_ = tick(line.verdict == Some(Verdict::Pass));
        let name = format!("{box_} Test {} - {}", line.id, said(&line.title, language));
        let (held, all) = line.held;
        let runs = if all == 0 {
            "-".to_owned()
        } else {
            format!("{held} {} {all}", language.pick("of", "sur"))
        };
        vec![Cell::Text(name), Cell::Text(runs), status(line, language)]
    });
    let columns = language.pick(
        ["Test", "Runs that PASS", "Verdict"],
        ["Test", "Exercices PASS", "Verdict"],
    );
    section(
        language.pick("Validation of the tests", "Validation des Tests"),
        &columns,
        rows.collect(),
        Vec::new(),
    )
}

fn recovery(synthesis: &Synthesis, language: Language) -> Section {
    let mut notes = Footnotes::default();
    let rows = synthesis.recovery.iter().map(|line| {
        let target = line.limit.map_or_else(String::new, |limit| {
            format!("< {}", number::exact(limit, Unit::Time, language))
        });
        let box_ = tick(line.verdict == Some(Verdict::Pass));
        let cells = [
            said(&line.title, language).to_owned(),
            value(line, &mut notes, language),
            target,
            format!("{box_} OK"),
        ];
        let cells = cells.into_iter().map(Cell::Text);
        cells.chain([status(line, language)]).collect()
    });
    let rows = rows.collect();
    let columns = language.pick(
        [
            "Scenario",
            "RTO measured",
            "RTO target",
            "Status",
            "Verdict",
        ],
        ["Scénario", "RTO Mesuré", "RTO Cible", "Statut", "Verdict"],
    );
    let rests = synthesis.recovery.iter();
    let rests = rests.filter_map(|line| rests_on(line, language));
    section(
        language.pick("Recovery times", "Synthèse des Temps de Récupération"),
        &columns,
        rows,
        notes.notes().into_iter().chain(rests).collect(),
    )
}

fn global(synthesis: &Synthesis, language: Language) -> Section {
    let rows = synthesis.global.iter().map(|line| {
        let pass = tick(line.verdict == Some(Verdict::Pass));
        let fail = tick(line.verdict == Some(Verdict::Fail));
        let (held, all) = line.held;
        let held = match all {
            0 => "-".to_owned(),
            _ => format!("{held} {} {all}", language.pick("of", "sur")),
        };
        vec![
            Cell::text(said(&line.title, language)),
            Cell::Text(format!("{pass} PASS {fail} FAIL")),
            status(line, language),
            Cell::Text(held),
        ]
    });
    let columns = language.pick(
        ["Criterion", "Status", "Verdict", "Criteria held"],
        ["Critère", "Statut", "Verdict", "Critères tenus"],
    );
    let rests = synthesis.global.iter();
    let rests = rests.filter_map(|line| rests_on(line, language));
    section(
        language.pick("Result of section 5", "Résultat Global Section 5"),
        &columns,
        rows.collect(),
        rests.collect(),
    )
}

/// The criterion that a run's recovery is compared by: its recovery time, else its restart, else the first that is a time.
fn compared_by(judgement: &Judgement) -> Option<&CriterionResult> {
    let by = |is: &dyn Fn(&CriterionResult) -> bool| judgement.criteria.iter().find(|c| is(c));
    by(&|c| c.measure == Measure::RecoveryTime)
        .or_else(|| by(&|c| c.id == "restart"))
        .or_else(|| by(&|c| c.measure == Measure::OutageSeconds))
}

/// The recovery times of all runs.
fn compared(runs: &[Run], language: Language) -> Section {
    let mut notes = Footnotes::default();
    let rows = runs.iter().map(|run| {
        let judgement = &run.judgement;
        let name = [visible(&run.name), visible(&judgement.test)].map(Cell::Text);
        let Some(by) = compared_by(judgement) else {
            let none = [
                Cell::text("—"),
                Cell::text("-"),
                Cell::Verdict(judgement.verdict),
            ];
            return name.into_iter().chain(none).collect();
        };
        let value = match &by.measured {
            Measured::Unknown { because } => {
                format!("— {}", notes.mark(&words::sentence(because, language)))
            }
            known => measured(known, unit(by.measure), language),
        };
        let mark = match by.after {
            Event::Fault => String::new(),
            Event::Restore => {
                let mark = notes.mark(
                    language.pick("From the restoration on.", "À partir de la restauration."),
                );
                format!(" {mark}")
            }
        };
        let limit = number::exact(by.limit, unit(by.measure), language);
        let cells = [
            Cell::Text(value + &mark),
            Cell::Text(format!("{} < {limit}", ticked(by.verdict))),
            Cell::Verdict(judgement.verdict),
        ];
        name.into_iter().chain(cells).collect()
    });
    let rows = rows.collect();
    let columns = language.pick(
        [
            "Run",
            "Test",
            "Recovery time",
            "Limit",
            "Verdict of the run",
        ],
        [
            "Exercice",
            "Test",
            "Temps de reprise",
            "Limite",
            "Verdict de l'exercice",
        ],
    );
    section(
        language.pick("Runs compared", "Comparaison des exercices"),
        &columns,
        rows,
        notes.notes(),
    )
}

/// The same drawn.
pub(super) fn picture(runs: &[Run], language: Language) -> Part {
    let drawn: Vec<_> = runs
        .iter()
        .map(|run| {
            let by = compared_by(&run.judgement);
            let measured = by.map(|by| &by.measured);
            chart::Run {
                label: &run.name,
                recovery: match measured {
                    Some(Measured::Within { interval, .. }) => Some(*interval),
                    _ => None,
                },
                at_most: match measured {
                    Some(Measured::NoneLongerThan { length }) => Some(*length),
                    _ => None,
                },
                after: by.map_or(Event::Fault, |by| by.after),
                limit: by.map(|by| by.limit),
                verdict: by.map_or(run.judgement.verdict, |by| by.verdict),
            }
        })
        .collect();
    Part::Picture {
        heading: language.pick(
            "Recovery times, each from its own zero",
            "Temps de reprise, chacun depuis son propre zéro",
        ),
        svg: comparison(&drawn, language),
    }
}
