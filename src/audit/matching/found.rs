//! The target has a record of the source: the next one, or one further on, and then it is told of those between.

use std::collections::VecDeque;

use super::Matcher;
use super::aside::Stranger;
use super::sources::State;
use crate::audit::content::{Parts, Seen};
use crate::audit::tally::{Place, note};

impl Matcher {
    /// The target has the next record of the source.
    pub(super) fn find_next(&mut self, target: &Seen) {
        let Some(source) = self.sources.get(self.sources.next()) else {
            return;
        };
        let offset = source.offset;
        self.sources.pass(State::Found);
        self.count_found(offset);
        self.begun.get_or_insert(offset);
        self.in_this_place.clear();
        debug_assert!(target.offset >= 0, "offsets of Kafka are not negative");
        self.forget();
    }

    pub(super) fn count_found(&mut self, offset: i64) {
        if self.is_judged(offset) {
            self.counts.matched += 1;
        } else {
            self.counts.outside += 1;
        }
    }

    /// The target goes on further ahead: what lies between is changed, was there before, or is missing.
    pub(super) fn skip_to(&mut self, ahead: u64, target: &Seen) {
        self.pass_over(ahead);
        self.find_next(target);
    }

    /// Rule: records in the place of strangers that are alike are changed, in their order.
    pub(super) fn pass_over(&mut self, ahead: u64) {
        let mut strangers: VecDeque<Stranger> = std::mem::take(&mut self.in_this_place).into();
        while self.sources.next() < ahead {
            let Some(source) = self.sources.get(self.sources.next()).copied() else {
                return;
            };
            if self.came_before(&source) {
                continue;
            }
            match strangers
                .iter()
                .position(|stranger| alike(&source, &stranger.seen))
            {
                Some(at) => {
                    let stranger = strangers
                        .drain(..=at)
                        .next_back()
                        .expect("it was found there");
                    self.strangers.take(&stranger.seen.digest);
                    self.uncount(stranger.counted_as);
                    self.change(&source, &stranger.seen);
                }
                None => self.sources.pass(State::Missing),
            }
            self.sources.enter();
            self.forget();
        }
    }

    /// Rule: a copy too many, from before, is the record that is passed over: it came too early.
    pub(super) fn came_before(&mut self, source: &Seen) -> bool {
        let taken = self.take_surplus(source);
        let Some(place) = taken.or_else(|| self.take_stranger(source)) else {
            return false;
        };
        self.sources.pass(State::Found);
        self.sources.enter();
        self.count_found(source.offset);
        if self.is_judged(source.offset) {
            self.counts.reordered += 1;
            note(&mut self.firsts.reordered, place);
        }
        true
    }

    /// A copy too many of what was found before is no longer one. Where it stands at the target is known of the first ones only.
    fn take_surplus(&mut self, source: &Seen) -> Option<Place> {
        let known = self.sources.known(&source.digest)?;
        if known.surplus == [0, 0] {
            return None;
        }
        let inside = known.surplus[0] > 0;
        known.surplus[usize::from(!inside)] -= 1;
        let last = known.last;
        let mut place = Place {
            source: Some(source.offset),
            target: None,
            parts: Parts::default(),
        };
        if inside {
            self.counts.duplicate -= 1;
            let last = self.sources.get(last).map(|last| last.offset);
            let noted = &mut self.firsts.duplicate;
            let at = noted.iter().rposition(|place| place.source == last);
            place.target = at.and_then(|at| noted.remove(at).target);
        } else {
            self.counts.outside -= 1;
        }
        Some(place)
    }

    /// What was taken for a stranger is one no longer.
    fn take_stranger(&mut self, source: &Seen) -> Option<Place> {
        let stranger = self.strangers.take(&source.digest)?;
        self.uncount(stranger.counted_as);
        let target = stranger.seen.offset;
        let unexpected = &mut self.firsts.unexpected;
        unexpected.retain(|place| place.target != Some(target));
        Some(Place::at_both(source.offset, target))
    }

    /// The source has the next record otherwise.
    pub(super) fn change(&mut self, source: &Seen, target: &Seen) {
        let parts = source.differs_in(target);
        self.sources.pass(State::Changed(parts));
        if self.is_judged(source.offset) {
            self.counts.change(parts);
            note(
                &mut self.firsts.changed,
                Place {
                    parts,
                    ..Place::at_both(source.offset, target.offset)
                },
            );
        } else {
            self.counts.outside += 1;
        }
    }
}

/// Whether one may be the other, changed: it has the same value, or the same timestamp.
pub(super) fn alike(one: &Seen, other: &Seen) -> bool {
    one.has_value_of(other) || one.has_time_of(other)
}
