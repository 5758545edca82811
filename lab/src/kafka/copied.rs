//! How far a topic has been copied, told by the records themselves: MM2 hands on value and timestamp as they are.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::{Offset, TopicPartitionList};

use super::topics::{Bounds, bounds, failed};
use super::{Error, client};
use crate::clock;
use crate::description::Cluster;

const POLL: Duration = Duration::from_millis(200);
const DEADLINE: Duration = Duration::from_secs(20);

/// The offset in each source partition of the first record that is not on the target, once nothing is being copied: the record behind the
/// last one there.
pub(crate) fn uncopied(
    (source, topic): (&Cluster, &str),
    (target, remote): (&Cluster, &str),
) -> Result<BTreeMap<i32, i64>, Error> {
    let at_source = bounds(source, topic)?;
    let ends: BTreeMap<i32, i64> = bounds(target, remote)?
        .into_iter()
        .filter(|(_, (first, end))| end > first)
        .map(|(partition, (_, end))| (partition, end - 1))
        .collect();
    let last = read(target, remote, &ends, |_, _| true)?;
    let starts = starts(source, topic, &last)?;
    let found = read(source, topic, &starts, |partition, record| {
        last.get(&partition)
            .is_some_and(|copied| same(copied, record))
    })?;
    Ok(behind(&at_source, &found))
}

/// A partition without a copied record begins with its first.
fn behind(at_source: &Bounds, found: &BTreeMap<i32, OwnedMessage>) -> BTreeMap<i32, i64> {
    let next = |(partition, (first, _)): (&i32, &(i64, i64))| {
        let copied = found.get(partition).map(|record| record.offset() + 1);
        (*partition, copied.unwrap_or(*first).max(*first))
    };
    at_source.iter().map(next).collect()
}

fn same(one: &OwnedMessage, other: &OwnedMessage) -> bool {
    one.payload() == other.payload() && one.timestamp().to_millis() == other.timestamp().to_millis()
}

/// The first offset at the source that may hold each of these records, by its timestamp.
fn starts(
    cluster: &Cluster,
    topic: &str,
    records: &BTreeMap<i32, OwnedMessage>,
) -> Result<BTreeMap<i32, i64>, Error> {
    let consumer: BaseConsumer = client(cluster).create().map_err(failed(cluster))?;
    let mut times = TopicPartitionList::new();
    for (partition, record) in records {
        let at = Offset::Offset(record.timestamp().to_millis().unwrap_or(0));
        times
            .add_partition_offset(topic, *partition, at)
            .map_err(failed(cluster))?;
    }
    let found = consumer
        .offsets_for_times(times, DEADLINE)
        .map_err(failed(cluster))?;
    let offset = |offset| match offset {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    };
    let elements = found.elements();
    let pairs = elements
        .iter()
        .map(|one| (one.partition(), offset(one.offset())));
    Ok(pairs
        .filter_map(|(partition, offset)| Some((partition, offset?)))
        .collect())
}

/// Reads each partition from an offset on until a record fits.
fn read(
    cluster: &Cluster,
    topic: &str,
    from: &BTreeMap<i32, i64>,
    fits: impl Fn(i32, &OwnedMessage) -> bool,
) -> Result<BTreeMap<i32, OwnedMessage>, Error> {
    let mut found = BTreeMap::new();
    if from.is_empty() {
        return Ok(found);
    }
    let consumer: BaseConsumer = client(cluster)
        .set("group.id", "mirrorwatch-lab-reader")
        .set("enable.auto.commit", "false")
        .create()
        .map_err(failed(cluster))?;
    let mut list = TopicPartitionList::new();
    for (partition, offset) in from {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset))
            .map_err(failed(cluster))?;
    }
    consumer.assign(&list).map_err(failed(cluster))?;
    let deadline = clock::monotonic() + DEADLINE;
    while found.len() < from.len() {
        if clock::monotonic() > deadline {
            return Err(Error::NotFound {
                topic: topic.to_owned(),
                found: found.len(),
                wanted: from.len(),
            });
        }
        if let Some(Ok(record)) = consumer.poll(POLL) {
            let record = record.detach();
            let partition = record.partition();
            if !found.contains_key(&partition) && fits(partition, &record) {
                found.insert(partition, record);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp;

    use super::*;

    fn record(offset: i64, value: &str, ms: i64) -> OwnedMessage {
        let value = Some(value.as_bytes().to_vec());
        OwnedMessage::new(
            value,
            None,
            "t".into(),
            Timestamp::CreateTime(ms),
            0,
            offset,
            None,
        )
    }

    #[test]
    fn a_copy_has_the_value_and_the_timestamp_of_its_original() {
        assert!(same(&record(7, "a", 1), &record(9, "a", 1)));
        assert!(!same(&record(7, "a", 1), &record(7, "a", 2)));
        assert!(!same(&record(7, "a", 1), &record(7, "b", 1)));
    }

    #[test]
    fn what_follows_the_last_copied_record_is_uncopied() {
        let bounds = Bounds::from([(0, (0, 50)), (1, (10, 50)), (2, (30, 50))]);
        let found = BTreeMap::from([(0, record(20, "a", 1)), (2, record(20, "a", 1))]);
        let uncopied = behind(&bounds, &found);
        assert_eq!(uncopied, BTreeMap::from([(0, 21), (1, 10), (2, 30)]));
    }
}
