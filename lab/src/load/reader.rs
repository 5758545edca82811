//! Readers of topics: all partitions from their beginning, without a group, each record stamped when it comes; topics and partitions that
//! do not exist yet are read from when they do.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use crate::clock;
use crate::description::Cluster;
use crate::kafka;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(100);
/// A client to which nothing has come for so long may be deaf.
const DOUBT_AFTER: Duration = Duration::from_secs(5);

/// One record as it came.
pub(super) struct Arrival<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) payload: &'a [u8],
    /// The record's own timestamp, in milliseconds: MM2 hands on the one that the record has on the source.
    pub(super) timestamp_ms: i64,
    pub(super) us: i64,
}

/// A reader of some topics.
pub(super) struct Reader {
    cluster: Cluster,
    consumer: BaseConsumer,
    topics: Vec<String>,
    assigned: BTreeSet<(String, i32)>,
}

impl Reader {
    pub(super) fn new(cluster: &Cluster, topics: Vec<String>) -> Result<Self, KafkaError> {
        Ok(Self {
            cluster: cluster.clone(),
            consumer: consumer(cluster)?,
            topics,
            assigned: BTreeSet::new(),
        })
    }

    /// Reads for ever; what `note` makes of a record is its own affair.
    pub(super) fn run(mut self, mut note: impl FnMut(&Arrival<'_>)) {
        let mut looked = None;
        let mut heard = clock::monotonic();
        loop {
            if heard.elapsed() >= DOUBT_AFTER {
                self.hear();
                heard = clock::monotonic();
            }
            if self.is_waiting() && looked.is_none_or(|at: Instant| at.elapsed() >= LOOK_EVERY) {
                self.look();
                looked = Some(clock::monotonic());
            }
            if let Some(Ok(record)) = self.consumer.poll(POLL) {
                let us = clock::now_us();
                heard = clock::monotonic();
                let payload = record.payload().unwrap_or_default();
                note(&Arrival {
                    topic: record.topic(),
                    partition: record.partition(),
                    offset: record.offset(),
                    payload,
                    timestamp_ms: record.timestamp().to_millis().unwrap_or(-1),
                    us,
                });
            }
        }
    }

    /// Goes on with another client if this one is deaf.
    fn hear(&mut self) {
        if !kafka::is_deaf(self.consumer.client(), &self.cluster) {
            return;
        }
        if let Ok(fresh) = self.successor() {
            let deaf = std::mem::replace(&mut self.consumer, fresh);
            // To end a client may take long.
            thread::spawn(move || drop(deaf));
        }
    }

    /// Another client that reads on.
    fn successor(&self) -> Result<BaseConsumer, KafkaError> {
        let read = self.consumer.position()?;
        let mut all = TopicPartitionList::new();
        for (topic, partition) in &self.assigned {
            let next = read
                .find_partition(topic, *partition)
                .map(|read| read.offset());
            let next = next.filter(|next| matches!(next, Offset::Offset(_)));
            all.add_partition_offset(topic, *partition, next.unwrap_or(Offset::Beginning))?;
        }
        let fresh = consumer(&self.cluster)?;
        if all.count() > 0 {
            fresh.incremental_assign(&all)?;
        }
        Ok(fresh)
    }

    /// A topic is complete once it was seen; the lab never adds partitions.
    fn is_waiting(&self) -> bool {
        self.topics
            .iter()
            .any(|topic| !self.assigned.iter().any(|(known, _)| known == topic))
    }

    fn look(&mut self) {
        let Ok(metadata) = self.consumer.fetch_metadata(None, Duration::from_secs(1)) else {
            return;
        };
        let mut new = TopicPartitionList::new();
        for topic in metadata
            .topics()
            .iter()
            .filter(|topic| self.topics.iter().any(|wanted| wanted == topic.name()))
        {
            for partition in topic.partitions() {
                if self
                    .assigned
                    .insert((topic.name().to_owned(), partition.id()))
                {
                    let _ =
                        new.add_partition_offset(topic.name(), partition.id(), Offset::Beginning);
                }
            }
        }
        if new.count() > 0 {
            let _ = self.consumer.incremental_assign(&new);
        }
    }
}

fn consumer(cluster: &Cluster) -> Result<BaseConsumer, KafkaError> {
    kafka::client(cluster)
        // Never joined; librdkafka wants a name to assign partitions.
        .set("group.id", "mirrorwatch-lab-reader")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.error.backoff.ms", "50")
        .set("socket.timeout.ms", "10000")
        .create()
}

/// An application on the source: a consumer group that reads the load and commits, so that MM2 has offsets to translate.
pub(super) fn application(cluster: &Cluster, topic: &str) -> Result<(), KafkaError> {
    let mut member = member(cluster, topic)?;
    let (cluster, topic) = (cluster.clone(), topic.to_owned());
    thread::spawn(move || {
        let mut heard = clock::monotonic();
        loop {
            if member.poll(POLL).is_some_and(|record| record.is_ok()) {
                heard = clock::monotonic();
            }
            if heard.elapsed() >= DOUBT_AFTER {
                heard = clock::monotonic();
                if kafka::is_deaf(member.client(), &cluster)
                    && let Ok(fresh) = self::member(&cluster, &topic)
                {
                    member = fresh;
                }
            }
        }
    });
    Ok(())
}

fn member(cluster: &Cluster, topic: &str) -> Result<BaseConsumer, KafkaError> {
    let consumer: BaseConsumer = kafka::client(cluster)
        .set("group.id", "orders-app")
        .set("auto.offset.reset", "earliest")
        .set("auto.commit.interval.ms", "1000")
        // It is in no hurry: twice a second, not once for each record.
        .set("fetch.min.bytes", "1000000")
        .set("fetch.wait.max.ms", "500")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}
