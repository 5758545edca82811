//! What audits of the users' topics make of a drill that passes without them.

use mirrorwatch::recovery::events::What;
use mirrorwatch::recovery::judgement::{Found, Judgement, Measured, Verdict};

use crate::cases::{Drill, is, remarked};

/// The outcome of an audit of 90 records, so many of which are missing.
fn missing(missing: u64) -> String {
    let (verdict, places) = if missing > 0 {
        ("incomplete", r#"[{"source":41}]"#)
    } else {
        ("complete", "[]")
    };
    format!(
        r#"{{"report":{{"verdict":"{verdict}","target":{{"topic":"s.orders"}},"total":{{"source_records":90,"missing":{missing},"changed":0,
        "duplicate":5,"reordered":0,"unexpected":0,"undecided":{{"in_flight":0}}}},"partitions":[{{"partition":2,"begins_below_source_start":false,
        "first":{{"missing":{places},"changed":[],"undecided":[]}}}}]}}}}"#
    )
}

const FAILED: &str = r#"{"failed":"no answer"}"#;

fn loss(judgement: &Judgement) -> (Verdict, Measured) {
    let mut criteria = judgement.criteria.iter();
    let loss = criteria.find(|c| c.id == "loss").unwrap();
    (loss.verdict, loss.measured.clone())
}

#[test]
fn a_complete_audit_leaves_a_pass_and_is_told_beside_the_canary() {
    let judgement = Drill::passing().judge_audited(&missing(0), &[]);
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(loss(&judgement).1, Measured::between(0, Some(0)));
    let Found::Compared(compared) = &judgement.audited[0].found else {
        panic!("{judgement:?}")
    };
    assert_eq!((compared.records, compared.duplicate), (90, 5));
    assert_eq!(compared.remote_topic, "s.orders");
}

#[test]
fn a_missing_record_fails_a_drill_whose_canary_lost_nothing_and_is_named() {
    let drill = Drill::passing();
    let judgement = drill.judge_audited(&missing(1), &[]);
    assert_eq!(judgement.verdict, Verdict::Fail);
    let first = &judgement.remarks[0];
    assert_eq!(
        (&*first.code, &*first.with["places"]),
        ("records_missing", "2:41")
    );
    assert_eq!(
        loss(&judgement),
        (Verdict::Fail, Measured::between(1, Some(1)))
    );
    assert_eq!(
        judgement.measures["lost_records"],
        Measured::between(0, Some(0))
    );
    // What the server warns of are samples, not the topics.
    let warned = drill.judge_audited(&missing(1), &["cut".to_owned()]);
    assert_eq!(warned.verdict, Verdict::Fail);
}

#[test]
fn an_audit_that_is_not_there_is_inconclusive_and_one_that_failed_an_error() {
    let drill = Drill::passing();
    let judgement = drill.judge_audited(r#""interrupted""#, &[]);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(remarked(&judgement, "audit_interrupted"));
    let judgement = drill.judge_audited(FAILED, &[]);
    assert_eq!(judgement.verdict, Verdict::Error);
    assert_eq!(loss(&judgement).0, Verdict::Error);
}

#[test]
fn a_drill_that_proves_nothing_stays_invalid_whatever_is_missing() {
    let drill = Drill::passing().samples(|labels, _, value| {
        Some(if is(labels, "mm2_worker_up") {
            1.0
        } else {
            value
        })
    });
    let judgement = drill.judge_audited(&missing(1), &[]);
    assert_eq!(judgement.verdict, Verdict::Invalid);
    assert!(remarked(&judgement, "records_missing"));
}

#[test]
fn where_nothing_was_done_nothing_is_said_of_an_audit() {
    let drill = Drill::passing()
        .events(|what| !matches!(what, What::StepIssued { .. } | What::StepDone { .. }));
    let judgement = drill.judge_audited(FAILED, &[]);
    assert_eq!(judgement.verdict, Verdict::Invalid);
    assert_eq!((judgement.audited.len(), judgement.remarks.len()), (0, 1));
}

#[test]
fn without_a_clock_only_what_is_missing_is_judged() {
    let drill = || Drill::passing().events(|what| !matches!(what, What::ClockCompared { .. }));
    let judged = |missing: String| drill().judge_audited(&missing, &[]).verdict;
    assert_eq!(judged(missing(0)), Verdict::Error);
    assert_eq!(judged(missing(1)), Verdict::Fail);
}
