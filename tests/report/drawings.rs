//! Timelines made by hand.

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::judgement::Interval;
use mirrorwatch::recovery::timeline::{
    Event, Lasting, Line, Mark, Point, Quantity, TaskRow, TaskView, Timeline, WorkerRow,
};

use crate::judgements::{at, pass};

const SECOND: i64 = 1_000_000;
const WORKERS: [&str; 3] = ["127.0.0.1:18082", "127.0.0.1:18084", "127.0.0.1:18086"];

/// What [`pass`] may have looked like: the victim's tasks go elsewhere, and four scrapes are missing.
pub(crate) fn recovered() -> Timeline {
    let judgement = pass();
    let zero = judgement.zero.unwrap();
    let mark = |event, from: i64, to: i64, after: Option<(i64, i64)>| Mark {
        event,
        from: at(from),
        to: Some(at(to)),
        after: after.map(|(lower, upper)| Interval {
            lower,
            upper: Some(upper),
        }),
    };
    let timed = |event, lower, upper| mark(event, 78_120 + lower, upper, Some((lower, upper)));
    Timeline {
        drawn: (at(-60 * SECOND), at(51 * SECOND)),
        window: judgement.window.unwrap(),
        zero,
        limit: Some((at(60 * SECOND), at(60_078_120))),
        marks: vec![
            mark(Event::Fault, 0, 78_120, None),
            timed(Event::Detection, 2_059_000, 3_165_000),
            timed(Event::Rebalance, 7_259_000, 10_166_000),
            timed(Event::Redistribution, 12_261_000, 14_166_000),
            timed(Event::Recovery, 14_611_020, 14_792_518),
            mark(Event::Restoration, 46 * SECOND, 49 * SECOND, None),
        ],
        gaps: vec![(at(24 * SECOND), at(29 * SECOND))],
        lines: vec![
            line(Quantity::CanaryAge, |t| {
                if (0..15).contains(&t) {
                    real(t) + 0.1
                } else {
                    0.1
                }
            }),
            line(Quantity::Lag, lag),
            line(Quantity::SourceAppended, |t| {
                4_000.0 + 60.0 * real((t * 7).rem_euclid(11) - 5)
            }),
            line(Quantity::TargetAppended, |t| match t {
                0..=14 => 2_650.0 + 60.0 * real((t * 5).rem_euclid(7) - 3),
                15..=22 => 6_700.0 - 190.0 * real(t * 3 % 5),
                t => 4_000.0 + 60.0 * real((t * 5).rem_euclid(11) - 5),
            }),
        ],
        outages: judgement.outages,
        tasks: vec![
            task("mirror-source", 0, &[(-60, 51, "running", 0)]),
            task(
                "mirror-source",
                1,
                &[
                    (-60, 3, "running", 1),
                    (3, 10, "running_on_dead_worker", 1),
                    (10, 14, "withheld", 1),
                    (14, 51, "running", 2),
                ],
            ),
            task("mirror-source", 2, &[(-60, 51, "running", 2)]),
            task(
                "mirror-checkpoint",
                0,
                &[(-60, 40, "running", 0), (40, 51, "paused", 0)],
            ),
            task(
                "mirror-heartbeat",
                0,
                &[
                    (-60, 3, "running", 1),
                    (3, 14, "unknown", 1),
                    (14, 51, "running", 0),
                ],
            ),
        ],
        tasks_left_out: 0,
        workers: vec![
            worker(0, &[(-60, 51, true)]),
            worker(1, &[(-60, 3, true), (3, 49, false), (49, 51, true)]),
            worker(2, &[(-60, 51, true)]),
        ],
        victim: Some(WORKERS[1].to_owned()),
    }
}

/// A flow that did not come back, of which little was seen: no topic but the canary's, and a limit that is drawn.
pub(crate) fn never_back() -> Timeline {
    let mut timeline = recovered();
    timeline.drawn.1 = at(95 * SECOND);
    timeline.window.1 = at(90 * SECOND);
    timeline.gaps = vec![(at(24 * SECOND), at(95 * SECOND))];
    timeline.marks.truncate(2);
    timeline.marks.push(Mark {
        event: Event::Recovery,
        from: at(90 * SECOND),
        to: None,
        after: Some(Interval {
            lower: 90 * SECOND,
            upper: None,
        }),
    });
    for line in &mut timeline.lines {
        line.stretches.truncate(1);
    }
    for line in &mut timeline.lines[1..] {
        line.stretches.clear();
    }
    timeline.tasks.clear();
    for row in &mut timeline.workers {
        row.spans.retain(|span| span.to <= at(24 * SECOND));
    }
    for outage in &mut timeline.outages {
        outage.end = None;
    }
    timeline
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn real(value: i64) -> f64 {
    value as f64
}

fn lag(t: i64) -> f64 {
    let noise = real((t * 13).rem_euclid(17)) * 9.0;
    noise
        + match t {
            0..=14 => 1_350.0 * real(t),
            15..=22 => 18_900.0 - 2_500.0 * real(t - 14),
            _ => 0.0,
        }
}

/// A value for each second; none while the scrapes were missing.
fn line(quantity: Quantity, value: impl Fn(i64) -> f64) -> Line {
    let points = |from: i64, to: i64| {
        let points = (from..=to).map(|t| Point {
            at: at(t * SECOND),
            value: value(t),
        });
        points.collect::<Vec<_>>()
    };
    Line {
        quantity,
        stretches: vec![points(-60, 24), points(29, 51)],
    }
}

/// Spans in seconds; none of them goes over the gap.
fn lasting<T: Clone>(from: i64, to: i64, what: &T) -> Vec<Lasting<T>> {
    let parts = [(from, to.min(24)), (from.max(29), to)];
    let parts = parts.into_iter().filter(|(from, to)| from < to);
    let span = |(from, to): (i64, i64)| Lasting {
        from: at(from * SECOND),
        to: at(to * SECOND),
        what: what.clone(),
    };
    parts.map(span).collect()
}

fn task(connector: &str, task: u32, spans: &[(i64, i64, &str, usize)]) -> TaskRow {
    let spans = spans.iter().flat_map(|(from, to, state, worker)| {
        let view = TaskView {
            state: (*state).to_owned(),
            worker: Some(WORKERS[*worker].to_owned()),
        };
        lasting(*from, *to, &view)
    });
    TaskRow {
        connector: connector.to_owned(),
        task,
        spans: spans.collect(),
    }
}

fn worker(n: usize, spans: &[(i64, i64, bool)]) -> WorkerRow {
    let spans = spans
        .iter()
        .flat_map(|(from, to, up)| lasting(*from, *to, up));
    WorkerRow {
        worker: WORKERS[n].to_owned(),
        zone: Some(format!("paris{}", n + 1)),
        spans: spans.collect(),
    }
}

/// When something in a timeline is, in seconds after the zero.
pub(crate) fn second(after_zero: i64) -> Timestamp {
    at(after_zero * SECOND)
}
