//! The monotonic clock of the canary: it counts suspension, and began long before the host did.
//!
//! What a restored ledger knows may have happened before the host was started. Such instants must not lie before the zero of the clock.

use std::time::Duration;

use crate::clock;

/// A hundred years.
const ZERO_BEFORE_START: Duration = Duration::from_hours(100 * 365 * 24);

/// The present instant.
pub(super) fn now() -> Duration {
    ZERO_BEFORE_START + clock::monotonic()
}
