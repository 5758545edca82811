//! Clocks that are stepped in the outage or run ahead: told by the comparisons before and after, or not told.

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::promql::Sample;
use mirrorwatch::recovery::events::What;

use crate::change::{SECOND, Span, at, is_instant, within};
use crate::contradiction::Changed;
use crate::kept::{Drill, Evidence};
use crate::matrix::{Mutant, judged};

/// What the comparisons tell of one clock: before the zero, and after it.
fn told(evidence: &Evidence, name: &str, drill: &Drill, ahead: (i64, i64)) -> Evidence {
    let mut evidence = evidence.clone();
    for event in &mut evidence.log.events {
        let later = event.at.as_micros() > drill.zero.0;
        if let What::ClockCompared {
            clock, offset_us, ..
        } = &mut event.what
            && clock == name
        {
            *offset_us += if later { ahead.1 } else { ahead.0 };
        }
    }
    evidence
}

/// The exporter's clock is put forward in a span: every instant that it publishes then moves with it.
fn exporter(drill: &Drill, span: Span, by: i64) -> Evidence {
    drill.evidence.values(|labels, at, value| {
        let moved = is_instant(labels.name()) && within(span, at);
        if moved {
            value + by as f64 / 1e6
        } else {
            value
        }
    })
}

/// Prometheus' clock is put forward in a span. It takes no sample that is older than the newest.
fn server(drill: &Drill, span: Span, by: i64) -> Evidence {
    drill.evidence.each(|_, samples| {
        let mut newest = i64::MIN;
        let moved = samples.iter().map(|sample| {
            let by = if within(span, at(*sample)) {
                by / 1_000
            } else {
                0
            };
            Sample {
                at: sample.at + by,
                ..*sample
            }
        });
        let taken = |sample: &Sample| {
            let is_new = sample.at > newest;
            newest = newest.max(sample.at);
            is_new
        };
        moved.filter(taken).collect()
    })
}

/// The drill host's clock is put forward for good.
fn host(drill: &Drill, from: i64, by: i64) -> Evidence {
    let mut evidence = drill.evidence.clone();
    for event in evidence
        .log
        .events
        .iter_mut()
        .filter(|event| event.at.as_micros() > from)
    {
        event.at = Timestamp::from_micros(event.at.as_micros() + by);
    }
    evidence
}

/// In the middle of the interruption, for good.
fn for_good(drill: &Drill) -> Span {
    (drill.middle(0).0, i64::MAX)
}

/// From the middle of the interruption until the samples are about to end.
fn for_a_while(drill: &Drill) -> Span {
    let last = drill.evidence.scrapes().last().unwrap() * 1_000;
    (drill.middle(0).0, last - 5 * SECOND)
}

const BACK: i64 = -2 * SECOND;
const AHEAD: i64 = 800_000;

#[test]
fn a_clock_that_is_told_to_be_off_hides_no_truth() {
    let ahead = |drill: &Drill| {
        Some(told(
            &exporter(drill, (0, i64::MAX), AHEAD),
            "exporter",
            drill,
            (AHEAD, AHEAD),
        ))
    };
    let stepped_ahead = |drill: &Drill| {
        Some(told(
            &exporter(drill, for_good(drill), AHEAD),
            "exporter",
            drill,
            (0, AHEAD),
        ))
    };
    let stepped = |drill: &Drill| {
        Some(told(
            &exporter(drill, for_good(drill), BACK),
            "exporter",
            drill,
            (0, BACK),
        ))
    };
    let server_stepped = |drill: &Drill| {
        Some(told(
            &server(drill, for_good(drill), BACK),
            "prometheus",
            drill,
            (0, BACK),
        ))
    };
    let tally = judged(&[
        Mutant::new("exporter 0.8 s ahead", Changed::Evidence, ahead),
        Mutant::new(
            "exporter stepped by 0.8 s",
            Changed::Evidence,
            stepped_ahead,
        ),
        Mutant::new("exporter stepped by -2 s", Changed::Evidence, stepped),
        Mutant::new("server stepped by -2 s", Changed::Evidence, server_stepped),
    ]);
    assert!(tally["PASS"] > 15, "{tally:?}");
}

#[test]
fn a_clock_that_is_off_without_being_told_hides_no_truth() {
    let ahead = |drill: &Drill| Some(exporter(drill, (0, i64::MAX), AHEAD));
    let stepped_ahead = |drill: &Drill| Some(exporter(drill, for_good(drill), AHEAD));
    let stepped = |drill: &Drill| Some(exporter(drill, for_a_while(drill), BACK));
    let server_stepped = |drill: &Drill| Some(server(drill, for_a_while(drill), BACK));
    let server_wrong = |drill: &Drill| Some(server(drill, for_good(drill), BACK));
    judged(&[
        Mutant::new("exporter 0.8 s ahead, not told", Changed::Evidence, ahead),
        Mutant::new(
            "exporter stepped by 0.8 s, not told",
            Changed::Evidence,
            stepped_ahead,
        ),
        Mutant::new(
            "exporter stepped by -2 s and back",
            Changed::Evidence,
            stepped,
        ),
        Mutant::new(
            "server stepped by -2 s and back",
            Changed::Evidence,
            server_stepped,
        ),
        Mutant::new(
            "server stepped by -2 s, not told",
            Changed::Evidence,
            server_wrong,
        ),
        Mutant::new("host stepped by -2 s", Changed::Proof, |drill| {
            Some(host(drill, for_good(drill).0, BACK))
        }),
    ]);
}
