//! Judgements without measures: for want of a fault, a clock or an exporter.

use std::collections::BTreeMap;

use super::judge::Case;
use super::judgement::{CriterionResult, Judgement, Measured, Remark, Sampling, Verdict};
use super::remark::is_error;
use super::zero;

const FORMAT: u32 = 1;

/// A judgement for want of a fault, a clock or an exporter.
pub(super) fn nothing(case: Case<'_>, because: Remark) -> Judgement {
    let mut judgement = empty(case);
    let error = is_error(&because);
    judgement.verdict = if error {
        Verdict::Error
    } else {
        Verdict::Invalid
    };
    judgement.zero = zero::fault(&case.log.events).ok().map(|fault| fault.zero);
    judgement.criteria = case
        .plan
        .criteria
        .iter()
        .map(|judged| CriterionResult {
            id: judged.criterion.id.clone(),
            title: judged.criterion.title.clone(),
            measure: judged.criterion.measure,
            measured: Measured::Unknown {
                because: because.clone(),
            },
            limit: judged.limit,
            limit_is_ours: judged.criterion.limit_is_ours,
            verdict: if error {
                Verdict::Error
            } else {
                Verdict::Inconclusive
            },
            evidence: String::new(),
        })
        .collect();
    judgement.remarks = vec![because];
    judgement
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
        window: None,
        victim: None,
        expected: None,
        criteria: Vec::new(),
        measures: BTreeMap::new(),
        outages: Vec::new(),
        settings: None,
        sampling: Sampling {
            interval: case.observed.scrape_interval_us,
            scrapes: 0,
            gaps: Vec::new(),
        },
    }
}
