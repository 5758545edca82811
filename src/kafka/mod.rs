//! What is read from the Kafka clusters themselves, through librdkafka: it joins no group, commits nothing and makes nothing.
//!
//! | file | reads |
//! |---|---|
//! | `cluster` | whether a cluster is there, its brokers and its id |
//! | `replicas` | how its partitions are replicated |
//! | `offsets` | where the logs of replicated partitions begin and end |
//! | `consumer_groups` | what consumer groups have committed |
//! | `connect_group` | the group of the Connect cluster: members, leader, withheld tasks; `group` takes its bytes apart |
//! | `status` | Connect's status topic |
//! | `checkpoint` | MM2's checkpoints and heartbeats |
//! | `follow`, `reached` | how a topic is followed from its beginning or near its end |
//! | `rights` | whether mirrorwatch may do what a feature needs |
//! | `client`, `bytes`, `error` | a client that blocks on a thread of its own; fields in Kafka's bytes; what can go wrong |

mod bytes;
mod checkpoint;
mod client;
mod cluster;
mod connect_group;
mod consumer_groups;
mod error;
mod follow;
mod group;
mod landing;
mod offsets;
mod probe;
mod reached;
mod replicas;
mod rights;
mod status;
mod walk;

pub use checkpoint::{CheckpointReader, HeartbeatReader};
pub use cluster::ClusterProbe;
pub use connect_group::GroupReader;
pub use consumer_groups::ConsumerGroupsReader;
pub use error::Error;
pub use follow::{Fold, Record};
pub use group::{Member, decode as decode_group};
pub use offsets::OffsetsReader;
pub use probe::{ProbeSettings, TranslationProbe};
pub use replicas::ReplicasReader;
pub use rights::{Held, Operation, Resource, Right, distinct, held, replicated};
pub use status::StatusReader;
