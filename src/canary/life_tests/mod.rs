//! The ledger that lives over crashes against a naive reading of the two logs as they are in the end.

mod logs;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::event::Side;
use crate::model::canary::PartitionView;
use logs::{Copy, Entry};
use world::{PARTITIONS, World};

/// What may happen; a number stands for a partition, or for records or milliseconds.
#[derive(Clone, Copy, Debug)]
enum Act {
    Pass(i64),
    Append(usize, bool),
    Refuse(usize),
    Copy(usize, Copy),
    Replay(usize, usize),
    Read(Side, usize),
    Settle(usize),
    Commit(usize),
    Ask(usize),
    Stand,
    Kill(usize, usize, i64),
}

fn act() -> impl Strategy<Value = Act> {
    let partition = 0..PARTITIONS;
    let copy = prop_oneof![
        12 => Just(Copy::Sound),
        1 => Just(Copy::Lost),
        1 => Just(Copy::Corrupt),
        1 => Just(Copy::Misrouted),
        1 => Just(Copy::Mangled),
        1 => Just(Copy::Behind),
    ];
    let side = prop_oneof![Just(Side::Source), Just(Side::Target)];
    prop_oneof![
        8 => (1..100i64).prop_map(Act::Pass),
        8 => (partition.clone(), any::<bool>()).prop_map(|(p, heard)| Act::Append(p, heard)),
        1 => partition.clone().prop_map(Act::Refuse),
        8 => (partition.clone(), copy).prop_map(|(p, copy)| Act::Copy(p, copy)),
        1 => (partition.clone(), 1..9usize).prop_map(|(p, n)| Act::Replay(p, n)),
        16 => (side, partition.clone()).prop_map(|(side, p)| Act::Read(side, p)),
        2 => partition.clone().prop_map(Act::Settle),
        2 => partition.clone().prop_map(Act::Commit),
        2 => partition.prop_map(Act::Ask),
        2 => Just(Act::Stand),
        // A life does not begin at the very instant at which the one before was killed.
        1 => (0..6usize, 0..3usize, 1..9_000i64).prop_map(|(landed, late, gone)| Act::Kill(landed, late, gone)),
    ]
}

fn perform(world: &mut World, act: Act) {
    match act {
        Act::Pass(millis) => {
            world.pass(millis * 1_000);
            world.send();
        }
        Act::Append(partition, is_heard) => world.append(partition, is_heard),
        Act::Refuse(partition) => world.refuse(partition),
        Act::Copy(partition, copy) => world.copy(partition, copy),
        Act::Replay(partition, records) => world.replay(partition, records),
        Act::Read(side, partition) => world.read(side, partition),
        Act::Settle(partition) => world.settle(partition),
        Act::Commit(partition) => world.commit(partition),
        Act::Ask(partition) => world.ask(partition),
        Act::Stand => world.stand(),
        Act::Kill(landed, late, gone) => world.kill(landed, late, gone * 1_000),
    }
}

/// The counts that two logs imply.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    acknowledged: u64,
    received: u64,
    duplicates: u64,
    reordered: u64,
    lost: u64,
    corrupt: u64,
    misrouted: u64,
    mangled: u64,
    undelivered: u64,
}

impl Counts {
    fn of_ledger(view: &PartitionView) -> Self {
        Self {
            acknowledged: view.acknowledged,
            received: view.received,
            duplicates: view.duplicates,
            reordered: view.reordered,
            lost: view.lost - view.late_after_loss,
            corrupt: view.corrupt,
            misrouted: view.misrouted,
            mangled: view.mangled,
            undelivered: view.undelivered,
        }
    }

    /// Of the records of one run.
    fn of_logs(world: &World, partition: usize, run: &str) -> Self {
        let mut counts = Self::default();
        let logs = &world.partitions[partition];
        let of_run = |entry: &&Entry| match entry {
            Entry::Record { record, .. } => record.run == run,
            Entry::Point(_) | Entry::Corrupt => true,
        };
        let source = logs.source.iter().filter(of_run);
        let stands: BTreeSet<u64> = source.filter_map(sequence).collect();
        counts.acknowledged = stands.len() as u64;
        let mut arrived = BTreeSet::new();
        let mut first = None;
        for entry in logs.target.iter().filter(of_run) {
            match entry {
                Entry::Point(_) => {}
                Entry::Corrupt => counts.corrupt += 1,
                Entry::Record { record, .. }
                    if usize::try_from(record.partition) != Ok(partition) =>
                {
                    counts.misrouted += 1;
                }
                Entry::Record { record, has_header } => {
                    counts.mangled += u64::from(!has_header);
                    let sequence = record.sequence;
                    if sequence < *first.get_or_insert(sequence) || arrived.contains(&sequence) {
                        counts.duplicates += 1;
                        continue;
                    }
                    counts.received += 1;
                    let is_late = arrived.last().is_some_and(|newest| *newest > sequence);
                    counts.reordered += u64::from(is_late);
                    arrived.insert(sequence);
                }
            }
        }
        let owed = stands.iter().filter(|sequence| {
            first.is_none_or(|first| **sequence >= first) && !arrived.contains(sequence)
        });
        let owed = owed.count() as u64;
        // MM2 has committed all in the end, which counts from a first arrival on.
        match first {
            Some(_) => counts.lost = owed,
            None => counts.undelivered = owed,
        }
        counts
    }
}

fn sequence(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Record { record, .. } => Some(record.sequence),
        Entry::Point(_) | Entry::Corrupt => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn killed_at_any_points_the_ledger_ends_with_the_counts_that_the_logs_imply(
        acts in prop::collection::vec(act(), 1..400),
    ) {
        let mut world = World::new();
        for act in acts {
            perform(&mut world, act);
        }
        world.come_to_rest();
        let view = world.view();
        for (partition, ledger) in view.partitions.iter().enumerate() {
            prop_assert_eq!(Counts::of_ledger(ledger), Counts::of_logs(&world, partition, &view.run));
            prop_assert!(ledger.untimed <= ledger.received && ledger.acknowledged <= ledger.sent);
        }
        prop_assert_eq!(view.problem, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn nothing_that_stands_at_the_target_is_ever_taken_for_lost_however_long_it_is_not_read(
        acts in prop::collection::vec(act(), 1..400),
    ) {
        let mut world = World::new();
        for act in acts {
            match act {
                // What is copied after it was lost comes late indeed.
                Act::Copy(_, Copy::Behind) | Act::Replay(..) => {}
                Act::Pass(millis) => perform(&mut world, Act::Pass(millis * 40)),
                act => perform(&mut world, act),
            }
        }
        world.come_to_rest();
        for ledger in world.view().partitions {
            prop_assert_eq!(ledger.late_after_loss, 0);
        }
    }
}

/// A life without a fault: each record is taken, copied and read within 60 ms of its time.
fn clean(lives: &[(u16, usize, i64)]) -> World {
    let mut world = World::new();
    world.stand();
    for (turn, &(tenths, landed, gone)) in lives.iter().enumerate() {
        for tenth in 0..tenths {
            world.pass(40_000);
            world.send();
            for partition in 0..PARTITIONS {
                for _ in 0..4 {
                    world.append(partition, true);
                    world.read(Side::Source, partition);
                    world.copy(partition, Copy::Sound);
                    world.read(Side::Target, partition);
                }
                if (usize::from(tenth) + partition) % 50 == turn {
                    world.settle(partition);
                }
            }
            world.pass(60_000);
            world.send();
        }
        if turn + 1 < lives.len() {
            world.kill(landed, 0, gone * 1_000);
            world.stand();
            for partition in 0..PARTITIONS {
                // What stood there is read at once; MM2 was there all the time.
                for _ in 0..60 {
                    world.copy(partition, Copy::Sound);
                    world.read(Side::Source, partition);
                }
                for _ in 0..60 {
                    world.read(Side::Target, partition);
                }
            }
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_clean_history_with_crashes_never_raises_an_alarm(
        lives in prop::collection::vec((1..12u16, 0..4usize, 0..60_000i64), 1..4),
    ) {
        let mut world = clean(&lives);
        for (partition, ledger) in world.view().partitions.iter().enumerate() {
            prop_assert_eq!((ledger.outage_count, ledger.outages.len()), (0, 0), "partition {}", partition);
        }
        world.come_to_rest();
        let view = world.view();
        // Absences that follow each other within D and five seconds are one span.
        let absences = u64::from(lives.len() > 1)..=lives.len() as u64 - 1;
        prop_assert!(absences.contains(&view.source_blind.count));
        prop_assert!(absences.contains(&view.target_blind.count));
        for ledger in view.partitions {
            let bad = (ledger.outage_count, ledger.duplicates, ledger.reordered, ledger.lost, ledger.undelivered);
            prop_assert_eq!(bad, (0, 0, 0, 0, 0));
        }
    }
}
