//! What each difference is counted as.

use mirrorwatch::audit::matching::{Begin, Scope};
use mirrorwatch::audit::tally::{Counts, Firsts, Place};

use crate::history::{Reading, Record, adds_up, audit, whole};

fn records(numbers: &[u32]) -> Vec<Record> {
    numbers.iter().map(|number| Record::of(*number)).collect()
}

fn compare(source: &[u32], target: &[u32]) -> Counts {
    audit(&records(source), &records(target))
}

/// The same of a part, or with other limits, read in portions.
fn within(scope: Scope, portion: usize, source: &[Record], target: &[Record]) -> (Counts, Firsts) {
    let reading = Reading {
        source,
        target,
        scope,
        portion,
    };
    reading.audit()
}

/// Missing, duplicate, reordered, changed, unexpected, in flight.
fn kinds(counts: &Counts) -> [u64; 6] {
    let Counts {
        missing,
        duplicate,
        reordered,
        changed,
        unexpected,
        ..
    } = *counts;
    [
        missing,
        duplicate,
        reordered,
        changed,
        unexpected,
        counts.undecided.in_flight,
    ]
}

#[test]
fn a_faithful_copy_has_nothing_to_tell() {
    let counts = compare(&[1, 2, 2, 2, 3], &[1, 2, 2, 2, 3]);
    assert_eq!((kinds(&counts), counts.matched), ([0; 6], 5));
}

#[test]
fn a_record_that_later_ones_came_without_is_missing() {
    assert_eq!(
        kinds(&compare(&[1, 2, 3, 4], &[1, 3, 4])),
        [1, 0, 0, 0, 0, 0]
    );
}

#[test]
fn what_nothing_later_came_behind_is_in_flight_and_not_missing() {
    assert_eq!(kinds(&compare(&[1, 2, 3, 4], &[1, 2])), [0, 0, 0, 0, 0, 2]);
    assert_eq!(kinds(&compare(&[1, 2, 3, 4], &[])), [0, 0, 0, 0, 0, 4]);
}

#[test]
fn one_of_a_run_of_records_that_are_the_same_is_missed() {
    assert_eq!(
        kinds(&compare(&[1, 2, 2, 2, 3], &[1, 2, 2, 3])),
        [1, 0, 0, 0, 0, 0]
    );
}

#[test]
fn one_more_in_a_run_is_a_duplicate() {
    assert_eq!(
        kinds(&compare(&[1, 2, 2, 3, 4], &[1, 2, 2, 2, 3, 4])),
        [0, 1, 0, 0, 0, 0]
    );
    // Though the same content stands further on, too.
    assert_eq!(
        kinds(&compare(&[1, 2, 2, 3, 2, 2, 4], &[1, 2, 2, 2, 3, 2, 2, 4])),
        [0, 1, 0, 0, 0, 0]
    );
}

#[test]
fn a_replay_is_duplicates_and_no_reordering() {
    assert_eq!(
        kinds(&compare(&[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4, 2, 3, 4, 5, 6])),
        [0, 3, 0, 0, 0, 0]
    );
}

#[test]
fn a_replay_that_brings_what_was_missing_leaves_nothing_missing() {
    // 3 was lost at first: it comes after 4, so it is late, and only 4 is there twice.
    assert_eq!(
        kinds(&compare(&[1, 2, 3, 4, 5], &[1, 2, 4, 3, 4, 5])),
        [0, 1, 1, 0, 0, 0]
    );
}

#[test]
fn a_record_behind_a_later_one_is_reordered() {
    assert_eq!(
        kinds(&compare(&[1, 2, 3, 4, 5], &[1, 3, 4, 2, 5])),
        [0, 0, 1, 0, 0, 0]
    );
    // All that the early one overtook are.
    assert_eq!(
        kinds(&compare(&[1, 2, 3, 4, 5], &[1, 4, 2, 3, 5])),
        [0, 0, 2, 0, 0, 0]
    );
}

#[test]
fn a_loss_between_records_that_come_again_later_is_seen_at_its_place() {
    let source = [1, 2, 3, 4, 5, 6, 7, 1, 8, 9];
    assert_eq!(
        kinds(&compare(&source, &[1, 2, 1, 8, 9])),
        [5, 0, 0, 0, 0, 0]
    );
}

#[test]
fn another_content_in_the_place_of_a_record_is_a_change_and_names_the_part() {
    type Change = fn(&mut Record);
    let source = records(&[1, 2, 3]);
    let changes: [(&str, Change); 4] = [
        ("key", |record| record.key = 99),
        ("value", |record| record.value = 99),
        ("headers", |record| record.header = 99),
        ("timestamp", |record| record.timestamp = 99),
    ];
    for (part, change) in changes {
        let mut target = source.clone();
        change(&mut target[1]);
        let (counts, first) = within(whole(3, 3), 10, &source, &target);
        assert_eq!(kinds(&counts), [0, 0, 0, 1, 0, 0], "{part}");
        let [
            Place {
                source: Some(1),
                target: Some(1),
                parts,
            },
        ] = first.changed[..]
        else {
            panic!("{part}: {:?}", first.changed)
        };
        assert_eq!(parts.to_string(), part);
    }
}

#[test]
fn one_changed_record_of_a_run_is_one_change() {
    let source = records(&[1, 2, 2, 2, 3]);
    let mut target = source.clone();
    target[2].header = 9;
    assert_eq!(kinds(&audit(&source, &target)), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn headers_that_are_all_encoded_anew_are_changes_and_a_loss_among_them_is_seen() {
    let source = records(&(0..3_000).collect::<Vec<_>>());
    let mut target = source.clone();
    for record in &mut target {
        record.header = 9;
    }
    target.remove(1_000);
    assert_eq!(kinds(&audit(&source, &target)), [1, 0, 0, 2_999, 0, 0]);
}

#[test]
fn a_content_that_the_source_does_not_have_is_unexpected() {
    assert_eq!(
        kinds(&compare(&[1, 2, 3], &[1, 99, 2, 3])),
        [0, 0, 0, 0, 1, 0]
    );
    // A record is not changed if it is there itself.
    let source = records(&[1, 2, 3]);
    let mut foreign = Record::of(2);
    foreign.header = 9;
    let target = [source[0], foreign, source[1], source[2]];
    assert_eq!(kinds(&audit(&source, &target)), [0, 0, 0, 0, 1, 0]);
}

#[test]
fn what_the_target_has_from_before_does_not_count() {
    let (source, target) = (records(&[5, 6, 7]), records(&[1, 2, 5, 6, 7]));
    let scope = Scope {
        begin: Begin::Between,
        ..whole(3, 5)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!((kinds(&counts), counts.outside), ([0; 6], 2));
}

#[test]
fn only_the_window_is_judged_and_what_was_read_around_it_is_context() {
    let source = records(&[1, 2, 3, 4, 5, 6, 7, 8]);
    // 1 and 8 are missing, 2 and 5 are there twice, 4 is missing.
    let target = records(&[2, 2, 3, 5, 5, 6, 7]);
    let scope = Scope {
        judged: (2, 6),
        ..whole(8, 7)
    };
    let (counts, first) = within(scope, 10, &source, &target);
    assert_eq!(
        (kinds(&counts), counts.source_records, counts.outside),
        ([1, 1, 0, 0, 0, 0], 4, 3)
    );
    assert_eq!(first.missing, [Place::at_source(3)]);
    assert_eq!(first.duplicate, [Place::at_both(4, 4)]);
}

#[test]
fn what_comes_behind_the_window_decides_its_end() {
    let source = records(&[1, 2, 3, 4, 5, 6]);
    let target = records(&[1, 2, 5, 6]);
    let scope = Scope {
        judged: (0, 4),
        is_open: false,
        ..whole(6, 4)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!(kinds(&counts), [2, 0, 0, 0, 0, 0]);
}

#[test]
fn what_a_new_record_at_the_target_is_nobody_asks() {
    let (source, target) = (records(&[1, 2]), records(&[1, 2, 3]));
    let scope = Scope {
        target_end: 2,
        ..whole(2, 3)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!((kinds(&counts), counts.outside), ([0; 6], 1));
}

#[test]
fn what_retention_may_have_deleted_at_the_target_is_not_missing() {
    let (source, target) = (records(&[1, 2, 3, 4, 5]), records(&[3, 5]));
    let scope = Scope {
        begin: Begin::Cut,
        ..whole(5, 2)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!(
        (kinds(&counts), counts.undecided.below_target_start),
        ([1, 0, 0, 0, 0, 0], 2)
    );
}

#[test]
fn what_retention_may_have_deleted_at_the_target_is_not_missing_though_it_is_more_than_the_memory()
{
    let source = records(&(0..20_000).collect::<Vec<_>>());
    let target = &source[15_000..15_500];
    let audit = |begin, is_compacted| {
        let scope = Scope {
            begin,
            is_compacted,
            memory: 4_096,
            ..whole(20_000, target.len())
        };
        let (counts, _) = within(scope, 1_000, &source, target);
        adds_up(&counts, &source, target);
        (
            counts.missing,
            counts.undecided.below_target_start,
            counts.undecided.compacted,
        )
    };
    assert_eq!(audit(Begin::Cut, Some(false)), (0, 15_000, 0));
    assert_eq!(audit(Begin::Cut, Some(true)), (0, 15_000, 0));
    // With nothing deleted they are lost, or compacted.
    assert_eq!(audit(Begin::First, Some(false)), (15_000, 0, 0));
    assert_eq!(audit(Begin::First, Some(true)), (0, 0, 15_000));
}

#[test]
fn what_compaction_may_have_removed_is_not_missing() {
    let (source, target) = (records(&[1, 2, 3]), records(&[1, 3]));
    let scope = Scope {
        is_compacted: Some(true),
        ..whole(3, 2)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!((kinds(&counts), counts.undecided.compacted), ([0; 6], 1));
}

#[test]
fn a_record_with_a_key_is_not_missing_where_nobody_knows_of_compaction() {
    let (source, target) = (records(&[1, 2, 3]), records(&[1, 3]));
    let scope = Scope {
        is_compacted: None,
        ..whole(3, 2)
    };
    let (counts, _) = within(scope, 10, &source, &target);
    assert_eq!(
        (kinds(&counts), counts.undecided.cleanup_unknown),
        ([0; 6], 1)
    );
    adds_up(&counts, &source, &target);
}

#[test]
fn a_gap_longer_than_the_memory_is_undecided_and_never_guessed() {
    let source = records(&(0..20_000).collect::<Vec<_>>());
    let mut target = source.clone();
    target.drain(1_000..15_000);
    let scope = Scope {
        memory: 4_096,
        ..whole(20_000, target.len())
    };
    let (counts, _) = within(scope, 1_000, &source, &target);
    adds_up(&counts, &source, &target);
    assert!(
        counts.matched >= 1_000 && counts.missing <= 14_000 && counts.changed == 0,
        "{counts:?}"
    );
    assert!(counts.undecided.beyond_memory > 0, "{counts:?}");
    // With enough of it, it is exact.
    let scope = Scope {
        memory: 40_000,
        ..scope
    };
    let (counts, _) = within(scope, 1_000, &source, &target);
    assert_eq!(kinds(&counts), [14_000, 0, 0, 0, 0, 0]);
}

#[test]
fn a_record_that_comes_when_it_is_long_forgotten_is_late_and_not_missing() {
    let source = records(&(0..20_000).collect::<Vec<_>>());
    let mut target = source.clone();
    let late = target.remove(100);
    target.insert(15_000, late);
    let scope = Scope {
        memory: 4_096,
        ..whole(20_000, 20_000)
    };
    let (counts, _) = within(scope, 1_000, &source, &target);
    assert_eq!(kinds(&counts), [0, 0, 1, 0, 0, 0]);
}

#[test]
fn a_copy_of_what_is_forgotten_is_unplaced_and_a_newer_stranger_unexpected() {
    let source = records(&(0..20_000).collect::<Vec<_>>());
    let mut target = source.clone();
    target.insert(15_000, Record::of(5));
    target.insert(
        15_001,
        Record {
            timestamp: 15_001,
            ..Record::of(99_999)
        },
    );
    let scope = Scope {
        memory: 4_096,
        ..whole(20_000, 20_002)
    };
    let (counts, _) = within(scope, 1_000, &source, &target);
    assert_eq!(
        (
            counts.missing,
            counts.changed,
            counts.unplaced,
            counts.unexpected
        ),
        (0, 0, 1, 1)
    );
}

#[test]
fn the_first_places_of_a_long_loss_are_its_first_records() {
    let source = records(&(0..20_000).collect::<Vec<_>>());
    let mut target = source.clone();
    target.drain(1_000..3_000);
    let scope = Scope {
        memory: 4_096,
        ..whole(20_000, target.len())
    };
    let first_ten: Vec<Place> = (1_000..1_010).map(Place::at_source).collect();
    let (counts, first) = within(scope, 1_000, &source, &target);
    assert_eq!(
        (kinds(&counts), first.missing),
        ([2_000, 0, 0, 0, 0, 0], first_ten.clone())
    );
    // With as many records at the target that nobody can place each of them may be there.
    let strangers = (0..2_500).map(|number| Record {
        timestamp: -1 - i64::from(number),
        ..Record::of(100_000 + number)
    });
    target.splice(15_000..15_000, strangers);
    let scope = Scope {
        target_end: 20_500,
        ..scope
    };
    let (counts, first) = within(scope, 1_000, &source, &target);
    adds_up(&counts, &source, &target);
    assert_eq!(
        (counts.missing, counts.undecided.beyond_memory),
        (0, 2_000),
        "{counts:?}"
    );
    assert_eq!((first.missing, first.undecided), (vec![], first_ten));
}

/// The same value as others, in a record of its own.
fn of_value(value: u32, timestamp: i64) -> Record {
    Record {
        key: value,
        value,
        header: 0,
        timestamp,
    }
}

#[test]
fn a_stranger_with_the_value_of_a_later_record_makes_none_of_those_between_late() {
    // A transaction was aborted at the source, and its record written anew behind others.
    let aborted = of_value(9, 1);
    let source = [2, 3, 4, 9].map(|number| of_value(number, i64::from(number)));
    let target = [aborted, source[0], source[1], source[2], source[3]];
    assert_eq!(kinds(&audit(&source, &target)), [0, 0, 0, 0, 1, 0]);
    // One of those between is lost.
    let target = [aborted, source[1], source[2], source[3]];
    let counts = audit(&source, &target);
    assert_eq!((counts.reordered, counts.matched), (0, 3), "{counts:?}");
}
