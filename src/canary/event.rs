//! What the canary's threads tell its core; one queue, in the order in which things were seen.

use std::time::Duration;

use super::preflight::ConnectorFacts;
use super::record::Record;

/// One end of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Target,
}

impl Side {
    /// As it is said in sentences and thread names.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

#[derive(Debug)]
pub(super) enum Event {
    /// The reader of this side stands at its start in so many partitions.
    Positioned(Side, usize),
    /// The cluster of this side answered.
    Answered(Side, Duration),
    /// What keeps records from flowing on this side; `None` when nothing does any more.
    Problem(Side, Option<String>),
    /// A delivery report: the record stands.
    Acknowledged(Sent, Duration),
    /// The producer gave the record up.
    Failed(Sent),
    /// A record of ours, whatever its run, was read.
    Read(Side, Box<Record>, Duration),
    /// A record was read whose checksum or form was wrong, or that was written to another place than this partition.
    Corrupt(Side, i32),
    /// News of the connector.
    Connector(ConnectorFacts),
    /// Wake up: the stop flag is set.
    Stop,
}

/// Which record a delivery report is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) partition: usize,
    pub(super) sequence: u64,
}
