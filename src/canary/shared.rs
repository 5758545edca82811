//! The consumer of one side, which its reader and its scout share, and the one that takes its place.
//!
//! librdkafka, from 2.11 on, forgets all brokers when one that only starts tells it that there are none, and may never ask for them again
//! (its issue 5301). Only another client can tell that from a cluster that is away.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::reader::Consumer;
use super::running::Running;

/// A client that hears nothing for so long is held against another one, and again each time that as much has passed.
const COMPARED_AFTER: Duration = Duration::from_secs(3);

/// How often it is looked whether nobody uses an old client any more.
const LET_GO: Duration = Duration::from_millis(20);

/// The consumer of one side.
pub(super) struct Shared(Mutex<Arc<Consumer>>);

impl Shared {
    pub(super) fn new(client: Consumer) -> Self {
        Self(Mutex::new(Arc::new(client)))
    }

    /// The one to be used now: not to be kept for longer than a question or a poll takes.
    pub(super) fn client(&self) -> Arc<Consumer> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Put another one in its place. To end the old one may take long, and whoever still uses it must not be the one to do so.
    pub(super) fn replace(&self, fresh: Consumer, running: Running) {
        let mut client = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *client, Arc::new(fresh));
        thread::spawn(move || {
            while Arc::strong_count(&old) > 1 {
                thread::sleep(LET_GO);
            }
            drop(old);
            drop(running);
        });
    }
}

/// For how long a client has heard nothing.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: Option<Duration>,
}

impl Silence {
    /// A question was answered at `now` or was not: whether it is time to compare.
    pub(super) fn is_due(&mut self, is_answered: bool, now: Duration) -> bool {
        if is_answered {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let due = now.saturating_sub(since) >= COMPARED_AFTER;
        if due {
            self.since = Some(now);
        }
        due
    }
}

#[test]
fn a_silent_client_is_compared_every_three_seconds_and_one_that_is_answered_is_not() {
    let mut silence = Silence::default();
    let mut at = |answered, millis| silence.is_due(answered, Duration::from_millis(millis));
    assert!(!at(false, 1_000));
    assert!(!at(false, 3_999));
    assert!(at(false, 4_000));
    assert!(!at(false, 4_001));
    assert!(at(false, 7_000));
    assert!(!at(true, 8_000));
    assert!(!at(false, 10_500));
    assert!(at(false, 13_500));
}
