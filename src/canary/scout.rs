//! Finds the canary's topic on one side, sets the reader on it, and asks again and again whether the cluster answers.
//!
//! The question is put through the reader's own client and needs no record to flow: while MM2 stalls, the target answers, and the
//! canary is not blind.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{Quiet, drop_aside};
use super::event::{Event, Side};
use super::instant;
use super::progress::Position;
use super::reader::{self, Consumer};
use super::running::Running;
use super::settled::{Log, Search, Start, decide, is_whole_from};
use super::shared::{Shared, Silence};
use super::topic::Creator;
use crate::clock;

/// Every partition is asked about in this time, at the latest: so long a loss waits to be confirmed beyond its grace.
const ROUND: Duration = Duration::from_secs(5);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// So often another client is asked: it may have to find brokers, prove who it is, and come from far away.
const TRIES: u32 = 5;
/// Every so many turns the topic is looked up again: it may have been given more partitions.
const LOOK_UP_EVERY: u32 = 100;

/// Where the reading of the target begins, by partition; known once the source was searched.
pub(super) type TargetStarts = Arc<OnceLock<Vec<Begin>>>;

/// Where the reading of one partition begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// What stands there is nobody's business.
    End,
    /// All of it came while somebody looked: the topic was missing before.
    Watched,
    /// All of it came while nobody looked.
    Beginning,
    /// What stands from this offset on came while nobody looked.
    Offset(i64),
    /// The same, and what stands just before it is known.
    Marked(i64),
}

/// What only the source's scout does.
pub(super) struct Home {
    pub(super) creator: Creator,
    pub(super) instance: String,
    pub(super) period: Duration,
}

/// Fields are dropped in their order: the client before the word that all has ended.
pub(super) struct Scout {
    pub(super) client: Arc<Shared>,
    /// Those of the cluster.
    pub(super) properties: BTreeMap<String, String>,
    pub(super) side: Side,
    /// The topic's name on this side.
    pub(super) topic: String,
    /// Makes the topic where it is missing, and looks for settled points in it; only the source has one.
    pub(super) home: Option<Home>,
    /// Where the target is read from: set by the source's scout.
    pub(super) starts: TargetStarts,
    /// The same, until the source's reader stands.
    pub(super) found: Option<Vec<Begin>>,
    pub(super) interval: Duration,
    pub(super) events: Sender<Event>,
    /// Where the reader was set on each partition.
    pub(super) set: Vec<i64>,
    /// Whether the topic was seen to be missing: then it is read from its beginning.
    pub(super) was_missing: bool,
    pub(super) silence: Silence,
    pub(super) said: Option<String>,
    pub(super) running: Running,
}

impl Scout {
    pub(super) fn run(mut self) {
        let (mut turns, mut questions) = (0_u32, 0);
        while !self.running.is_stopped() {
            let answer = if self.set.is_empty() || turns.is_multiple_of(LOOK_UP_EVERY) {
                self.look_up()
            } else {
                self.ask(&mut questions)
            };
            turns = turns.wrapping_add(1);
            if self.silence.is_due(answer.is_ok(), instant::now())
                && let Err(error) = self.compare()
            {
                tracing::debug!("canary: there is no other client: {error}");
            }
            let problem = answer.unwrap_or_else(|error| {
                Some(format!(
                    "the {} cluster does not answer: {error}",
                    self.side.name()
                ))
            });
            self.report(problem);
            thread::sleep(self.interval);
        }
    }

    /// Say what is wrong, or that nothing is any more, once.
    fn report(&mut self, problem: Option<String>) {
        if problem != self.said {
            self.tell(Event::Problem(self.side, problem.clone()));
            self.said = problem;
        }
    }

    fn tell(&self, event: Event) {
        // Without a receiver the canary has been stopped; the flag ends the loop.
        let _ = self.events.send(event);
    }

    /// Partitions that the reader was set on.
    fn known(&self) -> i32 {
        i32::try_from(self.set.len()).unwrap_or(i32::MAX)
    }

    fn answered(&self) {
        self.tell(Event::Answered(self.side, instant::now()));
    }

    /// Compare a client that seems to hear nothing with another one: if that hears, and this one still does not, it takes its place.
    fn compare(&mut self) -> KafkaResult<()> {
        let client = self.client.client();
        if self.is_heard_by(&client) {
            self.answered();
            return Ok(());
        }
        let quiet = client.context().of_successor(&self.properties);
        let fresh = reader::consumer(&self.properties, self.side, quiet)?;
        // Only a client that is polled learns its token.
        drop(fresh.poll(PATIENCE / 10));
        let is_heard = (0..TRIES).any(|_| !self.running.is_stopped() && self.is_heard_by(&fresh));
        if !is_heard || self.is_heard_by(&client) {
            drop_aside(fresh, self.running.clone());
            return Ok(());
        }
        let assigned = self.places(self.known(), &self.set).and_then(|places| {
            self.assign(&fresh, &places)?;
            Ok(places)
        });
        match assigned {
            Ok(places) => self.set = places,
            Err(error) => {
                drop_aside(fresh, self.running.clone());
                return Err(error);
            }
        }
        self.client.replace(fresh, self.running.clone());
        tracing::warn!(
            "canary: the reader of the {} cluster has lost all brokers; another client takes its place",
            self.side.name()
        );
        Ok(())
    }

    /// Whether a client is told of brokers; that another one than the reader's is makes nobody see.
    fn is_heard_by(&self, client: &Consumer) -> bool {
        let metadata = client.fetch_metadata(Some(&self.topic), PATIENCE);
        metadata.is_ok_and(|metadata| !metadata.brokers().is_empty())
    }

    /// Ask about as many partitions as it takes to come round in time; `questions` is how many were put before.
    fn ask(&self, questions: &mut usize) -> KafkaResult<Option<String>> {
        for _ in 0..at_once(self.set.len(), self.interval) {
            let partition = i32::try_from(*questions % self.set.len()).unwrap_or(0);
            *questions = questions.wrapping_add(1);
            let asked = instant::now();
            let client = self.client.client();
            let (low, high) = client.fetch_watermarks(&self.topic, partition, PATIENCE)?;
            self.answered();
            self.tell(Event::Holds(self.side, partition, Log { low, high }, asked));
        }
        Ok(None)
    }

    fn look_up(&mut self) -> KafkaResult<Option<String>> {
        let client = self.client.client();
        let metadata = client.fetch_metadata(Some(&self.topic), PATIENCE)?;
        self.answered();
        let topic = metadata
            .topics()
            .iter()
            .find(|topic| topic.name() == self.topic);
        let error = topic
            .and_then(rdkafka::metadata::MetadataTopic::error)
            .map(RDKafkaErrorCode::from);
        let partitions = topic.map_or(0, |topic| topic.partitions().len());
        match error {
            None if partitions > 0 => {
                self.extend_to(i32::try_from(partitions).unwrap_or(i32::MAX))?;
                Ok(None)
            }
            None
            | Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                self.was_missing = true;
                Ok(self.missing(metadata.brokers().len()))
            }
            Some(code) => Ok(Some(format!(
                "topic `{}` cannot be read on the {} cluster: {code}",
                self.topic,
                self.side.name()
            ))),
        }
    }

    fn missing(&self, brokers: usize) -> Option<String> {
        match &self.home {
            Some(home) => home.creator.create(&self.topic, brokers),
            None => Some(format!(
                "topic `{}` is not on the target yet: MM2 creates it at its next topic refresh (refresh.topics.interval.seconds)",
                self.topic
            )),
        }
    }

    /// Set the reader on the partitions that it does not read yet.
    fn extend_to(&mut self, partitions: i32) -> KafkaResult<()> {
        if partitions <= self.known() {
            return Ok(());
        }
        let logs = self.logs(partitions)?;
        let Some(starts) = self.starts(&logs)? else {
            return Ok(());
        };
        let positions: Vec<Position> = logs
            .iter()
            .zip(&starts)
            .map(|(log, start)| position(*start, *log))
            .collect();
        let fresh = starts.iter().zip(&positions).zip(&logs);
        let fresh = fresh.map(|((start, position), log)| read_from(*start, *position, *log));
        let mut all = self.set.clone();
        all.extend(fresh.skip(self.set.len()));
        let places = self.places(self.known(), &all)?;
        // Told first: what is read before the core knows where the reader stands would count for nothing.
        self.tell(Event::Positioned(self.side, positions));
        if let Some(target) = self.found.take() {
            // A search that is done again finds the same.
            let _ = self.starts.set(target);
        }
        self.assign(&self.client.client(), &places)?;
        self.set = places;
        Ok(())
    }

    /// These offsets, but where the first `known` partitions have been read further.
    fn places(&self, known: i32, all: &[i64]) -> KafkaResult<Vec<i64>> {
        let standing = self.client.client().position()?;
        let place = |(partition, set): (i32, &i64)| {
            let standing = standing.find_partition(&self.topic, partition);
            match standing.map(|standing| standing.offset()) {
                // One that has not been read from yet has no position.
                Some(Offset::Offset(next)) if partition < known => next,
                _ => *set,
            }
        };
        Ok((0..).zip(all).map(place).collect())
    }

    /// Set a client on these offsets.
    fn assign(&self, client: &Consumer, places: &[i64]) -> KafkaResult<()> {
        let mut assignment = TopicPartitionList::new();
        for (partition, place) in (0..).zip(places) {
            assignment.add_partition_offset(&self.topic, partition, Offset::Offset(*place))?;
        }
        client.assign(&assignment)
    }

    fn logs(&self, partitions: i32) -> KafkaResult<Vec<Log>> {
        let client = self.client.client();
        let log = |partition| {
            let (low, high) = client.fetch_watermarks(&self.topic, partition, PATIENCE)?;
            self.answered();
            Ok(Log { low, high })
        };
        (0..partitions).map(log).collect()
    }

    /// Where to read each partition from; `None` while that depends on the source, which was not searched yet. A topic that came
    /// later, or a partition that did, is read from its beginning: it was watched all the time.
    fn starts(&mut self, logs: &[Log]) -> KafkaResult<Option<Vec<Begin>>> {
        let starts = match (self.side, self.starts.get()) {
            (Side::Target, Some(starts)) => starts.clone(),
            (Side::Target, None) => return Ok(None),
            (Side::Source, _) if self.set.is_empty() => self.search(logs)?,
            (Side::Source, _) => Vec::new(),
        };
        if self.side == Side::Target && self.set.is_empty() && is_broken(&starts, logs) {
            self.tell(Event::Broken);
            return Ok(Some(vec![Begin::End; logs.len()]));
        }
        let (known, was_missing) = (self.set.len(), self.was_missing);
        let is_new = |n: usize| known > 0 && n >= known;
        let start = |n: usize| match starts.get(n).copied().unwrap_or(Begin::End) {
            Begin::End if was_missing || is_new(n) => Begin::Watched,
            start => start,
        };
        Ok(Some((0..logs.len()).map(start).collect()))
    }

    /// Look for the settled points of this instance, and tell what to begin with; where to read the source from.
    fn search(&mut self, logs: &[Log]) -> KafkaResult<Vec<Begin>> {
        let Some(home) = &self.home else {
            return Ok(Vec::new());
        };
        let client = reader::consumer(
            &self.properties,
            Side::Source,
            Quiet::new("source-searcher", &self.properties),
        )?;
        let search = Search {
            client: &client,
            topic: &self.topic,
            instance: &home.instance,
            running: &self.running,
        };
        let found = search.newest(logs)?;
        let start = decide(found, logs, home.period, clock::wall());
        let (mut source, mut target) = (Vec::new(), Vec::new());
        if let Start::Resumed(resumed) = &start {
            for point in &resumed.points {
                let Some(point) = point else {
                    source.push(Begin::End);
                    target.push(Begin::End);
                    continue;
                };
                source.push(Begin::Offset(point.source_next));
                target.push(match (point.target_next, point.target_mark) {
                    (None, _) => Begin::Beginning,
                    (Some(next), None) => Begin::Offset(next),
                    (Some(next), Some(_)) => Begin::Marked(next),
                });
            }
        }
        self.tell(Event::Start(start));
        self.found = Some(target);
        Ok(source)
    }
}

/// How many of these partitions are asked about in each turn.
fn at_once(partitions: usize, interval: Duration) -> usize {
    let turns = (ROUND.as_micros() / interval.as_micros().max(1)).max(1);
    partitions.div_ceil(usize::try_from(turns).unwrap_or(usize::MAX))
}

#[test]
fn all_partitions_are_asked_about_within_a_round() {
    let interval = Duration::from_millis(250);
    assert_eq!([1, 20, 21, 100].map(|n| at_once(n, interval)), [1, 1, 2, 5]);
}

/// Whether a log does not hold any more what is to be read on.
fn is_broken(starts: &[Begin], logs: &[Log]) -> bool {
    starts.iter().enumerate().any(|(n, start)| match start {
        Begin::Offset(next) | Begin::Marked(next) => {
            !logs.get(n).is_some_and(|log| is_whole_from(*next, *log))
        }
        Begin::End | Begin::Beginning | Begin::Watched => false,
    })
}

fn position(start: Begin, log: Log) -> Position {
    let (next, until) = match start {
        Begin::End => (log.high, log.high),
        Begin::Watched => (log.low, log.low),
        Begin::Beginning => (log.low, log.high),
        Begin::Offset(next) | Begin::Marked(next) => (next, log.high),
    };
    Position { next, until }
}

/// The offset to set the reader on.
fn read_from(start: Begin, position: Position, log: Log) -> i64 {
    match start {
        Begin::Marked(next) => (next - 1).max(log.low),
        _ => position.next,
    }
}
