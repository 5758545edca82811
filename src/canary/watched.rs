//! One side as the canary itself sees it: whether it answers, how far it has been read, and when it could not be seen.

use std::time::Duration;

use super::blind::{Blindness, Pulse};
use super::progress::Progress;

pub(super) struct Watched {
    pub(super) pulse: Pulse,
    pub(super) blindness: Blindness,
    pub(super) progress: Progress,
    pub(super) problem: Option<String>,
    /// Since when nobody looked, until what came meanwhile is read.
    pub(super) absent_since: Option<Duration>,
    /// When it was last read, or the reader was seen to stand.
    last_read: Option<Duration>,
    start: Duration,
}

/// A side that answers and gives nothing to read for so long has nothing left of what was there.
const NOTHING_LEFT: Duration = Duration::from_secs(5);

impl Watched {
    pub(super) fn new(start: Duration) -> Self {
        Self {
            pulse: Pulse::new(start),
            blindness: Blindness::default(),
            progress: Progress::default(),
            problem: None,
            absent_since: None,
            last_read: None,
            start,
        }
    }

    /// Something was read at `at`.
    pub(super) fn read(&mut self, at: Duration) {
        self.pulse.beat(at);
        self.last_read = self.last_read.max(Some(at));
    }

    /// Give up waiting for what was there, where the log ends in what is no record.
    pub(super) fn read_on(&mut self, now: Duration, threshold: Duration) {
        if !self.progress.stands() || self.progress.are_all_through() {
            return;
        }
        let last_read = *self.last_read.get_or_insert(now);
        let answers = self.pulse.silent_since(now, threshold).is_none();
        if answers && now.saturating_sub(last_read) > NOTHING_LEFT {
            self.progress.end();
        }
    }

    /// It is blind as long as something is `stuck` there, it is silent for longer than the threshold, or nobody is back yet.
    pub(super) fn judge(
        &mut self,
        stuck: Option<Duration>,
        sees_since: Duration,
        now: Duration,
        threshold: Duration,
    ) {
        let silent = self.pulse.silent_since(now, threshold);
        let blind_since = stuck.into_iter().chain(silent).chain(self.absent_since);
        match blind_since.min() {
            Some(since) => self.blindness.blind_since(since),
            None => self.blindness.sees_since(sees_since),
        }
    }

    /// All that came while nobody looked has been read at `now`.
    pub(super) fn is_back(&mut self, now: Duration) {
        if let Some(since) = self.absent_since.take() {
            self.blindness.blind_since(since);
            self.blindness.sees_since(now);
            self.pulse.beat(now);
        }
    }

    /// Since when it has been seen without a break; `None` while it is not.
    pub(super) fn in_sight_since(&self) -> Option<Duration> {
        self.blindness.in_sight_since(self.start)
    }
}
