//! How many bytes per second a link lets through: what goes through a narrow one takes its time, one after the other, in the order in which
//! it came, whatever connection it is of.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock;

/// The width of one link.
#[derive(Clone, Debug, Default)]
pub(super) struct Width(Arc<Mutex<Lane>>);

#[derive(Debug, Default)]
struct Lane {
    bytes_per_second: Option<f64>,
    /// When all that came so far is through.
    free: Option<Instant>,
}

impl Width {
    pub(super) fn set(&self, bytes_per_second: Option<f64>) {
        let mut lane = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *lane = Lane {
            bytes_per_second,
            free: None,
        };
    }

    /// Waits until so many bytes are through.
    pub(super) async fn pass(&self, bytes: usize) {
        let until = {
            let mut lane = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lane.pass(bytes, clock::monotonic())
        };
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }
}

impl Lane {
    /// When bytes that come now are through; none if they take no time.
    fn pass(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let takes = Duration::from_secs_f64(bytes / self.bytes_per_second?);
        let begin = self.free.map_or(now, |free| free.max(now));
        self.free = Some(begin + takes);
        self.free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_at_once_goes_one_after_the_other() {
        let now = clock::monotonic();
        let mut lane = Lane::default();
        assert_eq!(lane.pass(1_000_000, now), None);
        lane.bytes_per_second = Some(1_000.0);
        let after = |seconds| Some(now + Duration::from_secs(seconds));
        assert_eq!(lane.pass(1_000, now), after(1));
        assert_eq!(lane.pass(2_000, now), after(3));
        let later = now + Duration::from_secs(10);
        assert_eq!(lane.pass(1_000, later), after(11));
    }
}
