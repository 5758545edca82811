//! The latest reading of one endpoint, whatever it is that it reads.

use std::sync::Arc;
use std::time::Duration;

use super::{ErrorKind, Moment};
use crate::model::time::Timestamp;

/// The latest reading of one endpoint, and how its polls went.
#[derive(Debug)]
pub struct Reading<T> {
    /// The endpoint's name, as a label value.
    pub endpoint: Arc<str>,
    /// The last good answer; in a snapshot only while it is younger than its time to live.
    pub value: Option<Arc<T>>,
    /// When the poll that gave the value was begun: the value is no older than that.
    pub begun: Option<Moment>,
    /// When the last good answer was complete.
    pub last_success: Option<Timestamp>,
    /// Whether the last poll got an answer.
    pub up: bool,
    /// How long the last poll took; `None` before the first one has ended.
    pub duration: Option<Duration>,
    /// Failures since the start, by [`ErrorKind::index`].
    pub errors: [u64; ErrorKind::ALL.len()],
    /// Values that became too old without a newer one.
    pub expired: u64,
}

impl<T> Reading<T> {
    /// The state before the first poll.
    pub fn none(endpoint: &str) -> Self {
        Self {
            endpoint: Arc::from(endpoint),
            value: None,
            begun: None,
            last_success: None,
            up: false,
            duration: None,
            errors: [0; ErrorKind::ALL.len()],
            expired: 0,
        }
    }

    /// How old the value is at `now`, at most.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        self.polled().age(now)
    }

    /// Drop the value, and count that, if it is older than `time_to_live`.
    pub fn expire(&mut self, now: Moment, time_to_live: Duration) {
        let is_old = self.age(now).is_none_or(|age| age > time_to_live);
        if is_old && self.value.take().is_some() {
            self.expired += 1;
        }
    }

    /// This reading without its value if that is older than `time_to_live`.
    #[must_use]
    pub fn fresh_at(&self, now: Moment, time_to_live: Duration) -> Self {
        let mut reading = self.clone();
        if self.age(now).is_none_or(|age| age > time_to_live) {
            reading.value = None;
        }
        reading
    }
}

// Derived, it would ask for `T: Clone`, which a shared value does not need.
impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        Self {
            endpoint: Arc::clone(&self.endpoint),
            value: self.value.clone(),
            ..*self
        }
    }
}

#[test]
fn a_value_older_than_its_time_to_live_is_not_shown() {
    let at = |seconds: u64| Moment {
        wall: Timestamp::from_micros(0),
        monotonic: Duration::from_secs(seconds),
    };
    let mut reading = Reading::none("rest:a:1");
    reading.value = Some(Arc::new(7));
    reading.begun = Some(at(100));
    let time_to_live = Duration::from_secs(15);
    assert!(reading.fresh_at(at(115), time_to_live).value.is_some());
    let late = reading.fresh_at(at(116), time_to_live);
    assert!(late.value.is_none());
    assert_eq!(late.age(at(116)), Some(Duration::from_secs(16)));
    reading.expire(at(115), time_to_live);
    assert!(reading.value.is_some() && reading.expired == 0);
    reading.expire(at(116), time_to_live);
    reading.expire(at(200), time_to_live);
    assert!(reading.value.is_none());
    assert_eq!(reading.expired, 1, "it is dropped once");
}
