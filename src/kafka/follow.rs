//! Follows a topic that keeps a state, as Connect's status topic and MM2's checkpoints do: read once from its beginning
//! (or near its end), then live. It joins no group and commits nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::Error;
use super::client::{Client, Slot, Told, left};
use super::reached::{Ends, Reached};
use crate::clock;
use crate::model::time::Timestamp;

/// Longest wait for one record while the end of the topic is not reached. Nothing in that time at an end that was told
/// means that nothing is left: a broker answers a fetch as soon as there is a record.
const PATIENCE: Duration = Duration::from_millis(500);

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
    reached: Reached,
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
        let until = clock::monotonic() + deadline;
        // It reads on by itself, also while the ends are not told; that it lost its connections meanwhile is nobody's failure now.
        self.slot.hear(|told| drop(self.followed().hear(told)));
        // Not as a part of what the reader is asked: that it hears nothing of a cluster that is away, and has to be made anew for that
        // and the topic read anew with it, is for the cluster to show that answers.
        let ends = self.asker.ask(|client| ends(client, &self.topic, until));
        if matches!(ends, Err(Error::NoTopic(_))) {
            // When there is one again, it is another one.
            self.slot.ask(|_| {
                *self.followed() = Followed::default();
                Ok(())
            })?;
        }
        let ends = ends?;
        self.slot.ask(|client| {
            let mut followed = self.followed();
            followed.assign(client, &self.topic, self.from, &ends)?;
            followed.read(client, &self.topic, &ends, until)?;
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
    /// Assign the topic at first, and again when it or the client has been made anew: then the old state says nothing.
    fn assign(
        &mut self,
        client: &Client,
        topic: &str,
        from: From,
        ends: &Ends,
    ) -> Result<(), Error> {
        if self.reached.fits(ends) && client.assignment()?.count() == ends.len() {
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
            self.reached.begin(partition, first);
        }
        if let Err(error) = client.assign(&list) {
            *self = Self::default();
            return Err(error.into());
        }
        Ok(())
    }

    /// Take in what there is before these ends; an error if time was up before all was taken.
    fn read(
        &mut self,
        client: &Client,
        topic: &str,
        ends: &Ends,
        until: Duration,
    ) -> Result<(), Error> {
        let mut anything_came = false;
        while !self.is_through(client, ends)? {
            let left = left(until);
            if left.is_zero() {
                let late = if anything_came {
                    Error::Behind
                } else {
                    Error::Silent
                };
                return Err(late(topic.to_owned()));
            }
            let came = self.step(client, PATIENCE.min(left))?;
            anything_came |= came;
            if !came && left >= PATIENCE && self.reached.has_only_holes(ends) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_through(&mut self, client: &Client, ends: &Ends) -> Result<bool, Error> {
        if self.reached.is_through(ends) {
            return Ok(true);
        }
        for element in client.position()?.elements() {
            if let Offset::Offset(position) = element.offset() {
                self.reached.moved(element.partition(), position);
            }
        }
        Ok(self.reached.is_through(ends))
    }

    /// Take one record in, or wait for one. False if nothing came.
    fn step(&mut self, client: &Client, patience: Duration) -> Result<bool, Error> {
        let Some(told) = client.poll(patience) else {
            return Ok(false);
        };
        match self.hear(told) {
            // Of a time in which nobody looked, perhaps: that the cluster answers is known by the ends that it told.
            Err(error) if !is_of_connections(&error) => Err(error.into()),
            _ => Ok(true),
        }
    }

    /// Take in a record, or an end; any other error is handed back.
    fn hear(&mut self, told: Told<'_>) -> Result<(), KafkaError> {
        match told {
            Err(KafkaError::PartitionEOF(partition)) => self.reached.told_end(partition),
            Err(error) => return Err(error),
            Ok(message) => {
                self.state.take(&Record {
                    key: message.key().unwrap_or_default(),
                    value: message.payload(),
                    timestamp: message.timestamp().to_millis().map(Timestamp::from_millis),
                    is_live: self.is_live,
                });
                self.reached.took(message.partition(), message.offset());
            }
        }
        Ok(())
    }
}

/// Whether an error tells of lost connections, which the client makes again by itself.
fn is_of_connections(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown)
    )
}

/// Where each partition of a topic begins and ends.
fn ends(client: &Client, topic: &str, until: Duration) -> Result<Ends, Error> {
    let metadata = client.fetch_metadata(Some(topic), left(until))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let no_topic = || Error::NoTopic(topic.to_owned());
    let found = found.ok_or_else(no_topic)?;
    match found.error().map(RDKafkaErrorCode::from) {
        None if !found.partitions().is_empty() => {}
        None
        | Some(
            RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::TopicAuthorizationFailed,
        ) => return Err(no_topic()),
        Some(error) => return Err(KafkaError::MetadataFetch(error).into()),
    }
    let edges = found.partitions().iter().map(|partition| {
        let (start, end) = client.fetch_watermarks(topic, partition.id(), left(until))?;
        Ok((partition.id(), (start, end)))
    });
    edges.collect()
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
