//! Mutants of the kept drills: evidence that is damaged on purpose is judged, and nothing may come out that contradicts what is known of the
//! drill: the lab's own truth is inside, or nothing is claimed; a fault that was not is INVALID; a recovery that was not never passes.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    unreachable_pub,
    reason = "a test panics where something is not as it must be; instants as seconds are exact to a microsecond"
)]

mod blind;
mod change;
mod clocks;
mod contradiction;
mod dropped;
mod fault;
mod kept;
mod late;
mod matrix;
mod recovery;
#[path = "../timelines/rng.rs"]
mod rng;
mod truth;

use kept::DRILLS;

#[test]
fn drills_that_are_not_damaged_have_the_verdict_that_was_kept_and_contradict_nothing() {
    for drill in DRILLS.iter() {
        let (judged, kept) = (&drill.judgement, &drill.kept);
        assert_eq!(judged.verdict, kept.verdict, "{}", drill.name);
        // The alerts are not replayed here.
        let mut measures = kept.measures.clone();
        measures.remove("alerted");
        assert_eq!(judged.measures, measures, "{}", drill.name);
        assert_eq!(judged.after_restore, kept.after_restore, "{}", drill.name);
        let wrong = contradiction::contradictions(
            drill,
            contradiction::Changed::Evidence,
            &drill.judgement,
        );
        assert!(wrong.is_empty(), "{}: {wrong:?}", drill.name);
    }
}
