//! The one place where clocks are read. Everything else takes times as arguments.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::model::snapshot::Moment;
use crate::model::time::Timestamp;

/// The wall clock of this host, for instants that are compared with other hosts.
pub fn wall() -> Timestamp {
    let now = clock_gettime(ClockId::Realtime);
    Timestamp::from_micros(now.tv_sec * 1_000_000 + now.tv_nsec / 1_000)
}

/// The monotonic clock that counts suspension (`CLOCK_BOOTTIME`), for durations. Its zero is the host's start.
pub fn monotonic() -> Duration {
    duration(clock_gettime(ClockId::Boottime))
}

/// Both clocks at once.
pub fn now() -> Moment {
    Moment {
        wall: wall(),
        monotonic: monotonic(),
    }
}

fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).expect("CLOCK_BOOTTIME is never negative");
    let nanos = u32::try_from(time.tv_nsec).expect("nanoseconds of a timespec are below 10^9");
    Duration::new(seconds, nanos)
}
