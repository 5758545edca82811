//! How much memory an audit takes for what it remembers of a partition, whatever the records' size.

use mirrorwatch::audit::content::{Digester, Parts, Raw, Seen};
use mirrorwatch::audit::matching::{Begin, Matcher, Scope};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// docs/audit.md promises this much for each record that is remembered, in bytes.
const PROMISED: usize = 210;
/// As full as tables are that double when they are full: an eighth of what `--memory` is unless it is given; and just doubled, the worst.
const REMEMBERED: [usize; 2] = [250_000, 229_400];

/// A record that no other is like, at the offset of its number.
fn record(digester: &mut Digester, number: u64) -> Seen {
    let raw = Raw {
        offset: i64::try_from(number).expect("a small number"),
        key: None,
        value: Some(&number.to_be_bytes()),
        timestamp: Some(1),
    };
    digester.seen(raw, std::iter::empty())
}

/// Compare a source of all numbers with a target of these, as far as memory allows.
fn compare(memory: usize, targets: impl Iterator<Item = u64>) -> Matcher {
    let mut matcher = Matcher::new(Scope {
        judged: (0, i64::MAX),
        goal: i64::MAX,
        is_open: true,
        target_end: i64::MAX,
        begin: Begin::First,
        is_compacted: Some(false),
        memory,
    });
    let mut digester = Digester::ignoring(Parts::default());
    let (mut sources, mut targets) = (0.., targets);
    loop {
        let (source, target) = matcher.room();
        let mut went_on = false;
        for number in sources.by_ref().take(source) {
            matcher.push_source(record(&mut digester, number), true);
            went_on = true;
        }
        for number in targets.by_ref().take(target) {
            matcher.push_target(record(&mut digester, number));
            went_on = true;
        }
        matcher.advance();
        if !went_on {
            return matcher;
        }
    }
}

/// Bytes for each record that is remembered, at the worst moment.
fn bytes_a_record(memory: usize, targets: impl Iterator<Item = u64>) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let matcher = compare(memory, targets);
    let bytes = (MEMORY.peak_usage() - before) / memory;
    drop(matcher);
    bytes
}

// One test in this file: what is counted is counted for the whole process.
#[test]
fn what_is_remembered_of_a_partition_takes_no_more_than_is_promised() {
    let told = REMEMBERED.map(|memory| {
        let half = memory as u64 / 2;
        // Of these the source has none: all that it may is read ahead.
        let strangers = || 1 << 40..(1 << 40) + 40;
        let found = bytes_a_record(memory, (0..half).chain(strangers()));
        // The target goes on where the first half ends, which is missing as a whole.
        let missing = (0..1).chain(half - 1..half).chain(strangers());
        [found, bytes_a_record(memory, missing)]
    });
    let most = told.iter().flatten().max();
    assert!(most <= Some(&PROMISED), "bytes a record: {told:?}");
}
