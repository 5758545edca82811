//! What the runs come to together: the worst of them counts, and what was not run is never held.

use serde::Serialize;

use super::Run;
use super::plan::{self, Row};
use crate::recovery::judgement::{CriterionResult, Measured, Verdict};
use crate::recovery::scenario::Text;

/// The plan's checklist and syntheses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Synthesis {
    /// The worst verdict of all runs; with a test that was not run it is INCONCLUSIVE at best.
    pub verdict: Verdict,
    /// The seven tests, each with the worst verdict of its runs.
    pub tests: Vec<Line>,
    /// The recovery times.
    pub recovery: Vec<Line>,
    /// The result of the section.
    pub global: Vec<Line>,
    /// The objectives.
    pub objectives: Vec<Line>,
}

/// One of their rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Stable id; of a test its number.
    pub id: &'static str,
    /// The plan's words.
    pub title: Text,
    /// The worst verdict; `None` = not run.
    pub verdict: Option<Verdict>,
    /// The plan's limit in microseconds or records, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// What was measured where it was worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// The run in which it was worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<String>,
    /// How many of the criteria it rests on are held, and how many there are.
    pub held: (usize, usize),
    /// The runs that it rests on.
    pub runs: Vec<String>,
}

impl Synthesis {
    /// What `runs` come to.
    pub fn of(runs: &[Run]) -> Self {
        let tests: Vec<_> = plan::TESTS.iter().map(|test| of_test(test, runs)).collect();
        let all = |rows: &[Row]| rows.iter().map(|row| of_row(row, runs)).collect();
        let of_runs = runs.iter().map(|run| run.judgement.verdict);
        let unrun = tests.iter().any(|test| test.verdict.is_none());
        let unrun = unrun.then_some(Verdict::Inconclusive);
        let verdict = of_runs
            .chain(unrun)
            .max_by_key(|verdict| severity(*verdict));
        Self {
            verdict: verdict.unwrap_or(Verdict::Inconclusive),
            tests,
            recovery: all(&plan::RECOVERY),
            global: all(&plan::GLOBAL),
            objectives: all(&plan::OBJECTIVES),
        }
    }
}

/// Rule: what is certainly missed is worst; what proves nothing is worse than what is undecided.
fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 4,
        Verdict::Error => 3,
        Verdict::Invalid => 2,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 0,
    }
}

fn of_test(test: &plan::Test, runs: &[Run]) -> Line {
    let ours = runs.iter().filter(|run| run.judgement.test == test.number);
    let verdicts: Vec<_> = ours.clone().map(|run| run.judgement.verdict).collect();
    let worst = verdicts.iter().copied().max_by_key(|v| severity(*v));
    let held = verdicts.iter().filter(|v| **v == Verdict::Pass).count();
    Line {
        id: test.number,
        title: plan::text(test.listed),
        verdict: worst,
        limit: None,
        measured: None,
        worst: None,
        held: (held, verdicts.len()),
        runs: ours.map(|run| run.name.clone()).collect(),
    }
}

/// A criterion of a run, by the plan's limit.
struct Found<'a> {
    run: &'a Run,
    criterion: &'a CriterionResult,
    verdict: Verdict,
}

fn of_row(row: &Row, runs: &[Run]) -> Line {
    let found: Vec<_> = runs.iter().flat_map(|run| of_run(row, run)).collect();
    let worst = found
        .iter()
        .max_by_key(|found| (severity(found.verdict), greatest(&found.criterion.measured)));
    let mut names: Vec<_> = found.iter().map(|found| found.run.name.clone()).collect();
    names.dedup();
    let held = found.iter().filter(|found| found.verdict == Verdict::Pass);
    // Criteria without a common limit measure different things.
    let comparable = worst.filter(|_| row.limit.is_some());
    Line {
        id: row.id,
        title: row.title(),
        verdict: worst.map(|found| found.verdict),
        limit: row.limit,
        measured: comparable.map(|found| found.criterion.measured.clone()),
        worst: worst.map(|found| found.run.name.clone()),
        held: (held.count(), found.len()),
        runs: names,
    }
}

fn of_run<'a>(row: &'a Row, run: &'a Run) -> impl Iterator<Item = Found<'a>> {
    let criteria = run.judgement.criteria.iter();
    let ours = criteria.filter(|criterion| (row.rests_on)(&run.judgement.test, criterion));
    ours.map(|criterion| Found {
        run,
        criterion,
        verdict: by_plan(row.limit, run.judgement.verdict, criterion),
    })
}

/// Rule: a drill that proves nothing holds nothing, and a scenario's own limit does not replace the plan's.
fn by_plan(limit: Option<i64>, drill: Verdict, criterion: &CriterionResult) -> Verdict {
    if drill == Verdict::Invalid {
        return Verdict::Invalid;
    }
    let Some(limit) = limit.filter(|limit| *limit != criterion.limit) else {
        return criterion.verdict;
    };
    match (&criterion.measured, criterion.verdict) {
        (_, Verdict::Error | Verdict::Invalid | Verdict::Inconclusive) => criterion.verdict,
        (Measured::Within { interval, .. }, _) if interval.lower >= limit => Verdict::Fail,
        (Measured::Within { interval, .. }, _) if interval.upper.is_some_and(|u| u < limit) => {
            Verdict::Pass
        }
        (Measured::NoneLongerThan { .. }, Verdict::Pass) if criterion.limit < limit => {
            Verdict::Pass
        }
        _ => Verdict::Inconclusive,
    }
}

/// By how much at most; what is not known or has no end is greater than all.
fn greatest(measured: &Measured) -> i64 {
    match measured {
        Measured::Within { interval, .. } => interval.upper.unwrap_or(i64::MAX - 1),
        Measured::NoneLongerThan { length } => *length,
        Measured::Unknown { .. } => i64::MAX,
    }
}
