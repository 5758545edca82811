//! A world with known truth: what was sent, what stalled, what was lost, who was blind, and what the clocks said. Microseconds.

use crate::connect::{Connect, Shown};
use crate::ledger::{Event, Ledger, Shot};
use crate::rng::Rng;

pub const SECOND: i64 = 1_000_000;
pub const D: i64 = SECOND;

#[derive(Clone, Debug)]
pub struct World {
    pub seed: u64,
    pub interval: i64,
    pub steady: i64,
    pub hold: i64,
    pub limit: i64,
    pub period: i64,
    pub grace: i64,
    /// Canary partitions; those of an uncovered task are real, too, but no page tells of them.
    pub partitions: Vec<Part>,
    pub uncovered: bool,
    pub zero: (i64, i64, i64),
    /// From when until when the canary could not reach a side.
    pub source_blind: Option<(i64, i64)>,
    pub target_blind: Option<(i64, i64)>,
    /// From when until when the exporter was down.
    pub down: Option<(i64, i64)>,
    /// When the drill restored, and when the samples end.
    pub restored: Option<i64>,
    pub end: i64,
    /// A task is FAILED from here on.
    pub failed: Option<(i64, i64)>,
    /// Exporter and server: ahead by at the beginning and at the end, and half a round trip.
    pub clocks: [(i64, i64, i64); 2],
    /// The drill host's wall clock is off by this around the zero.
    pub shift: i64,
    /// Scrapes that are missed, and pages that are stale by so much.
    pub missed: Vec<(i64, i64)>,
    pub stale: i64,
    /// From when until when the page stood still.
    pub frozen: Option<(i64, i64)>,
    /// By how much longer than it must the drill watches.
    pub patience: i64,
    pub connect: Connect,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub task: usize,
    pub phase: i64,
    pub stalls: Vec<(i64, i64)>,
    pub lost: Option<(i64, i64)>,
    pub spacing: i64,
    pub duplicates: i64,
}

/// A record of the canary: when it was meant to be sent, stood on the source, and arrived for the first time, if it did.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub intended: i64,
    pub acknowledged: i64,
    pub arrives: Option<i64>,
}

/// A world that still has to end.
pub struct Open {
    pub world: World,
    rng: Rng,
}

impl Open {
    /// Its end; restored or not as is drawn, or as is asked for.
    pub fn closed(mut self, restored: Option<bool>) -> World {
        self.world.close(&mut self.rng, restored);
        self.world
    }
}

impl World {
    pub fn random(seed: u64) -> Self {
        Self::open(seed).closed(None)
    }

    /// A world that is never restored.
    pub fn kept(seed: u64) -> Self {
        Self::open(seed).closed(Some(false))
    }

    /// A world whose end is not known yet.
    pub fn open(seed: u64) -> Open {
        let mut rng = Rng::new(seed);
        let full = rng.percent(4);
        let (steady, hold, limit) = if full { (60, 30, 60) } else { (20, 8, 12) };
        let interval = if full {
            rng.pick(&[1, 15, 30])
        } else {
            rng.pick(&[1, 4, 4, 8, 8])
        } * SECOND;
        let issued = 1_000 * SECOND + rng.within(0, SECOND);
        let acts = issued + rng.within(1, 300_000);
        let done = acts + rng.within(1, 300_000);
        let mut world = Self {
            seed,
            interval,
            steady: steady * SECOND,
            hold: hold * SECOND,
            limit: limit * SECOND,
            period: rng.pick(&[200_000, 500_000]),
            grace: rng.pick(&[5, 60]) * SECOND,
            partitions: Vec::new(),
            uncovered: rng.percent(8),
            zero: (issued, acts, done),
            source_blind: None,
            target_blind: None,
            down: None,
            restored: None,
            end: 0,
            failed: None,
            clocks: [clock(&mut rng), clock(&mut rng)],
            shift: if rng.percent(5) {
                rng.pick(&[-3, 3, 15]) * SECOND
            } else {
                0
            },
            missed: Vec::new(),
            stale: if rng.percent(20) {
                rng.within(0, 2 * SECOND)
            } else {
                0
            },
            frozen: None,
            patience: 0,
            connect: Connect::default(),
        };
        world.trouble(&mut rng);
        world.others(seed);
        Open { world, rng }
    }

    /// What is not drawn with the rest, so that the canary's worlds stay what they are.
    fn others(&mut self, seed: u64) {
        let last = self.zero.2 + self.limit + self.hold;
        self.connect = Connect::random(seed, self.zero.1, last, self.failed);
        let mut rng = Rng::new(seed ^ 0x0f40_2e11);
        let start = rng.within(self.zero.1, last);
        let span = (start, start + rng.within(SECOND, 8 * SECOND));
        let frozen = rng.percent(10) && self.down.is_none();
        self.frozen = frozen.then_some(span);
        self.patience = if rng.percent(70) {
            2 * self.interval
        } else {
            0
        };
    }

    /// When the page that a scrape got was made.
    pub fn made(&self, scrape: i64) -> i64 {
        let at = scrape - self.stale;
        match self.frozen {
            Some((from, to)) if at >= from && at < to => from,
            _ => at,
        }
    }

    /// Whether the victim is down at an instant.
    pub fn is_dead(&self, at: i64) -> bool {
        let back = |restored: i64| at < restored + SECOND;
        at >= self.zero.1 + 100_000 && self.restored.is_none_or(back)
    }

    /// What a page made at an instant shows of Connect.
    pub fn shown(&self, made: i64) -> Shown {
        self.connect.shown(made, self.is_dead(made))
    }

    fn trouble(&mut self, rng: &mut Rng) {
        let (limit, hold) = (self.limit, self.hold);
        let last = self.zero.2 + limit + hold;
        let first_stall = (!rng.percent(10)).then(|| {
            let begin = if rng.percent(90) {
                self.zero.1 + rng.within(0, 400_000)
            } else {
                self.zero.1 + rng.within(0, limit + hold)
            };
            (begin, begin + length(rng, limit))
        });
        for number in 0..rng.within(2, 4) {
            let task = usize::try_from(number % 2).unwrap();
            let mut stalls: Vec<(i64, i64)> = Vec::new();
            if let Some((start, end)) = first_stall.filter(|_| task == 0) {
                stalls.push((start, end + rng.within(0, 300_000)));
            }
            for _ in 0..rng.pick(&[0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 12]) {
                let start = rng.within(self.zero.1, last);
                stalls.push((start, start + length(rng, limit / 3)));
            }
            if rng.percent(2) {
                let start = self.zero.0 - rng.within(0, self.steady);
                stalls.push((start, start + length(rng, limit)));
            }
            stalls.sort_unstable();
            let begins = rng.within(self.zero.0, last);
            let lost = rng
                .percent(10)
                .then(|| (begins, begins + rng.within(1, 3 * SECOND)));
            let spacing = rng.pick(&[1_000, 1_000, 20_000, self.period * 3 / 4]);
            let phase = rng.within(0, self.period);
            self.partitions.push(Part {
                task,
                phase,
                stalls,
                lost,
                spacing,
                duplicates: rng.pick(&[0, 3, 20]),
            });
        }
        let blind = |rng: &mut Rng| {
            let start = rng.within(self.zero.0 - 4 * SECOND, last);
            (start, start + rng.within(D * 13 / 10, 8 * SECOND))
        };
        match rng.within(0, 100) {
            0..=9 => {
                self.source_blind = Some(blind(rng));
                // What the canary could not send in time comes all at once: a slow flow would make it a backlog of its own.
                self.partitions
                    .iter_mut()
                    .for_each(|part| part.spacing = part.spacing.min(20_000));
            }
            10..=24 => self.target_blind = Some(blind(rng)),
            25..=36 => {
                let (start, end) = blind(rng);
                self.down = Some((start, end - rng.within(0, D)));
                self.partitions.iter_mut().for_each(|part| part.lost = None);
            }
            _ => {}
        }
        if rng.percent(30) {
            let start = rng.within(self.zero.2 - 2 * SECOND, last);
            self.missed
                .push((start, start + rng.within(0, 4 * self.interval)));
        }
        if rng.percent(15) {
            let start = self.zero.1 + rng.within(0, last - self.zero.1);
            self.failed = Some((
                start,
                if rng.percent(50) {
                    i64::MAX
                } else {
                    start + rng.within(0, 10 * SECOND)
                },
            ));
        }
    }

    /// The drill watches until it saw recovery and hold, or the limit and hold; then it restores, which stalls the flow again.
    fn close(&mut self, rng: &mut Rng, restored: Option<bool>) {
        let last = self.zero.2 + self.limit + self.hold;
        self.end = last + 6 * SECOND;
        let seen = crate::truth::recovery(self, &self.ideal(), last);
        let held = seen
            .and_then(|seen| Some(seen.1? + self.hold))
            .map_or(last, |held| held.min(last));
        let mut over = held + 2 * SECOND + self.stale + self.patience;
        if rng.percent(6) {
            over = rng.within(self.zero.2, over);
        }
        let drawn = rng.percent(70);
        if restored.unwrap_or(drawn) {
            self.restored = Some(over);
            for part in &mut self.partitions {
                part.stalls
                    .push((over + 100_000, over + 100_000 + rng.within(0, 5 * SECOND)));
            }
        }
        self.end = over + self.interval + rng.within(0, 2 * SECOND);
    }

    /// When the record meant for `intended` stands on the source and is delivered; `None` = lost. In order of records.
    fn deliver(&self, part: &Part, records: &[i64], blinded: bool) -> Vec<(i64, Option<i64>)> {
        let mut previous = 0;
        let mut out = Vec::with_capacity(records.len());
        for (i, intended) in records.iter().enumerate() {
            let mut stands = intended + 3_000;
            if let Some((_, end)) = self
                .source_blind
                .filter(|(start, end)| blinded && stands >= *start && stands < *end)
            {
                stands = end + 2_000;
            }
            let jitter = i64::try_from(
                ((intended.unsigned_abs() / self.period.unsigned_abs()) ^ self.seed)
                    .wrapping_mul(0x9e37_79b9)
                    % 30_000,
            )
            .unwrap();
            let mut arrives = (stands + 10_000 + jitter).max(previous + part.spacing);
            for (start, end) in &part.stalls {
                if arrives >= *start && arrives < *end {
                    arrives = end + 5_000;
                }
            }
            let lost = part
                .lost
                .is_some_and(|(from, to)| *intended >= from && *intended < to && i % 2 == 0);
            if !lost {
                previous = arrives;
            }
            out.push((stands, (!lost).then_some(arrives)));
        }
        out
    }

    /// The records that were meant to be sent from `from` to `until`, and what became of each.
    pub fn records(&self, part: &Part, from: i64, until: i64, blinded: bool) -> Vec<Record> {
        let first = (from - part.phase).div_euclid(self.period) + 1;
        let count = (until - from) / self.period;
        let intended: Vec<i64> = (0..count)
            .map(|i| (first + i) * self.period + part.phase)
            .collect();
        let mut acknowledged = 0;
        let delivered = self.deliver(part, &intended, blinded).into_iter();
        let records = intended.iter().zip(delivered);
        let record = |(intended, (stands, arrives)): (&i64, (i64, Option<i64>))| {
            acknowledged = (stands + 2_000).max(acknowledged);
            Record {
                intended: *intended,
                acknowledged,
                arrives,
            }
        };
        records.map(record).collect()
    }

    /// What a ledger lives through from `from` to `until`; `blinded` by what blinds the real one.
    fn events(&self, part: &Part, from: i64, until: i64, blinded: bool) -> Vec<(i64, Event)> {
        let read = |at: i64| match self.target_blind {
            Some((start, end)) if blinded && at >= start && at < end => end + 1_000,
            _ => at,
        };
        let records = self.records(part, from, until, blinded);
        let mut events = Vec::with_capacity(records.len() * 2);
        for (i, record) in records.into_iter().enumerate() {
            events.push((record.acknowledged, Event::Acknowledged(record.intended)));
            let arrived = |at| read(at).max(record.acknowledged + 1);
            let arrived = record.arrives.map(arrived);
            events.extend(arrived.map(|at| (at, Event::Arrived(i))));
        }
        for (start, end) in part
            .stalls
            .iter()
            .filter(|(start, _)| *start > from + 2 * SECOND)
        {
            events.extend((0..part.duplicates).map(|i| {
                (
                    read(start + (end - start) * (2 * i + 1) / (2 * part.duplicates + 1)),
                    Event::Duplicate,
                )
            }));
        }
        events.retain(|(at, _)| *at < until);
        events.sort_by_key(|(at, _)| *at);
        events
    }

    pub fn begin(&self) -> i64 {
        self.zero.0 - self.steady - 2 * self.interval - 5 * SECOND
    }

    /// Ledgers that nothing blinds, through to the end.
    pub fn ideal(&self) -> Vec<Ledger> {
        let live = |part: &Part| {
            let mut ledger = Ledger::new(self.period, D, self.grace);
            let until = self.end + 120 * SECOND;
            for (at, event) in self.events(part, self.begin() - 5 * SECOND, until, false) {
                ledger.happen(at, event);
            }
            ledger.advance(until);
            ledger
        };
        self.partitions.iter().map(live).collect()
    }

    /// The lives of the exporter.
    pub fn runs(&self) -> Vec<(i64, i64)> {
        let begin = self.begin() - 5 * SECOND;
        match self.down {
            Some((down, up)) => vec![(begin, down), (up, self.end)],
            None => vec![(begin, self.end)],
        }
    }

    /// What the ledger of one run says of one partition at some instants, in order.
    pub fn shots(&self, part: &Part, run: (i64, i64), at: &[i64]) -> Vec<Shot> {
        let mut ledger = Ledger::new(self.period, D, self.grace);
        let mut events = self
            .events(part, run.0, run.1 + 1, true)
            .into_iter()
            .peekable();
        let first = (run.0 - part.phase).div_euclid(self.period) + 1;
        let shot = |instant: &i64| {
            while let Some((at, event)) = events.next_if(|(at, _)| at <= instant) {
                ledger.happen(at, event);
            }
            ledger.shot(
                *instant,
                (*instant - part.phase).div_euclid(self.period) - first + 1,
            )
        };
        at.iter().map(shot).collect()
    }

    /// Records meant to be sent in a span that are never delivered.
    pub fn lost_between(&self, part: &Part, from: i64, until: i64) -> i64 {
        let start = self.begin() - 5 * SECOND;
        let first = (start - part.phase).div_euclid(self.period) + 1;
        let lost = |i: &i64| {
            let intended = (first + i) * self.period + part.phase;
            i % 2 == 0
                && intended > from
                && intended <= until
                && part
                    .lost
                    .is_some_and(|(a, b)| intended >= a && intended < b)
        };
        i64::try_from((0..=(until - start) / self.period).filter(lost).count()).unwrap()
    }
}

fn clock(rng: &mut Rng) -> (i64, i64, i64) {
    let offset = rng.within(-5 * SECOND, 5 * SECOND);
    let drift = if rng.percent(30) {
        rng.within(-200_000, 200_000)
    } else {
        0
    };
    (offset, offset + drift, rng.within(100, 20_000))
}

/// Below D, around D, or up to more than the limit.
fn length(rng: &mut Rng, limit: i64) -> i64 {
    match rng.within(0, 10) {
        0 => rng.within(0, D),
        1 => rng.within(D * 8 / 10, D * 14 / 10),
        2 => rng.within(limit, 3 * limit),
        _ => rng.within(D * 14 / 10, limit.max(D * 2)),
    }
}
