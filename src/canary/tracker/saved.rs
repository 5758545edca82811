//! One partition of the ledger as it is kept over a restart of the exporter. All instants are wall time, for the monotonic clock of
//! the next life may begin elsewhere.
//!
//! What is restored is complete up to the instant at which it was saved. What arrived after that, until this ledger reads again, is
//! counted when it is read, but has no time: it closes what was open without saying when, and is not a latency.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::MOST_UNSETTLED;
use super::counts::Counts;
use super::ledger::{Ledger, Open, Place, Set};
use super::outage::{Outage, Outages};
use super::partition::Partition;
use super::replay::{Replay, Replays};
use crate::canary::anchor::Anchor;
use crate::model::time::{Timestamp, micros};

/// Runs of open records that are kept, at most: with more, the records before them are read again instead.
const MOST_RUNS: usize = 4_096;
/// Of these, runs of records that were lost and may yet come.
const MOST_LOST_RUNS: usize = 1_024;

/// A saved partition that claims more open records than a ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more open records than a ledger holds")]
pub struct TooMany;

/// Records of successive sequences, each to be sent a period after the one before: the first, how many, when the first was to be
/// sent, and since when they are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run(u64, u64, Timestamp, Option<Timestamp>);

/// One partition as it was at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPartition {
    /// The ledger was complete up to here.
    pub through: Timestamp,
    counts: Counts,
    next: u64,
    gaps: Vec<(u64, u64)>,
    unanswered: Vec<Run>,
    undecided: Vec<Run>,
    pending: Vec<Run>,
    passed: Vec<Run>,
    lost: Vec<Run>,
    first_arrived: Option<u64>,
    newest_arrived: Option<(u64, Timestamp)>,
    newest_read: Option<u64>,
    first_arrival: Option<Timestamp>,
    last_arrival: Option<Timestamp>,
    delivered_through: Option<Timestamp>,
    gap_peak: u64,
    gap_exposure: u64,
    outages: Vec<SavedOutage>,
    outage_count: u64,
    outage_total: u64,
    calm: Option<u64>,
    replay: Option<SavedReplay>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedOutage {
    number: u64,
    start: Timestamp,
    end: Option<Timestamp>,
    exposure: u64,
    peak: u64,
    calm: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SavedReplay {
    records: u64,
    depth: u64,
    at: Option<Timestamp>,
    is_open: bool,
    worst_records: u64,
    worst_depth: u64,
}

impl Partition {
    /// As it is at `now`; `None` if its open records are too scattered.
    pub(super) fn save(
        &self,
        now: Duration,
        period: Duration,
        anchor: &Anchor,
    ) -> Option<SavedPartition> {
        let ledger = &self.ledger;
        let since: BTreeMap<u64, Duration> =
            ledger.passings.iter().map(|(t, n)| (*n, *t)).collect();
        let runs = |set: &Set| runs(set, &since, period, anchor);
        let mut lost = runs(&ledger.lost);
        // The oldest are the first to be forgotten, as in memory.
        lost.drain(..lost.len().saturating_sub(MOST_LOST_RUNS));
        let saved = SavedPartition {
            through: self
                .absent_since
                .map_or(anchor.wall(now), |t| anchor.wall(t)),
            counts: ledger.counts,
            next: ledger.next,
            gaps: ledger.gaps.clone(),
            unanswered: runs(&ledger.unanswered),
            undecided: runs(&ledger.undecided),
            pending: runs(&ledger.pending),
            passed: runs(&ledger.passed),
            lost,
            first_arrived: ledger.first_arrived,
            newest_arrived: ledger.newest_arrived.map(|(n, at)| (n, anchor.wall(at))),
            newest_read: ledger.newest_read,
            first_arrival: self.first_arrival.map(|at| anchor.wall(at)),
            last_arrival: self.last_arrival.map(|at| anchor.wall(at)),
            delivered_through: self.through.map(|at| anchor.wall(at)),
            gap_peak: self.gap_peak,
            gap_exposure: length(self.gap_exposure),
            outages: self
                .outages
                .log
                .iter()
                .map(|o| save_outage(o, anchor))
                .collect(),
            outage_count: self.outages.count,
            outage_total: length(self.outages.closed),
            calm: self.outages.calm.map(length),
            replay: save_replay(&self.replays, anchor),
        };
        (saved.runs().count() <= MOST_RUNS).then_some(saved)
    }

    /// As it was, without what has happened since. The source had been read back up to the offset `read_to`.
    pub(super) fn restore(
        saved: &SavedPartition,
        read_to: i64,
        period: Duration,
        anchor: &Anchor,
    ) -> Result<Self, TooMany> {
        let records = saved.runs().map(|run| run.1).fold(0, u64::saturating_add);
        if records > 4 * MOST_UNSETTLED as u64 {
            return Err(TooMany);
        }
        Ok(Self {
            ledger: restore_ledger(saved, read_to, period, anchor),
            outages: Outages {
                log: saved
                    .outages
                    .iter()
                    .map(|o| restore_outage(o, anchor))
                    .collect(),
                count: saved.outage_count,
                closed: Duration::from_micros(saved.outage_total),
                calm: saved.calm.map(Duration::from_micros),
            },
            replays: saved
                .replay
                .map_or(Replays::default(), |r| restore_replay(r, anchor)),
            first_arrival: saved.first_arrival.map(|at| anchor.instant(at)),
            last_arrival: saved.last_arrival.map(|at| anchor.instant(at)),
            through: saved.delivered_through.map(|at| anchor.instant(at)),
            gap_peak: saved.gap_peak,
            gap_exposure: Duration::from_micros(saved.gap_exposure),
            absent_since: Some(anchor.instant(saved.through)),
        })
    }
}

impl SavedPartition {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        let sets = [
            &self.unanswered,
            &self.undecided,
            &self.pending,
            &self.passed,
        ];
        sets.into_iter().flatten().chain(&self.lost)
    }
}

fn restore_ledger(
    saved: &SavedPartition,
    read_to: i64,
    period: Duration,
    anchor: &Anchor,
) -> Ledger {
    // What was read back stands before that offset; the rest is read again.
    let place = |sequence| {
        let is_read = saved.newest_read.is_some_and(|newest| sequence <= newest);
        is_read.then_some(Place {
            offset: read_to - 1,
            appended: None,
        })
    };
    let set = |runs: &[Run]| -> Set {
        runs.iter()
            .flat_map(|run| records(run, period, anchor))
            .map(|(sequence, intended)| {
                let place = place(sequence);
                (sequence, Open { intended, place })
            })
            .collect()
    };
    let mut passings: Vec<(Duration, u64)> = Vec::new();
    for run in &saved.passed {
        let since = anchor.instant(run.3.unwrap_or(saved.through));
        passings.extend(records(run, period, anchor).map(|(sequence, _)| (since, sequence)));
    }
    passings.sort_unstable();
    Ledger {
        counts: saved.counts,
        next: saved.next,
        gaps: saved.gaps.clone(),
        unanswered: set(&saved.unanswered),
        undecided: set(&saved.undecided),
        pending: set(&saved.pending),
        passed: set(&saved.passed),
        passings: VecDeque::from(passings),
        lost: set(&saved.lost),
        first_arrived: saved.first_arrived,
        newest_arrived: saved.newest_arrived.map(|(n, at)| (n, anchor.instant(at))),
        newest_read: saved.newest_read,
        // MM2 may be set back meanwhile: what it has committed is asked anew.
        committed: None,
        read_to_end: None,
    }
}

/// The records of a set as runs.
fn runs(set: &Set, since: &BTreeMap<u64, Duration>, period: Duration, anchor: &Anchor) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (&sequence, open) in set {
        let intended = anchor.wall(open.intended);
        let since = since.get(&sequence).map(|at| anchor.wall(*at));
        match runs.last_mut() {
            Some(run)
                if run.0 + run.1 == sequence
                    && run.3 == since
                    && after(run.2, period, run.1) == intended =>
            {
                run.1 += 1;
            }
            _ => runs.push(Run(sequence, 1, intended, since)),
        }
    }
    runs
}

fn records(run: &Run, period: Duration, anchor: &Anchor) -> impl Iterator<Item = (u64, Duration)> {
    let Run(first, count, intended, _) = *run;
    let instant = move |n| anchor.instant(after(intended, period, n));
    (0..count).map(move |n| (first.saturating_add(n), instant(n)))
}

fn after(first: Timestamp, period: Duration, periods: u64) -> Timestamp {
    let periods = i64::try_from(periods).unwrap_or(i64::MAX);
    first.plus_micros(micros(period).saturating_mul(periods))
}

fn save_outage(outage: &Outage, anchor: &Anchor) -> SavedOutage {
    SavedOutage {
        number: outage.number,
        start: anchor.wall(outage.start),
        end: outage.end.map(|end| anchor.wall(end)),
        exposure: length(outage.worst_exposure),
        peak: outage.undelivered_peak,
        calm: outage.calm_exposure.map(length),
    }
}

fn restore_outage(saved: &SavedOutage, anchor: &Anchor) -> Outage {
    Outage {
        number: saved.number,
        start: anchor.instant(saved.start),
        end: saved.end.map(|end| anchor.instant(end)),
        worst_exposure: Duration::from_micros(saved.exposure),
        undelivered_peak: saved.peak,
        calm_exposure: saved.calm.map(Duration::from_micros),
    }
}

fn save_replay(replays: &Replays, anchor: &Anchor) -> Option<SavedReplay> {
    let latest = replays.latest?;
    Some(SavedReplay {
        records: latest.records,
        depth: length(latest.depth),
        at: latest.at.map(|at| anchor.wall(at)),
        is_open: replays.is_open,
        worst_records: replays.worst_records,
        worst_depth: length(replays.worst_depth),
    })
}

fn restore_replay(saved: SavedReplay, anchor: &Anchor) -> Replays {
    Replays {
        latest: Some(Replay {
            records: saved.records,
            depth: Duration::from_micros(saved.depth),
            at: saved.at.map(|at| anchor.instant(at)),
        }),
        is_open: saved.is_open,
        worst_records: saved.worst_records,
        worst_depth: Duration::from_micros(saved.worst_depth),
    }
}

fn length(duration: Duration) -> u64 {
    micros(duration).unsigned_abs()
}
