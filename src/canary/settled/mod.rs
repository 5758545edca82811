//! The settled point: what a canary knows of one partition at one instant, kept as a record of its own kind in the canary's topic,
//! so that a restart goes on from there. There is no file and no consumer group.
//!
//! MM2 copies settled points like all records; at the target they are passed over.

mod pace;
mod resume;
mod search;

use serde::{Deserialize, Serialize};

pub(super) use self::pace::Pace;
pub(super) use self::resume::{Resumed, Start, decide};
#[cfg(test)]
pub(super) use self::search::Found;
pub(super) use self::search::{Log, Search};
use super::blind::SavedBlindness;
use super::tracker::saved::SavedPartition;
use crate::model::time::Timestamp;

const MAGIC: &[u8; 8] = b"MWSETTLE";
const VERSION: u8 = 1;
const CHECKSUM_LENGTH: usize = 4;

/// What one settled point says. The counts include every record before the two offsets, and none from there on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledPoint {
    /// Which exporter wrote it.
    pub instance: String,
    /// In which run of its ledger.
    pub run: String,
    /// When that run began.
    pub run_start: Timestamp,
    /// Time between two records of the partition, in microseconds.
    pub period: u64,
    /// The topic that it was written to.
    pub topic: String,
    /// The partition that it was written to.
    pub partition: i32,
    /// The offset from which to read the source on.
    pub source_next: i64,
    /// The offset from which to read the target on; `None` if the remote topic had not been found yet.
    pub target_next: Option<i64>,
    /// The checksum of what stood just before it.
    #[serde(default)]
    pub target_mark: Option<u32>,
    /// The partition's ledger.
    pub ledger: SavedPartition,
    /// Spans in which the source could not be reached.
    pub source_blind: SavedBlindness,
    /// The same of the target.
    pub target_blind: SavedBlindness,
}

impl SettledPoint {
    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &[VERSION]].concat();
        // Only maps with other keys than strings could fail.
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// Read the bytes of a record; `None` unless they are a sound settled point of a version that is known here.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_last_chunk::<CHECKSUM_LENGTH>()?;
        let json = body.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
        let is_sound = crc32c::crc32c(body) == u32::from_be_bytes(*checksum);
        is_sound.then(|| serde_json::from_slice(json).ok())?
    }
}

/// Whether a log can be read on from `next`.
pub(super) fn is_whole_from(next: i64, log: Log) -> bool {
    // Before the log's start there may have been more; beyond its end the topic is another one.
    (log.low..=log.high).contains(&next)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::canary::anchor::Anchor;
    use crate::canary::record::{self, Record};
    use crate::canary::tracker::{Settings, Tracker};

    pub(in crate::canary) fn example() -> SettledPoint {
        let second = Duration::from_secs(1);
        let settings = Settings {
            period: second,
            threshold: second,
            grace: second,
        };
        let mut tracker = Tracker::new(settings, 1);
        tracker.sent(0, 0, second);
        let anchor = Anchor::new(Timestamp::from_micros(7_000_000), second);
        SettledPoint {
            instance: "monitor-1".into(),
            run: "00ff".into(),
            run_start: Timestamp::from_micros(5),
            period: 1_000_000,
            topic: "canary".into(),
            partition: 3,
            source_next: 77,
            target_next: None,
            target_mark: None,
            ledger: tracker.save(0, 2 * second, &anchor).unwrap(),
            source_blind: SavedBlindness::default(),
            target_blind: SavedBlindness::default(),
        }
    }

    #[test]
    fn a_settled_point_survives_the_wire_and_a_damaged_one_is_none() {
        let sound = example().encode();
        assert_eq!(SettledPoint::decode(&sound), Some(example()));
        for index in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[index] ^= 1;
            assert_eq!(SettledPoint::decode(&bytes), None, "byte {index}");
            assert_eq!(SettledPoint::decode(&sound[..index]), None);
        }
    }

    #[test]
    fn a_settled_point_is_no_canary_record_and_no_damaged_one_either() {
        let read = Record::decode(&example().encode());
        assert_eq!(read, Err(record::Error::Foreign));
    }

    #[test]
    fn a_position_before_the_log_or_beyond_its_end_is_not_gone_on_from() {
        let is_whole = |next, low, high| is_whole_from(next, Log { low, high });
        assert!(is_whole(5, 0, 5) && is_whole(0, 0, 5));
        assert!(!is_whole(4, 5, 9), "retention has taken what came between");
        assert!(!is_whole(6, 0, 5), "the topic was made anew");
    }
}
