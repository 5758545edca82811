//! A cluster that answers and does not let the canary read: what is not read then is unknown, and no outage of MM2. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

/// One refusal, until all that came meanwhile has been read.
#[derive(Debug)]
pub(super) struct Refusal {
    since: Duration,
    why: String,
    /// When something was read again.
    returned: Option<Duration>,
    /// Partitions that have been read up to an end that they had after that: one of them may be let read before the others.
    caught_up: BTreeSet<usize>,
}

impl Refusal {
    /// Nothing that came after `since` can be told.
    pub(super) fn new(since: Duration, why: String) -> Self {
        Self {
            since,
            why,
            returned: None,
            caught_up: BTreeSet::new(),
        }
    }

    /// It is refused again: what was read since the first time proves nothing any more.
    pub(super) fn again(&mut self, why: String) {
        *self = Self::new(self.since, why);
    }

    /// Something was read at `at`.
    pub(super) fn read(&mut self, at: Duration) {
        self.returned.get_or_insert(at);
    }

    /// A partition has been read up to the end that it had at the instant `asked`.
    pub(super) fn reached(&mut self, partition: usize, asked: Duration) {
        if self.returned.is_some_and(|returned| asked >= returned) {
            self.caught_up.insert(partition);
        }
    }

    /// Whether each of so many partitions has been read up to its end again.
    pub(super) fn is_over(&self, partitions: usize) -> bool {
        self.returned.is_some() && (0..partitions).all(|n| self.caught_up.contains(&n))
    }

    pub(super) fn since(&self) -> Duration {
        self.since
    }

    /// What is said of it, as long as nothing is read.
    pub(super) fn why(&self) -> Option<&String> {
        self.returned.is_none().then_some(&self.why)
    }
}

#[test]
fn a_refusal_is_over_when_every_partition_was_read_up_to_an_end_asked_for_after_the_first_record() {
    let second = Duration::from_secs;
    let mut refusal = Refusal::new(second(10), "no right".into());
    refusal.reached(0, second(11));
    assert!(!refusal.is_over(1), "an end shows no right to read");
    refusal.read(second(20));
    assert_eq!(refusal.why(), None);
    refusal.reached(0, second(19));
    refusal.reached(1, second(20));
    assert!(!refusal.is_over(2), "more of partition 0 may stand unread");
    refusal.reached(0, second(21));
    assert!(refusal.is_over(2));
}

#[test]
fn what_is_refused_again_has_been_refused_since_the_first_time() {
    let second = Duration::from_secs;
    let mut refusal = Refusal::new(second(10), "no right".into());
    refusal.read(second(20));
    refusal.reached(0, second(20));
    refusal.again("still none".into());
    assert_eq!(refusal.since(), second(10));
    assert_eq!(refusal.why().map(String::as_str), Some("still none"));
    refusal.read(second(30));
    assert!(!refusal.is_over(1));
}
