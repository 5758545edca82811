//! Readers of topics: all partitions from their beginning, without a group, each record stamped when it comes; topics and partitions that
//! do not exist yet are read from when they do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use super::doubt::{Doubt, drop_aside};
use crate::clock;
use crate::description::Cluster;
use crate::kafka;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(100);

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
    consumer: Arc<BaseConsumer>,
    doubt: Arc<Doubt>,
    topics: Vec<String>,
    /// From where each partition was read at first.
    assigned: BTreeMap<(String, i32), Offset>,
}

impl Reader {
    pub(super) fn new(cluster: &Cluster, topics: Vec<String>) -> Result<Self, KafkaError> {
        let (consumer, doubt) = doubted(consumer(cluster)?, cluster);
        Ok(Self {
            cluster: cluster.clone(),
            consumer,
            doubt,
            topics,
            assigned: BTreeMap::new(),
        })
    }

    /// Reads for ever; what `note` makes of a record is its own affair.
    pub(super) fn run(mut self, mut note: impl FnMut(&Arrival<'_>)) {
        let mut looked = None;
        loop {
            if self.doubt.is_deaf() {
                // Without another one it is tried again.
                let _ = self.succeed();
            }
            if self.is_waiting() && looked.is_none_or(|at: Instant| at.elapsed() >= LOOK_EVERY) {
                self.look();
                looked = Some(clock::monotonic());
            }
            if let Some(Ok(record)) = self.consumer.poll(POLL) {
                let us = clock::now_us();
                self.doubt.heard(us);
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

    /// Reads on with another client.
    fn succeed(&mut self) -> Result<(), KafkaError> {
        let read = self.consumer.position()?;
        let mut all = TopicPartitionList::new();
        for ((topic, partition), first) in &mut self.assigned {
            let read = read.find_partition(topic, *partition);
            if let Some(next @ Offset::Offset(_)) = read.map(|read| read.offset()) {
                *first = next;
            }
            all.add_partition_offset(topic, *partition, *first)?;
        }
        let fresh = consumer(&self.cluster)?;
        if all.count() > 0 {
            fresh.incremental_assign(&all)?;
        }
        let (fresh, doubt) = doubted(fresh, &self.cluster);
        drop_aside(std::mem::replace(&mut self.consumer, fresh));
        self.doubt = doubt;
        Ok(())
    }

    /// A topic is complete once it was seen; the lab never adds partitions.
    fn is_waiting(&self) -> bool {
        self.topics
            .iter()
            .any(|topic| !self.assigned.keys().any(|(known, _)| known == topic))
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
                let place = (topic.name().to_owned(), partition.id());
                if self.assigned.insert(place, Offset::Beginning).is_none() {
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
    let (mut member, mut doubt) = doubted(self::member(cluster, topic)?, cluster);
    let (cluster, topic) = (cluster.clone(), topic.to_owned());
    thread::spawn(move || {
        loop {
            if member.poll(POLL).is_some_and(|record| record.is_ok()) {
                doubt.heard(clock::now_us());
            }
            if doubt.is_deaf()
                && let Ok(fresh) = self::member(&cluster, &topic)
            {
                let (fresh, of_fresh) = doubted(fresh, &cluster);
                drop_aside(std::mem::replace(&mut member, fresh));
                doubt = of_fresh;
            }
        }
    });
    Ok(())
}

fn doubted(consumer: BaseConsumer, cluster: &Cluster) -> (Arc<BaseConsumer>, Arc<Doubt>) {
    let (consumer, doubt) = (Arc::new(consumer), Doubt::new());
    let cluster = cluster.clone();
    doubt.watch(&consumer, move |consumer| {
        kafka::is_deaf(consumer.client(), &cluster)
    });
    (consumer, doubt)
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
