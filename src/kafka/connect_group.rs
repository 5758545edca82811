//! The Connect cluster's own group, read by `DescribeGroups` through librdkafka: who is in it, who leads, and whether
//! tasks are withheld. No peer of this exporter reads it; Connect's REST API does not tell it.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;

use super::client::{Client, Slot};
use super::{Error, group};
use crate::model::group::ConnectGroup;

/// Reads one group.
pub struct GroupReader {
    slot: Slot,
    group: String,
}

impl GroupReader {
    /// A reader of `group` on the cluster that librdkafka's `properties` lead to.
    pub fn new(properties: BTreeMap<String, String>, group: &str) -> Self {
        Self {
            slot: Slot::new(properties, "mirrorwatch-group"),
            group: group.to_owned(),
        }
    }

    /// Read the group. Blocks for up to `deadline`; a read that is still under way makes the next one fail at once.
    pub fn read(&self, deadline: Duration) -> Result<ConnectGroup, Error> {
        self.slot.ask(|client| self.ask(client, deadline))
    }

    fn ask(&self, client: &Client, deadline: Duration) -> Result<ConnectGroup, Error> {
        let list = client.fetch_group_list(Some(&self.group), deadline)?;
        let found = list
            .groups()
            .iter()
            .find(|group| group.name() == self.group)
            .ok_or_else(|| Error::Missing(self.group.clone()))?;
        match found.protocol_type() {
            "connect" => {}
            // A group that is dead or empty for good has no protocol type.
            "" => return Err(Error::Missing(self.group.clone())),
            other => {
                return Err(Error::NotConnect {
                    group: self.group.clone(),
                    found: other.to_owned(),
                });
            }
        }
        let members = found.members().iter().map(|member| group::Member {
            metadata: member.metadata().unwrap_or_default(),
            assignment: member.assignment().unwrap_or_default(),
        });
        group::decode(found.state(), members).ok_or_else(|| Error::Malformed(self.group.clone()))
    }
}
