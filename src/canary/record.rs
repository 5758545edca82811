//! The canary's record as it stands on the wire: who sent it, when, and a checksum over all of it.
//!
//! It carries its own topic, partition and sequence, so that a record that a broken producer wrote to another place,
//! or mangled on its way, is not taken for a delivery.

use crate::model::time::Timestamp;

/// Name of the header that every canary record carries.
pub const HEADER: &str = "mirrorwatch";
/// Value of that header. MM2 hands it through unchanged only with `ByteArrayConverter` as `header.converter`.
pub const HEADER_VALUE: &[u8] = b"canary";

const MAGIC: &[u8; 8] = b"MWCANARY";
const VERSION: u8 = 1;
const CHECKSUM_LENGTH: usize = 4;

/// What one canary record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which exporter sent it.
    pub instance: String,
    /// In which life of that exporter's ledger.
    pub run: String,
    /// The topic that it was sent to.
    pub topic: String,
    /// The partition that it was sent to.
    pub partition: i32,
    /// Its number in its partition and run: from 0, without gaps.
    pub sequence: u64,
    /// When it should have been sent, on the sender's wall clock.
    pub intended: Timestamp,
    /// The same instant on the sender's monotonic clock, in microseconds.
    pub intended_monotonic: u64,
}

/// Why some bytes are not a canary record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody else's record, or one that was changed so that only its header shows whose it was.
    #[error("not a canary record")]
    Foreign,
    /// A sound canary record of a version that is not known here.
    #[error("a canary record of another version")]
    OtherVersion,
    /// A canary record that was changed or cut on its way.
    #[error("a canary record whose checksum or form is wrong")]
    Corrupt,
}

impl Record {
    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        for text in [&self.instance, &self.run, &self.topic] {
            put_text(&mut bytes, text);
        }
        bytes.extend_from_slice(&self.partition.to_be_bytes());
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.intended.as_micros().to_be_bytes());
        bytes.extend_from_slice(&self.intended_monotonic.to_be_bytes());
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// Read the bytes of an arrival.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(Error::Foreign);
        }
        match bytes.get(MAGIC.len()) {
            Some(&VERSION) => {}
            // Every version ends in a checksum of all before it: what has another version and a wrong checksum is none of any version.
            Some(_) if body(bytes).is_some() => return Err(Error::OtherVersion),
            Some(_) | None => return Err(Error::Corrupt),
        }
        Self::decode_known(bytes).ok_or(Error::Corrupt)
    }

    fn decode_known(bytes: &[u8]) -> Option<Self> {
        let mut rest = body(bytes)?.get(MAGIC.len() + 1..)?;
        let record = Self {
            instance: take_text(&mut rest)?,
            run: take_text(&mut rest)?,
            topic: take_text(&mut rest)?,
            partition: i32::from_be_bytes(take(&mut rest)?),
            sequence: u64::from_be_bytes(take(&mut rest)?),
            intended: Timestamp::from_micros(i64::from_be_bytes(take(&mut rest)?)),
            intended_monotonic: u64::from_be_bytes(take(&mut rest)?),
        };
        rest.is_empty().then_some(record)
    }
}

/// What the checksum at the end is of; `None` if it is wrong.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM_LENGTH>()?;
    (crc32c::crc32c(body) == u32::from_be_bytes(*checksum)).then_some(body)
}

/// A text with its length in front; what does not fit into the length is cut off at a character.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let end = text.floor_char_boundary(text.len().min(usize::from(u16::MAX)));
    let length = u16::try_from(end).expect("cut to what fits into 16 bits");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&text.as_bytes()[..end]);
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take(rest)?));
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}

#[cfg(test)]
pub(super) fn example() -> Record {
    Record {
        instance: "monitor-1".into(),
        run: "00ff".into(),
        topic: "test-canary".into(),
        partition: 5,
        sequence: 1 << 40,
        intended: Timestamp::from_micros(1_795_420_800_123_457),
        intended_monotonic: 77,
    }
}

#[test]
fn a_record_survives_the_wire() {
    assert_eq!(Record::decode(&example().encode()), Ok(example()));
}

#[test]
fn every_flipped_bit_is_seen_and_none_is_taken_for_another_record() {
    let sound = example().encode();
    for bit in 0..sound.len() * 8 {
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Without the magic only the header tells whose it was: see the reader.
        let foreign = bit / 8 < MAGIC.len();
        let expected = if foreign {
            Error::Foreign
        } else {
            Error::Corrupt
        };
        assert_eq!(Record::decode(&bytes), Err(expected), "bit {bit}");
    }
}

/// The example as it would be in the next version.
#[cfg(test)]
pub(super) fn of_another_version() -> Vec<u8> {
    let mut bytes = example().encode();
    let end = bytes.len() - CHECKSUM_LENGTH;
    bytes[MAGIC.len()] = VERSION + 1;
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[test]
fn a_sound_record_of_another_version_is_told_from_a_damaged_one() {
    let bytes = of_another_version();
    assert_eq!(Record::decode(&bytes), Err(Error::OtherVersion));
}

#[test]
fn a_record_cut_short_is_corrupt_and_one_without_the_magic_is_foreign() {
    let sound = example().encode();
    for length in MAGIC.len()..sound.len() {
        assert_eq!(Record::decode(&sound[..length]), Err(Error::Corrupt));
    }
    assert_eq!(Record::decode(b""), Err(Error::Foreign));
    assert_eq!(Record::decode(b"{\"order\": 1}"), Err(Error::Foreign));
}
