//! Where the logs of many partitions begin and end.
//!
//! `ListOffsets` with the special timestamps −2 and −1, through librdkafka's `offsets_for_times`: of its ways it is the
//! one that batches. Measured on Kafka 4.3.1 with 9,000 partitions on one broker: one request for the starts and one
//! for the ends, 0.5 s to 1.3 s each; `fetch_watermarks` takes two requests for each partition.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::Error;
use super::client::{Client, Slot, left};
use crate::clock;
use crate::model::connect::TopicPartition;
use crate::model::offsets::{LogOffsets, LogRange};

/// Reads the logs of one cluster.
pub struct OffsetsReader(Slot);

impl OffsetsReader {
    /// A reader of the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>) -> Self {
        Self(Slot::new(properties, "mirrorwatch-offsets"))
    }

    /// Where the logs of `partitions` begin and end; one that does not exist is left out. Blocks for up to
    /// `deadline`.
    pub fn read(
        &self,
        partitions: &[TopicPartition],
        deadline: Duration,
    ) -> Result<LogOffsets, Error> {
        if partitions.is_empty() {
            return Ok(LogOffsets::default());
        }
        self.0.ask(|client| {
            let until = clock::monotonic() + deadline;
            let starts = list(client, partitions, Offset::Beginning, until)?;
            let ends = list(client, partitions, Offset::End, until)?;
            let both = ends.into_iter().filter_map(|(at, end)| {
                let start = *starts.get(&at)?;
                Some((at, LogRange { start, end }))
            });
            let read: BTreeMap<_, _> = both.collect();
            if read.is_empty() {
                // A client without brokers refuses each partition by itself: only a cluster that is heard can have none of them.
                client.fetch_metadata(Some(&partitions[0].topic), left(until))?;
            }
            let missing = partitions.iter().filter(|at| !read.contains_key(at));
            let missing: Vec<_> = missing.cloned().collect();
            Ok(LogOffsets {
                unread: existing(client, &missing, until),
                partitions: read,
            })
        })
    }
}

/// Those partitions of which the cluster does not say that they do not exist. No answer is no such word.
fn existing(
    client: &Client,
    partitions: &[TopicPartition],
    until: Duration,
) -> BTreeSet<TopicPartition> {
    let mut existing = BTreeSet::new();
    for topic in partitions.chunk_by(|one, next| one.topic == next.topic) {
        let left = left(until);
        let metadata = client.fetch_metadata(Some(&topic[0].topic), left);
        let found = metadata.as_ref().ok().and_then(|metadata| {
            let mut topics = metadata.topics().iter();
            topics.find(|found| found.name() == topic[0].topic)
        });
        let is_gone = |at: &TopicPartition| {
            found.is_some_and(|found| match found.error().map(RDKafkaErrorCode::from) {
                Some(error) => error == RDKafkaErrorCode::UnknownTopicOrPartition,
                None => found
                    .partitions()
                    .iter()
                    .all(|found| found.id() != at.partition),
            })
        };
        existing.extend(topic.iter().filter(|at| !is_gone(at)).cloned());
    }
    existing
}

/// One edge of all logs. One topic whose leaders are being looked for makes librdkafka wait for them as long as it may,
/// and refuse all of them: so it gets half of the time, and then each topic is asked for by itself, and fails by itself.
fn list(
    client: &Client,
    partitions: &[TopicPartition],
    edge: Offset,
    until: Duration,
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let now = clock::monotonic();
    let whole = ask(
        client,
        partitions,
        edge,
        now + until.saturating_sub(now) / 2,
    );
    let Err(refusal) = whole else {
        return whole;
    };
    let mut found = BTreeMap::new();
    for topic in partitions.chunk_by(|one, next| one.topic == next.topic) {
        found.extend(ask(client, topic, edge, until).unwrap_or_default());
    }
    if found.is_empty() {
        Err(refusal)
    } else {
        Ok(found)
    }
}

fn ask(
    client: &Client,
    partitions: &[TopicPartition],
    edge: Offset,
    until: Duration,
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for at in partitions {
        list.add_partition_offset(&at.topic, at.partition, edge)?;
    }
    let left = left(until);
    let answer = client.offsets_for_times(list, left)?;
    let found = answer.elements().into_iter().filter_map(|element| {
        let Offset::Offset(offset) = element.offset() else {
            return None;
        };
        element.error().ok()?;
        let at = TopicPartition {
            topic: element.topic().to_owned(),
            partition: element.partition(),
        };
        Some((at, offset))
    });
    Ok(found.collect())
}

#[test]
fn a_partition_without_a_leader_is_unread_and_one_that_does_not_exist_is_left_out() {
    let cluster = rdkafka::mocking::MockCluster::new(1).expect("a mock is at hand");
    for topic in ["test-led", "test-leaderless"] {
        cluster
            .create_topic(topic, 2, 1)
            .expect("a mock is at hand");
    }
    cluster
        .partition_leader("test-leaderless", 1, None)
        .expect("a mock is at hand");
    let at = |topic: &str, partition| TopicPartition {
        topic: topic.to_owned(),
        partition,
    };
    let asked = [
        at("test-leaderless", 0),
        at("test-leaderless", 1),
        at("test-led", 0),
        at("test-led", 7),
        at("test-nowhere", 0),
    ];
    let servers = ("bootstrap.servers".to_owned(), cluster.bootstrap_servers());
    let offsets = OffsetsReader::new([servers].into())
        .read(&asked, Duration::from_secs(20))
        .expect("most can be read");
    let read: Vec<_> = offsets.partitions.into_keys().collect();
    assert_eq!(read, [at("test-leaderless", 0), at("test-led", 0)]);
    assert_eq!(offsets.unread, [at("test-leaderless", 1)].into());
}
