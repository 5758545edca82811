//! Reads a stretch of several partitions of one topic, from an offset each. It joins no group and commits nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Client, Slot, left};
use super::landing::Content;
use super::{Error, OffsetsReader};
use crate::model::connect::TopicPartition;

/// A broker that has not sent anything for so long is not heard.
const PATIENCE: Duration = Duration::from_secs(1);

/// The log of one topic.
pub(super) struct Log {
    topic: String,
    slot: Slot,
    ends: OffsetsReader,
}

impl Log {
    /// The log of `topic` on the cluster that librdkafka's `properties` lead to.
    pub(super) fn new(
        properties: &BTreeMap<String, String>,
        topic: &str,
        name: &'static str,
    ) -> Self {
        Self {
            topic: topic.to_owned(),
            slot: Slot::new(properties.clone(), name),
            ends: OffsetsReader::new(properties.clone()),
        }
    }

    /// Walk from these offsets until `visit` (partition, content, time in milliseconds) wants no more of any partition, or
    /// all ends are reached that the partitions have now, or it is `until`. librdkafka tells of no end that grows meanwhile.
    pub(super) fn walk(
        &self,
        starts: &BTreeMap<i32, i64>,
        until: Duration,
        mut visit: impl FnMut(i32, Content, i64) -> bool,
    ) -> Result<(), Error> {
        self.hear();
        let ends = self.ends(starts.keys(), until)?;
        let stretch = |(partition, start): (&i32, &i64)| {
            let end = *ends.get(partition)?;
            (*start < end).then_some((*partition, (*start, end)))
        };
        let stretches: BTreeMap<i32, (i64, i64)> = starts.iter().filter_map(stretch).collect();
        if stretches.is_empty() {
            return Ok(());
        }
        self.slot.ask(|client| {
            let mut list = TopicPartitionList::with_capacity(stretches.len());
            for (partition, (start, _)) in &stretches {
                list.add_partition_offset(&self.topic, *partition, Offset::Offset(*start))?;
            }
            client.assign(&list)?;
            let walked = steps(client, &self.topic, &stretches, until, &mut visit);
            client.unassign()?;
            walked
        })
    }

    /// Hear what its client has told, though it is not asked now.
    pub(super) fn hear(&self) {
        self.slot.hear(|_| ());
    }

    /// Where these partitions end now.
    pub(super) fn ends<'a>(
        &self,
        partitions: impl Iterator<Item = &'a i32>,
        until: Duration,
    ) -> Result<BTreeMap<i32, i64>, Error> {
        let partitions: Vec<_> = partitions
            .map(|partition| TopicPartition {
                topic: self.topic.clone(),
                partition: *partition,
            })
            .collect();
        let read = self.ends.read(&partitions, left(until))?.partitions;
        let ends = read.into_iter();
        Ok(ends.map(|(at, range)| (at.partition, range.end)).collect())
    }
}

fn steps(
    client: &Client,
    topic: &str,
    stretches: &BTreeMap<i32, (i64, i64)>,
    until: Duration,
    visit: &mut impl FnMut(i32, Content, i64) -> bool,
) -> Result<(), Error> {
    let mut open: BTreeSet<i32> = stretches.keys().copied().collect();
    let had_time = left(until) >= PATIENCE;
    let mut is_silent = true;
    while !open.is_empty() {
        let left = left(until);
        if left.is_zero() {
            return Ok(());
        }
        let polled = client.poll(left);
        is_silent &= polled.is_none();
        match polled {
            // Of a stretch there is a record, or the end that is told.
            None if is_silent && had_time => return Err(Error::Silent(topic.to_owned())),
            None => return Ok(()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let partition = message.partition();
                let content = Content {
                    key: message.key().unwrap_or_default().to_vec(),
                    value: message.payload().unwrap_or_default().to_vec(),
                };
                let millis = message.timestamp().to_millis().unwrap_or(0);
                let Some(&(start, end)) = stretches.get(&partition) else {
                    continue;
                };
                // Out of the log's range the client reads from the log's beginning, which is not what was asked for.
                let is_inside = (start..end).contains(&message.offset());
                let goes_on = is_inside && message.offset() + 1 < end;
                let is_open = open.contains(&partition);
                if is_open && !(is_inside && visit(partition, content, millis) && goes_on) {
                    open.remove(&partition);
                }
            }
        }
    }
    Ok(())
}
