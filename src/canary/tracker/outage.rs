//! The outages of one canary partition: numbered from 1, the last eight kept.

use std::collections::VecDeque;
use std::time::Duration;

use crate::canary::anchor::Anchor;
use crate::model::canary::OutageView;

const KEPT: usize = 8;

#[derive(Debug)]
pub(super) struct Outage {
    pub(super) number: u64,
    pub(super) start: Duration,
    pub(super) end: Option<Duration>,
    pub(super) worst_exposure: Duration,
    pub(super) undelivered_peak: u64,
    pub(super) calm_exposure: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Outages {
    pub(super) log: VecDeque<Outage>,
    pub(super) count: u64,
    pub(super) closed: Duration,
    /// Worst exposure since the partition is calm, as long as it is.
    pub(super) calm: Option<Duration>,
}

impl Outages {
    pub(super) fn is_open(&self) -> bool {
        self.log.back().is_some_and(|outage| outage.end.is_none())
    }

    pub(super) fn open(&mut self, start: Duration) {
        self.count += 1;
        self.log.push_back(Outage {
            number: self.count,
            start,
            end: None,
            worst_exposure: Duration::ZERO,
            undelivered_peak: 0,
            calm_exposure: self.calm.take(),
        });
        if self.log.len() > KEPT {
            self.log.pop_front();
        }
    }

    /// An older record turned out to be owed: the open outage began earlier than was known.
    pub(super) fn began_by(&mut self, start: Duration) {
        if let Some(outage) = self.log.back_mut().filter(|outage| outage.end.is_none()) {
            outage.start = outage.start.min(start);
        }
    }

    /// The next first arrival. If it is not later than the threshold allows (the tick that opened the outage ran ahead of
    /// an arrival that was stamped before it), there was no outage.
    pub(super) fn close(&mut self, end: Duration, threshold: Duration) {
        let Some(outage) = self.log.back_mut().filter(|outage| outage.end.is_none()) else {
            return;
        };
        let length = end.saturating_sub(outage.start);
        if length > threshold {
            outage.end = Some(end);
            self.closed += length;
        } else {
            let calm = outage
                .calm_exposure
                .map(|calm| calm.max(outage.worst_exposure));
            let (exposure, undelivered) = (outage.worst_exposure, outage.undelivered_peak);
            self.log.pop_back();
            self.count -= 1;
            self.calm = calm;
            self.endure(exposure, undelivered);
        }
    }

    /// The open outage ended while nobody looked: it lasted until `known` at least, when it was last seen open.
    pub(super) fn close_unseen(&mut self, known: Duration) {
        if let Some(outage) = self.log.back_mut().filter(|outage| outage.end.is_none()) {
            let end = known.max(outage.start);
            outage.end = Some(end);
            self.closed += end.saturating_sub(outage.start);
        }
    }

    /// Nothing is open, and what was owed has been caught up with.
    pub(super) fn calm_down(&mut self) {
        if !self.is_open() {
            self.calm.get_or_insert(Duration::ZERO);
        }
    }

    /// Worst exposure since the partition is calm; `exposure` is what it has suffered beyond what it was told.
    pub(super) fn calm_exposure(&self, exposure: Duration) -> Option<Duration> {
        self.calm.map(|calm| calm.max(exposure))
    }

    /// Exposure and backlog seen after the start of the latest outage and before that of the next one.
    pub(super) fn endure(&mut self, exposure: Duration, undelivered: u64) {
        self.calm = self.calm.map(|calm| calm.max(exposure));
        if let Some(outage) = self.log.back_mut() {
            outage.worst_exposure = outage.worst_exposure.max(exposure);
            outage.undelivered_peak = outage.undelivered_peak.max(undelivered);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn total(&self, now: Duration) -> Duration {
        let open = self.log.back().filter(|outage| outage.end.is_none());
        self.closed + open.map_or(Duration::ZERO, |outage| now.saturating_sub(outage.start))
    }

    /// The kept outages; `exposure` is what the latest one has suffered beyond what it was told.
    pub(super) fn view(&self, exposure: Duration, anchor: &Anchor) -> Vec<OutageView> {
        let mut views: Vec<_> = self.log.iter().map(|outage| outage.view(anchor)).collect();
        if let Some(latest) = views.last_mut() {
            latest.worst_exposure = latest.worst_exposure.max(exposure);
        }
        views
    }
}

impl Outage {
    fn view(&self, anchor: &Anchor) -> OutageView {
        OutageView {
            number: self.number,
            start: anchor.wall(self.start),
            end: self.end.map(|end| anchor.wall(end)),
            worst_exposure: self.worst_exposure,
            undelivered_peak: self.undelivered_peak,
            calm_exposure: self.calm_exposure,
        }
    }
}
