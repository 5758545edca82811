//! From measures to verdicts. Definitions: "Criterion", "Verdict of a drill".

use super::judgement::{Interval, Measured, Verdict};
use super::remark::is_error;

/// Rule: `measure < limit`, strict: PASS iff upper < limit; FAIL iff lower ≥ limit; else INCONCLUSIVE.
pub(super) fn interval(interval: Interval, limit: i64) -> Verdict {
    if interval.lower >= limit {
        Verdict::Fail
    } else if interval.upper.is_some_and(|upper| upper < limit) {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

/// A criterion's verdict. `hidden_until` = by when, from the zero, an outage that nobody saw would have ended; a length below the
/// limit is no PASS where such an outage might have ended after it.
pub(super) fn criterion(measured: &Measured, hidden_until: Option<i64>, limit: i64) -> Verdict {
    match measured {
        Measured::Within {
            interval: bounds, ..
        } => interval(*bounds, limit),
        Measured::NoneLongerThan { length } => {
            let hidden_in_time = hidden_until.is_some_and(|until| until < limit);
            if *length < limit && hidden_in_time {
                Verdict::Pass
            } else {
                Verdict::Inconclusive
            }
        }
        Measured::Unknown { because } if is_error(because) => Verdict::Error,
        Measured::Unknown { .. } => Verdict::Inconclusive,
    }
}

/// Rule: the first that applies: INVALID, FAIL, ERROR, INCONCLUSIVE, PASS.
pub(super) fn drill(invalid: bool, criteria: &[Verdict]) -> Verdict {
    let any = |verdict: Verdict| criteria.contains(&verdict);
    if invalid {
        Verdict::Invalid
    } else if any(Verdict::Fail) {
        Verdict::Fail
    } else if any(Verdict::Error) {
        Verdict::Error
    } else if any(Verdict::Inconclusive) || criteria.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

#[test]
fn a_criterion_is_strict_at_its_limit() {
    let judge = |lower, upper| interval(Interval { lower, upper }, 60);
    assert_eq!(judge(0, Some(59)), Verdict::Pass);
    assert_eq!(judge(0, Some(60)), Verdict::Inconclusive);
    assert_eq!(judge(59, None), Verdict::Inconclusive);
    assert_eq!(judge(60, None), Verdict::Fail);
    assert_eq!(judge(60, Some(60)), Verdict::Fail);
}

#[test]
fn a_length_passes_only_if_a_hidden_outage_would_have_ended_in_time() {
    let none = |length| Measured::NoneLongerThan { length };
    assert_eq!(criterion(&none(59), Some(59), 60), Verdict::Pass);
    assert_eq!(criterion(&none(60), Some(0), 60), Verdict::Inconclusive);
    assert_eq!(criterion(&none(1), Some(60), 60), Verdict::Inconclusive);
    assert_eq!(criterion(&none(1), None, 60), Verdict::Inconclusive);
}

#[test]
fn the_first_verdict_that_applies_is_the_drills() {
    use Verdict::{Error, Fail, Inconclusive, Invalid, Pass};
    let of = |invalid, criteria: &[Verdict]| drill(invalid, criteria);
    assert_eq!(of(true, &[Fail]), Invalid);
    assert_eq!(of(false, &[Pass, Inconclusive, Error, Fail]), Fail);
    assert_eq!(of(false, &[Pass, Inconclusive, Error]), Error);
    assert_eq!(of(false, &[Pass, Inconclusive]), Inconclusive);
    assert_eq!(of(false, &[Pass, Pass]), Pass);
    assert_eq!(of(false, &[]), Inconclusive);
}
