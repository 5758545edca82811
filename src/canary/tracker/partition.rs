//! One canary partition over time: what is owed, since when, and the outages that follow from it.

use std::time::Duration;

use super::Settings;
use super::ledger::Ledger;
use super::outage::Outages;
use crate::canary::anchor::Anchor;
use crate::model::canary::PartitionView;

#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) ledger: Ledger,
    outages: Outages,
    first_arrival: Option<Duration>,
    last_arrival: Option<Duration>,
    /// S: never moves back, see `move_through`.
    through: Option<Duration>,
    /// Most records undelivered since the last first arrival.
    gap_peak: u64,
    /// Worst exposure since then, as far as S has already moved on.
    gap_exposure: Duration,
}

impl Partition {
    pub(super) fn acknowledge(&mut self, sequence: u64, at: Duration, settings: &Settings) {
        if self.ledger.acknowledge(sequence, at) {
            self.owe_more(at, settings);
        }
    }

    pub(super) fn read_back(&mut self, sequence: u64, at: Duration, settings: &Settings) {
        if self.ledger.read_back(sequence, at) {
            self.owe_more(at, settings);
        }
    }

    fn owe_more(&mut self, at: Duration, settings: &Settings) {
        self.gap_peak = self.gap_peak.max(self.ledger.undelivered());
        self.move_through(at, settings);
        self.advance(at, settings);
    }

    /// A record of this run was read from the target; its latency if this is its first arrival.
    pub(super) fn arrive(
        &mut self,
        sequence: u64,
        at: Duration,
        settings: &Settings,
    ) -> Option<Duration> {
        let first = self.ledger.is_first(sequence);
        // An arrival proves that the record stands on the source, even before the acknowledgement has come.
        self.ledger.acknowledge(sequence, at);
        match first {
            Some(true) => {}
            Some(false) => {
                self.ledger.counts.duplicates += 1;
                return None;
            }
            None => {
                self.ledger.counts.corrupt += 1;
                return None;
            }
        }
        self.move_through(at, settings);
        self.advance(at, settings);
        let exposure = self.exposure(at).max(self.gap_exposure);
        self.outages.endure(exposure, self.gap_peak);
        self.outages.close(at, settings.threshold);
        let intended = self.ledger.deliver(sequence, at)?;
        self.first_arrival.get_or_insert(at);
        self.last_arrival = self.last_arrival.max(Some(at));
        self.move_through(at, settings);
        self.gap_peak = self.ledger.undelivered();
        self.gap_exposure = Duration::ZERO;
        if self.exposure(at) <= settings.threshold {
            self.outages.calm_down();
        }
        Some(at.saturating_sub(intended))
    }

    /// Let time pass: an outage shows as soon as it is longer than the threshold, a loss when its grace is over.
    pub(super) fn advance(&mut self, now: Duration, settings: &Settings) {
        if let Some(start) = self.gap_start() {
            if self.outages.is_open() {
                self.outages.began_by(start);
            } else if now.saturating_sub(start) > settings.threshold {
                self.outages.endure(self.exposure(start), 0);
                self.outages.open(start);
                self.outages.endure(self.gap_exposure, self.gap_peak);
            }
        }
        if self.outages.is_open() {
            self.outages.endure(self.exposure(now), self.gap_peak);
        }
        if self.ledger.confirm_losses(now, settings.grace) {
            self.move_through(now, settings);
        }
    }

    /// a, as long as something is owed: the later of the intended send of the oldest record that is owed, and the last first
    /// arrival. `None` before the first arrival of the run, too: MM2 has not picked the partition up.
    fn gap_start(&self) -> Option<Duration> {
        Some(self.ledger.oldest_owed()?.max(self.last_arrival?))
    }

    /// S(t), the intended send time up to which everything acknowledged has been delivered: of the newest delivered
    /// record if nothing is owed, else the slot just before the oldest record that is owed. It never moves back.
    fn move_through(&mut self, at: Duration, settings: &Settings) {
        let Some(newest) = self.ledger.newest_delivered() else {
            return;
        };
        let through = match self.ledger.oldest_owed() {
            Some(owed) => owed.saturating_sub(settings.period),
            None => newest,
        };
        if self.through.is_none_or(|before| before < through) {
            self.outages.endure(self.settled_exposure(at), 0);
            self.gap_exposure = self.gap_exposure.max(self.exposure(at));
            self.through = Some(through);
        }
    }

    fn exposure(&self, now: Duration) -> Duration {
        self.through
            .map_or(Duration::ZERO, |through| now.saturating_sub(through))
    }

    /// The exposure that certainly belongs to the latest outage: what follows a in a gap that may yet become an outage
    /// of its own is left out.
    fn settled_exposure(&self, now: Duration) -> Duration {
        let gap = self.gap_start().filter(|_| !self.outages.is_open());
        self.exposure(gap.map_or(now, |start| start.min(now)))
    }

    pub(super) fn view(&self, partition: i32, now: Duration, anchor: &Anchor) -> PartitionView {
        let counts = self.ledger.counts;
        PartitionView {
            partition,
            sent: counts.sent,
            acknowledged: counts.acknowledged,
            received: counts.received,
            duplicates: counts.duplicates,
            lost: counts.lost,
            late_after_loss: counts.late_after_loss,
            corrupt: counts.corrupt,
            undelivered: self.ledger.undelivered(),
            overtaken: self.ledger.overtaken(),
            first_arrival: self.first_arrival.map(|at| anchor.wall(at)),
            delivered_through: self.through.map(|through| anchor.wall(through)),
            outages: self.outages.view(self.settled_exposure(now), anchor),
            calm_exposure: self.outages.calm_exposure(self.settled_exposure(now)),
            outage_count: self.outages.count(),
            outage_total: self.outages.total(now),
        }
    }
}
