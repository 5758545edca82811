//! Random histories: contents counted against the model, injections against their number, clean ones without a word.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::history::{Reading, Record, adds_up, audit, bag, in_bag, whole};

/// Something that a copier did, and the records that it happened to.
#[derive(Clone, Debug)]
enum Deed {
    Copy(Vec<usize>),
    Lose(Vec<usize>),
    LoseOneOfRun(usize),
    Replay(Vec<usize>),
    HoldBack(usize),
    Change(u8),
    Insert,
}

/// Lengths of runs of records that are the same.
fn runs() -> impl Strategy<Value = Vec<usize>> {
    vec(1_usize..4, 1..12)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        runs().prop_map(Deed::Copy),
        runs().prop_map(Deed::Lose),
        (2_usize..6).prop_map(Deed::LoseOneOfRun),
        runs().prop_map(Deed::Replay),
        (1_usize..40).prop_map(Deed::HoldBack),
        (0_u8..4).prop_map(Deed::Change),
        Just(Deed::Insert),
    ]
}

#[derive(Debug, Default)]
struct Hop {
    source: Vec<Record>,
    target: Vec<Record>,
    number: u32,
    missing: u64,
    duplicate: u64,
    reordered: u64,
    changed: u64,
    unexpected: u64,
}

impl Hop {
    fn fresh(&mut self) -> Record {
        self.number += 1;
        Record::of(self.number)
    }

    fn runs(&mut self, lengths: &[usize]) -> Vec<Record> {
        let runs = lengths
            .iter()
            .flat_map(|length| vec![self.fresh(); *length]);
        runs.collect()
    }

    fn copy(&mut self, records: &[Record]) {
        self.source.extend(records);
        self.target.extend(records);
    }

    fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Copy(lengths) => {
                let records = self.runs(lengths);
                self.copy(&records);
            }
            Deed::Lose(lengths) => {
                let records = self.runs(lengths);
                self.missing += records.len() as u64;
                self.source.extend(records);
            }
            Deed::LoseOneOfRun(length) => {
                let records = self.runs(&[*length]);
                self.source.extend(&records);
                self.target.extend(&records[1..]);
                self.missing += 1;
            }
            Deed::Replay(lengths) => {
                let records = self.runs(lengths);
                self.copy(&records);
                self.target.extend(&records);
                self.duplicate += records.len() as u64;
            }
            Deed::HoldBack(overtaken_by) => {
                let held = self.fresh();
                let others = self.runs(&vec![1; *overtaken_by]);
                self.source.push(held);
                self.source.extend(&others);
                self.target.extend(&others);
                self.target.push(held);
                self.reordered += 1;
            }
            Deed::Change(part) => {
                let record = self.fresh();
                let mut changed = record;
                match part {
                    0 => changed.key = u32::MAX,
                    1 => changed.value = u32::MAX - self.number,
                    2 => changed.header = u32::MAX,
                    _ => changed.timestamp = -7,
                }
                self.source.push(record);
                self.target.push(changed);
                self.changed += 1;
            }
            Deed::Insert => {
                self.unexpected += 1;
                let mut foreign = self.fresh();
                foreign.header = 1;
                self.target.push(foreign);
            }
        }
    }
}

fn hop(deeds: &[Deed]) -> Hop {
    let mut hop = Hop::default();
    for deed in deeds {
        // What is between two deeds tells them apart.
        hop.does(&Deed::Copy(vec![1, 1]));
        hop.does(deed);
    }
    hop.does(&Deed::Copy(vec![1; 3]));
    hop
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_content_is_counted_exactly_whatever_the_order(
        source in vec(0_u32..7, 0..60),
        target in vec(0_u32..9, 0..60),
    ) {
        let [source, target] = [source, target].map(|numbers| numbers.into_iter().map(Record::of).collect::<Vec<_>>());
        let counts = audit(&source, &target);
        adds_up(&counts, &source, &target);
        prop_assert_eq!(in_bag(&counts), bag(&source, &target), "{:?}", counts);
    }

    #[test]
    fn what_was_injected_is_reported_in_its_number(deeds in vec(deed(), 0..30)) {
        let hop = hop(&deeds);
        let counts = audit(&hop.source, &hop.target);
        adds_up(&counts, &hop.source, &hop.target);
        prop_assert_eq!(
            [counts.missing, counts.duplicate, counts.reordered, counts.changed, counts.unexpected, counts.undecided.total()],
            [hop.missing, hop.duplicate, hop.reordered, hop.changed, hop.unexpected, 0]
        );
    }

    #[test]
    fn a_copy_that_keeps_the_order_of_records_that_share_values_has_none_reordered(
        copies in vec((0_u32..4, 0_u8..8), 0..120),
    ) {
        let (mut source, mut target) = (Vec::new(), Vec::new());
        for (timestamp, (value, deed)) in (0_i64..).zip(copies) {
            let record = Record { key: value, value, header: 0, timestamp };
            // Only at the target, only at the source, or at both.
            if deed != 0 {
                source.push(record);
            }
            if deed != 1 {
                target.push(record);
            }
        }
        let counts = audit(&source, &target);
        adds_up(&counts, &source, &target);
        prop_assert_eq!(in_bag(&counts), bag(&source, &target), "{:?}", counts);
        prop_assert_eq!(counts.reordered, 0, "{:?}", counts);
    }

    #[test]
    fn it_makes_no_difference_how_records_are_read_or_where_the_audit_was_interrupted(
        source in vec(0_u32..30, 0..200),
        deeds in vec(deed(), 1..20),
        portion in 1_usize..50,
        interrupted in 1_usize..60,
    ) {
        let mut hop = hop(&deeds);
        let noise = source.into_iter().map(|number| Record::of(1_000_000 + number));
        hop.source.extend(noise.clone().rev());
        hop.target.extend(noise);
        let scope = whole(hop.source.len(), hop.target.len());
        let reading = |portion| Reading { source: &hop.source, target: &hop.target, scope, portion };
        let at_once = reading(10_000).audit();
        prop_assert_eq!(&reading(portion).audit(), &at_once);
        prop_assert_eq!(&reading(portion).interrupted_after(interrupted), &at_once);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_clean_history_raises_no_alarm(lengths in vec(1_usize..5, 1..60), replays in vec((0_usize..100, 0_usize..40), 0..4)) {
        let mut hop = Hop::default();
        let source = hop.runs(&lengths);
        let mut target = source.clone();
        let mut replayed = 0;
        let mut at = source.len();
        // From behind, so that places stay; a copier that dies goes on from where it had last noted.
        for (back, depth) in replays {
            at = at.saturating_sub(back);
            let depth = depth.min(at);
            let again = source[at - depth..at].to_vec();
            replayed += again.len() as u64;
            target.splice(at..at, again);
            at -= depth;
        }
        let counts = audit(&source, &target);
        prop_assert_eq!(counts.matched, source.len() as u64);
        prop_assert_eq!(counts.duplicate, replayed);
        prop_assert_eq!([counts.missing, counts.changed, counts.reordered, counts.unexpected, counts.undecided.total()], [0; 5]);
    }
}
