//! One canary partition over time: what is owed, since when, and the outages that follow from it.

use std::time::Duration;

use super::ledger::{Ledger, Open, Place};
use super::outage::Outages;
use super::replay::Replays;
use super::{Arrival, Settings};
use crate::canary::anchor::Anchor;
use crate::model::canary::PartitionView;

#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) ledger: Ledger,
    pub(super) outages: Outages,
    pub(super) replays: Replays,
    pub(super) first_arrival: Option<Duration>,
    pub(super) last_arrival: Option<Duration>,
    /// S: never moves back, see `move_through`.
    pub(super) through: Option<Duration>,
    /// Most records undelivered since the last first arrival.
    pub(super) gap_peak: u64,
    /// Worst exposure since then, as far as S has already moved on.
    pub(super) gap_exposure: Duration,
    /// While what arrived in the absence of this ledger is not read yet: the instant up to which it was complete before. Nothing is
    /// timed then, so that no outage opens.
    pub(super) absent_since: Option<Duration>,
}

impl Partition {
    pub(super) fn acknowledge(
        &mut self,
        sequence: u64,
        place: Option<Place>,
        at: Duration,
        settings: &Settings,
    ) -> Option<Duration> {
        let news = self.ledger.acknowledge(sequence, place, at)?;
        self.owe_more(at, settings);
        Some(news)
    }

    pub(super) fn read_back(
        &mut self,
        sequence: u64,
        place: Place,
        at: Duration,
        settings: &Settings,
    ) {
        if self.ledger.read_back(sequence, place, at).is_some() {
            self.owe_more(at, settings);
        }
    }

    fn owe_more(&mut self, at: Duration, settings: &Settings) {
        self.gap_peak = self.gap_peak.max(self.ledger.undelivered());
        self.move_through(at, settings);
        self.advance(at, settings);
    }

    /// A record of this run was read from the target; what it was if this is its first arrival.
    pub(super) fn arrive(&mut self, arrival: &Arrival, settings: &Settings) -> Option<Open> {
        let Arrival { sequence, at, .. } = *arrival;
        let is_first = self.ledger.is_first(sequence)?;
        // An arrival proves that the record stands on the source, even before the acknowledgement has come.
        self.ledger.acknowledge(sequence, None, at);
        if !is_first {
            self.ledger.counts.duplicates += 1;
            let newest = self.ledger.newest_delivered().unwrap_or(arrival.intended);
            let depth = newest.saturating_sub(arrival.intended);
            self.replays
                .duplicate(depth, arrival.is_timed.then_some(at));
            return None;
        }
        let open = if arrival.is_timed {
            self.arrive_now(sequence, at, settings)?
        } else {
            self.arrived_unseen(sequence, at)?
        };
        self.replays.first_arrival();
        self.first_arrival.get_or_insert(at);
        self.last_arrival = self.last_arrival.max(Some(at));
        self.gap_peak = self.ledger.undelivered();
        self.gap_exposure = Duration::ZERO;
        if self.exposure(at) <= settings.threshold {
            self.outages.calm_down();
        }
        Some(open)
    }

    fn arrive_now(&mut self, sequence: u64, at: Duration, settings: &Settings) -> Option<Open> {
        self.move_through(at, settings);
        self.advance(at, settings);
        let exposure = self.exposure(at).max(self.gap_exposure);
        self.outages.endure(exposure, self.gap_peak);
        self.outages.close(at, settings.threshold);
        let open = self.ledger.deliver(sequence, at)?;
        self.move_through(at, settings);
        Some(open)
    }

    /// The record arrived in the absence of this ledger: it settles what it settles, but when it came is not known, and neither
    /// what had been suffered by then.
    fn arrived_unseen(&mut self, sequence: u64, at: Duration) -> Option<Open> {
        let open = self.ledger.deliver(sequence, at)?;
        self.ledger.counts.untimed += 1;
        self.outages
            .close_unseen(self.absent_since.unwrap_or_default());
        Some(open)
    }

    /// Let time pass: an outage shows as soon as it is longer than the threshold.
    pub(super) fn advance(&mut self, now: Duration, settings: &Settings) {
        if self.absent_since.is_some() {
            return;
        }
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
    }

    /// Records that were passed a grace ago are lost, if the target has been seen all that time.
    pub(super) fn confirm_losses(
        &mut self,
        now: Duration,
        seen_since: Duration,
        settings: &Settings,
    ) {
        if self.absent_since.is_none()
            && self.ledger.confirm_losses(now, settings.grace, seen_since)
        {
            self.move_through(now, settings);
        }
    }

    /// All that arrived in the absence of this ledger is counted: from here on everything is timed.
    pub(super) fn is_present(&mut self, settings: &Settings) {
        if self.absent_since.take().is_some()
            && let Some(through) = self.delivered(settings)
        {
            self.through = self.through.max(Some(through));
        }
    }

    /// a, as long as something is owed: the later of the intended send of the oldest record that is owed, and the last first
    /// arrival. `None` before the first arrival of the run, too: MM2 has not picked the partition up.
    fn gap_start(&self) -> Option<Duration> {
        Some(self.ledger.oldest_owed()?.max(self.last_arrival?))
    }

    /// What of the schedule has been delivered now.
    fn delivered(&self, settings: &Settings) -> Option<Duration> {
        let newest = self.ledger.newest_delivered()?;
        Some(match self.ledger.oldest_owed() {
            Some(owed) => owed.saturating_sub(settings.period),
            None => newest,
        })
    }

    /// S(t), the intended send time up to which everything acknowledged has been delivered: of the newest delivered
    /// record if nothing is owed, else the slot just before the oldest record that is owed. It never moves back.
    fn move_through(&mut self, at: Duration, settings: &Settings) {
        let Some(through) = self.delivered(settings) else {
            return;
        };
        if self.through.is_none_or(|before| before < through) {
            if self.absent_since.is_none() {
                self.outages.endure(self.settled_exposure(at), 0);
                self.gap_exposure = self.gap_exposure.max(self.exposure(at));
            }
            self.through = Some(through);
        }
    }

    /// Nothing was meant to be sent before `slot`, the intended time of the next record: if nothing is owed, S is there already, and
    /// the time without a sender is nobody's exposure.
    pub(super) fn was_idle_until(&mut self, slot: Duration, settings: &Settings) {
        let is_calm = self.ledger.oldest_owed().is_none() && !self.outages.is_open();
        if self.through.is_some() && is_calm {
            self.through = self.through.max(Some(slot.saturating_sub(settings.period)));
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
        let exposure = if self.absent_since.is_none() {
            self.settled_exposure(now)
        } else {
            Duration::ZERO
        };
        PartitionView {
            partition,
            sent: counts.sent,
            acknowledged: counts.acknowledged,
            received: counts.received,
            untimed: counts.untimed,
            duplicates: counts.duplicates,
            reordered: counts.reordered,
            lost: counts.lost,
            late_after_loss: counts.late_after_loss,
            corrupt: counts.corrupt,
            misrouted: counts.misrouted,
            mangled: counts.mangled,
            undelivered: self.ledger.undelivered(),
            overtaken: self.ledger.passed(),
            replay: self.replays.view(anchor),
            first_arrival: self.first_arrival.map(|at| anchor.wall(at)),
            delivered_through: self.through.map(|through| anchor.wall(through)),
            outages: self.outages.view(exposure, anchor),
            calm_exposure: self.outages.calm_exposure(exposure),
            outage_count: self.outages.count(),
            outage_total: self.outages.total(now),
        }
    }
}
