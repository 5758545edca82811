//! The lab's clocks. The lab is a machine of its own: its wall clock gives the true time of every fault and arrival.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place of the lab where clocks are read"
)]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall-clock time in microseconds since the epoch.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The monotonic clock, for deadlines and durations.
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}
