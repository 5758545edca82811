//! The flow does not come back, or what was seen ends before that is proved.

use mirrorwatch::promql::Labels;

use crate::change::{SECOND, at};
use crate::contradiction::Changed;
use crate::kept::{Drill, Evidence};
use crate::matrix::{Mutant, judged};

/// The outage is open on every page until the end, of all partitions that were silent, or of some.
fn open(drill: &Drill, which: impl Fn(&Labels) -> bool) -> Option<Evidence> {
    let (_, back) = drill.truth.interruption()?;
    Some(
        drill
            .evidence
            .ledgers_going_on((back - SECOND, i64::MAX), which),
    )
}

/// Partitions of which an outage is open in the middle of the interruption.
fn silent(drill: &Drill) -> Vec<String> {
    let (middle, _) = drill.middle(0);
    let is_start = |labels: &Labels| labels.name() == "mm2_canary_outage_start_timestamp_seconds";
    let starts = drill
        .evidence
        .series
        .iter()
        .filter(|(labels, _)| is_start(labels));
    let new =
        starts.filter(|(_, samples)| at(samples[0]) > drill.zero.0 && at(samples[0]) <= middle);
    new.map(|(labels, _)| labels.get("partition").to_owned())
        .collect()
}

fn until(drill: &Drill, end: i64) -> Evidence {
    drill.evidence.without((end, i64::MAX))
}

#[test]
fn a_recovery_that_is_withheld_never_passes() {
    let of_silent = |drill: &Drill| {
        let silent = silent(drill);
        open(drill, |labels| {
            silent
                .iter()
                .any(|partition| labels.get("partition") == partition)
        })
    };
    let of_one = |drill: &Drill| {
        let one = silent(drill).pop()?;
        open(drill, |labels| labels.get("partition") == one)
    };
    let mutants = [
        Mutant::new("never back", Changed::Recovery, of_silent),
        Mutant::new("one partition never back", Changed::Recovery, of_one),
        Mutant::new(
            "samples end before the recovery",
            Changed::Recovery,
            |drill| Some(until(drill, drill.truth.interruption()?.1 - SECOND)),
        ),
        Mutant::new(
            "samples end just after the recovery",
            Changed::Recovery,
            |drill| Some(until(drill, drill.truth.interruption()?.1 + SECOND)),
        ),
        Mutant::new("samples end within the hold", Changed::Recovery, |drill| {
            Some(until(drill, drill.truth.interruption()?.1 + 25 * SECOND))
        }),
    ];
    let tally = judged(&mutants);
    assert!(tally["FAIL"] > 5 && tally["open"] > 20, "{tally:?}");
}

#[test]
fn a_window_that_was_cut_short_proves_nothing() {
    let mutants = [
        Mutant::new("samples end with the zero", Changed::Proof, |drill| {
            Some(until(drill, drill.zero.0))
        }),
        Mutant::new("samples end soon after the zero", Changed::Proof, |drill| {
            Some(until(drill, drill.zero.1 + 4 * SECOND))
        }),
        Mutant::new("samples end 40 s after the zero", Changed::Proof, |drill| {
            Some(until(drill, drill.zero.1 + 40 * SECOND))
        }),
        Mutant::new(
            "samples begin within the steady state",
            Changed::Proof,
            |drill| Some(drill.evidence.without((0, drill.zero.0 - 30 * SECOND))),
        ),
        Mutant::new("samples begin with the zero", Changed::Proof, |drill| {
            Some(drill.evidence.without((0, drill.zero.0)))
        }),
    ];
    judged(&mutants);
}

#[test]
fn a_log_that_was_cut_short_hides_no_truth() {
    let longest = crate::kept::DRILLS
        .iter()
        .map(|drill| drill.evidence.log.events.len())
        .max();
    let cut = |length: usize| {
        Mutant::new(
            format!("{length} events"),
            Changed::Evidence,
            move |drill| {
                let mut evidence = drill.evidence.clone();
                let is_shorter = length < evidence.log.events.len();
                evidence.log.events.truncate(length);
                evidence.log.torn = true;
                is_shorter.then_some(evidence)
            },
        )
    };
    let mutants: Vec<_> = (1..longest.unwrap()).map(cut).collect();
    let tally = judged(&mutants);
    assert!(tally["inv "] > 30 && tally["ERR "] > 60, "{tally:?}");
}
