//! A matcher that was interrupted, and how to go on. Only exceptions are kept; what is remembered of the source is read again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aside::Stranger;
use super::sources::State;
use super::{Matcher, Scope};
use crate::audit::content::{Parts, Seen};
use crate::audit::tally::{Counts, Firsts};

/// All that a matcher needs to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Where the source is to be read from.
    pub source_from: i64,
    /// Where the target is to be read from.
    pub target_from: i64,
    /// Up to here the source was compared.
    pub(in crate::audit) compared_to: i64,
    /// To here the source is read.
    pub(in crate::audit) read_to: i64,
    missing: Vec<i64>,
    changed: Vec<(i64, Parts)>,
    surplus: Vec<(i64, [u32; 2])>,
    strangers: Vec<Stranger>,
    in_this_place: Vec<Stranger>,
    lost: Vec<Seen>,
    unkept: (u64, u64),
    begun: Option<i64>,
    forgotten: Option<i64>,
    counts: Counts,
    firsts: Firsts,
}

/// What is to be known of records that are read again.
#[derive(Debug)]
pub(super) struct Again {
    compared_to: i64,
    states: BTreeMap<i64, State>,
    surplus: BTreeMap<i64, [u32; 2]>,
    found: Vec<(Seen, [u32; 2])>,
}

impl Matcher {
    /// What has been found out so far; `None` once the target is read to its end, or before anything was compared.
    pub fn save(&self) -> Option<Saved> {
        if self.target_is_read || self.again.is_some() {
            return None;
        }
        let last = self.sources.next().checked_sub(1)?;
        let front = self.targets.front();
        Some(Saved {
            source_from: self.sources.first()?.offset,
            target_from: front.map_or(self.target_next, |target| target.offset),
            compared_to: self.sources.get(last)?.offset + 1,
            read_to: self.scope.goal,
            missing: self.passed(|offset, state| (state == State::Missing).then_some(offset)),
            changed: self.passed(|offset, state| match state {
                State::Changed(parts) => Some((offset, parts)),
                State::Ahead | State::Found | State::Missing => None,
            }),
            surplus: self
                .sources
                .surpluses()
                .map(|(seen, surplus)| (seen.offset, surplus))
                .collect(),
            strangers: self.strangers.iter().copied().collect(),
            in_this_place: self.in_this_place.clone(),
            lost: self.lost.iter().copied().collect(),
            unkept: self.unkept,
            begun: self.begun,
            forgotten: self.sources.forgotten,
            counts: self.counts_without_what_is_ahead(),
            firsts: self.firsts.clone(),
        })
    }

    /// What is picked of the offsets and states of all records that are remembered and that the target was compared with.
    fn passed<T>(&self, pick: impl Fn(i64, State) -> Option<T>) -> Vec<T> {
        let passed = self.sources.passed();
        passed
            .filter_map(|(seen, state)| pick(seen.offset, state))
            .collect()
    }

    /// The counts, as if nothing ahead had been read: it will be read again as something new.
    fn counts_without_what_is_ahead(&self) -> Counts {
        let ahead = self.sources.next()..self.sources.end();
        let ahead = ahead.filter_map(|number| self.sources.get(number));
        let judged = ahead.filter(|seen| self.is_judged(seen.offset)).count();
        let mut counts = self.counts.clone();
        counts.source_records -= judged as u64;
        counts
    }

    /// A matcher that goes on; it is to be fed from where [`Saved`] says.
    pub fn resume(scope: Scope, saved: Saved) -> Self {
        let mut matcher = Self::new(scope);
        let missing = saved
            .missing
            .into_iter()
            .map(|offset| (offset, State::Missing));
        let changed = saved
            .changed
            .into_iter()
            .map(|(offset, parts)| (offset, State::Changed(parts)));
        matcher.again = Some(Again {
            compared_to: saved.compared_to,
            states: missing.chain(changed).collect(),
            surplus: saved.surplus.into_iter().collect(),
            found: Vec::new(),
        });
        for stranger in saved.strangers {
            matcher.strangers.keep(stranger.seen.digest, stranger);
        }
        for lost in saved.lost {
            matcher.lost.keep(lost.digest, lost);
        }
        matcher.in_this_place = saved.in_this_place;
        matcher.unkept = saved.unkept;
        matcher.begun = saved.begun;
        matcher.sources.forgotten = saved.forgotten;
        matcher.counts = saved.counts;
        matcher.firsts = saved.firsts;
        matcher.target_next = saved.target_from;
        matcher
    }

    /// Whether it still lacks what it is to remember.
    pub fn reads_again(&self) -> bool {
        self.again.is_some()
    }

    /// Take a record that is read again. False if it is a new one.
    pub(super) fn takes_again(&mut self, seen: Seen) -> bool {
        let Some(again) = &mut self.again else {
            return false;
        };
        if seen.offset >= again.compared_to {
            self.end_again();
            return false;
        }
        self.sources.push(seen);
        self.sources.pass(
            again
                .states
                .get(&seen.offset)
                .copied()
                .unwrap_or(State::Found),
        );
        if let Some(surplus) = again.surplus.get(&seen.offset) {
            again.found.push((seen, *surplus));
        }
        true
    }

    /// All that is read again was.
    pub(super) fn end_again(&mut self) {
        let Some(again) = self.again.take() else {
            return;
        };
        self.sources.enter();
        for (seen, surplus) in again.found {
            if let Some(known) = self.sources.known(&seen.digest) {
                known.surplus = surplus;
            }
        }
    }
}
