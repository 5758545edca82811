//! One side as the canary itself sees it: whether it answers, how far it has been read, and when it could not be seen.

use std::time::Duration;

use super::blind::{Blindness, Pulse};
use super::event::Side;
use super::progress::Progress;
use super::refusal::Refusal;

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
    /// That it answers and may not be read.
    refusal: Option<Refusal>,
    last_read: Duration,
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
            refusal: None,
            last_read: start,
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

    /// Its reader may not read, and is told `why`; what came within the `threshold` before its last record may not have shown yet.
    pub(super) fn refuses(&mut self, side: Side, why: &str, threshold: Duration) {
        let side = side.name();
        let problem = format!("the {side} cluster does not let the canary read its topic: {why}");
        if let Some(refusal) = &mut self.refusal {
            refusal.again(problem);
        } else {
            let since = self.last_read.saturating_sub(threshold).max(self.start);
            self.refusal = Some(Refusal::new(since, problem));
        }
    }

    /// Something was read at `at`.
    pub(super) fn reads(&mut self, at: Duration) {
        self.pulse.beat(at);
        self.last_read = self.last_read.max(at);
        if let Some(refusal) = &mut self.refusal {
            refusal.read(at);
        }
    }

    /// When the end of a partition was asked for that has been read up to now; each end once.
    pub(super) fn reached(&mut self, partition: usize) -> Option<Duration> {
        let asked = self.progress.reached(partition)?;
        if let Some(refusal) = &mut self.refusal {
            refusal.reached(partition, asked);
        }
        let partitions = self.progress.partitions();
        self.refusal.take_if(|refusal| refusal.is_over(partitions));
        Some(asked)
    }

    /// What keeps records from being seen there, the cause before its effects.
    pub(super) fn problem(&self) -> Option<String> {
        let failed = self.failure.as_ref().map(|(_, problem)| problem);
        let refused = self.refusal.as_ref().and_then(Refusal::why);
        failed.or(self.problem.as_ref()).or(refused).cloned()
    }

    /// It is blind as long as something is `stuck` there, it is silent for longer than the threshold, nobody is back yet, nobody reads,
    /// or nobody may.
    pub(super) fn judge(
        &mut self,
        stuck: Option<Duration>,
        sees_since: Duration,
        now: Duration,
        threshold: Duration,
    ) {
        let silent = self.pulse.silent_since(now, threshold);
        let failed = self.failure.as_ref().map(|(since, _)| *since);
        let refused = self.refusal.as_ref().map(Refusal::since);
        let blind_since = [stuck, silent, self.absent_since, failed, refused];
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
