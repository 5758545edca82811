//! Follows a topic that keeps a state, as Connect's status topic and MM2's checkpoints do: read once from its beginning
//! (or near its end), then live. It joins no group and commits nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::Error;
use super::client::{Client, Slot};
use crate::clock;
use crate::model::time::Timestamp;

/// Longest wait for one record while the end of the topic is not reached.
const PATIENCE: Duration = Duration::from_millis(200);

/// By partition where it begins and ends.
type Ends = BTreeMap<i32, (i64, i64)>;

/// One record of a followed topic.
pub struct Record<'a> {
    /// Its key; empty if it has none.
    pub key: &'a [u8],
    /// `None` for a tombstone.
    pub value: Option<&'a [u8]>,
    /// When the broker or the producer stamped it.
    pub timestamp: Option<Timestamp>,
    /// Whether it was written after the first time that the end was reached.
    pub is_live: bool,
}

/// What is made of a topic's records.
pub trait Fold: Clone + Default + Send {
    /// Take one record in.
    fn take(&mut self, record: &Record<'_>);
}

/// From where a topic is read at first.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// All that is there.
    Beginning,
    /// The last few records of each partition.
    Tail,
}

/// Follows one topic.
pub(super) struct Follower<S> {
    slot: Slot,
    /// Asks where the topic ends, on a connection of its own: on the reader's a question waits for the fetch before it.
    asker: Slot,
    topic: String,
    from: From,
    followed: Mutex<Followed<S>>,
}

#[derive(Default)]
struct Followed<S> {
    state: S,
    /// By partition the offset that comes next; empty before the topic was assigned.
    next: BTreeMap<i32, i64>,
    is_live: bool,
}

impl<S: Fold> Follower<S> {
    pub(super) fn new(properties: BTreeMap<String, String>, topic: String, from: From) -> Self {
        Self {
            slot: Slot::new(properties.clone(), "mirrorwatch-follower"),
            asker: Slot::new(properties, "mirrorwatch-follower-ends"),
            topic,
            from,
            followed: Mutex::default(),
        }
    }

    /// The state at the end that the topic has now. Blocks for up to `deadline`; a topic that is longer than what can be
    /// read in that time is read on at the next call.
    pub(super) fn read(&self, deadline: Duration) -> Result<S, Error> {
        self.slot.ask(|client| {
            let until = clock::monotonic() + deadline;
            let mut followed = self.followed();
            let ends = self
                .asker
                .ask(|client| ends(client, &self.topic, deadline))?;
            followed.assign(client, &self.topic, self.from, &ends)?;
            while !followed.is_through(&ends) {
                if clock::monotonic() >= until {
                    return Err(Error::Behind(self.topic.clone()));
                }
                followed.step(client, &ends)?;
            }
            followed.is_live = true;
            Ok(followed.state.clone())
        })
    }

    /// What is followed. After a panic all is read anew, as the client is made anew, too.
    fn followed(&self) -> MutexGuard<'_, Followed<S>> {
        self.followed.lock().unwrap_or_else(|poisoned| {
            self.followed.clear_poison();
            let mut followed = poisoned.into_inner();
            *followed = Followed::default();
            followed
        })
    }
}

impl<S: Fold> Followed<S> {
    /// Assign the topic at first, and again when it has been made anew: then the old state says nothing.
    fn assign(
        &mut self,
        client: &Client,
        topic: &str,
        from: From,
        ends: &Ends,
    ) -> Result<(), Error> {
        let fits = |partition: &i32| {
            let next = self.next.get(partition);
            next.zip(ends.get(partition))
                .is_some_and(|(next, (_, end))| next <= end)
        };
        if !self.next.is_empty() && ends.len() == self.next.len() && ends.keys().all(fits) {
            return Ok(());
        }
        *self = Self::default();
        let mut list = TopicPartitionList::new();
        for (&partition, &(start, end)) in ends {
            let first = match from {
                From::Beginning => start,
                From::Tail => start.max(end - 10),
            };
            list.add_partition_offset(topic, partition, Offset::Offset(first))?;
            self.next.insert(partition, first);
        }
        client.assign(&list)?;
        Ok(())
    }

    fn is_through(&self, ends: &Ends) -> bool {
        ends.iter()
            .all(|(partition, (_, end))| self.next.get(partition).is_some_and(|next| next >= end))
    }

    /// Take one record in, or wait a moment for one.
    fn step(&mut self, client: &Client, ends: &Ends) -> Result<(), Error> {
        match client.poll(PATIENCE) {
            None => {}
            // Nothing more comes before this end: compaction leaves holes, and of the records that end a transaction
            // nobody is told.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                let end = ends.get(&partition).map_or(0, |(_, end)| *end);
                self.next
                    .entry(partition)
                    .and_modify(|next| *next = end.max(*next));
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                self.state.take(&Record {
                    key: message.key().unwrap_or_default(),
                    value: message.payload(),
                    timestamp: message.timestamp().to_millis().map(Timestamp::from_millis),
                    is_live: self.is_live,
                });
                self.next.insert(message.partition(), message.offset() + 1);
            }
        }
        Ok(())
    }
}

/// Where each partition of a topic begins and ends.
fn ends(client: &Client, topic: &str, deadline: Duration) -> Result<Ends, Error> {
    let metadata = client.fetch_metadata(Some(topic), deadline)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions = found
        .filter(|found| found.error().is_none())
        .map_or(&[][..], |found| found.partitions());
    if partitions.is_empty() {
        return Err(Error::NoTopic(topic.to_owned()));
    }
    let edges = partitions.iter().map(|partition| {
        let (start, end) = client.fetch_watermarks(topic, partition.id(), deadline)?;
        Ok((partition.id(), (start, end)))
    });
    edges.collect()
}
