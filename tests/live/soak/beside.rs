//! What goes on beside the run, on threads of their own, until the run is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use mirrorwatch::clock;

/// How soon a thread notices that the run is over.
const STEP: Duration = Duration::from_millis(200);

/// Whether the run is over.
#[derive(Default)]
pub(super) struct Over(AtomicBool);

/// Ends the run when it is dropped, however that comes about.
pub(super) struct Ends<'a>(&'a Over);

impl Over {
    pub(super) fn at_the_end(&self) -> Ends<'_> {
        Ends(self)
    }

    /// Does it after `first`, and then so often, until the run is over; what takes longer than that is done at once again.
    pub(super) fn every(&self, first: Duration, period: Duration, mut it: impl FnMut()) {
        let mut due = clock::monotonic() + first;
        while !self.0.load(Ordering::Relaxed) {
            let left = due.saturating_sub(clock::monotonic());
            if left.is_zero() {
                it();
                due += period;
            }
            sleep(left.min(STEP));
        }
    }
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
