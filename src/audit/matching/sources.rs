//! The records of the source that are remembered: those that the target has been compared with, and those that were read ahead of it.
//!
//! Numbers count the records of a partition as they were read, without gaps. Contents are looked up only where both sides differ, so they
//! are entered only then.

use std::collections::{BTreeSet, VecDeque};

use crate::audit::content::{ByContent, Digest, Parts, Seen};

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is still to come.
    Ahead,
    /// The target has it.
    Found,
    /// The target has later ones and not this one.
    Missing,
    /// The target has another content in its place.
    Changed(Parts),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    seen: Seen,
    state: State,
    /// How many numbers on the next record of the same content stands, among those that were read ahead; 0 for none.
    next_alike: u32,
}

/// What is known of a content among the records that the target was compared with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// The number of the last one.
    pub(super) last: u64,
    /// Copies at the target that no record of the source is left for, of records inside the window and outside.
    pub(super) surplus: [u32; 2],
}

/// The records of one partition of the source.
#[derive(Debug, Default)]
pub(super) struct Sources {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    base: u64,
    /// The number of the record that the target should have next.
    next: u64,
    known: ByContent<Known>,
    known_to: u64,
    /// First and last number ahead.
    ahead: ByContent<(u64, u64)>,
    ahead_to: u64,
    /// Those that the target was compared with and does not have. They may be all of them: one set takes a third of what sets by content take.
    open: BTreeSet<(Digest, u64)>,
    /// The latest timestamp of what is no longer remembered and not kept aside either.
    pub(super) forgotten: Option<i64>,
}

impl Sources {
    pub(super) fn push(&mut self, seen: Seen) {
        self.entries.push_back(Entry {
            seen,
            state: State::Ahead,
            next_alike: 0,
        });
    }

    /// The number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// One past the number of the last record that was read.
    pub(super) fn end(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    pub(super) fn ahead(&self) -> usize {
        index(self.end() - self.next)
    }

    pub(super) fn behind(&self) -> usize {
        index(self.next - self.base)
    }

    pub(super) fn first(&self) -> Option<&Seen> {
        self.entries.front().map(|entry| &entry.seen)
    }

    pub(super) fn get(&self, number: u64) -> Option<&Seen> {
        let at = number.checked_sub(self.base)?;
        self.entries.get(index(at)).map(|entry| &entry.seen)
    }

    pub(super) fn state(&self, number: u64) -> Option<State> {
        let at = number.checked_sub(self.base)?;
        self.entries.get(index(at)).map(|entry| entry.state)
    }

    /// What became of the next record; the one after it is the next one then.
    pub(super) fn pass(&mut self, state: State) {
        let number = self.next;
        let Some(entry) = self.entries.get_mut(index(number - self.base)) else {
            return;
        };
        entry.state = state;
        let (digest, next_alike) = (entry.seen.digest, entry.next_alike);
        self.next += 1;
        if number < self.ahead_to {
            match (self.ahead.get_mut(&digest), next_alike) {
                (Some(_), 0) => drop(self.ahead.remove(&digest)),
                (Some(first), on) => first.0 = number + u64::from(on),
                (None, _) => {}
            }
        }
        if state != State::Found {
            self.open.insert((digest, number));
        }
    }

    /// The target has a record after all. What was thought of it before.
    pub(super) fn found(&mut self, number: u64) -> Option<State> {
        let entry = self
            .entries
            .get_mut(index(number.checked_sub(self.base)?))?;
        let before = std::mem::replace(&mut entry.state, State::Found);
        self.open.remove(&(entry.seen.digest, number));
        Some(before)
    }

    /// Enter the contents of all records that were read.
    pub(super) fn enter(&mut self) {
        for number in self.known_to.max(self.base)..self.next {
            let entry = &self.entries[index(number - self.base)];
            self.known.entry(entry.seen.digest).or_default().last = number;
        }
        self.known_to = self.next;
        for number in self.ahead_to.max(self.next)..self.end() {
            let digest = self.entries[index(number - self.base)].seen.digest;
            let (_, last) = self.ahead.entry(digest).or_insert((number, number));
            let before = std::mem::replace(last, number);
            if before < number {
                let on = u32::try_from(number - before).unwrap_or(0);
                self.entries[index(before - self.base)].next_alike = on;
            }
        }
        self.ahead_to = self.end();
    }

    /// The nearest record ahead with a content.
    pub(super) fn nearest(&self, digest: &Digest) -> Option<u64> {
        self.ahead.get(digest).map(|(first, _)| *first)
    }

    /// Whether a content stands ahead more than once.
    pub(super) fn is_repeated(&self, digest: &Digest) -> bool {
        self.ahead
            .get(digest)
            .is_some_and(|(first, last)| first < last)
    }

    pub(super) fn known(&mut self, digest: &Digest) -> Option<&mut Known> {
        self.known.get_mut(digest)
    }

    /// Those of a content that the target was compared with and does not have.
    pub(super) fn open(&self, digest: &Digest) -> impl Iterator<Item = u64> {
        let open = self.open.range((*digest, 0)..=(*digest, u64::MAX));
        open.map(|(_, number)| *number)
    }

    /// Forget the first record, unless it is still to come.
    pub(super) fn forget(&mut self) -> Option<(Seen, State)> {
        if self.base == self.next {
            return None;
        }
        let entry = self.entries.pop_front()?;
        let (digest, number) = (entry.seen.digest, self.base);
        self.base += 1;
        if number < self.known_to
            && self
                .known
                .get(&digest)
                .is_some_and(|known| known.last == number)
        {
            self.known.remove(&digest);
        }
        if entry.state != State::Missing {
            let timestamp = entry.seen.timestamp.unwrap_or(i64::MAX);
            self.forgotten = self.forgotten.max(Some(timestamp));
        }
        if entry.state != State::Found {
            self.open.remove(&(digest, number));
        }
        Some((entry.seen, entry.state))
    }

    /// Whether a record at the target may be a copy of one that is no longer remembered: that one had the same timestamp.
    pub(super) fn may_have_forgotten(&self, target: &Seen) -> bool {
        let is_older = |latest| target.timestamp.is_none_or(|timestamp| timestamp <= latest);
        self.forgotten.is_some_and(is_older)
    }

    /// All records that the target was compared with, with what became of them.
    pub(super) fn passed(&self) -> impl Iterator<Item = (&Seen, State)> {
        let passed = self.entries.iter().take(self.behind());
        passed.map(|entry| (&entry.seen, entry.state))
    }

    /// Contents of which the target has more than the source.
    pub(super) fn surpluses(&self) -> impl Iterator<Item = (&Seen, [u32; 2])> {
        let more = self.known.values().filter(|known| known.surplus != [0, 0]);
        more.filter_map(|known| Some((self.get(known.last)?, known.surplus)))
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("what is remembered fits into memory")
}
