//! How what a canary knows lives over a restart of the exporter: it is settled again and again, and taken up where it was. Pure.
//!
//! A run that goes on is *absent* from the last settled points, less D, until what came meanwhile is read: a blind span of both sides.

use std::time::Duration;

use super::blind::Blindness;
use super::mark::Marks;
use super::settled::{Resumed, SettledPoint, Start};
use super::state::State;
use super::tracker::Tracker;
use super::tracker::saved::TooMany;
use super::twin::Twin;
use crate::model::time::micros;

impl State {
    /// One partition as it is at `now`; `None` while it cannot be gone on from.
    pub(super) fn settle(&self, partition: usize, now: Duration) -> Option<SettledPoint> {
        Some(SettledPoint {
            instance: self.instance.clone(),
            run: self.run.clone(),
            run_start: self.anchor.wall(self.run_start),
            period: micros(self.settings.period).unsigned_abs(),
            topic: self.topic.clone(),
            partition: i32::try_from(partition).ok()?,
            source_next: self.source.progress.next(partition)?,
            target_next: self.target.progress.next(partition),
            target_mark: self.marks.last(partition),
            ledger: self.tracker.as_ref()?.save(partition, now, &self.anchor)?,
            source_blind: self.source.blindness.save(&self.anchor),
            target_blind: self.target.blindness.save(&self.anchor),
        })
    }

    /// Begin the ledger of so many partitions with what the source was found to hold.
    pub(super) fn take_up(&mut self, partitions: usize) {
        let mut tracker = Tracker::new(self.settings, partitions);
        match std::mem::replace(&mut self.start, Start::Anew(None)) {
            Start::Anew(None) => {}
            Start::Anew(Some(why)) => {
                tracing::warn!(
                    why,
                    "canary: the run before cannot be gone on with; a new one begins"
                );
            }
            Start::Resumed(resumed) => match self.restore(&resumed, &mut tracker) {
                Ok(()) => tracing::info!(run = resumed.run, "canary: the run before goes on"),
                Err(error) => {
                    tracing::warn!(%error, "canary: the run before cannot be gone on with; a new one begins");
                    tracker = Tracker::new(self.settings, partitions);
                }
            },
        }
        self.tracker = Some(tracker);
    }

    fn restore(&mut self, resumed: &Resumed, tracker: &mut Tracker) -> Result<(), TooMany> {
        for (partition, point) in resumed.points.iter().enumerate() {
            if let Some(point) = point {
                let read_to = point.source_next;
                tracker.restore(partition, &point.ledger, read_to, &self.anchor)?;
            }
        }
        let target = resumed.points.iter();
        let target = target.map(|point| point.as_ref().and_then(|point| point.target_next));
        self.target.progress.was(target.collect());
        let marks = resumed.points.iter().map(|point| {
            let point = point.as_ref()?;
            point.target_next.zip(point.target_mark)
        });
        self.marks.were(marks.collect());
        let (Some(newest), Some(through)) = (resumed.newest(), resumed.through()) else {
            return Ok(());
        };
        self.goes_on = true;
        self.run.clone_from(&resumed.run);
        self.run_start = self.anchor.instant(resumed.run_start);
        // What began within D before that may not have shown yet.
        let absent_since = self
            .anchor
            .instant(through)
            .saturating_sub(self.settings.threshold);
        let sides = [
            (&mut self.source, &newest.source_blind),
            (&mut self.target, &newest.target_blind),
        ];
        for (side, saved) in sides {
            side.blindness = Blindness::restore(saved, &self.anchor);
            side.absent_since = Some(absent_since);
        }
        Ok(())
    }

    /// Begin a new run: what the one before was to be gone on with is not there any more.
    pub(super) fn begin_anew(&mut self, run: String, partitions: usize, now: Duration) {
        self.run = run;
        self.run_start = now;
        self.twin = Twin::new(now);
        self.began = now;
        self.goes_on = false;
        self.target.progress.was(Vec::new());
        (self.marks, self.is_broken) = (Marks::default(), false);
        self.tracker = Some(Tracker::new(self.settings, partitions));
        for side in [&mut self.source, &mut self.target] {
            side.blindness = Blindness::default();
            side.absent_since = None;
        }
    }

    /// The sequences to send from in each partition: from 0 in a new run, else from `sequence`, which is greater than any before and none
    /// of a life whose records nobody has seen yet. Partitions that this process sends to already are not among them.
    pub(super) fn resume(&mut self, sequence: u64) -> Vec<u64> {
        let sequence = if self.goes_on { sequence } else { 0 };
        let Some(tracker) = &mut self.tracker else {
            return Vec::new();
        };
        let partitions = self.twin.partitions()..tracker.partitions();
        partitions
            .map(|partition| tracker.resume(partition, sequence))
            .collect()
    }

    /// This process sends to the partitions that follow, from these sequences on, from `start` on.
    pub(super) fn begins(&mut self, first: &[u64], start: Duration) {
        let known = self.twin.partitions();
        self.twin.begins(first);
        for partition in known..self.twin.partitions() {
            self.track(|tracker| tracker.was_idle_until(partition, start));
        }
    }

    /// What came while nobody looked is all read, partition by partition and side by side.
    pub(super) fn come_back(&mut self, now: Duration) {
        for side in [&mut self.source, &mut self.target] {
            if side.progress.are_all_through() {
                side.is_back(now);
            }
        }
        if let Some(tracker) = &mut self.tracker {
            for partition in 0..tracker.partitions() {
                if self.target.progress.is_through(partition) {
                    tracker.is_present(partition);
                }
            }
        }
    }
}
