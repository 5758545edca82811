//! What is left when the target has been read: records that have no later one behind them at the target are not decidable yet, the others
//! that it does not have are missing.

use super::sources::State;
use super::{Begin, Matcher};
use crate::audit::content::Seen;
use crate::audit::tally::{Counts, FIRST, Firsts, Place, note_by_source};

/// Records of the source behind all that the target has.
#[derive(Debug, Default)]
pub(super) struct Tail {
    records: Vec<Seen>,
    /// Those that are not kept.
    more: u64,
    more_with_key: u64,
    /// Whether it lies behind more than what is remembered, rather than at the end.
    is_beyond_memory: Option<bool>,
}

/// Records of a tail that are kept, for their places.
const KEPT: usize = FIRST;

impl Matcher {
    /// Take what the target will not have any more; again with each record of the source that is still read.
    pub(super) fn take_tail(&mut self) {
        let is_stuck =
            self.sources.ahead() >= self.memory_ahead() && !self.in_this_place.is_empty();
        self.tail.is_beyond_memory.get_or_insert(is_stuck);
        while let Some(source) = self.sources.get(self.sources.next()).copied() {
            self.sources.enter();
            if self.came_before(&source) {
                // A later one is there.
                self.break_tail();
                continue;
            }
            // It is counted with the tail.
            self.sources.pass(State::Found);
            if self.is_judged(source.offset) {
                self.tail.add(source);
            }
            self.forget();
        }
    }

    fn break_tail(&mut self) {
        let tail = std::mem::take(&mut self.tail);
        self.tail.is_beyond_memory = tail.is_beyond_memory;
        for source in &tail.records {
            self.settle(source);
        }
        let Some(last) = tail.records.last() else {
            return;
        };
        // They stand behind it, so that the target began before all of them or has not yet.
        *self.absent(last.offset, true).0 += tail.more_with_key;
        *self.absent(last.offset, false).0 += tail.more - tail.more_with_key;
    }

    /// Count a record that the target does not have.
    pub(super) fn settle(&mut self, source: &Seen) {
        let (count, firsts) = self.absent(source.offset, source.has_key());
        *count += 1;
        note_by_source(firsts, Place::at_source(source.offset));
    }

    /// As what a record of the source counts that the target does not have, and where its place is kept.
    fn absent(&mut self, offset: i64, has_key: bool) -> (&mut u64, &mut Vec<Place>) {
        let undecided = &mut self.counts.undecided;
        let is_below = self.begun.is_none_or(|begun| offset < begun);
        let count = match self.scope.is_compacted {
            _ if self.scope.begin == Begin::Cut && is_below => &mut undecided.below_target_start,
            Some(true) if has_key => &mut undecided.compacted,
            None if has_key => &mut undecided.cleanup_unknown,
            _ => return (&mut self.counts.missing, &mut self.firsts.missing),
        };
        (count, &mut self.firsts.undecided)
    }

    /// The counts, once both sides were read.
    pub fn finish(mut self) -> (Counts, Firsts) {
        self.advance();
        let missing = self
            .sources
            .passed()
            .filter(|(source, state)| *state == State::Missing && self.is_judged(source.offset));
        let mut missing: Vec<Seen> = missing
            .map(|(source, _)| *source)
            .chain(self.lost.iter().copied())
            .collect();
        missing.sort_unstable_by_key(|source| source.offset);
        for source in &missing {
            self.settle(source);
        }
        self.doubt();
        let tail = std::mem::take(&mut self.tail);
        let tail_count = tail.records.len() as u64 + tail.more;
        if self.target_is_cut {
            self.counts.undecided.deleted += tail_count;
        } else if tail.is_beyond_memory == Some(true) {
            self.counts.undecided.beyond_memory += tail_count;
        } else {
            self.counts.undecided.in_flight += tail_count;
        }
        for source in &tail.records {
            note_by_source(&mut self.firsts.undecided, Place::at_source(source.offset));
        }
        (self.counts, self.firsts)
    }

    /// Rule: each record at the target that could not be compared with all there was may be one that counts as missing.
    fn doubt(&mut self) {
        let (strangers, lost) = self.unkept;
        let unplaced = if lost > 0 { self.counts.unplaced } else { 0 };
        let doubtful = self.counts.missing.min(strangers + unplaced);
        self.counts.missing -= doubtful;
        self.counts.undecided.beyond_memory += doubtful;
        if self.counts.missing == 0 {
            for place in std::mem::take(&mut self.firsts.missing) {
                note_by_source(&mut self.firsts.undecided, place);
            }
        }
    }
}

impl Tail {
    fn add(&mut self, source: Seen) {
        if self.records.len() < KEPT {
            self.records.push(source);
        } else {
            self.more += 1;
            self.more_with_key += u64::from(source.has_key());
        }
    }
}
