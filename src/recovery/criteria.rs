//! The criteria of a drill, each judged by what was measured. Definitions: "Criterion".

use super::judge::Case;
use super::judgement::{CriterionResult, Measured, TimedResult, Verdict};
use super::measured::Events;
use super::plan::Judged;
use super::remark::remark;
use super::scenario::{Criterion, Measure};
use super::verdict;
use super::watch::Watch;

/// One result for each criterion, in the scenario's order.
pub(super) fn judged(
    case: Case<'_>,
    watch: &Watch<'_>,
    events: &Events,
    times: &[TimedResult],
) -> Vec<CriterionResult> {
    let criteria = case.plan.criteria.iter();
    criteria
        .map(|judged| one(case, watch, events, times, judged))
        .collect()
}

fn one(
    case: Case<'_>,
    watch: &Watch<'_>,
    events: &Events,
    times: &[TimedResult],
    judged: &Judged,
) -> CriterionResult {
    let criterion = &judged.criterion;
    let measures = events.of(criterion.after);
    let (mut value, mut evidence) = match (measures, &judged.samples, criterion.measure) {
        (_, _, Measure::Time) => timed(times, criterion),
        (None, _, _) => not_restored(),
        (Some(measures), Some((never, witness)), _) => {
            (measures.samples(watch, never, witness), never.expr())
        }
        (Some(measures), None, measure) => measures.of(measure),
    };
    let is_loss = criterion.measure == Measure::LostRecords && !case.users.audited.is_empty();
    if is_loss {
        value = case.users.with_canary(value);
        evidence.push_str(", audit.json");
    }
    let hidden_until = measures.and_then(|measures| measures.hidden_until(criterion.measure));
    let warned = !case.observed.warnings.is_empty();
    let mut verdict = match verdict::criterion(&value, hidden_until, judged.limit) {
        // Rule: a warning from the server is a gap.
        Verdict::Pass | Verdict::Fail if warned => Verdict::Inconclusive,
        verdict => verdict,
    };
    if is_loss {
        verdict = case.users.verdict(verdict, judged.limit);
    }
    CriterionResult {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        measure: criterion.measure,
        after: criterion.after,
        measured: value,
        limit: judged.limit,
        limit_is_ours: criterion.limit_is_ours,
        verdict,
        evidence,
        explained: criterion
            .explained
            .clone()
            .filter(|_| verdict != Verdict::Pass),
    }
}

/// What the grid has for the criterion, and the expression behind it.
fn timed(times: &[TimedResult], criterion: &Criterion) -> (Measured, String) {
    let named = |row: &&TimedResult| Some(&row.id) == criterion.time.as_ref();
    let row = times.iter().find(named);
    row.map_or_else(not_restored, |row| {
        (row.measured.clone(), row.evidence.clone())
    })
}

fn not_restored() -> (Measured, String) {
    let because = remark("not_restored", &[]);
    (Measured::Unknown { because }, String::new())
}
