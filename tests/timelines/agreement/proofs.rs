//! Each comparison can fail: a number that is off, and a world that was otherwise, are noticed.

use std::sync::OnceLock;

use mirrorwatch::model::time::Timestamp;
use mirrorwatch::recovery::judgement::{Judgement, Measured, Placed, Seen};

use super::{Compared, Held, canary, catch_up, decided, inside, sampled};
use crate::judged::{Timeline, asks_grids};
use crate::rows::TIMES;
use crate::world::{SECOND, World};

/// What a timeline becomes.
type Change<'a> = &'a dyn Fn(&World) -> World;

/// A comparison, and whether it asks for the grids; `None` = it does not care.
type Row = (&'static str, Option<bool>, fn(&Held<'_>) -> Compared);

const EQUAL: [Row; 13] = [
    ("detection", None, sampled::detection),
    ("rebalance-triggered", Some(true), |held| {
        sampled::time(held, &TIMES[0])
    }),
    ("tasks-redistributed", Some(true), |held| {
        sampled::time(held, &TIMES[1])
    }),
    ("task-failed", Some(true), |held| {
        sampled::time(held, &TIMES[2])
    }),
    ("rebalance_triggered", Some(false), |held| {
        sampled::phase(held, sampled::PHASES[0])
    }),
    ("tasks_redistributed", Some(false), |held| {
        sampled::phase(held, sampled::PHASES[1])
    }),
    ("numbers", Some(true), sampled::numbers),
    ("throughput", Some(true), sampled::throughput),
    ("placements", Some(true), sampled::placements),
    ("recovery", None, canary::recovery),
    ("partitions", None, canary::partitions),
    ("flaps", None, canary::flaps),
    ("catch-up", None, catch_up::catch_up),
];

/// Timelines on which a comparison has a number to compare.
fn compared((_, grids, compare): Row, at_most: usize) -> Vec<&'static Timeline> {
    let fits = |timeline: &&Timeline| grids.is_none_or(|g| g == asks_grids(&timeline.world));
    let counts = |timeline: &&Timeline| compare(&Held::of(timeline)) == Ok(true);
    decided()
        .filter(fits)
        .filter(counts)
        .take(at_most)
        .collect()
}

/// A judgement in which every number is off by a little.
fn off(judgement: &Judgement) -> Judgement {
    const BY: i64 = 10;
    let mut off = judgement.clone();
    let times = off.times.iter_mut().map(|time| &mut time.measured);
    for measured in times.chain(off.measures.values_mut()) {
        match measured {
            Measured::Within { interval, .. } => interval.lower += BY,
            Measured::NoneLongerThan { length } => *length += BY,
            Measured::Unknown { .. } => *measured = Measured::between(0, None),
        }
    }
    for outage in &mut off.outages {
        outage.start = outage.start.plus_micros(BY);
    }
    for expectation in &mut off.expectations {
        expectation.confirmed = Some(expectation.confirmed != Some(true));
        expectation
            .decided_at
            .get_or_insert(Timestamp::from_micros(0));
    }
    let seen = off
        .observations
        .iter_mut()
        .flat_map(|row| row.seen.values_mut());
    for seen in seen {
        if let Seen::Between { least, .. } = seen {
            *least -= 1.0;
        }
    }
    let placed = off
        .placements
        .iter_mut()
        .flat_map(|row| row.on.values_mut());
    for placed in placed {
        if let Placed::On { worker, .. } = placed {
            worker.push('9');
        }
    }
    off
}

fn refused(timeline: &Timeline, judgement: &Judgement, compare: fn(&Held<'_>) -> Compared) -> bool {
    let held = Held {
        judgement,
        ..Held::of(timeline)
    };
    compare(&held).is_err()
}

#[test]
fn a_number_that_is_ten_microseconds_off_is_refused_on_every_timeline() {
    for row in EQUAL {
        let timelines = compared(row, 25);
        assert!(!timelines.is_empty(), "{}", row.0);
        for timeline in timelines {
            let is_refused = refused(timeline, &off(&timeline.judgement), row.2);
            assert!(is_refused, "{} of seed {}", row.0, timeline.world.seed);
        }
    }
    let with_grids = decided().filter(|timeline| asks_grids(&timeline.world));
    for timeline in with_grids.take(25) {
        let off = off(&timeline.judgement);
        for number in 0..crate::rows::EXPECTATIONS.len() {
            let held = Held {
                judgement: &off,
                ..Held::of(timeline)
            };
            assert!(sampled::expectation(&held, number).is_err(), "{number}");
        }
    }
}

#[test]
fn a_worst_age_that_could_be_told_closer_is_refused() {
    let row: Row = ("worst age", None, canary::worst_age);
    for timeline in compared(row, 25) {
        let mut wide = timeline.judgement.clone();
        let measured = wide.measures.get_mut("recovery_point_seconds").unwrap();
        let Measured::Within { interval, .. } = measured else {
            panic!("it was compared");
        };
        interval.upper = interval.upper.map(|upper| upper + 60 * SECOND);
        assert!(refused(timeline, &wide, canary::worst_age));
    }
}

#[test]
fn a_world_that_was_otherwise_is_noticed() {
    let later = |by: fn(&World) -> i64, change: fn(&mut World, i64)| {
        move |world: &World| {
            let mut other = world.clone();
            change(&mut other, by(world));
            other
        }
    };
    let scrapes = |world: &World| 2 * world.interval;
    let down = later(scrapes, |world, by| world.zero.1 += by);
    let let_go = later(scrapes, |world, by| {
        world.connect.left = world.connect.left.map(|left| left + by);
    });
    let moved = later(scrapes, |world, by| {
        let steps = world.connect.tasks.iter_mut().flatten();
        steps.for_each(|(at, _)| *at = at.saturating_add(by));
    });
    let longer = later(
        |_| SECOND / 2,
        |world, by| {
            let stalls = world
                .partitions
                .iter_mut()
                .flat_map(|part| &mut part.stalls);
            stalls.for_each(|stall| stall.1 += by);
        },
    );
    let older = later(
        |_| SECOND,
        |world, by| world.connect.ages.iter_mut().for_each(|age| *age += by),
    );
    let otherwise: [(&str, Change<'_>); 8] = [
        ("detection", &down),
        ("rebalance-triggered", &let_go),
        ("rebalance_triggered", &let_go),
        ("tasks-redistributed", &moved),
        ("throughput", &older),
        ("recovery", &longer),
        ("partitions", &longer),
        ("flaps", &longer),
    ];
    for (name, change) in otherwise {
        let row = EQUAL.into_iter().find(|row| row.0 == name).unwrap();
        let timelines = compared(row, 60);
        let notices = |timeline: &&&Timeline| {
            let other = change(&timeline.world);
            row.2(&Held::with(timeline, &other, &OnceLock::new())).is_err()
        };
        let noticed = timelines.iter().filter(notices).count();
        let all = timelines.len();
        assert!(noticed * 10 > all * 7, "{name}: {noticed} of {all}");
    }
}

#[test]
fn a_truth_beside_the_bounds_is_refused() {
    let is_inside = |value: i64| inside("x", value, Some((1_000, Some(2_000)))).is_ok();
    assert!(is_inside(995) && is_inside(2_005));
    assert!(!is_inside(994) && !is_inside(2_006));
    assert!(inside("x", 5, None).is_ok() && inside("x", 5_000, Some((1_000, None))).is_ok());
}
