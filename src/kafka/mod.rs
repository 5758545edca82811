//! The Connect cluster's own group, read by `DescribeGroups` through librdkafka: who is in it, who leads, and whether
//! tasks are withheld. No peer of this exporter reads it; Connect's REST API does not tell it.

mod bytes;
mod checkpoint;
mod client;
mod cluster;
mod consumer_groups;
mod follow;
mod group;
mod offsets;
mod reached;
mod status;

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

pub use checkpoint::{CheckpointReader, HeartbeatReader};
pub use cluster::ClusterProbe;
pub use consumer_groups::ConsumerGroupsReader;
pub use follow::{Fold, Record};
pub use group::{Member, decode as decode_group};
pub use offsets::OffsetsReader;
pub use status::StatusReader;

use client::{Client, Slot};

use crate::model::group::ConnectGroup;
use crate::model::snapshot::ErrorKind;

/// Why the group could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refused the configuration or the request.
    #[error("{0}")]
    Kafka(#[from] KafkaError),
    /// An earlier read has not come back yet.
    #[error("the read before this one has not come back yet")]
    Stuck,
    /// The cluster does not know the topic, or does not let us see it.
    #[error("there is no topic `{0}` on this cluster, or it may not be read")]
    NoTopic(String),
    /// The topic is longer than what could be read in time.
    #[error("topic `{0}` is not read to its end yet")]
    Behind(String),
    /// The cluster does not know the group.
    #[error("there is no group `{0}` on this cluster")]
    Missing(String),
    /// The group is not a Connect cluster's.
    #[error("group `{group}` is not a Connect cluster's, its protocol type is `{found}`")]
    NotConnect {
        /// The group.
        group: String,
        /// Its protocol type.
        found: String,
    },
    /// A member's bytes are not in a form that Connect writes.
    #[error(
        "group `{0}`: a member's metadata or assignment is not in a form that Kafka Connect writes"
    )]
    Malformed(String),
}

impl Error {
    /// The kind for the error counter.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Kafka(error) => kafka_kind(error),
            Self::Stuck | Self::Behind(_) => ErrorKind::Timeout,
            Self::NoTopic(_) | Self::Missing(_) | Self::NotConnect { .. } => ErrorKind::Kafka,
            Self::Malformed(_) => ErrorKind::Malformed,
        }
    }
}

fn kafka_kind(error: &KafkaError) -> ErrorKind {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::Resolve
            | RDKafkaErrorCode::SSL,
        ) => ErrorKind::Connect,
        Some(RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::RequestTimedOut) => {
            ErrorKind::Timeout
        }
        Some(
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed,
        ) => ErrorKind::Denied,
        _ => ErrorKind::Kafka,
    }
}

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
