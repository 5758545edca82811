//! The rate at which requests are taken: a bucket of tokens, one more each interval.

use std::sync::Mutex;
use std::time::Duration;

/// A bucket that holds `burst` tokens at most.
#[derive(Debug)]
pub struct Limit {
    interval: Duration,
    burst: f64,
    /// Tokens, and when they were counted; `None` before the first request.
    tokens: Mutex<Option<(f64, Duration)>>,
}

impl Limit {
    /// One request each `interval`, and `burst` at once.
    pub(super) fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            burst: burst.into(),
            tokens: Mutex::new(None),
        }
    }

    /// Whether a request at `now` is taken.
    pub fn allows(&self, now: Duration) -> bool {
        let mut tokens = self.tokens.lock().expect("nobody panics with this lock");
        let (left, counted) = tokens.unwrap_or((self.burst, now));
        let more = now.saturating_sub(counted).as_secs_f64() / self.interval.as_secs_f64();
        let left = (left + more).min(self.burst);
        let is_allowed = left >= 1.0;
        *tokens = Some((if is_allowed { left - 1.0 } else { left }, now));
        is_allowed
    }
}

#[test]
fn a_burst_passes_and_then_one_request_each_interval() {
    let limit = Limit::new(Duration::from_secs(2), 2);
    let at = |seconds| limit.allows(Duration::from_secs(seconds));
    assert!(at(100) && at(100));
    assert!(!at(100) && !at(101));
    assert!(at(102) && !at(103));
    assert!(
        at(200) && at(200) && !at(200),
        "no more than the burst is saved up"
    );
}
