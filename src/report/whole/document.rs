//! The section in the plan's order: objectives, architecture, the seven tests with their runs, the checklist.

use std::collections::BTreeSet;

use super::plan::{self, Test};
use super::{Run, Synthesis, architecture, grids, summary};
use crate::model::text::visible;
use crate::recovery::judgement::Verdict;
use crate::report::document::{self, Chapter, Document, Level, Part};
use crate::report::{Language, facts, number, words};

/// The whole; pictures are drawn for pages only.
pub(super) fn of(runs: &[Run], language: Language, drawn: bool) -> Document {
    let synthesis = Synthesis::of(runs);
    let mut parts = vec![
        chapter(language.pick("5.1 Objectives", "5.1 Objectifs de cette Section")),
        Part::Section(summary::objectives(&synthesis, language)),
        chapter("5.2 Architecture MM2 Connect-Based"),
    ];
    let architecture = architecture::sections(runs, language);
    parts.extend(architecture.into_iter().map(Part::Section));
    for (test, line) in plan::TESTS.iter().zip(&synthesis.tests) {
        let ours: Vec<_> = of_test(test, runs).collect();
        let title = language.pick(test.title.0, test.title.1);
        let title = format!("{} Test {} - {title}", test.chapter, test.number);
        parts.push(of_chapter(title, line.verdict, &ours, language));
        if !ours.is_empty() {
            let grid = grids::of_test(test.number, &ours, language);
            parts.extend(grid.map(Part::Section));
        }
        parts.extend(ours.iter().flat_map(|run| of_run(run, language, drawn)));
    }
    parts.extend(others(runs, language, drawn));
    parts.push(chapter(
        language.pick("5.11 Checklist", "5.11 Checklist de Fin de Section"),
    ));
    let summary = summary::sections(&synthesis, runs, language);
    parts.extend(summary.into_iter().map(Part::Section));
    if drawn && !runs.is_empty() {
        parts.push(summary::picture(runs, language));
    }
    Document {
        language,
        title: language
            .pick(
                "Section 5: Resilience tests of MirrorMaker 2",
                "Section 5 : Tests de Résilience MirrorMaker 2",
            )
            .to_owned(),
        subtitle: subtitle(runs, language),
        verdict: synthesis.verdict,
        meaning: meaning(synthesis.verdict, language),
        reasons: reasons(&synthesis, runs, language),
        parts,
    }
}

fn of_test<'a>(test: &Test, runs: &'a [Run]) -> impl Iterator<Item = &'a Run> {
    let number = test.number;
    runs.iter().filter(move |run| run.judgement.test == number)
}

fn chapter(title: &str) -> Part {
    Part::Chapter(Chapter {
        level: Level::Test,
        title: title.to_owned(),
        verdict: None,
        reasons: Vec::new(),
    })
}

fn of_chapter(title: String, verdict: Option<Verdict>, runs: &[&Run], language: Language) -> Part {
    let not_run = language.pick("Not run.", "Non exécuté.");
    Part::Chapter(Chapter {
        level: Level::Test,
        title,
        verdict,
        reasons: runs
            .is_empty()
            .then(|| not_run.to_owned())
            .into_iter()
            .collect(),
    })
}

/// A run of a test: what was done to whom, what came of it, its tables.
fn of_run(run: &Run, language: Language, drawn: bool) -> Vec<Part> {
    let judgement = &run.judgement;
    let kind = facts::kind(judgement, language).map(|kind| format!(" · {kind}"));
    let victim = judgement.victim.as_ref();
    let victim = victim.map(|victim| format!(" · {}", visible(&victim.worker)));
    let title = format!(
        "{} · {}{}{}",
        visible(&run.name),
        visible(&judgement.scenario),
        kind.unwrap_or_default(),
        victim.unwrap_or_default(),
    );
    let head = Part::Chapter(Chapter {
        level: Level::Run,
        title,
        verdict: Some(judgement.verdict),
        reasons: document::reasons(judgement, language),
    });
    let timeline = run.timeline.as_ref().filter(|_| drawn);
    let parts = document::parts(judgement, timeline, language);
    std::iter::once(head).chain(parts).collect()
}

/// Runs of scenarios that are in none of the plan's tests.
fn others(runs: &[Run], language: Language, drawn: bool) -> Vec<Part> {
    let planned = |run: &&Run| {
        let mut tests = plan::TESTS.iter();
        tests.any(|test| test.number == run.judgement.test)
    };
    let others: Vec<_> = runs.iter().filter(|run| !planned(run)).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let title = language.pick("Tests beside the plan", "Tests hors plan");
    let runs = others.iter().flat_map(|run| of_run(run, language, drawn));
    std::iter::once(chapter(title)).chain(runs).collect()
}

/// Site, runs, and when the first and the last of them were.
fn subtitle(runs: &[Run], language: Language) -> String {
    let sites: BTreeSet<_> = runs
        .iter()
        .map(|run| visible(&run.judgement.site))
        .collect();
    let sites: Vec<_> = sites.into_iter().collect();
    let zeros = runs.iter().filter_map(|run| run.judgement.zero);
    let zeros = zeros.map(|zero| zero.issued);
    let (first, last) = (zeros.clone().min(), zeros.max());
    let days = first.zip(last).map_or_else(String::new, |(first, last)| {
        let (first, last) = (number::minute(first), number::minute(last));
        if first == last {
            format!(" · {first}")
        } else {
            format!(" · {first} … {last}")
        }
    });
    let count = match runs.len() {
        1 => language.pick("1 run", "1 exercice").to_owned(),
        many => format!("{many} {}", language.pick("runs", "exercices")),
    };
    format!("site {} · {count}{days}", sites.join(", "))
}

fn meaning(verdict: Verdict, language: Language) -> &'static str {
    match verdict {
        Verdict::Pass => language.pick(
            "every test was run, and every criterion of every run holds",
            "chaque test a été exécuté, et chaque critère de chaque exercice est tenu",
        ),
        Verdict::Fail => language.pick(
            "a criterion of a run is missed, whatever the error bounds",
            "un critère d'un exercice est manqué, quelles que soient les bornes d'erreur",
        ),
        Verdict::Invalid => language.pick(
            "a run proves nothing about the system",
            "un exercice ne prouve rien sur le système",
        ),
        Verdict::Inconclusive => language.pick(
            "a run is undecided, or a test was not run",
            "un exercice n'est pas tranché, ou un test n'a pas été exécuté",
        ),
        Verdict::Error => words::meaning(verdict, language),
    }
}

fn reasons(synthesis: &Synthesis, runs: &[Run], language: Language) -> Vec<String> {
    let unrun = synthesis.tests.iter().filter(|test| test.verdict.is_none());
    let unrun: Vec<_> = unrun.map(|test| test.id).collect();
    let unrun = (!unrun.is_empty()).then(|| {
        let not_run = language.pick("Not run: test", "Non exécuté : test");
        format!("{not_run} {}.", unrun.join(", "))
    });
    let sites: BTreeSet<_> = runs.iter().map(|run| &run.judgement.site).collect();
    let mixed = (sites.len() > 1).then(|| {
        let mixed = language.pick(
            "The runs are of several sites: they say nothing about one system.",
            "Les exercices viennent de plusieurs sites : ils ne disent rien d'un même système.",
        );
        mixed.to_owned()
    });
    unrun.into_iter().chain(mixed).collect()
}
