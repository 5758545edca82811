//! What a judgement may not say of damaged evidence, given what is known of the drill.

use std::collections::BTreeMap;

use mirrorwatch::recovery::judgement::{Interval, Judgement, Measured, Verdict, Zero};

use crate::kept::Drill;

/// What a mutant changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// What was seen: what was true is true still.
    Evidence,
    /// When the state of a worker was seen, too: a detection is of what was seen.
    Detection,
    /// Samples one by one, which no scrape loses: then a series was not on its page, as Prometheus has it, and only what rests on the canary
    /// is held to the truth.
    Samples,
    /// So much of what was seen that nothing may pass.
    Proof,
    /// Nothing happened.
    Fault,
    /// Nothing happened, and what might have is hidden.
    Quiet,
    /// The flow did not come back.
    Recovery,
}

/// Everything that is wrong in a judgement of a mutant.
pub fn contradictions(drill: &Drill, changed: Changed, judgement: &Judgement) -> Vec<String> {
    let mut wrong = Vec::new();
    let may_pass = matches!(
        changed,
        Changed::Evidence | Changed::Detection | Changed::Samples
    );
    if !may_pass && judgement.verdict == Verdict::Pass {
        wrong.push("PASS".to_owned());
    }
    match changed {
        Changed::Fault => wrong.extend(effect(judgement)),
        Changed::Quiet => {}
        Changed::Recovery => wrong.extend(came_back(drill, judgement)),
        Changed::Samples => {
            wrong.extend(outside(drill, judgement));
            wrong.extend(
                turned(drill, judgement)
                    .into_iter()
                    .filter(|turned| turned.ends_with("Pass")),
            );
        }
        Changed::Evidence | Changed::Detection | Changed::Proof => {
            wrong.extend(outside(drill, judgement));
            wrong.extend(apart(drill, judgement, changed == Changed::Detection));
            wrong.extend(turned(drill, judgement));
        }
    }
    wrong
}

/// Where nothing happened, nothing has an effect.
fn effect(judgement: &Judgement) -> Option<String> {
    (judgement.verdict != Verdict::Invalid)
        .then(|| format!("{:?} of a fault that was not", judgement.verdict))
}

/// A recovery that has an end though there was none. What the fault left open is the restoration's, too.
fn came_back(drill: &Drill, judgement: &Judgement) -> Vec<String> {
    let events = [
        (&judgement.measures, judgement.zero),
        (&judgement.after_restore, judgement.restored),
    ];
    let mut wrong = Vec::new();
    for (measures, zero) in events {
        match (measures.get("recovery_time"), zero) {
            (Some(Measured::Within { interval, .. }), _) if interval.upper.is_some() => {
                wrong.push(format!("recovered within {interval:?}"));
            }
            (Some(Measured::NoneLongerThan { length }), Some(zero)) => {
                let (from, _) = drill.truth.interruption().unwrap();
                let (_, end) = judgement.window.unwrap();
                let end = end.as_micros();
                let open = end - from.max(zero.done.as_micros());
                if *length < open {
                    wrong.push(format!("no outage longer than {length}, though {open}"));
                }
            }
            _ => {}
        }
    }
    wrong
}

/// Measures that do not hold what the lab knew.
fn outside(drill: &Drill, judgement: &Judgement) -> Vec<String> {
    let mut wrong = Vec::new();
    let restored = drill.truth.restored;
    if let Some(zero) = judgement.zero {
        let span = (zero.done.as_micros(), restored);
        wrong.extend(misplaced(drill, &judgement.measures, zero, span));
    }
    if let Some(zero) = judgement.restored {
        let span = (restored, i64::MAX);
        wrong.extend(misplaced(drill, &judgement.after_restore, zero, span));
    }
    let lost = judgement.measures.get("lost_records");
    if let Some(Measured::Within { interval, .. }) = lost
        && interval.lower > drill.truth.lost
    {
        wrong.push(format!("lost {interval:?}"));
    }
    wrong
}

fn misplaced(
    drill: &Drill,
    measures: &BTreeMap<String, Measured>,
    zero: Zero,
    span: (i64, i64),
) -> Option<String> {
    let back = drill.truth.back(span);
    match (measures.get("recovery_time")?, back) {
        (Measured::Within { interval, .. }, Some(back)) => {
            let earliest = back - zero.done.as_micros();
            let latest = back - zero.issued.as_micros();
            let upper = interval.upper.unwrap_or(i64::MAX);
            let holds = interval.lower <= latest && earliest <= upper;
            (!holds).then(|| format!("back after {earliest}..{latest}, not in {interval:?}"))
        }
        (Measured::NoneLongerThan { length }, Some(back)) => {
            let silences = drill
                .truth
                .silences
                .iter()
                .filter(|(_, end)| *end > span.0 && *end <= back);
            let longest = silences.map(|(from, end)| end - from.max(&span.0)).max()?;
            // The last arrival before an outage is one period before it at most.
            (*length + PERIOD < longest)
                .then(|| format!("none longer than {length}, though {longest}"))
        }
        // In a drill that is kept open the fault's outage ends with the restoration.
        (Measured::Within { interval, .. }, None) => {
            let is_open = drill
                .truth
                .silences
                .iter()
                .any(|(from, end)| *from < span.1 && *end > span.0);
            let is_wrong = interval.upper.is_some() || !is_open;
            is_wrong.then(|| format!("an outage of {interval:?}"))
        }
        _ => None,
    }
}

const PERIOD: i64 = 100_000;

/// Two observers of one drill: their intervals have the truth in common.
fn apart(drill: &Drill, judgement: &Judgement, detection_moved: bool) -> Vec<String> {
    let whole = &drill.judgement;
    let mut wrong = Vec::new();
    let mut compare = |name: &str, one: &Measured, other: &Measured| {
        if let (
            Measured::Within { interval: one, .. },
            Measured::Within {
                interval: other, ..
            },
        ) = (one, other)
            && !overlap(*one, *other)
            && !(detection_moved && name == "detection")
        {
            wrong.push(format!("{name}: {other:?}, was {one:?}"));
        }
    };
    for (name, measured) in &judgement.measures {
        compare(name, &whole.measures[name], measured);
    }
    for (name, measured) in &judgement.after_restore {
        if let Some(before) = whole.after_restore.get(name) {
            compare(name, before, measured);
        }
    }
    for (before, row) in whole.times.iter().zip(&judgement.times) {
        compare(&row.id, &before.measured, &row.measured);
    }
    for (before, row) in whole.expectations.iter().zip(&judgement.expectations) {
        if let (Some(before), Some(now)) = (before.confirmed, row.confirmed)
            && before != now
        {
            wrong.push(format!("`{}`: {now}", row.text.en));
        }
    }
    wrong
}

fn overlap(one: Interval, other: Interval) -> bool {
    let upper = |interval: Interval| interval.upper.unwrap_or(i64::MAX);
    one.lower <= upper(other) && other.lower <= upper(one)
}

/// Verdicts that are the opposite of what they are on the whole evidence.
fn turned(drill: &Drill, judgement: &Judgement) -> Vec<String> {
    let opposite = |one, other| {
        matches!(
            (one, other),
            (Verdict::Pass, Verdict::Fail) | (Verdict::Fail, Verdict::Pass)
        )
    };
    let mut wrong = Vec::new();
    if opposite(drill.judgement.verdict, judgement.verdict) {
        wrong.push(format!("{:?}", judgement.verdict));
    }
    for (before, now) in drill.judgement.criteria.iter().zip(&judgement.criteria) {
        if opposite(before.verdict, now.verdict) {
            wrong.push(format!("{}: {:?}", now.id, now.verdict));
        }
    }
    wrong
}
