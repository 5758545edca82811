//! Two clusters, MM2 between them, and a canary that can be killed at any point; all of it in memory and in one thread.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::logs::{Copy, Entry, Partition};
use crate::canary::anchor::Anchor;
use crate::canary::config::Config;
use crate::canary::event::{Content, Event, Seen, Sent, Side};
use crate::canary::progress::Position;
use crate::canary::record::Record;
use crate::canary::schedule::Schedule;
use crate::canary::settled::{Log, SettledPoint, Start, decide};
use crate::canary::state::State;
use crate::canary::tracker::Place;
use crate::model::canary::CanaryView;
use crate::model::time::{Timestamp, micros};

pub(super) const PARTITIONS: usize = 2;
const DAY: Duration = Duration::from_hours(24);

/// The canary's process.
struct Process {
    state: State,
    schedule: Option<Schedule>,
    /// The first sequences, and whether each partition's first settled point stands.
    founding: Option<(Vec<u64>, Vec<bool>)>,
    /// Where the target's reader is to stand.
    target: Option<Vec<Position>>,
    anchor: Anchor,
}

pub(super) struct World {
    config: Config,
    pub(super) partitions: Vec<Partition>,
    process: Process,
    /// Microseconds of wall time since the world began.
    now: i64,
    lives: u64,
}

impl World {
    pub(super) fn new() -> Self {
        let mut config = Config::new("source", "target", "canary", "me");
        config.loss_grace = Duration::from_secs(5);
        let mut world = Self {
            process: Process::new(&config, 0, 1),
            config,
            partitions: std::iter::repeat_with(Partition::default)
                .take(PARTITIONS)
                .collect(),
            now: 0,
            lives: 1,
        };
        world.take_up();
        world
    }

    /// Let time pass, at most a tenth of a second at once.
    pub(super) fn pass(&mut self, time: i64) {
        self.now += time;
        let now = self.monotonic();
        for side in [Side::Source, Side::Target] {
            self.apply(Event::Answered(side, now));
        }
        self.begin();
        self.process.state.advance(now, None);
    }

    fn monotonic(&self) -> Duration {
        self.process
            .anchor
            .instant(Timestamp::from_micros(self.now))
    }

    fn apply(&mut self, event: Event) {
        self.process.state.apply(event);
    }

    /// Hand every record over that is due.
    pub(super) fn send(&mut self) {
        let now = self.monotonic();
        while let Some(slot) = self
            .process
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.peek(|_| true))
            .filter(|slot| slot.intended <= now)
        {
            let record = Record {
                instance: self.config.instance.clone(),
                run: self.process.state.run.clone(),
                topic: self.config.topic.clone(),
                partition: i32::try_from(slot.partition).unwrap(),
                sequence: slot.sequence,
                intended: self.process.state.anchor.wall(slot.intended),
                intended_monotonic: micros(slot.intended).unsigned_abs(),
            };
            let sent = Sent {
                partition: slot.partition,
                sequence: slot.sequence,
            };
            let entry = Entry::Record {
                record,
                has_header: true,
            };
            self.partitions[slot.partition]
                .in_flight
                .push_back((Some(sent), entry));
            let process = &mut self.process;
            process.schedule.as_mut().unwrap().take(slot);
            process
                .state
                .track(|tracker| tracker.sent(slot.partition, slot.sequence, slot.intended));
            process.state.twin.sent(slot.partition, slot.sequence);
        }
    }

    /// The source takes what was handed over first, and says so unless the answer is lost.
    pub(super) fn append(&mut self, partition: usize, is_heard: bool) {
        let Some((sent, entry)) = self.partitions[partition].in_flight.pop_front() else {
            return;
        };
        let log = &mut self.partitions[partition].source;
        log.push(entry);
        let place = Place {
            offset: i64::try_from(log.len()).unwrap() - 1,
            appended: None,
        };
        let now = self.monotonic();
        if let Some(sent) = sent {
            self.apply(if is_heard {
                Event::Acknowledged(sent, Some(place), now)
            } else {
                Event::Failed(sent)
            });
        } else {
            self.settled(partition, true);
        }
    }

    /// The source never gets what was handed over first.
    pub(super) fn refuse(&mut self, partition: usize) {
        match self.partitions[partition].in_flight.pop_front() {
            Some((Some(sent), _)) => self.apply(Event::Failed(sent)),
            Some((None, _)) => self.settled(partition, false),
            None => {}
        }
    }

    pub(super) fn read(&mut self, side: Side, partition: usize) {
        if side == Side::Target && self.process.target.is_some() {
            return;
        }
        let at = self.monotonic();
        let p = &mut self.partitions[partition];
        let (log, next) = match side {
            Side::Source => (&p.source, &mut p.source_read),
            Side::Target => (&p.target, &mut p.target_read),
        };
        let Some(entry) = log.get(*next).cloned() else {
            return;
        };
        let offset = i64::try_from(*next).unwrap();
        *next += 1;
        let checksum = crc32c::crc32c(format!("{entry:?}").as_bytes());
        let content = match entry {
            Entry::Record { record, has_header } => Content::Record(Box::new(record), has_header),
            Entry::Corrupt => Content::Corrupt,
            Entry::Point(_) => Content::Other,
        };
        self.apply(Event::Read(Seen {
            side,
            partition: i32::try_from(partition).unwrap(),
            offset,
            at,
            appended: None,
            checksum,
            content,
        }));
    }

    /// MM2 copies one record; settled points are always copied as they are.
    pub(super) fn copy(&mut self, partition: usize, copy: Copy) {
        let misrouted = self.partitions[partition].copy(copy);
        self.partitions[1 - partition].target.extend(misrouted);
    }

    /// MM2 begins again so many records earlier.
    pub(super) fn replay(&mut self, partition: usize, records: usize) {
        self.partitions[partition].replay(records);
    }

    /// The exporter learns what MM2 has committed: never at the very instant of a record's intended time.
    pub(super) fn commit(&mut self, partition: usize) {
        self.now += 1;
        if let Some(offset) = self.partitions[partition].committed() {
            let now = self.monotonic();
            let partition = i32::try_from(partition).unwrap();
            self.apply(Event::Committed(partition, offset, now));
        }
    }

    /// The exporter learns where the target's log ends.
    pub(super) fn ask(&mut self, partition: usize) {
        let high = i64::try_from(self.partitions[partition].target.len()).unwrap();
        let now = self.monotonic();
        let partition = i32::try_from(partition).unwrap();
        let log = Log { low: 0, high };
        self.apply(Event::Holds(Side::Target, partition, log, now));
    }

    pub(super) fn settle(&mut self, partition: usize) {
        if self.process.schedule.is_some() {
            self.write_point(partition);
        }
    }

    fn write_point(&mut self, partition: usize) {
        let now = self.monotonic();
        if let Some(point) = self.process.state.settle(partition, now) {
            // What is read from a log is what was encoded.
            let point = SettledPoint::decode(&point.encode()).expect("it survives the wire");
            let entry = Entry::Point(Box::new(point));
            self.partitions[partition]
                .in_flight
                .push_back((None, entry));
        }
    }

    /// The process is killed; the source still gets the first `landed` of what each partition's producer held, and `late` more once the
    /// next process has searched it. That one takes its place after `gone`, on a host whose monotonic clock began at another time.
    pub(super) fn kill(&mut self, landed: usize, late: usize, gone: i64) {
        let mut stragglers = Vec::new();
        for p in &mut self.partitions {
            let mut held = p.in_flight.drain(..).map(|(_, entry)| entry);
            p.source.extend(held.by_ref().take(landed));
            stragglers.push(held.take(late).collect::<Vec<_>>());
        }
        self.now += gone;
        self.lives += 1;
        self.process = Process::new(&self.config, self.now, self.lives);
        self.take_up();
        for (p, late) in self.partitions.iter_mut().zip(stragglers) {
            p.source.extend(late);
        }
    }

    /// Search the source, and set both readers.
    fn take_up(&mut self) {
        let log = |entries: &[Entry]| Log {
            low: 0,
            high: i64::try_from(entries.len()).unwrap(),
        };
        let found = self.partitions.iter().map(Partition::newest);
        let logs: Vec<Log> = self.partitions.iter().map(|p| log(&p.source)).collect();
        let now = Timestamp::from_micros(self.now);
        let start = decide(found.collect(), &logs, self.config.period, now);
        let (mut source, mut target) = (Vec::new(), Vec::new());
        for (n, p) in self.partitions.iter_mut().enumerate() {
            let (from, remote) = match &start {
                Start::Resumed(resumed) => resumed.points[n].as_ref().map_or_else(
                    || (log(&p.source).high, log(&p.target).high),
                    |point| (point.source_next, point.target_next.unwrap_or(0)),
                ),
                Start::Anew(_) => (log(&p.source).high, log(&p.target).high),
            };
            p.source_read = usize::try_from(from).unwrap();
            p.target_read = match &start {
                Start::Resumed(resumed)
                    if resumed.points[n]
                        .as_ref()
                        .is_some_and(|p| p.target_mark.is_some()) =>
                {
                    usize::try_from(remote - 1).unwrap()
                }
                _ => usize::try_from(remote).unwrap(),
            };
            source.push(Position {
                next: from,
                until: log(&p.source).high,
            });
            target.push(Position {
                next: remote,
                until: log(&p.target).high,
            });
        }
        self.apply(Event::Start(start));
        self.process.state.take_up(PARTITIONS);
        self.apply(Event::Positioned(Side::Source, source));
        self.process.target = Some(target);
        self.begin();
    }

    /// The target's reader stands, with what is there by now.
    pub(super) fn stand(&mut self) {
        if let Some(mut target) = self.process.target.take() {
            for (position, p) in target.iter_mut().zip(&self.partitions) {
                position.until = i64::try_from(p.target.len()).unwrap();
            }
            self.apply(Event::Positioned(Side::Target, target));
        }
    }

    /// As the core does.
    fn begin(&mut self) {
        let now = self.monotonic();
        let process = &mut self.process;
        if process.schedule.is_some() || !process.state.source.progress.are_all_through() {
            return;
        }
        if process.founding.is_none() {
            let first = process.state.resume(self.now.unsigned_abs());
            process.founding = Some((first, vec![false; PARTITIONS]));
            for partition in 0..PARTITIONS {
                self.write_point(partition);
            }
            return;
        }
        let is_founded =
            |(_, stands): &mut (Vec<u64>, Vec<bool>)| stands.iter().all(|stands| *stands);
        if let Some((first, _)) = process.founding.take_if(is_founded) {
            process.state.begins(&first, now);
            process.schedule = Some(Schedule::new(now, self.config.period, &first));
        }
    }

    fn settled(&mut self, partition: usize, stands: bool) {
        if let Some((_, founded)) = &mut self.process.founding {
            founded[partition] |= stands;
            if !founded[partition] {
                self.write_point(partition);
            }
        }
    }

    /// Let everything come to its end: all is sent, copied and read, and the grace goes by.
    pub(super) fn come_to_rest(&mut self) {
        self.stand();
        for partition in 0..PARTITIONS {
            while !self.partitions[partition].in_flight.is_empty() {
                self.append(partition, true);
            }
            self.partitions[partition].catch_up();
        }
        for partition in 0..PARTITIONS {
            for side in [Side::Source, Side::Target] {
                for _ in 0..self.partitions[partition].target.len() * 2 + 1_000 {
                    self.read(side, partition);
                }
            }
        }
        for partition in 0..PARTITIONS {
            self.commit(partition);
        }
        for _ in 0..100 {
            self.pass(100_000);
            for partition in 0..PARTITIONS {
                self.ask(partition);
            }
        }
    }

    pub(super) fn view(&self) -> CanaryView {
        self.process.state.view(&self.config, self.monotonic())
    }
}

impl Process {
    fn new(config: &Config, now: i64, life: u64) -> Self {
        // Each host's monotonic clock began at another time.
        let monotonic = DAY * u32::try_from(1 + life * 7 % 5).unwrap();
        let anchor = Anchor::new(Timestamp::from_micros(now), monotonic);
        let run = format!("run-{life}");
        let wanted = Arc::new(AtomicU32::new(2));
        Self {
            state: State::new(config, run, anchor, monotonic, wanted),
            schedule: None,
            founding: None,
            target: None,
            anchor,
        }
    }
}
