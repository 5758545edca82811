//! One side as the canary itself sees it: whether it answers, how far it has been read, and when it could not be seen.

use std::time::Duration;

use super::blind::{Blindness, Pulse};
use super::event::Side;
use super::progress::Progress;

pub(super) struct Watched {
    pub(super) pulse: Pulse,
    pub(super) blindness: Blindness,
    pub(super) progress: Progress,
    /// What its scout says.
    pub(super) problem: Option<String>,
    /// Since when nobody looked, until what came meanwhile is read.
    pub(super) absent_since: Option<Duration>,
    /// Since when its reader is gone for good, and what is said of that.
    failure: Option<(Duration, String)>,
    start: Duration,
}

impl Watched {
    pub(super) fn new(start: Duration) -> Self {
        Self {
            pulse: Pulse::new(start),
            blindness: Blindness::default(),
            progress: Progress::default(),
            problem: None,
            absent_since: None,
            failure: None,
            start,
        }
    }

    /// Its reader has failed at `at`: nothing is seen there any more.
    pub(super) fn fails(&mut self, side: Side, at: Duration) {
        let side = side.name();
        let problem = format!(
            "the reader of the {side} cluster has failed, which is a defect of mirrorwatch: restart it, and report what its log says"
        );
        self.failure.get_or_insert((at, problem));
    }

    /// What keeps records from being seen there.
    pub(super) fn problem(&self) -> Option<String> {
        let failed = self.failure.as_ref().map(|(_, problem)| problem);
        failed.or(self.problem.as_ref()).cloned()
    }

    /// It is blind as long as something is `stuck` there, it is silent for longer than the threshold, nobody is back yet, or nobody reads.
    pub(super) fn judge(
        &mut self,
        stuck: Option<Duration>,
        sees_since: Duration,
        now: Duration,
        threshold: Duration,
    ) {
        let silent = self.pulse.silent_since(now, threshold);
        let failed = self.failure.as_ref().map(|(since, _)| *since);
        let blind_since = [stuck, silent, self.absent_since, failed];
        match blind_since.into_iter().flatten().min() {
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
