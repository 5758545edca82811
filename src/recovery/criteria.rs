//! The criteria of a drill, each judged by what was measured. Definitions: "Criterion".

use super::judge::Case;
use super::judgement::{CriterionResult, Verdict};
use super::measures::Measures;
use super::plan::Judged;
use super::scenario::Measure;
use super::scrapes::Scrapes;
use super::verdict;

/// One result for each criterion, in the scenario's order.
pub(super) fn judged(
    case: Case<'_>,
    scrapes: &Scrapes<'_>,
    measures: &Measures,
) -> Vec<CriterionResult> {
    let criteria = case.plan.criteria.iter();
    criteria
        .map(|judged| one(case, scrapes, measures, judged))
        .collect()
}

fn one(
    case: Case<'_>,
    scrapes: &Scrapes<'_>,
    measures: &Measures,
    judged: &Judged,
) -> CriterionResult {
    let criterion = &judged.criterion;
    let (mut value, mut evidence) = match (&judged.samples, criterion.measure) {
        (Some((never, witness)), _) => (
            measures.samples(scrapes, never, witness),
            never.comparison.to_string(),
        ),
        (None, measure) => measures.of(measure),
    };
    let is_loss = criterion.measure == Measure::LostRecords && !case.users.audited.is_empty();
    if is_loss {
        value = case.users.with_canary(value);
        evidence.push_str(", audit.json");
    }
    let hidden_until = measures.hidden_until(criterion.measure);
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
        measured: value,
        limit: judged.limit,
        limit_is_ours: criterion.limit_is_ours,
        verdict,
        evidence,
    }
}
