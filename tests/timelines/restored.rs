//! The restoration as an event of its own: the truth of a world lies inside its intervals as it does inside the fault's.

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::events::{Closed, Event, What};
use mirrorwatch::recovery::judge::judge;
use mirrorwatch::recovery::judgement::{Judgement, Measured};
use mirrorwatch::recovery::read::Log;

use crate::page::render;
use crate::truth::truth;
use crate::world::{SECOND, World};

/// The fault of these drills lies this long before the restoration.
const KEPT: i64 = 5 * SECOND;

/// A world whose event is the restoration: what was the fault becomes it, after a fault that nobody noticed.
fn judged(world: &World) -> Judgement {
    let mut scenario = crate::scenario(world);
    scenario.watch_restore = Some(format!("{}s", (world.limit + world.hold) / SECOND));
    let Log { events, torn } = crate::log(world);
    let step = || "f".to_owned();
    let mut moved: Vec<_> = events.into_iter().map(as_restoration).collect();
    let earlier = |at: i64, what| Event {
        at: Timestamp::from_micros(at),
        monotonic_us: at - world.begin(),
        what,
    };
    let at = world.zero.0 - KEPT;
    let issued = What::StepIssued {
        step: step(),
        zero: true,
    };
    moved.push(earlier(at, issued));
    moved.push(earlier(at + 1_000, What::StepDone { step: step() }));
    let watched = What::RestoreWatched {
        reason: Closed::TimeLimit,
    };
    // Watched to its end, whatever of that the samples have.
    let last = world.zero.2 + world.limit + world.hold;
    moved.push(earlier(last + 2 * SECOND, watched));
    moved.sort_by_key(|event| event.at);
    let log = Log {
        events: moved,
        torn,
    };
    let series = render(world).set;
    let observed = crate::observed(world, &series);
    judge(&scenario, &crate::inventory(), &log, observed).unwrap()
}

fn as_restoration(event: Event) -> Event {
    let what = match event.what {
        What::StepIssued { step, zero: true } => What::RestoreIssued { step },
        What::StepDone { step } => What::RestoreDone { step },
        other => other,
    };
    Event { what, ..event }
}

#[test]
fn the_truth_of_a_restoration_lies_inside_always() {
    let (mut finite, mut wrong, mut seen) = (0, Vec::new(), 0);
    for seed in 0..1_300 {
        // One that was restored after this would be restored twice; and whose clock was set says nothing.
        let world = World::kept(seed);
        if world.shift != 0 {
            continue;
        }
        let judgement = judged(&world);
        let Some(time) = judgement.after_restore.get("recovery_time") else {
            continue;
        };
        seen += 1;
        let truth = truth(&world);
        let since = |b: i64| b - world.zero.1;
        let is_wrong = match (time, truth.recovered) {
            (Measured::Within { .. }, None) => true,
            (Measured::Within { interval, .. }, Some(None)) => interval.upper.is_some(),
            (Measured::Within { .. }, Some(Some(b))) => !crate::contains(time, since(b)),
            (Measured::NoneLongerThan { length }, _) => truth.longest > length + 5,
            (Measured::Unknown { .. }, _) => false,
        };
        if is_wrong {
            wrong.push(format!(
                "seed {seed}: {:?} not in {time:?}",
                truth.recovered
            ));
        }
        let is_finite = |measured: &Measured| matches!(measured, Measured::Within { interval, .. } if interval.upper.is_some());
        finite += usize::from(is_finite(time));
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // Not vacuous: many of them are known to an upper bound.
    assert!(seen > 1_000 && finite * 4 > seen, "{finite} of {seen}");
}
