//! The offsets that consumer groups have committed, read without joining them: a client that names the group asks its
//! coordinator (`OffsetFetch`), and never subscribes.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use super::Error;
use super::client::{Client, Slot, left};
use crate::clock;
use crate::model::connect::TopicPartition;
use crate::model::offsets::GroupOffsets;

/// Reads the offsets of some groups on one cluster.
pub struct ConsumerGroupsReader {
    groups: Vec<(String, Slot)>,
}

impl ConsumerGroupsReader {
    /// A reader of `groups` on the cluster that librdkafka's `properties` lead to; one client for each.
    pub fn new(properties: &BTreeMap<String, String>, groups: &[String]) -> Self {
        let slot = |group: &String| (group.clone(), Slot::of_group(properties.clone(), group));
        Self {
            groups: groups.iter().map(slot).collect(),
        }
    }

    /// What the groups have committed of `partitions`; a group that has committed nothing has no entries. Blocks for up
    /// to `deadline`.
    pub fn read(
        &self,
        partitions: &[TopicPartition],
        deadline: Duration,
    ) -> Result<GroupOffsets, Error> {
        let until = clock::monotonic() + deadline;
        self.hear();
        let mut offsets = GroupOffsets::default();
        for (group, slot) in &self.groups {
            let left = left(until);
            let committed = slot.ask(|client| committed(client, partitions, left))?;
            offsets.groups.insert(group.clone(), committed);
        }
        Ok(offsets)
    }

    /// Hear what its clients have told, though they are not asked now.
    pub(super) fn hear(&self) {
        self.groups.iter().for_each(|(_, slot)| slot.hear(|_| ()));
    }
}

fn committed(
    client: &Client,
    partitions: &[TopicPartition],
    deadline: Duration,
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for at in partitions {
        list.add_partition(&at.topic, at.partition);
    }
    let answer = client.committed_offsets(list, deadline)?;
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
