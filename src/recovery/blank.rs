//! Judgements without measures: for want of a fault, a clock or an exporter.

use std::collections::BTreeMap;

use super::grids::Grids;
use super::judge::Case;
use super::judgement::{CriterionResult, Deed, Judgement, Measured, Remark, Sampling, Verdict};
use super::plan::Judged;
use super::properties;
use super::remark::is_error;
use super::scenario::{Measure, Subject};
use super::verdict;
use super::zero;

const FORMAT: u32 = 1;

/// A judgement for want of a fault, a clock or an exporter.
pub(super) fn nothing(case: Case<'_>, because: Remark) -> Judgement {
    let mut judgement = empty(case);
    let invalid = !is_error(&because);
    judgement.zero = zero::fault(&case.log.events).ok().map(|fault| fault.zero);
    let criteria = case.plan.criteria.iter();
    judgement.criteria = criteria
        .map(|judged| unmeasured(case, judged, &because))
        .collect();
    let verdicts: Vec<_> = judgement.criteria.iter().map(|c| c.verdict).collect();
    judgement.verdict = verdict::drill(invalid, &verdicts);
    let grids = Grids::blank(case, &because);
    judgement.procedure = grids.procedure;
    judgement.observations = grids.observations;
    judgement.times = grids.times;
    judgement.expectations = grids.expectations;
    judgement.remarks = vec![because];
    judgement.remarks.extend(case.users.remarks.iter().cloned());
    judgement
}

/// A criterion of which the canary and the page say nothing; what the audits say of the users' topics stands all the same.
fn unmeasured(case: Case<'_>, judged: &Judged, because: &Remark) -> CriterionResult {
    let criterion = &judged.criterion;
    let mut measured = Measured::Unknown {
        because: because.clone(),
    };
    let mut verdict = if is_error(because) {
        Verdict::Error
    } else {
        Verdict::Inconclusive
    };
    if criterion.measure == Measure::LostRecords {
        measured = case.users.with_canary(measured);
        verdict = case.users.verdict(verdict, judged.limit);
    }
    CriterionResult {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        measure: criterion.measure,
        after: criterion.after,
        measured,
        limit: judged.limit,
        limit_is_ours: criterion.limit_is_ours,
        verdict,
        evidence: String::new(),
        explained: None,
    }
}

fn deed(case: Case<'_>) -> Option<Deed> {
    let start = zero::start(&case.log.events)?;
    let connector = case.scenario.subject == Subject::Connector;
    (case.scenario.subject != Subject::Worker).then(|| Deed {
        connector: connector.then(|| start.victim.to_owned()),
        fault: start.fault.to_owned(),
    })
}

/// What every judgement says of its drill.
pub(super) fn empty(case: Case<'_>) -> Judgement {
    Judgement {
        format: FORMAT,
        scenario: case.scenario.name.clone(),
        test: case.scenario.test.clone(),
        title: case.scenario.title.clone(),
        site: case.inventory.site.clone(),
        verdict: Verdict::Inconclusive,
        remarks: Vec::new(),
        zero: None,
        restored: None,
        window: None,
        victim: None,
        deed: deed(case),
        expected: None,
        criteria: Vec::new(),
        measures: BTreeMap::new(),
        after_restore: BTreeMap::new(),
        procedure: Vec::new(),
        observations: Vec::new(),
        capacity: None,
        properties: properties::properties(case),
        placements: Vec::new(),
        times: Vec::new(),
        expectations: Vec::new(),
        alerts: None,
        notes: case.scenario.notes.clone(),
        outages: Vec::new(),
        audited: case.users.audited.clone(),
        settings: None,
        sampling: Sampling {
            interval: case.observed.scrape_interval_us,
            scrapes: 0,
            gaps: Vec::new(),
        },
    }
}
