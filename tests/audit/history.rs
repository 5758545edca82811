//! Records of a partition in short, what an audit makes of two lists of them, and a model that counts contents.

use std::collections::BTreeMap;

use mirrorwatch::audit::content::{Digester, Parts, Raw, Seen};
use mirrorwatch::audit::matching::{Begin, Matcher, Saved, Scope};
use mirrorwatch::audit::tally::{Counts, Firsts};

/// A record: key, value, header, timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    pub(crate) key: u32,
    pub(crate) value: u32,
    pub(crate) header: u32,
    pub(crate) timestamp: i64,
}

impl Record {
    /// One that no other number has anything in common with.
    pub(crate) fn of(number: u32) -> Self {
        Self {
            key: number,
            value: number,
            header: 0,
            timestamp: i64::from(number),
        }
    }

    pub(crate) fn seen(self, offset: usize) -> Seen {
        let (key, value) = (format!("k{}", self.key), format!("v{}", self.value));
        let header = self.header.to_string();
        let raw = Raw {
            offset: i64::try_from(offset).expect("small numbers, and what was written just now"),
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            timestamp: Some(self.timestamp),
        };
        let headers = [("h", Some(header.as_bytes()))];
        Digester::ignoring(Parts::default()).seen(raw, headers.into_iter())
    }
}

/// All of two whole partitions.
pub(crate) fn whole(source: usize, target: usize) -> Scope {
    Scope {
        judged: (
            0,
            i64::try_from(source).expect("small numbers, and what was written just now"),
        ),
        goal: i64::try_from(source).expect("small numbers, and what was written just now"),
        is_open: true,
        target_end: i64::try_from(target).expect("small numbers, and what was written just now"),
        begin: Begin::First,
        is_compacted: Some(false),
        memory: 1_000_000,
    }
}

/// Two partitions, read in portions.
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a [Record],
    pub(crate) target: &'a [Record],
    pub(crate) scope: Scope,
    pub(crate) portion: usize,
}

impl Reading<'_> {
    pub(crate) fn audit(&self) -> (Counts, Firsts) {
        self.go_on(Matcher::new(self.scope), (0, 0), usize::MAX)
            .unwrap_or_else(|_| unreachable!())
    }

    /// The same, interrupted after so many portions if it lasts that long.
    pub(crate) fn interrupted_after(&self, portions: usize) -> (Counts, Firsts) {
        match self.go_on(Matcher::new(self.scope), (0, 0), portions) {
            Ok(found) => found,
            Err(None) => self.audit(),
            Err(Some(saved)) => {
                let text = serde_json::to_string(&saved)
                    .expect("small numbers, and what was written just now");
                let saved: Saved = serde_json::from_str(&text)
                    .expect("small numbers, and what was written just now");
                let from = [saved.source_from, saved.target_from];
                let [source, target] = from.map(|offset| {
                    usize::try_from(offset).expect("small numbers, and what was written just now")
                });
                let matcher = Matcher::resume(self.scope, saved);
                self.go_on(matcher, (source, target), usize::MAX)
                    .unwrap_or_else(|_| unreachable!())
            }
        }
    }

    fn go_on(
        &self,
        matcher: Matcher,
        (mut source, mut target): (usize, usize),
        portions: usize,
    ) -> Result<(Counts, Firsts), Option<Box<Saved>>> {
        let mut matcher = matcher;
        for turn in 0.. {
            if turn == portions {
                return Err(matcher.save().map(Box::new));
            }
            let room = matcher.room();
            let before = (source, target);
            for _ in 0..room.0.min(self.portion) {
                if let Some(record) = self.source.get(source) {
                    let seen = record.seen(source);
                    let (from, to) = self.scope.judged;
                    matcher.push_source(seen, (from..to).contains(&seen.offset));
                    source += 1;
                }
            }
            for _ in 0..room.1.min(self.portion) {
                if let Some(record) = self.target.get(target) {
                    matcher.push_target(record.seen(target));
                    target += 1;
                }
            }
            if source == self.source.len() {
                matcher.end_source();
            }
            if target == self.target.len() {
                matcher.end_target();
            }
            matcher.advance();
            if source == self.source.len() && target == self.target.len() {
                return Ok(matcher.finish());
            }
            let stuck = matcher.room() == (0, 0);
            assert!(
                before != (source, target) || !stuck,
                "the matcher takes nothing more: {source} {target}"
            );
        }
        unreachable!()
    }
}

/// An audit of two whole partitions.
pub(crate) fn audit(source: &[Record], target: &[Record]) -> Counts {
    let scope = whole(source.len(), target.len());
    let reading = Reading {
        source,
        target,
        scope,
        portion: 100,
    };
    reading.audit().0
}

/// How often contents stand on each side: matched, not at the target, copies too many, only at the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bag {
    pub(crate) matched: u64,
    pub(crate) absent: u64,
    pub(crate) surplus: u64,
    pub(crate) strange: u64,
}

/// The model.
pub(crate) fn bag(source: &[Record], target: &[Record]) -> Bag {
    let mut contents: BTreeMap<Record, (u64, u64)> = BTreeMap::new();
    for record in source {
        contents.entry(*record).or_default().0 += 1;
    }
    for record in target {
        contents.entry(*record).or_default().1 += 1;
    }
    let mut bag = Bag::default();
    for (at_source, at_target) in contents.into_values() {
        bag.matched += at_source.min(at_target);
        bag.absent += at_source.saturating_sub(at_target);
        if at_source > 0 {
            bag.surplus += at_target.saturating_sub(at_source);
        } else {
            bag.strange += at_target;
        }
    }
    bag
}

/// What an audit counted, in the model's words.
pub(crate) fn in_bag(counts: &Counts) -> Bag {
    Bag {
        matched: counts.matched,
        absent: counts.missing + counts.changed + counts.undecided.total(),
        surplus: counts.duplicate,
        strange: counts.unexpected + counts.changed,
    }
}

/// Each record of either side is counted once.
pub(crate) fn adds_up(counts: &Counts, source: &[Record], target: &[Record]) {
    let of_source = counts.matched + counts.missing + counts.changed + counts.undecided.total();
    let of_target = counts.matched
        + counts.changed
        + counts.duplicate
        + counts.unexpected
        + counts.unplaced
        + counts.outside;
    assert_eq!(of_source, counts.source_records, "{counts:?}");
    assert_eq!(of_target, counts.target_records, "{counts:?}");
    assert_eq!(counts.source_records, source.len() as u64);
    assert_eq!(counts.target_records, target.len() as u64);
}
