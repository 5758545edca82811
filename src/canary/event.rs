//! What the canary's threads tell its core; one queue, in the order in which things were seen.

use std::time::Duration;

use super::progress::Position;
use super::record::Record;
use super::settled::{Log, Start};
use super::tracker::Place;
use crate::model::filter::ConnectorFacts;
use crate::model::time::Timestamp;

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
    /// The source was searched: this is what to begin with.
    Start(Start),
    /// The reader of this side stands at its start in each partition.
    Positioned(Side, Vec<Position>),
    /// The target's log does not hold any more what was to be read on.
    Broken,
    /// The reader of this side is at the end of a partition, at that instant.
    AtEnd(Side, i32, Duration),
    /// The cluster of this side does not let its reader read, and why; the next record or end that is read shows that it does again.
    ReadRefused(Side, String),
    /// The reader of this side has failed at that instant, and reads no more.
    ReaderFailed(Side, Duration),
    /// The cluster of this side answered.
    Answered(Side, Duration),
    /// A partition's log on this side holds so much; the question was put at that instant.
    Holds(Side, i32, Log, Duration),
    /// What keeps records from flowing on this side; `None` when nothing does any more.
    Problem(Side, Option<String>),
    /// A delivery report: the record stands.
    Acknowledged(Sent, Option<Place>, Duration),
    /// The producer gave the record up.
    Failed(Sent),
    /// The source did not answer to what was sent for as long as the producer waits.
    TimedOut,
    /// Why the source did not take a record.
    Refused(String),
    /// Why the source did not take a settled point: it may take records all the same.
    PointRefused(String),
    /// What became of a settled point of a partition: whether it stands.
    Settled(usize, bool),
    /// Something was read.
    Read(Seen),
    /// News of the connector.
    Connector(ConnectorFacts),
    /// MM2 has committed this source offset of a partition of the canary's topic.
    Committed(i32, i64, Duration),
}

/// Something that was read on one side.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) side: Side,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) at: Duration,
    /// When the broker appended it, by its own clock.
    pub(super) appended: Option<Timestamp>,
    /// Of its value.
    pub(super) checksum: u32,
    pub(super) content: Content,
}

/// What was read.
#[derive(Debug)]
pub(super) enum Content {
    /// A canary record, whoever's, and whether it has its header.
    Record(Box<Record>, HasHeader),
    /// A canary record whose checksum or form is wrong.
    Corrupt,
    /// Anything else.
    Other,
}

/// Whether a record has the canary's header, unchanged.
pub(super) type HasHeader = bool;

/// Which record a delivery report is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) partition: usize,
    pub(super) sequence: u64,
}
