//! `mirrorwatch audit`: compares what stands in a source topic with what stands in its remote topic, record by record.
//!
//! docs/audit.md defines the kinds of differences and how each is counted. [`matching`] decides, one partition at a time, without a clock
//! and without I/O; the rest reads both topics at the pace at which records are compared.

pub mod asked;
mod begin;
mod client;
mod compare;
pub mod content;
mod lane;
#[cfg(test)]
mod lane_tests;
pub mod matching;
mod progress;
pub mod range;
mod reading;
pub mod report;
mod run;
mod signals;
mod state;
mod stream;
pub mod tally;
mod text;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::time::Timestamp;
use asked::Asked;
pub use client::Properties;
use content::Parts;
use rdkafka::error::KafkaError;
pub use run::run;

/// What is to be audited.
#[derive(Clone, Debug)]
pub struct Options {
    /// Alias and properties of the source cluster.
    pub source: (String, Properties),
    /// Alias and properties of the target cluster.
    pub target: (String, Properties),
    /// The topic at the source.
    pub topic: String,
    /// Its name at the target.
    pub remote_topic: String,
    /// What is judged.
    pub asked: Asked,
    /// When that was asked for: `30m` counts from here.
    pub asked_at: Timestamp,
    /// Parts that are not compared.
    pub ignored: Parts,
    /// Which records are read.
    pub isolation: Isolation,
    /// How long is waited for what is in flight.
    pub settle: Duration,
    /// Records that are remembered of all partitions together.
    pub memory: usize,
    /// Where an interrupted audit is kept, and gone on with.
    pub state: Option<PathBuf>,
    /// Whether stderr is a terminal; `None`: nothing is told.
    pub terminal: Option<bool>,
}

/// librdkafka's `isolation.level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Records of aborted transactions are left out, and so are those of open ones.
    #[default]
    ReadCommitted,
    /// All records.
    ReadUncommitted,
}

impl Isolation {
    fn as_str(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read_committed",
            Self::ReadUncommitted => "read_uncommitted",
        }
    }
}

/// One of the two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the topic is.
    Source,
    /// Where its copy is.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// librdkafka refuses what it was configured with or asked for.
    #[error("{side} cluster: {source}")]
    Client {
        /// Which.
        side: Side,
        /// Why.
        source: KafkaError,
    },
    /// A cluster does not answer.
    #[error("{side} cluster: {why}")]
    Cluster {
        /// Which.
        side: Side,
        /// What its client says.
        why: String,
    },
    /// No such topic.
    #[error(
        "{side} cluster: there is no topic `{topic}`, or it may not be read; --remote-topic names the one at the target, if it is not \
         named by the flow's replication policy"
    )]
    NoTopic {
        /// Which.
        side: Side,
        /// The topic.
        topic: String,
    },
    /// The offsets asked for are not there.
    #[error("--offsets: partition {partition}: {why}")]
    Offsets {
        /// The partition.
        partition: i32,
        /// What is wrong.
        why: String,
    },
    /// What an interrupted audit remembered is gone.
    #[error(
        "source cluster: what the state remembers of partition {partition} cannot be read again, it was deleted meanwhile; remove the state \
         file to begin anew"
    )]
    Overtaken {
        /// The partition.
        partition: i32,
    },
    /// A header that cannot be read.
    #[error(
        "{side} cluster: the record at offset {offset} of partition {partition} has a header whose name is not UTF-8; audit with \
         --ignore headers"
    )]
    HeaderName {
        /// Which.
        side: Side,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
    },
    /// Nothing comes any more.
    #[error("nothing was read for {} s: {why}", patience.as_secs())]
    Silent {
        /// How long.
        patience: Duration,
        /// What the clients say.
        why: String,
    },
    /// Ended by a signal.
    #[error("interrupted; {0}")]
    Interrupted(String),
    /// The state file.
    #[error("{path}: {why}")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Signals cannot be taken over.
    #[error("cannot take over Ctrl-C and SIGTERM: {0}")]
    Signals(std::io::Error),
}

impl Error {
    fn client(side: Side, source: KafkaError) -> Self {
        Self::Client { side, source }
    }
}
