//! What two records are compared by: a 128-bit digest of key, value, headers and timestamp together, and a short mark of each part,
//! to tell which of them differ.

use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Its key.
    Key,
    /// Its value.
    Value,
    /// Its headers, names and values, in their order.
    Headers,
    /// Its timestamp.
    Timestamp,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Key, Self::Value, Self::Headers, Self::Timestamp];

    /// The part in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Value => "value",
            Self::Headers => "headers",
            Self::Timestamp => "timestamp",
        }
    }
}

/// Some of the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Part>", into = "Vec<Part>")]
pub struct Parts(u8);

impl Parts {
    /// Whether this part is among them.
    pub fn contains(self, part: Part) -> bool {
        self.0 & (1 << part as u8) != 0
    }

    /// How many they are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn with(self, part: Part, is_in: bool) -> Self {
        Self(self.0 | u8::from(is_in) << part as u8)
    }
}

impl From<Vec<Part>> for Parts {
    fn from(parts: Vec<Part>) -> Self {
        parts.into_iter().collect()
    }
}

impl FromIterator<Part> for Parts {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        parts
            .into_iter()
            .fold(Self::default(), |all, part| all.with(part, true))
    }
}

impl From<Parts> for Vec<Part> {
    fn from(parts: Parts) -> Self {
        Part::ALL
            .into_iter()
            .filter(|part| parts.contains(*part))
            .collect()
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Vec::from(*self).into_iter().map(Part::as_str).collect();
        f.write_str(&words.join(", "))
    }
}

/// The content of a record in 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(u64, u64);

/// A digest is spread evenly already: half of it is a hash.
impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Takes what a digest writes as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

/// A map by content.
pub type ByContent<T> = std::collections::HashMap<Digest, T, BuildHasherDefault<AsItIs>>;

/// What is kept of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where it stands.
    pub offset: i64,
    /// Its content.
    pub digest: Digest,
    /// In milliseconds; `None` if it has none, or if timestamps are not compared.
    pub timestamp: Option<i64>,
    /// Marks of key, value and headers; 0 for one that is not there or not compared.
    marks: [u32; 3],
}

impl Seen {
    /// In which parts two records differ. What is not compared does not differ.
    pub fn differs_in(&self, other: &Self) -> Parts {
        let [key, value, headers] = [0, 1, 2].map(|part| self.marks[part] != other.marks[part]);
        Parts::default()
            .with(Part::Key, key)
            .with(Part::Value, value)
            .with(Part::Headers, headers)
            .with(Part::Timestamp, self.timestamp != other.timestamp)
    }

    /// Whether both have the same value, and have one.
    pub fn has_value_of(&self, other: &Self) -> bool {
        self.marks[1] != 0 && self.marks[1] == other.marks[1]
    }

    /// Whether both have the same timestamp, and have one.
    pub fn has_time_of(&self, other: &Self) -> bool {
        self.timestamp.is_some() && self.timestamp == other.timestamp
    }

    /// Whether it has a key.
    pub fn has_key(&self) -> bool {
        self.marks[0] != 0
    }
}

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// Where it stands.
    pub offset: i64,
    /// Its key, if it has one.
    pub key: Option<&'a [u8]>,
    /// Its value, unless it is a tombstone.
    pub value: Option<&'a [u8]>,
    /// In milliseconds.
    pub timestamp: Option<i64>,
}

/// Makes digests of records.
#[derive(Clone, Debug)]
pub struct Digester {
    ignored: Parts,
    /// The headers that are digested, kept for their room.
    headers: Vec<u8>,
}

impl Digester {
    /// One that takes no notice of these parts.
    pub fn ignoring(ignored: Parts) -> Self {
        Self {
            ignored,
            headers: Vec::new(),
        }
    }

    /// What is kept of a record with these headers.
    pub fn seen<'a>(
        &mut self,
        raw: Raw<'a>,
        headers: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) -> Seen {
        let ignored = self.ignored;
        let compared = |part| !ignored.contains(part);
        let key = fingerprint(raw.key.filter(|_| compared(Part::Key)));
        let value = fingerprint(raw.value.filter(|_| compared(Part::Value)));
        let headers = if compared(Part::Headers) {
            self.of_headers(headers)
        } else {
            ABSENT
        };
        let timestamp = raw.timestamp.filter(|_| compared(Part::Timestamp));
        Seen {
            offset: raw.offset,
            digest: together([key, value, headers], timestamp),
            timestamp,
            marks: [key, value, headers].map(mark),
        }
    }

    /// Each name and value goes in with its length, so that no two different lists are the same bytes.
    fn of_headers<'a>(
        &mut self,
        headers: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>,
    ) -> u128 {
        self.headers.clear();
        for (name, value) in headers {
            put(&mut self.headers, Some(name.as_bytes()));
            put(&mut self.headers, value);
        }
        fingerprint(Some(&self.headers[..]).filter(|headers| !headers.is_empty()))
    }
}

/// The fingerprint of a part that is not there or not compared.
const ABSENT: u128 = 0;

/// Nothing is not the same as something empty, whose hash is another one.
fn fingerprint(part: Option<&[u8]>) -> u128 {
    part.map_or(ABSENT, xxh3_128)
}

/// The digest of a record of these parts.
fn together(parts: [u128; 3], timestamp: Option<i64>) -> Digest {
    let mut bytes = [0; 3 * 16 + 8];
    let (of_parts, of_timestamp) = bytes.split_at_mut(3 * 16);
    for (bytes, part) in of_parts.chunks_exact_mut(16).zip(parts) {
        bytes.copy_from_slice(&part.to_be_bytes());
    }
    of_timestamp.copy_from_slice(&timestamp.unwrap_or(-1).to_be_bytes());
    let digest = xxh3_128(&bytes).to_be_bytes();
    let half = |from: usize| u64::from_be_bytes(std::array::from_fn(|i| digest[from + i]));
    Digest(half(0), half(8))
}

fn put(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    let length = part.map_or(u64::MAX, |part| part.len() as u64);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part.unwrap_or_default());
}

/// What is left of a fingerprint to tell which parts differ; 0 stands for none.
fn mark(fingerprint: u128) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "part of a hash is a hash")]
    let mark = fingerprint as u32;
    if fingerprint == ABSENT {
        0
    } else {
        mark.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = &'a [(&'a str, Option<&'a [u8]>)];

    fn seen(
        ignored: &[Part],
        key: Option<&str>,
        value: Option<&str>,
        headers: Pairs<'_>,
        timestamp: i64,
    ) -> Seen {
        let raw = Raw {
            offset: 0,
            key: key.map(str::as_bytes),
            value: value.map(str::as_bytes),
            timestamp: Some(timestamp),
        };
        Digester::ignoring(ignored.iter().copied().collect()).seen(raw, headers.iter().copied())
    }

    #[test]
    fn each_part_makes_a_difference_and_is_named() {
        let one = seen(&[], Some("k"), Some("v"), &[("h", Some(b"1"))], 7);
        let others = [
            (seen(&[], None, Some("v"), &[("h", Some(b"1"))], 7), "key"),
            (seen(&[], Some("k"), None, &[("h", Some(b"1"))], 7), "value"),
            (
                seen(&[], Some("k"), Some("v"), &[("h", None)], 7),
                "headers",
            ),
            (
                seen(&[], Some("k"), Some("v"), &[("h", Some(b"1"))], 8),
                "timestamp",
            ),
        ];
        for (other, part) in others {
            assert_ne!(one.digest, other.digest, "{part}");
            assert_eq!(one.differs_in(&other).to_string(), part);
        }
    }

    #[test]
    fn what_is_in_one_part_is_not_taken_for_another() {
        let pairs = [
            (
                seen(&[], Some("ab"), Some("c"), &[], 7),
                seen(&[], Some("a"), Some("bc"), &[], 7),
            ),
            (
                seen(&[], None, Some(""), &[], 7),
                seen(&[], Some(""), None, &[], 7),
            ),
            (
                seen(&[], None, None, &[("a", Some(b"")), ("b", None)], 7),
                seen(&[], None, None, &[("a", None), ("b", Some(b""))], 7),
            ),
        ];
        for (one, other) in pairs {
            assert_ne!(one.digest, other.digest);
        }
    }

    #[test]
    fn an_ignored_part_makes_none() {
        let ignored = [Part::Headers, Part::Timestamp];
        let one = seen(&ignored, Some("k"), Some("v"), &[("h", Some(b"1"))], 7);
        let other = seen(&ignored, Some("k"), Some("v"), &[], 8);
        assert_eq!(one, other);
        assert!(one.differs_in(&other).is_empty());
    }
}
