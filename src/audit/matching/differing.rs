//! The target has something else than a record that is still to come: one that was there before, or one that the source does not have.

use super::aside::{CountedAs, Stranger};
use super::found::alike;
use super::sources::State;
use super::{Begin, FOLLOWING, Matcher};
use crate::audit::content::Seen;
use crate::audit::tally::{Place, note};

/// How far ahead a record that differs in one part is looked for.
const CLOSE: u64 = 64;
/// Strangers in one place that may be changed records.
const IN_ONE_PLACE: usize = 1_024;

impl Matcher {
    /// A content that was there before: it was passed over and comes late, or comes once more.
    pub(super) fn again(&mut self, target: &Seen) {
        let open: Vec<u64> = self.sources.open(&target.digest).collect();
        let is_missing = |number: &&u64| self.sources.state(**number) == Some(State::Missing);
        let chosen = open.iter().find(is_missing).or(open.first());
        match chosen {
            Some(number) => self.late(*number, target),
            None => self.duplicate(target),
        }
    }

    fn late(&mut self, number: u64, target: &Seen) {
        let Some(source) = self.sources.get(number).copied() else {
            return;
        };
        if let Some(State::Changed(parts)) = self.sources.found(number) {
            // Rule: the record itself is there after all; what was taken for it is a stranger.
            if self.is_judged(source.offset) {
                self.counts.unchange(parts);
                let places = &mut self.firsts.changed;
                let at = places
                    .iter()
                    .position(|place| place.source == Some(source.offset));
                let changed = at.and_then(|at| places.remove(at).target);
                self.counts.unexpected += 1;
                if let Some(changed) = changed {
                    note(&mut self.firsts.unexpected, Place::at_target(changed));
                }
            }
        }
        self.count_found(source.offset);
        // Rule: of records that are the same nobody can say which is late; with a copy just before, none is.
        let last = self.sources.known(&target.digest).map(|known| known.last);
        let in_order = last == self.sources.next().checked_sub(1);
        if !in_order && self.is_judged(source.offset) {
            self.counts.reordered += 1;
            note(
                &mut self.firsts.reordered,
                Place::at_both(source.offset, target.offset),
            );
        }
    }

    fn duplicate(&mut self, target: &Seen) {
        let Some(known) = self.sources.known(&target.digest).copied() else {
            return;
        };
        let offset = self
            .sources
            .get(known.last)
            .map_or(i64::MIN, |last| last.offset);
        let inside = self.is_judged(offset);
        if let Some(known) = self.sources.known(&target.digest) {
            known.surplus[usize::from(!inside)] += 1;
        }
        if inside {
            self.counts.duplicate += 1;
            note(
                &mut self.firsts.duplicate,
                Place::at_both(offset, target.offset),
            );
        } else {
            self.counts.outside += 1;
        }
    }

    /// A record that is long missing comes after all.
    pub(super) fn late_from_lost(&mut self, target: &Seen) -> bool {
        let Some(source) = self.lost.take(&target.digest) else {
            return false;
        };
        self.counts.matched += 1;
        self.counts.reordered += 1;
        note(
            &mut self.firsts.reordered,
            Place::at_both(source.offset, target.offset),
        );
        true
    }

    /// A content that the source does not have, as far as is known.
    pub(super) fn strange(&mut self, target: &Seen) {
        if let Some(number) = self.close_to(target) {
            self.pass_over(number);
            if let Some(source) = self.sources.get(number).copied() {
                self.change(&source, target);
                self.begun.get_or_insert(source.offset);
            }
            return;
        }
        let counted_as = self.count_stranger(target);
        let stranger = Stranger {
            seen: *target,
            counted_as,
        };
        if !self.strangers.keep(target.digest, stranger) {
            self.unkept.0 += 1;
        }
        if self.in_this_place.len() < IN_ONE_PLACE {
            self.in_this_place.push(stranger);
        }
    }

    /// Rule: the next record if it is alike, else the nearest one with the same value that differs in one part; none if the target is about to
    /// have it, or what would be passed over.
    fn close_to(&self, target: &Seen) -> Option<u64> {
        let next = self.sources.next();
        let is_close = |number: &u64| {
            self.sources.get(*number).is_some_and(|source| {
                (*number == next && alike(source, target))
                    || (source.has_value_of(target) && source.differs_in(target).len() == 1)
            })
        };
        let close = (next..next + CLOSE).find(is_close)?;
        (!self.comes_soon(close)).then_some(close)
    }

    /// Whether what follows at the target stands ahead up to a record. The next one may be of a run, of which another one follows.
    fn comes_soon(&self, number: u64) -> bool {
        let is_next = number == self.sources.next();
        let mut following = self.targets.iter().skip(1).take(FOLLOWING);
        following.any(|target| {
            let first = self.sources.nearest(&target.digest);
            first.is_some_and(|first| first <= number)
                && !(is_next && self.sources.is_repeated(&target.digest))
        })
    }

    fn count_stranger(&mut self, target: &Seen) -> CountedAs {
        let next = self
            .sources
            .get(self.sources.next())
            .map(|next| next.offset);
        // What comes while the audit runs is looked at for the sake of the window's last records, and is no part of it.
        let is_inside = target.offset < self.scope.target_end
            && next.map_or(self.scope.is_open, |next| self.is_judged(next));
        let counted_as = if !is_inside || (self.begun.is_none() && self.scope.begin != Begin::First)
        {
            CountedAs::Outside
        } else if self.sources.may_have_forgotten(target) {
            CountedAs::Unplaced
        } else {
            CountedAs::Unexpected
        };
        *self.counted(counted_as) += 1;
        if counted_as != CountedAs::Outside {
            note(&mut self.firsts.unexpected, Place::at_target(target.offset));
        }
        counted_as
    }

    pub(super) fn uncount(&mut self, counted_as: CountedAs) {
        *self.counted(counted_as) -= 1;
    }

    fn counted(&mut self, counted_as: CountedAs) -> &mut u64 {
        match counted_as {
            CountedAs::Unexpected => &mut self.counts.unexpected,
            CountedAs::Unplaced => &mut self.counts.unplaced,
            CountedAs::Outside => &mut self.counts.outside,
        }
    }
}
