//! Which record at the target is which record of the source, in one partition. Pure: records are pushed in as they are read, in their
//! order, and the counts do not depend on when.
//!
//! The target is read record by record. Where it has what the source has next, nothing is looked up. Where it has something else, the
//! contents of what is remembered of the source decide: a record that was passed over before (it comes late), a copy of one that was found
//! (a duplicate), one further on (what lies between is passed over), or none of them. docs/audit.md defines the kinds; the rules that
//! stand there are marked here.

mod aside;
mod differing;
mod found;
mod judged;
mod settle;
mod sources;
mod state;

use std::collections::VecDeque;

use super::content::Seen;
use super::tally::{Counts, Firsts};
use aside::{Aside, Stranger};
use judged::Judged;
use settle::Tail;
use sources::{Sources, State};
use state::Again;
pub use state::Saved;

/// Records that are read of each side at once.
const BATCH: usize = 1_024;
/// How far ahead a second copy of a content that is known already is looked for.
const NEAR: u64 = 1_024;
/// By how many following records it is told which of two copies is meant.
const FOLLOWING: usize = 32;
/// Fewer records than this are never remembered.
const LEAST_MEMORY: usize = 4 * BATCH;

/// What is to be judged of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Offsets of the source, the end not included, between which what is judged stands at first; of a window in time there may be more
    /// behind them. What else is read is context.
    pub judged: (i64, i64),
    /// One past the last offset of the source whose copy is looked for. With it nothing more of the target is needed, unless `is_open`.
    pub goal: i64,
    /// Whether the source was read to its end: nothing at the target before `target_end` can be a copy of something later.
    pub is_open: bool,
    /// Where the target ended before that end of the source was taken.
    pub target_end: i64,
    /// With what the target begins.
    pub begin: Begin,
    /// Whether the target is compacted; `None` if it does not tell.
    pub is_compacted: Option<bool>,
    /// Records that are remembered.
    pub memory: usize,
}

/// With what the records that are read of the target begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the first that both sides ever had: nothing there is from before.
    First,
    /// With the first that the target still has: there were others before it.
    Cut,
    /// With one that the target has others before.
    Between,
}

/// Compares one partition.
#[derive(Debug)]
pub struct Matcher {
    scope: Scope,
    judged: Judged,
    sources: Sources,
    source_is_read: bool,
    targets: VecDeque<Seen>,
    target_is_read: bool,
    /// Records ahead, and at the target, that are needed to go on.
    needed: (usize, usize),
    /// At the source, the first record that was found.
    begun: Option<i64>,
    /// Contents that only the target has, so far.
    strangers: Aside<Stranger>,
    /// Those since the last record that was found.
    in_this_place: Vec<Stranger>,
    /// Records of the window that are missing and no longer remembered.
    lost: Aside<Seen>,
    /// How many strangers, and how many missing ones, could not be kept.
    unkept: (u64, u64),
    /// What the target will not have any more.
    tail: Tail,
    /// Whether retention took the rest of the target.
    target_is_cut: bool,
    /// While records are read again.
    again: Option<Again>,
    /// One past the last offset of the target that was pushed.
    target_next: i64,
    counts: Counts,
    firsts: Firsts,
}

impl Matcher {
    /// A matcher that has read nothing.
    pub fn new(scope: Scope) -> Self {
        let aside = scope.memory.max(LEAST_MEMORY) / 4;
        Self {
            scope,
            judged: Judged::default(),
            sources: Sources::default(),
            source_is_read: false,
            targets: VecDeque::new(),
            target_is_read: false,
            needed: (0, 0),
            begun: None,
            strangers: Aside::up_to(aside),
            in_this_place: Vec::new(),
            lost: Aside::up_to(aside),
            unkept: (0, 0),
            tail: Tail::default(),
            target_is_cut: false,
            again: None,
            target_next: 0,
            counts: Counts::default(),
            firsts: Firsts::default(),
        }
    }

    /// Take the next record of the source, and whether it is judged.
    pub fn push_source(&mut self, seen: Seen, is_judged: bool) {
        self.judged.note(seen.offset, is_judged);
        if self.takes_again(seen) {
            return;
        }
        self.counts.source_records += u64::from(is_judged);
        self.sources.push(seen);
    }

    /// The source is read further than the scope says, or as far.
    pub fn read_to(&mut self, goal: i64, is_open: bool) {
        (self.scope.goal, self.scope.is_open) = (goal, is_open);
    }

    /// Take the next record of the target.
    pub fn push_target(&mut self, seen: Seen) {
        self.target_next = seen.offset + 1;
        self.targets.push_back(seen);
    }

    /// No record of the source comes any more.
    pub fn end_source(&mut self) {
        self.end_again();
        self.source_is_read = true;
    }

    /// There are later records of the source after all.
    pub fn go_on(&mut self) {
        self.source_is_read = false;
    }

    /// The rest of the source cannot be read: what the target has of it is nobody's.
    pub fn cut_source(&mut self) {
        self.end_source();
        self.scope.is_open = false;
    }

    /// No record of the target comes any more.
    pub fn end_target(&mut self) {
        self.target_is_read = true;
    }

    /// The rest of the target was deleted: what it does not have it may have had.
    pub fn cut_target(&mut self) {
        self.end_target();
        self.target_is_cut = true;
    }

    /// How many records of the source and of the target it can use now.
    pub fn room(&self) -> (usize, usize) {
        let source = self
            .needed
            .0
            .max(BATCH)
            .saturating_sub(self.sources.ahead());
        let target = self.needed.1.max(BATCH).saturating_sub(self.targets.len());
        (
            if self.source_is_read { 0 } else { source },
            if self.target_is_read { 0 } else { target },
        )
    }

    /// Whether the target has had every record of the source that is judged, or a later one.
    pub fn has_caught_up(&self) -> bool {
        let next = self.sources.get(self.sources.next());
        match next {
            Some(next) => next.offset >= self.scope.judged.1.max(self.judged.end()),
            None => self.source_is_read,
        }
    }

    /// Whether nothing more of the target is needed: it has had all that its copies are looked for of, or later ones.
    pub fn is_through(&self) -> bool {
        let next = self.sources.get(self.sources.next());
        !self.scope.is_open
            && match next {
                Some(next) => next.offset >= self.scope.goal,
                None => self.source_is_read,
            }
    }

    /// Whether every record of the target that it was given was compared.
    pub fn is_drained(&self) -> bool {
        self.targets.is_empty()
    }

    /// A number that grows as the target has more and more of the source.
    pub fn place(&self) -> u64 {
        self.sources.next()
    }

    /// Go as far as what was read allows.
    pub fn advance(&mut self) {
        self.needed = (0, 0);
        if self.again.is_some() {
            return;
        }
        while let Some(target) = self.targets.front().copied() {
            if self.is_through() {
                return;
            }
            let goes_on = match self.sources.get(self.sources.next()) {
                Some(next) if next.digest == target.digest => {
                    self.find_next(&target);
                    true
                }
                None if !self.source_is_read => self.needs_ahead(1),
                _ => self.differ(&target),
            };
            if !goes_on {
                return;
            }
            self.targets.pop_front();
            self.counts.target_records += 1;
        }
        if self.target_is_read {
            self.take_tail();
        }
    }

    /// Both sides differ here. False if more must be read to tell how.
    fn differ(&mut self, target: &Seen) -> bool {
        let near = usize::try_from(NEAR).unwrap_or(BATCH) + FOLLOWING;
        if self.sources.ahead() < near && !self.source_is_read {
            return self.needs_ahead(near);
        }
        if self.targets.len() <= FOLLOWING && !self.target_is_read {
            self.needed.1 = FOLLOWING + 1;
            return false;
        }
        self.sources.enter();
        let digest = &target.digest;
        let is_known = self.sources.known(digest).is_some();
        let nearest = self.sources.nearest(digest);
        match nearest {
            // Rule: a content that is known already, and stands ahead, too, is what the following records fit better.
            Some(ahead)
                if is_known
                    && (ahead - self.sources.next() > NEAR
                        || !self.follows_better(ahead, target)) =>
            {
                self.again(target);
            }
            Some(ahead) => self.skip_to(ahead, target),
            None if is_known => self.again(target),
            None if self.late_from_lost(target) => {}
            None if !self.source_is_read && self.sources.ahead() < self.memory_ahead() => {
                return self.needs_ahead((self.sources.ahead() * 2).min(self.memory_ahead()));
            }
            None => self.strange(target),
        }
        self.forget();
        true
    }

    fn needs_ahead(&mut self, records: usize) -> bool {
        self.needed.0 = records;
        false
    }

    pub(super) fn memory_ahead(&self) -> usize {
        self.scope.memory.max(LEAST_MEMORY) / 2
    }

    pub(super) fn is_judged(&self, offset: i64) -> bool {
        self.judged.contains(offset)
    }

    /// Whether what follows at the target fits the record ahead better than where both sides are, or what followed the last copy.
    fn follows_better(&mut self, ahead: u64, target: &Seen) -> bool {
        let known = self
            .sources
            .known(&target.digest)
            .map(|known| known.last + 1);
        let open = self
            .sources
            .open(&target.digest)
            .next()
            .map(|open| open + 1);
        let from = |number: u64| {
            let following = self.targets.iter().skip(1).take(FOLLOWING);
            let same = following.zip(number..).take_while(|(target, number)| {
                self.sources
                    .get(*number)
                    .is_some_and(|source| source.digest == target.digest)
            });
            same.count()
        };
        let here = [Some(self.sources.next()), known, open];
        let here = here.into_iter().flatten().map(from).max();
        Some(from(ahead + 1)) > here
    }

    /// Forget what is more than the memory holds. What is missing is kept aside.
    pub(super) fn forget(&mut self) {
        while self.sources.behind() > self.memory_ahead() {
            match self.sources.forget() {
                Some((source, State::Missing)) if self.is_judged(source.offset) => {
                    if !self.lost.keep(source.digest, source) {
                        self.unkept.1 += 1;
                        self.settle(&source);
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
        if let Some(first) = self.sources.first() {
            self.judged.forget_below(first.offset);
        }
    }
}
