//! MM2's own records: checkpoints (`<source>.checkpoints.internal` on the target, `Checkpoint.java`) and heartbeats
//! (`Heartbeat.java`).

use std::collections::BTreeMap;
use std::time::Duration;

use super::Error;
use super::bytes::Bytes;
use super::follow::{Fold, Follower, From, Record};
use crate::model::checkpoint::{Checkpoint, Checkpoints, Heartbeat};
use crate::model::connect::TopicPartition;
use crate::model::time::Timestamp;

/// The only version of both records so far.
const VERSION: i16 = 0;

/// Follows the checkpoints of one flow.
pub struct CheckpointReader(Follower<Checkpoints>);

impl CheckpointReader {
    /// A reader of `topic` on the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>, topic: &str) -> Self {
        Self(Follower::new(properties, topic.to_owned(), From::Beginning))
    }

    /// The newest checkpoints; none where there is no such topic. Blocks for up to `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<Checkpoints, Error> {
        or_none(self.0.read(deadline))
    }
}

/// Follows the heartbeats in one topic.
pub struct HeartbeatReader(Follower<Heartbeat>);

impl HeartbeatReader {
    /// A reader of `topic` on the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>, topic: &str) -> Self {
        Self(Follower::new(properties, topic.to_owned(), From::Tail))
    }

    /// The newest heartbeat; none where there is no such topic. Blocks for up to `deadline`.
    pub fn read(&self, deadline: Duration) -> Result<Heartbeat, Error> {
        or_none(self.0.read(deadline))
    }
}

/// Whether MM2 writes checkpoints and heartbeats is the operator's choice: without their topics there are none.
fn or_none<S: Default>(read: Result<S, Error>) -> Result<S, Error> {
    match read {
        Err(Error::NoTopic(_)) => Ok(S::default()),
        read => read,
    }
}

impl Fold for Checkpoints {
    fn take(&mut self, record: &Record<'_>) {
        let Some((group, at)) = checkpoint_key(record.key) else {
            self.malformed += 1;
            return;
        };
        match record.value.map(checkpoint_value) {
            None => {
                if let Some(partitions) = self.groups.get_mut(&group) {
                    partitions.remove(&at);
                }
            }
            Some(Some((upstream, downstream))) => {
                let checkpoint = Checkpoint {
                    upstream,
                    downstream,
                    written: record.timestamp,
                };
                self.groups.entry(group).or_default().insert(at, checkpoint);
            }
            Some(None) => self.malformed += 1,
        }
    }
}

fn checkpoint_key(key: &[u8]) -> Option<(String, TopicPartition)> {
    let mut bytes = Bytes(key);
    let group = bytes.text()?;
    let at = TopicPartition {
        topic: bytes.text()?,
        partition: bytes.int32()?,
    };
    Some((group, at))
}

/// Offset at the source and at the target; the metadata behind them is the group's own.
fn checkpoint_value(value: &[u8]) -> Option<(i64, i64)> {
    let mut bytes = Bytes(value);
    (bytes.int16()? == VERSION).then_some(())?;
    Some((bytes.int64()?, bytes.int64()?))
}

impl Fold for Heartbeat {
    fn take(&mut self, record: &Record<'_>) {
        match record.value.map(heartbeat_value) {
            Some(Some(sent)) => self.sent = self.sent.max(Some(sent)),
            Some(None) => self.malformed += 1,
            None => {}
        }
    }
}

fn heartbeat_value(value: &[u8]) -> Option<Timestamp> {
    let mut bytes = Bytes(value);
    (bytes.int16()? == VERSION).then_some(())?;
    Some(Timestamp::from_millis(bytes.int64()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let length = i16::try_from(text.len()).unwrap();
        [&length.to_be_bytes()[..], text.as_bytes()].concat()
    }

    fn key(group: &str, topic: &str, partition: i32) -> Vec<u8> {
        [text(group), text(topic), partition.to_be_bytes().to_vec()].concat()
    }

    fn value(version: i16, upstream: i64, downstream: i64) -> Vec<u8> {
        [
            &version.to_be_bytes()[..],
            &upstream.to_be_bytes(),
            &downstream.to_be_bytes(),
            &text(""),
        ]
        .concat()
    }

    fn take<S: Fold>(state: &mut S, key: &[u8], value: Option<&[u8]>) {
        state.take(&Record {
            key,
            value,
            timestamp: Some(Timestamp::from_millis(7)),
            is_live: true,
        });
    }

    #[test]
    fn the_newest_checkpoint_of_each_partition_stands() {
        let mut checkpoints = Checkpoints::default();
        let key = key("orders-app", "source.test-orders", 3);
        take(&mut checkpoints, &key, Some(&value(0, 100, 90)));
        take(&mut checkpoints, &key, Some(&value(0, 200, 180)));
        let at = TopicPartition {
            topic: "source.test-orders".to_owned(),
            partition: 3,
        };
        let expected = Checkpoint {
            upstream: 200,
            downstream: 180,
            written: Some(Timestamp::from_millis(7)),
        };
        assert_eq!(checkpoints.groups["orders-app"][&at], expected);
        take(&mut checkpoints, &key, None);
        assert!(checkpoints.groups["orders-app"].is_empty());
    }

    #[test]
    fn a_heartbeat_carries_its_time() {
        let mut heartbeat = Heartbeat::default();
        let at = |millis: i64| [&0_i16.to_be_bytes()[..], &millis.to_be_bytes()].concat();
        take(&mut heartbeat, &[], Some(&at(5_000)));
        take(&mut heartbeat, &[], Some(&at(4_000)));
        assert_eq!(heartbeat.sent, Some(Timestamp::from_millis(5_000)));
    }

    #[test]
    fn another_version_and_every_cut_record_are_counted_and_no_panic() {
        let mut checkpoints = Checkpoints::default();
        let (key, value) = (key("g", "t", 0), value(0, 1, 2));
        for end in 0..key.len() {
            take(&mut checkpoints, &key[..end], Some(&value));
        }
        for end in 0..18 {
            take(&mut checkpoints, &key, Some(&value[..end]));
        }
        take(&mut checkpoints, &key, Some(&self::value(1, 1, 2)));
        assert_eq!(
            checkpoints.malformed,
            u64::try_from(key.len()).unwrap() + 19
        );
        assert!(checkpoints.groups.is_empty());
    }
}
