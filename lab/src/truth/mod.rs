//! The truth of a lab, read from what its own producer and readers noted: when each partition stopped and flowed again, what was lost
//! and what came twice; and what Alertmanager told the lab's receiver. Pure functions over the notes; the definitions are those of an outage and
//! of a recovery point.

mod flow;
mod ledger;
mod levels;
mod notifications;
mod silence;

pub use flow::{Outage, Partition, Truth, judge};
pub use ledger::{Ledger, Record};
pub(crate) use notifications::FILE as NOTIFICATIONS;
pub use notifications::{Alert, Notification, notifications};
pub use silence::{Arrival, Arrivals, Silence};

use serde::{Deserialize, Serialize};

/// A span of wall-clock time in microseconds since the epoch, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its start.
    pub from_us: i64,
    /// Its end.
    pub to_us: i64,
}

impl Window {
    /// All of time.
    pub const ALL: Self = Self {
        from_us: i64::MIN,
        to_us: i64::MAX,
    };

    /// Whether the instant is in it.
    pub fn contains(self, us: i64) -> bool {
        (self.from_us..=self.to_us).contains(&us)
    }

    /// Whether a span, open at its end if `end_us` is none, touches it.
    pub fn touches(self, start_us: i64, end_us: Option<i64>) -> bool {
        start_us <= self.to_us && end_us.is_none_or(|end| end >= self.from_us)
    }
}
