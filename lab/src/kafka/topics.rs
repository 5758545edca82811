//! Topics: made, deleted, and what stands in them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication, TopicResult};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Offset, TopicPartitionList};

use super::{Error, block_on, client};
use crate::description::Cluster;

const DEADLINE: Duration = Duration::from_secs(15);

/// First and end offset of each partition.
pub(crate) type Bounds = BTreeMap<i32, (i64, i64)>;

/// A topic to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topic<'a> {
    pub(crate) name: &'a str,
    pub(crate) partitions: u16,
    pub(crate) replication: u16,
    /// The largest record that it takes, if that is not the brokers' default.
    pub(crate) largest: Option<usize>,
}

/// Makes a topic; one that is there stays as it is.
pub(crate) fn create(cluster: &Cluster, topic: Topic<'_>) -> Result<(), Error> {
    let largest = topic.largest.map(|bytes| bytes.to_string());
    let mut new = NewTopic::new(
        topic.name,
        i32::from(topic.partitions),
        TopicReplication::Fixed(i32::from(topic.replication)),
    );
    if let Some(largest) = &largest {
        new = new.set("max.message.bytes", largest);
    }
    let outcomes = block_on(admin(cluster)?.create_topics([&new], &options()));
    settled(cluster, outcomes, RDKafkaErrorCode::TopicAlreadyExists)
}

/// Deletes a topic; one that is not there is as good as deleted.
pub(crate) fn delete(cluster: &Cluster, topic: &str) -> Result<(), Error> {
    let outcomes = block_on(admin(cluster)?.delete_topics(&[topic], &options()));
    settled(cluster, outcomes, RDKafkaErrorCode::UnknownTopicOrPartition)
}

/// The partitions of a topic; none if there is no such topic.
pub(crate) fn partitions(cluster: &Cluster, topic: &str) -> Result<Vec<i32>, Error> {
    let consumer: BaseConsumer = client(cluster).create().map_err(failed(cluster))?;
    // All topics are asked for: a question for one that is not there might be answered with an error, or make it.
    let metadata = consumer
        .fetch_metadata(None, DEADLINE)
        .map_err(failed(cluster))?;
    let found = metadata.topics().iter().find(|one| one.name() == topic);
    Ok(found.map_or_else(Vec::new, |topic| {
        let partitions = topic.partitions().iter();
        partitions.map(MetadataPartition::id).collect()
    }))
}

/// First and end offset of each partition.
pub(crate) fn bounds(cluster: &Cluster, topic: &str) -> Result<Bounds, Error> {
    let consumer: BaseConsumer = client(cluster).create().map_err(failed(cluster))?;
    let bounds = |partition| {
        let found = consumer.fetch_watermarks(topic, partition, DEADLINE);
        Ok((partition, found.map_err(failed(cluster))?))
    };
    partitions(cluster, topic)?
        .into_iter()
        .map(bounds)
        .collect()
}

/// Deletes the records of each partition before an offset.
pub(crate) fn delete_records(
    cluster: &Cluster,
    topic: &str,
    before: &BTreeMap<i32, i64>,
) -> Result<(), Error> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in before {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset))
            .map_err(failed(cluster))?;
    }
    let done = block_on(admin(cluster)?.delete_records(&list, &options()));
    for partition in done.map_err(failed(cluster))?.elements() {
        partition.error().map_err(failed(cluster))?;
    }
    Ok(())
}

fn admin(cluster: &Cluster) -> Result<AdminClient<DefaultClientContext>, Error> {
    client(cluster).create().map_err(failed(cluster))
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(DEADLINE))
}

/// All is well if the cluster did it, or need not.
fn settled(
    cluster: &Cluster,
    outcomes: Result<Vec<TopicResult>, KafkaError>,
    needless: RDKafkaErrorCode,
) -> Result<(), Error> {
    for outcome in outcomes.map_err(failed(cluster))? {
        match outcome {
            Err((topic, code)) if code != needless => return Err(Error::Topic { topic, code }),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn failed(cluster: &Cluster) -> impl Fn(KafkaError) -> Error {
    let bootstrap = cluster.bootstrap.clone();
    move |source| Error::Client {
        bootstrap: bootstrap.clone(),
        source,
    }
}
